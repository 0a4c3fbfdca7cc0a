"""Studentised statistics of redrawn exposures: one absorption and one kernel sum for each draw."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from spillover.estimation.result import Estimate
from spillover.estimation.scored import Scored
from spillover.inference.covariance import term_factors
from spillover.inference.dependence import Dependence
from spillover.inference.roles import free
from spillover.inference.small_sample import Counts
from spillover.numerics.absorb import Absorber, prepare
from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class Studentiser:
    """Effects, controls and kernel of a regression, prepared once."""

    parts: Scored
    """The regression."""

    absorber: Absorber | None
    """Fixed effects; ``None`` without any."""

    kernels: tuple[tuple[float, Any], ...]
    """Signed weights and kernels of the dependence; empty when rows are independent."""

    @classmethod
    def of(cls, parts: Scored, estimate: Estimate) -> Self:
        """With the dependence of an estimate, or independent rows where it is not a kernel."""
        codes = parts.solution.effects.codes
        absorber = prepare(codes, weights=parts.weights) if codes else None
        vcov = estimate.vcov
        if not isinstance(vcov, Dependence) or not vcov.is_kernel_on_psi():
            return cls(parts, absorber, ())
        bound = vcov.parts(parts.sample)
        counts = Counts(len(parts.firm), len(parts.solution.beta), parts.solution.effects)
        factors = term_factors(bound, counts, vcov.small_sample)
        kernels = ((p.sign * f.value, p.kernel) for p, f in zip(bound, factors, strict=True))
        return cls(parts, absorber, tuple(kernels))

    def statistics(self, blocks: Iterable[FloatMatrix]) -> FloatMatrix:
        """(R, 5) scores of outcome and regressor, and v0, v1, v2 of the variance of the score.

        Parameters
        ----------
        blocks : iterable of (n, B)
            Exposures on the rows.
        """
        return np.vstack([self._block(block) for block in blocks])

    def _block(self, columns: FloatMatrix) -> FloatMatrix:
        parts = self.parts
        clean = columns if self.absorber is None else self.absorber.remove(columns).columns
        clean = free(clean, parts.controls, parts.weights)
        return np.array([self._one(clean[:, b]) for b in range(clean.shape[1])])

    def _one(self, x: FloatVector) -> FloatVector:
        parts = self.parts
        heavy = x if parts.weights is None else x * parts.weights
        light = parts.both if parts.weights is None else parts.both / parts.weights[:, None]
        scores = x @ parts.both
        size = float(heavy @ x)
        left = light - np.outer(x, scores / size) if size > 0 else light
        pairs = heavy[:, None] * left
        if self.kernels:
            meat = np.sum([weight * kernel.sum(pairs) for weight, kernel in self.kernels], axis=0)
        else:
            meat = pairs.T @ pairs
        return np.array([*scores, meat[0, 0], meat[0, 1], meat[1, 1]])
