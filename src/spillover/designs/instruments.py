"""Instrumental variables with any number of endogenous regressors and absorbed effects."""

from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias

import numpy as np

from spillover.designs.checks import (
    canonical_spelling,
    refuse_collinear,
    refuse_flat_outcome,
    refuse_many_instruments,
    refuse_no_freedom,
    refuse_outcome_on_the_right,
    refuse_two_roles,
    refuse_unidentified,
)
from spillover.designs.fixed_effects import CONSTANT, partial_out, statistics_of
from spillover.designs.formula import expand, needs, read_terms
from spillover.designs.rows import Needs, RowsInUse, Singletons, rows_in_use
from spillover.errors import IdentificationError, SpecificationError
from spillover.expressions import parse_formula
from spillover.numerics.instruments import Instrumented, k_class
from spillover.numerics.kclass import Problem, gmm, liml
from spillover.numerics.regression import Fit, collinearity, variation, weighted_mean, with_constant
from spillover.numerics.solution import Linear, Solution
from spillover.sample import Sample
from spillover.specs import NonEmpty, NonNegative, Spec
from spillover.typing import FloatMatrix, IntVector

Method: TypeAlias = Literal["2sls", "liml", "fuller", "gmm", "gmm_iterated"]

MOST_ITERATIONS = 1_000


@dataclass(frozen=True, slots=True)
class InstrumentalVariables(Spec):
    """Endogenous regressors instrumented, exogenous ones and fixed effects partialled out.

    The two-stage least squares estimator is (X'P_Z X)^-1 X'P_Z y; LIML and Fuller replace P_Z by
    I - kappa M_Z, GMM weighs moments by the inverse of their covariance. Coefficients of the
    endogenous regressors come first. ``InstrumentalVariables.formula("y ~ x | firm_id + year |
    d ~ z1 + z2")`` says the same in one line.

    References
    ----------
    Theil (1958); Anderson and Rubin (1949); Fuller (1977); Hansen (1982).

    Examples
    --------
    >>> InstrumentalVariables.formula("y ~ x | firm_id | d ~ z").instruments
    ('z',)
    """

    outcome: NonEmpty
    """Expression of the outcome."""

    endogenous: tuple[NonEmpty, ...]
    """Expressions of the regressors to be instrumented."""

    instruments: tuple[NonEmpty, ...]
    """Expressions of the excluded instruments, at least as many as endogenous regressors."""

    regressors: tuple[NonEmpty, ...] = ()
    """Expressions of exogenous regressors; ``i(x)`` for dummies."""

    absorb: tuple[NonEmpty, ...] = ()
    """Fixed effects; ``industry^year`` joins two columns."""

    weights: NonEmpty | None = None
    """Expression of observation weights, inversely proportional to the error variance."""

    method: Method = "2sls"
    """Two-stage least squares, LIML, Fuller, or GMM in two steps or iterated."""

    fuller: NonNegative = 1.0
    """Fuller's constant; used by ``method = "fuller"`` only."""

    gmm_cluster: NonEmpty | None = None
    """Column between whose values the moments of GMM are independent; rows by default."""

    singletons: Singletons = "drop"
    """Whether rows that are alone in a level of an effect leave."""

    type: Literal["InstrumentalVariables"] = field(
        default="InstrumentalVariables", kw_only=True, repr=False
    )

    @classmethod
    def formula(cls, formula: str, weights: str | None = None, method: Method = "2sls") -> Self:
        """A design from a formula.

        Parameters
        ----------
        formula : str
            ``outcome ~ x | firm_id + year | d ~ z1 + z2``; effects may be left out.
        weights : str, optional
            Expression of observation weights.
        method : str
            Estimator.
        """
        parts = parse_formula(formula)
        if not parts.instruments:
            raise SpecificationError(
                "Expected a last part with instruments, such as | d ~ z1 + z2.",
                f"Found none in {formula.strip()!r}.",
                "Use FixedEffects.formula(...) for a regression without instruments.",
            )
        return cls(
            parts.outcome,
            parts.endogenous,
            parts.instruments,
            parts.regressors,
            parts.absorb,
            weights,
            method,
        )

    def rules(self) -> None:
        """Spell every expression in one way and refuse designs that cannot be identified."""
        for name, kind in (
            ("endogenous", "endogenous regressor"),
            ("instruments", "instrument"),
            ("regressors", "regressor"),
            ("absorb", "fixed effect"),
        ):
            object.__setattr__(self, name, canonical_spelling(getattr(self, name), kind))
        object.__setattr__(self, "outcome", canonical_spelling((self.outcome,), "outcome")[0])
        refuse_outcome_on_the_right(
            self.outcome, (*self.endogenous, *self.regressors, *self.instruments)
        )
        refuse_two_roles(self.endogenous, self.instruments, self.regressors)
        if self.gmm_cluster is not None and not self.method.startswith("gmm"):
            raise SpecificationError(
                "Expected gmm_cluster with a GMM method only.",
                f"Found it with method = {self.method!r}.",
                "Cluster the standard errors with vcov=Cluster(...) instead.",
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
            Too few or irrelevant instruments, absorbed or collinear columns, or no row left.
        ConvergenceError
            The effects could not be removed to the tolerance.
        """
        lists = (self.endogenous, self.regressors, self.instruments)
        slopes, factors = needs([term for part in lists for term in read_terms(part)])
        wanted = Needs((self.outcome, *slopes), factors, self.absorb, self.weights, self.singletons)
        used = rows_in_use(sample, wanted)
        kept = sample.take(used.rows)
        clusters = None if self.gmm_cluster is None else _clusters(kept, self.gmm_cluster)
        return _Instrumenting(self, kept, used, clusters).solution()


@dataclass(frozen=True, slots=True, eq=False)
class _Instrumenting:
    """A design met with its rows."""

    design: InstrumentalVariables
    """The specification."""

    kept: Sample
    """Rows in use."""

    used: RowsInUse
    """Weights and effects on these rows."""

    clusters: IntVector | None
    """(n,) codes between which GMM moments are independent."""

    def solution(self) -> Solution:
        """Coefficients, influence function and arrays after absorption."""
        design, used, weights = self.design, self.used, self.used.weights
        parts = [
            expand(self.kept, read_terms(texts))
            for texts in (design.endogenous, design.regressors, design.instruments)
        ]
        p, m = (len(part.names) for part in parts[:2])
        raw = np.column_stack([self.kept.column(design.outcome), *(part.values for part in parts)])
        before, means = variation(raw, weights), weighted_mean(raw, weights)
        free, rank = partial_out(raw - means, used)
        after = variation(free, weights)
        refuse_flat_outcome(
            design.outcome, after[0] / before[0] if before[0] else 0.0, used.effects
        )
        names = tuple(name for part in parts for name in part.names)
        refuse_many_instruments(len(raw), len(names) - p - m, m + rank)
        for columns in (range(p + m), range(p, len(names))):
            chosen = [1 + j for j in columns]
            found = collinearity(free[:, chosen], before[chosen], weights)
            refuse_collinear([names[j] for j in columns], found, used.effects)
        refuse_no_freedom(len(raw), len(names) - p + rank)
        problem = Problem.of(free, p, m, weights)
        refuse_unidentified(problem, names[:p])
        if design.method.startswith("gmm") and not used.effects.names:
            return self._with_own_constant(raw, problem, before[0], names[: p + m])
        fit = self._fit(problem, rank)
        return self._assemble(
            fit, problem, _Moments(raw, means, before[0], after[0]), names[: p + m]
        )

    def _with_own_constant(
        self, raw: FloatMatrix, problem: Problem, before: float, names: tuple[str, ...]
    ) -> Solution:
        """GMM with a constant: its moment is weighed with the others and need not be zero."""
        whole = problem.with_ones(raw)
        fit = self._fit(whole, 1)
        moments = _Moments(raw, weighted_mean(raw, self.used.weights), before, before)
        linear = Linear(
            whole.y, whole.X, whole.Z, whole.weights, fit.bread, tuple(whole.endogenous)
        )
        return self._solution(fit, linear, moments, (*names, CONSTANT))

    def _fit(self, problem: Problem, rank: int) -> Instrumented:
        method = self.design.method
        if method in ("liml", "fuller"):
            return liml(problem, self.design.fuller if method == "fuller" else 0.0, rank)
        if method in ("gmm", "gmm_iterated"):
            return gmm(problem, self.clusters, 2 if method == "gmm" else MOST_ITERATIONS)
        return k_class(problem.y, problem.X, problem.Z, problem.weights, problem.endogenous)

    def _assemble(
        self, fit: Instrumented, problem: Problem, moments: "_Moments", names: tuple[str, ...]
    ) -> Solution:
        """The solution of the k-class or of GMM beside effects."""
        arrays, weights = problem, self.used.weights
        if not self.used.effects.names:
            means = moments.means[1 : 1 + len(names)]
            plain = Fit(fit.beta, fit.psi, fit.residuals, fit.bread)
            whole = with_constant(plain, means, moments.means[0], weights)
            fit = Instrumented(whole.beta, whole.psi, fit.residuals, whole.bread, fit.kappa)
            arrays, names = problem.with_ones(moments.raw), (*names, CONSTANT)
        linear = Linear(arrays.y, arrays.X, arrays.Z, weights, fit.bread, problem.endogenous)
        return self._solution(fit, linear, moments, names)

    def _solution(
        self, fit: Instrumented, linear: Linear, moments: "_Moments", names: tuple[str, ...]
    ) -> Solution:
        used = self.used
        weights = 1.0 if used.weights is None else used.weights
        left = float(fit.residuals @ (fit.residuals * weights))
        numbers = statistics_of(left, moments.before, moments.after, float(moments.means[0]), used)
        if np.isfinite(fit.kappa) and fit.kappa != 1.0:
            numbers["kappa"] = fit.kappa
        return Solution(
            names,
            fit.beta,
            np.ascontiguousarray(fit.psi),
            fit.residuals,
            used.rows,
            self.design.outcome,
            used.effects,
            linear,
            numbers,
            used.dropped,
            (f"instruments: {', '.join(self.design.instruments)} ({self.design.method})",),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """Columns before absorption, outcome first, with their means and sums of squares."""

    raw: FloatMatrix
    """(n, 1 + p + m + l) outcome, endogenous, exogenous, excluded instruments."""

    means: FloatMatrix
    """Weighted means of the columns."""

    before: float
    """Sum of squares of the outcome before absorption."""

    after: float
    """Sum of squares of the outcome after absorption."""


def _clusters(kept: Sample, name: str) -> IntVector:
    codes, levels = kept.codes(name)
    if (codes < 0).any() or levels < 2:
        raise IdentificationError(
            f"Expected at least two values of {name}, known in every row, for the moments of GMM.",
            f"Found {levels} values and {int(np.sum(codes < 0)):,} rows without.",
            "Filter rows without a value, or leave gmm_cluster out.",
        )
    return codes
