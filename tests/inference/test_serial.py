"""Dependence over time: stored values, limits and refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import IdentificationError, SpecificationError
from spillover.estimation.estimate import estimate
from spillover.inference.cluster import Cluster
from spillover.inference.independent import Heteroskedastic
from spillover.inference.serial import DriscollKraay, NeweyWest, lags_of
from spillover.numerics.kernels import bartlett_lags
from spillover.sample import Sample
from spillover.tables.panel import Panel

STORED = {"R05_grunfeld_DK2": DriscollKraay(2), "R06_grunfeld_NW2": NeweyWest(2)}


def small(years: list[int], firms: int = 6, seed: int = 3) -> Sample:
    rng = np.random.default_rng(seed)
    n = firms * len(years)
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i}" for i in range(firms)], len(years)),
            "year": np.tile(years, firms),
            "x": rng.normal(size=n),
            "y": rng.normal(size=n),
        }
    )
    return Sample.of(Panel.of(frame))


@pytest.mark.reference
@pytest.mark.parametrize("name", STORED)
def test_stored_values_of_fixest_are_met(shared: Path, name: str) -> None:
    """R05 and R06 of the reference file: fixest 0.14.2, factor T/(T-1) (N-1)/(N-K)."""
    cases = json.loads((shared / "reference" / "regressions.json").read_text("utf-8"))["cases"]
    case = next(case for case in cases if case["id"] == name)
    sample = Sample.of(Panel.of(pd.read_csv(shared / case["data"])))  # noqa: TID251 - no schema
    result = estimate(sample, FixedEffects.formula(case["formula"]), STORED[name])
    expected, table = case["peers"][case["expect"]], result.tidy()
    for column, key in (("estimate", "coef"), ("std_error", "se"), ("p_value", "p")):
        stored = pd.Series(expected[key])
        rtol = 1e-4 if key == "p" else case["rtol"]
        np.testing.assert_allclose(table.loc[stored.index, column], stored, rtol=rtol)
    assert result.covariance.df_t == expected["df_t"]
    assert result.covariance.parameters == expected["df_k"]


@pytest.mark.reference
def test_the_rule_of_linearmodels_differs_by_its_factor_only(shared: Path) -> None:
    """R05, peer linearmodels: N/(N-K) without T/(T-1)."""
    cases = json.loads((shared / "reference" / "regressions.json").read_text("utf-8"))["cases"]
    case = next(case for case in cases if case["id"] == "R05_grunfeld_DK2")
    sample = Sample.of(Panel.of(pd.read_csv(shared / case["data"])))  # noqa: TID251 - no schema
    vcov = DriscollKraay(2, small_sample="linearmodels")
    table = estimate(sample, FixedEffects.formula(case["formula"]), vcov).tidy()
    stored = pd.Series(case["peers"]["linearmodels"]["se"])
    np.testing.assert_allclose(table.loc[stored.index, "std_error"], stored, rtol=1e-7)


def test_no_lags_leave_rows_or_years_on_their_own(world, scores, meat) -> None:
    np.testing.assert_allclose(
        meat(NeweyWest(0), world, scores), meat(Heteroskedastic("HC0"), world, scores)
    )
    np.testing.assert_allclose(
        meat(DriscollKraay(0), world, scores), meat(Cluster("year"), world, scores)
    )


def test_many_lags_approach_clusters_of_units(world, scores, meat) -> None:
    by_firm = meat(Cluster("firm_id"), world, scores)
    np.testing.assert_allclose(meat(NeweyWest(10**9), world, scores), by_firm, rtol=1e-6)


def test_a_gap_counts_as_long_as_it_is() -> None:
    weights = bartlett_lags(np.array([2001, 2002, 2005]), lags=3)
    expected = [[1, 0.75, 0], [0.75, 1, 0.25], [0, 0.25, 1]]
    np.testing.assert_allclose(weights, expected, atol=1e-15)


@given(st.integers(2, 400))
def test_rules_for_lags_are_those_of_the_papers(periods: int) -> None:
    # Newey and West (1994): floor(4 (T/100)^(2/9)).
    assert lags_of("newey_west", periods) == int(np.floor(4 * (periods / 100) ** (2 / 9)))
    assert (
        lags_of("fourth_root", periods) ** 4 <= periods < (lags_of("fourth_root", periods) + 1) ** 4
    )


def test_the_chosen_lags_stand_in_the_label() -> None:
    result = estimate(small(list(range(2001, 2021))), FixedEffects.formula("y ~ x"), NeweyWest())
    assert result.covariance.label == "Newey-West, 2 lags"


def test_few_periods_are_worth_a_warning() -> None:
    part = DriscollKraay(1).bind(small([2001, 2002, 2003, 2004]))
    assert part.warnings == ("only 4 periods: Driscoll-Kraay errors need about 20",)
    assert not DriscollKraay(1).bind(small(list(range(1990, 2010)))).warnings


def test_one_period_is_refused() -> None:
    for vcov in (NeweyWest(1), DriscollKraay(1)):
        with pytest.raises(IdentificationError, match=r"at least two periods.*2001"):
            vcov.bind(small([2001]))


def test_lags_that_span_the_panel_are_refused() -> None:
    with pytest.raises(SpecificationError, match="4 lags for 2001 to 2005"):
        DriscollKraay(4).bind(small([2001, 2002, 2003, 2005]))


def test_slopes_by_year_make_sums_by_year_vanish_and_are_refused() -> None:
    sample = small(list(range(2001, 2011)), firms=12)
    design = FixedEffects.formula("y ~ i(year) * x")
    with pytest.raises(IdentificationError, match="sums that vanish in"):
        estimate(sample, design, DriscollKraay(1))
    assert np.isfinite(estimate(sample, design, NeweyWest(1)).std_errors).all()


def test_absorbed_years_do_not_make_sums_by_year_vanish() -> None:
    sample = small(list(range(2001, 2011)), firms=12)
    result = estimate(sample, FixedEffects.formula("y ~ x | firm_id + year"), DriscollKraay(1))
    assert (result.std_errors > 0).all()


@pytest.mark.parametrize("lags", [-1, 1.5, "andrews"])
def test_lags_are_whole_numbers_or_a_known_rule(lags: object) -> None:
    with pytest.raises(SpecificationError, match="lags"):
        NeweyWest(lags)
