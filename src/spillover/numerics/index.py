"""Index numbers of productivity on logs and shares."""

import numpy as np

from spillover.errors import DataError, first_cases
from spillover.typing import FloatMatrix, FloatVector, IntVector


def group_means(values: FloatMatrix, group: IntVector, levels: int) -> FloatMatrix:
    """Arithmetic means by group, NaN for empty groups.

    Parameters
    ----------
    values : (n, k)
        Columns.
    group : (n,)
        Codes 0..G-1.
    levels : int
        G.

    Returns
    -------
    (G, k) means.
    """
    counts = np.bincount(group, minlength=levels).astype(np.float64)
    counts[counts == 0] = np.nan
    sums = [np.bincount(group, weights=column, minlength=levels) for column in values.T]
    return np.asarray(np.column_stack(sums) / counts[:, None])


def multilateral_index(
    y: FloatVector, x: FloatMatrix, shares: FloatMatrix, group: IntVector, levels: int
) -> FloatVector:
    """Log productivity of each row against the mean of its group.

    TFP_a = (y_a - mean y) - sum over j of (s_aj + mean s_j)(x_aj - mean x_j) / 2.

    Parameters
    ----------
    y : (n,)
        Log output.
    x, shares : (n, q)
        Log inputs and their shares.
    group : (n,)
        Codes 0..G-1 of comparison sets.
    levels : int
        G.

    References
    ----------
    Caves, Christensen and Diewert (1982), equation 34.
    """
    q = x.shape[1]
    bars = group_means(np.column_stack([y, x, shares]), group, levels)[group]
    gap = 0.5 * (shares + bars[:, 1 + q :]) * (x - bars[:, 1 : 1 + q])
    return np.asarray(y - bars[:, 0] - gap.sum(axis=1))


def chained_index(
    y: FloatVector,
    x: FloatMatrix,
    shares: FloatMatrix,
    years: IntVector,
    group: tuple[IntVector, int],
) -> FloatVector:
    """Log productivity against the representative firm of the first year, linked over years.

    The representative firm of a set and year has mean logs and mean shares; a row is compared
    with that of its year, and representative firms with those of the year before.

    Parameters
    ----------
    y : (n,)
        Log output.
    x, shares : (n, q)
        Log inputs and their shares.
    years : (n,)
        Calendar years.
    group : (n,) codes and their number
        Comparison sets.

    Raises
    ------
    DataError
        A set has no firm in a year between its first and its last.

    References
    ----------
    Good, Nadiri and Sickles (1997).
    """
    codes, levels = group
    first = int(years.min())
    span = int(years.max()) - first + 1
    cell = codes.astype(np.int64) * span + (years - first)
    own = multilateral_index(y, x, shares, cell, levels * span)
    means = group_means(np.column_stack([y, x, shares]), cell, levels * span)
    means = means.reshape(levels, span, -1)
    _refuse_broken_chains(np.isnan(means[:, :, 0]), first)
    return np.asarray(own + _links(means, x.shape[1])[codes, years - first])


def _links(means: FloatMatrix, q: int) -> FloatMatrix:
    """(G, T) log productivity of representative firms, zero in the first year of each set."""
    steps = np.diff(means, axis=1)
    middle = 0.5 * (means[:, 1:] + means[:, :-1])
    change = steps[:, :, 0] - np.sum(middle[:, :, 1 + q :] * steps[:, :, 1 : 1 + q], axis=2)
    start = np.zeros((len(means), 1))
    return np.concatenate([start, np.cumsum(np.nan_to_num(change), axis=1)], axis=1)


def _refuse_broken_chains(empty: np.ndarray, first: int) -> None:
    seen_before = np.maximum.accumulate(~empty, axis=1)
    seen_after = np.maximum.accumulate(~empty[:, ::-1], axis=1)[:, ::-1]
    holes = np.argwhere(empty & seen_before & seen_after)
    if len(holes):
        listed = first_cases(f"set {g} in {first + t}" for g, t in holes[:4])
        raise DataError(
            "Expected a firm in every year of a comparison set, to link one year to the next.",
            f"Found {len(holes):,} years without ({listed}).",
            'Compare wider sets with within, or set chain = "pooled".',
        )
