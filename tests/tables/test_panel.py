import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
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


@pytest.mark.parametrize(
    "years",
    [
        [2000.5, 2001.0],
        [np.inf, 2001.0],
        ["2000", "two thousand"],
        [3_000_002_001, 2001],
        pd.to_datetime(["2000-01-01", "2001-01-01"]),
        pd.PeriodIndex(["2000", "2001"], freq="Y"),
    ],
    ids=["half", "infinite", "text", "huge", "dates", "periods"],
)
def test_years_that_are_not_whole_numbers_are_refused(years: object) -> None:
    frame = pd.DataFrame({"firm_id": ["a", "a"], "year": years})
    with pytest.raises(DataError, match=r"whole calendar years in 'year'\. Found"):
        Panel.of(frame)


@pytest.mark.parametrize("kind", ["float64", "str", "category", "Int64", "int64[pyarrow]"])
def test_whole_years_count_whatever_their_type(kind: str) -> None:
    frame = pd.DataFrame({"firm_id": ["a", "a"], "year": pd.Series([2001, 2000]).astype(kind)})
    assert Panel.of(frame).years.tolist() == [2000, 2001]


def test_frames_of_polars_and_arrow_keep_their_missing_values() -> None:
    columns = {
        "firm_id": ["b", "a", "a"],
        "year": [2000, 2001, 2000],
        "x": [1.5, None, 2.5],
        "whole": [1, None, 3],
        "flag": [True, None, False],
        "word": ["u", None, "w"],
    }
    for frame in (pl.DataFrame(columns), pa.table(columns)):
        panel = Panel.of(frame)
        np.testing.assert_array_equal(panel.numbers("x"), [2.5, np.nan, 1.5])
        np.testing.assert_array_equal(panel.numbers("whole"), [3, np.nan, 1])
        np.testing.assert_array_equal(panel.numbers("flag"), [0, np.nan, 1])
        assert categories("word", panel)[0].tolist() == [1, -1, 0]
        assert condition("word == 'w'", panel).tolist() == [True, False, False]


def test_a_column_name_that_occurs_twice_is_refused() -> None:
    frame = pd.DataFrame([["a", 2000, 1.0, 2.0]], columns=["firm_id", "year", "x", "x"])
    with pytest.raises(DataError, match="Found x more than once"):
        Panel.of(frame)


def test_complex_numbers_are_refused() -> None:
    frame = pd.DataFrame({"firm_id": ["a"], "year": [2000], "x": [1 + 2j]})
    with pytest.raises(DataError, match="complex128"):
        Panel.of(frame).numbers("x")


@pytest.mark.parametrize(
    "text", ["year != '2000'", "year not in ['2000']", "listed == 'True'", "'1' == zero"]
)
def test_a_number_is_not_compared_with_quoted_text(text: str, panel: Panel) -> None:
    with pytest.raises(SpecificationError, match="column of text beside a quoted value"):
        condition(text, panel)


def test_categories_that_are_numbers_are_not_compared_with_quoted_text(panel: Panel) -> None:
    added = panel.with_columns({"grade": pd.Categorical([1, 2, 1, 2])})
    with pytest.raises(SpecificationError, match="of type int64"):
        condition("grade != '1'", added)


def test_a_condition_that_a_missing_value_decides_is_missing_as_a_number(panel: Panel) -> None:
    # x is 2, missing, 4, 1 and zero is -1, 2, 1, 0
    for text, expected in {
        "x > 1.5": [1, np.nan, 1, 0],
        "not x > 1.5": [0, np.nan, 0, 1],
        "x > 1.5 and zero > 0": [0, np.nan, 1, 0],
        "x > 1.5 and zero > 5": [0, 0, 0, 0],
        "x > 1.5 or zero > 0": [1, 1, 1, 0],
        "x in [4]": [0, np.nan, 1, 0],
        "prefecture == '01'": [np.nan, 1, 0, 1],
        "is_missing(x)": [0, 1, 0, 0],
        "(x > 1.5) * zero": [-1, np.nan, 1, 0],
    }.items():
        np.testing.assert_array_equal(numbers(text, panel), expected, err_msg=text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lag(x, 1.5)", "whole number of years"),
        ("clip(x, 1, 0)", "Swap the limits"),
        ("year_of(year)", "Found numbers in 'year'"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(text: str, words: str, panel: Panel) -> None:
    with pytest.raises(SpecificationError, match=words):
        numbers(text, panel)


def test_a_lag_beyond_the_panel_is_missing(panel: Panel) -> None:
    assert np.isnan(numbers("lag(x, 2000000000)", panel)).all()


def test_a_product_too_large_for_a_number_is_infinite_and_silent(panel: Panel) -> None:
    huge = panel.with_columns({"huge": np.full(4, 1e200)})
    assert np.isinf(numbers("huge * huge", huge)).all()
    assert np.isinf(numbers("square(huge)", huge)).all()


def test_many_columns_are_added_at_once_and_keep_their_places(panel: Panel) -> None:
    added = {f"c{j}": np.full(4, float(j)) for j in range(200)}
    wide = panel.with_columns({"x": np.zeros(4), **added})
    assert wide.columns == (*panel.columns, *added)
    assert wide.numbers("x").tolist() == [0.0] * 4
    assert np.isnan(panel.numbers("x")).any()
