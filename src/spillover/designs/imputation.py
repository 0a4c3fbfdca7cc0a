"""Effects as outcomes of treated rows minus outcomes imputed from untreated rows."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spillover.designs.averages import Aggregate, Cells, averages
from spillover.designs.checks import respell
from spillover.designs.cohorts import NEVER, Cohorts, cohorts_of
from spillover.designs.fixed_effects import frozen
from spillover.designs.formula import expand, needs, read_terms
from spillover.errors import IdentificationError
from spillover.numerics.imputation import fit_untreated
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.specs import Count, NonEmpty, Spec
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector

UNKNOWN = "treated, and no untreated row tells its unit or year effect"
"""Reason for which treated rows leave."""


@dataclass(frozen=True, slots=True)
class Imputation(Spec):
    """Effects of a treatment that units adopt in different years, by imputation.

    Unit effects, year effects and regressors are fitted on untreated rows; the effect of a
    treated row is its outcome minus the imputed one. The most precise of the three when errors
    are independent with a common variance, and wrong as soon as trends before treatment differ.
    Errors are conservative: effects are compared with the mean of their cohort and year.

    References
    ----------
    Borusyak, Jaravel and Spiess (2024), theorem 1 and equation 8.

    Examples
    --------
    >>> Imputation("log_tfp", cohort="first_link").aggregate
    'dynamic'
    """

    outcome: NonEmpty
    """Expression of the outcome."""

    cohort: NonEmpty
    """Year of first treatment; 0, or a year after the last of the panel, means never."""

    regressors: tuple[NonEmpty, ...] = ()
    """Expressions that move untreated outcomes; ``i(industry) * year`` for trends."""

    aggregate: Aggregate = "dynamic"
    """Averages to report: by event time, cohort, calendar year, all, or each cell."""

    anticipation: Count = 0
    """Years before treatment in which it may already act; effects begin there."""

    balanced: Count | None = None
    """Event time up to which all cohorts of a dynamic average must be observed."""

    shares: Literal["estimated", "fixed"] = "estimated"
    """Whether standard errors know that the shares of cohorts are estimated."""

    leave_out: bool = False
    """Whether a row is compared with the others of its cell only, for small cells."""

    type: Literal["Imputation"] = field(default="Imputation", kw_only=True, repr=False)

    def rules(self) -> None:
        """Spell every expression in one way."""
        respell(self, self.outcome)

    def solve(self, sample: Sample) -> Solution:
        """Averages of imputed effects with the influence of every row.

        Raises
        ------
        DataError
            A year of first treatment is missing or differs within a unit.
        IdentificationError
            No effect follows from untreated rows.
        """
        terms = read_terms(self.regressors)
        slopes, factors = needs(terms)
        used = cohorts_of(sample, self.cohort, (self.outcome, *slopes), factors, self.anticipation)
        kept = sample.take(used.rows)
        columns = np.hstack([_year_dummies(used), expand(kept, terms).values])
        free = used.years < _start(used)
        known = fit_untreated(used.units, columns, free).identified()
        stays = free | known
        used, columns = used.keep(stays, UNKNOWN), columns[stays]
        free = used.years < _start(used)
        if free.all():
            raise IdentificationError(
                "Expected treated rows whose untreated outcome can be imputed.",
                "Found none: no unit has both an untreated row and a year with untreated rows.",
                "Add units that are treated later or never, or earlier years.",
            )
        return self._averaged(sample.take(used.rows), used, columns, free)

    def _averaged(
        self, kept: Sample, used: Cohorts, columns: FloatMatrix, free: BoolVector
    ) -> Solution:
        y = kept.column(self.outcome)
        fit = fit_untreated(used.units, columns, free)
        left = y - fit.predict(y)
        cells, cell_of_row = _cells(used, free, left)
        result = averages(cells, self.aggregate, self.balanced)
        per_row = result.weights / cells.mass[:, None]
        at = np.vstack([per_row, np.zeros(per_row.shape[1])])[cell_of_row]
        spread = np.where(free, left, _apart(left, cells, cell_of_row, leave_out=self.leave_out))
        psi = fit.weights(at) * spread[:, None]
        if self.shares == "estimated":
            psi = psi + result.of_rows(cell_of_row)
        names, values, psi = result.with_mean(psi)
        return Solution(
            names=names,
            beta=values,
            psi=frozen(psi),
            residuals=frozen(spread),
            rows=used.rows,
            outcome=self.outcome,
            statistics=_statistics(used, free, y),
            dropped=used.dropped,
            notes=_notes(cells),
        )


def _year_dummies(used: Cohorts) -> FloatMatrix:
    at = np.searchsorted(used.calendar, used.years)
    return np.asarray((at[:, None] == np.arange(1, len(used.calendar))).astype(np.float64))


def _start(used: Cohorts) -> IntVector:
    """(n,) year from which a row counts as treated."""
    return np.where(used.first == NEVER, NEVER, used.first - used.anticipation)


def _cells(used: Cohorts, free: BoolVector, left: FloatVector) -> tuple[Cells, IntVector]:
    """Mean imputed effect of each cohort and year, and the cell of each row; -1 if untreated."""
    treated = np.flatnonzero(~free)
    keys, at = np.unique(
        np.column_stack([used.first[treated], used.years[treated]]), axis=0, return_inverse=True
    )
    cell_of_row = np.full(len(free), -1)
    cell_of_row[treated] = at.ravel()
    mass = np.bincount(at.ravel(), minlength=len(keys)).astype(np.float64)
    effects = np.bincount(at.ravel(), left[treated], minlength=len(keys)) / mass
    return Cells(keys[:, 0], keys[:, 1], effects, mass), cell_of_row


def _apart(
    left: FloatVector, cells: Cells, cell_of_row: IntVector, *, leave_out: bool
) -> FloatVector:
    """Effects minus the mean of their cell; rows alone in a cell against the mean of all."""
    mass = cells.mass[cell_of_row]
    apart = left - cells.effects[cell_of_row]
    if leave_out:
        apart = apart * mass / np.maximum(mass - 1.0, 1.0)
    overall = float(cells.mass @ cells.effects / cells.mass.sum())
    return np.where(mass > 1, apart, left - overall)


def _statistics(used: Cohorts, free: BoolVector, y: FloatVector) -> dict[str, float]:
    return {
        "untreated rows": float(free.sum()),
        "treated rows": float((~free).sum()),
        "cohorts": float(len(used.treated)),
        "mean_outcome": float(y.mean()),
    }


def _notes(cells: Cells) -> tuple[str, ...]:
    alone = int((cells.mass == 1).sum())
    note = "effects are compared with the mean of their cohort and year (conservative)"
    if not alone:
        return (note,)
    return (note, f"{alone} cells of one row are compared with the mean of all treated rows")
