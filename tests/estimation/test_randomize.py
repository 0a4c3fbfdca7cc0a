"""Randomisation inference against literal re-exposure, and its level under the sharp null."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import SpecificationError
from spillover.estimation.estimate import estimate
from spillover.estimation.randomize import randomize
from spillover.estimation.result import Estimate
from spillover.exposures.assignment import Assignment
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.sample import Sample
from spillover.tables.panel import Panel

YEARS = [2000, 2001, 2002]
RULE = Neighbors(isolates="zero", lag=1, exclude="self")


def study(seed: int, effect: float = 0.0, n: int = 30) -> Estimate:
    """Well-connected firms do better whatever reaches them."""
    rng = np.random.default_rng(seed)
    m = 3 * n
    partner = np.minimum((rng.pareto(1.5, m) * 3).astype(int), n - 1)
    industry = rng.integers(0, 2, n).astype(np.int32)
    network = assemble(
        "w",
        [f"F{i:02d}" for i in range(n)],
        YEARS,
        partner,
        rng.integers(0, n, m),
        attributes={"industry": industry},
    )
    entry = rng.integers(2000, 2004, n)
    values = (np.array(YEARS)[None, :] >= entry[:, None]).astype(float)
    shock = Shock("foreign", network.firms, network.years, values)
    exposure = expose(network, shock, RULE, name="x")
    frame = pd.DataFrame(
        [(f, y) for f in network.firms for y in YEARS], columns=["firm_id", "year"]
    )
    level = np.repeat(network.at(2000).sum(axis=1) + rng.normal(size=n), 3)
    frame["y"] = level + rng.normal(size=3 * n) + effect * np.nan_to_num(exposure.values.ravel())
    frame["z"] = rng.normal(size=3 * n)
    sample = Sample.of(Panel.of(frame), exposures=[exposure], networks=[network])
    design = FixedEffects(outcome="y", regressors=("x", "z"), absorb=("year",))
    return estimate(sample, design)


def test_draws_equal_exposures_built_again() -> None:
    fit = study(1)
    assignment = Assignment(within=("industry",), draws=199, seed=4)
    found = randomize(fit, "x", assignment)
    exposure = fit.sample.exposure("x")
    network, shock = exposure.network, exposure.shock
    codes = assignment.strata(network, 2000)
    linear = fit.solution.linear
    z = linear.X[:, [1]]
    residual = linear.y - z @ np.linalg.lstsq(z, linear.y, rcond=None)[0]
    used = fit.sample.take(fit.solution.rows)
    at = used.years - 2000

    def statistic(values: np.ndarray) -> float:
        moved = Shock("foreign", network.firms, network.years, values)
        x = expose(network, moved, RULE).values
        return float(residual @ x[used.units, at])

    means = np.stack([shock.values[codes == codes[i]].mean(axis=0) for i in range(len(codes))])
    rng = np.random.default_rng(4)
    order = np.argsort(codes, kind="stable")
    for r in range(5):
        mixed = np.empty(len(codes), dtype=int)
        mixed[order] = order[np.argsort(codes[order] + rng.random(len(order)))]
        assert np.array_equal(codes[mixed], codes)
        expected = statistic(shock.values[mixed]) - statistic(means)
        assert found.drawn[r] == pytest.approx(expected, abs=1e-9)
    assert found.statistic == pytest.approx(statistic(shock.values) - statistic(means), abs=1e-9)


def test_p_values_are_uniform_under_the_sharp_null() -> None:
    p = [
        randomize(study(seed), "x", Assignment(within=("industry",), draws=199, seed=seed)).p_value
        for seed in range(150)
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert 0.005 <= np.mean(np.array(p) <= 0.05) <= 0.11


def test_the_set_holds_what_is_not_rejected() -> None:
    fit = study(3, effect=2.0, n=60)
    assignment = Assignment(within=("industry",), draws=199, seed=1)
    found = randomize(fit, "x", assignment)
    assert found.p_value < 0.05
    assert 0.0 not in found.interval
    assert found.estimate in found.interval
    low, high = found.interval.intervals[0]
    frame = fit.sample.panel.frame
    for beta, rejected in ((low - 0.05, True), (low + 0.05, False), (high - 0.05, False)):
        shifted = frame.assign(y=frame["y"] - beta * frame["x"].fillna(0.0))
        keep = [c for c in shifted.columns if not c.startswith("x")]
        panel = Panel.of(shifted[keep])
        sample = Sample.of(panel, exposures=list(fit.sample.exposures))
        again = randomize(estimate(sample, fit.design), "x", assignment)
        assert (again.p_value <= 0.05) == rejected
    assert "x:" in str(found)


def test_what_cannot_be_randomised_is_refused() -> None:
    fit = study(2)
    with pytest.raises(SpecificationError, match="regressor 'w'"):
        randomize(fit, "w", Assignment(within=()))
    flat = fit.sample.exposure("x")
    ones = Shock("one", flat.network.firms, flat.network.years, np.ones((30, 3)))
    exposure = expose(flat.network, ones, RULE, name="x")
    frame = fit.sample.panel.frame[["firm_id", "year", "y", "z"]]
    sample = Sample.of(Panel.of(frame), exposures=[exposure])
    design = FixedEffects(outcome="y", regressors=("x", "z"), absorb=("year",))
    with pytest.raises(SpecificationError, match="coarser strata"):
        randomize(estimate(sample, design), "x", Assignment(within=()))
