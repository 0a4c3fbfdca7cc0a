"""Dynamic panels with common factors."""

from dataclasses import replace

import numpy as np
import pytest

import spillover as sp
from spillover.errors import IdentificationError
from spillover.numerics.minimum_distance import common_factor, factors
from spillover.numerics.stacked import complex_step
from spillover.productivity.blundell_bond import BlundellBond
from spillover.productivity.measure import measure
from spillover.simulation.known_technologies import slow_adjusters
from spillover.tables.panel import Panel

SPEC = BlundellBond("y", ("l", "k"), in_logs=True)
TRUTH = (0.6, 0.3, 0.5)


def test_elasticities_and_persistence_are_found_with_honest_errors() -> None:
    found = [measure(Panel.of(slow_adjusters(seed)), SPEC).coefficients() for seed in range(12)]
    estimates = np.array([table["estimate"] for table in found])
    errors = np.array([table["std_error"] for table in found])
    gaps = (estimates.mean(axis=0) - TRUTH) / (estimates.std(axis=0, ddof=1) / np.sqrt(12))
    assert np.abs(gaps).max() < 4
    assert np.abs(estimates.mean(axis=0)[:2] - TRUTH[:2]).max() < 0.05
    spread = estimates.std(axis=0, ddof=1)
    np.testing.assert_allclose(errors.mean(axis=0)[:2], spread[:2], rtol=0.6)


@pytest.mark.slow
def test_intervals_cover_at_the_stated_rate() -> None:
    """Three Monte Carlo standard errors of a share of 5 or 95 % at 200 draws are 4.6 per cent."""
    covered, rejected = [], []
    for seed in range(200):
        made = measure(Panel.of(slow_adjusters(seed)), SPEC)
        table = made.coefficients()
        gap = np.abs(table["estimate"] - np.array(TRUTH))
        covered.append(gap <= 1.96 * table["std_error"])
        rejected.append(made.statistics["common_factor_p"] < 0.05)
    error = 3 * np.sqrt(0.05 * 0.95 / 200)
    assert (np.abs(np.mean(covered, axis=0) - 0.95) < error).all()
    assert np.mean(rejected) < 0.05 + error


def test_a_gap_loses_the_equations_that_touch_it_and_row_order_changes_nothing() -> None:
    frame = slow_adjusters(1, firms=150)
    holed = frame[~((frame["firm_id"] == "F0003") & (frame["year"] == 2004))]
    full, less = (measure(Panel.of(f), SPEC) for f in (frame, holed))
    assert full.statistics["pairs"] - less.statistics["pairs"] == 2
    shuffled = measure(Panel.of(frame.sample(frac=1, random_state=2)), SPEC)
    np.testing.assert_allclose(
        full.coefficients()["estimate"], shuffled.coefficients()["estimate"], rtol=1e-9
    )


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("missing", [2001, 2003])
def test_a_year_without_any_firm_costs_its_equations_and_not_the_estimate(
    missing: int, steps: int
) -> None:
    """Neither that year nor the one after it has an equation, so neither has a dummy."""
    frame = slow_adjusters(1, firms=300)
    made = measure(Panel.of(frame[frame["year"] != missing]), replace(SPEC, steps=steps))
    table = made.coefficients()
    assert (np.abs(table["estimate"] - np.array(TRUTH)) < 4 * table["std_error"]).all()
    assert (table["std_error"] < 0.3).all()


def test_common_factors_that_hold_exactly_are_returned() -> None:
    theta = np.array([0.6, 0.3, 0.5])
    pi, slope = factors(theta)
    np.testing.assert_allclose(slope, complex_step(_pi, theta), atol=1e-12)
    found = common_factor(pi, np.diag(np.arange(1.0, 6.0)))
    np.testing.assert_allclose(found.theta, theta, atol=1e-10)
    assert found.statistic == pytest.approx(0.0, abs=1e-18)
    assert found.p_value == pytest.approx(1.0)


def _pi(theta: np.ndarray) -> np.ndarray:
    a, b, rho = theta
    return np.array([a, -rho * a, b, -rho * b, rho])


def test_influence_is_about_what_leaving_a_firm_out_changes() -> None:
    frame = slow_adjusters(2, firms=300)
    made = measure(Panel.of(frame), SPEC)
    own = made.blocks[0].parameters
    out = measure(Panel.of(frame[frame["firm_id"] != "F0007"]), SPEC).blocks[0].parameters
    psi = own.influence[made.panel.frame["firm_id"] == "F0007"].sum(axis=0)
    np.testing.assert_allclose(own.values - out.values, psi, rtol=0.5, atol=5e-4)


def test_regressions_on_its_productivity_know_the_elasticities() -> None:
    panel = Panel.of(slow_adjusters(3, firms=200))
    sample = sp.Sample.of(panel, measure(panel, SPEC))
    design = sp.FixedEffects.formula("log_tfp ~ l | firm_id + year")
    known, ignored = (
        sp.estimate(sample, design, vcov=sp.Cluster("firm_id"), first_stage=rule)
        for rule in ("correct", "ignore")
    )
    assert known.std_errors[0] > 1.5 * ignored.std_errors[0]


def test_more_instruments_than_firms_are_refused() -> None:
    with pytest.raises(IdentificationError, match="fewer instruments than firms"):
        measure(Panel.of(slow_adjusters(4, firms=15)), SPEC)


def test_two_steps_find_the_elasticity_of_labor_with_errors_that_know_the_weights() -> None:
    both = []
    for seed in range(16):
        panel = Panel.of(slow_adjusters(seed, firms=200))
        made = [measure(panel, replace(SPEC, steps=steps, last=4)) for steps in (1, 2)]
        assert made[1].statistics["j_degrees"] > 0
        assert any("Hansen's J(" in note for note in made[1].notes)
        both.append([one.coefficients().loc[("", "l")].to_numpy() for one in made])
    found = np.array(both)
    estimates, errors = found[:, 1, 0], found[:, 1, 1]
    spread = estimates.std(ddof=1)
    assert abs(estimates.mean() - TRUTH[0]) < 4 * spread / np.sqrt(16)
    assert spread < 1.3 * found[:, 0, 0].std(ddof=1)
    assert errors.mean() == pytest.approx(spread, rel=0.5)


def test_coefficients_that_are_known_from_one_another_are_refused() -> None:
    rng = np.random.default_rng(3)
    draws = rng.normal(size=(200, 5))
    draws[:, 2] = 1e4 * (draws[:, 0] + 1e-6 * draws[:, 2])
    with pytest.raises(IdentificationError, match="variance of their own"):
        common_factor(np.array([0.6, -0.3, 0.3, -0.15, 0.5]), draws.T @ draws)
