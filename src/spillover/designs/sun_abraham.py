"""Event times averaged over cohorts, from one regression of all cohorts and event times."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from spillover.designs.averages import Aggregate, Cells, averages
from spillover.designs.checks import respell
from spillover.designs.cohorts import NEVER, Cohorts, cohorts_of
from spillover.designs.fixed_effects import fit_columns, frozen
from spillover.designs.formula import Columns, expand, needs, read_terms
from spillover.designs.rows import Needs, RowsInUse, rows_in_use
from spillover.errors import IdentificationError
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.specs import Count, NonEmpty, Spec
from spillover.typing import FloatVector, IntVector

LAST = "treated with the last cohort, which serves as control"
"""Reason for which rows leave when no unit is never treated."""


@dataclass(frozen=True, slots=True)
class SunAbraham(Spec):
    """Effects of a treatment that units adopt in different years, by a saturated regression.

    The outcome is regressed on a dummy for each cohort and event time, with effects absorbed;
    the last year before treatment is the reference, and units that are never treated (else those
    treated last, until they are) are the controls. Effects are averaged over cohorts with the
    shares of rows.

    References
    ----------
    Sun and Abraham (2021), definition 4 and proposition 6.

    Examples
    --------
    >>> SunAbraham("log_tfp", cohort="first_link").absorb
    ('firm_id', 'year')
    """

    outcome: NonEmpty
    """Expression of the outcome."""

    cohort: NonEmpty
    """Year of first treatment; 0, or a year after the last of the panel, means never."""

    regressors: tuple[NonEmpty, ...] = ()
    """Other regressors, reported before the effects."""

    absorb: tuple[NonEmpty, ...] = ("firm_id", "year")
    """Fixed effects: those of units and years, and any more."""

    aggregate: Aggregate = "dynamic"
    """Averages to report: by event time, cohort, calendar year, all, or each cell."""

    weights: NonEmpty | None = None
    """Expression of observation weights."""

    shares: Literal["estimated", "fixed"] = "estimated"
    """Whether standard errors know that the shares of cohorts are estimated."""

    anticipation: Count = 0
    """Years before treatment in which it may already act."""

    balanced: Count | None = None
    """Event time up to which all cohorts of a dynamic average must be observed."""

    type: Literal["SunAbraham"] = field(default="SunAbraham", kw_only=True, repr=False)

    def rules(self) -> None:
        """Spell every expression in one way."""
        respell(self, self.outcome)

    def solve(self, sample: Sample) -> Solution:
        """Averages of effects with the influence of every row.

        Raises
        ------
        DataError
            A year of first treatment is missing or differs within a unit.
        IdentificationError
            There are no controls, or an effect cannot be told from the fixed effects.
        ConvergenceError
            The effects could not be removed to the tolerance.
        """
        terms = read_terms(self.regressors)
        slopes, factors = needs(terms)
        cohorts = cohorts_of(
            sample, self.cohort, (self.outcome, *slopes), factors, self.anticipation
        )
        cohorts, reference = _against(cohorts)
        wanted = Needs((self.outcome, *slopes), factors, self.absorb, self.weights)
        used = rows_in_use(sample.take(cohorts.rows), wanted)
        on = used.rows
        used = replace(used, rows=cohorts.rows[on], dropped=(*cohorts.dropped, *used.dropped))
        kept = sample.take(used.rows)
        others = expand(kept, terms)
        cells, cell_of_row = _cells(cohorts, on, reference, used.weights)
        names = [f"cohort={g}, year={t}" for g, t in zip(cells.cohorts, cells.years, strict=True)]
        dummies = (cell_of_row[:, None] == np.arange(len(names))).astype(np.float64)
        columns = Columns(
            (*others.names, *names), np.hstack([others.values, dummies]), others.notes
        )
        fit = fit_columns(self.outcome, kept.column(self.outcome), columns, used)
        return self._averaged(fit, cells, cell_of_row, used)

    def _averaged(
        self, fit: Solution, cells: Cells, cell_of_row: IntVector, used: RowsInUse
    ) -> Solution:
        """The regression with its cells replaced by averages."""
        before = len(fit.beta) - len(cells.effects)
        cells = replace(cells, effects=fit.beta[before:])
        result = averages(cells, self.aggregate, self.balanced)
        psi = fit.psi[:, before:] @ result.weights
        if self.shares == "estimated":
            psi += result.of_rows(cell_of_row, used.weights)
        names, values, psi = result.with_mean(psi)
        return replace(
            fit,
            names=(*fit.names[:before], *names),
            beta=np.concatenate([fit.beta[:before], values]),
            psi=frozen(np.hstack([fit.psi[:, :before], psi])),
            linear=None,
            parameters=len(fit.beta),
        )


def _against(cohorts: Cohorts) -> tuple[Cohorts, int]:
    """Rows with the cohort of controls: never treated, or the last one before its treatment."""
    if (cohorts.first == NEVER).any():
        return cohorts, NEVER
    last = int(cohorts.treated[-1])
    if len(cohorts.treated) == 1:
        raise IdentificationError(
            "Expected units that are treated later or never, as controls.",
            f"Found units first treated in {last} only.",
            "Add units that are never treated, or treated in another year.",
        )
    return cohorts.keep(cohorts.years < last - cohorts.anticipation, LAST), last


def _cells(
    cohorts: Cohorts, on: IntVector, reference: int, weights: FloatVector | None
) -> tuple[Cells, IntVector]:
    """Cohorts by year without their base years, and the cell of each row; -1 for none."""
    first, years = cohorts.first[on], cohorts.years[on]
    base = np.full(len(first), -1)
    for g in np.unique(first[first != reference]):
        base[first == g] = cohorts.base(int(g))
    member = np.flatnonzero((first != reference) & (years != base))
    keys, at = np.unique(
        np.column_stack([first[member], years[member]]), axis=0, return_inverse=True
    )
    cell_of_row = np.full(len(first), -1)
    cell_of_row[member] = at.ravel()
    heavy = np.ones(len(first)) if weights is None else weights
    mass = np.bincount(at.ravel(), heavy[member], minlength=len(keys)).astype(np.float64)
    return Cells(keys[:, 0], keys[:, 1], np.zeros(len(keys)), mass), cell_of_row
