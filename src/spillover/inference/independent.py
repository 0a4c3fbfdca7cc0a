"""Rows are independent: one variance for all, or one for each."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spillover.errors import IdentificationError, SpecificationError, first_cases
from spillover.inference.covariance import Covariance
from spillover.inference.dependence import AnyOf, Dependence, Part, not_a_kernel
from spillover.inference.small_sample import Counts, Factor, independent_factor
from spillover.numerics.pairs import Diagonal
from spillover.numerics.solution import Linear, Solution
from spillover.sample import Sample
from spillover.specs import Spec
from spillover.typing import FloatMatrix, SmallSample


@dataclass(frozen=True, slots=True)
class Heteroskedastic(Dependence):
    """Rows are independent with variances of their own (White 1980; MacKinnon and White 1985)."""

    kind: Literal["HC0", "HC1", "HC2", "HC3"] = "HC1"
    """HC0 without correction, HC1 times N/(N-K), HC2 and HC3 by leverage in the full model."""

    small_sample: SmallSample = "fixest"
    """Software whose small-sample factors are matched; HC0, HC2 and HC3 use none."""

    type: Literal["Heteroskedastic"] = field(default="Heteroskedastic", kw_only=True, repr=False)

    def bind(self, sample: Sample) -> Part:
        """Every row on its own."""
        factor: Literal["independent", "none"] = "independent" if self.kind == "HC1" else "none"
        return Part(Diagonal(len(sample)), factor, label=f"heteroskedasticity-robust ({self.kind})")

    def is_kernel_on_psi(self) -> bool:
        """HC2 and HC3 need leverages as well."""
        return self.kind in ("HC0", "HC1")

    def influence(self, solution: Solution) -> FloatMatrix:
        """The influence function, divided by (1 - leverage) for HC3 and by its root for HC2."""
        if self.is_kernel_on_psi():
            return solution.psi
        from spillover.numerics.leverage import leverages

        linear = _linear(solution, self.kind)
        if linear.Z is not None:
            raise SpecificationError(
                f"Expected least squares for {self.kind}.",
                "Found an instrumental-variables design, whose leverages are not defined.",
                'Use Heteroskedastic("HC1").',
            )
        spare = 1.0 - leverages(linear, solution.effects)
        full = np.flatnonzero(spare < 1e-10)
        if len(full):
            raise IdentificationError(
                "Expected every row to have leverage below one.",
                f"Found {len(full):,} rows that the model fits exactly "
                f"(rows {first_cases(solution.rows[full[:4]])}).",
                'Drop these rows first, or use Heteroskedastic("HC1").',
            )
        power = 1.0 if self.kind == "HC3" else 0.5
        return np.asarray(solution.psi / spare[:, None] ** power)


@dataclass(frozen=True, slots=True)
class Homoskedastic(Spec):
    """Rows are independent with one common variance; counts with a variance equal to the mean."""

    small_sample: SmallSample = "fixest"
    """Software whose small-sample factors are matched."""

    type: Literal["Homoskedastic"] = field(default="Homoskedastic", kw_only=True, repr=False)

    def __or__(self, other: object) -> AnyOf:
        raise not_a_kernel(self)

    def covariance(self, solution: Solution, sample: Sample) -> Covariance:
        """sigma^2 times the bread, sigma^2 = e'e / (N - K); the inverse Hessian of a likelihood.

        Parameters
        ----------
        solution : Solution
            A linear solution, or one of a likelihood without a dispersion parameter.
        sample : Sample
            The rows in use.
        """
        n = len(sample)
        counts = Counts(n, len(solution.beta), solution.effects)
        factor = independent_factor(counts, self.small_sample)
        if solution.bread is not None:
            return _of_likelihood(solution.bread, factor, n)
        linear = _linear(solution, "Homoskedastic")
        weights = 1.0 if linear.weights is None else linear.weights
        sigma2 = factor.value * float(np.sum(weights * solution.residuals**2)) / n
        return Covariance(
            sigma2 * linear.bread,
            "one common variance",
            factor.df_t,
            factor.parameters,
            factors=(factor.value,),
        )


def _of_likelihood(bread: FloatMatrix, factor: Factor, n: int) -> Covariance:
    """The inverse Hessian times (N - 1) / (N - K), or as it is without a rule."""
    value = 1.0 if factor.value == 1.0 else factor.value * (n - 1) / n
    return Covariance(
        value * bread,
        "inverse Hessian of the likelihood",
        factor.df_t,
        factor.parameters,
        factors=(value,),
    )


def _linear(solution: Solution, name: str) -> Linear:
    if solution.linear is None:
        raise SpecificationError(
            f"Expected a linear design for {name}.",
            "Found a design that hands over its influence function only.",
            'Use Heteroskedastic("HC1") or Cluster(...).',
        )
    return solution.linear
