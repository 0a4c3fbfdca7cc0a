"""Wild cluster bootstrap of one coefficient, 9,999 draws, 1,000 clusters, up to a million rows.

    python benchmarks/wild.py

Firm and year effects are absorbed; clusters are 1,000 regions, in which firms are nested and
years are not. Time is counted from the absorbed solution to p-value and interval. Where
wildboottest is installed it runs beside on the arrays after absorption, which ignores that year
effects must be absorbed again in every draw.
"""

import time

import numpy as np
import pandas as pd

from spillover.designs.fixed_effects import FixedEffects
from spillover.inference.covariance import covariance
from spillover.inference.wild import WildCluster
from spillover.sample import Sample
from spillover.tables.panel import Panel

DRAWS = 9_999
CLUSTERS = 1_000
PROMISE = 2.0
"""Seconds at a million rows."""


def panel(n: int, years: int = 10) -> Sample:
    rng = np.random.default_rng(n)
    firms = n // years
    region = rng.integers(0, CLUSTERS, firms)
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat(np.arange(firms), years).astype(str),
            "year": np.tile(np.arange(2001, 2001 + years), firms),
            "region": np.repeat(region, years),
            "x1": rng.normal(size=n),
            "x2": rng.normal(size=n),
        }
    )
    common = rng.normal(size=(CLUSTERS, years))[frame["region"], frame["year"] - 2001]
    frame["y"] = 0.01 * frame["x1"] + common * frame["x1"] + rng.normal(size=n)
    return Sample.of(Panel.of(frame))


def peer(solution: object, codes: np.ndarray) -> float | None:
    try:
        from wildboottest.wildboottest import WildboottestCL
    except ImportError:
        return None
    start = time.perf_counter()
    boot = WildboottestCL(
        X=solution.linear.X, Y=solution.linear.y, cluster=codes,
        R=np.array([1.0, 0.0]), B=DRAWS, seed=1,
    )  # fmt: skip
    boot.get_scores(bootstrap_type="11", impose_null=True, adj=True, cluster_adj=True)
    boot.get_weights(weights_type="rademacher")
    boot.get_numer()
    boot.get_denom()
    boot.get_tboot()
    boot.get_vcov()
    boot.get_tstat()
    boot.get_pvalue()
    return time.perf_counter() - start


def main() -> None:
    print(f"{'rows':>10} {'clusters':>9} {'draws':>7} {'seconds':>8} {'peer':>8} {'ratio':>6}")
    for n in (10_000, 100_000, 1_000_000):
        sample = panel(n)
        design = FixedEffects("y", ("x1", "x2"), ("firm_id", "year"))
        solution = design.solve(sample)
        kept = sample.take(solution.rows)
        spec = WildCluster("region", draws=DRAWS, coefficients=("x1",))
        start = time.perf_counter()
        found = covariance(solution, kept, spec)
        seconds = time.perf_counter() - start
        other = peer(solution, kept.codes("region")[0])
        words = f"{'-':>8} {'-':>6}" if other is None else f"{other:8.2f} {seconds / other:6.2f}"
        print(f"{n:10,} {found.clusters:9,} {DRAWS:7,} {seconds:8.2f} {words}")
        assert n < 1_000_000 or seconds < PROMISE


if __name__ == "__main__":
    main()
