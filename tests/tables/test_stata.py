"""Stata files: labels become text, special missing values are counted."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from spillover.tables.read import read
from spillover.tables.report import TablesError

Frames = dict[str, pd.DataFrame]


@pytest.fixture
def stata(frames: Frames, tmp_path: Path) -> Path:
    firms = pd.DataFrame(
        {
            "firm_id": ["01", "02"],
            "entity_kind": [1.0, 2.0],
            "founded": [1950.0, 1999.0],
            "region_date": [dt.date(2020, 1, 1), dt.date(2021, 2, 3)],
        }
    )
    labels = {"entity_kind": {1: "firm", 2: "university"}}
    pyreadstat.write_dta(firms, tmp_path / "firms.dta", variable_value_labels=labels)
    years = pd.DataFrame(
        {
            "firm_id": ["01", "01", "02"],
            "year": [2020.0, 2021.0, 2020.0],
            "sales": pd.Series([1.5, "a", 2.5], dtype=object),
        }
    )
    pyreadstat.write_dta(years, tmp_path / "firm_years.dta", missing_user_values={"sales": ["a"]})
    return tmp_path


def test_labels_become_text_and_types_follow_the_schema(stata: Path) -> None:
    tables = read(stata)
    assert tables.firms["entity_kind"].tolist() == ["firm", "university"]
    assert tables.firms["founded"].tolist() == [1950, 1999]
    assert tables.firms["region_date"].dt.year.tolist() == [2020, 2021]
    assert tables.firms["firm_id"].tolist() == ["01", "02"]


def test_special_missing_values_are_missing_and_counted(stata: Path) -> None:
    tables = read(stata)
    assert tables["firm_years"]["sales"].isna().tolist() == [False, True, False]
    record = next(r for r in tables.provenance if r.table == "firm_years")
    assert record.notes == ("sales: 1 values .a read as missing",)
    assert record.source == "firm_years.dta"


def test_numbers_without_labels_are_no_codes(stata: Path) -> None:
    firms = pd.DataFrame(
        {"firm_id": ["01", "02"], "entity_kind": ["firm"] * 2, "prefecture": [1.0, 13.0]}
    )
    pyreadstat.write_dta(firms, stata / "firms.dta")
    with pytest.raises(TablesError, match="leading zeros may be lost"):
        read(stata)


def test_values_without_a_label_among_labelled_ones_are_refused(stata: Path) -> None:
    firms = pd.DataFrame({"firm_id": ["01", "02"], "entity_kind": [1.0, 3.0]})
    labels = {"entity_kind": {1: "firm"}}
    pyreadstat.write_dta(firms, stata / "firms.dta", variable_value_labels=labels)
    with pytest.raises(TablesError, match="value label for every value of entity_kind"):
        read(stata)


def test_a_file_that_is_not_stata_is_refused(stata: Path) -> None:
    (stata / "firms.dta").write_text("firm_id\n1\n", "utf-8")
    with pytest.raises(TablesError, match=r"firms\.dta: expected a Stata file"):
        read(stata)
