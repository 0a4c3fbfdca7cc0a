"""Evidence: what the lines of the referee checklist are filled from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from spillover.reports.blocks import Status
from spillover.reports.inputs import ReportInputs
from spillover.reports.story import Story
from spillover.reports.words import Words

Finding = tuple[Status, str]
"""Whether a line is done, and what was found."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Models, exposures, networks and provenance of one report."""

    story: Story
    """The headline and the other models."""

    inputs: ReportInputs
    """Everything of the report."""

    @property
    def words(self) -> Words:
        """How names are written."""
        return self.story.words

    @property
    def measures(self) -> tuple[Any, ...]:
        """Productivity, recentred exposures and other carriers of the main sample."""
        return self.story.main.estimate.sample.measures

    @property
    def exposures(self) -> tuple[Any, ...]:
        """Exposures of firms and of industries in the main sample."""
        return self.story.main.estimate.sample.exposures or self.inputs.exposures

    def say(self, key: str, gaps: Mapping[str, object] | None = None) -> str:
        """A phrase of the checklist."""
        return self.words.say(f"check.{key}", gaps)

    def named(self, names: Iterable[str]) -> str:
        """Terms or exposures as a list that begins a sentence."""
        return capital(self.listed(names))

    def listed(self, names: Iterable[str]) -> str:
        """Terms or exposures as a list; semicolons, because their words may hold commas."""
        return self.say("between").join(self.words.inside(name) for name in dict.fromkeys(names))

    def together(self, sentences: Iterable[str]) -> str:
        """Sentences one after the other."""
        return (" " if self.words.language == "en" else "").join(filter(None, sentences))

    def found(self, kind: type[Any]) -> list[Any]:
        """Randomisation tests, placebos and other evidence of one kind that models carry."""
        return [e for m in self.inputs.models for e in m.evidence if isinstance(e, kind)]


def capital(text: str) -> str:
    """Text that begins with a capital."""
    return text[:1].upper() + text[1:]
