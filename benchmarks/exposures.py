"""Matrix, first and second tier of a network, beside scipy, pandas and networkx in the same run.

    python -m pytest benchmarks/exposures.py --benchmark-columns=min,median,rounds

Firms listen to ten heavy-tailed partners each; the largest case has 1 million firms and
10 million links. Promises for it are asserted: the matrix of a year in under 2 s and 20 bytes a
link, the first tier in under 0.1 s once the matrix is there.
"""

from functools import cache

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.network import Network

SIZES = [10_000, 100_000, 1_000_000]
MEAN = Neighbors(isolates="missing", lag=0, exclude="self")


@cache
def codes(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Partner, exposed firm and weight of ten links per firm."""
    rng = np.random.default_rng(n)
    partner = np.minimum(rng.pareto(1.1, 10 * n) * n / 500, n - 1).astype(np.int32)
    return partner, rng.integers(0, n, 10 * n, dtype=np.int32), rng.random(10 * n) + 0.1


@cache
def network(n: int) -> Network:
    partner, exposed, weight = codes(n)
    firms = np.array([f"F{i:07d}" for i in range(n)], dtype=object)
    return assemble("supply", firms, [2020], partner, exposed, weight)


@cache
def shock(n: int) -> Shock:
    foreign = (np.random.default_rng(1).random((n, 1)) < 0.05).astype(float)
    return Shock("foreign", network(n).firms, network(n).years, foreign)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.benchmark(group="matrix of a year")
def test_matrix(benchmark, n: int) -> None:
    supply = network(n)

    def build() -> sparse.csr_array:
        supply.memo.clear()
        return supply.suppliers().at(2020)

    matrix = benchmark.pedantic(build, rounds=5)
    size = matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes
    benchmark.extra_info["bytes per link"] = round(size / matrix.nnz, 2)
    assert size <= 20 * matrix.nnz
    assert benchmark.stats.stats.median < 2.0


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.benchmark(group="matrix of a year")
def test_transposed_matrix(benchmark, n: int) -> None:
    supply = network(n)

    def build() -> sparse.csr_array:
        supply.memo.clear()
        return supply.customers().at(2020)

    benchmark.pedantic(build, rounds=5)
    assert benchmark.stats.stats.median < 2.0


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.benchmark(group="network from raw codes")
def test_network_from_codes(benchmark, n: int) -> None:
    partner, exposed, weight = codes(n)
    firms = network(n).firms

    def build() -> sparse.csr_array:
        return assemble("supply", firms, [2020], partner, exposed, weight).at(2020)

    benchmark.pedantic(build, rounds=2)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.benchmark(group="network from raw codes")
def test_scipy_matrix_from_codes(benchmark, n: int) -> None:
    partner, exposed, weight = codes(n)

    def build() -> sparse.csr_array:
        return sparse.coo_array((weight, (exposed, partner)), shape=(n, n)).tocsr()

    benchmark.pedantic(build, rounds=2)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.benchmark(group="first tier")
def test_first_tier(benchmark, n: int) -> None:
    supply, foreign = network(n).suppliers(), shock(n)
    expose(supply, foreign, MEAN)
    benchmark.pedantic(expose, args=(supply, foreign, MEAN), rounds=9)
    assert benchmark.stats.stats.min < 0.1


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.benchmark(group="first tier")
def test_scipy_first_tier(benchmark, n: int) -> None:
    matrix, values = network(n).suppliers().at(2020), shock(n).values[:, 0]

    def mean() -> np.ndarray:
        total = matrix.sum(axis=1)
        return np.where(total > 0, matrix @ values / np.where(total > 0, total, 1.0), np.nan)

    by_hand = benchmark.pedantic(mean, rounds=9)
    ours = expose(network(n).suppliers(), shock(n), MEAN).values[:, 0]
    np.testing.assert_allclose(ours, by_hand, rtol=1e-12)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.benchmark(group="first tier")
def test_pandas_first_tier(benchmark, n: int) -> None:
    edges = network(n).edges
    links = pd.DataFrame({"partner": edges.src, "firm": edges.dst, "w": edges.weight})
    values = pd.DataFrame({"partner": np.arange(n, dtype=np.int32), "g": shock(n).values[:, 0]})

    def mean() -> pd.Series:
        merged = links.merge(values, on="partner")
        merged["wg"] = merged["w"] * merged["g"]
        sums = merged.groupby("firm")[["wg", "w"]].sum()
        return sums["wg"] / sums["w"]

    benchmark.pedantic(mean, rounds=1)


@pytest.mark.benchmark(group="first tier")
def test_networkx_first_tier(benchmark) -> None:
    matrix, values = network(10_000).suppliers().at(2020), shock(10_000).values[:, 0]
    graph = nx.from_scipy_sparse_array(matrix, create_using=nx.DiGraph)

    def mean() -> list[float]:
        result = []
        for i in graph:
            weights = [(d["weight"], values[j]) for j, d in graph[i].items()]
            total = sum(w for w, _ in weights)
            result.append(sum(w * g for w, g in weights) / total if total else np.nan)
        return result

    benchmark.pedantic(mean, rounds=1)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.benchmark(group="second tier without own return")
def test_second_tier_by_walks(benchmark, n: int) -> None:
    spec = Neighbors(isolates="missing", lag=0, exclude="self", tier="walks")
    supply, foreign = network(n).suppliers(), shock(n)
    expose(supply, foreign, spec)
    benchmark.pedantic(expose, args=(supply, foreign, spec), rounds=3)


@pytest.mark.parametrize("n", SIZES[:2])
@pytest.mark.benchmark(group="exact second tier")
def test_exact_second_tier(benchmark, n: int) -> None:
    spec = Neighbors(isolates="missing", lag=0, exclude="self", tier=2)
    benchmark.pedantic(expose, args=(network(n).suppliers(), shock(n), spec), rounds=1)
