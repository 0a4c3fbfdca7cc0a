"""What may stand under each key of a study file: unions of specifications, told by ``type``."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from spillover.designs.callaway_santanna import CallawaySantAnna
from spillover.designs.endogenous_productivity import EndogenousProductivity
from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.imputation import Imputation
from spillover.designs.instruments import InstrumentalVariables
from spillover.designs.poisson import PoissonFixedEffects
from spillover.designs.production_function import ProductionFunction
from spillover.designs.shift_share import ShiftShareIV
from spillover.designs.sun_abraham import SunAbraham
from spillover.exposures.inventory import PerpetualInventory
from spillover.exposures.knowledge import KnowledgePool
from spillover.exposures.linkages import Backward, Forward, Horizontal, SupplyBackward
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shift_share import ShiftShare
from spillover.expressions import parse
from spillover.inference.cluster import Cluster
from spillover.inference.dependence import AnyOf, Repair
from spillover.inference.dyadic import Dyadic
from spillover.inference.independent import Heteroskedastic, Homoskedastic
from spillover.inference.network import NetworkHAC
from spillover.inference.serial import DriscollKraay, NeweyWest
from spillover.inference.shift_share import AKM, AKM0
from spillover.inference.shock_level import ShockLevel
from spillover.inference.spatial import Conley
from spillover.inference.wild import WildCluster
from spillover.networks.copatent import JointPatents
from spillover.networks.geography import GeographicProximity
from spillover.networks.industries import IndustryFlows
from spillover.networks.ownership import OwnershipLinks
from spillover.networks.portfolio import PatentClasses
from spillover.networks.products import ProductMarketProximity
from spillover.networks.proximity import TechnologicalProximity
from spillover.networks.supply import SupplyLinks
from spillover.pipelines.evidence import (
    BalanceTest,
    LinkSensitivity,
    PlaceboTest,
    RandomizationTest,
)
from spillover.productivity.ackerberg_caves_frazer import AckerbergCavesFrazer
from spillover.productivity.blundell_bond import BlundellBond
from spillover.productivity.gandhi_navarro_rivers import GandhiNavarroRivers
from spillover.productivity.index_number import MultilateralIndex, SolowResidual
from spillover.productivity.levinsohn_petrin import LevinsohnPetrin
from spillover.productivity.olley_pakes import OlleyPakes
from spillover.productivity.stochastic_frontier import StochasticFrontier
from spillover.productivity.wooldridge import Wooldridge
from spillover.specs import NonEmpty, Spec
from spillover.tables.foreign import ForeignDefinition
from spillover.tables.patent_output import PatentOutput
from spillover.typing import SmallSample

Tagged = Field(discriminator="type")

KernelKind = Annotated[
    Cluster | Conley | DriscollKraay | Dyadic | Heteroskedastic | NetworkHAC | NeweyWest, Tagged
]
"""Dependences that can be members of a union."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionTable(Spec):
    """Rows may be dependent when any of several dependences says so."""

    of: Annotated[tuple[KernelKind, ...], Field(min_length=1, max_length=4)]
    """One to four dependences."""

    small_sample: SmallSample = "fixest"
    """Software whose small-sample factors are matched."""

    repair: Repair = "clip"
    """What happens to a covariance that is not positive semidefinite."""

    type: Literal["AnyOf"] = "AnyOf"


def _as_table(value: Any) -> Any:  # noqa: ANN401 - whatever the file or a program holds
    if isinstance(value, AnyOf):
        return UnionTable(of=value.of, small_sample=value.small_sample, repair=value.repair)
    return value


def _as_union(value: Any) -> Any:  # noqa: ANN401 - one of the kinds
    if isinstance(value, UnionTable):
        return AnyOf(value.of, small_sample=value.small_sample, repair=value.repair)
    return value


ForeignKind = Literal["BOP_10", "METI_THIRD", "JETRO_ANY", "MAJORITY", "FULL"] | ForeignDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareTable(Spec):
    """Shares of units in categories, one row per unit and category, for a shift-share exposure."""

    file: NonEmpty
    """CSV file, relative to the study file."""

    unit: NonEmpty = "firm_id"
    """Column with the unit."""

    category: NonEmpty = "industry"
    """Column with the category: an industry, a country, a product."""

    share: NonEmpty = "share"
    """Column with the share; those of a unit sum to at most one."""

    year: NonEmpty | None = None
    """Column with the year; without it the shares of a base period hold always."""

    categories: NonEmpty | None = None
    """CSV file with one row per category, whose columns cluster shocks."""

    type: Literal["ShareTable"] = "ShareTable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShockTable(Spec):
    """Shocks of categories, one row per category and year."""

    file: NonEmpty
    """CSV file, relative to the study file."""

    category: NonEmpty = "industry"
    """Column with the category, in the codes of the shares."""

    year: NonEmpty = "year"
    """Column with the calendar year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerShares(Spec):
    """Shares of partners in the links of a base year; every partner is a category."""

    year: int
    """Base year, before the shocks."""

    exclude: Literal["group", "self"] = "group"
    """Whether partners of the own business group are left out."""


NetworkKind = Annotated[
    SupplyLinks
    | JointPatents
    | IndustryFlows
    | GeographicProximity
    | TechnologicalProximity
    | ProductMarketProximity
    | OwnershipLinks
    | PatentClasses
    | ShareTable,
    Tagged,
]
ProductivityKind = Annotated[
    SolowResidual
    | MultilateralIndex
    | OlleyPakes
    | LevinsohnPetrin
    | Wooldridge
    | AckerbergCavesFrazer
    | GandhiNavarroRivers
    | StochasticFrontier
    | BlundellBond,
    Tagged,
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstYear(Spec):
    """The first year in which a condition holds for a unit, 0 for units for which it never does."""

    when: NonEmpty
    """Condition on the panel and on exposures, such as ``backward > 0``; it does not hold where a
    value is missing."""

    switching: Literal["refuse", "first"] = "refuse"
    """What happens to units for which it ceases to hold: an error, or treated from the first year
    on, which is the effect of having begun."""

    type: Literal["FirstYear"] = "FirstYear"

    def rules(self) -> None:
        """Read the condition once, so that a mistake is found before any data are."""
        parse(self.when)


MeasureKind = Annotated[PatentOutput | PerpetualInventory | FirstYear, Tagged]
LinkageKind = Horizontal | Backward | Forward | SupplyBackward
"""Sector measures, which carry presence in industries rather than a shock of firms."""

ExposureKind = Annotated[Neighbors | LinkageKind | KnowledgePool | ShiftShare, Tagged]
DesignKind = Annotated[
    FixedEffects
    | InstrumentalVariables
    | PoissonFixedEffects
    | CallawaySantAnna
    | SunAbraham
    | Imputation
    | EndogenousProductivity
    | ProductionFunction
    | ShiftShareIV,
    Tagged,
]
EvidenceKind = Annotated[RandomizationTest | PlaceboTest | LinkSensitivity | BalanceTest, Tagged]
DependenceKind = Annotated[
    Cluster
    | Conley
    | DriscollKraay
    | Dyadic
    | Heteroskedastic
    | Homoskedastic
    | NetworkHAC
    | NeweyWest
    | WildCluster
    | AKM
    | AKM0
    | ShockLevel
    | UnionTable,
    Tagged,
    BeforeValidator(_as_table),
    AfterValidator(_as_union),
]
