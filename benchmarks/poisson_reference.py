"""How often intervals of clustered Poisson regressions hold the truth, by t and by the normal.

python benchmarks/poisson_reference.py [draws]
"""

import sys

import numpy as np
import pandas as pd

import spillover as sp
from spillover.numerics.tails import critical

DESIGN = sp.PoissonFixedEffects.formula("count ~ x | year")


def world(clusters: int, rng: np.random.Generator) -> pd.DataFrame:
    """Four firms per cluster, five years; regressor and mean share a part within clusters."""
    n = 20 * clusters
    cluster = np.repeat(np.arange(clusters), 20)
    x = 0.7 * rng.normal(size=clusters)[cluster] + 0.7 * rng.normal(size=n)
    common = 0.4 * rng.normal(size=clusters)[cluster]
    return pd.DataFrame(
        {
            "firm_id": np.repeat(np.arange(4 * clusters), 5).astype(str),
            "year": np.tile(np.arange(2000, 2005), 4 * clusters),
            "region": cluster.astype(str),
            "x": x,
            "count": rng.poisson(np.exp(1 + 0.3 * x + common)),
        }
    )


def main() -> None:
    """Print the table."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    print(f"{'clusters':>8} {'draws':>6} {'normal':>7} {'t':>7}")
    for clusters in (12, 30):
        held = np.zeros(2)
        for seed in range(draws):
            sample = sp.Sample.of(sp.Panel.of(world(clusters, np.random.default_rng(seed))))
            fit = sp.estimate(sample, DESIGN, vcov=sp.Cluster("region"))
            gap = abs(fit.beta[0] - 0.3) / fit.std_errors[0]
            held += [gap < critical(0.95, df) for df in (np.inf, clusters - 1)]
        normal, t = held / draws
        print(f"{clusters:8} {draws:6} {normal:7.1%} {t:7.1%}")


if __name__ == "__main__":
    main()
