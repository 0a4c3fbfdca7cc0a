"""Bias and coverage of the recommended design, and of pooled least squares, over many economies.

    python benchmarks/monte_carlo_recommended.py --draws 200

Every draw is a new economy of 400 firms and 8 years with a spillover of 0.30 and firms sorted into
foreign customers. Both designs see what a data provider would see: lists of partners cut at 24,
accounts with measurement noise.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

import spillover as sp

ECONOMY = sp.Economy(firms=400, years=8, spillover=0.30, sorting=1.0)
RECOMMENDED = "log_tfp ~ backward + log1p(backward_degree) | firm_id + industry^year"
POOLED = "log_tfp ~ backward"


def domestic_sample(world: sp.SimulatedEconomy) -> sp.Sample:
    """Domestic firms with their productivity and their exposure to foreign customers."""
    tables = world.tables
    supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
    foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)
    lagged = sp.Neighbors(by="mean", lag=1, isolates="missing")
    backward = sp.expose(supply.customers(), foreign, lagged, name="backward")
    tfp = sp.measure(tables.panel, sp.SolowResidual())
    sample = sp.Sample.of(tables.panel, tfp, foreign, exposures=[backward], networks=[supply])
    return sample.where("foreign == 0")


def one_draw(formula: str) -> Callable[[np.random.Generator], tuple[float, float]]:
    """What a Monte Carlo calls: an economy in, an estimate and its standard error out."""
    design = sp.FixedEffects.formula(formula)

    def draw(rng: np.random.Generator) -> tuple[float, float]:
        sample = domestic_sample(sp.simulate(ECONOMY, rng))
        row = sp.estimate(sample, design, vcov=sp.Cluster("firm_id")).tidy().iloc[0]
        return float(row["estimate"]), float(row["std_error"])

    return draw


def main() -> None:
    """Print the table of each design."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20251205)
    options = parser.parse_args()
    for label, formula in (("recommended", RECOMMENDED), ("pooled", POOLED)):
        start = time.perf_counter()
        table = sp.monte_carlo(options.draws, options.seed, one_draw(formula), ECONOMY.spillover)
        print(f"{table.text(label)}\n  {formula}\n  {time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main()
