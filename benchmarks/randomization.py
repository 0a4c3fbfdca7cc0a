"""Randomisation inference at national scale, beside the single estimation that it repeats.

    python benchmarks/randomization.py

Promises: 999 recentring draws of a first-tier exposure for 100,000 firms in under 30 s; 999 draws
of the score statistic on a panel of 1 million rows with two-way effects in at most 25 single
estimations. Prints one row each, with the studentised statistic for comparison (its cost is one
absorption and one exposure for every draw).
"""

import resource
import time

import numpy as np
import pandas as pd

from spillover.designs.fixed_effects import FixedEffects
from spillover.estimation.estimate import estimate
from spillover.estimation.randomization_plan import plan_randomization
from spillover.estimation.randomize import randomize
from spillover.exposures.assignment import Assignment
from spillover.exposures.expose import expose
from spillover.exposures.lottery import Lottery
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.operator import operator
from spillover.exposures.recenter import recenter
from spillover.exposures.shock import Shock
from spillover.inference.cluster import Cluster
from spillover.networks.build import assemble
from spillover.networks.network import Network
from spillover.networks.rewiring import Rewirer, Rewiring
from spillover.sample import Sample
from spillover.tables.panel import Panel

FIRMS = 100_000
YEARS = list(range(2005, 2015))
RULE = Neighbors(isolates="zero", lag=0, exclude="self")
WITHIN = Assignment(within=("industry", "prefecture"), draws=999, seed=1)


def economy(firms: int, years: list[int]) -> tuple[Network, Shock]:
    """Ten heavy-tailed partners for each firm; one in ten becomes foreign and stays."""
    rng = np.random.default_rng(0)
    links = 10 * firms
    partner = np.minimum(rng.pareto(1.1, links) * firms / 500, firms - 1).astype(np.int32)
    network = assemble(
        "supply",
        [f"F{i:06d}" for i in range(firms)],
        years,
        rng.permutation(firms)[partner],
        rng.integers(0, firms, links, dtype=np.int32),
        rng.random(links) + 0.1,
        attributes={
            "industry": rng.integers(0, 20, firms).astype(np.int32),
            "prefecture": rng.integers(0, 47, firms).astype(np.int32),
        },
    )
    entry = np.where(rng.random(firms) < 0.1, rng.integers(2000, 2014, firms), 9999)
    foreign = (np.array(years)[None, :] >= entry[:, None]).astype(float)
    return network, Shock("foreign", network.firms, network.years, foreign)


def seconds(work: object) -> tuple[float, object]:
    """Time of a call, and what it returned."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def recentring() -> None:
    """Expectations of a first-tier exposure in one year."""
    network, shock = economy(FIRMS, [2010])
    exposure = expose(network, shock, RULE, name="x")
    closed, luck = seconds(lambda: recenter(exposure, WITHIN))
    print(f"{'expectation of 100,000 firms, closed form':58s} {closed:8.2f} s")
    lottery, terms = Lottery.of(exposure, WITHIN), operator(exposure, 0)

    def draws() -> np.ndarray:
        rng, total = np.random.default_rng(0), np.zeros(FIRMS)
        for _ in range(WITHIN.draws):
            total += terms.matrix @ lottery.draw(rng)[:, 0]
        return total / WITHIN.draws

    drawn, mean = seconds(draws)
    print(f"{'999 recentring draws of the same exposure':58s} {drawn:8.2f} s")
    free = recenter(exposure, Assignment(within=WITHIN.within, own_status="random"))
    far = np.abs(mean - free.expected[:, 0]) / (free.spread[:, 0] / np.sqrt(999) + 1e-12)
    print(f"{'largest gap to the closed form, Monte Carlo errors':58s} {far.max():8.2f}")
    assert drawn < 30
    rewired, _ = seconds(
        lambda: Rewirer.of(network, Rewiring(within=())).draw(np.random.default_rng(0))
    )
    print(f"{'one rewired network of 1 million links, 10 swaps a link':58s} {rewired:8.2f} s")
    del luck


def tests() -> None:
    """A test by draws beside one estimation, 1 million rows and two effects."""
    network, shock = economy(FIRMS, YEARS)
    exposure = expose(network, shock, RULE, name="x")
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat(np.asarray(network.firms, dtype=object), len(YEARS)),
            "year": np.tile(YEARS, FIRMS),
            "y": rng.normal(size=FIRMS * len(YEARS)),
            "z": rng.normal(size=FIRMS * len(YEARS)),
        }
    )
    sample = Sample.of(Panel.of(frame), exposures=[exposure])
    design = FixedEffects("y", ("x", "z"), ("firm_id", "year"))
    dependence = Cluster("firm_id")
    single, fit = seconds(lambda: estimate(sample, design, dependence))
    print(f"{'one estimation, 1 million rows, two effects':58s} {single:8.2f} s")
    randomize(fit, "x", Assignment(within=WITHIN.within, draws=199))
    score, found = seconds(lambda: randomize(fit, "x", WITHIN))
    print(f"{'999 draws of the score':58s} {score:8.2f} s = {score / single:.1f} estimations")
    print(f"    {found}")
    assert score <= 25 * single
    few = Assignment(within=WITHIN.within, draws=199, seed=1)
    print(f"    {plan_randomization(fit, 'x', few, statistic='t')}")
    t, found = seconds(lambda: randomize(fit, "x", few, statistic="t"))
    print(f"{'199 draws of t, clustered by firm':58s} {t:8.2f} s = {t / single:.1f} estimations")
    print(f"    {found}")


if __name__ == "__main__":
    recentring()
    tests()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{'peak memory':58s} {peak:8.2f} GB")
