"""Compiled breadth-first searches that stop at a given distance; distances are never stored."""

import numba
import numpy as np


@numba.njit(nogil=True, cache=True)
def spread(graph, occupied, weights, values, between, result):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - a kernel
    """For some nodes, the weighted sum of ``values`` over the nodes near them that come later.

    Parameters
    ----------
    graph : (indptr, indices)
        Symmetric links between N nodes.
    occupied : (N,)
        Whether the node is asked for; others are passed through.
    weights : (reach + 1,)
        Weight at each path length.
    values, result : (N, m)
    between : (int, int)
        First and last-plus-one node.
    """
    indptr, indices = graph
    size, reach, width = len(indptr) - 1, len(weights) - 1, values.shape[1]
    stamp, queue = np.full(size, -1, np.int32), np.empty(size + 1, np.int32)
    total = np.empty(width)
    for i in range(between[0], between[1]):
        if not occupied[i]:
            continue
        stamp[i], queue[0] = i, i
        begin, end = 0, 1
        total[:] = 0.0
        for distance in range(1, reach + 1):
            last = _next_level(indptr, indices, (stamp, queue), (begin, end), i, distance == reach)
            for h in range(end, last):
                v = queue[h]
                if v > i:
                    for m in range(width):
                        total[m] += weights[distance] * values[v, m]
            begin, end = end, last
        for m in range(width):
            result[i, m] = total[m]


@numba.njit(nogil=True, cache=True)
def _next_level(indptr, indices, work, level, i, final):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    """Append the unseen neighbours of one level to the queue; only later nodes in the final one.

    Without branches, so that several lookups of scattered memory are under way at once.
    """
    stamp, queue = work
    last = level[1]
    least = i if final else -1
    for h in range(level[0], level[1]):
        u = queue[h]
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            queue[last] = v
            last += (stamp[v] != i) & (v > least)
            stamp[v] = i
    return last


@numba.njit(nogil=True, cache=True)
def spread_within(graph, units, weights, values, between, result):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - a kernel
    """For the units at some nodes, the sum over units of later nodes that carry the same label.

    Parameters
    ----------
    units : (offset, labels)
        Units of node v are offset[v]..offset[v + 1]-1, in ascending order of their labels, each
        label at most once.
    graph, weights, between : see :func:`spread`
    values, result : (U, m)
    """
    indptr, indices = graph
    offset, labels = units
    size, reach, width = len(indptr) - 1, len(weights) - 1, values.shape[1]
    stamp, queue = np.full(size, -1, np.int32), np.empty(size + 1, np.int32)
    for i in range(between[0], between[1]):
        if offset[i] == offset[i + 1]:
            continue
        stamp[i], queue[0] = i, i
        begin, end = 0, 1
        for distance in range(1, reach + 1):
            last = _next_level(indptr, indices, (stamp, queue), (begin, end), i, distance == reach)
            for h in range(end, last):
                v = queue[h]
                a, b = offset[i], offset[v]
                while v > i and a < offset[i + 1] and b < offset[v + 1]:
                    if labels[a] == labels[b]:
                        for m in range(width):
                            result[a, m] += weights[distance] * values[b, m]
                    step = labels[b] - labels[a]
                    a += step >= 0
                    b += step <= 0
            begin, end = end, last


@numba.njit(nogil=True, cache=True)
def ball(indptr, indices, source, reach, stamp, queue, distance):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, PLR0913, PLR0917 - a kernel
    """Nodes within ``reach`` of a source, written to ``queue``; returns how many there are.

    ``stamp`` must not hold ``source`` unless it was written by this search; ``distance`` receives
    the path length of each node in the queue.
    """
    stamp[source], queue[0], distance[0] = source, source, 0
    head, tail = 0, 1
    while head < tail and distance[head] < reach:
        u = queue[head]
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if stamp[v] != source:
                stamp[v] = source
                queue[tail] = v
                distance[tail] = distance[head] + 1
                tail += 1
        head += 1
    return tail


@numba.njit(nogil=True, cache=True)
def probe(indptr, indices, sources, reach, present):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - a kernel
    """(S, 3) nodes in each ball, those present, and 1 when it holds over half of its component."""
    size = len(indptr) - 1
    stamp, queue = np.full(size, -1, np.int64), np.empty(size, np.int64)
    distance = np.empty(size, np.int64)
    found = np.zeros((len(sources), 3))
    for s in range(len(sources)):
        near = ball(indptr, indices, sources[s], reach, stamp, queue, distance)
        found[s, 0] = near
        for h in range(near):
            found[s, 1] += present[queue[h]]
        head, tail = 0, near
        while head < tail < 2 * near:
            u = queue[head]
            for e in range(indptr[u], indptr[u + 1]):
                v = indices[e]
                if stamp[v] != sources[s]:
                    stamp[v] = sources[s]
                    queue[tail] = v
                    tail += 1
            head += 1
        found[s, 2] = tail < 2 * near
    return found


@numba.njit(nogil=True, cache=True)
def balls(indptr, indices, sources, reach, ends, members, lengths):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, PLR0913, PLR0917 - a kernel
    """Nodes of the ball of each source with path lengths; ``ends[s]`` is the first place of s."""
    size = len(indptr) - 1
    stamp, queue = np.full(size, -1, np.int64), np.empty(size, np.int64)
    distance = np.empty(size, np.int64)
    for s in range(len(sources)):
        near = ball(indptr, indices, sources[s], reach, stamp, queue, distance)
        for h in range(near):
            members[ends[s] + h] = queue[h]
            lengths[ends[s] + h] = distance[h]


@numba.njit(nogil=True, cache=True)
def ball_sizes(indptr, indices, sources, reach):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - a kernel
    """Number of nodes in the ball of each source."""
    size = len(indptr) - 1
    stamp, queue = np.full(size, -1, np.int64), np.empty(size, np.int64)
    distance = np.empty(size, np.int64)
    found = np.empty(len(sources), np.int64)
    for s in range(len(sources)):
        found[s] = ball(indptr, indices, sources[s], reach, stamp, queue, distance)
    return found


@numba.njit(nogil=True, cache=True)
def total_length(indptr, indices, sources):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - a kernel
    """Sum of path lengths from some sources to all nodes that they reach."""
    size, total = len(indptr) - 1, 0
    stamp, queue = np.full(size, -1, np.int64), np.empty(size, np.int64)
    distance = np.empty(size, np.int64)
    for s in range(len(sources)):
        near = ball(indptr, indices, sources[s], size, stamp, queue, distance)
        for h in range(near):
            total += distance[h]
    return total


@numba.njit(nogil=True, cache=True)
def lengths_between(indptr, indices, sources, targets, reach):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - a kernel
    """Path length of each pair, reach + 1 when it is longer; sources must be sorted."""
    size = len(indptr) - 1
    stamp, queue = np.full(size, -1, np.int64), np.empty(size, np.int64)
    distance, length = np.empty(size, np.int64), np.empty(size, np.int64)
    found = np.empty(len(sources), np.int64)
    for p in range(len(sources)):
        if p == 0 or sources[p] != sources[p - 1]:
            near = ball(indptr, indices, sources[p], reach, stamp, queue, distance)
            for h in range(near):
                length[queue[h]] = distance[h]
        v = targets[p]
        found[p] = length[v] if stamp[v] == sources[p] else reach + 1
    return found
