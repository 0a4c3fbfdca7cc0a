"""The true supply network: who sells to whom in each year, drawn link by link."""

import numpy as np

from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms
from spillover.simulation.places import REGIONS
from spillover.typing import FloatMatrix, FloatVector, IntVector

Links = list[dict[int, float]]
"""Customers of each firm with the strength of the link, in one year."""


def draw_links(
    economy: Economy, firms: Firms, noise: FloatMatrix, rng: np.random.Generator
) -> list[Links]:
    """The network of every year, from the year before the first observed one.

    Parameters
    ----------
    economy : Economy
        Parameters.
    firms : Firms
        Suppliers and customers.
    noise : (N, T + 1)
        Productivity noise in standard deviations; it matters only for a planted failure.
    rng : Generator
        Source of randomness.
    """
    wanted = _wanted(economy, len(firms), rng)
    links: Links = [{} for _ in range(len(firms))]
    years: list[Links] = []
    for t, year in enumerate(range(economy.first_year - 1, economy.last_year + 1)):
        links = _survivors(links, firms, year, economy.links.survival, rng)
        young = firms.born == year if t else np.ones(len(firms), bool)
        births = rng.poisson(np.where(young, 1.0, 1.0 - economy.links.survival) * wanted)
        births[~firms.alive(year)] = 0
        before = years[-1] if years else links
        for i in np.flatnonzero(births):
            odds = _odds(economy, firms, int(i), year, noise[i, t])
            odds[list(before[i])] = 0.0
            odds[list(links[i])] = 0.0
            for j in _choose(odds, int(births[i]), rng):
                links[i][int(j)] = _strength(firms, int(j), rng)
        _recruit(economy, firms, links, year, rng)
        years.append(links)
    return years


def _wanted(economy: Economy, n: int, rng: np.random.Generator) -> FloatVector:
    spread = economy.links.dispersion
    return economy.links.customers * np.exp(spread * rng.standard_normal(n) - spread**2 / 2)


def _survivors(
    links: Links, firms: Firms, year: int, survival: float, rng: np.random.Generator
) -> Links:
    """Links between living firms that last into the year."""
    alive = firms.alive(year)
    kept: Links = [{} for _ in links]
    for i, customers in enumerate(links):
        luck = rng.random(len(customers))
        for (j, strength), draw in zip(customers.items(), luck, strict=True):
            if alive[i] and alive[j] and draw < survival:
                kept[i][j] = strength
    return kept


def _odds(economy: Economy, firms: Firms, i: int, year: int, noise: float) -> FloatVector:
    """(N,) odds with which firm i chooses each customer in a year."""
    process, region = economy.links, np.array(REGIONS)
    near = np.where(
        region[firms.prefecture] == region[firms.prefecture[i]], process.same_region, 1.0
    )
    near[firms.prefecture == firms.prefecture[i]] = process.same_prefecture
    sorting = economy.sorting * firms.effect[i] + economy.observation.sorting_on_noise * noise
    odds = firms.size * near * firms.alive(year)
    odds[firms.foreign(year)] *= process.foreign_odds * np.exp(sorting)
    odds[firms.industry == firms.industry[i]] *= process.same_industry
    if firms.owners.group[i] >= 0:
        odds[firms.owners.group == firms.owners.group[i]] *= process.same_group
    odds[i] = 0.0
    return odds


def _choose(odds: FloatVector, count: int, rng: np.random.Generator) -> IntVector:
    """Different firms drawn one after the other with the given odds."""
    waiting = np.full(len(odds), np.inf)
    possible = odds > 0.0
    waiting[possible] = rng.standard_exponential(int(possible.sum())) / odds[possible]
    count = min(count, int(possible.sum()))
    return np.argsort(waiting, kind="stable")[:count]


def _strength(firms: Firms, j: int, rng: np.random.Generator) -> float:
    return float(np.sqrt(firms.size[j]) * np.exp(rng.standard_normal()))


def _recruit(
    economy: Economy, firms: Firms, links: Links, year: int, rng: np.random.Generator
) -> None:
    """New suppliers of the large plant: near, living, domestic, and the better the likelier."""
    plant = economy.population.plant
    if plant is None or year < plant.opening:
        return
    region = np.array(REGIONS)[firms.prefecture]
    odds = np.where(region == region[firms.plant], 0.2, 0.02)
    odds[firms.prefecture == firms.prefecture[firms.plant]] = 1.0
    odds *= np.exp(economy.sorting * firms.effect)
    odds *= firms.alive(year) & ~firms.foreign(year) & (firms.born < year)
    odds[[i for i, customers in enumerate(links) if firms.plant in customers]] = 0.0
    for i in _choose(odds, plant.suppliers_per_year, rng):
        links[int(i)][firms.plant] = _strength(firms, firms.plant, rng)
