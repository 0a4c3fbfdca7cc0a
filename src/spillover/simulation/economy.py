"""Economy: the parameters of a simulated economy with a planted spillover."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from spillover.errors import SpecificationError
from spillover.simulation.channels import Channels
from spillover.simulation.parameters import (
    LinkProcess,
    Observation,
    PatentProcess,
    Plant,
    Population,
    Production,
)
from spillover.simulation.places import CLASSIFICATIONS, Classification
from spillover.specs import NonNegative, Spec


@dataclass(frozen=True, slots=True)
class Economy(Spec):
    """A simulated economy whose spillover is known.

    Log productivity of firm i in industry s and year t is::

        firm_i + industry_year_st + spillover * E_i, t - 1 + degree * log(1 + d_i, t - 1) + noise_it

    with E the share of i's customers that are foreign, members of i's own business group left
    out, zero for a firm without customers; d is the number of those customers. A firm is foreign
    when one foreign owner holds at least 10 %. ``sorting`` gives firms with a high firm effect
    more foreign customers, so that pooled least squares is biased upwards while firm effects with
    the lagged exposure are right.

    Examples
    --------
    >>> from spillover.simulation.economy import Economy
    >>> Economy(firms=200, years=6).last_year
    2020
    """

    firms: Annotated[int, Field(ge=20)] = 400
    """Number of firms that exist in some year."""

    years: Annotated[int, Field(ge=2)] = 8
    """Number of observed years."""

    first_year: Annotated[int, Field(ge=1951, le=2090)] = 2015
    """First observed calendar year; the true network starts a year earlier."""

    spillover: float = 0.30
    """Effect on log productivity of moving from no to only foreign customers, a year later;
    choice."""

    sorting: NonNegative = 1.0
    """Log odds of a foreign customer for one standard deviation of the firm effect; choice."""

    population: Population = field(default_factory=Population)
    """Firms, owners, entry and exit."""

    links: LinkProcess = field(default_factory=LinkProcess)
    """The supply network."""

    patents: PatentProcess = field(default_factory=PatentProcess)
    """Patents and joint applicants."""

    production: Production = field(default_factory=Production)
    """Production and productivity."""

    observation: Observation = field(default_factory=Observation)
    """What is seen of all this."""

    channels: Channels = field(default_factory=Channels)
    """Further ways in which foreign firms reach others."""

    type: Literal["Economy"] = field(default="Economy", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse a plant that opens outside the observed years, and a cluster without one."""
        plant = self.population.plant
        if plant is None and self.channels.cluster is not None:
            raise SpecificationError(
                "Expected a plant for the effects of a cluster.",
                "Found none.",
                "Add population=Population(plant=Plant()).",
            )
        if plant is not None and not self.first_year < plant.opening <= self.last_year:
            raise SpecificationError(
                f"Expected the plant to open in {self.first_year + 1} to {self.last_year}.",
                f"Found {plant.opening}.",
                "Change the opening or the years of the economy.",
            )

    @property
    def classification(self) -> Classification:
        """Industries of the firms."""
        return CLASSIFICATIONS[self.population.industries]

    @property
    def last_year(self) -> int:
        """Last observed calendar year."""
        return self.first_year + self.years - 1


KYUSHU = Economy(
    firms=440,
    years=10,
    first_year=2015,
    population=Population(foreign=0.04, plant=Plant()),
)
"""A large foreign semiconductor plant opens in Kumamoto in 2021 and local suppliers gather."""
