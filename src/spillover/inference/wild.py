"""Wild cluster bootstrap: p-values and intervals for few or unequal clusters."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import IdentificationError, SpecificationError, first_cases, unknown_name
from spillover.inference.cluster import Cluster
from spillover.inference.covariance import Covariance, covariance
from spillover.inference.dependence import AnyOf, not_a_kernel
from spillover.inference.wild_draws import drawn_coefficients, kind_of_draws, testable
from spillover.numerics.inversion import Drawn
from spillover.numerics.pairs import Groups
from spillover.numerics.resample import WildWeights, enumerable, wild_blocks
from spillover.numerics.sets import ConfidenceSet
from spillover.numerics.solution import Solution
from spillover.numerics.tails import critical, two_sided
from spillover.numerics.wild import WildDraws
from spillover.sample import Sample
from spillover.specs import Count, NonEmpty, Spec
from spillover.typing import FloatVector, SmallSample

FEW_FOR_SIGNS = 12
"""With fewer clusters than this, signs alone give too few different draws."""


@dataclass(frozen=True, slots=True)
class WildCluster(Spec):
    """Rows of one cluster may be dependent; t is compared with draws rather than a distribution.

    Residuals of the restricted model are multiplied by one random weight per cluster and the
    model is estimated again, in score space and exactly (Cameron, Gelbach and Miller 2008;
    Roodman, MacKinnon, Nielsen and Webb 2019). Intervals hold the values that are not rejected.
    The covariance matrix is that of ``Cluster(by)``.
    """

    by: NonEmpty
    """Column, or columns joined by ``^``, that names the cluster; one dimension only."""

    draws: Annotated[int, Field(ge=99)] = 9_999
    """Number of draws; all sign vectors are used instead when there are no more of them."""

    seed: Count = 0
    """Seed of the draws."""

    weights: Literal["auto", "rademacher", "webb", "mammen"] = "auto"
    """Law of the weights; ``auto`` is signs, and Webb's six points below twelve clusters."""

    restricted: bool = True
    """Whether residuals impose the hypothesis, which is more reliable with few clusters."""

    tails: Literal["symmetric", "equal"] = "symmetric"
    """Compare absolute values, or twice the smaller tail."""

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Confidence level of the intervals."""

    coefficients: tuple[NonEmpty, ...] = ()
    """Coefficients to be tested; empty means all. The others keep their t distribution."""

    small_sample: SmallSample = "fixest"
    """Software whose small-sample factors the matrix matches; p-values do not depend on it."""

    type: Literal["WildCluster"] = field(default="WildCluster", kw_only=True, repr=False)

    def covariance(self, solution: Solution, sample: Sample) -> Covariance:
        """The clustered covariance with p-values and intervals of the bootstrap.

        Parameters
        ----------
        solution : Solution
            Least squares; two-stage least squares with one instrumented regressor, drawn by the
            restricted efficient bootstrap; or any other design, by one step on its scores.
        sample : Sample
            The rows in use.

        Raises
        ------
        SpecificationError
            The design has several instrumented regressors, or a coefficient cannot be drawn.
        """
        base = covariance(solution, sample, Cluster(self.by, self.small_sample))
        groups = Groups(*sample.codes(self.by))
        kind = self.law(groups.levels)
        chosen = self._positions(solution)
        _refuse_no_variance(solution, base, chosen)
        drawn = drawn_coefficients(
            solution,
            groups,
            chosen,
            partial(wild_blocks, groups.levels, self.draws, kind, self.seed),
        )
        p_values, sets = _by_t(solution, base, self.level)
        restricted = self.restricted and solution.linear is not None
        equal = self.tails == "equal"
        for j, one in zip(chosen, drawn, strict=True):
            p_values[j] = one.p_value(restricted=restricted, equal_tail=equal)
            ends = one.interval(self.level, restricted=restricted, equal_tail=equal)
            sets[j] = ConfidenceSet((ends,), self.level)
        notes = self._notes(groups.levels, kind, restricted=restricted)
        return replace(
            base,
            label=f"wild cluster bootstrap by {self.by}{kind_of_draws(solution)}",
            notes=(*base.notes, notes, *_tested(solution, chosen)),
            p_values=p_values,
            intervals=tuple(sets),
            warnings=_fragile(solution, chosen, drawn),
        )

    def __or__(self, other: object) -> AnyOf:
        raise not_a_kernel(self)

    def law(self, groups: int) -> WildWeights:
        """The law of the weights with that many clusters."""
        if self.weights == "auto":
            return "webb" if groups < FEW_FOR_SIGNS else "rademacher"
        return self.weights

    def _positions(self, solution: Solution) -> tuple[int, ...]:
        for name in self.coefficients:
            if name not in solution.names:
                raise unknown_name("coefficient", name, solution.names)
        possible = testable(solution)
        wanted = self.coefficients or tuple(solution.names[j] for j in possible)
        chosen = tuple(solution.names.index(name) for name in wanted)
        refused = [solution.names[j] for j in chosen if j not in possible]
        if refused:
            raise SpecificationError(
                "Expected coefficients of instrumented regressors.",
                f"Found {first_cases(refused)}.",
                "Leave coefficients empty, or name the instrumented regressor.",
            )
        return chosen

    def _notes(self, groups: int, kind: WildWeights, *, restricted: bool) -> str:
        law = {"rademacher": "signs", "webb": "Webb's six points", "mammen": "Mammen's law"}[kind]
        imposed = "imposed" if restricted else "not imposed"
        if enumerable(groups, self.draws, kind):
            how = f"all {2**groups:,} sign vectors"
        else:
            how = f"{self.draws:,} draws of {law}, seed {self.seed}"
        return f"p-values from {how}, hypothesis {imposed}"


def _refuse_no_variance(solution: Solution, base: Covariance, chosen: tuple[int, ...]) -> None:
    still = [solution.names[j] for j in chosen if not base.matrix[j, j] > 0]
    if still:
        raise IdentificationError(
            "Expected a positive clustered variance of every coefficient that is tested.",
            f"Found zero for {first_cases(still)}.",
            "Name other coefficients; rows that carry this one are fitted exactly.",
        )


def _tested(solution: Solution, chosen: tuple[int, ...]) -> tuple[str, ...]:
    if len(chosen) == len(solution.names):
        return ()
    return (f"bootstrap for {', '.join(solution.names[j] for j in chosen)} only; the others by t",)


def _by_t(
    solution: Solution, base: Covariance, level: float
) -> tuple[FloatVector, list[ConfidenceSet]]:
    """p-values and intervals of all coefficients from the t distribution."""
    errors = np.sqrt(np.maximum(np.diag(base.matrix), 0.0))
    t = np.divide(solution.beta, errors, out=np.full(len(errors), np.nan), where=errors > 0)
    reach = critical(level, base.df_t) * errors
    ends = zip(solution.beta - reach, solution.beta + reach, strict=True)
    sets = [ConfidenceSet(((float(low), float(high)),), level) for low, high in ends]
    return two_sided(t, base.df_t), sets


def _fragile(
    solution: Solution, chosen: tuple[int, ...], drawn: tuple[Drawn, ...]
) -> tuple[str, ...]:
    """Coefficients on which imposing the hypothesis decides, a sign of few treated clusters."""
    found = []
    for j, one in zip(chosen, drawn, strict=True):
        if not isinstance(one, WildDraws) or solution.linear is None:
            continue
        pair = one.p_value(restricted=True), one.p_value(restricted=False)
        if min(pair) < 0.05 and max(pair) > 3 * max(min(pair), 0.01):
            found.append(
                f"{solution.names[j]}: p = {pair[0]:.3f} with the hypothesis imposed and "
                f"{pair[1]:.3f} without; few clusters may carry this regressor"
            )
    return tuple(found)
