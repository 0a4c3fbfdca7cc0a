"""What a report is composed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from spillover.estimation.result import Estimate
from spillover.exposures.exposure import Exposure
from spillover.exposures.knowledge import Pool
from spillover.exposures.linkage import Linkage
from spillover.reports.disclosure import DisclosureRule
from spillover.reports.texts import Heading, Text
from spillover.reports.words import Words
from spillover.specs import NonEmpty, Spec
from spillover.tables.provenance import Provenance

Role = Literal["main", "robustness", "naive"]


@dataclass(frozen=True, slots=True, eq=False)
class ReportedModel:
    """One estimate with the part it plays in the report."""

    label: str
    """Column heading; unique among the models of a report."""

    estimate: Estimate
    """The estimate."""

    role: Role = "main"
    """The first ``main`` model is the headline; ``naive`` ones are shown as a warning."""

    remark: str = ""
    """Why a naive specification misleads, or what a robustness check varies; one sentence."""

    term: str | None = None
    """Term that stands where others have the regressor of the focus."""

    tests: tuple[str, ...] = ()
    """Restrictions to be tested, each on its own."""

    evidence: tuple[Any, ...] = ()
    """Further results that the checklist speaks of: ``randomize``, ``placebo_ladder``,
    ``cap_sensitivity``."""

    def focus(self, focus: "Focus") -> "Focus":
        """The focus of the report on the term of this model.

        Parameters
        ----------
        focus : Focus
            The focus of the report.
        """
        return focus if self.term is None else replace(focus, regressor=self.term)


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus(Spec):
    """The coefficient that the report is about, in the units a decision is made in."""

    regressor: NonEmpty
    """Term of the main model."""

    step: float = 0.1
    """Change of the regressor that the headline speaks of."""

    step_words: Text = ""
    """The change in words, such as ``10 percentage points more foreign customers``."""

    outcome_words: Text = ""
    """The outcome in words, such as ``productivity``."""

    log_outcome: bool = True
    """Whether the outcome is a logarithm, or a count of a Poisson regression, so that effects are
    percentages."""

    plural: bool = False
    """Whether ``outcome_words`` are a plural, such as ``citations``; matters in English."""

    unit_words: Text = ""
    """Unit of an outcome in levels, such as ``percentage points``; effects are shown with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Spec):
    """A dated event marked in figures over time."""

    year: int
    """Calendar year."""

    words: Heading
    """Short label, such as ``plant opens``."""


@dataclass(frozen=True, slots=True)
class Protection:
    """How the people and firms behind the data are protected."""

    confidential: bool = True
    """Whether identifiers are kept out of everything the report shows."""

    rule: DisclosureRule = field(default_factory=DisclosureRule)
    """Least number of firms behind every count."""


@dataclass(frozen=True, slots=True, eq=False)
class ReportInputs:
    """Everything a report shows, before it is arranged."""

    title: str
    """Title, often the question."""

    models: tuple[ReportedModel, ...]
    """Estimates in the order of the table; at least one with role ``main``."""

    focus: Focus
    """The coefficient of the headline."""

    question: str = ""
    """The question in a sentence or two, printed below the title."""

    words: Words = field(default_factory=Words)
    """Language, and terms, columns, networks and exposures in words of the reader."""

    exposures: tuple[Exposure | Linkage | Pool, ...] = ()
    """Exposures shown over time; the first one is drawn by region and on the map. Networks come
    from them, other than sector measures and pools, and from the samples of the estimates."""

    provenance: tuple[Provenance, ...] = ()
    """Where the tables came from."""

    truth: Mapping[str, float] | None = None
    """Planted effects by term when the data are simulated."""

    events: tuple[Event, ...] = ()
    """Dated events marked in figures over time."""

    ego: str | None = None
    """Firm whose partners are drawn; refused in a confidential report."""

    manifest: Mapping[str, object] = field(default_factory=dict)
    """Versions, seed, hashes and the specification, as in ``manifest.json``."""

    protection: Protection = field(default_factory=Protection)
    """Confidentiality and the rule for small cells."""

    @property
    def linked(self) -> tuple[Exposure, ...]:
        """Exposures that run along links between firms."""
        return tuple(each for each in self.exposures if isinstance(each, Exposure))
