"""Fifteen years of five million links: time and peak memory of a network and two exposures.

    python benchmarks/memory_of_networks.py --firms 1000000 --links 5000000 --years 15

Ninety-two of a hundred links survive a year, so that most links are spells of several years.
"""

import argparse
import resource
import time

import numpy as np

from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Build, expose in both directions and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument("--links", type=int, default=5_000_000)
    parser.add_argument("--years", type=int, default=15)
    options = parser.parse_args()
    n, m, span = options.firms, options.links, options.years
    rng = np.random.default_rng(1)
    born = np.concatenate([np.full(m, 2000), np.repeat(2001 + np.arange(span - 1), int(0.08 * m))])
    life = rng.geometric(0.08, len(born))
    end = np.minimum(born + life - 1, 2000 + span - 1)
    src = np.minimum(rng.pareto(1.1, len(born)) * n / 500, n - 1).astype(np.int32)
    dst = rng.integers(0, n, len(born), dtype=np.int32)
    firms = np.array([f"F{i:07d}" for i in range(n)], dtype=object)
    print(f"{len(born):,} spells of links between {n:,} firms; peak before {peak():.2f} GB")
    start = time.perf_counter()
    years = np.arange(2000, 2000 + span)
    supply = assemble("supply", firms, years, src, dst, start=born, end=end)
    del src, dst, born, end, life
    print(f"network in {time.perf_counter() - start:.1f} s, peak {peak():.2f} GB")
    foreign = Shock("f", supply.firms, supply.years, (rng.random((n, span)) < 0.05).astype(float))
    rule = Neighbors(isolates="missing", exclude="self")
    for name, turned in (("customers", supply.customers()), ("suppliers", supply.suppliers())):
        start = time.perf_counter()
        exposure = expose(turned, foreign, rule)
        links = int(np.nansum(exposure.degree))
        print(
            f"exposure to {name} in {time.perf_counter() - start:.1f} s over {links:,} links, "
            f"peak {peak():.2f} GB"
        )


if __name__ == "__main__":
    main()
