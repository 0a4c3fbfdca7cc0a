"""Firms of a simulated economy: where they are, who owns them, when they live."""

from dataclasses import dataclass

import numpy as np

from spillover.simulation.economy import Economy
from spillover.simulation.parameters import Plant, Population
from spillover.simulation.places import (
    CODES,
    COUNTRIES,
    COUNTRY_SHARES,
    KANTO,
    KANTO_SHARE,
    REGIONS,
    RESIDENTS,
    TOKYO,
    TOKYO_SHARE,
)
from spillover.typing import BoolVector, FloatVector, IntVector

NEVER = 9999
"""A year after every observed year."""

GREENFIELD, ACQUISITION, JOINT_VENTURE = 0, 1, 2
MODES = ("greenfield", "acquisition", "joint_venture")
"""Names of the ways in which a foreign owner enters."""


@dataclass(frozen=True, slots=True, eq=False)
class Owners:
    """The foreign owner and the domestic business group of each firm."""

    since: IntVector
    """(N,) first year with a foreign owner of at least 10 %; ``NEVER`` for domestic firms."""

    share: FloatVector
    """(N,) share of the foreign owner from that year on; a stake below 10 % has no such year."""

    country: IntVector
    """(N,) position of the owner's country in ``COUNTRIES``; -1 without a foreign owner."""

    mode: IntVector
    """(N,) way of entry, a position in ``MODES``."""

    group: IntVector
    """(N,) business group; -1 for firms that are in none."""

    parent: IntVector
    """(N,) firm that heads the group; -1 for firms that are in none."""


@dataclass(frozen=True, slots=True, eq=False)
class Firms:
    """What does not change about firms."""

    industry: IntVector
    """(N,) position in the codes of the classification."""

    prefecture: IntVector
    """(N,) position in ``CODES``."""

    effect: FloatVector
    """(N,) firm effect in log productivity, standard normal before it is scaled."""

    size: FloatVector
    """(N,) weight as a customer, Zipf distributed."""

    born: IntVector
    """(N,) first year."""

    died: IntVector
    """(N,) last year; ``NEVER`` for survivors."""

    owners: Owners
    """Foreign owners and business groups."""

    plant: int = -1
    """Position of the large foreign plant; -1 without one."""

    def __len__(self) -> int:
        return len(self.industry)

    def alive(self, year: int) -> BoolVector:
        """(N,) whether the firm exists in the year."""
        return (self.born <= year) & (year <= self.died)

    def foreign(self, year: int) -> BoolVector:
        """(N,) whether a foreign owner holds at least 10 % in the year."""
        return self.owners.since <= year


def draw_firms(economy: Economy, rng: np.random.Generator) -> Firms:
    """Firms drawn from the population of an economy."""
    n, population = economy.firms, economy.population
    plant = n - 1 if population.plant is not None else -1
    owners = _owners(economy, rng, plant)
    size = rng.permutation((n / np.arange(1.0, n + 1)) ** (1.0 / economy.links.tail))
    classes = economy.classification
    industry = rng.choice(len(classes.codes), n, p=classes.shares)
    prefecture = _prefectures(owners, population.plant, rng)
    if population.plant is not None:
        industry[plant] = classes.codes.index(classes.plant)
        prefecture[plant] = CODES.index(population.plant.prefecture)
    born = _births(economy, owners, rng)
    effect = np.clip(rng.standard_normal(n), -2.5, 2.5)
    if economy.channels.sectors is not None:
        _sort_into_industries(economy, owners, (industry, effect), rng.spawn(1)[0])
    return Firms(
        industry,
        prefecture,
        effect,
        size,
        born,
        _deaths(economy, owners, born, size, rng),
        owners,
        plant,
    )


def _sort_into_industries(
    economy: Economy,
    owners: Owners,
    parts: tuple[IntVector, FloatVector],
    rng: np.random.Generator,
) -> None:
    """Industries of different productivity; foreign firms prefer the better ones."""
    sectors, (industry, effect) = economy.channels.sectors, parts
    if sectors is None:
        return
    level = rng.standard_normal(len(economy.classification.codes))
    odds = np.array(economy.classification.shares) * np.exp(sectors.sorting * level)
    foreign = np.flatnonzero(owners.since < NEVER)
    industry[foreign] = rng.choice(len(level), len(foreign), p=odds / odds.sum())
    effect += sectors.spread * level[industry]


def _owners(economy: Economy, rng: np.random.Generator, plant: int) -> Owners:
    """Foreign firms first (at random positions), then groups among the domestic ones."""
    n, population = economy.firms, economy.population
    places = rng.permutation(n if plant < 0 else n - 1)
    foreign = places[: max(1, round(population.foreign * n))]
    nobody = np.full(n, -1)
    owners = Owners(
        np.full(n, NEVER), np.zeros(n), nobody, np.zeros(n, int), nobody.copy(), nobody.copy()
    )
    heads = _draw_groups(owners, places[len(foreign) :], population, rng)
    for i in foreign:
        _draw_foreign_owner(owners, i, economy, heads, rng)
    for i in places[len(foreign) :]:
        if rng.random() < population.minority:
            owners.share[i] = rng.uniform(0.01, 0.09)
            owners.country[i] = rng.choice(len(COUNTRIES), p=COUNTRY_SHARES)
    if population.plant is not None:
        owners.since[plant] = population.plant.opening
        owners.share[plant] = population.plant.owner_share
        owners.country[plant] = COUNTRIES.index(population.plant.owner_country)
    return owners


def _draw_groups(
    owners: Owners, domestic: IntVector, population: Population, rng: np.random.Generator
) -> list[int]:
    """Groups of two to five domestic firms; the heads of the groups are returned."""
    heads: list[int] = []
    left = list(domestic[: round(population.grouped * len(domestic))])
    while len(left) >= 2:
        members = [left.pop() for _ in range(min(len(left), int(rng.integers(2, 6))))]
        for member in members:
            owners.group[member] = len(heads)
            owners.parent[member] = members[0]
        heads.append(int(members[0]))
    return heads


def _draw_foreign_owner(
    owners: Owners, i: int, economy: Economy, heads: list[int], rng: np.random.Generator
) -> None:
    population = economy.population
    owners.country[i] = rng.choice(len(COUNTRIES), p=COUNTRY_SHARES)
    owners.share[i] = 1.0 if rng.random() < 0.6 else rng.uniform(0.34, 0.99)
    if rng.random() < population.initial:
        owners.since[i] = economy.first_year - 1
    else:
        owners.since[i] = rng.integers(economy.first_year, economy.last_year + 1)
        owners.mode[i] = ACQUISITION if rng.random() < population.acquired else GREENFIELD
    if heads and owners.mode[i] == GREENFIELD and rng.random() < population.joint_ventures:
        head = heads[int(rng.integers(len(heads)))]
        owners.mode[i] = JOINT_VENTURE
        owners.share[i] = rng.uniform(0.5, 0.66)
        owners.group[i], owners.parent[i] = owners.group[head], head


def _prefectures(owners: Owners, plant: Plant | None, rng: np.random.Generator) -> IntVector:
    """Head offices: by residents for domestic firms, mostly in Kanto for foreign ones."""
    n = len(owners.since)
    domestic = np.array(RESIDENTS) / sum(RESIDENTS)
    if plant is not None:
        here = CODES.index(plant.prefecture)
        region = np.array(REGIONS) == REGIONS[here]
        shares = (plant.local_share, plant.region_share)
        domestic = _around(domestic, np.arange(len(CODES)) == here, region, shares)
    tokyo, kanto = np.array(CODES) == TOKYO, np.array(REGIONS) == KANTO
    foreign = _around(domestic, tokyo, kanto, (TOKYO_SHARE, KANTO_SHARE))
    at_home = rng.choice(len(CODES), n, p=domestic)
    abroad = rng.choice(len(CODES), n, p=foreign)
    return np.where(owners.since < NEVER, abroad, at_home)


def _around(
    weights: FloatVector, place: BoolVector, region: BoolVector, shares: tuple[float, float]
) -> FloatVector:
    """Weights rescaled so that a place and the region around it have the given shares."""
    near, far = region & ~place, ~region
    scaled = np.zeros_like(weights)
    scaled[place] = shares[0]
    scaled[near] = (shares[1] - shares[0]) * weights[near] / weights[near].sum()
    scaled[far] = (1.0 - shares[1]) * weights[far] / weights[far].sum()
    return scaled


def _births(economy: Economy, owners: Owners, rng: np.random.Generator) -> IntVector:
    n, first = economy.firms, economy.first_year
    born = rng.integers(first - 60, first - 1, n)
    late = rng.random(n) < economy.population.entry * economy.years
    born = np.where(late, rng.integers(first, economy.last_year + 1, n), born)
    held = (owners.since < first) | (owners.mode == ACQUISITION) | (owners.group >= 0)
    born = np.where(held & late, first - 20, born)
    greenfield = (owners.since >= first) & (owners.since < NEVER) & (owners.mode != ACQUISITION)
    return np.where(greenfield, owners.since, born)


def _deaths(
    economy: Economy, owners: Owners, born: IntVector, size: FloatVector, rng: np.random.Generator
) -> IntVector:
    """Last years of firms; foreign firms and heads of groups stay."""
    died = np.full(economy.firms, NEVER)
    stays = (owners.since < NEVER) | (owners.parent == np.arange(economy.firms))
    hazard = economy.population.exit * np.sqrt(np.median(size) / size)
    for year in range(economy.first_year, economy.last_year):
        closes = (rng.random(economy.firms) < hazard) & ~stays & (died == NEVER) & (born < year)
        died[closes] = year
    return died
