"""How often 95 % intervals hold the truth when errors really have the dependence they allow for.

    python benchmarks/interval_coverage.py --draws 1000            # every dependence, some minutes
    python benchmarks/interval_coverage.py --draws 1000 conley     # names that contain a word

In every world the regressor and the error share one structure of dependence and are otherwise
unrelated, and the slope is one. The naive interval treats rows, or clusters in one direction, as
independent. With 1,000 draws the standard error of a coverage of 95 % is 0.7 points.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

import spillover as sp
from spillover.networks.build import assemble
from spillover.numerics.cells import unit_vectors
from spillover.numerics.grid import Near

Draw = Callable[[np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class World:
    """A fixed sample, a way to draw one column with the dependence, and what is compared."""

    sample: sp.Sample
    column: Draw
    naive: object
    robust: object
    formula: str = "y ~ x"
    heteroskedastic: bool = False


def panel(units: int, years: int, **columns: np.ndarray) -> sp.Panel:
    """A balanced panel, rows sorted by unit and year."""
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat(np.char.mod("F%05d", np.arange(units)), years),
            "year": np.tile(np.arange(2000, 2000 + years), units),
            **columns,
        }
    )
    return sp.Panel.of(frame)


def moving_average(z: np.ndarray, terms: int) -> np.ndarray:
    """Sums of consecutive draws along the last axis."""
    return sum(z[..., i : z.shape[-1] - terms + 1 + i] for i in range(terms))


def heteroskedastic() -> World:
    """Errors that are larger where the regressor is."""
    sample = sp.Sample.of(panel(400, 1))
    return World(
        sample,
        lambda rng: rng.normal(size=400),
        sp.Homoskedastic(),
        sp.Heteroskedastic("HC1"),
        heteroskedastic=True,
    )


def one_way() -> World:
    """Common shocks of firms."""
    firms, years = 120, 10
    sample = sp.Sample.of(panel(firms, years))

    def column(rng: np.random.Generator) -> np.ndarray:
        return (rng.normal(size=(firms, 1)) + rng.normal(size=(firms, years))).ravel()

    return World(sample, column, sp.Heteroskedastic(), sp.Cluster("firm_id"))


def two_ways() -> World:
    """Common shocks of firms and of years."""
    firms, years = 80, 80
    sample = sp.Sample.of(panel(firms, years))

    def column(rng: np.random.Generator) -> np.ndarray:
        common = rng.normal(size=(firms, 1)) + rng.normal(size=(1, years))
        return (common + rng.normal(size=(firms, years))).ravel()

    both = sp.Cluster("firm_id") | sp.Cluster("year")
    return World(sample, column, sp.Cluster("firm_id"), both)


def newey_west() -> World:
    """Moving averages of three years within firms."""
    firms, years = 40, 60
    sample = sp.Sample.of(panel(firms, years))

    def column(rng: np.random.Generator) -> np.ndarray:
        return moving_average(rng.normal(size=(firms, years + 2)), 3).ravel()

    return World(sample, column, sp.Heteroskedastic(), sp.NeweyWest(16))


def driscoll_kraay() -> World:
    """Shocks common to all firms that last three years."""
    firms, years = 4, 1200
    sample = sp.Sample.of(panel(firms, years))

    def column(rng: np.random.Generator) -> np.ndarray:
        common = moving_average(rng.normal(size=(1, years + 2)), 3)
        return (common + rng.normal(size=(firms, years))).ravel()

    return World(sample, column, sp.Cluster("year"), sp.DriscollKraay(16))


def scattered(firms: int, seed: int = 3) -> np.ndarray:
    """(2, firms) latitudes and longitudes over an area of 2,000 by 2,000 kilometres."""
    rng = np.random.default_rng(seed)
    latitude = rng.uniform(-9, 9, firms)
    return np.stack((latitude, rng.uniform(-9, 9, firms)))


def discs(places: np.ndarray, radius: float) -> sparse.csr_array:
    """Which of the sources of a fine grid lie within a radius of each place."""
    step = np.arange(-9.6, 9.6, radius / 111.2 / 1.5)
    grid = np.stack([side.ravel() for side in np.meshgrid(step, step)])
    points = unit_vectors(*np.hstack((places, grid)))
    near = Near(points, radius, "uniform", np.zeros(len(points), dtype=int)).stored()
    return sparse.csr_array(near[: places.shape[1], places.shape[1] :])


def conley() -> World:
    """Shocks that reach 40 kilometres, so that firms 80 kilometres apart share some."""
    firms, places = 3000, scattered(3000)
    sample = sp.Sample.of(panel(firms, 1, latitude=places[0], longitude=places[1]))
    reach = discs(places, 40.0)

    def column(rng: np.random.Generator) -> np.ndarray:
        return reach @ rng.normal(size=reach.shape[1])

    return World(sample, column, sp.Heteroskedastic(), sp.Conley(80, "same_period", "uniform"))


def conley_or_firm() -> World:
    """Local shocks within a year, and shocks of firms that last."""
    firms, years, places = 1500, 4, scattered(1500)
    repeated = np.repeat(places, years, axis=1)
    sample = sp.Sample.of(panel(firms, years, latitude=repeated[0], longitude=repeated[1]))
    reach = discs(places, 60.0)
    scale = np.sqrt(np.diff(reach.indptr).mean())

    def column(rng: np.random.Generator) -> np.ndarray:
        local = reach @ rng.normal(size=(reach.shape[1], years)) / scale
        return (1.5 * local + rng.normal(size=(firms, 1))).ravel()

    union = sp.Conley(300, "same_period") | sp.Cluster("firm_id")
    return World(sample, column, sp.Cluster("firm_id"), union)


def network_hac() -> World:
    """Shocks that reach direct partners, so that partners of partners share some."""
    firms, rng = 2000, np.random.default_rng(5)
    src, dst = rng.integers(0, firms, (2, 3000))
    kept = src != dst
    flat = panel(firms, 1)
    net = assemble("supply", list(flat.units), [2000], src[kept], dst[kept])
    sample = sp.Sample.of(flat, networks=[net])
    links = net.at(2000)
    symmetric = ((links + links.T) > 0).astype(np.float64)

    def column(rng: np.random.Generator) -> np.ndarray:
        z = rng.normal(size=firms)
        return z + symmetric @ z

    hac = sp.NetworkHAC("supply", 2, kernel="uniform")
    return World(sample, column, sp.Heteroskedastic(), hac)


def dyadic() -> World:
    """Shocks of both firms of a pair."""
    firms, pairs, rng = 300, 6000, np.random.default_rng(9)
    first = rng.integers(0, firms, pairs)
    second = (first + rng.integers(1, firms, pairs)) % firms
    sample = sp.Sample.of(panel(pairs, 1, first=first, second=second))

    def column(rng: np.random.Generator) -> np.ndarray:
        shock = rng.normal(size=firms)
        return shock[first] + shock[second] + rng.normal(size=pairs)

    both = sp.Cluster("first") | sp.Cluster("second")
    return World(sample, column, both, sp.Dyadic("first", "second"))


WORLDS: dict[str, Callable[[], World]] = {
    "heteroskedastic": heteroskedastic,
    "cluster": one_way,
    "two-way cluster": two_ways,
    "newey-west": newey_west,
    "driscoll-kraay": driscoll_kraay,
    "conley": conley,
    "conley or firm": conley_or_firm,
    "network hac": network_hac,
    "dyadic": dyadic,
}


@dataclass(frozen=True)
class Coverage:
    """Shares of draws whose interval holds the truth."""

    naive: float
    robust: float
    draws: int
    seconds: float

    def line(self, name: str) -> str:
        """One line of the table."""
        return (
            f"{name:<18}{self.naive:>9.1%}{self.robust:>9.1%}{self.draws:>8,}{self.seconds:>8.0f} s"
        )


def coverage(world: World, draws: int, seed: int) -> Coverage:
    """Draw regressor and error, estimate, and count the intervals that hold the slope of one."""
    start, held = time.perf_counter(), np.zeros(2)
    design = sp.FixedEffects.formula(world.formula)
    for rng in np.random.default_rng(seed).spawn(draws):
        x, e = world.column(rng), world.column(rng)
        e = e * np.abs(x) if world.heteroskedastic else e
        columns = {"x": x, "y": 2.0 + x + e}
        sample = sp.Sample.of(
            world.sample.panel.with_columns(columns), networks=world.sample.networks
        )
        first = sp.estimate(sample, design, vcov=world.naive)
        for at, result in enumerate((first, sp.infer(first, world.robust))):
            low, high = result.confint().loc["x"]
            held[at] += low <= 1.0 <= high
    naive, robust = held / draws
    return Coverage(naive, robust, draws, time.perf_counter() - start)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20251205)
    options = parser.parse_args()
    print(f"{'errors':<18}{'naive':>9}{'robust':>9}{'draws':>8}")
    for name, make in WORLDS.items():
        if options.word in name:
            print(coverage(make(), options.draws, options.seed).line(name), flush=True)


if __name__ == "__main__":
    main()
