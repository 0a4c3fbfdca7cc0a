"""More moments than elasticities: the criterion, Hansen's test, and what it can see."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.errors import IdentificationError
from spillover.productivity.bootstrap import Redraws

ROLES = ("y", "gross_leontief", "l", "k", "m")
EXACT = sp.AckerbergCavesFrazer(*ROLES, degree=1, law=sp.LawOfMotion(degree=1), in_logs=True)
OVER = replace(EXACT, lags=2)


def economy(seed: int, firms: int = 200) -> pd.DataFrame:
    return sp.TimingEconomy("DGP1", firms=firms, years=7, burn_in=60).simulate(seed=seed)


def test_it_solves_the_efficient_criterion_and_reports_minima_never_roots() -> None:
    panel = sp.Panel.of(economy(1))
    made = sp.measure(panel, OVER)
    block = made.blocks[0]
    assert block.roots
    assert not any(root.exact for root in block.roots)
    assert made.statistics["j_degrees"] == 2
    least = min((root for root in block.roots if not root.flags), key=lambda one: one.objective)
    assert made.statistics["j"] == pytest.approx(least.objective)
    assert any("Hansen's J(2)" in note for note in made.notes)
    firms_years = panel.frame.groupby("firm_id")["year"].count()
    assert made.statistics["pairs"] == (firms_years - 2).sum()


def test_influence_is_that_of_firm_weights_at_fixed_combinations_of_moments() -> None:
    made = sp.measure(sp.Panel.of(economy(2)), OVER)
    block, redrawer, _ = Redraws.of(made).parts[0]
    up, down = np.ones(len(redrawer.crosses)), np.ones(len(redrawer.crosses))
    up[5], down[5] = 1.0001, 0.9999
    moved = (redrawer.solve(up).beta - redrawer.solve(down).beta) / 2e-4
    psi = block.parameters.influence[made.panel.codes[block.rows] == 5].sum(axis=0)[-2:]
    np.testing.assert_allclose(moved, psi, rtol=1e-3, atol=1e-7)


def test_estimates_are_right_and_errors_and_the_test_have_their_size() -> None:
    found = [sp.measure(sp.Panel.of(economy(seed)), OVER) for seed in range(24)]
    tables = np.array([one.coefficients().to_numpy() for one in found])
    spread = tables[:, :, 0].std(axis=0, ddof=1)
    assert (np.abs(tables[:, :, 0].mean(axis=0) - [0.6, 0.4]) < 4 * spread / np.sqrt(24)).all()
    np.testing.assert_allclose(tables[:, :, 1].mean(axis=0), spread, rtol=0.4)
    rejected = np.mean([one.statistics["j_p"] < 0.05 for one in found])
    assert rejected < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 24)


def test_hansens_test_sees_labor_that_reacts_to_the_news() -> None:
    panel = sp.Panel.of(economy(3, firms=400))
    assert sp.measure(panel, OVER).statistics["j_p"] > 0.01
    wrong = replace(OVER, free_timing="current")
    assert sp.measure(panel, wrong).statistics["j_p"] < 0.01


def test_panels_without_three_years_in_a_row_and_flagged_minima_are_refused() -> None:
    frame = economy(1, firms=60)
    with pytest.raises(IdentificationError, match="three consecutive calendar years"):
        sp.measure(sp.Panel.of(frame[frame["year"] % 3 > 0]), OVER)
    strict = replace(OVER, roots=sp.RootRule(low_persistence=0.99))
    with pytest.raises(IdentificationError, match=r"looks like a production function.*low_pers"):
        sp.measure(sp.Panel.of(frame), strict)
