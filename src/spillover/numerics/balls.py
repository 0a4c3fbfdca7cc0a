"""Units near each other in a network, found by bounded searches and never held as pairs."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from spillover.numerics.csr import from_sorted, transposed
from spillover.numerics.links import half_form, refuse_many
from spillover.numerics.parallel import in_ranges
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Balls:
    """A_uv = weight(path length between the nodes of u and v), within labels.

    References
    ----------
    Kojevnikov, Marmer and Song (2021), equation 3.
    """

    graph: sparse.csr_array
    """(N, N) symmetric links without self-links; only their existence counts."""

    weights: FloatVector
    """(reach + 1,) weight at each path length, one at zero."""

    nodes: IntVector
    """(U,) node of each unit, ascending."""

    labels: IntVector
    """(U,) codes, ascending within a node; only units with equal labels depend on each other."""

    @property
    def size(self) -> int:
        """U, the number of units."""
        return len(self.nodes)

    @property
    def reach(self) -> int:
        """Greatest path length with positive weight."""
        return len(self.weights) - 1

    def cross(self, w: FloatMatrix, x: FloatMatrix) -> FloatMatrix:
        """Sum over s of w_s' A x_s, with one search for all s."""
        half = self._half(x.reshape(self.size, -1), self.weights)
        return half_form(x, w, half.reshape(x.shape))

    def _half(self, x: FloatMatrix, weights: FloatVector) -> FloatMatrix:
        """Lx, where each near pair is in L once."""
        from spillover.numerics.search import spread, spread_within

        graph, values = (self.graph.indptr, self.graph.indices), np.ascontiguousarray(x)
        offset = self._offset()
        cost = (np.diff(offset) > 0) * (1.0 + np.diff(self.graph.indptr))
        if np.any(self.labels):
            half, units = np.zeros(x.shape), (offset, self.labels)
            in_ranges(lambda *at: spread_within(graph, units, weights, values, at, half), cost)
            return half
        every, found = (np.zeros((self.graph.shape[0], x.shape[1])) for _ in range(2))
        every[self.nodes] = values
        occupied = np.diff(offset) > 0
        in_ranges(lambda *at: spread(graph, occupied, weights, every, at, found), cost)
        return found[self.nodes]

    def _offset(self) -> IntVector:
        counts = np.bincount(self.nodes, minlength=self.graph.shape[0])
        return np.concatenate(([0], np.cumsum(counts)))

    def entries(self, rows: IntVector, columns: IntVector) -> FloatVector:
        """Weights at given pairs of units."""
        from spillover.numerics.search import lengths_between

        sources, targets = self.nodes[rows], self.nodes[columns]
        order = np.argsort(sources, kind="stable")
        lengths = np.empty(len(rows), dtype=np.int64)
        lengths[order] = lengths_between(
            self.graph.indptr, self.graph.indices, sources[order], targets[order], self.reach
        )
        weights = np.append(self.weights, 0.0)[lengths]
        return np.where(self.labels[rows] == self.labels[columns], weights, 0.0)

    def count(self, sizes: FloatVector) -> float:
        """Sum over near pairs of sizes_u sizes_v."""
        half = self._half(sizes[:, None], np.ones(len(self.weights)))[:, 0]
        return float(sizes @ sizes + 2.0 * sizes @ half)

    def stored(self) -> sparse.csr_array:
        """A as a sparse matrix."""
        refuse_many(self.count(np.ones(self.size)))
        occupied = np.unique(self.nodes)
        ends, members, lengths = members_of_balls(self.graph, occupied, self.reach)
        rows = np.repeat(occupied, np.diff(ends))
        weights = (self.weights[lengths], (rows, members))
        between = sparse.coo_array(weights, shape=self.graph.shape).tocsr()[self.nodes]
        listed = between[:, self.nodes].tocoo()
        row, column = listed.coords
        kept = (self.labels[row] == self.labels[column]) & (listed.data != 0)
        data = (listed.data[kept], (row[kept], column[kept]))
        return sparse.csr_array(sparse.coo_array(data, shape=listed.shape))

    def refined(self, parent: IntVector, labels: IntVector) -> "Balls":
        """Units split by label."""
        base = np.int64(labels.max(initial=0)) + 1
        joint = self.labels[parent].astype(np.int64) * base + labels
        codes = np.unique(joint, return_inverse=True)[1].astype(np.int64)
        return Balls(self.graph, self.weights, self.nodes[parent], codes)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What balls around sampled nodes hold, on average or at the median."""

    nodes: float
    """Mean number of nodes in a ball, its centre included."""

    present: float
    """Mean number of nodes in a ball that are in the sample, its centre included."""

    covering: float
    """Share of balls that hold more than half of the component they lie in."""

    median_present: float
    """Median number of nodes in a ball that are in the sample."""


def coverage(graph: sparse.csr_array, nodes: IntVector, reach: int, most: int = 1000) -> Coverage:
    """Sizes of the balls around nodes spread evenly over a list.

    Parameters
    ----------
    graph : (N, N)
        Symmetric links.
    nodes : (U,)
        Nodes in the sample, ascending, each once.
    reach : int
        Radius of the balls.
    most : int
        Number of balls that are looked at.
    """
    from spillover.numerics.search import probe

    chosen = nodes[np.unique(np.linspace(0, len(nodes) - 1, most).astype(np.int64))]
    present = np.zeros(graph.shape[0], dtype=bool)
    present[nodes] = True
    found = probe(graph.indptr, graph.indices, chosen, reach, present)
    means = found.mean(axis=0)
    median = float(np.median(found[:, 1]))
    return Coverage(float(means[0]), float(means[1]), float(means[2]), median)


def members_of_balls(
    graph: sparse.csr_array, sources: IntVector, reach: int
) -> tuple[IntVector, IntVector, IntVector]:
    """Balls one after the other: where each begins, its nodes, their path lengths.

    Parameters
    ----------
    graph : (N, N)
        Symmetric links.
    sources : (S,)
        Centres, each once.
    reach : int
        Radius.

    Returns
    -------
    ends : (S + 1,)
    members, lengths : (total,)
    """
    from spillover.numerics.search import ball_sizes, balls

    sizes = ball_sizes(graph.indptr, graph.indices, sources, reach)
    ends = np.concatenate(([0], np.cumsum(sizes)))
    refuse_many(float(ends[-1]))
    members, lengths = np.empty(ends[-1], dtype=np.int32), np.empty(ends[-1], dtype=np.int32)
    balls(graph.indptr, graph.indices, sources, reach, ends, members, lengths)
    return ends, members, lengths


def mean_path_length(graph: sparse.csr_array, most: int = 1000) -> float:
    """Average path length within the largest component.

    Parameters
    ----------
    graph : (N, N)
        Symmetric links.
    most : int
        Number of sources; all when the component is no larger than five times that. Very large
        networks use fewer, so that about two billion links are followed.
    """
    from spillover.numerics.search import total_length

    component = sparse.csgraph.connected_components(graph, directed=False)[1]
    giant = np.flatnonzero(component == np.argmax(np.bincount(component)))
    if len(giant) < 2:
        return 0.0
    wanted = len(giant) if len(giant) <= 5 * most else most
    wanted = max(10, min(wanted, int(2e9 / max(graph.nnz, 1))))
    sources = giant[np.unique(np.linspace(0, len(giant) - 1, wanted).astype(np.int64))]
    total = total_length(graph.indptr, graph.indices, sources)
    return float(total) / (len(sources) * (len(giant) - 1))


def undirected(rows: IntVector, columns: IntVector, size: int) -> sparse.csr_array:
    """Links without direction: i and j are linked when either lists the other.

    Parameters
    ----------
    rows, columns : (m,)
        Ends of links, sorted by row, then column; repetitions are allowed, self-links are not.
    size : int
        N.
    """
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 0)
    one_way = from_sorted(rows[first], columns[first], np.ones(int(first.sum())), size)
    return sparse.csr_array(one_way + transposed(one_way))
