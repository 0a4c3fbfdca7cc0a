"""Knowledge pools of a whole country, beside the sum over all pairs of firms in the same run.

    python benchmarks/knowledge.py --firms 100000 --classes 600 --years 10

Firms patent in one to sixteen classes, some of which everybody uses; one firm in twenty belongs to
a business group. The pools of all years are found at once. The sum over pairs is taken for a
sample of firms, in blocks of a matrix product, and scaled to all of them; both must agree.
"""

import argparse
import resource
import time

import numpy as np
import pandas as pd
from scipy import sparse

from spillover.exposures.expose import expose
from spillover.exposures.knowledge import KnowledgePool
from spillover.exposures.shock import Shock
from spillover.networks.portfolio import Portfolio
from spillover.numerics.proximity import class_overlap, unit_rows

SAMPLE = 200


def country(n: int, classes: int, years: int) -> tuple[Portfolio, Shock]:
    """Portfolios with business groups, and a stock of research for each firm and year."""
    rng = np.random.default_rng(1)
    width = rng.integers(1, 17, n)
    firm = np.repeat(np.arange(n), width)
    chosen = np.minimum(rng.pareto(0.7, len(firm)) * classes / 60, classes - 1).astype(int)
    names = np.array([f"F{i:07d}" for i in range(n)], dtype=object)
    group = np.where(rng.random(n) < 0.05, rng.integers(0, n // 100, n), n + np.arange(n))
    rows = pd.DataFrame(
        {
            "firm_id": names[firm],
            "ipc": np.array([f"H{c:03d}" for c in range(classes)], dtype=object)[chosen],
            "patents": rng.poisson(3.0, len(firm)) + 1.0,
            "group_id": group[firm].astype(str),
        }
    )
    stocks = np.exp(rng.normal(size=(n, 1)) + 0.1 * rng.normal(size=(n, years)))
    return (
        Portfolio.of(rows, "ipc", "patents", group="group_id", firms=names),
        Shock("rnd_stock", names, np.arange(2010, 2010 + years), stocks),
    )


def over_pairs(of: Portfolio, stock: Shock, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Pools of a sample of firms, from their proximities to every firm."""
    sample = np.random.default_rng(2).choice(len(of.firms), SAMPLE, replace=False)
    basis = of.shares if measure == "covariance" else unit_rows(of.shares)
    middle = basis if measure != "mahalanobis" else basis @ class_overlap(of.shares)
    product = middle[sample] @ basis.T
    near = product.toarray() if sparse.issparse(product) else np.asarray(product)
    own = of.group[sample][:, None] == of.group[None, :]
    near[own & (of.group[sample][:, None] >= 0)] = 0.0
    near[np.arange(SAMPLE), sample] = 0.0
    return sample, near @ stock.values


def main() -> None:
    """Print seconds of every measure, the ratio to the sum over pairs, and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=100_000)
    parser.add_argument("--classes", type=int, default=600)
    parser.add_argument("--years", type=int, default=10)
    options = parser.parse_args()
    portfolio, stock = country(options.firms, options.classes, options.years)
    used = len(portfolio.classes)
    print(f"{options.firms:,} firms, {used} classes in use, {portfolio.counts.nnz:,} entries")
    peaks = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6]
    times, pools = {}, {}
    for measure in ("cosine", "covariance", "mahalanobis"):
        start = time.perf_counter()
        pools[measure] = expose(portfolio, stock, KnowledgePool(measure=measure), name="pool")
        times[measure] = time.perf_counter() - start
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
    for measure, pool in pools.items():
        start = time.perf_counter()
        sample, expected = over_pairs(portfolio, stock, measure)
        pairs = (time.perf_counter() - start) * options.firms / SAMPLE
        gap = np.max(np.abs(pool.values[sample] / expected - 1))
        print(
            f"{measure:12s} {times[measure]:6.2f} s for {options.years} years; over all pairs "
            f"{pairs:,.0f} s ({pairs / times[measure]:,.0f} times as long); largest gap {gap:.0e}"
        )
    print(f"peak memory {peaks[1]:.2f} GB, {peaks[0]:.2f} GB before the pools")


if __name__ == "__main__":
    main()
