"""A small unbalanced panel, and kernels between all its rows written out pair by pair."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import asin, cos, pi, radians, sin, sqrt

import numpy as np
import pandas as pd
import pytest

from spillover.networks.build import assemble
from spillover.networks.network import Network
from spillover.sample import Sample
from spillover.tables.panel import Panel

FIRMS, YEARS = 32, (2001, 2002, 2003, 2005)


def small_network(rng: np.random.Generator) -> Network:
    """Links that come and go among more firms than the sample has; some firms have none."""
    names = [f"F{i:02d}" for i in range(FIRMS + 8)]
    src, dst = rng.integers(0, FIRMS + 4, (2, 40))
    kept = src != dst
    start = rng.integers(2001, 2006, 40)
    end = np.minimum(start + rng.integers(0, 3, 40), 2005)
    return assemble(
        "supply",
        names,
        list(range(2001, 2006)),
        src[kept],
        dst[kept],
        start=start[kept],
        end=end[kept],
    )


@pytest.fixture(scope="session")
def world() -> Sample:
    """Firm-years with gaps, shared places, rows without a place, pairs of firms, a network."""
    rng = np.random.default_rng(7)
    n = FIRMS * len(YEARS)
    site = rng.integers(0, 20, FIRMS)
    latitude, longitude = rng.uniform(30, 36, 20)[site], rng.uniform(130, 137, 20)[site]
    latitude[3], longitude[5] = np.nan, np.nan
    ends = np.array([f"P{i}" for i in range(9)])[rng.integers(0, 9, (2, n))]
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i:02d}" for i in range(FIRMS)], len(YEARS)),
            "year": np.tile(YEARS, FIRMS),
            "industry": np.repeat(rng.integers(0, 4, FIRMS), len(YEARS)),
            "moving": rng.integers(0, 5, n),
            "latitude": np.repeat(latitude, len(YEARS)),
            "longitude": np.repeat(longitude, len(YEARS)),
            "first": ends[0],
            "second": ends[1],
            "x": rng.normal(size=n),
            "y": rng.normal(size=n),
        }
    )
    panel = Panel.of(frame[rng.uniform(size=n) < 0.85])
    return Sample.of(panel, networks=[small_network(rng)])


@dataclass(frozen=True)
class Oracle:
    """K_ij from the definition, one pair of rows at a time."""

    rows: list[dict]
    network: Network

    def matrix(self, entry: Callable[[dict, dict], float]) -> np.ndarray:
        n = len(self.rows)
        K = np.eye(n)
        for i in range(n):
            for j in range(i):
                K[i, j] = K[j, i] = entry(self.rows[i], self.rows[j])
        return K

    def same(self, *columns: str) -> np.ndarray:
        return self.matrix(lambda a, b: float(all(a[c] == b[c] for c in columns)))

    def serial(self, lags: int, *, within: bool) -> np.ndarray:
        return self.matrix(
            lambda a, b: bartlett(a, b, lags) * (not within or a["firm_id"] == b["firm_id"])
        )

    def conley(self, cutoff: float, across: str, shape: str, lags: int = 0) -> np.ndarray:
        def entry(a: dict, b: dict) -> float:
            near, years = spatial(a, b, cutoff, shape), a["year"] == b["year"]
            if across == "all":
                return near
            if across == "product":
                return near * bartlett(a, b, lags)
            own = across == "lags" and a["firm_id"] == b["firm_id"]
            return bartlett(a, b, lags) if own else near * years

        return self.matrix(entry)

    def steps(self, base_year: int | None) -> dict[str, dict[str, int]]:
        """Path lengths by breadth-first search from every firm."""
        partners: dict[str, set[str]] = {name: set() for name in self.network.firms}
        edges = self.network.edges
        for s, d, start, end in zip(edges.src, edges.dst, edges.start, edges.end, strict=True):
            if base_year is None or start <= base_year <= end:
                a, b = self.network.firms[s], self.network.firms[d]
                partners[a].add(b)
                partners[b].add(a)
        found = {}
        for source in partners:
            found[source] = {source: 0}
            queue = deque([source])
            while queue:
                here = queue.popleft()
                for there in partners[here] - found[source].keys():
                    found[source][there] = found[source][here] + 1
                    queue.append(there)
        return found

    def path(self, b: float, shape: str, lags: int | None, base_year: int | None) -> np.ndarray:
        steps = self.steps(base_year)

        def entry(p: dict, q: dict) -> float:
            length = steps[p["firm_id"]].get(q["firm_id"])
            weight = 0.0 if length is None else decay(shape, length / b)
            return weight * (1.0 if lags is None else bartlett(p, q, lags))

        return self.matrix(entry)

    def overlap(self, radius: int) -> np.ndarray:
        steps = self.steps(None)
        ball = {f: {g for g, d in found.items() if d <= radius} for f, found in steps.items()}

        def entry(p: dict, q: dict) -> float:
            one, two = ball[p["firm_id"]], ball[q["firm_id"]]
            return len(one & two) / sqrt(len(one) * len(two))

        return self.matrix(entry)

    def dyadic(self, lags: int | None = None) -> np.ndarray:
        def entry(a: dict, b: dict) -> float:
            shared = {a["first"], a["second"]} & {b["first"], b["second"]}
            return float(bool(shared) and (lags is None or abs(a["year"] - b["year"]) <= lags))

        return self.matrix(entry)


def bartlett(a: dict, b: dict, lags: int) -> float:
    return max(0.0, 1.0 - abs(a["year"] - b["year"]) / (lags + 1.0))


def decay(shape: str, x: float) -> float:
    if x > 1.0:
        return 0.0
    if shape == "parzen":
        return 1 - 6 * x**2 + 6 * x**3 if x <= 0.5 else 2 * (1 - x) ** 3
    return {"uniform": 1.0, "bartlett": 1.0 - x, "tukey": 0.5 * (1 + cos(pi * x))}[shape]


def haversine(a: dict, b: dict) -> float:
    """Kilometres between two places; infinite when one is unknown."""
    values = [radians(p[c]) for p in (a, b) for c in ("latitude", "longitude")]
    if any(value != value for value in values):  # noqa: PLR0124 - NaN differs from itself
        return float("inf")
    h = sin((values[2] - values[0]) / 2) ** 2
    h += cos(values[0]) * cos(values[2]) * sin((values[3] - values[1]) / 2) ** 2
    return 2 * 6371.01 * asin(min(1.0, sqrt(h)))


def spatial(a: dict, b: dict, cutoff: float, shape: str) -> float:
    d = haversine(a, b)
    if d > cutoff:
        return 0.0
    if shape in ("uniform", "bartlett"):
        return 1.0 if shape == "uniform" or d == 0.0 else 1.0 - d / cutoff
    r = sin(d / 2 / 6371.01) / sin(cutoff / 2 / 6371.01)
    return 1 - 1.5 * r + 0.5 * r**3 if shape == "spherical" else (1 - r) ** 4 * (4 * r + 1)


@pytest.fixture(scope="session")
def oracle(world: Sample) -> Oracle:
    return Oracle(world.panel.frame.iloc[world.rows].to_dict("records"), world.networks[0])


@pytest.fixture(scope="session")
def scores(world: Sample) -> np.ndarray:
    return np.random.default_rng(11).normal(size=(len(world), 3))


def kernel_sum(vcov: object, sample: Sample, a: np.ndarray) -> np.ndarray:
    """The signed sum of the terms of a dependence."""
    return sum(part.sign * part.kernel.sum(a) for part in vcov.parts(sample))


@pytest.fixture(scope="session")
def meat() -> Callable[[object, Sample, np.ndarray], np.ndarray]:
    return kernel_sum
