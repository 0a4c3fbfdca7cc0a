"""Further planted effects, each a named regressor with its values, by loops over true links."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from spillover.simulation.channels import Origins, PlantEffects
from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms
from spillover.simulation.places import CODES, COUNTRIES, METROPOLITAN, REGIONS
from spillover.simulation.supply import Links
from spillover.simulation.truth import Reach
from spillover.typing import BoolVector, FloatMatrix


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One regressor of the true equation beside those of every economy."""

    name: str
    """Column of the true panel."""

    values: FloatMatrix
    """(N, T) what reaches each firm in each observed year; NaN where nothing can."""

    effect: float
    """What is added to log productivity for one unit of it, beyond other terms."""


def link_terms(
    economy: Economy, firms: Firms, years: list[Links], reached: Reach
) -> tuple[Term, ...]:
    """Terms that follow from true links and owners, a year later.

    Parameters
    ----------
    economy : Economy
        Parameters.
    firms : Firms
        Suppliers and customers.
    years : list of links
        Networks from the year before the first observed one.
    reached : Reach
        Shares of foreign partners.
    """
    channels, terms = economy.channels, []
    if channels.second_tier:
        terms.append(Term("second_tier", second_tier(economy, firms, years), channels.second_tier))
    if channels.outside is not None:
        values = np.where(outside(firms)[:, None], reached.backward[:, :-1], 0.0)
        terms.append(Term("backward_outside", values, channels.outside - economy.spillover))
    if channels.origins is not None:
        values = from_origins(economy, firms, years, channels.origins)
        terms.append(Term("from_group", values, channels.origins.effect - economy.spillover))
    if channels.cluster is not None:
        terms += cluster_terms(economy, firms, years, channels.cluster)
    return tuple(terms)


def effects(economy: Economy) -> Mapping[str, float]:
    """Planted effects by the name that their regressor has in studies."""
    channels, law = economy.channels, economy.production
    found = {"backward": economy.spillover}
    if channels.outside is not None:
        found = {
            "backward * metropolitan": economy.spillover,
            "backward * outside": channels.outside,
        }
    if channels.origins is not None:
        found = {
            "from_group": channels.origins.effect,
            "backward - from_group": economy.spillover,
        }
    found |= {"forward": law.forward, "log1p(backward_degree)": law.degree, "co_patent": 0.0}
    if channels.second_tier:
        found["second_tier"] = channels.second_tier
    if channels.research is not None:
        research = channels.research
        found |= {"log(foreign_rd)": research.foreign, "log(domestic_rd)": research.domestic}
        found["log(foreign_capital)"] = research.capital
    if channels.sectors is not None:
        sectors = channels.sectors
        found |= {"horizontal": sectors.horizontal, "horizontal_all": sectors.horizontal}
        found |= {"sector_backward": sectors.backward, "sector_forward": sectors.forward}
    if economy.patents.from_foreign or economy.patents.from_domestic:
        found["foreign_partners"] = economy.patents.from_foreign
        found["domestic_partners"] = economy.patents.from_domestic
    if channels.cluster is not None:
        cluster = channels.cluster
        found |= {"cluster": cluster.links, "local_customers * after": cluster.local_demand}
        found |= {"core_after": cluster.core, "surroundings_after": cluster.surroundings}
    return found


def outside(firms: Firms) -> BoolVector:
    """(N,) whether the head office lies outside the three metropolitan areas."""
    return np.array([CODES[place] not in METROPOLITAN for place in firms.prefecture])


def second_tier(economy: Economy, firms: Firms, years: list[Links]) -> FloatMatrix:
    """(N, T) share of foreign firms among firms two sales away; NaN without any.

    A firm at distance two is a customer of a customer, not a customer itself and not the firm
    itself. Sales within a business group lead nowhere, and the own group does not count.
    """
    shares = np.full((len(firms), economy.years), np.nan)
    group = firms.owners.group
    for t, links in enumerate(years[:-1]):
        foreign = firms.foreign(economy.first_year - 1 + t)
        apart = [
            {j for j in customers if group[i] < 0 or group[i] != group[j]}
            for i, customers in enumerate(links)
        ]
        for i, customers in enumerate(apart):
            further = {k for j in customers for k in apart[j]} - customers - {i}
            counted = [k for k in further if group[i] < 0 or group[i] != group[k]]
            if counted:
                shares[i, t] = sum(bool(foreign[k]) for k in counted) / len(counted)
    return shares


def from_origins(
    economy: Economy, firms: Firms, years: list[Links], origins: Origins
) -> FloatMatrix:
    """(N, T) share of customers whose foreign owner comes from a group of countries."""
    country = firms.owners.country
    listed = np.array([c >= 0 and COUNTRIES[c] in origins.countries for c in country])
    return _share_of_customers(
        economy, firms, years, lambda j, year: bool(listed[j] and firms.foreign(year)[j])
    )


def _share_of_customers(
    economy: Economy, firms: Firms, years: list[Links], counts: Callable[[int, int], bool]
) -> FloatMatrix:
    """(N, T) share of customers outside the own group that count in the year before."""
    shares = np.full((len(firms), economy.years), np.nan)
    group = firms.owners.group
    for t, links in enumerate(years[:-1]):
        year = economy.first_year - 1 + t
        for i, customers in enumerate(links):
            known = [j for j in customers if group[i] < 0 or group[i] != group[j]]
            if known:
                shares[i, t] = sum(counts(j, year) for j in known) / len(known)
    return shares


def cluster_terms(
    economy: Economy, firms: Firms, years: list[Links], cluster: PlantEffects
) -> list[Term]:
    """What reaches firms from the plant along links of the year before it opened, and by place."""
    supplies = plant_suppliers(firms, years)
    customers = years[_opening(economy) - economy.first_year]
    group, place = firms.owners.group, firms.prefecture
    core = place == place[firms.plant]
    region = np.array(REGIONS)[place] == REGIONS[place[firms.plant]]
    linked, local = (np.full((len(firms), economy.years), np.nan) for _ in range(2))
    for i in range(len(firms)):
        known = [j for j in customers[i] if group[i] < 0 or group[i] != group[j]]
        for t in range(economy.years):
            if known:
                there = region & firms.alive(economy.first_year - 1 + t)
                linked[i, t] = sum(supplies[j, t] for j in known) / len(known)
                local[i, t] = sum(bool(there[j]) for j in known) / len(known)
    calendar = economy.first_year + np.arange(economy.years)
    after = (calendar > _opening(economy)).astype(np.float64)
    return [
        Term("cluster", linked, cluster.links),
        Term("local_customers", local * after, cluster.local_demand),
        Term("core_after", core[:, None] * after, cluster.core),
        Term("surroundings_after", (region & ~core)[:, None] * after, cluster.surroundings),
    ]


def plant_suppliers(firms: Firms, years: list[Links]) -> FloatMatrix:
    """(N, T + 1) whether each firm supplies the plant, in each year of the network."""
    supplies = np.zeros((len(firms), len(years)))
    for t, links in enumerate(years):
        for i, customers in enumerate(links):
            supplies[i, t] = firms.plant in customers
    return supplies


def _opening(economy: Economy) -> int:
    plant = economy.population.plant
    return economy.last_year if plant is None else plant.opening
