"""Bounded searches against shortest paths between all pairs."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from spillover.errors import ResourceError
from spillover.numerics import links, parallel
from spillover.numerics.balls import (
    Balls,
    coverage,
    mean_path_length,
    members_of_balls,
    undirected,
)
from spillover.numerics.overlap import Overlap

WEIGHTS = np.array([1.0, 0.7, 0.4, 0.1])


def random_graph(seed: int, n: int = 50, m: int = 60) -> sparse.csr_array:
    ends = np.random.default_rng(seed).integers(0, n, (2, m))
    ends = ends[:, ends[0] != ends[1]]
    rows, columns = ends[:, np.lexsort((ends[1], ends[0]))]
    return undirected(rows, columns, n)


def path_lengths(graph: sparse.csr_array) -> np.ndarray:
    return sparse.csgraph.shortest_path(graph, directed=False, unweighted=True)


def weights_between(graph: sparse.csr_array, reach: int = 3) -> np.ndarray:
    lengths = path_lengths(graph)
    return np.where(lengths <= reach, WEIGHTS[np.minimum(lengths, reach).astype(int)], 0.0)


def test_links_lose_their_direction_and_their_repetitions() -> None:
    graph = undirected(np.array([0, 0, 1, 2]), np.array([1, 1, 0, 3]), 4)
    expected = np.zeros((4, 4))
    expected[[0, 1, 2, 3], [1, 0, 3, 2]] = 1
    np.testing.assert_array_equal(graph.toarray() != 0, expected != 0)


@given(seed=st.integers(0, 10**6), reach=st.integers(0, 3))
def test_sums_over_balls_are_sums_over_all_pairs(seed: int, reach: int) -> None:
    graph, x = random_graph(seed), np.random.default_rng(seed).normal(size=(50, 2, 3))
    balls = Balls(graph, WEIGHTS[: reach + 1], np.arange(50), np.zeros(50, dtype=np.int64))
    K = weights_between(graph, reach)
    expected = sum(x[:, s].T @ K @ x[:, s] for s in range(2))
    np.testing.assert_allclose(balls.cross(x, x), expected, atol=1e-10)
    np.testing.assert_array_equal(balls.stored().toarray(), K)
    rows, columns = np.indices(K.shape).reshape(2, -1)
    np.testing.assert_array_equal(balls.entries(rows, columns), K.ravel())
    assert balls.count(np.ones(50)) == np.count_nonzero(K)


@given(seed=st.integers(0, 10**6))
def test_units_are_parts_of_some_nodes_with_labels(seed: int) -> None:
    """Several units at a node, none at others, and only equal labels depend on each other."""
    rng, graph = np.random.default_rng(seed), random_graph(seed)
    parts = np.unique(rng.integers(0, 50, 70) * 4 + rng.integers(0, 4, 70))
    nodes, labels = parts // 4, parts % 4
    present, unit = np.unique(nodes, return_inverse=True)
    whole = Balls(graph, WEIGHTS, present, np.zeros(len(present), dtype=np.int64))
    fine = whole.refined(unit, labels)
    K = weights_between(graph)[np.ix_(nodes, nodes)] * (labels[:, None] == labels)
    x = rng.normal(size=(len(parts), 1, 2))
    np.testing.assert_allclose(fine.cross(x, x), x[:, 0].T @ K @ x[:, 0], atol=1e-10)
    np.testing.assert_array_equal(fine.stored().toarray(), K)
    rows, columns = np.indices(K.shape).reshape(2, -1)
    np.testing.assert_array_equal(fine.entries(rows, columns), K.ravel())


def test_refining_twice_is_refining_by_both_labels() -> None:
    graph = random_graph(3)
    balls = Balls(graph, WEIGHTS, np.arange(50), np.zeros(50, dtype=np.int64))
    first, second = np.arange(50) % 3, np.arange(50) % 2
    twice = balls.refined(np.arange(50), first).refined(np.arange(50), second)
    once = balls.refined(np.arange(50), first * 2 + second)
    np.testing.assert_array_equal(twice.stored().toarray(), once.stored().toarray())


@given(seed=st.integers(0, 10**6), reach=st.integers(1, 3))
def test_coverage_counts_balls_and_components(seed: int, reach: int) -> None:
    graph = random_graph(seed)
    lengths = path_lengths(graph)
    nodes = np.arange(0, 50, 2)
    found = coverage(graph, nodes, reach)
    ball = lengths[nodes] <= reach
    component = np.isfinite(lengths[nodes]).sum(axis=1)
    assert found.nodes == pytest.approx(ball.sum(axis=1).mean())
    assert found.present == pytest.approx(ball[:, nodes].sum(axis=1).mean())
    assert found.median_present == np.median(ball[:, nodes].sum(axis=1))
    assert found.covering == pytest.approx(np.mean(ball.sum(axis=1) > component / 2))


def test_balls_are_listed_with_path_lengths() -> None:
    graph = random_graph(8)
    ends, members, lengths = members_of_balls(graph, np.array([4, 9]), 2)
    distances = path_lengths(graph)
    for s, source in enumerate((4, 9)):
        part = slice(ends[s], ends[s + 1])
        assert sorted(members[part]) == list(np.flatnonzero(distances[source] <= 2))
        np.testing.assert_array_equal(lengths[part], distances[source, members[part]])


def test_the_mean_path_length_is_that_of_the_largest_component() -> None:
    graph = random_graph(2, m=70)
    peer = nx.from_scipy_sparse_array(graph)
    giant = peer.subgraph(max(nx.connected_components(peer), key=len))
    assert mean_path_length(graph) == pytest.approx(nx.average_shortest_path_length(giant))
    sampled = mean_path_length(graph, most=5)
    assert sampled == pytest.approx(nx.average_shortest_path_length(giant), rel=0.2)
    assert mean_path_length(random_graph(2, m=0)) == 0.0


@pytest.mark.parametrize("labelled", [False, True])
def test_the_number_of_threads_changes_no_bit(
    monkeypatch: pytest.MonkeyPatch, *, labelled: bool
) -> None:
    graph = random_graph(5, n=30_000, m=90_000)
    x = np.random.default_rng(5).normal(size=(30_000, 1, 2))
    labels = np.arange(30_000) % (3 if labelled else 1)
    balls = Balls(graph, WEIGHTS[:3], np.arange(30_000), labels)

    def total(count: int) -> np.ndarray:
        monkeypatch.setattr(parallel.os, "cpu_count", lambda: count)
        return balls.cross(x, x)

    np.testing.assert_array_equal(total(1), total(4))


def test_a_stored_matrix_of_too_many_pairs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MAX_PAIRS", 60)
    balls = Balls(random_graph(1), WEIGHTS, np.arange(50), np.zeros(50, dtype=np.int64))
    with pytest.raises(ResourceError, match="at most 60"):
        balls.stored()


@given(seed=st.integers(0, 10**6), own=st.booleans())
def test_overlap_is_the_product_of_memberships(seed: int, own: bool) -> None:  # noqa: FBT001
    rng = np.random.default_rng(seed)
    R = rng.uniform(size=(12, 5)) * (rng.uniform(size=(12, 5)) < 0.4)
    overlap, x = Overlap(sparse.csr_array(R), own), rng.normal(size=(12, 2, 2))
    K = R @ R.T
    if own:
        np.fill_diagonal(K, 1.0)
    expected = sum(x[:, s].T @ K @ x[:, s] for s in range(2))
    np.testing.assert_allclose(overlap.cross(x, x), expected, atol=1e-12)
    np.testing.assert_allclose(overlap.cross(x.copy(), x), expected, atol=1e-12)
    parts = np.unique(rng.integers(0, 12, 20) * 3 + rng.integers(0, 3, 20))
    fine = K[np.ix_(parts // 3, parts // 3)] * (parts % 3 == (parts % 3)[:, None])
    found = overlap.refined(parts // 3, parts % 3).stored().toarray()
    np.testing.assert_allclose(found, fine, atol=1e-14)
