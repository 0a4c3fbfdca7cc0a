from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spillover as sp
from spillover.errors import DataError, IdentificationError, SpecificationError, UnknownNameError
from spillover.numerics.index import chained_index, multilateral_index
from spillover.productivity.index_number import MultilateralIndex, SolowResidual
from spillover.productivity.measure import measure
from spillover.simulation.parameters import Production
from spillover.tables.panel import Panel

RICE = ("AREA", "LABOR", "NPK", "OTHER")


def firm_years(rng: np.random.Generator, firms: int = 12, years: int = 4) -> pd.DataFrame:
    n = firms * years
    labour, capital = rng.lognormal(3, 1, n), rng.lognormal(4, 1, n)
    return pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i:02d}" for i in range(firms)], years),
            "year": np.tile(np.arange(2000, 2000 + years), firms),
            "industry": np.repeat(np.where(np.arange(firms) % 2, "C", "E"), years),
            "sales": np.exp(rng.normal(0, 0.2, n)) * labour**0.6 * capital**0.4,
            "employment": labour,
            "capital": capital,
            "wages": rng.uniform(0.5, 1.5, n) * labour,
            "rent": rng.uniform(0.5, 1.5, n) * capital,
        }
    )


TWO = {"inputs": ("employment", "capital"), "costs": ("wages", "rent")}


@pytest.fixture
def frame(rng: np.random.Generator) -> pd.DataFrame:
    return firm_years(rng)


def bilateral(y: np.ndarray, x: np.ndarray, s: np.ndarray, a: int, c: int) -> float:
    total = y[a] - y[c]
    for j in range(x.shape[1]):
        total -= 0.5 * (s[a, j] + s[c, j]) * (x[a, j] - x[c, j])
    return float(total)


def test_the_default_returns_the_planted_productivity_of_a_simulated_economy() -> None:
    exact = sp.Economy(firms=60, years=3, production=Production(output_sd=0.0))
    world = sp.simulate(exact, seed=5)
    found = sp.measure(world.tables.panel, sp.SolowResidual()).columns(world.tables.panel)
    gap = found["log_tfp"] - world.truth.panel["log_tfp"].to_numpy()
    assert np.abs(gap).max() < 1e-3


@given(st.integers(0, 10_000))
def test_the_mean_of_all_bilateral_indices_is_the_multilateral_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, q = 9, 3
    y, x, s = rng.normal(size=n), rng.normal(size=(n, q)), rng.dirichlet(np.ones(q), n)
    index = multilateral_index(y, x, s, np.zeros(n, dtype=np.int32), 1)
    means = [np.mean([bilateral(y, x, s, a, c) for c in range(n)]) for a in range(n)]
    np.testing.assert_allclose(means, index - index.mean(), atol=1e-13)


@pytest.mark.reference
def test_the_pooled_index_of_rice_farms_equals_the_stored_values(
    stored: dict[str, Any], numbers_of: Callable[[str], pd.DataFrame]
) -> None:
    # shared/reference/productivity.json, index.ccd_rice; Philippine rice farms, 43 firms, 8 years
    rice = numbers_of("riceProdPhil.csv")
    costs = tuple(f"{name}P * {name}" for name in RICE)
    spec = MultilateralIndex("PROD", RICE, costs, within=None, chain="pooled")
    panel = Panel.of(rice, "FMERCODE", "YEARDUM")
    frame = panel.frame.assign(tfp=measure(panel, spec).values)
    original = rice.merge(frame[["FMERCODE", "YEARDUM", "tfp"]], on=["FMERCODE", "YEARDUM"])["tfp"]
    expected = stored["index"]["ccd_rice"]
    np.testing.assert_allclose(original[:5], expected["first5"], atol=1e-12)
    summary = [original.mean(), original.std(), original.min(), original.max()]
    names = ("mean", "sd", "min", "max")
    np.testing.assert_allclose(summary, [expected[k] for k in names], atol=1e-12)


def test_the_chained_index_follows_its_formula_written_as_loops(rng: np.random.Generator) -> None:
    n, q = 30, 2
    y, x, s = rng.normal(size=n), rng.normal(size=(n, q)), rng.dirichlet(np.ones(q), n)
    years = np.tile([2000, 2001, 2002], 10)
    found = chained_index(y, x, s, years, (np.zeros(n, dtype=np.int32), 1))
    bars = {
        t: (y[years == t].mean(), x[years == t].mean(axis=0), s[years == t].mean(axis=0))
        for t in (2000, 2001, 2002)
    }
    for i in range(n):
        ybar, xbar, sbar = bars[years[i]]
        value = y[i] - ybar - 0.5 * np.sum((s[i] + sbar) * (x[i] - xbar))
        for t in range(2001, years[i] + 1):
            (y1, x1, s1), (y0, x0, s0) = bars[t], bars[t - 1]
            value += (y1 - y0) - 0.5 * np.sum((s1 + s0) * (x1 - x0))
        assert found[i] == pytest.approx(value, abs=1e-12)


def test_one_year_of_the_chained_index_is_the_pooled_one(frame: pd.DataFrame) -> None:
    panel = Panel.of(frame[frame["year"] == 2001])
    chained, pooled = (
        measure(panel, MultilateralIndex(**TWO, chain=chain)).values
        for chain in ("chained", "pooled")
    )
    np.testing.assert_allclose(chained, pooled, atol=1e-12)


def test_with_equal_shares_every_index_is_the_cobb_douglas_residual(frame: pd.DataFrame) -> None:
    panel = Panel.of(frame.assign(a=0.6, b=0.4))
    residual = np.log(panel.numbers("sales")) - 0.6 * np.log(panel.numbers("employment"))
    residual -= 0.4 * np.log(panel.numbers("capital"))
    given_shares = {"inputs": TWO["inputs"], "costs": ("a", "b"), "shares": "given"}
    for spec in (
        SolowResidual(**given_shares),
        MultilateralIndex(**given_shares, within=None),
        MultilateralIndex(**given_shares, within=None, chain="pooled"),
    ):
        assert np.ptp(measure(panel, spec).values - residual) < 1e-12


@pytest.mark.parametrize("spec", [SolowResidual(**TWO), MultilateralIndex(**TWO)])
def test_units_and_row_order_change_nothing_within_an_industry(
    frame: pd.DataFrame, spec: SolowResidual, rng: np.random.Generator
) -> None:
    shuffled = frame.sample(frac=1, random_state=3).assign(capital=frame["capital"] * 1e3)
    first, second = (measure(Panel.of(f), spec).values for f in (frame, shuffled))
    for name in ("C", "E"):
        of = Panel.of(frame).frame["industry"].to_numpy() == name
        assert np.ptp((first - second)[of]) < 1e-10


def test_growth_uses_calendar_years_so_that_a_gap_stays_a_gap(frame: pd.DataFrame) -> None:
    gap = frame[~((frame["firm_id"] == "F00") & (frame["year"] == 2001))]
    panel = Panel.of(gap)
    growth = measure(panel, SolowResidual(**TWO)).columns(panel)["log_tfp_growth"]
    own = panel.frame["firm_id"] == "F00"
    assert np.isnan(growth[own]).tolist() == [True, True, False]
    row = np.flatnonzero(own)[-1]
    f, before = panel.frame.loc[row], panel.frame.loc[row - 1]
    share, earlier = (r["wages"] / (r["wages"] + r["rent"]) for r in (f, before))
    mean = 0.5 * (share + earlier)
    by_hand = np.log(f["sales"] / before["sales"])
    by_hand -= mean * np.log(f["employment"] / before["employment"])
    by_hand -= (1 - mean) * np.log(f["capital"] / before["capital"])
    assert growth[row] == pytest.approx(by_hand, abs=1e-12)


def test_values_are_found_by_firm_and_year_on_another_panel(frame: pd.DataFrame) -> None:
    panel = Panel.of(frame)
    made = measure(panel, SolowResidual(**TWO), name="omega")
    fewer = pd.concat([frame.iloc[5:17], frame.iloc[:1].assign(firm_id="new", year=1990)])
    other = Panel.of(fewer)
    found = made.columns(other)["omega"]
    known = dict(
        zip(zip(panel.frame["firm_id"], panel.years, strict=True), made.values, strict=True)
    )
    expected = [
        known.get(key, np.nan) for key in zip(other.frame["firm_id"], other.years, strict=True)
    ]
    np.testing.assert_array_equal(found, expected)
    assert np.isnan(found).sum() == 1


def test_values_that_are_not_positive_are_refused_with_their_number_and_names(
    frame: pd.DataFrame,
) -> None:
    frame.loc[3, "capital"] = 0.0
    frame.loc[8, "capital"] = -1.0
    with pytest.raises(DataError, match=r"2 rows .*F00 in 2003, F02 in 2000"):
        measure(Panel.of(frame), SolowResidual(**TWO))
    made = measure(Panel.of(frame), SolowResidual(**TWO, nonpositive="drop"))
    assert [(loss.reason, loss.rows) for loss in made.losses[1:]] == [
        ("capital zero or negative", 2)
    ]
    assert np.isnan(made.values).sum() == 2


def test_missing_inputs_are_counted_and_not_filled(frame: pd.DataFrame) -> None:
    frame.loc[[1, 2], "wages"] = np.nan
    made = measure(Panel.of(frame), SolowResidual(**TWO))
    assert ("missing wages", 2) in [(loss.reason, loss.rows) for loss in made.losses]
    assert made.losses[-1].remaining == int(made.statistics["rows"]) == len(frame) - 2


def test_revenue_shares_give_the_last_input_the_rest(frame: pd.DataFrame) -> None:
    frame["wages"] = 0.7 * frame["sales"]
    made = measure(Panel.of(frame), SolowResidual(**TWO, shares="revenue"))
    np.testing.assert_allclose(made.elasticities, np.tile([0.7, 0.3], (len(frame), 1)))
    assert "constant returns" in made.notes[0]


def test_shares_outside_zero_and_one_are_refused(frame: pd.DataFrame) -> None:
    frame["wages"] = 1.2 * frame["sales"]
    with pytest.raises(DataError, match=r"48 rows with a share outside \(0, 1\)"):
        measure(Panel.of(frame), SolowResidual(**TWO, shares="revenue"))
    shares = {"inputs": TWO["inputs"], "costs": ("a", "b"), "shares": "given"}
    with pytest.raises(DataError, match="do not sum to one"):
        measure(Panel.of(frame.assign(a=0.5, b=0.4)), SolowResidual(**shares))


def test_a_year_without_firms_breaks_the_chain(frame: pd.DataFrame) -> None:
    panel = Panel.of(frame[frame["year"] != 2001])
    with pytest.raises(DataError, match="set 0 in 2001"):
        measure(panel, MultilateralIndex(**TWO))


def test_unknown_columns_and_lists_that_do_not_match_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="employment"):
        measure(Panel.of(frame), SolowResidual(inputs=("employmet", "capital"), costs=TWO["costs"]))
    with pytest.raises(SpecificationError, match="2 inputs and 1 costs"):
        SolowResidual(inputs=TWO["inputs"], costs=("wages",))
    with pytest.raises(SpecificationError, match="each input once"):
        SolowResidual(inputs=("capital", "capital"), costs=TWO["costs"])


def test_a_panel_without_any_complete_row_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(IdentificationError, match="missing wages"):
        measure(Panel.of(frame.assign(wages=np.nan)), SolowResidual(**TWO))
