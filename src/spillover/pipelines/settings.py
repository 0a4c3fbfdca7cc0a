"""The tables of a study file that are not specifications of other layers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from spillover.errors import SpecificationError
from spillover.estimation.hypotheses import restriction
from spillover.exposures.assignment import Assignment
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shift_share import ShiftShare
from spillover.expressions import parse
from spillover.pipelines.kinds import (
    DependenceKind,
    DesignKind,
    ExposureKind,
    LinkageKind,
    PartnerShares,
    ShockTable,
)
from spillover.reports.disclosure import DisclosureRule
from spillover.reports.inputs import Event, Focus, Role
from spillover.reports.phrases import Language
from spillover.reports.texts import Heading, Text
from spillover.specs import NonEmpty, Spec

Constant = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource(Spec):
    """Where one table comes from when its file or its columns have other names."""

    file: NonEmpty
    """File, relative to the study file."""

    columns: Mapping[str, NonEmpty] = field(default_factory=dict)
    """Our name of a column = its name in the file; other columns keep their names."""

    constants: Mapping[str, Constant] = field(default_factory=dict)
    """Columns that the file lacks and that hold one value in every row."""

    def rules(self) -> None:
        """Refuse a column that is renamed and constant at once."""
        twice = sorted(set(self.columns) & set(self.constants))
        if twice:
            raise SpecificationError(
                "Expected each column in columns or in constants.",
                f"Found {twice[0]!r} in both.",
                "Keep the one that is meant.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSetting(Spec):
    """How firms make up the foreign share of an industry."""

    weight: NonEmpty = "sales"
    """What firms are weighed by: a column or an expression."""

    industry: NonEmpty = "industry"
    """Column with the industry, in the codes of the input-output table."""

    group: NonEmpty | None = None
    """Column with the business group, for leaving out the own group."""

    exports: NonEmpty | None = None
    """Expression of what is sold abroad: taken off the weight, never below zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureSetting(Spec):
    """One exposure: a network, what it carries, and how."""

    network: NonEmpty
    """Name of a network; of a directed one with ``.customers`` or ``.suppliers``."""

    shock: NonEmpty
    """``foreign`` or ``foreign_share`` of the partners' owners, or an expression on the panel."""

    spec: ExposureKind
    """How partners are summed."""

    presence: PresenceSetting | None = None
    """How firms make up industries, for sector measures; weighed by sales by default."""

    investors: Mapping[str, Annotated[tuple[NonEmpty, ...], Field(min_length=1)]] = field(
        default_factory=dict
    )
    """Only foreign firms whose largest foreign investor has these values of ``owner_country``,
    ``entry_mode`` or another column of ``ownership``."""

    shocks: ShockTable | None = None
    """File that holds the shocks of categories, for a ``ShiftShare``."""

    partners: PartnerShares | None = None
    """Base year of links whose partners are the categories of a ``ShiftShare``; ``shock`` is then
    what partners carry, unless ``shocks`` names a file."""

    recenter: Assignment | None = None
    """How the shock might have fallen otherwise; brings ``name_expected``, ``name_recentered`` and
    ``name_spread`` beside the exposure."""

    def rules(self) -> None:
        """Read the shock once, and refuse rules for something else."""
        parse(self.shock)
        if self.investors and self.shock != "foreign":
            raise SpecificationError(
                'Expected the shock "foreign" where investors are chosen.',
                f"Found {self.shock!r}.",
                'Write shock = "foreign"; investors say which foreign firms count.',
            )
        shifted = self.shocks is not None or self.partners is not None
        if isinstance(self.spec, ShiftShare) != shifted:
            raise SpecificationError(
                "Expected shocks = { file = ... } or partners = { year = ... } beside a "
                "ShiftShare, and there only.",
                f"Found {type(self.spec).__name__} {'with' if shifted else 'without'} them.",
                "Name the file with one row per category and year, or the base year of links.",
            )
        if self.recenter is not None and not isinstance(self.spec, Neighbors):
            raise SpecificationError(
                "Expected recenter beside an exposure to neighbours.",
                f"Found it beside {type(self.spec).__name__}.",
                "Leave recenter out; shares and shocks of sector measures are inferred otherwise.",
            )
        if self.presence is not None and not isinstance(self.spec, LinkageKind):
            raise SpecificationError(
                "Expected presence beside a sector measure only.",
                f"Found it beside {type(self.spec).__name__}, whose partners are firms.",
                "Leave presence out, or use Horizontal, Backward, Forward or SupplyBackward.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Spec):
    """Rows that stay, with the reason that the sample flow prints for the others."""

    where: NonEmpty
    """Expression that holds for the rows that stay."""

    reason: Text = ""
    """Words for the rows that leave, such as ``foreign-owned firms``."""

    def rules(self) -> None:
        """Read the expression once, so that a mistake is found before any data are."""
        parse(self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(Spec):
    """One column of the results: rows, comparison, dependence, and its part in the report."""

    label: Heading
    """Heading of the column; no two models share one."""

    design: DesignKind
    """Which comparison identifies the effect."""

    vcov: DependenceKind
    """Which rows may be dependent."""

    where: NonEmpty | None = None
    """Rows of this model, in addition to the filters of the study."""

    role: Role = "main"
    """The first ``main`` model is the headline; ``naive`` ones are shown as a warning."""

    remark: Text = ""
    """Why a naive specification misleads, or what a robustness check varies."""

    term: NonEmpty | None = None
    """Term that stands where others have the regressor of ``report.focus``."""

    tests: tuple[NonEmpty, ...] = ()
    """Restrictions such as ``backward = forward``, each tested on its own."""

    def rules(self) -> None:
        """Read the expressions once, so that a mistake is found before any data are."""
        if self.where is not None:
            parse(self.where)
        for text in self.tests:
            restriction(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings(Spec):
    """What the report speaks of, in which language, and what it must not show."""

    focus: Focus | None = None
    """The coefficient of the headline, in the units a decision is made in; by default the first
    regressor of the first main model, in steps of 0.1."""

    language: Language = "en"
    """Language of the report; texts of the study that hold several are shown in this one."""

    confidential: bool = True
    """Whether identifiers are kept out of everything that is written."""

    disclosure: DisclosureRule = field(default_factory=DisclosureRule)
    """Least number of firms behind every count."""

    words: Mapping[str, Text] = field(default_factory=dict)
    """Terms, columns, networks and exposures in words of the reader."""

    events: tuple[Event, ...] = ()
    """Dated events marked in figures over time."""

    ego: NonEmpty | None = None
    """Firm whose partners are drawn; refused while the report is confidential."""

    truth: Annotated[NonEmpty | None, Field()] = None
    """JSON file with planted ``effects`` by term, when the data are simulated."""

    def rules(self) -> None:
        """Refuse a firm by name in a confidential report."""
        if self.ego is not None and self.confidential:
            raise SpecificationError(
                "report.ego: expected no firm by name in a confidential report.",
                "Found one.",
                "Leave ego out, or set confidential = false when the data are public.",
            )
