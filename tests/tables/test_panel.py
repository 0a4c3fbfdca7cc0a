import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError, SpecificationError, UnknownNameError
from spillover.tables.evaluate import categories, condition, numbers
from spillover.tables.panel import Panel


@pytest.fixture
def panel() -> Panel:
    frame = pd.DataFrame(
        {
            "firm_id": ["b", "a", "a", "a"],
            "year": [2000, 2003, 2000, 2001],
            "x": [1.0, 4.0, 2.0, np.nan],
            "zero": [0.0, 1.0, -1.0, 2.0],
            "prefecture": ["01", "13", None, "01"],
            "listed": [True, False, True, True],
        }
    )
    return Panel.of(frame)


def test_rows_are_sorted_by_unit_and_year(panel: Panel) -> None:
    assert panel.frame["firm_id"].tolist() == ["a", "a", "a", "b"]
    assert panel.years.tolist() == [2000, 2001, 2003, 2000]


def test_a_lag_is_a_calendar_year_and_a_gap_is_missing(panel: Panel) -> None:
    lagged = panel.lag(np.array([10.0, 11.0, 13.0, 20.0]))
    np.testing.assert_array_equal(lagged, [np.nan, 10.0, np.nan, np.nan])
    two_back = panel.lag(np.array([10.0, 11.0, 13.0, 20.0]), 2)
    np.testing.assert_array_equal(two_back, [np.nan, np.nan, 11.0, np.nan])


def test_a_lead_is_a_negative_lag(panel: Panel) -> None:
    np.testing.assert_array_equal(
        numbers("lead(zero)", panel), panel.lag(panel.numbers("zero"), -1)
    )


def test_a_repeated_key_is_refused_with_its_case() -> None:
    frame = pd.DataFrame({"firm_id": ["a", "a"], "year": [2000, 2000]})
    with pytest.raises(DataError, match="a in 2000"):
        Panel.of(frame)


def test_a_missing_key_is_refused() -> None:
    with pytest.raises(DataError, match="1 rows without"):
        Panel.of(pd.DataFrame({"firm_id": ["a", None], "year": [2000, 2001]}))


def test_an_unknown_column_is_answered_with_the_nearest_name(panel: Panel) -> None:
    with pytest.raises(UnknownNameError, match="prefecture"):
        numbers("prefectur", panel)


def test_text_is_not_taken_for_numbers(panel: Panel) -> None:
    with pytest.raises(DataError, match="Found text"):
        numbers("prefecture", panel)


def test_undefined_numbers_are_missing_and_silent(panel: Panel) -> None:
    np.testing.assert_array_equal(np.isnan(numbers("log(zero)", panel)), [True, False, False, True])
    assert np.isnan(numbers("1 / zero", panel)[3])
    assert np.isnan(numbers("sqrt(zero)", panel)[0])


def test_comparisons_with_missing_values_are_false(panel: Panel) -> None:
    assert condition("x > 0", panel).tolist() == [True, False, True, True]
    assert condition("prefecture == '01'", panel).tolist() == [False, True, False, True]
    assert condition("prefecture != '01'", panel).tolist() == [False, False, True, False]
    assert condition("prefecture not in ['01']", panel).tolist() == [False, False, True, False]
    assert condition("is_missing(prefecture)", panel).tolist() == [True, False, False, False]
    assert condition("year in [2000, 2003] and listed", panel).tolist() == [
        True,
        False,
        False,
        True,
    ]


def test_text_has_no_order(panel: Panel) -> None:
    with pytest.raises(SpecificationError, match="== or !="):
        condition("prefecture < '13'", panel)


def test_joined_categories_are_missing_when_a_part_is(panel: Panel) -> None:
    codes, levels = categories("prefecture^year", panel)
    assert levels == 3
    assert codes.tolist()[0] == -1
    assert len(set(codes.tolist()[1:])) == 3


def test_power_of_numbers_is_refused(panel: Panel) -> None:
    with pytest.raises(SpecificationError, match="square"):
        numbers("x^2", panel)


@given(st.data())
def test_lags_agree_with_a_dictionary(data: st.DataObject) -> None:
    keys = data.draw(
        st.lists(
            st.tuples(st.sampled_from("abc"), st.integers(1990, 1998)),
            unique=True,
            min_size=1,
            max_size=20,
        )
    )
    periods = data.draw(st.integers(-3, 3))
    frame = pd.DataFrame(keys, columns=["firm_id", "year"])
    panel = Panel.of(frame)
    values = np.arange(len(panel), dtype=float)
    known = dict(
        zip(zip(panel.frame["firm_id"], panel.frame["year"], strict=True), values, strict=True)
    )
    expected = [known.get((f, y - periods), np.nan) for f, y in known]
    np.testing.assert_array_equal(panel.lag(values, periods), expected)


def test_two_columns_of_text_are_compared_as_text() -> None:
    frame = pd.DataFrame(
        {
            "firm_id": ["a", "b", "c", "d"],
            "year": [2000] * 4,
            "seller": ["01", "1", "x", None],
            "buyer": ["01", "01", "y", None],
        }
    )
    links = Panel.of(frame)
    assert condition("seller == buyer", links).tolist() == [True, False, False, False]
    assert condition("seller != buyer", links).tolist() == [False, True, True, False]
    with pytest.raises(SpecificationError, match="Text has no order"):
        condition("seller < buyer", links)
