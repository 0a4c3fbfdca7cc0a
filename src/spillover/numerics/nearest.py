"""The nearest rows of a sparse matrix, row by row (compiled)."""

import numba
import numpy as np


@numba.njit(cache=True)
def _common(a, b, rule):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    if rule == 0:
        return a * b
    if rule == 1:
        return min(a, b)
    m = (a + b) / 2.0
    return m + m * np.log2(m) - (a * np.log2(a) + b * np.log2(b)) / 2.0


@numba.njit(cache=True)
def nearest_pairs(indptr, indices, data, start, firms, parts, rule, most):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, C901, PLR0913, PLR0917 - a kernel
    """Nearest rows of each row by the columns that both have, and sums of proximity.

    Parameters
    ----------
    indptr, indices, data : rows of a sparse matrix without stored zeros
    start, firms, parts : its columns
    rule : int
        What two values of one column add: 0 product, 1 minimum, 2 Jensen-Shannon.
    most : int
        Pairs kept per row.
    """
    size = len(indptr) - 1
    near = np.zeros(size)
    touched = np.zeros(size, np.int64)
    counts = np.zeros(size, np.int64)
    columns, values = np.zeros(size * 4, np.int64), np.zeros(size * 4)
    kept, total = np.zeros(size), np.zeros(size)
    filled = 0
    for i in range(size):
        found = 0
        for e in range(indptr[i], indptr[i + 1]):
            for f in range(start[indices[e]], start[indices[e] + 1]):
                j = firms[f]
                if j == i:
                    continue
                if near[j] == 0.0:
                    touched[found] = j
                    found += 1
                near[j] += _common(data[e], parts[f], rule)
        heard = np.sort(touched[:found])
        order = np.argsort(-near[heard], kind="mergesort")[:most]
        if filled + most > len(columns):
            columns = np.concatenate((columns, np.zeros(len(columns) + most, np.int64)))
            values = np.concatenate((values, np.zeros(len(values) + most)))
        for at in order:
            columns[filled] = heard[at]
            values[filled] = near[heard[at]]
            kept[i] += values[filled]
            filled += 1
        counts[i] = len(order)
        for j in heard:
            total[i] += near[j]
            near[j] = 0.0
    return counts, columns[:filled], values[:filled], kept, total
