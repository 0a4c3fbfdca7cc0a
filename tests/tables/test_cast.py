"""Casting is strict: what is read is exact, what is not exact is marked."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.tables.cast import beyond_schema, cast, is_missing
from spillover.tables.schema import Field, FieldType


def field(kind: FieldType) -> Field:
    return Field("x", kind, "X")


def read(kind: FieldType, *cells: object) -> list[object]:
    """Values of cells, with "bad" where a cell was marked."""
    made = cast(pa.array(cells), field(kind))
    bad = np.zeros(len(cells), dtype=bool) if made.unread is None else made.unread
    values = made.values.to_pylist()
    return ["bad" if wrong else value for wrong, value in zip(bad, values, strict=True)]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_come_back_to_the_last_bit(values: list[float]) -> None:
    assert read("number", *[repr(value) for value in values]) == values


@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1))
def test_whole_numbers_come_back_exactly(values: list[int]) -> None:
    assert read("integer", *[str(value) for value in values]) == values


@given(st.lists(st.dates(dt.date(1000, 1, 1)), min_size=1))
def test_dates_come_back(values: list[dt.date]) -> None:
    assert read("date", *[value.isoformat() for value in values]) == values


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1))
def test_a_text_is_a_number_exactly_where_an_ascii_grammar_says_so(text: str) -> None:
    signless = text[1:] if text[0] in "+-" else text
    mantissa, _, exponent = signless.replace("E", "e").partition("e")
    power = exponent[1:] if exponent[:1] in ("+", "-") else exponent
    whole, _, part = mantissa.partition(".")
    digits = all(c in "0123456789" for c in whole + part + power) and bool(whole + part)
    shaped = digits and (bool(power) or "e" not in signless.replace("E", "e"))
    wanted = float(text) if shaped else None
    good = wanted is not None and np.isfinite(wanted)
    assert read("number", text) == [wanted if good else "bad"]


def test_cells_that_are_no_numbers_are_marked_and_missing_ones_are_not() -> None:
    cells = ["1", None, "1,000", "１", "nan", "inf", "1e999", " 1", "0x10", "1_0", "-3.5e2", ".5"]
    assert read("number", *cells) == [1.0, None, *["bad"] * 8, -350.0, 0.5]


def test_cells_that_are_no_whole_numbers_are_marked() -> None:
    cells = ["7", "007", "+7", "7.0", "7.", "7.5", "0x1F", "1e3", "9" * 19, None, "-0"]
    wanted = [7, 7, 7, 7, 7, "bad", "bad", "bad", "bad", None, 0]
    assert read("integer", *cells) == wanted


def test_truth_is_spelled_in_eight_ways() -> None:
    cells = ["true", "True", "TRUE", "1", "false", "False", "FALSE", "0", "yes", None]
    assert read("boolean", *cells) == [True] * 4 + [False] * 4 + ["bad", None]


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        ("integer", [1.0, 2.5, None, float("nan"), 1e300], [1, "bad", None, None, "bad"]),
        ("integer", [True, False], ["bad", "bad"]),
        ("number", [1, 2, None], [1.0, 2.0, None]),
        ("number", [1.5, float("inf"), float("nan")], [1.5, "bad", None]),
        ("number", [True, None], ["bad", None]),
        ("string", [1, None], ["bad", None]),
        ("string", [None, None], [None, None]),
        ("boolean", [True, None], [True, None]),
        ("boolean", [0, 1, 2, None], [False, True, "bad", None]),
        ("date", [dt.date(2020, 1, 1), None], [dt.date(2020, 1, 1), None]),
        ("date", [dt.datetime(2020, 1, 1, 12), None], [dt.date(2020, 1, 1), None]),  # noqa: DTZ001
        ("date", [2020, None], ["bad", None]),
    ],
)
def test_typed_columns_are_accepted_where_nothing_is_lost(
    kind: FieldType, values: list[object], wanted: list[object]
) -> None:
    assert read(kind, *values) == wanted


def test_decimals_are_numbers() -> None:
    column = pa.array(["1.25", None]).cast(pa.decimal128(6, 2))
    assert cast(column, field("number")).values.to_pylist() == [1.25, None]


def test_text_of_every_width_is_text() -> None:
    for kind in (pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())):
        made = cast(pa.array(["01", None]).cast(kind), field("string"))
        assert made.values.to_pylist() == ["01", None]
        assert is_missing(made.values).tolist() == [False, True]


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("score", ["1", "2.5", None], pa.float64()),
        ("score", ["01", "02"], pa.string()),
        ("score", ["1", "x"], pa.string()),
        ("score", ["1" * 16], pa.string()),
        ("bank_code", ["1", "2"], pa.string()),
        ("score", [None, None], pa.string()),
    ],
)
def test_columns_beyond_the_schema_become_numbers_only_where_nothing_is_lost(
    name: str, cells: list[str | None], kind: pa.DataType
) -> None:
    assert beyond_schema(name, pa.array(cells, pa.string())).type == kind
