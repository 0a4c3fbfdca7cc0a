"""Draws of firms for estimators that are measured from scratch."""

import numpy as np
import pytest

from spillover.errors import SpecificationError
from spillover.productivity.blundell_bond import BlundellBond
from spillover.productivity.bootstrap import bootstrap
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
