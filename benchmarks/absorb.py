"""Fixed effects beside pyfixest: CPU and wall seconds, medians, ratios.

    python benchmarks/absorb.py [--rows 10000 100000 1000000] [--repeat 3]

Both estimate five regressors with errors clustered by firm and start from the same frame; the
panel of the first is built once and its time is in a column of its own. CPU seconds count all
threads. The last table removes six columns from a graph of buyers and suppliers in which
partners are near on a line, so that a path across it is long; alternating projections get twenty
times the CPU time there.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import pyfixest
import within
from clock import seconds

import spillover as sp
from spillover.numerics.absorb import absorb
from spillover.numerics.incidence import incidence

REGRESSORS = " + ".join(f"x{j}" for j in range(5))
EFFECTS = {
    "firm": "firm_id",
    "firm + year": "firm_id + year",
    "firm + industry^year + prefecture^year": "firm_id + industry^year + prefecture^year",
}


def panel_frame(n: int, seed: int = 0, years: int = 10) -> pd.DataFrame:
    """A balanced panel of firms with industries and prefectures."""
    rng = np.random.default_rng(seed)
    firms = n // years
    firm = np.repeat(np.arange(firms), years)
    frame = pd.DataFrame(
        {
            "firm_id": firm,
            "year": np.tile(np.arange(2000, 2000 + years), firms),
            "industry": rng.integers(0, 20, firms)[firm],
            "prefecture": rng.integers(1, 48, firms)[firm],
        }
    )
    for j in range(5):
        frame[f"x{j}"] = rng.normal(size=len(frame)) + firm / firms
    frame["y"] = frame[[f"x{j}" for j in range(5)]].sum(axis=1) + rng.normal(size=len(frame))
    return frame


def hard_graph(n: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Codes of buyers, suppliers and years; partners are at most ten places apart on a line."""
    rng = np.random.default_rng(seed)
    firms = n // 10
    buyer = rng.integers(0, firms, n)
    supplier = np.clip(buyer + rng.integers(-10, 11, n), 0, firms - 1)
    year = rng.integers(0, 10, n)
    return tuple(
        np.unique(c, return_inverse=True)[1].astype(np.int32) for c in (buyer, supplier, year)
    )


def estimation(n: int, repeat: int) -> None:
    """Whole estimations, clustered by firm."""
    frame = panel_frame(n)
    build = seconds(lambda: sp.Sample.of(sp.Panel.of(frame)), 1)[0]
    sample = sp.Sample.of(sp.Panel.of(frame))
    for label, effects in EFFECTS.items():
        formula = f"y ~ {REGRESSORS} | {effects}"
        design = sp.FixedEffects.formula(formula)
        ours = seconds(lambda d=design: sp.estimate(sample, d, sp.Cluster("firm_id")), repeat)
        theirs = seconds(
            lambda f=formula: pyfixest.feols(
                f, frame, vcov={"CRV1": "firm_id"}, fixef_rm="singleton"
            ),
            repeat,
        )
        print(
            f"{n:>9,d}  {label:40s} {ours[0]:6.2f} {theirs[0]:6.2f} {ours[0] / theirs[0]:6.2f}"
            f"   {ours[1]:6.2f} {theirs[1]:6.2f} {ours[1] / theirs[1]:6.2f}   {build:6.2f}"
        )


def alternating(columns: np.ndarray, effects: tuple[np.ndarray, ...], budget: float) -> str:
    """Alternating projections until group means are as small as ours, or the CPU budget is out."""
    left = columns - columns.mean(axis=0)
    dummies = [incidence((codes,), (int(codes.max()) + 1,)) for codes in effects]
    counts = [d.sum(axis=0)[:, None] for d in dummies]
    start, sweeps, residual = time.process_time(), 0, np.inf
    while residual > 1e-8 and time.process_time() - start < budget:
        for d, count in zip(dummies, counts, strict=True):
            left -= d @ ((d.T @ left) / count)
        sweeps += 1
        if sweeps % 10 == 0:
            means = [np.abs((d.T @ left) / c).max() for d, c in zip(dummies, counts, strict=True)]
            residual = max(means) / columns.std()
    spent = time.process_time() - start
    return f"{spent:6.2f} CPU, {sweeps:,} sweeps, group mean {residual:.0e}"


def graph(n: int) -> None:
    """The hard graph, verified, beside two peers: the solver underneath at its own default
    tolerance, and alternating projections with twenty times our CPU time.
    """
    effects = hard_graph(n)
    columns = np.random.default_rng(1).normal(size=(n, 6)) + effects[0][:, None] / n
    cpu, wall = seconds(lambda: absorb(columns, effects), 1)
    residual = absorb(columns[:, :1], effects).residual
    codes = np.asfortranarray(np.column_stack(effects).astype(np.uint32))
    plain = seconds(lambda: within.solve_batch(codes, np.asfortranarray(columns)), 1)
    print(
        f"{n:>9,d}  absorb {cpu:6.2f} CPU {wall:6.2f} wall, residual group mean {residual:.0e};"
        f"  within-py at 1e-8 {plain[0]:6.2f} CPU {plain[1]:6.2f} wall;"
        f"  alternating projections {alternating(columns, effects, 20 * cpu)}"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    estimation(2_000, 1)  # compile and load before the clock starts
    header = f"{'rows':>9s}  {'effects':40s} {'CPU':>6s} {'peer':>6s} {'ratio':>6s}"
    print(f"\n{header}   {'wall':>6s} {'peer':>6s} {'ratio':>6s}   {'panel':>6s}")
    for n in options.rows:
        estimation(n, options.repeat)
    print("\n     rows  buyers, suppliers and years on a long line")
    for n in options.rows:
        graph(n)


if __name__ == "__main__":
    main()
