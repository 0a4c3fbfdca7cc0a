"""The regression at the level of shocks that gives the same coefficient as the one at firms."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spillover.errors import IdentificationError, SpecificationError
from spillover.inference.covariance import Covariance
from spillover.inference.dependence import AnyOf, not_a_kernel
from spillover.inference.share_checks import takes_up
from spillover.inference.share_rows import ShareRows, share_rows
from spillover.inference.shift_share import NORMAL, names_of, only, spread_out, words
from spillover.numerics.csr import row_sums
from spillover.numerics.instruments import project
from spillover.numerics.shift_share import scores, shock_weights, summed
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.specs import NonEmpty, Spec
from spillover.typing import FloatMatrix, FloatVector

SAME = 1e-8
"""Greatest difference between the two coefficients, relative to their size."""


@dataclass(frozen=True, slots=True, eq=False)
class ShockRows:
    """One row per shock: weight, shock, averages of residualised outcome and regressors."""

    weights: FloatVector
    """(K,) sum of weights times shares, summing to one."""

    shocks: FloatMatrix
    """(K, k) shocks."""

    y: FloatVector
    """(K,) share-weighted mean of the residualised outcome."""

    D: FloatMatrix
    """(K, k) share-weighted means of the residualised regressors."""

    controls: FloatMatrix
    """(K, q) a constant, or dummies of years where their sums of shares are controlled."""

    @property
    def instruments(self) -> FloatMatrix:
        """(K, k) shocks free of the shock-level controls."""
        return self.shocks - self.controls @ project(self.shocks, self.controls, self.weights)


def shock_rows(rows: ShareRows, years: FloatVector) -> ShockRows:
    """The shock-level rows of a shift-share regression.

    Parameters
    ----------
    rows : ShareRows
        The regression at the level of units.
    years : (K,)
        Year of every shock, or zeros where years are not to be told apart.
    """
    total = scores(rows.shares, np.ones((len(rows.y), 1)), rows.weights)
    columns = scores(rows.shares, np.column_stack([rows.y, rows.D]), rows.weights) / total
    controls = (years[:, None] == np.unique(years)).astype(np.float64)
    weights = shock_weights(rows.shares, rows.weights)
    return ShockRows(weights, rows.shocks, columns[:, 0], columns[:, 1:], controls)


@dataclass(frozen=True, slots=True)
class ShockLevel(Spec):
    """Standard errors of the equivalent regression with one row per shock.

    The share-weighted mean of the residualised outcome is regressed on that of the regressor,
    instrumented by the shock, weighted by the exposure to each shock. The coefficient is that of
    the regression at units, which is checked; shocks, or clusters of them, are independent.

    References
    ----------
    Borusyak, Hull and Jaravel (2022), Review of Economic Studies 89.
    """

    exposure: NonEmpty | tuple[NonEmpty, ...]
    """Name of the shift-share exposure, or of several with the same shares."""

    cluster: NonEmpty | None = None
    """Column of categories whose values cluster shocks; ``"category"`` joins the years of a
    category; by default every shock stands alone."""

    type: Literal["ShockLevel"] = field(default="ShockLevel", kw_only=True, repr=False)

    def covariance(self, solution: Solution, sample: Sample) -> Covariance:
        """The covariance of the shift-share coefficients.

        Parameters
        ----------
        solution : Solution
            Least squares or just-identified instrumental variables.
        sample : Sample
            The rows in use, with the exposures.

        Raises
        ------
        IdentificationError
            The two coefficients differ because the sum of shares is not controlled.
        """
        names = names_of(self.exposure)
        rows = share_rows(solution, sample, names, self.cluster, few_rows=True)
        level = shock_rows(rows, spanned_years(rows, solution, sample, names[0]))
        own = solution.beta[list(rows.positions)]
        beta, psi = _fit(level)
        _refuse_different(own, beta, names[0])
        clustered = summed(rows.clusters, psi)
        matrix = spread_out(clustered.T @ clustered, rows, len(solution.names))
        gap = float(np.abs(beta - own).max())
        return Covariance(
            matrix=matrix,
            label=f"shock level over {words(rows, self.cluster)}",
            df_t=NORMAL,
            clusters=rows.groups,
            notes=(
                *rows.notes,
                f"shock-level and unit-level coefficients differ by {gap:.0e}",
                *only(rows, solution),
            ),
            warnings=rows.warnings,
        )

    def __or__(self, other: object) -> AnyOf:
        raise not_a_kernel(self)


def spanned_years(rows: ShareRows, solution: Solution, sample: Sample, name: str) -> FloatVector:
    """(K,) year of every shock when the sums of shares of all years are controlled, else zeros.

    Raises
    ------
    SpecificationError
        Units are left out of their own shocks, so that there is no common shock.
    """
    exposure = sample.exposure(name)
    if not hasattr(exposure.shock, "values"):
        raise SpecificationError(
            "Expected one shock for each category.",
            f"Found {name!r}, which leaves every unit out of its own shock.",
            "Use AKM(...), which needs the shares only.",
        )
    stacked = exposure.stacked(sample.panel, sample.rows)
    if len(np.unique(stacked.year)) == 1:
        return np.zeros(len(stacked.year))
    sums = row_sums(rows.shares)
    weights = rows.weights
    taken = all(
        takes_up(
            np.where(sample.years - exposure.spec.lag == year, sums, 0.0),
            solution,
            rows.controls,
            weights,
        )
        for year in np.unique(stacked.year)
    )
    return stacked.year.astype(np.float64) if taken else np.zeros(len(stacked.year))


def _fit(level: ShockRows) -> tuple[FloatVector, FloatMatrix]:
    """Coefficients and the influence of every shock."""
    heavy = level.instruments * level.weights[:, None]
    bread = np.linalg.inv(heavy.T @ level.D)
    beta = bread @ (heavy.T @ level.y)
    left = level.y - level.D @ beta
    left = left - level.controls @ project(left[:, None], level.controls, level.weights)[:, 0]
    return beta, heavy * left[:, None] @ bread.T


def _refuse_different(own: FloatVector, beta: FloatVector, name: str) -> None:
    gap = np.abs(beta - own)
    if np.any(gap > SAME * np.maximum(np.abs(own), 1e-8)):
        at = int(np.argmax(gap))
        raise IdentificationError(
            "Expected the same coefficient at shocks and at units.",
            f"Found {beta[at]:.6g} and {own[at]:.6g}: the sum of shares is not one and not "
            "controlled.",
            f"Add {name}_share_sum (times year in a panel) to the controls, or use ShiftShareIV.",
        )
