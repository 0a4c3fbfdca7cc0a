"""Sentences that other parts of the package say, in the language of a report."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from spillover.reports.phrases import Language

_GAP = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with gaps, as it is said and as reports write it."""

    source: str
    """As a table, a network, a design or a dependence says it."""

    english: str
    """As an English report writes it."""

    japanese: str
    """As a Japanese report writes it."""

    @property
    def gaps(self) -> tuple[str, ...]:
        """Names of the gaps in their order."""
        return tuple(_GAP.findall(self.source))

    def in_language(self, language: Language) -> str:
        """The sentence with its gaps in a language."""
        return self.english if language == "en" else self.japanese


@cache
def sentences() -> tuple[Sentence, ...]:
    """All known sentences; the first that fits counts."""
    text = files("spillover.reports").joinpath("language", "sentences.toml").read_text("utf-8")
    return tuple(
        Sentence(entry["source"], entry.get("en", entry["source"]), entry["ja"])
        for entry in tomllib.loads(text)["sentence"]
    )


def recognised(text: str) -> tuple[Sentence, dict[str, str]] | None:
    """The sentence that a text is, with what stands in its gaps; nothing for another text.

    Parameters
    ----------
    text : str
        A note, a reason, a label.

    Examples
    --------
    >>> sentence, gaps = recognised("links up to 2016 look back less than 3 years")
    >>> gaps
    {'year': '2016', 'window': '3'}
    """
    for sentence, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return sentence, found.groupdict()
    return None


@cache
def _patterns() -> tuple[tuple[Sentence, re.Pattern[str]], ...]:
    return tuple((sentence, _pattern(sentence.source)) for sentence in sentences())


def _pattern(source: str) -> re.Pattern[str]:
    parts = _GAP.split(source)
    pieces = [
        f"(?P<{part}>.+?)" if position % 2 else re.escape(part)
        for position, part in enumerate(parts)
    ]
    return re.compile("".join(pieces))
