"""Links rewired by swaps that keep every degree (compiled)."""

import numba
import numpy as np

from spillover.typing import BoolVector, IntVector


def swapped(  # noqa: PLR0913 - columns of one edge table and a chain's length
    src: IntVector,
    dst: IntVector,
    pool: IntVector,
    bounds: IntVector,
    flips: BoolVector,
    *,
    attempts: int,
    rng: np.random.Generator,
) -> tuple[IntVector, IntVector, int]:
    """The ends of links after a chain of attempted swaps of targets.

    Two links of one class, a to b and c to d, become a to d and c to b unless that makes a link
    of a firm with itself or one that exists. Every state that can be reached is equally likely
    in the long run, and the chain is reversible.

    Parameters
    ----------
    src, dst : (m,) codes
        Ends of links; not written to.
    pool : (p,)
        Links that may be swapped, classes side by side.
    bounds : (C + 1,)
        Where each class begins in ``pool``.
    flips : (C,)
        Classes of links without a direction, whose ends may trade places.
    attempts : int
        Number of attempted swaps.
    rng : Generator
        Source of randomness.

    Returns
    -------
    src, dst : (m,)
        Ends of links, in the same order.
    accepted : int
        Number of swaps that were made.
    """
    src, dst = src.astype(np.int64), dst.astype(np.int64)
    size = np.int64(max(int(src.max(initial=0)), int(dst.max(initial=0))) + 1)
    table = np.full(1 << int(np.ceil(np.log2(4 * len(src) + 16))), -1, dtype=np.int64)
    kind = np.repeat(np.arange(len(flips)), np.diff(bounds))
    undirected = bool(flips.any())
    _fill(table, src, dst, size, undirected)
    chain = (pool.astype(np.int64), bounds.astype(np.int64), kind, flips)
    accepted = _swap(src, dst, chain, table, (size, undirected, attempts), rng)
    return src.astype(np.int32), dst.astype(np.int32), int(accepted)


@numba.njit(cache=True, nogil=True)
def _key(a, b, size, undirected):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    if undirected and a > b:
        a, b = b, a
    return a * size + b


@numba.njit(cache=True, nogil=True)
def _slot(key, mask):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((mixed >> np.uint64(20)) & np.uint64(mask))


@numba.njit(cache=True, nogil=True)
def _find(table, key):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    """Slot of a key, or of the gap where it would go."""
    mask = len(table) - 1
    at = _slot(key, mask)
    while table[at] != -1 and table[at] != key:
        at = (at + 1) & mask
    return at


@numba.njit(cache=True, nogil=True)
def _remove(table, key):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    """Take a key out and move later ones into the gap, so that no marks of deletion remain."""
    mask = len(table) - 1
    gap = _find(table, key)
    if table[gap] == -1:
        return
    at = gap
    while True:
        at = (at + 1) & mask
        if table[at] == -1:
            break
        home = _slot(table[at], mask)
        if ((at - home) & mask) >= ((at - gap) & mask):
            table[gap] = table[at]
            gap = at
    table[gap] = -1


@numba.njit(cache=True, nogil=True)
def _fill(table, src, dst, size, undirected):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    for e in range(len(src)):
        key = _key(src[e], dst[e], size, undirected)
        table[_find(table, key)] = key


@numba.njit(cache=True, nogil=True)
def _swap(src, dst, chain, table, facts, rng):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    pool, bounds, kind, flips = chain
    size, undirected, attempts = facts
    accepted = 0
    for _ in range(attempts):
        first = int(rng.random() * len(pool))
        group = kind[first]
        low, high = bounds[group], bounds[group + 1]
        e, f = pool[first], pool[low + int(rng.random() * (high - low))]
        a, b, c, d = src[e], dst[e], src[f], dst[f]
        if flips[group] and rng.random() < 0.5:
            c, d = d, c
        if e == f or a == d or c == b:
            continue
        one, two = _key(a, d, size, undirected), _key(c, b, size, undirected)
        if one == two or table[_find(table, one)] != -1 or table[_find(table, two)] != -1:
            continue
        _remove(table, _key(a, b, size, undirected))
        _remove(table, _key(c, d, size, undirected))
        table[_find(table, one)] = one
        table[_find(table, two)] = two
        dst[e] = d
        src[f], dst[f] = c, b
        accepted += 1
    return accepted
