"""Identification-robust sets of elasticities."""

from dataclasses import replace

import numpy as np
import pytest

from spillover.errors import SpecificationError
from spillover.productivity.ackerberg_caves_frazer import AckerbergCavesFrazer
from spillover.productivity.index_number import SolowResidual
from spillover.productivity.law import LawOfMotion
from spillover.productivity.measure import measure
from spillover.productivity.productivity import Productivity
from spillover.productivity.s_set import s_set
from spillover.simulation.timing import TimingEconomy
from spillover.tables.panel import Panel

SPEC = AckerbergCavesFrazer(
    "y", "gross_leontief", "l", "k", "m", degree=1, law=LawOfMotion(degree=1), in_logs=True
)


def made(seed: int, design: str = "DGP1", firms: int = 200) -> Productivity:
    frame = TimingEconomy(design, firms=firms, years=6, burn_in=60).simulate(seed)
    return measure(Panel.of(frame), SPEC)


def test_the_statistic_is_zero_at_every_root_and_the_set_holds_the_estimate() -> None:
    found = made(1)
    for root in found.blocks[0].roots:
        if root.exact:
            at = root.coefficients
            one = s_set(found, box=(at[0], at[0] + 0.3), points=2)
            corner = np.argmin(np.abs(one.points - at[0]).sum(axis=1))
            assert one.points[corner][0] == at[0]
    whole = s_set(found, points=49)
    table = whole.table()
    for name, value in found.coefficients()["estimate"].droplevel("block").items():
        assert table.loc[name, "conf_low"] <= value + 0.025
        assert table.loc[name, "conf_high"] >= value - 0.025


def test_the_false_root_is_a_piece_of_its_own_and_said_to_reach_the_edge() -> None:
    found = s_set(made(1), box=(-0.1, 1.2), points=53)
    assert found.pieces == 2
    assert "2 pieces" in found.notes()[0]
    edge = s_set(made(1), box=(0.5, 0.62), points=9)
    assert edge.open_ended
    assert any("weakly identified" in note for note in edge.notes())


def test_an_empty_set_rejects_the_timing() -> None:
    found = s_set(made(1), box=(0.1, 0.2), points=3)
    assert any("rejected" in note for note in found.notes())
    assert found.table()["conf_low"].isna().all()


def test_moments_that_were_combined_at_the_estimate_are_refused() -> None:
    over = measure(made(2).panel, replace(SPEC, lags=2))
    with pytest.raises(SpecificationError, match="as many moments"):
        s_set(over)


def test_other_estimators_and_unknown_industries_are_refused() -> None:
    found = made(2)
    with pytest.raises(SpecificationError, match="Cobb-Douglas"):
        s_set(replace(found, spec=SolowResidual()))
    with pytest.raises(SpecificationError, match="label of an industry"):
        s_set(found, label="C")


@pytest.mark.slow
def test_the_truth_is_accepted_at_the_stated_rate() -> None:
    values = []
    for seed in range(200):
        one = s_set(made(seed, "DGP2"), box=(0.4, 0.6), points=2)
        values.append(one.statistics[np.argmin(np.abs(one.points - [0.6, 0.4]).sum(axis=1))])
    assert 0.91 <= np.mean(np.array(values) <= one.critical) <= 0.985
