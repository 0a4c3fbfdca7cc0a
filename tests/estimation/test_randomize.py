"""Randomisation inference against enumeration and literal re-estimation, and its level."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.instruments import InstrumentalVariables
from spillover.errors import IdentificationError, SpecificationError, UnknownNameError
from spillover.estimation.estimate import estimate, infer
from spillover.estimation.randomization_plan import plan_randomization
from spillover.estimation.randomize import randomize
from spillover.estimation.result import Estimate
from spillover.estimation.scored import scored
from spillover.estimation.studentised import Studentiser
from spillover.exposures.assignment import Assignment
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.recenter import recenter
from spillover.exposures.shock import Shock
from spillover.inference.cluster import Cluster
from spillover.networks.build import assemble
from spillover.networks.rewiring import Rewirer, Rewiring
from spillover.sample import Sample
from spillover.tables.panel import Panel

YEARS = [2000, 2001, 2002]
RULE = Neighbors(isolates="zero", lag=1, exclude="self")
WITHIN = Assignment(within=("industry",), draws=199, seed=4)


def study(
    seed: int, effect: float = 0.0, n: int = 30, rule: Neighbors = RULE, formula: str = "plain"
) -> Estimate:
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
    exposure = expose(network, shock, rule, name="x")
    frame = pd.DataFrame(
        [(f, y) for f in network.firms for y in YEARS], columns=["firm_id", "year"]
    )
    level = np.repeat(network.at(2000).sum(axis=1) + rng.normal(size=n), 3)
    x = np.nan_to_num(exposure.values.ravel())
    frame["d"] = x + rng.normal(size=3 * n)
    reached = frame["d"] if formula == "instrument" else x
    frame["y"] = level + rng.normal(size=3 * n) + effect * reached
    frame["z"] = rng.normal(size=3 * n)
    frame["w"] = rng.random(3 * n) + 0.5
    measures = (recenter(exposure, WITHIN),) if formula == "recentred" else ()
    sample = Sample.of(Panel.of(frame), *measures, exposures=[exposure], networks=[network])
    designs = {
        "plain": FixedEffects("y", ("x", "z"), ("year",), "w"),
        "recentred": FixedEffects("y", ("x_recentered", "z"), ("year",)),
        "instrument": InstrumentalVariables("y", ("d",), ("x",), ("z",), ("year",)),
    }
    return estimate(sample, designs[formula], Cluster("firm_id"))


def residuals(fit: Estimate, *columns: str) -> np.ndarray:
    """Columns after the year effects and z, times the weights, by dense least squares."""
    kept = fit.sample.take(fit.solution.rows)
    w = kept.column("w") if getattr(fit.design, "weights", None) else np.ones(len(kept))
    controls = np.column_stack([*(kept.years == year for year in YEARS), kept.column("z")])
    root = np.sqrt(w)[:, None]
    v = np.column_stack([kept.column(name) for name in columns])
    left = v - controls @ np.linalg.lstsq(controls * root, v * root, rcond=None)[0]
    return left * w[:, None]


def exchanges(fit: Estimate) -> Iterator[np.ndarray]:
    """The shock under every exchange of histories within industries."""
    exposure = fit.sample.exposure("x")
    place, values = exposure.network.attributes["industry"], exposure.shock.values
    for order in permutations(range(len(place))):
        if all(place[a] == place[b] for a, b in enumerate(order)):
            yield values[list(order)]


@pytest.mark.parametrize(
    ("formula", "by"),
    [("plain", "mean"), ("recentred", "count"), ("instrument", "mean"), ("plain", "any")],
)
def test_draws_are_exposures_built_again_under_every_exchange(formula: str, by: str) -> None:
    fit = study(2, n=7, rule=replace(RULE, by=by), formula=formula)
    found = randomize(fit, "x", replace(WITHIN, draws=500))
    exposure = fit.sample.exposure("x")
    used = fit.sample.take(fit.solution.rows)
    tested = {"plain": "x", "recentred": "x_recentered", "instrument": "d"}[formula]
    parts = residuals(fit, "y", tested)
    every = []
    for values in exchanges(fit):
        shock = Shock("foreign", exposure.network.firms, exposure.network.years, values)
        x = expose(exposure.network, shock, exposure.spec).values[used.units, used.years - 2000]
        every.append(parts.T @ x)
    every = np.array(every)
    now = parts.T @ exposure.values[used.units, used.years - 2000]
    drawn = np.column_stack([found.test.a, found.test.c])
    moved = drawn[1:] - drawn[0]
    apart = np.abs(moved[:, None, :] - (every - now)[None, :, :]).max(axis=2).min(axis=1)
    assert apart.max() < 1e-9
    np.testing.assert_allclose(
        moved.mean(0), (every - now).mean(0), atol=4.5 * moved.std(0).max() / np.sqrt(500)
    )
    around = every[:, 0] - every[:, 0].mean()
    exact = np.mean(np.abs(around) >= abs(now[0] - every[:, 0].mean()) - 1e-9)
    assert found.p_value == pytest.approx(exact, abs=4 * np.sqrt(0.25 / 500))


def test_studentised_statistics_are_those_of_literal_estimation() -> None:
    fit = study(5)
    parts = scored(fit, "x")
    x = np.random.default_rng(0).random(fit.nobs)
    panel = fit.sample.panel.frame.drop(columns=[c for c in fit.sample.panel.columns if "x" in c])
    column = np.full(len(fit.sample), np.nan)
    column[fit.solution.rows] = x
    for value in (0.0, 1.7):
        moved = panel.assign(x=column, y=panel["y"] - value * fit.sample.column("x"))
        again = estimate(Sample.of(Panel.of(moved)), fit.design, fit.vcov)
        a, c, v0, v1, v2 = Studentiser.of(parts, fit).statistics([x[:, None]])[0]
        t = (a - value * c) / np.sqrt(v0 - 2 * value * v1 + value**2 * v2)
        assert t == pytest.approx(again.beta[0] / again.std_errors[0], rel=1e-8)
    rows = Studentiser.of(parts, infer(fit, _not_a_kernel())).statistics([x[:, None]])[0]
    plain = estimate(fit.sample, fit.design)
    assert rows[2] > 0
    assert plain.nobs == fit.nobs


def _not_a_kernel() -> object:
    from spillover.inference.independent import Homoskedastic

    return Homoskedastic()


@pytest.mark.parametrize("statistic", ["score", "t"])
@pytest.mark.parametrize("formula", ["plain", "recentred", "instrument"])
def test_the_set_holds_what_is_not_rejected(statistic: str, formula: str) -> None:
    fit = study(3, effect=2.0, n=60, formula=formula)
    found = randomize(fit, "x", WITHIN, statistic=statistic)
    assert found.p_value < 0.05
    assert 0.0 not in found.interval
    assert found.estimate in found.interval
    assert found.p_at(found.estimate) == 1.0
    low, high = found.interval.intervals[0][0], found.interval.intervals[-1][1]
    tested = {"plain": "x", "recentred": "x_recentered", "instrument": "d"}[formula]
    frame = fit.sample.panel.frame
    for beta, rejected in ((low - 0.01, True), (low + 0.01, False), (high - 0.01, False)):
        shifted = frame.assign(y=frame["y"] - beta * frame[tested].fillna(0.0))
        panel = Panel.of(shifted[[c for c in shifted.columns if not c.startswith("x")]])
        sample = Sample.of(panel, *fit.sample.measures, exposures=fit.sample.exposures)
        again = randomize(estimate(sample, fit.design, fit.vcov), "x", WITHIN, statistic=statistic)
        assert (again.p_value <= 0.05) == rejected
    assert "x:" in str(found)


@pytest.mark.slow
def test_p_values_are_uniform_under_the_sharp_null() -> None:
    p = [randomize(study(seed), "x", replace(WITHIN, seed=seed)).p_value for seed in range(150)]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert 0.005 <= np.mean(np.array(p) <= 0.05) <= 0.11


def test_years_apart_add_up_independently_and_histories_move_together() -> None:
    fit = study(1, n=7)
    exposure = fit.sample.exposure("x")
    used = fit.sample.take(fit.solution.rows)
    y = residuals(fit, "y")[:, 0]
    by_year = []
    for values in exchanges(fit):
        shock = Shock("foreign", exposure.network.firms, exposure.network.years, values)
        x = expose(exposure.network, shock, RULE).values[used.units, used.years - 2000]
        by_year.append([np.sum((y * x)[used.years == year]) for year in YEARS])
    together = np.var(np.sum(by_year, axis=1))
    apart = np.sum(np.var(by_year, axis=0))
    assert abs(together / apart - 1) > 0.18
    many = replace(WITHIN, draws=4000)
    for rule, expected in ((many, together), (replace(many, exchange="years"), apart)):
        found = randomize(fit, "x", rule)
        assert np.var(found.drawn) == pytest.approx(expected, rel=0.09)
        assert np.mean(found.drawn) == pytest.approx(0.0, abs=5 * np.sqrt(expected / 4000))
    assert "own shocks of the 7 firms in use move too" in found.notes[-1]


def test_focal_firms_keep_their_shock_and_are_the_only_rows() -> None:
    fit = study(6, n=40)
    found = randomize(fit, "x", WITHIN, focal=0.5)
    assert "20 focal firms keep their own shock" in found.notes
    again = randomize(fit, "x", WITHIN, focal=0.5)
    assert found.p_value == again.p_value
    with pytest.raises(SpecificationError, match="between zero and one"):
        randomize(fit, "x", WITHIN, focal=1.5)
    with pytest.raises(SpecificationError, match="with an Assignment"):
        randomize(fit, "x", Rewiring(within=(), draws=99), focal=0.5)


@pytest.mark.parametrize("statistic", ["score", "t"])
def test_rewired_links_test_who_is_linked(statistic: str) -> None:
    fit = study(4, n=40)
    rule = Rewiring(within=(), draws=99, seed=3, attempts=5)
    found = randomize(fit, "x", rule, statistic=statistic)
    assert found.hypothesis.startswith("who is linked to whom")
    assert 0.01 <= found.p_value <= 1
    assert "of links left in place" in found.notes[0]
    again = randomize(fit, "x", rule, statistic=statistic)
    assert again.drawn.tobytes() == found.drawn.tobytes()


@pytest.mark.parametrize("statistic", ["score", "t"])
def test_rows_that_rewired_links_leave_without_exposure_are_counted(statistic: str) -> None:
    fit = study(4, n=40, rule=replace(RULE, isolates="missing"))
    exposure = fit.sample.exposure("x")
    network = exposure.network
    known = np.arange(40)[:, None] % 3 > 0
    shock = replace(exposure.shock, values=np.where(known, exposure.shock.values, np.nan))
    carried = expose(network, shock, exposure.spec, name="x")
    sample = Sample.of(
        Panel.of(fit.sample.panel.frame[["firm_id", "year", "y", "z"]]),
        exposures=[carried],
        networks=[network],
    )
    again = estimate(sample, FixedEffects("y", ("x", "z"), ("year",)), Cluster("firm_id"))
    rule = Rewiring(within=(), draws=99, seed=3, attempts=5)
    found = randomize(again, "x", rule, statistic=statistic)

    used = sample.take(again.solution.rows)
    start = Rewirer.of(network, rule).draw(np.random.default_rng([3, 99])).onward
    without = np.zeros(len(used), dtype=int)
    for draw in range(99):
        links = start.draw(np.random.default_rng([3, draw])).network
        values = expose(links, shock, exposure.spec).values
        without += np.isnan(values[used.units, used.years - 2000])
    some, most = int((without > 0).sum()), int(without.max())
    assert some > 0
    assert found.notes[-1].startswith(
        f"{some} of {len(used)} rows have no exposure in some draws, at most in {most}:"
    )
    whole = randomize(fit, "x", WITHIN, statistic=statistic)
    assert not any("no exposure" in note for note in whole.notes)


def test_the_work_of_a_test_is_said_before_it_runs() -> None:
    fit = study(1)
    score = plan_randomization(fit, "x", WITHIN)
    assert (score.exposures, score.absorptions, score.kernels, score.swaps) == (0, 0, 0, 0)
    assert str(score) == (
        "199 draws: one sum over firms for each draw, nothing else is computed twice"
    )
    t = plan_randomization(fit, "x", WITHIN, statistic="t")
    assert (t.exposures, t.absorptions, t.kernels) == (199, 200, 200)
    assert "200 absorptions of a column of 60 rows" in str(t)
    rewired = plan_randomization(fit, "x", Rewiring(within=(), draws=99))
    assert rewired.exposures == 99
    assert rewired.swaps > 99 * 10 * 60


def test_what_cannot_be_randomised_is_refused() -> None:
    fit = study(2)
    with pytest.raises(UnknownNameError, match="'w'"):
        randomize(fit, "w", Assignment(within=()))
    flat = fit.sample.exposure("x")
    ones = Shock("one", flat.network.firms, flat.network.years, np.ones((30, 3)))
    exposure = expose(flat.network, ones, RULE, name="x")
    frame = fit.sample.panel.frame[["firm_id", "year", "y", "z"]]
    sample = Sample.of(Panel.of(frame), exposures=[exposure])
    design = FixedEffects(outcome="y", regressors=("x", "z"), absorb=("year",))
    with pytest.raises(SpecificationError, match="coarser strata"):
        randomize(estimate(sample, design), "x", Assignment(within=()))
    without = estimate(fit.sample, FixedEffects("y", ("z",), ("year",)))
    with pytest.raises(SpecificationError, match="no coefficient of x"):
        randomize(without, "x", WITHIN)
    tight = replace(fit.sample.exposure("x").network)
    tight.attributes["own"] = np.arange(30, dtype=np.int32)
    with pytest.raises(IdentificationError, match="100% within own"):
        randomize(fit, "x", Rewiring(within=("own",), draws=99))
