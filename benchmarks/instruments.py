"""Two-stage least squares beside pyfixest: CPU and wall seconds, medians, ratios, memory.

    python benchmarks/instruments.py [--rows 10000 100000 1000000] [--repeat 3]

One endogenous regressor, two instruments, three controls, errors clustered by firm. Both start
from the same frame; the panel of the first is built once and its time is in a column of its own.
CPU seconds count all threads. Memory is the greatest amount in use during the estimation, relative
to the seven columns of the model in double precision. Coefficients and standard errors of the two
must agree.
"""

import argparse
import tracemalloc
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyfixest
from clock import seconds

import spillover as sp

EFFECTS = ("firm_id", "firm_id + year", "firm_id + industry^year")
COLUMNS = 7
AGREEMENT = 1e-8
"""Relative difference between coefficients, and between standard errors, that is accepted."""


def memory(task: Callable[[], object]) -> float:
    """Greatest number of bytes in use above the start."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    task()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - before


def panel_frame(n: int, seed: int = 0, years: int = 10) -> pd.DataFrame:
    """A balanced panel of firms with an endogenous regressor."""
    rng = np.random.default_rng(seed)
    firms = n // years
    firm = np.repeat(np.arange(firms), years)
    frame = pd.DataFrame(
        {
            "firm_id": firm,
            "year": np.tile(np.arange(2000, 2000 + years), firms),
            "industry": rng.integers(0, 20, firms)[firm],
        }
    )
    for name in ("x1", "x2", "x3", "z1", "z2"):
        frame[name] = rng.normal(size=len(frame)) + firm / firms
    shock = rng.normal(size=len(frame))
    frame["d"] = frame["z1"] + 0.5 * frame["z2"] + 0.3 * frame["x1"] + shock
    frame["d"] += rng.normal(size=len(frame))
    frame["y"] = 0.5 * frame["d"] + frame["x1"] + frame["x2"] + shock
    return frame


def compared(n: int, repeat: int) -> None:
    """One line for each set of effects."""
    frame = panel_frame(n)
    build = seconds(lambda: sp.Sample.of(sp.Panel.of(frame)), 1)[0]
    sample = sp.Sample.of(sp.Panel.of(frame))
    for effects in EFFECTS:
        formula = f"y ~ x1 + x2 + x3 | {effects} | d ~ z1 + z2"
        design = sp.InstrumentalVariables.formula(formula)

        def own(design: object = design) -> sp.Estimate:
            return sp.estimate(sample, design, sp.Cluster("firm_id"))

        def peer(formula: str = formula) -> object:
            return pyfixest.feols(formula, frame, vcov={"CRV1": "firm_id"}, fixef_rm="singleton")

        agree(own(), peer())
        ours, theirs = seconds(own, repeat), seconds(peer, repeat)
        size = memory(own) / (8 * COLUMNS * n)
        print(
            f"{n:>9,d}  {effects:26s} {ours[0]:6.2f} {theirs[0]:6.2f} {ours[0] / theirs[0]:6.2f}"
            f"   {ours[1]:6.2f} {theirs[1]:6.2f} {ours[1] / theirs[1]:6.2f}   {build:6.2f}"
            f"   {size:4.1f}"
        )


def agree(ours: sp.Estimate, theirs: object) -> None:
    """Stop when coefficients or standard errors differ."""
    names = list(ours.names)
    pairs = (ours.beta, theirs.coef()[names]), (ours.std_errors, theirs.se()[names])
    for own, peer in pairs:
        np.testing.assert_allclose(own, peer, rtol=AGREEMENT)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    compared(2_000, 1)  # compile and load before the clock starts
    header = f"{'rows':>9s}  {'effects':26s} {'CPU':>6s} {'peer':>6s} {'ratio':>6s}"
    tail = f"{'wall':>6s} {'peer':>6s} {'ratio':>6s}   {'panel':>6s}   memory"
    print(f"\n{header}   {tail}")
    for n in options.rows:
        compared(n, options.repeat)


if __name__ == "__main__":
    main()
