"""Least squares with any number of fixed effects absorbed."""

from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np

from spillover.designs.checks import (
    refuse_collinear,
    refuse_flat_outcome,
    refuse_no_freedom,
    refuse_outcome_on_the_right,
    respell,
)
from spillover.designs.formula import Columns, expand, needs, read_formula, read_terms
from spillover.designs.rows import Needs, RowsInUse, Singletons, rows_in_use
from spillover.errors import SpecificationError
from spillover.numerics.absorb import prepare
from spillover.numerics.regression import (
    center,
    collinearity,
    least_squares,
    sum_of_squares,
    with_constant,
)
from spillover.numerics.solution import Linear, Solution
from spillover.sample import Sample
from spillover.specs import NonEmpty, Spec
from spillover.typing import FloatMatrix, FloatVector

CONSTANT = "constant"
"""Name of the constant, which stands last when no effect is absorbed."""


@dataclass(frozen=True, slots=True)
class FixedEffects(Spec):
    """Least squares of an outcome on regressors, with fixed effects absorbed.

    ``FixedEffects.formula("log_tfp ~ backward | firm_id + industry^year")`` says the same in one
    line. Without effects the regression has a constant.
    """

    outcome: NonEmpty
    """Expression of the outcome."""

    regressors: tuple[NonEmpty, ...]
    """Expressions; ``i(x)`` for dummies, ``i(x) * z`` for a slope in each value of x."""

    absorb: tuple[NonEmpty, ...] = ()
    """Fixed effects; ``industry^year`` joins two columns."""

    weights: NonEmpty | None = None
    """Expression of observation weights, inversely proportional to the error variance."""

    singletons: Singletons = "drop"
    """Whether rows that are alone in a level of an effect leave; they say nothing on slopes."""

    type: Literal["FixedEffects"] = field(default="FixedEffects", kw_only=True, repr=False)

    @classmethod
    def formula(
        cls, formula: str, weights: str | None = None, singletons: Singletons = "drop"
    ) -> Self:
        """A design from a formula.

        Parameters
        ----------
        formula : str
            ``outcome ~ x1 + x2 | firm_id + industry^year``; blanks do not matter.
        weights : str, optional
            Expression of observation weights.
        singletons : {"drop", "keep"}
            Whether rows that are alone in a level of an effect leave.
        """
        parts = read_formula(formula)
        return cls(parts.outcome, parts.regressors, parts.absorb, weights, singletons)

    def rules(self) -> None:
        """Spell every expression in one way and refuse a design that explains nothing."""
        respell(self, self.outcome)
        refuse_outcome_on_the_right(self.outcome, self.regressors)
        if self.absorb and not self.regressors:
            raise SpecificationError(
                "Expected at least one regressor beside fixed effects.",
                f"Found none for {self.outcome}.",
                "Name a regressor; absorbed effects are not reported.",
            )

    def solve(self, sample: Sample) -> Solution:
        """Coefficients with their influence function.

        Parameters
        ----------
        sample : Sample
            Rows to choose from; those with missing values and singletons leave with a count.

        Raises
        ------
        IdentificationError
            A regressor is absorbed or collinear, or no row is left.
        DataError
            A weight is negative or a value infinite.
        ConvergenceError
            The effects could not be removed to the tolerance.
        """
        terms = read_terms(self.regressors)
        slopes, factors = needs(terms)
        wanted = Needs((self.outcome, *slopes), factors, self.absorb, self.weights, self.singletons)
        used = rows_in_use(sample, wanted)
        kept = sample.take(used.rows)
        return fit_columns(self.outcome, kept.column(self.outcome), expand(kept, terms), used)


def fit_columns(outcome: str, y: FloatVector, regressors: Columns, used: RowsInUse) -> Solution:
    """Least squares of an outcome on columns, with the effects of the rows absorbed.

    Parameters
    ----------
    outcome : str
        Name of the outcome, for messages.
    y : (n,)
        Outcome on the rows in use.
    regressors : Columns
        Regressors on the rows in use.
    used : RowsInUse
        Rows with their effects and weights.
    """
    return _fit(outcome, _stack(y, regressors), used)


def _stack(y: FloatVector, regressors: Columns) -> Columns:
    """Outcome and regressors side by side; the names are those of the regressors."""
    values = np.column_stack([y, regressors.values])
    return Columns(regressors.names, values, regressors.notes)


def _fit(outcome: str, columns: Columns, used: RowsInUse) -> Solution:
    """Least squares of the first column on the others, on the rows in use."""
    names, notes, weights, effects = columns.names, columns.notes, used.weights, used.effects
    around = center(columns.values, weights)
    before, means = around.squares, around.means
    raw = None if effects.names else columns.values
    del columns  # with a million rows every copy counts
    free, rank = partial_out(around.values, used, overwrite=True)
    del around
    after = sum_of_squares(free, weights)
    refuse_flat_outcome(outcome, after[0] / before[0] if before[0] else 0.0, effects)
    refuse_collinear(names, collinearity(free[:, 1:], before[1:], weights), effects)
    refuse_no_freedom(len(free), len(names) + rank)
    fit = least_squares(free[:, 0], free[:, 1:], weights)
    left = float(sum_of_squares(fit.residuals[:, None], weights)[0])
    if raw is not None:
        names = (*names, CONSTANT)
        fit = with_constant(fit, means[1:], means[0], weights)
        free = np.column_stack([raw, np.ones(len(raw))])
    return Solution(
        names=names,
        beta=fit.beta,
        psi=frozen(fit.psi),
        residuals=frozen(fit.residuals),
        rows=used.rows,
        outcome=outcome,
        effects=effects,
        linear=Linear(frozen(free[:, 0]), frozen(free[:, 1:]), None, weights, fit.bread),
        statistics=statistics_of(left, before[0], after[0], means[0], used),
        dropped=used.dropped,
        notes=notes,
    )


def partial_out(
    centered: FloatMatrix, used: RowsInUse, *, overwrite: bool = False
) -> tuple[FloatMatrix, int]:
    """Columns free of effects, and the number of parameters this took.

    Parameters
    ----------
    centered : (n, k)
        Columns minus their weighted means; without effects the constant is the one parameter.
    used : RowsInUse
        Rows with their effects and weights.
    overwrite : bool
        Whether the columns may be written to.
    """
    effects = used.effects
    if not effects.names:
        return centered, 1
    absorber = prepare(effects.codes, weights=used.weights)
    bound = sum(effects.levels) - effects.components * (len(effects.levels) > 1)
    rank = absorber.rank if absorber.rank is not None else bound
    return absorber.remove(centered, overwrite=overwrite).columns, rank


def statistics_of(
    left: float, before: float, after: float, mean: float, used: RowsInUse
) -> dict[str, float]:
    """Fit of the whole model and of the regressors within the effects.

    Parameters
    ----------
    left, before, after : float
        Sums of squares of residuals, and of the outcome before and after absorption.
    mean : float
        Mean of the outcome.
    used : RowsInUse
        Rows with their effects and weights.
    """
    total = float(len(used.rows)) if used.weights is None else float(used.weights.sum())
    found = {"r2": float(1 - left / before)}
    if used.effects.names:
        found["r2_within"] = float(1 - left / after)
    return {**found, "mean_outcome": float(mean), "rmse": float(np.sqrt(left / total))}


def frozen(array: FloatMatrix) -> FloatMatrix:
    """The array in one read-only piece."""
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array
