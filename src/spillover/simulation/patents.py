"""Patents and their applicants: firms alone, with partners, with universities, with persons."""

from dataclasses import dataclass

import numpy as np

from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms
from spillover.simulation.places import CLASSES, INDUSTRIES, REGIONS
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
    rate = process.per_firm * np.exp(spread * rng.standard_normal(len(firms)) - spread**2 / 2)
    patents: list[Patent] = []
    for year in range(economy.first_year, economy.last_year + 1):
        counts = rng.poisson(np.where(firms.alive(year), rate, 0.0))
        for i in np.flatnonzero(counts):
            odds = _odds(economy, firms, int(i), year)
            filed = (int(i), year)
            patents += [_draw(economy, firms, filed, odds, rng) for _ in range(counts[i])]
    return patents


def _odds(economy: Economy, firms: Firms, i: int, year: int) -> FloatVector:
    """(N,) odds of each firm as a further applicant beside firm i; they sum to one."""
    region = np.array(REGIONS)[firms.prefecture]
    odds: FloatVector = np.sqrt(firms.size) * firms.alive(year)
    odds[region == region[i]] *= 2.0
    odds[firms.industry == firms.industry[i]] *= 3.0
    odds[firms.foreign(year)] *= economy.patents.foreign_odds
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
    i, year = filed
    team = {("firm", i): None}
    if rng.random() < economy.patents.joint:
        further = min(int((1.0 - rng.random()) ** (-1.0 / economy.patents.tail)), GREATEST_TEAM - 1)
        for _ in range(further):
            team[_partner(economy, odds, rng)] = None
    classes = CLASSES[INDUSTRIES[firms.industry[i]]]
    ipc = classes[int(rng.integers(len(classes)))]
    citations = int(rng.poisson(rng.lognormal(0.0, 1.0)))
    return Patent(year, ipc, citations, bool(rng.random() < 0.6), tuple(team))


def _partner(economy: Economy, odds: FloatVector, rng: np.random.Generator) -> tuple[str, int]:
    luck = rng.random()
    if luck < economy.patents.universities:
        return "university", int(rng.integers(UNIVERSITIES))
    if luck < economy.patents.universities + economy.patents.persons:
        return "person", int(rng.integers(PERSONS))
    reached = np.cumsum(odds)
    return "firm", int(np.searchsorted(reached, rng.random() * reached[-1], side="right"))
