"""Draws of firms for estimators that are measured from scratch."""

import numpy as np
import pytest

from spillover.errors import ConvergenceError, SpecificationError
from spillover.numerics.redraw import Scheme
from spillover.productivity.ackerberg_caves_frazer import AckerbergCavesFrazer
from spillover.productivity.blundell_bond import BlundellBond
from spillover.productivity.bootstrap import Bootstrap, bootstrap
from spillover.productivity.gandhi_navarro_rivers import GandhiNavarroRivers
from spillover.productivity.law import LawOfMotion
from spillover.productivity.measure import measure
from spillover.productivity.remeasure import redrawn_panel, technology_again
from spillover.productivity.wooldridge import Wooldridge
from spillover.simulation.known_technologies import price_takers, slow_adjusters
from spillover.simulation.timing import TimingEconomy
from spillover.tables.panel import Panel

WOOLDRIDGE = Wooldridge("y", "gross_leontief", "l", "k", "m", degree=1, in_logs=True)


def test_a_firm_drawn_twice_is_two_firms_and_makes_no_lag_of_its_own() -> None:
    panel = Panel.of(slow_adjusters(1, firms=4, years=3))
    drawn = redrawn_panel(panel, np.array([2, 0, 1, 3]))
    assert len(drawn.units) == 6
    assert len(drawn) == 18
    lagged = drawn.lag(drawn.numbers("y"))
    assert np.isnan(lagged).sum() == 6
    assert drawn.numbers("y").sum() == pytest.approx(
        panel.numbers("y") @ np.array([2, 0, 1, 3])[panel.codes]
    )


def test_every_firm_once_gives_the_estimate_itself() -> None:
    made = measure(Panel.of(price_takers(1, firms=80)), _gross())
    again = technology_again(made, np.ones(80, dtype=np.int64))
    np.testing.assert_allclose(again, made.coefficients()["estimate"], rtol=1e-9)


def _gross() -> GandhiNavarroRivers:
    law = LawOfMotion(degree=1)
    return GandhiNavarroRivers(
        "y", ("k", "l"), "m", "s", share_degree=2, constant_degree=2, law=law, in_logs=True
    )


@pytest.mark.parametrize("which", ["wooldridge", "blundell_bond"])
def test_draws_spread_like_the_standard_errors(which: str) -> None:
    if which == "wooldridge":
        made = measure(Panel.of(TimingEconomy("DGP2", firms=300).simulate(2)), WOOLDRIDGE)
    else:
        spec = BlundellBond("y", ("l", "k"), in_logs=True)
        made = measure(Panel.of(slow_adjusters(2, firms=200)), spec)
    drawn = bootstrap(made, 60, seed=1)
    errors = made.coefficients()["std_error"].to_numpy()
    ratio = drawn.table()["iqr_error"].to_numpy()[:2] / errors[:2]
    assert drawn.share > 0.95
    assert np.all((ratio > 0.6) & (ratio < 1.5))


def test_weights_between_whole_numbers_are_refused() -> None:
    made = measure(Panel.of(TimingEconomy("DGP2", firms=60, years=5).simulate(1)), WOOLDRIDGE)
    with pytest.raises(SpecificationError, match="draws of whole firms"):
        bootstrap(made, 3, seed=1, scheme="exponential")


@pytest.mark.parametrize(("draws", "threads"), [(0, None), (-1, None), (3, 0), (3, -1)])
def test_no_draws_and_no_threads_are_refused(draws: int, threads: int | None) -> None:
    made = measure(Panel.of(TimingEconomy("DGP2", firms=60, years=5).simulate(1)), WOOLDRIDGE)
    with pytest.raises(SpecificationError, match="one draw and one thread"):
        bootstrap(made, draws, seed=1, threads=threads)


@pytest.mark.parametrize("scheme", ["multinomial", "exponential"])
def test_draws_do_not_depend_on_the_number_of_threads(scheme: Scheme) -> None:
    economy = TimingEconomy("DGP3", firms=120, years=6, measurement_error=0.1)
    spec = AckerbergCavesFrazer("y", "gross_leontief", "l", "k", "m", degree=2, in_logs=True)
    made, seen = measure(Panel.of(economy.simulate(1)), spec), []
    draws = [
        bootstrap(
            made, 24, seed=3, scheme=scheme, threads=n, progress=lambda *at: seen.append(at)
        ).draws.tobytes()
        for n in (1, 2, 5)
    ]
    assert draws[0] == draws[1] == draws[2]
    assert seen == 3 * [(r, 24) for r in range(1, 25)]


def test_draws_of_gross_output_are_not_told_apart_by_roots_of_another_space() -> None:
    drawn = bootstrap(measure(Panel.of(price_takers(3, firms=60)), _gross()), 4, seed=1)
    assert drawn.draws.shape == (4, 3)
    assert set(drawn.nearest) == {-1}


def _drawn(draws: np.ndarray) -> Bootstrap:
    worked = ~np.isnan(draws[:, 0])
    return Bootstrap(("l",), np.zeros(1), draws, worked, np.full(len(draws), -1))


def test_the_percentile_interval_is_asked_for_when_draws_fail_or_lie_far_out() -> None:
    clean = np.random.default_rng(1).normal(size=(200, 1))
    assert _drawn(clean).notes() == ("100.0% of 200 draws converged",)
    failed, distant = clean.copy(), clean.copy()
    failed[:11] = np.nan
    assert _drawn(failed).notes() == ("94.5% of 200 draws converged", "use the percentile interval")
    failed[0] = 0.0
    assert len(_drawn(failed).notes()) == 1
    distant[:2] = 40.0
    notes = _drawn(distant).notes()
    assert notes[1].endswith("standard deviation of l")
    assert notes[2] == "use the percentile interval"


def test_draws_that_all_failed_are_an_error() -> None:
    with pytest.raises(ConvergenceError, match="Found 1 of 3"):
        _drawn(np.array([[np.nan], [1.0], [np.nan]])).table()
