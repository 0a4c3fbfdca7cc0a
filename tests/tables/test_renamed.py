"""Files whose columns have other names, and files that are compressed."""

import gzip
from pathlib import Path

import pytest

from spillover.errors import DataError
from spillover.tables.read import read
from spillover.tables.renamed import Renamed

UNITS = "unit,land\n01,JPN\n02,DEU\n"
YEARS = "unit,year,turnover\n01,2020,5\n02,2020,7\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "units.csv").write_text(UNITS)
    (tmp_path / "years.csv.gz").write_bytes(gzip.compress(YEARS.encode(), mtime=0))
    return tmp_path


def places(folder: Path) -> dict[str, Renamed]:
    return {
        "firms": Renamed(
            folder / "units.csv",
            {"firm_id": "unit", "country": "land"},
            {"entity_kind": "other", "weight": 2.5},
        ),
        "firm_years": Renamed(folder / "years.csv.gz", {"firm_id": "unit", "sales": "turnover"}),
    }


def test_columns_come_under_the_names_of_the_schema(folder: Path) -> None:
    tables = read(places(folder))
    assert tables.firms["firm_id"].tolist() == ["01", "02"]
    assert tables.firms["country"].tolist() == ["JPN", "DEU"]
    assert tables.firms["entity_kind"].tolist() == ["other", "other"]
    assert tables.panel.numbers("sales").tolist() == [5.0, 7.0]
    assert tables.panel.numbers("weight").tolist() == [2.5, 2.5]


def test_the_record_of_a_renamed_file_says_what_was_renamed(folder: Path) -> None:
    record = read(places(folder)).provenance[0]
    assert record.source == "units.csv"
    assert len(record.sha256) == 64
    assert record.notes[0] == "firm_id is unit in the file"
    assert record.notes[-1] == "weight is 2.5 in every row"


def test_a_column_that_the_file_lacks_is_named_with_its_nearest(folder: Path) -> None:
    wrong = places(folder) | {"firms": Renamed(folder / "units.csv", {"firm_id": "units"})}
    with pytest.raises(DataError, match="Did you mean unit"):
        read(wrong)


def test_a_name_that_two_columns_would_have_is_refused(folder: Path) -> None:
    (folder / "units.csv").write_text("unit,firm_id\n1,2\n")
    with pytest.raises(DataError, match="firm_id twice"):
        read(places(folder) | {"firms": Renamed(folder / "units.csv", {"firm_id": "unit"})})


def test_compressed_files_are_found_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text("firm_id,entity_kind\n1,firm\n")
    content = gzip.compress(b"firm_id,year\n1,2020\n", mtime=0)
    (tmp_path / "firm_years.csv.gz").write_bytes(content)
    assert len(read(tmp_path)["firm_years"]) == 1


def test_a_damaged_compressed_file_is_an_error_of_the_data(folder: Path) -> None:
    (folder / "years.csv.gz").write_bytes(b"not compressed")
    with pytest.raises(DataError, match=r"years\.csv\.gz"):
        read(places(folder))
