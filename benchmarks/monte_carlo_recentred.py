"""Foreign customers at random within strata, well-connected firms better anyway: who is biased?

    python benchmarks/monte_carlo_recentred.py --economies 300

Each economy has 300 firms in four industries; suppliers of many customers are more productive
whatever their customers are. Foreign status falls at random within industries. The exposure is the
number of foreign customers; its effect is 0.30. Prints bias and root mean squared error of three
regressions, and the level of randomisation tests at the true effect and in economies without one.
"""

import argparse

import numpy as np
import pandas as pd
from scipy import stats

from spillover.designs.fixed_effects import FixedEffects
from spillover.estimation.estimate import estimate
from spillover.estimation.randomize import randomize
from spillover.exposures.assignment import Assignment
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.recenter import recenter
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.sample import Sample
from spillover.tables.panel import Panel

EFFECT = 0.30
RULE = Neighbors(isolates="zero", by="sum", lag=0, exclude="self")
FORMULAS = {
    "exposure": ("x",),
    "exposure and number of customers": ("x", "x_degree"),
    "exposure and expected exposure": ("x", "x_expected"),
    "recentred exposure": ("x_recentered",),
}


def economy(rng: np.random.Generator, effect: float, firms: int = 300) -> Sample:
    """One cross-section; foreign shares of industries range from 5 to 50 %."""
    industry = rng.integers(0, 4, firms).astype(np.int32)
    links = 5 * firms
    seller = np.minimum((rng.pareto(1.5, links) * firms / 20).astype(int), firms - 1)
    network = assemble(
        "supply",
        [f"F{i:05d}" for i in range(firms)],
        [2020],
        rng.permutation(firms)[seller],
        rng.integers(0, firms, links),
        attributes={"industry": industry},
    ).customers()
    chance = np.array([0.05, 0.1, 0.25, 0.5])[industry]
    foreign = (rng.random(firms) < chance).astype(float)
    shock = Shock("foreign", network.firms, network.years, foreign[:, None])
    exposure = expose(network, shock, RULE, name="x")
    luck = recenter(exposure, Assignment(within=("industry",), own_status="random"))
    position = luck.expected[:, 0]
    y = 0.5 * position + effect * exposure.values[:, 0] + rng.normal(size=firms)
    frame = pd.DataFrame({"firm_id": network.firms, "year": 2020, "y": y})
    return Sample.of(Panel.of(frame), luck, exposures=[exposure], networks=[network])


def main() -> None:
    """Draw the economies and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--economies", type=int, default=300)
    count = parser.parse_args().economies
    found = {label: np.empty(count) for label in FORMULAS}
    at_truth, without = np.empty(count), np.empty(count)
    for seed in range(count):
        sample = economy(np.random.default_rng([1, seed]), EFFECT)
        for label, regressors in FORMULAS.items():
            fit = estimate(sample, FixedEffects(outcome="y", regressors=regressors))
            found[label][seed] = fit.beta[fit.names.index(regressors[0])]
        assignment = Assignment(within=("industry",), draws=199, seed=seed)
        fit = estimate(sample, FixedEffects(outcome="y", regressors=("x",)))
        at_truth[seed] = EFFECT in randomize(fit, "x", assignment).interval
        null = economy(np.random.default_rng([2, seed]), 0.0)
        fit = estimate(null, FixedEffects(outcome="y", regressors=("x",)))
        without[seed] = randomize(fit, "x", assignment).p_value
    print(f"{count} economies, true effect {EFFECT:.2f}")
    print(f"{'regression on':36s} {'mean':>8s} {'bias':>8s} {'s.e.':>8s} {'RMSE':>8s}")
    for label, beta in found.items():
        bias, error = beta.mean() - EFFECT, beta.std() / np.sqrt(count)
        rmse = np.sqrt(np.mean((beta - EFFECT) ** 2))
        print(f"{label:36s} {beta.mean():8.4f} {bias:8.4f} {error:8.4f} {rmse:8.4f}")
    print(f"randomisation sets at 95 % that hold the truth: {100 * at_truth.mean():.1f} %")
    print(
        f"randomisation p-values without an effect: {100 * np.mean(without <= 0.05):.1f} % below "
        f"0.05, Kolmogorov-Smirnov p against uniform {stats.kstest(without, 'uniform').pvalue:.2f}"
    )


if __name__ == "__main__":
    main()
