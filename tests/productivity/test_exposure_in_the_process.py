"""Exposures inside the law of motion, and regressions on estimated productivity."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.designs.endogenous_productivity import EndogenousProductivity
from spillover.errors import DataError, IdentificationError, SpecificationError, UnknownNameError
from spillover.estimation.joint import joint_bootstrap
from spillover.numerics.redraw import firm_weights
from spillover.productivity.ackerberg_caves_frazer import AckerbergCavesFrazer
from spillover.productivity.bootstrap import Redraws, bootstrap
from spillover.productivity.index_number import SolowResidual
from spillover.productivity.law import LawOfMotion
from spillover.productivity.measure import measure
from spillover.productivity.productivity import Productivity
from spillover.simulation.timing import TimingEconomy
from spillover.tables.panel import Panel

ROLES = ("y", "gross_leontief", "l", "k", "m")
PLAIN = AckerbergCavesFrazer(*ROLES, degree=1, law=LawOfMotion(degree=1), in_logs=True)
INSIDE = replace(PLAIN, law=LawOfMotion(degree=1, exposures=("s",), shifters=()))
FIRM = sp.Cluster("firm_id")


@pytest.fixture(scope="module")
def panel() -> Panel:
    economy = TimingEconomy("DGP1", firms=250, years=6, burn_in=60, spillover=0.1)
    return Panel.of(economy.simulate(seed=2))


@pytest.fixture(scope="module")
def plain(panel: Panel) -> Productivity:
    return measure(panel, PLAIN)


def test_the_law_of_motion_regression_equals_least_squares_on_its_own_columns(
    panel: Panel,
) -> None:
    made = measure(panel, INSIDE)
    block, process = made.blocks[0], made.blocks[0].process
    omega = pd.Series(made.values)
    lag, s = panel.lag(omega.to_numpy()), panel.lag(panel.numbers("s"))
    used = ~np.isnan(lag)
    X = np.column_stack([np.ones(used.sum()), lag[used], s[used], lag[used] * s[used]])
    slopes = np.linalg.lstsq(X, omega[used], rcond=None)[0]
    sample = sp.Sample.of(panel, made)
    found = sp.estimate(sample, EndogenousProductivity(), vcov=FIRM).tidy()["estimate"]
    short = slopes[2] + slopes[3] * lag[used]
    assert found["s"] == pytest.approx(short.mean(), rel=1e-6)
    assert found["s * productivity"] == pytest.approx(slopes[3], rel=1e-6)
    persistence = (slopes[1] + slopes[3] * s[used]).mean()
    assert found["persistence"] == pytest.approx(persistence, rel=1e-6)
    assert found["s in the long run"] == pytest.approx(short.mean() / (1 - persistence), rel=1e-6)
    middle = np.sort(lag[used])[round(0.5 * (used.sum() - 1))]
    assert found["s at quantile 0.5"] == pytest.approx(slopes[2] + slopes[3] * middle, rel=1e-6)
    assert process is not None
    assert block.statistics["pairs"] == used.sum()


def test_the_effect_takes_any_dependence_and_its_influence_is_that_of_firm_weights(
    panel: Panel,
) -> None:
    made = measure(panel, INSIDE)
    solution = EndogenousProductivity().solve(sp.Sample.of(panel, made))
    assert solution.first_stage is not None
    redraws = Redraws.of(made)
    at = solution.names.index("s")

    def effect(weights: np.ndarray) -> float:
        one = redraws.at(weights)
        omega, _ = redraws.values(one)
        lag, s = panel.lag(omega), panel.lag(panel.numbers("s"))
        used = ~np.isnan(lag)
        X = np.column_stack([np.ones(used.sum()), lag[used], s[used], lag[used] * s[used]])
        w = np.sqrt(weights[panel.codes[used]])
        slopes = np.linalg.lstsq(X * w[:, None], omega[used] * w, rcond=None)[0]
        return float(np.mean(slopes[2] + slopes[3] * lag[used]))

    psi = solution.first_stage.psi[:, at]
    for firm in (3, 111):
        up, down = np.ones(250), np.ones(250)
        up[firm], down[firm] = 1.0001, 0.9999
        moved = (effect(up) - effect(down)) / 2e-4
        own = panel.codes[solution.first_stage.rows] == firm
        assert psi[own].sum() == pytest.approx(moved, rel=1e-3)
    by_year = sp.estimate(
        sp.Sample.of(panel, made), EndogenousProductivity(), vcov=FIRM | sp.Cluster("year")
    )
    assert (by_year.std_errors > 0).all()


@pytest.mark.parametrize(
    "formula",
    [
        "log_tfp ~ lag(s) | firm_id + year",
        "log_tfp ~ lag(log_tfp) + lag(s)",
        "diff(log_tfp) ~ lag(s) | year",
        "log_tfp_with_shock ~ lag(s)",
        "y ~ log_tfp + s",
    ],
)
def test_second_stage_influence_is_the_derivative_of_the_whole_pipeline(
    panel: Panel, plain: Productivity, formula: str
) -> None:
    design = sp.FixedEffects.formula(formula)
    sample = sp.Sample.of(panel, plain)
    estimate = sp.estimate(sample, design, vcov=FIRM)
    stage, redraws = estimate.solution.first_stage, Redraws.of(plain)
    assert stage is not None

    def slope(weights: np.ndarray) -> float:
        values, with_shock = redraws.values(redraws.at(weights))
        columns = {"log_tfp": values, "log_tfp_with_shock": with_shock}
        columns["w"] = weights[panel.codes]
        moved = replace(sample, panel=sample.panel.with_columns(columns))
        return float(replace(design, weights="w").solve(moved).beta[0])

    rows = sample.rows[estimate.solution.rows]
    for firm in (3, 111):
        up, down = np.ones(250), np.ones(250)
        up[firm], down[firm] = 1.0001, 0.9999
        moved = (slope(up) - slope(down)) / 2e-4
        own = estimate.solution.psi[panel.codes[rows] == firm, 0].sum()
        added = stage.psi[panel.codes[stage.rows] == firm, 0].sum()
        assert own + added == pytest.approx(moved, rel=1e-3, abs=1e-9)


def test_firms_outside_the_second_stage_still_count(panel: Panel, plain: Productivity) -> None:
    sample = sp.Sample.of(panel, plain)
    half = sample.keep(sample.units < 125, "half")
    design = sp.FixedEffects.formula("log_tfp ~ lag(s)")
    corrected = sp.estimate(half, design, vcov=FIRM)
    stage = corrected.solution.first_stage
    assert stage is not None
    assert len(np.unique(panel.codes[stage.rows])) == 250
    rows = half.rows[corrected.solution.rows]
    totals = np.bincount(panel.codes[rows], weights=corrected.solution.psi[:, 0], minlength=250)
    totals += np.bincount(panel.codes[stage.rows], weights=stage.psi[:, 0], minlength=250)
    factor = corrected.std_errors[0] ** 2 / np.sum(totals**2)
    assert 1.0 < factor < 1.02


def test_ignoring_the_first_stage_is_possible_and_said(panel: Panel, plain: Productivity) -> None:
    sample = sp.Sample.of(panel, plain)
    design = sp.FixedEffects.formula("log_tfp ~ lag(s)")
    known = sp.estimate(sample, design, vcov=FIRM)
    ignored = sp.estimate(sample, design, vcov=FIRM, first_stage="ignore")
    assert known.beta[0] == ignored.beta[0]
    assert known.std_errors[0] != ignored.std_errors[0]
    assert "log_tfp was estimated" in known.summary()
    assert "take the estimated log_tfp as known" in ignored.summary()


def test_outcomes_that_were_not_estimated_stay_as_they_are(
    panel: Panel, plain: Productivity
) -> None:
    other = sp.estimate(sp.Sample.of(panel, plain), sp.FixedEffects.formula("y ~ l"), vcov=FIRM)
    assert other.solution.first_stage is None


def test_index_numbers_need_no_correction(panel: Panel) -> None:
    levels = Panel.of(panel.frame.assign(Y=np.exp(panel.numbers("y")), L=1.0 + panel.codes, a=1.0))
    index = measure(levels, SolowResidual("Y", ("L",), ("a",), within=None))
    found = sp.estimate(
        sp.Sample.of(levels, index), sp.FixedEffects.formula("log_tfp ~ s"), vcov=FIRM
    )
    assert found.solution.first_stage is None


def test_expressions_that_cannot_be_followed_are_refused(panel: Panel, plain: Productivity) -> None:
    sample = sp.Sample.of(panel, plain)
    for text in ("exp(log_tfp) ~ s", "log_tfp_innovation ~ s", "s / log_tfp ~ l"):
        with pytest.raises(SpecificationError, match="first_stage"):
            sp.estimate(sample, sp.FixedEffects.formula(text), vcov=FIRM)
    with pytest.raises(SpecificationError, match="does not know the first stage"):
        sp.estimate(sample, sp.FixedEffects.formula("log_tfp ~ s"), vcov=sp.Homoskedastic())


def test_productivity_of_another_panel_is_refused_when_rows_are_missing(
    panel: Panel, plain: Productivity
) -> None:
    fewer = Panel.of(panel.frame[panel.frame["firm_id"] < "F000200"])
    sample = sp.Sample.of(fewer, plain)
    with pytest.raises(DataError, match="on the panel of the sample"):
        sp.estimate(sample, sp.FixedEffects.formula("log_tfp ~ s"), vcov=FIRM)


def test_a_process_without_exposures_and_a_name_that_is_not_there_are_refused(
    panel: Panel, plain: Productivity
) -> None:
    with pytest.raises(SpecificationError, match="exposure in its law of motion"):
        EndogenousProductivity().solve(sp.Sample.of(panel, plain))
    with pytest.raises(UnknownNameError, match="measure"):
        EndogenousProductivity("tfp").solve(sp.Sample.of(panel, plain))


def test_exposures_and_the_chance_of_exit_are_not_reported_together(panel: Panel) -> None:
    law = LawOfMotion(degree=1, exposures=("s",), shifters=("s",))
    rng = np.random.default_rng(1)
    gone = panel.frame[(panel.years < 2004) | (rng.random(len(panel)) < 0.8)]
    other = Panel.of(gone)
    spec = sp.OlleyPakes(*ROLES, degree=2, law=law, in_logs=True, survival="ever_again")
    made = measure(other, spec)
    with pytest.raises(SpecificationError, match="without a survival probability"):
        EndogenousProductivity().solve(sp.Sample.of(other, made))


def test_capacity_and_effects_of_the_law_are_columns_of_its_regression(panel: Panel) -> None:
    wide = Panel.of(panel.frame.assign(rd=np.abs(np.sin(np.arange(len(panel))))))
    law = LawOfMotion(
        degree=2, exposures=("s",), squares=True, capacity=("rd",), effects=("year",), shifters=()
    )
    made = measure(wide, replace(PLAIN, law=law))
    process = made.blocks[0].process
    assert process is not None
    names = process.law.names
    assert names[:8] == ("1", "omega", "omega^2", "s", "omega*s", "s^2", "rd", "s*rd")
    assert names[8:] == tuple(f"year={year}" for year in (2003, 2004, 2005, 2006))
    found = sp.estimate(sp.Sample.of(wide, made), EndogenousProductivity(), vcov=FIRM).tidy()
    assert found.loc["s * rd", "estimate"] == pytest.approx(0.0, abs=0.05)
    gamma = made.blocks[0].parameters.values[process.gamma]
    assert found.loc["s * rd", "estimate"] == pytest.approx(gamma[7])


def test_gross_output_takes_exposures_too(panel: Panel) -> None:
    frame = panel.frame.assign(share=np.log(0.3) - 0.1 * np.sin(np.arange(len(panel))))
    law = LawOfMotion(degree=1, exposures=("s",), shifters=())
    spec = sp.GandhiNavarroRivers(
        "y", ("k", "l"), "m", "share", share_degree=1, constant_degree=1, law=law, in_logs=True
    )
    made = measure(Panel.of(frame), spec)
    found = sp.estimate(sp.Sample.of(made.panel, made), EndogenousProductivity(), vcov=FIRM)
    assert (found.std_errors > 0).all()


def test_productivity_without_mean_reversion_has_no_long_run(panel: Panel) -> None:
    made = measure(panel, INSIDE)
    block = made.blocks[0]
    values = block.parameters.values.copy()
    values[block.process.gamma.start + 1] *= 3.0
    explosive = replace(block, parameters=replace(block.parameters, values=values))
    with pytest.raises(IdentificationError, match="mean persistence"):
        EndogenousProductivity().solve(sp.Sample.of(panel, replace(made, blocks=(explosive,))))


def test_a_firm_drawn_twice_equals_a_copied_firm_with_a_fresh_name(panel: Panel) -> None:
    redraws = Redraws.of(measure(panel, PLAIN))
    weights = firm_weights(np.random.default_rng(5), 250, "multinomial")
    by_weights = redraws.technology(redraws.at(weights))
    firms = panel.frame["firm_id"].to_numpy()
    copies = [
        panel.frame[firms == panel.units[i]].assign(firm_id=f"{panel.units[i]}-{c}")
        for i in range(250)
        for c in range(int(weights[i]))
    ]
    copied = measure(Panel.of(pd.concat(copies)), PLAIN)
    block = copied.blocks[0]
    np.testing.assert_allclose(
        by_weights, block.parameters.values[list(block.technology)], atol=1e-8
    )


def test_the_bootstrap_agrees_with_the_analytic_errors(panel: Panel, plain: Productivity) -> None:
    drawn = bootstrap(plain, 400, seed=1)
    analytic = plain.coefficients()["std_error"].to_numpy()
    np.testing.assert_allclose(drawn.table()["std_error"], analytic, rtol=0.15)
    again = bootstrap(plain, 20, seed=1)
    np.testing.assert_array_equal(drawn.draws[:20], again.draws)
    assert drawn.share > 0.99
    assert "converged" in drawn.notes()[0]
    with pytest.raises(SpecificationError, match="control-function"):
        bootstrap(replace(plain, spec=SolowResidual()), 5, seed=1)


def test_the_joint_bootstrap_agrees_with_the_corrected_errors(
    panel: Panel, plain: Productivity
) -> None:
    sample = sp.Sample.of(panel, plain)
    design = sp.FixedEffects.formula("log_tfp_with_shock ~ lag(s)")
    corrected = sp.estimate(sample, design, vcov=FIRM)
    ignored = sp.estimate(sample, design, vcov=FIRM, first_stage="ignore")
    draws = joint_bootstrap(corrected, 300, seed=4)
    assert draws.notes() == ("100.0% of 300 draws converged",)
    drawn = draws.table()["std_error"].to_numpy()[0]
    assert drawn == pytest.approx(corrected.std_errors[0], rel=0.15)
    assert ignored.std_errors[0] < 0.8 * drawn


def responses(panel: Panel, law: LawOfMotion, **options: object) -> pd.DataFrame:
    made = measure(panel, replace(PLAIN, law=law))
    design = EndogenousProductivity(**options)
    return sp.estimate(sp.Sample.of(panel, made), design, vcov=FIRM).tidy()


def test_responses_of_a_linear_law_are_powers_of_persistence_with_delta_method_errors(
    panel: Panel,
) -> None:
    law = LawOfMotion(degree=1, exposures=("s",), shifters=(), interactions=False)
    once = responses(panel, law, horizons=(1, 3), change=2.0)["estimate"]
    assert once["2 * s after 1 year"] == pytest.approx(2 * once["s"], rel=1e-10)
    power = once["persistence"] ** 2
    assert once["2 * s after 3 years"] == pytest.approx(2 * once["s"] * power, rel=1e-10)
    table = responses(panel, law, horizons=(2, 100), lasting=True)
    short, long = table.loc["lasting s after 2 years"], table.loc["lasting s after 100 years"]
    assert short["estimate"] == pytest.approx(once["s"] * (1 + once["persistence"]), rel=1e-10)
    for column in ("estimate", "std_error"):
        assert long[column] == pytest.approx(table.loc["s in the long run", column], rel=1e-8)


def test_responses_of_a_curved_law_follow_its_polynomial_from_the_stated_productivity(
    panel: Panel,
) -> None:
    law = LawOfMotion(degree=2, exposures=("s",), shifters=(), squares=True)
    table = responses(panel, law, horizons=(1, 2), quantiles=(0.9,))["estimate"]
    made = measure(panel, replace(PLAIN, law=law))
    process, block = made.blocks[0].process, made.blocks[0]
    gamma, names = block.parameters.values[process.gamma], process.law.names
    c = dict(zip(names, gamma, strict=True))
    lag, s = block.productivity[process.before], process.exposures[:, 0]

    def step(omega: np.ndarray, x: np.ndarray) -> np.ndarray:
        z = (omega - process.law.centre) / process.law.scale
        curve = c["1"] + c["omega"] * z + c["omega^2"] * z**2
        return curve + c["s"] * x + c["omega*s"] * z * x + c["s^2"] * x**2

    gap = step(step(lag, s + 1), s) - step(step(lag, s), s)
    assert table["s after 2 years"] == pytest.approx(gap.mean(), rel=1e-10)
    high, typical = np.sort(lag)[round(0.9 * (len(lag) - 1))], s.mean()
    gap = step(step(high, typical + 1), typical) - step(step(high, typical), typical)
    assert table["s after 2 years at quantile 0.9"] == pytest.approx(gap, rel=1e-10)


def test_paths_far_out_of_the_data_are_refused(panel: Panel) -> None:
    law = LawOfMotion(degree=1, exposures=("s",), shifters=(), interactions=False)
    with pytest.raises(IdentificationError, match="10 standard deviations"):
        responses(panel, law, horizons=(4,), change=100.0)
