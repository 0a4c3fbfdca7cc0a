"""Markups and their derivatives."""

from dataclasses import replace

import numpy as np
import pytest

import spillover as sp
from spillover.errors import DataError, SpecificationError, UnknownNameError
from spillover.productivity.ackerberg_caves_frazer import AckerbergCavesFrazer
from spillover.productivity.bootstrap import Redraws
from spillover.productivity.index_number import SolowResidual
from spillover.productivity.inputs import read_inputs
from spillover.productivity.law import LawOfMotion
from spillover.productivity.markups import markups
from spillover.productivity.measure import measure
from spillover.simulation.timing import TimingEconomy
from spillover.tables.panel import Panel

SPEC = AckerbergCavesFrazer(
    "y", "gross_leontief", "l", "k", "m", degree=1, law=LawOfMotion(degree=1), in_logs=True
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Labor costs 0.6/1.5 of expected output: the markup is 1.5 up to optimization error."""
    frame = TimingEconomy("DGP1", firms=250, years=6, burn_in=60).simulate(seed=6)
    known = frame["y"] - 0.6 * frame["l"] - 0.4 * frame["k"] - frame["omega"]
    return Panel.of(
        frame.assign(revenue=np.exp(frame["y"]), wages=0.4 * np.exp(frame["y"] - known))
    )


def test_the_planted_markup_is_found_once_the_share_is_freed_of_the_shock(panel: Panel) -> None:
    found = markups(measure(panel, SPEC), "l", "wages", "revenue")
    level = found.columns(panel)["log_markup_level"]
    assert np.median(level) == pytest.approx(1.5, abs=0.1)
    assert np.std(found.values) < 0.05
    assert any("Bond" in note for note in found.notes)


@pytest.mark.parametrize("shape", ["cobb_douglas", "translog"])
def test_regressions_on_markups_know_that_they_were_estimated(panel: Panel, shape: str) -> None:
    spec = replace(SPEC, technology=shape, degree=2)
    made = measure(panel, spec)
    found = markups(made, "l", "wages", "revenue")
    sample = sp.Sample.of(panel, found)
    design = sp.FixedEffects.formula("log_markup ~ s")
    solution = sp.estimate(sample, design, vcov=sp.Cluster("firm_id")).solution
    stage, redraws = solution.first_stage, Redraws.of(made)
    assert stage is not None
    own = spec.shape(read_inputs(panel, spec.wanted(), None)[0])
    share = np.log(panel.numbers("wages") / panel.numbers("revenue"))

    def slope(weights: np.ndarray) -> float:
        one = redraws.at(weights)
        values, with_shock = redraws.values(one)
        theta = own.elasticities(one[0].beta)[:, 0]
        columns = {"log_markup": np.log(theta) - share - (with_shock - values)}
        columns["w"] = weights[panel.codes]
        moved = replace(sample, panel=sample.panel.with_columns(columns))
        return float(replace(design, weights="w").solve(moved).beta[0])

    for firm in (4, 140):
        up, down = np.ones(250), np.ones(250)
        up[firm], down[firm] = 1.0001, 0.9999
        moved = (slope(up) - slope(down)) / 2e-4
        psi = solution.psi[panel.codes[solution.rows] == firm, 0].sum()
        psi += stage.psi[panel.codes[stage.rows] == firm, 0].sum()
        assert psi == pytest.approx(moved, rel=2e-3, abs=1e-9)


def test_inputs_outside_the_technology_and_other_estimators_are_refused(panel: Panel) -> None:
    made = measure(panel, SPEC)
    with pytest.raises(UnknownNameError, match="input of the technology"):
        markups(made, "m", "wages", "revenue")
    with pytest.raises(SpecificationError, match="its own flexible input"):
        markups(replace(made, spec=SolowResidual()), "l", "wages", "revenue")


def test_costs_that_are_not_positive_are_counted_and_named(panel: Panel) -> None:
    frame = panel.frame.copy()
    frame.loc[[0, 5], "wages"] = 0.0
    with pytest.raises(DataError, match=r"2 rows .*F000000 in 2001"):
        markups(measure(Panel.of(frame), SPEC), "l", "wages", "revenue")
