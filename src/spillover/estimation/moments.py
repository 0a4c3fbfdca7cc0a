"""Covariances of moments under the dependence of an estimate, which is bound to the rows once."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from spillover.errors import SpecificationError
from spillover.estimation.result import Estimate
from spillover.inference.covariance import term_factors
from spillover.inference.dependence import Dependence, Part
from spillover.inference.independent import Homoskedastic
from spillover.inference.small_sample import Counts, parameters
from spillover.numerics.weak import Meat
from spillover.typing import FloatMatrix, SmallSample


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """An estimate with its dependence met with the rows in use."""

    estimate: Estimate
    """An estimate of instrumental variables."""

    bound: tuple[Part, ...]
    """Signed terms of the dependence; none under one common variance."""

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        """The dependence of an estimate, bound.

        Raises
        ------
        SpecificationError
            The covariance of the estimate is not a kernel.
        """
        vcov = estimate.vcov
        if isinstance(vcov, Homoskedastic):
            return cls(estimate, ())
        if not isinstance(vcov, Dependence) or not vcov.is_kernel_on_psi():
            raise SpecificationError(
                "Expected a dependence that is a kernel for first-stage diagnostics.",
                f"Found {estimate.covariance.label}.",
                "Call infer(estimate, Cluster(...)) or another dependence first.",
            )
        return cls(estimate, vcov.parts(estimate.sample.take(estimate.solution.rows)))

    def meat(self, slopes: int, *, adjusted: bool = True) -> tuple[Meat, float]:
        """The covariance of moments and degrees of freedom.

        Parameters
        ----------
        slopes : int
            Number of slopes that the small-sample factor counts.
        adjusted : bool
            Whether there is a small-sample factor.
        """
        solution, n = self.estimate.solution, self.estimate.nobs
        weights = None if solution.linear is None else solution.linear.weights

        def heavy(Z: FloatMatrix) -> FloatMatrix:
            return Z if weights is None else Z * weights[:, None]

        if not self.bound:
            df = n - self.parameters(slopes) if adjusted else n

            def common(Z: FloatMatrix, E: FloatMatrix) -> FloatMatrix:
                return np.asarray(np.kron(heavy(E).T @ E / df, heavy(Z).T @ Z), dtype=np.float64)

            return common, float(df)
        rule: SmallSample = self.estimate.vcov.small_sample if adjusted else "none"
        factors = term_factors(self.bound, Counts(n, slopes, solution.effects), rule)

        def robust(Z: FloatMatrix, E: FloatMatrix) -> FloatMatrix:
            scores = np.hstack([heavy(Z) * E[:, [j]] for j in range(E.shape[1])])
            terms = [
                part.sign * factor.value * part.kernel.sum(scores)
                for part, factor in zip(self.bound, factors, strict=True)
            ]
            return np.asarray(np.sum(terms, axis=0))

        return robust, factors[0].df_t

    def parameters(self, slopes: int) -> int:
        """K with all absorbed effects counted."""
        return parameters(slopes, self.estimate.solution.effects, (), nested_free=False)
