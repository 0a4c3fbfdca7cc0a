"""Further ways in which foreign firms reach others; all of them are off by default."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from spillover.errors import SpecificationError
from spillover.simulation.places import COUNTRIES
from spillover.specs import NonNegative, Share, Spec


@dataclass(frozen=True, slots=True)
class Origins(Spec):
    """Foreign customers from some countries do more than others, or less."""

    countries: tuple[str, ...] = ("USA", "DEU", "FRA", "GBR", "CHE", "NLD", "SWE")
    """ISO 3166-1 alpha-3 codes of the group; its members share one effect; choice."""

    effect: float = 0.45
    """Effect of the share of customers from the group; ``Economy.spillover`` is that of the
    others; choice."""

    type: Literal["Origins"] = field(default="Origins", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse countries that no simulated parent has."""
        unknown = sorted(set(self.countries) - set(COUNTRIES))
        if unknown or not self.countries:
            raise SpecificationError(
                f"Expected countries among {', '.join(COUNTRIES)}.",
                f"Found {unknown[0] if unknown else 'none'}.",
                "Name countries that simulated parents come from.",
            )


@dataclass(frozen=True, slots=True)
class PlantEffects(Spec):
    """What a large plant does to firms that are linked to it or near it, from the year after.

    Links count as they were in the year before the opening, so that links made because of the
    plant do not matter. Local demand rises along all links to firms of the region, whether these
    supply the plant or not: a firm with local customers gains either way, and more of its
    customers supply the plant.
    """

    links: float = 0.25
    """Effect of the share of customers that supply the plant; choice."""

    local_demand: float = 0.20
    """Effect of the share of customers in the region of the plant; choice."""

    core: float = 0.03
    """Rise of firms in the prefecture of the plant; choice."""

    surroundings: float = 0.015
    """Rise of firms elsewhere in its region; choice."""

    type: Literal["PlantEffects"] = field(default="PlantEffects", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Sectors(Spec):
    """Foreign presence in industries, weighed by sales, reaches firms a year later.

    A firm does not count in its own industry. Deliveries follow one input-output table; foreign
    firms prefer industries of high productivity.
    """

    horizontal: float = 0.50
    """Effect of the foreign share of sales in the own industry; choice."""

    backward: float = 1.00
    """Effect of foreign presence in the industries that buy, times their shares of output;
    choice."""

    forward: float = 0.0
    """Effect of foreign presence in the industries that supply, times their shares of inputs;
    none, so that it is a placebo."""

    spread: NonNegative = 2.0
    """Spread of industries in productivity, in standard deviations of the firm effect; choice."""

    sorting: float = 1.0
    """Log odds of an industry among foreign firms for one standard deviation of its productivity;
    choice."""

    customers: Annotated[int, Field(ge=1)] = 4
    """Industries that an industry delivers to; choice."""

    type: Literal["Sectors"] = field(default="Sectors", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Research(Spec):
    """R&D stocks of near firms reach a firm a year later.

    Two firms are as near as the cosine of their patents by subclass, filed in the first years.
    """

    foreign: float = 0.10
    """Elasticity of productivity to the R&D stocks of near foreign firms; choice."""

    domestic: float = 0.03
    """Elasticity to the R&D stocks of near domestic firms; choice."""

    capital: float = 0.0
    """Elasticity to the capital of near foreign firms; none, so that it is a placebo."""

    sorting: NonNegative = 0.30
    """Log points by which a firm is better anyway for one standard deviation of the log R&D stocks
    of near foreign firms in the first year; choice."""

    depreciation: Share = 0.15
    """Yearly loss of R&D stocks; the usual choice."""

    growth: NonNegative = 0.05
    """Growth of R&D before the first year; the usual choice."""

    portfolio: Annotated[int, Field(ge=1)] = 4
    """First observed years whose filings say what a firm does; choice."""

    type: Literal["Research"] = field(default="Research", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Channels(Spec):
    """What reaches firms beside the share of foreign customers of all suppliers alike."""

    outside: float | None = None
    """Effect of foreign customers on suppliers outside the three metropolitan areas; ``None``
    when it is that of the others, ``Economy.spillover``."""

    second_tier: float = 0.0
    """Effect of the share of foreign firms among the customers of customers that are not customers
    themselves."""

    origins: Origins | None = None
    """Effects that differ by the country of the customer's owner."""

    cluster: PlantEffects | None = None
    """What the large plant does beside being a foreign customer."""

    sectors: Sectors | None = None
    """Foreign presence in industries."""

    research: Research | None = None
    """R&D of near firms."""

    type: Literal["Channels"] = field(default="Channels", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse two splits of one effect."""
        if self.outside is not None and self.origins is not None:
            raise SpecificationError(
                "Expected effects of foreign customers that differ by place or by origin.",
                "Found both.",
                "Leave out one of outside and origins.",
            )
