"""Coverage of 95 % intervals when errors have the dependence that is allowed for, and when not.

    python benchmarks/coverage_clusters.py [draws]

Each row is one economy drawn again and again with a slope of zero: the interval of the right
dependence must cover it in 93 to 96 % of the draws, and that of the naive one visibly fails.
"""

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd

from spillover.designs.fixed_effects import FixedEffects
from spillover.inference.cluster import Cluster
from spillover.inference.covariance import covariance
from spillover.inference.dependence import AnyOf
from spillover.inference.independent import Heteroskedastic
from spillover.inference.wild import WildCluster
from spillover.numerics.tails import critical
from spillover.sample import Sample
from spillover.tables.panel import Panel

Draw = Callable[[np.random.Generator], pd.DataFrame]


def frame(firms: int, years: int, x: np.ndarray, e: np.ndarray) -> pd.DataFrame:
    names = [f"F{i:03d}" for i in range(firms)]
    return pd.DataFrame(
        {
            "firm_id": np.repeat(names, years),
            "year": np.tile(np.arange(2000, 2000 + years), firms),
            "x": x.ravel(),
            "y": e.ravel(),
        }
    )


def variances(rng: np.random.Generator) -> pd.DataFrame:
    """Errors whose variance grows with the regressor."""
    x = rng.normal(size=(50, 8))
    return frame(50, 8, x, rng.normal(size=(50, 8)) * (0.2 + x**2))


def firms(rng: np.random.Generator) -> pd.DataFrame:
    """Regressor and error share a random walk within the firm."""
    x, e = (np.cumsum(rng.normal(size=(80, 8)), axis=1) for _ in range(2))
    return frame(80, 8, x, e)


def firms_and_years(rng: np.random.Generator) -> pd.DataFrame:
    """Regressor and error have firm and year components; neither is absorbed."""
    x, e = (
        rng.normal(size=(40, 1)) + rng.normal(size=(1, 40)) + rng.normal(size=(40, 40))
        for _ in range(2)
    )
    return frame(40, 40, x, e)


def regions(rng: np.random.Generator) -> pd.DataFrame:
    """Ten regions of unequal size; shocks of region and year in regressor and error."""
    region = np.repeat(np.arange(10), np.arange(5, 15))
    x, e = (rng.normal(size=(10, 6))[region] + rng.normal(size=(len(region), 6)) for _ in range(2))
    return frame(len(region), 6, x, e).assign(region=np.repeat(region, 6))


WILD = WildCluster("region", draws=399, weights="rademacher", coefficients=("x",))
TWO_WAY = AnyOf((Cluster("firm_id"), Cluster("year")))
ECONOMIES: dict[str, tuple[Draw, str, object, object]] = {
    "variances": (variances, "y ~ x | firm_id", Heteroskedastic("HC3"), "one variance"),
    "firms": (firms, "y ~ x | firm_id + year", Cluster("firm_id"), Heteroskedastic("HC1")),
    "firms and years": (firms_and_years, "y ~ x", TWO_WAY, Cluster("firm_id")),
    "ten regions": (regions, "y ~ x | firm_id + year", WILD, Cluster("firm_id")),
}


def covers(solution: object, sample: Sample, vcov: object) -> bool:
    if vcov == "one variance":
        from spillover.inference.independent import Homoskedastic

        vcov = Homoskedastic()
    found = covariance(solution, sample.take(solution.rows), vcov)
    if found.p_values is not None:
        return bool(found.p_values[0] >= 0.05)
    reach = critical(0.95, found.df_t) * np.sqrt(found.matrix[0, 0])
    return bool(abs(solution.beta[0]) <= reach)


def coverage(name: str, draws: int) -> tuple[float, float]:
    """Shares of draws in which the right and the naive interval cover the truth."""
    draw, formula, right, naive = ECONOMIES[name]
    design = FixedEffects.formula(formula)
    hits = np.zeros(2)
    for seed in range(draws):
        sample = Sample.of(Panel.of(draw(np.random.default_rng(seed))))
        solution = design.solve(sample)
        hits += [covers(solution, sample, vcov) for vcov in (right, naive)]
    return tuple(hits / draws)


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"{'errors depend on':<18} {'draws':>6} {'right':>6} {'naive':>6}  dependences")
    for name, (_, _, right, naive) in ECONOMIES.items():
        good, bad = coverage(name, draws)
        label = getattr(naive, "type", naive)
        print(f"{name:<18} {draws:6} {good:6.3f} {bad:6.3f}  {right.type} against {label}")
        assert draws < 1000 or 0.93 <= good <= 0.965
        assert bad < 0.9


if __name__ == "__main__":
    main()
