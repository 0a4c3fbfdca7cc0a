"""Every kind of rule finds the rows that break it, and only those."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from spillover.tables.dictionary import template
from spillover.tables.report import Failure, ValidationReport
from spillover.tables.schema import schemas
from spillover.tables.validate import validate

Frames = dict[str, pd.DataFrame]


def only(report: ValidationReport) -> Failure:
    assert len(report.failures) == 1, report.to_text()
    return report.failures[0]


def test_the_small_tables_are_valid(frames: Frames) -> None:
    report = validate(frames)
    assert report.ok
    assert report.failures == ()
    assert dict(report.rows) == {name: len(frame) for name, frame in frames.items()}


CELLS: list[tuple[str, str, int, str | None, str, str]] = [
    ("firms", "firm_id", 2, None, "required", ""),
    ("firms", "entity_kind", 0, "company", "enum", "company"),
    ("firms", "prefecture", 1, "1", "codelist", "1"),
    ("firms", "prefecture", 1, "48", "codelist", "48"),
    ("firms", "corporate_number", 0, "4011001098994", "corporate-number", "4011001098994"),
    ("firms", "industry", 0, "00", "industry", "00"),
    ("firms", "industry_revision", 0, "rev99", "codelist", "rev99"),
    ("firm_years", "sales", 1, "-5", "minimum", "-5"),
    ("firm_years", "sales", 1, "1,000", "type", "1,000"),
    ("firm_years", "sales", 1, "12a", "type", "12a"),
    ("firm_years", "sales", 1, "１２", "type", "１２"),
    ("firm_years", "sales", 1, "NA", "type", "NA"),
    ("firm_years", "sales", 1, "inf", "type", "inf"),
    ("firm_years", "year", 3, "20.5", "type", "20.5"),
    ("firm_years", "year", 3, "1900", "minimum", "1900"),
    ("firm_years", "year", 3, "2200", "maximum", "2200"),
    ("firm_years", "year", 3, None, "required", ""),
    ("firm_years", "year", 1, "2020", "primary-key", "01 | 2020 as in row 1"),
    ("firm_years", "firm_id", 3, "99", "foreign-key", "99"),
    ("firm_years", "exports", 2, "51", "exports-within-sales", "51 | 50"),
    ("supply_links", "customer_id", 0, "01", "no-self-link", "01 | 01"),
    (
        "supply_links",
        "reporter",
        1,
        "supplier",
        "primary-key",
        "01 | 02 | 2020 | supplier as in row 1",
    ),
    ("patents", "main_class", 0, "H01L21/336", "ipc", "H01L21/336"),
    ("applicants", "share", 1, "0.6", "shares-sum-to-one", "P1: 1.1"),
    ("applicants", "share", 1, "0.4", "shares-sum-to-one", "P1: 0.9"),
    ("applicants", "firm_id", 1, "02", "person-is-not-a-firm", "person | 02"),
    ("ownership", "share", 0, "60", "maximum", "60"),
    ("ownership", "share", 0, "0.7", "shares-within-one", "01 | 2020: 1.1"),
    ("ownership", "owner_country", 0, "US", "codelist", "US"),
]


@pytest.mark.parametrize("case", CELLS)
def test_a_spoiled_cell_is_found_with_table_column_row_and_value(
    frames: Frames, case: tuple[str, str, int, str | None, str, str]
) -> None:
    table, field, row, value, rule, shown = case
    frames[table].loc[row, field] = value
    report = validate(frames)
    matching = [f for f in report.failures if f.rule == rule and f.table == table]
    assert len(matching) == 1, report.to_text()
    failure = matching[0]
    assert failure.severity == "error"
    assert field in failure.field.split(", ")
    assert failure.count == 1
    assert failure.values == ((shown,) if shown else ())
    first_of_group = {"shares-sum-to-one": 1, "shares-within-one": 1}
    assert failure.rows == (first_of_group.get(rule, row + 1),)
    assert failure.say


def test_an_unmatched_firm_of_an_applicant_is_emptied_not_refused(frames: Frames) -> None:
    frames["applicants"].loc[0, "firm_id"] = "77"
    failure = only(validate(frames))
    assert (failure.rule, failure.severity, failure.values) == ("foreign-key", "warning", ("77",))


def test_countries_that_ended_are_a_warning_in_later_years(frames: Frames) -> None:
    frames["ownership"].loc[0, "owner_country"] = "SUN"
    failure = only(validate(frames))
    assert (failure.rule, failure.severity) == ("codelist-date", "warning")
    assert "in use only until 1992: 1" in failure.say


def test_blanks_around_text_are_a_warning(frames: Frames) -> None:
    frames["ownership"]["owner_id"] = ["X ", "Y"]
    failure = only(validate(frames))
    assert (failure.rule, failure.rows, failure.values) == ("blanks", (1,), ("X ",))


def test_a_missing_corporate_number_may_occur_often(frames: Frames) -> None:
    frames["firms"]["corporate_number"] = [None, None, "4011001098993"]
    assert validate(frames).failures == ()
    frames["firms"]["corporate_number"] = ["4011001098993", None, "4011001098993"]
    failure = only(validate(frames))
    assert (failure.rule, failure.rows) == ("unique", (3,))


def test_an_industry_without_its_revision_means_nothing(frames: Frames) -> None:
    frames["firms"] = frames["firms"].drop(columns="industry_revision")
    failure = only(validate(frames))
    assert (failure.rule, failure.count) == ("revision-beside-industry", 2)


def test_shares_that_are_partly_missing_need_not_add_up(frames: Frames) -> None:
    frames["applicants"].loc[1, "share"] = None
    assert validate(frames).failures == ()


def test_a_cell_that_cannot_be_read_is_not_reported_as_missing_too(frames: Frames) -> None:
    frames["firm_years"].loc[0, "year"] = "2o20"
    assert [failure.rule for failure in validate(frames).failures] == ["type"]


@pytest.mark.parametrize(
    ("cell", "look"),
    [
        ("1,000", "thousands separators"),
        ("１２", "full-width characters"),
        ("n/a", "words for missing values"),
        ("3,5", "decimal commas"),
        ("5%", "per cent signs"),
        (" 5", "blanks"),
        ("abc", "letters"),
    ],
)
def test_unreadable_numbers_are_told_apart(frames: Frames, cell: str, look: str) -> None:
    frames["firm_years"].loc[1, "sales"] = cell
    assert f"{look}: 1" in only(validate(frames)).say


@pytest.mark.parametrize(
    "spoil",
    [
        lambda f: f["firms"].rename(columns={"firm_id": "id"}),
        lambda f: f["firms"].rename(columns={"firm_id": "Firm ID"}),
    ],
)
def test_a_missing_column_is_named(frames: Frames, spoil: Callable[[Frames], pd.DataFrame]) -> None:
    frames["firms"] = spoil(frames)
    report = validate(frames)
    assert [(f.rule, f.field) for f in report.errors] == [("column", "firm_id")]


def test_a_name_that_is_nearly_a_column_is_a_warning(frames: Frames) -> None:
    frames["firm_years"] = frames["firm_years"].rename(columns={"exports": "Exports"})
    failure = only(validate(frames))
    assert (failure.rule, failure.severity) == ("unknown-column", "warning")
    assert "Did you mean exports?" in failure.action


def test_missing_tables_are_named_unless_they_are_not_asked_for(frames: Frames) -> None:
    del frames["firm_years"]
    assert [(f.table, f.rule) for f in validate(frames).errors] == [("firm_years", "table")]
    assert validate(frames, required=["firms"]).ok


def test_references_to_a_table_that_is_not_there_are_noted(frames: Frames) -> None:
    del frames["patents"]
    failure = only(validate(frames))
    assert (failure.table, failure.severity, failure.action) == (
        "applicants",
        "note",
        "Not checked.",
    )


def test_links_need_a_year_or_a_spell(frames: Frames) -> None:
    frames["supply_links"] = frames["supply_links"].drop(columns="year")
    failure = only(validate(frames))
    assert failure.rule == "form"
    assert failure.say == "Expected year, or valid_from with values."


def test_a_table_without_rows_is_not_asked_for_columns(frames: Frames) -> None:
    frames["supply_links"] = frames["supply_links"].iloc[:0]
    said = [f.say for f in validate(frames).failures if f.table == "supply_links"]
    assert set(said) == {"Expected at least one row."}


def test_links_of_a_snapshot_need_the_year_in_every_row(frames: Frames) -> None:
    frames["supply_links"].loc[0, "year"] = None
    failure = only(validate(frames))
    assert (failure.rule, failure.field, failure.rows) == ("required", "year", (1,))


def test_spells_end_in_or_after_the_year_in_which_they_begin(frames: Frames) -> None:
    links = frames["supply_links"].iloc[:1]
    frames["supply_links"] = links.assign(year=None, valid_from="2015", valid_to="2014")
    failure = only(validate(frames))
    assert (failure.rule, failure.values) == ("spell-in-order", ("2015 | 2014",))


def test_one_spell_may_not_be_listed_twice_by_one_reporter(frames: Frames) -> None:
    links = frames["supply_links"].assign(valid_from="2015", valid_to=None, reporter="both")
    frames["supply_links"] = links.drop(columns="year")
    failure = only(validate(frames))
    assert (failure.rule, failure.values) == (
        "primary-key",
        ("01 | 02 | 2015 | both as in row 1",),
    )


def test_failures_of_all_tables_come_together_errors_first(frames: Frames) -> None:
    frames["firms"].loc[0, "prefecture"] = "99"
    frames["firm_years"].loc[0, "sales"] = "x"
    frames["applicants"].loc[0, "firm_id"] = "77"
    frames["ownership"].loc[0, "share"] = "2"
    report = validate(frames)
    severities = [failure.severity for failure in report.failures]
    assert severities == sorted(severities)
    assert {f.table for f in report.failures} == {"firms", "firm_years", "applicants", "ownership"}


def test_only_the_first_five_rows_are_listed_but_all_are_counted(frames: Frames) -> None:
    rows = [{"firm_id": "01", "year": str(1960 + k), "sales": "x"} for k in range(20)]
    frames["firm_years"] = pd.DataFrame(rows)
    failure = only(validate(frames))
    assert failure.count == failure.total == 20
    assert failure.rows == (1, 2, 3, 4, 5)
    assert "rows 1, 2, 3, 4, 5, ..." in failure.to_text()


def test_confidential_reports_show_rows_and_never_values(frames: Frames) -> None:
    for table, field, row, value, _, _ in CELLS:
        frames[table].loc[row, field] = value
    open_report = validate(frames)
    report = validate(frames, confidential=True)
    assert [f.rows for f in report.failures] == [f.rows for f in open_report.failures]
    assert all(failure.values == () for failure in report.failures)
    for secret in ("4011001098994", "12a", "99", "company", "H01L21/336"):
        assert secret not in report.to_text() + report.to_html() + report.to_csv()


def test_links_of_firms_that_do_not_exist_in_the_year_are_a_warning(frames: Frames) -> None:
    frames["firms"]["founded"] = ["1990", "2021", None]
    frames["firms"]["closed"] = ["2020", None, None]
    found = {(f.table, f.field): f for f in validate(frames).failures}
    assert {key: failure.rows for key, failure in found.items()} == {
        ("firm_years", "firm_id, year"): (2, 3),
        ("supply_links", "customer_id, year"): (1, 2),
    }
    assert {(f.rule, f.severity) for f in found.values()} == {("lifetime", "warning")}


def test_spells_lie_in_the_lifetime_of_both_firms(frames: Frames) -> None:
    frames["firms"]["founded"] = ["2016", "1990", None]
    links = frames["supply_links"].iloc[:1].assign(year=None, valid_from="2015", valid_to="2019")
    frames["supply_links"] = links
    failure = only(validate(frames))
    assert (failure.field, failure.values) == ("supplier_id, valid_from", ("01 | 2015",))


def test_a_needed_table_has_rows_and_another_may_be_empty(frames: Frames) -> None:
    frames["ownership"] = frames["ownership"].iloc[:0]
    failure = only(validate(frames))
    assert (failure.table, failure.rule, failure.severity) == ("ownership", "rows", "warning")
    frames["firm_years"] = frames["firm_years"].iloc[:0]
    assert [(f.table, f.rule) for f in validate(frames).errors] == [("firm_years", "rows")]


def test_names_that_differ_by_case_only_are_refused(frames: Frames) -> None:
    frames["firm_years"]["Sales"] = "1"
    failure = only(validate(frames))
    assert (failure.field, failure.rule) == ("sales, Sales", "column")


@pytest.mark.parametrize("name", tuple(schemas()))
def test_a_blank_template_breaks_no_rule_but_that_it_has_no_rows(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.csv").write_text(template(name), "utf-8")
    report = validate(tmp_path, required=[name])
    assert {failure.rule for failure in report.failures} <= {"rows", "foreign-key", "form"}


def test_any_column_may_be_absent_without_a_crash(frames: Frames) -> None:
    for table, frame in list(frames.items()):
        for column in frame.columns:
            report = validate({**frames, table: frame.drop(columns=column)})
            needed = column in schemas()[table] and schemas()[table].field(column).constraints
            if needed and needed.required:
                assert (table, column, "column") in {
                    (f.table, f.field, f.rule) for f in report.errors
                }


@pytest.mark.parametrize("junk", ["", "x", "９" * 30])
def test_any_cell_may_be_junk_without_a_crash(frames: Frames, junk: str) -> None:
    for table, frame in list(frames.items()):
        for column in frame.columns:
            spoiled = frame.copy()
            spoiled.loc[0, column] = junk
            report = validate({**frames, table: spoiled})
            assert all(failure.rows or failure.count for failure in report.failures)


def links(supplier: str, **options: bool) -> Failure:
    frames = {
        "firms": pd.DataFrame({"firm_id": ["001", "002"], "entity_kind": "firm"}),
        "firm_years": pd.DataFrame({"firm_id": ["001"], "year": [2020]}),
        "supply_links": pd.DataFrame(
            {"supplier_id": [supplier], "customer_id": ["002"], "year": [2020]}
        ),
    }
    found = [one for one in validate(frames, **options).failures if one.rule == "foreign-key"]
    assert len(found) == 1
    return found[0]


def test_a_code_that_lost_its_zeros_is_told_from_one_that_is_not_there() -> None:
    assert "leading zeros" in str(links("1"))
    assert "leading zeros" not in str(links("9"))
    assert "leading zeros" in str(links("0001"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("firm_id;entity_kind\n1;firm\n", "The header is one cell"),
        ("Firm_ID,entity_kind\n1,firm\n", "Write firm_id in place of 'Firm_ID'"),
        ("company,entity_kind\n1,firm\n", "Add it; the columns are company, entity_kind"),
    ],
)
def test_an_absent_column_is_explained_by_what_the_header_holds(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "firms.csv").write_text(text)
    told = [str(one) for one in validate(tmp_path).failures if one.field == "firm_id"]
    assert any(words in each for each in told)


def test_a_spreadsheet_in_the_place_of_a_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "firms.xlsx").write_bytes(b"PK")
    told = [str(one) for one in validate(tmp_path).failures if one.table == "firms"]
    assert any("firms.xlsx is not read" in text for text in told)
