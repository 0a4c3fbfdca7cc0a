"""Instrumental variables met with rows: columns absorbed, checked and estimated."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spillover.designs.checks import (
    refuse_collinear,
    refuse_flat_outcome,
    refuse_many_instruments,
    refuse_no_freedom,
    refuse_unidentified,
)
from spillover.designs.fixed_effects import CONSTANT, partial_out, statistics_of
from spillover.designs.formula import expand, read_terms
from spillover.designs.rows import RowsInUse
from spillover.numerics.instruments import Instrumented, k_class
from spillover.numerics.kclass import Problem, gmm, liml
from spillover.numerics.regression import Fit, center, collinear, with_constant
from spillover.numerics.solution import Linear, Solution
from spillover.numerics.tall import cross
from spillover.sample import Sample
from spillover.typing import FloatMatrix, FloatVector, IntVector

MOST_ITERATIONS = 1_000


class Instructions(Protocol):
    """What is read of a specification with instruments."""

    @property
    def outcome(self) -> str:
        """Expression of the outcome."""
        ...

    @property
    def endogenous(self) -> tuple[str, ...]:
        """Regressors to be instrumented."""
        ...

    @property
    def regressors(self) -> tuple[str, ...]:
        """Exogenous regressors."""
        ...

    @property
    def instruments(self) -> tuple[str, ...]:
        """Excluded instruments."""
        ...

    @property
    def method(self) -> str:
        """Estimator."""
        ...

    @property
    def fuller(self) -> float:
        """Fuller's constant."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Instrumenting:
    """A design met with its rows."""

    design: Instructions
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
        names = tuple(name for part in parts for name in part.names)
        notes = tuple(note for part in parts for note in part.notes)
        raw = np.column_stack([self.kept.column(design.outcome), *(part.values for part in parts)])
        del parts  # with a million rows every copy counts
        around = center(raw, weights)
        kept = None if used.effects.names else raw
        del raw
        free, rank = partial_out(around.values, used, overwrite=True)
        means, before = around.means, around.squares
        del around
        gram = cross(free, free, weights)
        moments = _Moments(kept, means, before, np.diag(gram), notes)
        self._refuse(gram, moments, names, (p, m, rank))
        problem = Problem.of(free, p, m, weights)
        if design.method.startswith("gmm") and kept is not None:
            return self._with_own_constant(problem.with_ones(kept), moments, names[: p + m])
        return self._assemble(self._fit(problem, rank), problem, moments, names[: p + m])

    def _refuse(
        self,
        gram: FloatMatrix,
        moments: "_Moments",
        names: tuple[str, ...],
        sizes: tuple[int, int, int],
    ) -> None:
        """Refuse what cannot be estimated, by the cross-products of all columns."""
        p, m, rank = sizes
        n, before, effects = len(self.used.rows), moments.before, self.used.effects
        share = gram[0, 0] / before[0] if before[0] else 0.0
        refuse_flat_outcome(self.design.outcome, share, effects)
        refuse_many_instruments(n, len(names) - p - m, m + rank)
        for columns in (range(p + m), range(p, len(names))):
            chosen = [1 + j for j in columns]
            found = collinear(gram[np.ix_(chosen, chosen)], before[chosen])
            refuse_collinear([names[j] for j in columns], found, effects)
        refuse_no_freedom(n, len(names) - p + rank)
        refuse_unidentified(gram[1:, 1:], names[:p], m)

    def _with_own_constant(
        self, whole: Problem, moments: "_Moments", names: tuple[str, ...]
    ) -> Solution:
        """GMM with a constant: its moment is weighed with the others and need not be zero."""
        fit = self._fit(whole, 1)
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
        if moments.raw is not None:
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
        before, after = moments.before[0], moments.after[0]
        numbers = statistics_of(left, before, after, float(moments.means[0]), used)
        if np.isfinite(fit.kappa) and fit.kappa != 1.0:
            numbers["kappa"] = fit.kappa
        instruments = ", ".join(self.design.instruments)
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
            (*moments.notes, f"instruments: {instruments} ({self.design.method})"),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """Columns before absorption, outcome first, with their means and sums of squares."""

    raw: FloatMatrix | None
    """(n, 1 + p + m + l) outcome, endogenous, exogenous, excluded instruments; ``None`` with
    effects."""

    means: FloatVector
    """(1 + p + m + l,) weighted means."""

    before: FloatVector
    """(1 + p + m + l,) sums of squares around the means before absorption."""

    after: FloatVector
    """(1 + p + m + l,) sums of squares after absorption."""

    notes: tuple[str, ...]
    """Reference categories of dummies."""
