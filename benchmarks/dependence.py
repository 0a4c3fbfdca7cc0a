"""Seconds that each dependence takes at sizes of real data, beside what else one could run.

    python benchmarks/dependence.py            # all, about two minutes
    python benchmarks/dependence.py conley     # cases whose name contains a word

Every line is one covariance of five coefficients from given influence functions, best of three:
seconds to bind the data, seconds to sum over all pairs of rows, seconds of all cores together. On
a machine that does other work at the same time the last is the one to compare. Peers run in the
same process on the same arrays, and on a smaller size where they cannot hold the full one.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree

import spillover as sp
from spillover.networks.build import assemble
from spillover.numerics.cells import unit_vectors
from spillover.numerics.grid import EARTH_RADIUS

K = 5


@dataclass(frozen=True)
class Timing:
    """Seconds of the parts of one covariance, best of three, and of all cores together."""

    bind: float
    sum: float
    cpu: float
    meat: np.ndarray


def panel_of(n: int, columns: dict[str, np.ndarray], name: str = "firm_id") -> sp.Sample:
    """A cross-section of n firms."""
    frame = pd.DataFrame({name: np.char.mod("F%07d", np.arange(n)), "year": 2020, **columns})
    return sp.Sample.of(sp.Panel.of(frame, name))


def timed(vcov: object, sample: sp.Sample, psi: np.ndarray) -> Timing:
    """Bind and sum three times; the fastest, since other work may share the machine."""
    runs = []
    for _ in range(3):
        start, cpu = time.perf_counter(), time.process_time()
        parts = vcov.parts(sample)
        bound = time.perf_counter()
        meat = sum(part.sign * part.kernel.sum(psi) for part in parts)
        end, spent = time.perf_counter(), time.process_time() - cpu
        runs.append(Timing(bound - start, end - bound, spent, meat))
    return min(runs, key=lambda run: run.bind + run.sum)


def show(name: str, ours: Timing, target: float | None = None, peers: str = "") -> None:
    """One line of the table."""
    wanted = "" if target is None else f" (target {target:g})"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"{name:<50}{ours.bind:6.2f} +{ours.sum:6.2f} s{wanted:<13} cpu {ours.cpu:6.2f} s"
        f"  peak {memory:.1f} GB{peers and '  ' + peers}",
        flush=True,
    )


def against(ours: Timing, label: str, peer: Callable[[], np.ndarray]) -> str:
    """Seconds of a peer, its ratio to ours, and whether it agrees."""
    start = time.perf_counter()
    other = peer()
    seconds = time.perf_counter() - start
    apart = np.max(np.abs(other - ours.meat)) / np.max(np.abs(other))
    ratio = seconds / (ours.bind + ours.sum)
    return f"{label} {seconds:.2f} s = {ratio:.1f} x ours (apart {apart:.0e})"


def square(n: int, cutoff: float, neighbors: float, rng: np.random.Generator) -> np.ndarray:
    """Latitudes and longitudes with a given mean number of points within the cut-off."""
    side = np.sqrt(n * np.pi * cutoff**2 / neighbors) / 111.2
    latitude = 35.0 + rng.uniform(0, side, n)
    return np.stack((latitude, 135.0 + rng.uniform(0, side, n) / np.cos(np.radians(latitude))))


def tree(places: np.ndarray, cutoff: float, psi: np.ndarray) -> np.ndarray:
    """The usual way: a k-d tree, all pairs stored in a sparse matrix."""
    points = unit_vectors(*places)
    chord = 2 * np.sin(cutoff / 2 / EARTH_RADIUS)
    near = cKDTree(points).sparse_distance_matrix(cKDTree(points), chord, output_type="coo_matrix")
    distance = 2 * EARTH_RADIUS * np.arcsin(near.data / 2)
    return psi.T @ (sparse.csr_array((1 - distance / cutoff, near.coords), shape=near.shape) @ psi)


def conley(rng: np.random.Generator) -> None:
    """Points with 1,076 and 430 neighbours, as in a country of firms."""
    for n, cutoff, neighbors, target in ((100_000, 50, 1076, 1.5), (1_000_000, 10, 430, 5.0)):
        places, psi = square(n, cutoff, neighbors, rng), rng.standard_normal((n, K))
        sample = panel_of(n, {"latitude": places[0], "longitude": places[1]})
        for kernel in ("uniform", "bartlett", "spherical"):
            ours = timed(sp.Conley(cutoff, "all", kernel), sample, psi)
            show(f"Conley {n:,} points, {cutoff} km, {kernel}", ours, target)


def conley_peer(rng: np.random.Generator) -> None:
    """A size at which all pairs still fit in memory."""
    n, cutoff = 30_000, 50
    places, psi = square(n, cutoff, 1076, rng), rng.standard_normal((n, K))
    sample = panel_of(n, {"latitude": places[0], "longitude": places[1]})
    ours = timed(sp.Conley(cutoff, "all"), sample, psi)
    peer = against(ours, "k-d tree and sparse matrix", lambda: tree(places, cutoff, psi))
    show(f"Conley {n:,} points, {cutoff} km, bartlett", ours, None, peer)


def conley_panel(rng: np.random.Generator) -> None:
    """Distances are computed once for all years."""
    n, years = 20_000, 10
    places = square(n, 20, 100, rng)
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat(np.char.mod("F%07d", np.arange(n)), years),
            "year": np.tile(np.arange(2011, 2021), n),
            "latitude": np.repeat(places[0], years),
            "longitude": np.repeat(places[1], years),
        }
    )
    sample, psi = sp.Sample.of(sp.Panel.of(frame)), rng.standard_normal((n * years, K))
    for vcov in (
        sp.Conley(20, "same_period"),
        sp.Conley(20, "same_period") | sp.Cluster("firm_id"),
        sp.Conley(20, "lags", lags=2),
    ):
        name = "| Cluster(firm)" if hasattr(vcov, "of") else vcov.across
        show(f"Conley 200,000 firm-years, 20 km, {name}", timed(vcov, sample, psi))


def chunked(graph: sparse.csr_array, psi: np.ndarray, rows: int = 20_000) -> np.ndarray:
    """Reach two by sparse products over blocks of firms, without compiled searches."""
    total = np.zeros((K, K))
    pattern = graph.astype(bool).astype(np.float64)
    for start in range(0, graph.shape[0], rows):
        block = pattern[start : start + rows]
        two = block @ pattern + block
        two.data[:] = 1.0
        weights = two + block  # 1/3 at length two, 2/3 at length one
        own = sparse.csr_array(
            (
                np.ones(block.shape[0]),
                (np.arange(block.shape[0]), np.arange(block.shape[0]) + start),
            ),
            shape=block.shape,
        )
        weights = weights - weights.multiply(own)
        spread = (weights @ psi) / 3 + psi[start : start + rows]
        total += psi[start : start + rows].T @ spread
    return total


def network(rng: np.random.Generator) -> None:
    """A random network in which firms have ten partners on average."""
    for n in (100_000, 1_000_000):
        src, dst = rng.integers(0, n, (2, 5 * n))
        kept = src != dst
        names = list(np.char.mod("F%07d", np.arange(n)))
        net = assemble("supply", names, [2020], src[kept], dst[kept])
        sample = sp.Sample.of(panel_of(n, {}).panel, networks=[net])
        psi = rng.standard_normal((n, K))
        for bandwidth, target in ((1, 0.5), (2, 10.0)):
            vcov = sp.NetworkHAC("supply", bandwidth)
            start = time.perf_counter()
            vcov.bind(sample)
            peers = f"first bind {time.perf_counter() - start:.2f} s"
            ours = timed(vcov, sample, psi)
            if bandwidth == 2 and n == 100_000:
                graph = vcov.bind(sample).kernel.unit_kernel.graph
                peers = against(ours, "chunked sparse products", lambda: chunked(graph, psi))  # noqa: B023
            goal = target if n == 1_000_000 else None
            show(f"NetworkHAC {n:,} firms, bandwidth {bandwidth}", ours, goal, peers)
        ours = timed(sp.NetworkHAC("supply", 2, kernel="overlap"), sample, psi)
        show(f"NetworkHAC {n:,} firms, overlap, bandwidth 2", ours)


def loop_over_firms(first: np.ndarray, second: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """One cluster sum per firm, less the repeated pairs, as user code often has it."""
    total = np.zeros((K, K))
    for firm in np.unique(np.concatenate((first, second))):
        u = psi[(first == firm) | (second == firm)].sum(axis=0)
        total += np.outer(u, u)
    frame = pd.DataFrame(psi).groupby([np.minimum(first, second), np.maximum(first, second)]).sum()
    return total - frame.to_numpy().T @ frame.to_numpy()


def dyadic(rng: np.random.Generator) -> None:
    """Directed pairs of firms."""
    for n, firms, target in ((20_000, 2_000, None), (1_000_000, 100_000, 0.3)):
        first = rng.integers(0, firms, n)
        second = (first + rng.integers(1, firms, n)) % firms
        sample, psi = panel_of(n, {"i": first, "j": second}, "row"), rng.standard_normal((n, K))
        vcov = sp.Dyadic("i", "j")
        ours = timed(vcov, sample, psi)
        peers = ""
        if n == 20_000:
            peers = against(ours, "loop over firms", lambda: loop_over_firms(first, second, psi))  # noqa: B023
        show(f"Dyadic {n:,} pairs of {firms:,} firms", ours, target, peers)


def clusters(rng: np.random.Generator) -> None:
    """Three ways at once, seven terms."""
    n = 1_000_000
    columns = {"firm": rng.integers(0, 100_000, n), "region": rng.integers(0, 1700, n)}
    columns["industry"] = rng.integers(0, 500, n)
    sample, psi = panel_of(n, columns, "row"), rng.standard_normal((n, K))
    for name in columns:
        sample.codes(name)
    vcov = sp.Cluster("firm") | sp.Cluster("region") | sp.Cluster("industry")

    def frames() -> np.ndarray:
        total, data = np.zeros((K, K)), pd.DataFrame(psi)
        for names in (*[(c,) for c in columns], ("firm", "region"), ("firm", "industry"),
                      ("region", "industry"), tuple(columns)):  # fmt: skip
            sums = data.groupby([columns[c] for c in names], sort=False).sum().to_numpy()
            total += (-1) ** (len(names) + 1) * sums.T @ sums
        return total

    ours = timed(vcov, sample, psi)
    show("Cluster three ways, 1,000,000 rows", ours, 1.0, against(ours, "pandas groupby", frames))


def serial(rng: np.random.Generator) -> None:
    """A long panel of firms."""
    n, years = 100_000, 10
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat(np.char.mod("F%07d", np.arange(n)), years),
            "year": np.tile(np.arange(2011, 2021), n),
        }
    )
    sample, psi = sp.Sample.of(sp.Panel.of(frame)), rng.standard_normal((n * years, K))
    for vcov in (sp.NeweyWest(2), sp.DriscollKraay(2)):
        show(f"{type(vcov).__name__} 1,000,000 firm-years, 2 lags", timed(vcov, sample, psi))


CASES = (clusters, dyadic, serial, conley, network, conley_panel, conley_peer)


def main() -> None:
    """Run the cases whose name contains the word, compiled code loaded before the clock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--seed", type=int, default=20251205)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    warm_up(rng)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(f"{os.cpu_count()} cores, load {load} before the start; {K} coefficients")
    for case in CASES:
        if options.word in case.__name__:
            case(rng)


def warm_up(rng: np.random.Generator) -> None:
    """Load compiled code from its cache, or compile it once."""
    places, psi = square(500, 10, 20, rng), rng.standard_normal((500, K))
    columns = {"latitude": places[0], "longitude": places[1], "group": rng.integers(0, 9, 500)}
    flat = panel_of(500, columns)
    names = list(flat.panel.units)
    net = assemble("supply", names, [2020], np.arange(0, 498), np.arange(1, 499))
    sample = sp.Sample.of(flat.panel, networks=[net])
    for vcov in (sp.Conley(10, "all"), sp.NetworkHAC("supply", 2), sp.Cluster("group")):
        timed(vcov, sample, psi)


if __name__ == "__main__":
    main()
