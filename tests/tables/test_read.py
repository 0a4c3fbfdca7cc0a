"""Reading: text stays text, every dropped row is counted, and failure is one error."""

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spillover as sp
from spillover.errors import DataError
from spillover.tables.read import read
from spillover.tables.report import TablesError

Frames = dict[str, pd.DataFrame]
EXAMPLE = Path(__file__).parents[2] / "examples" / "kyushu_semiconductor" / "data"


def test_the_bundled_example_reads_without_a_finding() -> None:
    tables = read(EXAMPLE)
    assert tables.warnings == ()
    assert set(tables.frames) == {path.stem for path in EXAMPLE.glob("*.csv")}
    for record in tables.provenance:
        data = (EXAMPLE / record.source).read_bytes()
        assert record.sha256 == hashlib.sha256(data).hexdigest()
        assert record.rows_read == record.rows_kept == data.count(b"\n") - 1
    assert tables["firms"]["prefecture"].str.len().eq(2).all()


def test_simulated_tables_satisfy_the_schemas() -> None:
    economy = sp.Economy(firms=40, years=4)
    made = sp.simulate(economy, seed=3).tables
    assert read(dict(made.frames)).warnings == ()


def test_zeros_that_a_careless_source_lost_are_all_found() -> None:
    observation = replace(sp.Economy().observation, unpadded_codes=0.5)
    made = sp.simulate(sp.Economy(firms=60, years=3, observation=observation), seed=3).tables
    lost = int(made.firms["prefecture"].str.len().eq(1).sum())
    with pytest.raises(TablesError) as caught:
        read(dict(made.frames))
    (failure,) = caught.value.failures
    assert (failure.table, failure.field, failure.rule) == ("firms", "prefecture", "codelist")
    assert failure.count == lost > 0
    assert f"has lost its leading zero: {lost}" in failure.say


def test_codes_keep_their_zeros_and_numbers_become_numbers(folder: Path) -> None:
    tables = read(folder)
    assert tables.firms["firm_id"].tolist() == ["01", "02", "03"]
    assert tables.firms["prefecture"].tolist() == ["13", "01", "43"]
    assert tables.firms["corporate_number"].tolist()[:2] == ["4011001098993", "7010705000725"]
    years = tables["firm_years"]
    assert years["year"].dtype == "int64"
    assert years["sales"].tolist()[:3] == [100.5, 110.0, 50.0]
    assert years["sales"].isna().tolist() == [False, False, False, True]


def test_whole_numbers_with_gaps_stay_whole(frames: Frames) -> None:
    frames["firms"]["founded"] = ["1950", None, "1999.0"]
    founded = read(frames).firms["founded"]
    assert str(founded.dtype) == "Int64"
    assert founded.isna().tolist() == [False, True, False]
    assert founded.dropna().tolist() == [1950, 1999]


def test_truth_values_and_dates_are_read(frames: Frames) -> None:
    frames["firms"]["listed"] = ["true", "0", None]
    frames["firms"]["region_date"] = ["2020-02-29", None, "1999-12-31"]
    firms = read(frames).firms
    assert firms["listed"].tolist()[:2] == [True, False]
    assert firms["region_date"].dt.year.tolist()[0] == 2020
    frames["firms"]["region_date"] = ["2021-02-29", "2020/01/01", "2020-1-1"]
    with pytest.raises(TablesError, match="3 of 3 rows"):
        read(frames)


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "csv", "tsv", "parquet", "paths"])
def test_every_source_gives_the_same_tables(frames: Frames, tmp_path: Path, kind: str) -> None:
    wanted = read(frames)
    for name, frame in frames.items():
        if kind == "csv":
            frame.to_csv(tmp_path / f"{name}.csv", index=False)
        elif kind == "tsv":
            frame.to_csv(tmp_path / f"{name}.tsv", index=False, sep="\t")
        else:
            frame.to_parquet(tmp_path / f"{name}.parquet")
    sources: dict[str, object] = {
        "pandas": {n: frame.rename(index=lambda k: 9 - k) for n, frame in frames.items()},
        "polars": {name: pl.from_pandas(frame) for name, frame in frames.items()},
        "arrow": {name: pa.Table.from_pandas(frame) for name, frame in frames.items()},
        "paths": {name: str(tmp_path / f"{name}.parquet") for name in frames},
    }
    found = read(sources.get(kind, tmp_path))
    for name, frame in wanted.frames.items():
        pd.testing.assert_frame_equal(found[name], frame)


def test_typed_frames_are_accepted_where_nothing_is_lost(frames: Frames) -> None:
    years = pd.DataFrame({"firm_id": ["01"], "year": [2020.0], "sales": [5], "employment": [3.0]})
    frames["firm_years"] = years
    typed = read(frames)["firm_years"]
    assert typed["year"].tolist() == [2020]
    assert typed["sales"].dtype == "float64"


def test_empty_text_is_missing_in_every_source(frames: Frames, tmp_path: Path) -> None:
    frames["firms"]["group_id"] = ["G1", "", None]
    assert read(frames).firms["group_id"].isna().tolist() == [False, True, True]
    frames["firms"].to_parquet(tmp_path / "firms.parquet")
    sources = {**frames, "firms": tmp_path / "firms.parquet"}
    assert read(sources).firms["group_id"].isna().tolist() == [False, True, True]


def test_categories_are_text(frames: Frames) -> None:
    frames["firms"]["entity_kind"] = frames["firms"]["entity_kind"].astype("category")
    assert read(frames).firms["entity_kind"].tolist() == ["firm"] * 3


def test_a_column_of_numbers_is_refused_where_codes_belong(frames: Frames) -> None:
    frames["firms"]["prefecture"] = [13, 1, 43]
    with pytest.raises(TablesError, match="leading zeros may be lost") as caught:
        read(frames)
    assert caught.value.failures[0].rule == "type"


def test_a_column_of_text_and_numbers_is_refused(frames: Frames) -> None:
    frames["firm_years"]["sales"] = pd.Series([1.5, "2", None, "x"], dtype=object)
    with pytest.raises(TablesError, match="Expected values of one kind in column sales"):
        read(frames)


def test_a_failing_read_holds_every_failure_of_every_table(frames: Frames) -> None:
    frames["firms"].loc[0, "prefecture"] = "99"
    frames["firm_years"].loc[0, "sales"] = "12a"
    frames["ownership"].loc[0, "firm_id"] = "77"
    with pytest.raises(DataError) as caught:
        read(frames)
    error = caught.value
    assert isinstance(error, TablesError)
    assert [(f.table, f.rule) for f in error.failures] == [
        ("firms", "codelist"),
        ("firm_years", "type"),
        ("ownership", "foreign-key"),
    ]
    for word in ("firm_years", "sales", "rows 1", "12a", "letters: 1", "77"):
        assert word in str(error)
    assert error.exit_code == 1


def test_the_error_of_a_read_survives_a_trip_between_processes(frames: Frames) -> None:
    frames["firm_years"].loc[0, "sales"] = "12a"
    with pytest.raises(TablesError) as caught:
        read(frames)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert str(again) == str(caught.value)
    assert again.failures == caught.value.failures


def test_warnings_do_not_stop_a_read(frames: Frames) -> None:
    frames["firms"]["location_kind"] = None
    tables = read(frames)
    assert len(tables.warnings) == 1
    assert "location-kind-beside-prefecture" in tables.warnings[0]


def test_unmatched_references_are_dropped_on_request_and_counted(frames: Frames) -> None:
    frames["supply_links"].loc[1, "customer_id"] = "88"
    with pytest.raises(TablesError, match='unmatched = "drop"'):
        read(frames)
    tables = read(frames, unmatched="drop")
    assert len(tables["supply_links"]) == 1
    record = next(r for r in tables.provenance if r.table == "supply_links")
    assert record.dropped == (("customer_id not in firms", 1),)
    assert record.rows_read == record.rows_kept + sum(count for _, count in record.dropped)


def test_unmatched_firms_of_applicants_are_emptied_and_noted(frames: Frames) -> None:
    frames["applicants"].loc[0, "firm_id"] = "77"
    tables = read(frames)
    assert tables["applicants"]["firm_id"].isna().all()
    record = next(r for r in tables.provenance if r.table == "applicants")
    assert "firm_id: 1 unmatched values emptied" in record.notes


def test_empty_rows_are_dropped_and_the_others_keep_their_numbers(folder: Path) -> None:
    path = folder / "firm_years.csv"
    lines = path.read_text("utf-8").splitlines()
    lines.insert(2, ",,,")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    record = next(r for r in read(folder).provenance if r.table == "firm_years")
    assert record.dropped == (("empty row", 1),)
    path.write_text(path.read_text("utf-8").replace("110", "x"), "utf-8")
    with pytest.raises(TablesError, match="rows 3  x"):
        read(folder)


def test_columns_without_values_are_left_out_and_noted(frames: Frames) -> None:
    frames["firms"]["group_id"] = None
    tables = read(frames)
    assert "group_id" not in tables.firms
    assert "left out columns without values: group_id" in tables.provenance[0].notes


def test_spells_have_both_ends_even_when_all_are_open(frames: Frames) -> None:
    links = frames["supply_links"].iloc[:1].assign(year=None, valid_from="2015")
    frames["supply_links"] = links
    found = read(frames)["supply_links"]
    assert "year" not in found
    assert found["valid_from"].tolist() == [2015]
    assert found["valid_to"].isna().all()


def test_filing_years_come_from_dates_where_they_are_absent(frames: Frames) -> None:
    patents = frames["patents"].drop(columns="filing_year").assign(filing_date="2019-12-31")
    frames["patents"] = patents
    tables = read(frames)
    assert tables["patents"]["filing_year"].tolist() == [2019]
    record = next(r for r in tables.provenance if r.table == "patents")
    assert record.notes == ("filing_year: 1 values taken from year_of(filing_date)",)


def test_columns_beyond_the_schema_are_kept_with_codes_as_text(frames: Frames) -> None:
    frames["firm_years"]["score"] = ["1", "2.5", None, "-3"]
    frames["firm_years"]["bank"] = ["001", "002", "003", "004"]
    frames["firm_years"]["bank_id"] = ["1", "2", "3", "4"]
    found = read(frames)["firm_years"]
    assert found["score"].tolist()[:2] == [1.0, 2.5]
    assert found["bank"].tolist() == ["001", "002", "003", "004"]
    assert found["bank_id"].tolist() == ["1", "2", "3", "4"]


def test_unknown_files_are_noted_and_near_misses_are_warned_about(folder: Path) -> None:
    (folder / "notes.csv").write_text("a\n1\n", "utf-8")
    assert read(folder).warnings == ()
    (folder / "owner_ship.csv").write_text("a\n1\n", "utf-8")
    warnings = read(folder).warnings
    assert len(warnings) == 1
    assert "Did you mean ownership?" in warnings[0]


def test_two_files_for_one_table_are_refused(folder: Path, frames: Frames) -> None:
    frames["firms"].to_parquet(folder / "firms.parquet")
    with pytest.raises(TablesError, match=r"found firms\.csv, firms\.parquet"):
        read(folder)


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Found nothing"):
        read(tmp_path / "absent")
    with pytest.raises(DataError, match="Expected a directory, or a mapping"):
        read(3)


def test_an_empty_directory_lacks_the_required_tables(tmp_path: Path) -> None:
    with pytest.raises(TablesError) as caught:
        read(tmp_path)
    assert [f.table for f in caught.value.failures] == ["firms", "firm_years"]


def test_a_file_that_is_gone_is_reported_beside_the_other_failures(frames: Frames) -> None:
    sources: dict[str, object] = {**frames, "ownership": "/nowhere/ownership.csv"}
    frames["firm_years"].loc[0, "sales"] = "12a"
    with pytest.raises(TablesError) as caught:
        read(sources)
    assert {(f.table, f.rule) for f in caught.value.failures} == {
        ("ownership", "file"),
        ("firm_years", "type"),
    }


letters = st.characters(
    codec="utf-8", exclude_characters="\r\n\x00", exclude_categories=["Cs", "Cc"]
)
cells = st.text(letters, min_size=1, max_size=8)


@given(st.lists(cells, min_size=1, max_size=6, unique=True))
def test_text_comes_back_as_it_was_written(names: list[str]) -> None:
    firms = pd.DataFrame({"firm_id": names, "entity_kind": "firm", "name": names})
    years = pd.DataFrame({"firm_id": names[:1], "year": ["2020"]})
    found = read({"firms": firms, "firm_years": years}).firms
    assert found["name"].tolist() == names
    assert found["firm_id"].tolist() == names


def test_lazy_frames_and_other_objects_are_refused(frames: Frames) -> None:
    for thing in (pl.from_pandas(frames["firms"]).lazy(), [1, 2], {"firm_id": ["01"]}):
        with pytest.raises(TablesError, match="Expected a frame of pandas or polars"):
            read({**frames, "firms": thing})


def test_a_column_that_occurs_twice_is_refused(frames: Frames) -> None:
    twice = pd.concat([frames["firms"], frames["firms"][["firm_id"]]], axis=1)
    arrow = pa.table([pa.array(["01"]), pa.array(["01"])], names=["firm_id", "firm_id"])
    for thing in (twice, arrow):
        with pytest.raises(TablesError, match="Found firm_id more than once"):
            read({**frames, "firms": thing})


@pytest.mark.parametrize("name", ["firms.parquet", "firms.xlsx", "firms.csv"])
def test_files_that_are_not_what_their_ending_says_are_refused(
    frames: Frames, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xff\xfe\x00junk")
    with pytest.raises(TablesError) as caught:
        read({**frames, "firms": path})
    (failure,) = [f for f in caught.value.failures if f.rule == "file"]
    assert name in failure.say + failure.values[0]


def test_a_file_that_may_not_be_read_is_named(frames: Frames, tmp_path: Path) -> None:
    (tmp_path / "firms.csv").mkdir()
    with pytest.raises(TablesError, match=r"can be read at firms\.csv"):
        read({**frames, "firms": tmp_path / "firms.csv"})


def test_a_parquet_file_with_a_column_twice_is_refused(frames: Frames, tmp_path: Path) -> None:
    twice = pa.table([pa.array(["01"]), pa.array(["01"])], names=["firm_id", "firm_id"])
    pq.write_table(twice, tmp_path / "firms.parquet")
    with pytest.raises(TablesError, match="Found firm_id more than once"):
        read({**frames, "firms": tmp_path / "firms.parquet"})
