"""Patents and their applicants: firms alone, with partners, with universities, with persons."""

from dataclasses import dataclass

import numpy as np

from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms
from spillover.simulation.places import REGIONS
from spillover.typing import FloatVector

UNIVERSITIES = 10
"""Number of universities and public institutes; the last two are institutes."""

PERSONS = 60
"""Number of persons who appear as applicants."""

GREATEST_TEAM = 10
"""Most applicants of one patent."""


@dataclass(frozen=True, slots=True)
class Patent:
    """One application: its year, class and applicants in order."""

    year: int
    """Filing year."""

    ipc: str
    """Main class."""

    citations: int
    """Citations received within five years."""

    granted: bool
    """Whether it was granted."""

    team: tuple[tuple[str, int], ...]
    """Applicants as kind (``firm``, ``university``, ``person``) and position."""


def draw_patents(economy: Economy, firms: Firms, rng: np.random.Generator) -> list[Patent]:
    """All patents of the observed years, by year and by first applicant."""
    process = economy.patents
    spread = process.dispersion
    talent = rng.standard_normal(len(firms))
    rate = process.per_firm * np.exp(spread * talent - spread**2 / 2)
    liked = process.foreign_odds * np.exp(process.sorting * talent)
    patents: list[Patent] = []
    learned = rng.spawn(1)[0] if process.from_foreign or process.from_domestic else None
    for year in range(economy.first_year, economy.last_year + 1):
        counts = rng.poisson(np.where(firms.alive(year), rate, 0.0))
        for i in np.flatnonzero(counts):
            odds = _odds(firms, int(i), year, liked[i])
            filed = (int(i), year)
            patents += [_draw(economy, firms, filed, odds, rng) for _ in range(counts[i])]
        if learned is not None:
            patents += _learned(economy, firms, year, patents, (rate, learned))
    return patents


def partners(economy: Economy, firms: Firms, year: int, patents: list[Patent]) -> list[set[int]]:
    """Firms that each firm filed with in the years before, its own group left out.

    Parameters
    ----------
    economy : Economy
        Says how many years count.
    firms : Firms
        Applicants.
    year : int
        The year itself does not count.
    patents : list of Patent
        Filings so far.
    """
    group = firms.owners.group
    met: list[set[int]] = [set() for _ in range(len(firms))]
    for patent in patents:
        if year - economy.patents.memory <= patent.year < year:
            team = [at for kind, at in patent.team if kind == "firm"]
            for i in team:
                met[i] |= {j for j in team if j != i and (group[i] < 0 or group[i] != group[j])}
    return met


def learning(
    economy: Economy, firms: Firms, year: int, patents: list[Patent]
) -> tuple[FloatVector, FloatVector]:
    """(N,) numbers of foreign and of domestic partners in the years before."""
    foreign = firms.foreign(year - 1)
    met = partners(economy, firms, year, patents)
    abroad = np.array([sum(bool(foreign[j]) for j in known) for known in met], dtype=np.float64)
    return abroad, np.array([len(known) for known in met], dtype=np.float64) - abroad


def _learned(
    economy: Economy,
    firms: Firms,
    year: int,
    patents: list[Patent],
    source: tuple[FloatVector, np.random.Generator],
) -> list[Patent]:
    """Patents filed alone beyond those of a firm without partners.

    Together they are Poisson with the rate of a firm without partners times exp(effects).
    """
    process, (rate, rng) = economy.patents, source
    foreign, domestic = learning(economy, firms, year, patents)
    index = process.from_foreign * foreign + process.from_domestic * domestic
    more = rate * (1.0 - process.joint) * np.expm1(index) * firms.alive(year)
    return [
        _file(_fields(economy, firms, i), year, (("firm", i),), rng)
        for i, count in enumerate(rng.poisson(more))
        for _ in range(count)
    ]


def _odds(firms: Firms, i: int, year: int, liked: float) -> FloatVector:
    """(N,) odds of each firm as a further applicant beside firm i; they sum to one."""
    region = np.array(REGIONS)[firms.prefecture]
    odds: FloatVector = np.sqrt(firms.size) * firms.alive(year)
    odds[region == region[i]] *= 2.0
    odds[firms.industry == firms.industry[i]] *= 3.0
    odds[firms.foreign(year)] *= liked
    if firms.owners.group[i] >= 0:
        odds[firms.owners.group == firms.owners.group[i]] *= 20.0
    odds[i] = 0.0
    odds /= odds.sum()
    return odds


def _draw(
    economy: Economy,
    firms: Firms,
    filed: tuple[int, int],
    odds: FloatVector,
    rng: np.random.Generator,
) -> Patent:
    team = {("firm", filed[0]): None}
    if rng.random() < economy.patents.joint:
        further = min(int((1.0 - rng.random()) ** (-1.0 / economy.patents.tail)), GREATEST_TEAM - 1)
        for _ in range(further):
            team[_partner(economy, odds, rng)] = None
    return _file(_fields(economy, firms, filed[0]), filed[1], tuple(team), rng)


def _fields(economy: Economy, firms: Firms, i: int) -> tuple[str, ...]:
    """IPC groups in which a firm files."""
    return economy.classification.fields[firms.industry[i]]


def _file(
    classes: tuple[str, ...],
    year: int,
    team: tuple[tuple[str, int], ...],
    rng: np.random.Generator,
) -> Patent:
    ipc = classes[int(rng.integers(len(classes)))]
    citations = int(rng.poisson(rng.lognormal(0.0, 1.0)))
    return Patent(year, ipc, citations, bool(rng.random() < 0.6), team)


def _partner(economy: Economy, odds: FloatVector, rng: np.random.Generator) -> tuple[str, int]:
    luck = rng.random()
    if luck < economy.patents.universities:
        return "university", int(rng.integers(UNIVERSITIES))
    if luck < economy.patents.universities + economy.patents.persons:
        return "person", int(rng.integers(PERSONS))
    reached = np.cumsum(odds)
    return "firm", int(np.searchsorted(reached, rng.random() * reached[-1], side="right"))
