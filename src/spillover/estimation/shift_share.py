"""What a shift-share estimate rests on: its shocks, their weights and their balance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.errors import SpecificationError, first_cases
from spillover.estimation.result import Estimate
from spillover.inference.roles import free, within
from spillover.inference.share_rows import ShareRows, share_rows
from spillover.inference.shift_share import NORMAL
from spillover.inference.shock_level import ShockRows, shock_rows, spanned_years
from spillover.numerics.instruments import project
from spillover.numerics.shift_share import effective_number, scores, summed
from spillover.numerics.tails import two_sided
from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class RotembergWeights:
    """A shift-share estimate as a weighted sum of estimates from one shock each."""

    table: pd.DataFrame
    """One row per shock, largest absolute weight first: alpha, beta, shock, share. ``beta`` is
    missing where the shock moves no treatment."""

    negative: float
    """Sum of the negative weights."""

    dispersion: float
    """Standard deviation of the single-shock estimates, weighted by the absolute weights."""

    def top(self, count: int = 5) -> pd.DataFrame:
        """The shocks with the largest weights."""
        return self.table.head(count)


@dataclass(frozen=True, slots=True, eq=False)
class ShockSummary:
    """How many shocks an estimate rests on, and what it would be without each of them."""

    shocks: int
    """Number of shocks with a share."""

    effective: float
    """One over the sum of squared weights of shocks."""

    largest: pd.DataFrame
    """The shocks with the largest weights: weight, shock."""

    clusters: int
    """Number of clusters of shocks."""

    effective_clusters: float
    """The same for clusters of shocks."""

    left_out: tuple[float, float]
    """Smallest and largest coefficient when one shock is left out."""


def rotemberg(estimate: Estimate, exposure: str) -> RotembergWeights:
    """Weights and single-shock estimates: beta = sum of alpha_n beta_n, weights sum to one.

    Parameters
    ----------
    estimate : Estimate
        Least squares or instrumental variables with one shift-share.
    exposure : str
        Name of the exposure.

    References
    ----------
    Rotemberg (1983); Goldsmith-Pinkham, Sorkin and Swift (2020), American Economic Review 110.
    """
    rows = _rows(estimate, exposure, None)
    both = scores(rows.shares, np.column_stack([rows.y, rows.D]), rows.weights)
    shock = rows.shocks[:, 0]
    alpha = shock * both[:, 1] / np.sum(shock * both[:, 1])
    enough = np.abs(both[:, 1]) > 1e-12 * np.abs(both[:, 1]).max()
    beta = np.where(enough, both[:, 0] / np.where(enough, both[:, 1], 1.0), np.nan)
    share = _level(rows, estimate, exposure).weights
    columns = {"alpha": alpha, "beta": beta, "shock": shock, "share": share}
    table = pd.DataFrame(columns, index=pd.Index(rows.labels, name="category"))
    order = np.lexsort((np.arange(len(alpha)), -np.abs(alpha)))
    weight = np.where(enough, np.abs(alpha), 0.0)
    mean = float(weight @ np.nan_to_num(beta) / weight.sum())
    spread = float(np.sqrt(weight @ (np.nan_to_num(beta) - mean) ** 2 / weight.sum()))
    return RotembergWeights(table.iloc[order], float(np.minimum(alpha, 0.0).sum()), spread)


def shocks(estimate: Estimate, exposure: str, cluster: str | None = None) -> ShockSummary:
    """Number and concentration of the shocks behind an estimate.

    Parameters
    ----------
    estimate : Estimate
        Least squares or instrumental variables with one shift-share.
    exposure : str
        Name of the exposure.
    cluster : str, optional
        Column of categories whose values cluster shocks, or ``"category"``.
    """
    rows = _rows(estimate, exposure, cluster)
    level = _level(rows, estimate, exposure)
    order = np.argsort(-level.weights, kind="stable")[:5]
    largest = pd.DataFrame(
        {"weight": level.weights[order], "shock": level.shocks[order, 0]},
        index=pd.Index(rows.labels[order], name="category"),
    )
    by_cluster = summed(rows.clusters, level.weights[:, None])[:, 0]
    above = level.weights * level.shocks[:, 0] * level.y
    below = level.weights * level.shocks[:, 0] * level.D[:, 0]
    without = (above.sum() - above) / (below.sum() - below)
    return ShockSummary(
        len(level.weights),
        effective_number(level.weights),
        largest,
        rows.groups,
        effective_number(by_cluster),
        (float(without.min()), float(without.max())),
    )


def shock_level(estimate: Estimate, exposure: str) -> pd.DataFrame:
    """The data of the equivalent regression, one row per shock.

    Columns are weight, shock, outcome and treatment: share-weighted means of the residualised
    variables. Two-stage least squares of outcome on treatment with the shock as instrument and
    these weights gives the coefficient of the estimate.

    Parameters
    ----------
    estimate : Estimate
        Least squares or instrumental variables with one shift-share.
    exposure : str
        Name of the exposure.
    """
    rows = _rows(estimate, exposure, None)
    level = _level(rows, estimate, exposure)
    columns = {
        "weight": level.weights,
        "shock": level.shocks[:, 0],
        "outcome": level.y,
        "treatment": level.D[:, 0],
    }
    return pd.DataFrame(columns, index=pd.Index(rows.labels, name="category"))


def shock_balance(
    estimate: Estimate, exposure: str, covariates: Sequence[str], cluster: str | None = None
) -> pd.DataFrame:
    """Whether shocks predict what they cannot have caused: predetermined variables, past growth.

    Each covariate is residualised like the outcome, averaged to shocks and regressed on the
    shock. Pre-trends are covariates such as ``lag(y) - lag(y, 3)``.

    Parameters
    ----------
    estimate : Estimate
        Least squares or instrumental variables with one shift-share.
    exposure : str
        Name of the exposure.
    covariates : sequence of str
        Expressions that must be known on all rows in use.
    cluster : str, optional
        Column of categories whose values cluster shocks, or ``"category"``.

    Returns
    -------
    DataFrame
        One row per covariate: estimate (per standard deviation of the shock), std_error,
        statistic, p_value.

    References
    ----------
    Borusyak, Hull and Jaravel (2022), section 4.
    """
    rows = _rows(estimate, exposure, cluster)
    level = _level(rows, estimate, exposure)
    columns = np.column_stack([_known(estimate, text) for text in covariates])
    solution, weights = estimate.solution, rows.weights
    left = free(within(columns, solution, weights), rows.controls, weights)
    refuse_controls(covariates, left, columns)
    total = scores(rows.shares, np.ones((len(left), 1)), weights)
    means = scores(rows.shares, left, weights) / total
    found = [_on_shock(means[:, j], level, rows) for j in range(len(covariates))]
    table = pd.DataFrame(found, index=pd.Index(list(covariates), name="covariate"))
    statistic = table["estimate"] / table["std_error"]
    return table.assign(statistic=statistic, p_value=two_sided(statistic.to_numpy(), NORMAL))


def _rows(estimate: Estimate, exposure: str, cluster: str | None) -> ShareRows:
    solution = estimate.solution
    sample = estimate.sample.take(solution.rows)
    rows = share_rows(solution, sample, (exposure,), cluster, few_rows=True)
    if np.isnan(rows.shocks).any():
        raise SpecificationError(
            "Expected a known shock for every share.",
            f"Found {int(np.isnan(rows.shocks).sum()):,} unknown ones in {exposure!r}.",
            "Complete the shocks.",
        )
    return rows


def _level(rows: ShareRows, estimate: Estimate, exposure: str) -> ShockRows:
    sample = estimate.sample.take(estimate.solution.rows)
    return shock_rows(rows, spanned_years(rows, estimate.solution, sample, exposure))


def _known(estimate: Estimate, text: str) -> FloatVector:
    values = estimate.sample.take(estimate.solution.rows).column(text)
    missing = int(np.isnan(values).sum())
    if missing:
        raise SpecificationError(
            f"Expected {text} on all {estimate.nobs:,} rows in use.",
            f"Found {missing:,} missing.",
            "Estimate on the rows where it is known, then test the balance.",
        )
    return values


def refuse_controls(covariates: Sequence[str], left: FloatMatrix, columns: FloatMatrix) -> None:
    """Refuse covariates of which effects and controls leave nothing.

    Parameters
    ----------
    covariates : sequence of str
        Names.
    left, columns : (n, q)
        What is left of them, and the covariates as they are.

    Raises
    ------
    SpecificationError
        Nothing is left of a covariate.
    """
    flat = np.linalg.norm(left, axis=0) <= 1e-7 * np.linalg.norm(columns, axis=0)
    if flat.any():
        raise SpecificationError(
            "Expected covariates that effects and controls do not determine.",
            f"Found {first_cases(np.array(covariates)[flat])}.",
            "A control is balanced by construction: leave it out of the list.",
        )


def _on_shock(mean: FloatVector, level: ShockRows, rows: ShareRows) -> dict[str, float]:
    """Weighted least squares of a covariate's means on the standardised shock."""
    shock = level.instruments[:, 0]
    shock = shock / np.sqrt(level.weights @ shock**2)
    slope = float(level.weights @ (shock * mean))
    left = mean - shock * slope
    left = left - level.controls @ project(left[:, None], level.controls, level.weights)[:, 0]
    parts = summed(rows.clusters, (level.weights * shock * left)[:, None])
    return {"estimate": slope, "std_error": float(np.sqrt(np.sum(parts**2)))}
