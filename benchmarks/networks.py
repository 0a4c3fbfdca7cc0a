"""Ego measures, chains and tiers at national scale, beside networkx in the same run.

    python -m pytest benchmarks/networks.py --benchmark-columns=min,rounds

200,000 firms with 1 million heavy-tailed links, and 1 million firms with 10 million. networkx runs
on a sample of nodes or on a small network; its time is scaled to all nodes in extra_info.
"""

import time
from functools import cache

import networkx as nx
import numpy as np
import pytest
from scipy import sparse

from spillover.networks.build import assemble
from spillover.networks.describe import describe, undirected
from spillover.networks.network import Network
from spillover.networks.propagate import katz
from spillover.numerics.brokers import brokerage
from spillover.numerics.csr import row_normalized, two_steps
from spillover.numerics.ego import core_numbers, egos
from spillover.numerics.tiers import second_tier

SIZES = [(20_000, 100_000), (200_000, 1_000_000), (1_000_000, 10_000_000)]
NONE = (np.zeros(0, np.int32),) * 3


@cache
def network(n: int, m: int) -> Network:
    rng = np.random.default_rng(n)
    partner = np.minimum(rng.pareto(1.2, m) * n / 2000, n - 1).astype(np.int32)
    firms = np.array([f"F{i:07d}" for i in range(n)], dtype=object)
    exposed = rng.integers(0, n, m, dtype=np.int32)
    shuffle = rng.permutation(n).astype(np.int32)
    return assemble("supply", firms, [2020], shuffle[partner], exposed, rng.random(m) + 0.1)


@cache
def ties(n: int, m: int) -> sparse.csr_array:
    return undirected(network(n, m), 2020)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    small = undirected(assemble("w", ["a", "b"], [2020], [0], [1]), 2020)
    egos(small)
    core_numbers(small)
    brokerage(small, np.zeros(2, np.int64))
    second_tier(small, np.zeros(2), NONE)


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.benchmark(group="constraint, effective size, triangles and bridges of all firms")
def test_ego_measures(benchmark, n: int, m: int) -> None:
    matrix = ties(n, m)
    benchmark.extra_info["largest degree"] = int(np.diff(matrix.indptr).max())
    benchmark.pedantic(egos, args=(matrix,), rounds=1)


@pytest.mark.benchmark(group="constraint, effective size, triangles and bridges of all firms")
def test_networkx_constraint_of_fifty_firms(benchmark) -> None:
    n, m = SIZES[0]
    graph = nx.from_scipy_sparse_array(ties(n, m))
    sample = np.random.default_rng(0).choice(n, 50, replace=False).tolist()
    found = benchmark.pedantic(
        nx.constraint, args=(graph, sample), kwargs={"weight": "weight"}, rounds=1
    )
    start = time.perf_counter()
    ours = egos(ties(n, m)).constraint
    ratio = benchmark.stats.stats.min * n / 50 / (time.perf_counter() - start)
    benchmark.extra_info["times as long for all firms"] = round(ratio)
    known = [i for i in sample if not np.isnan(found[i])]
    np.testing.assert_allclose(ours[known], [found[i] for i in known], rtol=1e-9)
    assert ratio > 100


@pytest.mark.benchmark(group="constraint, effective size, triangles and bridges of all firms")
def test_networkx_triangles_of_two_hundred_firms(benchmark) -> None:
    n, m = SIZES[1]
    graph = nx.from_scipy_sparse_array(ties(n, m))
    sample = np.random.default_rng(0).choice(n, 200, replace=False).tolist()
    found = benchmark.pedantic(nx.triangles, args=(graph, sample), rounds=1)
    start = time.perf_counter()
    ours = egos(ties(n, m)).closed
    ratio = benchmark.stats.stats.min * n / 200 / (time.perf_counter() - start)
    benchmark.extra_info["times as long for all firms"] = round(ratio)
    np.testing.assert_array_equal(ours[sample], [found[i] for i in sample])
    assert ratio > 100


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.benchmark(group="core numbers")
def test_cores(benchmark, n: int, m: int) -> None:
    benchmark.pedantic(core_numbers, args=(ties(n, m),), rounds=1)


@pytest.mark.parametrize(("n", "m"), SIZES[:2])
@pytest.mark.benchmark(group="brokerage")
def test_brokerage(benchmark, n: int, m: int) -> None:
    groups = (np.random.default_rng(1).random(n) < 0.05).astype(np.int64)
    benchmark.pedantic(brokerage, args=(network(n, m).at(2020), groups), rounds=1)


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.benchmark(group="page rank")
def test_page_rank(benchmark, n: int, m: int) -> None:
    benchmark.pedantic(describe, args=(network(n, m), ["page_rank"]), rounds=1)


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.benchmark(group="Katz to 1e-8")
def test_katz(benchmark, n: int, m: int) -> None:
    matrix = row_normalized(network(n, m).at(2020))
    values = np.random.default_rng(2).random(n)
    benchmark.pedantic(katz, args=(matrix, values, 0.5, 1e-8), rounds=3)
    assert benchmark.stats.stats.min < 2.0


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.benchmark(group="second tier by walks")
def test_walks(benchmark, n: int, m: int) -> None:
    matrix, values = network(n, m).at(2020), np.random.default_rng(2).random(n)
    benchmark.pedantic(two_steps, args=(matrix, values), rounds=3)
    assert benchmark.stats.stats.min < 1.0


@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.benchmark(group="exact second tier")
def test_exact_second_tier(benchmark, n: int, m: int) -> None:
    matrix, values = network(n, m).at(2020), np.random.default_rng(2).random(n)
    benchmark.pedantic(second_tier, args=(matrix, values, NONE), rounds=1)
    assert benchmark.stats.stats.min < 60.0
