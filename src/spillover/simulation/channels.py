"""Further ways in which foreign firms reach others; all of them are off by default."""

from dataclasses import dataclass, field
from typing import Literal

from spillover.errors import SpecificationError
from spillover.simulation.places import COUNTRIES
from spillover.specs import Spec


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
class Cluster(Spec):
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

    type: Literal["Cluster"] = field(default="Cluster", kw_only=True, repr=False)


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

    cluster: Cluster | None = None
    """What the large plant does beside being a foreign customer."""

    type: Literal["Channels"] = field(default="Channels", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse two splits of one effect."""
        if self.outside is not None and self.origins is not None:
            raise SpecificationError(
                "Expected effects of foreign customers that differ by place or by origin.",
                "Found both.",
                "Leave out one of outside and origins.",
            )
