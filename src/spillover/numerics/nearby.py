"""Compiled loops over pairs of near points; points are sorted into cubes."""

import numba
import numpy as np

_FAST = {"reassoc", "contract", "nsz", "arcp"}


@numba.njit(nogil=True, cache=True, fastmath=_FAST)
def _within(points, i, start, stop, bound, found, squares):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913, PLR0917 - a kernel
    """Partners of point i in a run: their squared chords and places, and how many there are."""
    px, py, pz = points[0, i], points[1, i], points[2, i]
    for j in range(start, stop):
        dx, dy, dz = points[0, j] - px, points[1, j] - py, points[2, j] - pz
        squares[j - start] = dx * dx + dy * dy + dz * dz
    count = 0
    for j in range(start, stop):
        square = squares[j - start]
        found[count] = j
        squares[count] = square
        count += square <= bound
    return count


@numba.njit(nogil=True, cache=True, fastmath=_FAST)
def _weigh(squares, count, rule, limit, relative):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901, PLR0912 - a kernel
    """Squared chords replaced by weights; ``relative`` is the earth's diameter over the cut-off."""
    if rule == 0:
        for q in range(count):
            squares[q] = 1.0
    elif rule == 1 and limit < 0.1:
        for q in range(count):
            h = 0.25 * squares[q]
            series = 1.0 + h * (
                1 / 6 + h * (3 / 40 + h * (15 / 336 + h * (105 / 3456 + h * 945 / 42240)))
            )
            squares[q] = max(0.0, 1.0 - relative * np.sqrt(h) * series)
    elif rule == 1:
        for q in range(count):
            squares[q] = max(0.0, 1.0 - relative * np.arcsin(min(1.0, 0.5 * np.sqrt(squares[q]))))
    elif rule == 2:
        for q in range(count):
            r = min(1.0, np.sqrt(squares[q]) / limit)
            squares[q] = 1.0 - 1.5 * r + 0.5 * r * r * r
    else:
        for q in range(count):
            r = min(1.0, np.sqrt(squares[q]) / limit)
            squares[q] = (1.0 - r) ** 4 * (4.0 * r + 1.0)


@numba.njit(nogil=True, cache=True)
def _longest(starts, runs):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    longest = 1
    for c in range(len(starts) - 1):
        for r in range(5):
            longest = max(longest, runs[c, r, 1] - runs[c, r, 0])
    return longest


@numba.njit(nogil=True, cache=True, fastmath=_FAST)
def spread(points, values, starts, runs, between, rule, scale, result):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, PLR0913, PLR0917 - a kernel
    """For the points of some cubes, the weighted sum of ``values`` over partners that come later.

    Parameters
    ----------
    points : (3, V)
    values, result : (V, m)
    starts, runs : see ``Cells``
    between : (int, int)
        First and last-plus-one cube.
    rule : int
        Position of the shape in ``RULES``.
    scale : (float, float, float)
        Greatest squared chord, chord of the cut-off, diameter of the earth over the cut-off.
    """
    bound, limit, relative = scale
    width = values.shape[1]
    longest = _longest(starts, runs)
    found, squares = np.empty(longest + 1, np.int64), np.empty(longest + 1)
    total = np.empty(width)
    for c in range(between[0], between[1]):
        for i in range(starts[c], starts[c + 1]):
            total[:] = 0.0
            for r in range(5):
                start = i + 1 if r == 0 else runs[c, r, 0]
                count = _within(points, i, start, runs[c, r, 1], bound, found, squares)
                _weigh(squares, count, rule, limit, relative)
                for q in range(count):
                    j, weight = found[q], squares[q]
                    for m in range(width):
                        total[m] += weight * values[j, m]
            for m in range(width):
                result[i, m] = total[m]


@numba.njit(nogil=True, cache=True, fastmath=_FAST)
def collect(points, starts, runs, rule, scale, ends, pairs, weights):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, PLR0913, PLR0917 - a kernel
    """Write all pairs with their weights; ``ends[i]`` is the first place of point i."""
    bound, limit, relative = scale
    longest = _longest(starts, runs)
    found, squares = np.empty(longest + 1, np.int64), np.empty(longest + 1)
    for c in range(len(starts) - 1):
        for i in range(starts[c], starts[c + 1]):
            at = ends[i]
            for r in range(5):
                start = i + 1 if r == 0 else runs[c, r, 0]
                count = _within(points, i, start, runs[c, r, 1], bound, found, squares)
                _weigh(squares, count, rule, limit, relative)
                for q in range(count):
                    pairs[0, at] = i
                    pairs[1, at] = found[q]
                    weights[at] = squares[q]
                    at += 1
