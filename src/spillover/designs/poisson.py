"""Poisson regression with any number of fixed effects absorbed."""

from collections.abc import Sequence
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
from spillover.designs.fixed_effects import CONSTANT, frozen, partial_out
from spillover.designs.formula import Term, expand, needs, read_formula, read_terms
from spillover.designs.rows import Needs, RowsInUse, Singletons, lonely, restrict, rows_in_use
from spillover.errors import DataError, IdentificationError, SpecificationError, first_cases
from spillover.numerics.degrees import singletons
from spillover.numerics.poisson import LARGEST_INDEX, Counts, PoissonFit, fit_poisson
from spillover.numerics.regression import Fit, center, collinearity, weighted_mean, with_constant
from spillover.numerics.separation import all_zero_levels, separated
from spillover.numerics.solution import Effects, Solution
from spillover.sample import Sample
from spillover.specs import NonEmpty, Spec
from spillover.typing import FloatVector, IntVector


@dataclass(frozen=True, slots=True)
class PoissonFixedEffects(Spec):
    """Poisson pseudo maximum likelihood of E[y] = exp(x'beta + effects), with effects absorbed.

    Only the mean has to be right: the outcome need not be a count, and zeros are data. Rows whose
    fitted value would have to be zero given the effects are dropped and counted; regressors that
    separate rows are refused.
    """

    outcome: NonEmpty
    """Expression of the outcome, not negative."""

    regressors: tuple[NonEmpty, ...]
    """Expressions; ``i(x)`` for dummies, ``i(x) * z`` for a slope of z in each value of x."""

    absorb: tuple[NonEmpty, ...] = ()
    """Fixed effects; ``industry^year`` joins two columns."""

    weights: NonEmpty | None = None
    """Expression of observation weights."""

    offset: NonEmpty | None = None
    """Expression added to the index with coefficient one, such as ``log(employment)``."""

    singletons: Singletons = "drop"
    """Whether rows that are alone in a level of an effect leave; they say nothing on slopes."""

    type: Literal["PoissonFixedEffects"] = field(
        default="PoissonFixedEffects", kw_only=True, repr=False
    )

    @classmethod
    def formula(cls, formula: str, weights: str | None = None, offset: str | None = None) -> Self:
        """A design from a formula.

        Parameters
        ----------
        formula : str
            ``outcome ~ x1 + x2 | firm_id + year``; blanks do not matter.
        weights, offset : str, optional
            Expressions of observation weights and of the known part of the index.
        """
        parts = read_formula(formula)
        return cls(parts.outcome, parts.regressors, parts.absorb, weights, offset)

    def rules(self) -> None:
        """Spell every expression in one way and refuse a design that explains nothing."""
        respell(self, self.outcome)
        refuse_outcome_on_the_right(self.outcome, self.regressors)
        if not self.regressors:
            raise SpecificationError(
                "Expected at least one regressor.",
                f"Found none for {self.outcome}.",
                "Name a regressor; absorbed effects are not reported.",
            )

    def solve(self, sample: Sample) -> Solution:
        """Coefficients with their influence function.

        Parameters
        ----------
        sample : Sample
            Rows to choose from; those with missing values, singletons and separated rows leave
            with a count.

        Raises
        ------
        IdentificationError
            A regressor is absorbed, collinear or separates rows, or no row is left.
        DataError
            The outcome or a weight is negative, or a value infinite.
        ConvergenceError
            The iterations ended before they settled.
        """
        terms = read_terms(self.regressors)
        slopes, factors = needs(terms)
        extra = () if self.offset is None else (self.offset,)
        wanted = Needs(
            (self.outcome, *slopes, *extra), factors, self.absorb, self.weights, self.singletons
        )
        used = rows_in_use(sample, wanted)
        _refuse_negative(self.outcome, sample.take(used.rows).column(self.outcome))
        used = self._without_separated(sample, used, terms)
        return self._fit(sample.take(used.rows), used, terms)

    def _without_separated(
        self, sample: Sample, used: RowsInUse, terms: Sequence[Term]
    ) -> RowsInUse:
        """Rows on which estimates exist; dropping some can separate others."""
        by = " and ".join(self.absorb)
        while True:
            used = self._without_zero_levels(sample, used)
            kept = sample.take(used.rows)
            regressors = expand(kept, terms)
            around = center(regressors.values, used.weights)
            found = separated(kept.column(self.outcome), around.values, used.effects.codes)
            if not found.rows.any():
                return used
            if found.columns:
                free, _ = partial_out(around.values, used)
                collinear = collinearity(free, around.squares, used.weights)
                refuse_collinear(regressors.names, collinear, used.effects)
                names = [regressors.names[j] for j in found.columns]
                raise _separating(self.outcome, names, used.rows[found.rows])
            used = restrict(used, ~found.rows, f"{self.outcome} zero for certain given {by}")

    def _without_zero_levels(self, sample: Sample, used: RowsInUse) -> RowsInUse:
        """Rows in levels where the outcome is somewhere positive, without new singletons."""
        reason = f"only zeros of {self.outcome} in its {' or '.join(self.absorb)}"
        before = -1
        while before != len(used.rows):
            before = len(used.rows)
            y = sample.take(used.rows).column(self.outcome)
            _refuse_all_zero(self.outcome, y)
            used = restrict(used, ~all_zero_levels(y, used.effects.codes), reason)
            if self.singletons == "drop" and self.absorb:
                used = restrict(used, singletons(used.effects.codes), lonely(self.absorb))
        return used

    def _fit(self, kept: Sample, used: RowsInUse, terms: Sequence[Term]) -> Solution:
        """The fit on rows on which estimates exist."""
        y, regressors = kept.column(self.outcome), expand(kept, terms)
        around = center(regressors.values, used.weights)
        free, rank = partial_out(around.values, used)
        found = collinearity(free, around.squares, used.weights)
        refuse_collinear(regressors.names, found, used.effects)
        refuse_flat_outcome(self.outcome, float(np.ptp(y) / y.max()), Effects())
        refuse_no_freedom(len(y), len(regressors.names) + rank)
        offset = np.zeros(len(y)) if self.offset is None else kept.column(self.offset)
        _refuse_far(self.offset, offset)
        codes = used.effects.codes or (np.zeros(len(y), dtype=np.int32),)
        counts = Counts(y, around.values, codes, used.weights, offset)
        poisson = fit_poisson(counts)
        names, fit = regressors.names, poisson.fit
        if not self.absorb:
            names = (*names, CONSTANT)
            fit = _with_constant(poisson, counts, around.means)
        return Solution(
            names=names,
            beta=fit.beta,
            psi=frozen(fit.psi),
            residuals=frozen(y - poisson.fitted),
            rows=used.rows,
            outcome=self.outcome,
            effects=used.effects,
            statistics=_statistics(counts, poisson),
            dropped=used.dropped,
            notes=regressors.notes,
            bread=frozen(fit.bread),
        )


def _with_constant(poisson: PoissonFit, counts: Counts, means: FloatVector) -> Fit:
    """The fit with the constant in place of the single level that stood for it."""
    heavy = poisson.fitted if counts.weights is None else poisson.fitted * counts.weights
    local = weighted_mean(counts.X, heavy)
    level = float(np.average(poisson.index - counts.offset, weights=heavy))
    return with_constant(poisson.fit, means + local, level, heavy)


def _statistics(counts: Counts, poisson: PoissonFit) -> dict[str, float]:
    """Deviance and the share by which the log likelihood exceeds that of a constant."""
    reached = counts.log_likelihood(poisson.fitted)
    least = counts.log_likelihood(counts.constant_only())
    return {
        "pseudo_r2": 1 - reached / least,
        "deviance": poisson.deviance,
        "log_likelihood": reached,
        "mean_outcome": float(np.average(counts.y, weights=counts.weights)),
        "iterations": float(poisson.iterations),
    }


def _separating(outcome: str, names: Sequence[str], rows: IntVector) -> IdentificationError:
    return IdentificationError(
        f"Expected {outcome} to be positive somewhere for every value of the regressors.",
        f"Found that {' and '.join(names)} and the effects separate {len(rows):,} rows with "
        f"{outcome} = 0 (rows {first_cases(rows)}): their coefficients would be infinite.",
        "Drop these regressors, or filter the rows that they alone explain.",
    )


def _refuse_negative(outcome: str, y: FloatVector) -> None:
    negative = np.flatnonzero(y < 0)
    if len(negative):
        raise DataError(
            f"Expected an outcome {outcome} that is not negative.",
            f"Found {len(negative):,} negative values ({first_cases(y[negative][:4])}).",
            "Use FixedEffects for outcomes with both signs.",
        )


def _refuse_far(name: str | None, offset: FloatVector) -> None:
    far = np.flatnonzero(np.abs(offset) > LARGEST_INDEX)
    if len(far):
        raise DataError(
            f"Expected an offset {name} between {-LARGEST_INDEX:g} and {LARGEST_INDEX:g}.",
            f"Found {len(far):,} values outside ({first_cases(offset[far][:4])}).",
            "An offset is a logarithm: write log(x) for an exposure x.",
        )


def _refuse_all_zero(outcome: str, y: FloatVector) -> None:
    if not (y > 0).any():
        raise IdentificationError(
            f"Expected rows in which {outcome} is positive.",
            f"Found zero in all {len(y):,} rows on which estimates could exist.",
            "Check the filters, or absorb coarser effects.",
        )
