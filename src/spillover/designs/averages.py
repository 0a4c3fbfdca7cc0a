"""Averages of effects by cohort and year: over event times, cohorts, years, or all of them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.errors import IdentificationError
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector

Aggregate = Literal["group_time", "simple", "group", "calendar", "dynamic"]
"""Which averages are reported: none, all treated cells, or by cohort, year or event time."""

OVERALL = "average"
"""Name of the mean of the effects of cohorts, years or event times from zero on."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Effects of cohorts in years."""

    cohorts: IntVector
    """(K,) year of first treatment."""

    years: IntVector
    """(K,) calendar year."""

    effects: FloatVector
    """(K,) effect of each cell."""

    mass: FloatVector
    """(K,) weight of a cell in averages: its units or its rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Averages:
    """Averages of cells with what their estimated weights contribute."""

    names: tuple[str, ...]
    """m names: ``event=2``, ``cohort=2004``, ``year=2006``, both of the latter, or ``att``."""

    values: FloatVector
    """(m,) averages."""

    weights: FloatMatrix
    """(K, m) weight of each cell; columns sum to one."""

    shares: FloatMatrix
    """(K, m) influence of one member of a cell through the estimated weights."""

    def of_rows(self, cell_of_row: IntVector, weights: FloatVector | None = None) -> FloatMatrix:
        """(n, m) influence of rows through the estimated shares of cells.

        Parameters
        ----------
        cell_of_row : (n,)
            Cell of each row, -1 for none.
        weights : (n,), optional
            Observation weights.
        """
        found = np.vstack([self.shares, np.zeros(self.shares.shape[1])])[cell_of_row]
        return found if weights is None else found * weights[:, None]

    def with_mean(self, psi: FloatMatrix) -> tuple[tuple[str, ...], FloatVector, FloatMatrix]:
        """Names, values and influence, averages over time followed by their mean.

        The mean of event times from zero on, or of calendar years, counts each of them equally;
        there is none for other averages.

        Parameters
        ----------
        psi : (n, m)
            Influence functions of the averages.
        """
        after = [j for j, name in enumerate(self.names) if _begun(name)]
        if not after:
            return self.names, self.values, psi
        values = np.append(self.values, self.values[after].mean())
        return (*self.names, OVERALL), values, np.column_stack([psi, psi[:, after].mean(axis=1)])


def averages(cells: Cells, aggregate: Aggregate, balanced: int | None = None) -> Averages:
    """Averages of cells, weighted by their mass.

    Parameters
    ----------
    cells : Cells
        Effects by cohort and year.
    aggregate : {"group_time", "simple", "group", "calendar", "dynamic"}
        Which averages.
    balanced : int, optional
        Event time up to which every cohort in a dynamic average must be observed; later event
        times are left out, and earlier ones that some cohort lacks, so that all of them average
        over the same cohorts.

    Raises
    ------
    IdentificationError
        No cell is left for the averages.
    """
    sets = _sets(cells, aggregate, balanced)
    if not sets:
        raise IdentificationError(
            f"Expected effects to average by {aggregate}.",
            "Found no cohort that is observed for long enough.",
            "Choose another aggregate, or an earlier event time in balanced.",
        )
    weights = np.zeros((len(cells.effects), len(sets)))
    shares = np.zeros_like(weights)
    for j, at in enumerate(sets.values()):
        total = cells.mass[at].sum()
        weights[at, j] = cells.mass[at] / total
        shares[at, j] = (cells.effects[at] - weights[at, j] @ cells.effects[at]) / total
    return Averages(tuple(sets), cells.effects @ weights, weights, shares)


def _begun(name: str) -> bool:
    """Whether a name stands for a calendar year or an event time from zero on."""
    return name.startswith("year=") or (name.startswith("event=") and int(name[6:]) >= 0)


def _sets(cells: Cells, aggregate: Aggregate, balanced: int | None) -> dict[str, IntVector]:
    """Cells of each average by name, in ascending order."""
    event = cells.years - cells.cohorts
    after = event >= 0
    if aggregate == "group_time":
        pairs = zip(cells.cohorts, cells.years, strict=True)
        return {f"cohort={g}, year={t}": np.array([k]) for k, (g, t) in enumerate(pairs)}
    if aggregate == "simple":
        return {"att": np.flatnonzero(after)} if after.any() else {}
    if aggregate == "dynamic":
        return _by("event", event, _among(cells.cohorts, event, balanced))
    if aggregate == "group":
        return _by("cohort", cells.cohorts, after)
    return _by("year", cells.years, after)


def _among(cohorts: IntVector, event: IntVector, balanced: int | None) -> BoolVector:
    """Cells of dynamic averages: all, or those of event times that the same cohorts share."""
    if balanced is None:
        return np.ones(len(event), dtype=bool)
    long = cohorts[event == balanced]
    among = np.isin(cohorts, long) & (event <= balanced)
    times, found = np.unique(event[among], return_counts=True)
    return np.asarray(among & np.isin(event, times[found == len(long)]))


def _by(word: str, keys: IntVector, among: BoolVector) -> dict[str, IntVector]:
    found = np.unique(keys[among])
    return {f"{word}={key}": np.flatnonzero(among & (keys == key)) for key in found}
