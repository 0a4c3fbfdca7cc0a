"""Shift-share inference: rows with similar shares are dependent through common shocks."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import SpecificationError, first_cases
from spillover.inference.covariance import Covariance
from spillover.inference.dependence import AnyOf, not_a_kernel
from spillover.inference.share_rows import ShareRows, of_firms, share_rows
from spillover.numerics.instruments import project
from spillover.numerics.sets import ConfidenceSet
from spillover.numerics.shift_share import NullImposed, project_on_shares, scores, summed
from spillover.numerics.solution import Solution
from spillover.numerics.tails import critical, two_sided
from spillover.sample import Sample
from spillover.specs import NonEmpty, Spec
from spillover.typing import FloatMatrix, IntVector

NORMAL = float("inf")
"""Degrees of freedom of the normal distribution."""


@dataclass(frozen=True, slots=True)
class AKM(Spec):
    """Rows are dependent as far as they share shocks.

    The variance sums over shocks, not over rows: V = sum over shocks of (X_s R_s)^2 with X_s the
    coefficients of the exposure on the shares and R_s the residuals that load on the shock.
    Coefficients of other regressors get no standard error.

    References
    ----------
    Adao, Kolesar and Morales (2019), Quarterly Journal of Economics 134.

    Examples
    --------
    >>> AKM("import_shock", cluster="sic3").exposure
    'import_shock'
    """

    exposure: NonEmpty | tuple[NonEmpty, ...]
    """Name of the shift-share exposure, or of several with the same shares."""

    cluster: NonEmpty | None = None
    """Column of categories whose values cluster shocks; ``"category"`` joins the years of a
    category; by default every shock stands alone."""

    type: Literal["AKM"] = field(default="AKM", kw_only=True, repr=False)

    def covariance(self, solution: Solution, sample: Sample) -> Covariance:
        """The covariance of the shift-share coefficients.

        Parameters
        ----------
        solution : Solution
            Least squares or just-identified instrumental variables.
        sample : Sample
            The rows in use, with the exposures.
        """
        names = names_of(self.exposure)
        rows = share_rows(solution, sample, names, self.cluster)
        firms = of_firms(sample.exposure(names[0]), sample)
        explained = project_on_shares(rows.shares, rows.Z, rows.weights)
        load = scores(rows.shares, rows.residuals[:, None], rows.weights)
        psi = summed(rows.clusters, explained.coefficients * load)
        psi = psi @ np.linalg.inv(rows.moments(rows.D)).T
        matrix = spread_out(psi.T @ psi, rows, len(solution.names))
        return Covariance(
            matrix=matrix,
            label=f"shift-share (AKM) over {words(rows, self.cluster)}",
            df_t=NORMAL,
            clusters=rows.groups,
            notes=(
                *rows.notes,
                *_dropped(explained.dropped, rows, firms=firms),
                *only(rows, solution),
            ),
            warnings=rows.warnings,
        )

    def __or__(self, other: object) -> AnyOf:
        raise not_a_kernel(self)


@dataclass(frozen=True, slots=True)
class AKM0(Spec):
    """The AKM test with the null hypothesis imposed, and the set of values it does not reject.

    The set can be an interval, two rays or the whole line; it covers better than AKM with few or
    unequal shocks. Its standard error is the half-length over the normal quantile, infinite when
    the set is unbounded.

    References
    ----------
    Adao, Kolesar and Morales (2019), Quarterly Journal of Economics 134.
    """

    exposure: NonEmpty | tuple[NonEmpty, ...]
    """Name of the shift-share exposure, or of several with the same shares."""

    cluster: NonEmpty | None = None
    """Column of categories whose values cluster shocks; ``"category"`` joins the years of a
    category; by default every shock stands alone."""

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Confidence level of the sets."""

    type: Literal["AKM0"] = field(default="AKM0", kw_only=True, repr=False)

    def covariance(self, solution: Solution, sample: Sample) -> Covariance:
        """Sets and p-values of the shift-share coefficients.

        Parameters
        ----------
        solution : Solution
            Least squares, or instrumental variables with one instrument.
        sample : Sample
            The rows in use, with the exposures.
        """
        names = names_of(self.exposure)
        rows = share_rows(solution, sample, names, self.cluster)
        firms = of_firms(sample.exposure(names[0]), sample)
        if len(rows.positions) > 1 and rows.D is not rows.Z:
            raise SpecificationError(
                "Expected one instrumented regressor for AKM0.",
                f"Found {len(rows.positions)}.",
                "Use AKM(...) for several.",
            )
        quantile = critical(self.level, NORMAL)
        size = len(solution.names)
        variances, p_values = np.full(size, np.nan), np.full(size, np.nan)
        unknown = ConfidenceSet(((np.nan, np.nan),), self.level)
        sets = [unknown] * size
        dropped: IntVector = np.zeros(0, dtype=np.int32)
        for j, at in enumerate(rows.positions):
            test, dropped = _imposed(rows, j, float(solution.beta[at]))
            sets[at] = test.confidence_set(quantile, self.level)
            variances[at] = _half_length(sets[at], quantile) ** 2
            p_values[at] = two_sided(np.sqrt(np.array([test.squared_t(0.0)])), NORMAL)[0]
        matrix = np.full((size, size), np.nan)
        np.fill_diagonal(matrix, variances)
        kinds = [
            f"confidence set of {solution.names[at]}: {sets[at]}"
            for at in rows.positions
            if sets[at].kind != "interval"
        ]
        return Covariance(
            matrix=matrix,
            label=f"shift-share (AKM0) over {words(rows, self.cluster)}",
            df_t=NORMAL,
            clusters=rows.groups,
            notes=(
                *rows.notes,
                *kinds,
                *_dropped(dropped, rows, firms=firms),
                *only(rows, solution),
            ),
            p_values=p_values,
            intervals=tuple(sets),
            warnings=rows.warnings,
        )

    def __or__(self, other: object) -> AnyOf:
        raise not_a_kernel(self)


def names_of(exposure: str | tuple[str, ...]) -> tuple[str, ...]:
    """One or several names as a tuple."""
    return (exposure,) if isinstance(exposure, str) else exposure


def _imposed(rows: ShareRows, j: int, beta: float) -> tuple[NullImposed, IntVector]:
    """The test of one coefficient, the other shift-shares partialled out."""
    others = [i for i in range(rows.Z.shape[1]) if i != j]
    z, d = (part[:, [j]] for part in (rows.Z, rows.D))
    if others:
        rest = rows.Z[:, others]
        z = z - rest @ project(z, rest, rows.weights)
        d = z
    explained = project_on_shares(rows.shares, z, rows.weights)
    load = scores(rows.shares, np.column_stack([rows.residuals, d]), rows.weights)
    parts = summed(rows.clusters, explained.coefficients * load)
    heavy = z if rows.weights is None else z * rows.weights[:, None]
    relevance = float((heavy.T @ d)[0, 0])
    return NullImposed(parts[:, 0], parts[:, 1], relevance, beta), explained.dropped


def _half_length(one: ConfidenceSet, quantile: float) -> float:
    if not one.bounded:
        return np.inf
    low, high = one.intervals[0][0], one.intervals[-1][1]
    return (high - low) / 2 / quantile


def spread_out(small: FloatMatrix, rows: ShareRows, size: int) -> FloatMatrix:
    """A covariance (k, k) of shift-share coefficients among all coefficients, NaN elsewhere."""
    matrix = np.full((size, size), np.nan)
    matrix[np.ix_(rows.positions, rows.positions)] = small
    return matrix


def words(rows: ShareRows, cluster: str | None) -> str:
    """How many shocks, and how they are clustered."""
    by = "" if cluster is None else f" by {cluster}"
    return f"{rows.groups:,} {'shocks' if cluster is None else 'clusters of shocks'}{by}"


def only(rows: ShareRows, solution: Solution) -> tuple[str, ...]:
    """A note when other coefficients get no standard error."""
    if len(rows.positions) == len(solution.names):
        return ()
    named = " and ".join(solution.names[at] for at in rows.positions)
    return (f"standard errors for {named} only",)


def _dropped(columns: IntVector, rows: ShareRows, *, firms: bool) -> tuple[str, ...]:
    if not len(columns):
        return ()
    named = "" if firms else f" ({first_cases(rows.labels[columns])})"
    return (f"{len(columns):,} collinear shares left out{named}",)
