"""sup_test: whether an exposure matters at all when the number inside it was chosen by fit."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from spillover.errors import DataError, SpecificationError, first_cases
from spillover.estimation.profile import Profile
from spillover.inference.roles import free
from spillover.numerics.shift_share import summed
from spillover.sample import Sample
from spillover.specs import Count, NonEmpty, Spec
from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True)
class SupTest(Spec):
    """How the largest statistic over a grid is compared with chance.

    Examples
    --------
    >>> SupTest(cluster="firm_id").draws
    999
    """

    cluster: NonEmpty | None = None
    """Column whose values may be dependent; rows are independent without."""

    draws: Annotated[int, Field(ge=199)] = 999
    """Number of draws."""

    seed: Count = 0
    """Seed of the draws."""


@dataclass(frozen=True, slots=True, eq=False)
class SupResult:
    """A test of no effect at any value of the grid."""

    statistic: float
    """Largest squared score statistic over the grid."""

    at: float
    """Value at which it is reached."""

    p_value: float
    """Share of statistics, the actual one included, at least as large under no effect."""

    pointwise: FloatVector
    """(G,) squared score statistic at each value."""


def sup_test(found: Profile, term: str, rule: SupTest | None = None) -> SupResult:
    """Whether an exposure matters at any value of the number inside it.

    The number is not identified when there is no effect, so the p-value at the value that fits
    best is too small (Davies). For each value the squared score statistic is
    (sum over clusters of s)² / sum of s², with s the products of the exposure and the residuals
    under no effect; draws give every cluster a random sign and take the largest again.

    Parameters
    ----------
    found : Profile
        Estimates over the grid.
    term : str
        Name of the coefficient that is zero under the hypothesis.
    rule : SupTest, optional
        Clusters, draws and seed.

    Raises
    ------
    SpecificationError
        The estimates have no such coefficient, or are not least squares.
    DataError
        A row has no cluster.

    References
    ----------
    Davies (1987), Biometrika 74; Hansen (1996), Econometrica 64.
    """
    how = SupTest() if rule is None else rule
    scores = np.column_stack([_scores(found, at, term) for at in range(len(found.values))])
    first = found.estimates[0]
    kept = first.sample.take(first.solution.rows)
    sums = scores if how.cluster is None else _by_cluster(kept, how.cluster, scores)
    size = np.sum(sums**2, axis=0)
    pointwise = np.sum(sums, axis=0) ** 2 / size
    best = int(np.argmax(pointwise))
    drawn = _drawn(sums, size, how)
    reached = int(np.sum(drawn >= pointwise[best] * (1 - 1e-10)))
    p = (1 + reached) / (1 + how.draws)
    return SupResult(float(pointwise[best]), float(found.values[best]), p, pointwise)


def _by_cluster(kept: Sample, by: str, scores: FloatMatrix) -> FloatMatrix:
    """(C, G) sums of scores by cluster."""
    codes, _ = kept.codes(by)
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise DataError(
            f"Expected a cluster {by} on every row in use.",
            f"Found {len(missing):,} rows without (rows {first_cases(missing)}).",
            "Fill the column, or exclude these rows.",
        )
    return summed(codes.astype(np.int32), scores)


def _scores(found: Profile, at: int, term: str) -> FloatVector:
    """(n,) products of the exposure and residuals without it, both free of everything else."""
    solution = found.estimates[at].solution
    linear = solution.linear
    if term not in solution.names or linear is None or linear.Z is not None:
        raise SpecificationError(
            f"Expected least squares with a coefficient of {term!r}.",
            f"Found {', '.join(solution.names)}.",
            "Name the exposure whose number was profiled.",
        )
    own = solution.names.index(term)
    others = np.delete(linear.X, own, axis=1)
    both = free(np.column_stack([linear.y, linear.X[:, own]]), others, linear.weights)
    product = both[:, 0] * both[:, 1]
    return product if linear.weights is None else product * linear.weights


def _drawn(sums: FloatMatrix, size: FloatVector, how: SupTest) -> FloatVector:
    """(R,) the largest statistic under random signs of clusters."""
    rng = np.random.default_rng(how.seed)
    largest = [
        np.max((rng.choice([-1.0, 1.0], len(sums)) @ sums) ** 2 / size) for _ in range(how.draws)
    ]
    return np.array(largest)
