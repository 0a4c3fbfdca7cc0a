"""The report of a validation in its four renderings."""

import csv
import io
from dataclasses import replace

from spillover.tables.report import Failure, TablesError, ValidationReport, sorted_failures

LINKS = Failure(
    table="supply_links",
    field="supplier_id",
    rule="foreign-key",
    severity="error",
    count=14,
    total=20_311,
    rows=(118, 402, 977, 1000, 1001),
    values=("F0193", "F2210", "<F2299>", "F1", "F2"),
    say="Expected every supplier_id in firms.",
    action="Add the rows to firms.",
)
NOTE = Failure("notes", "", "unknown-table", "note", 1, 0, (), (), "Expected tables.", "Not read.")
REPORT = ValidationReport(sorted_failures([NOTE, LINKS]), (("supply_links", 20_311),))


def test_text_names_table_column_rule_count_share_rows_and_values() -> None:
    assert LINKS.to_text() == (
        "error: supply_links  supplier_id  foreign-key  14 of 20,311 rows (0.07 %)  "
        "rows 118, 402, 977, 1,000, 1,001, ...  F0193, F2210, <F2299>, F1, F2, ...\n"
        "    Expected every supplier_id in firms. Add the rows to firms."
    )
    assert REPORT.to_text().splitlines()[0] == "supply_links: 20,311 rows"
    assert REPORT.to_text().splitlines()[-1] == "1 error, 0 warnings, 1 note"


def test_a_failure_names_the_file_once() -> None:
    named = replace(LINKS, source="supply_links.csv")
    assert named.to_text().startswith("error: supply_links.csv  supplier_id")
    renamed = replace(LINKS, source="tsr_2023.csv")
    assert renamed.to_text().startswith("error: supply_links (tsr_2023.csv)  supplier_id")
    assert replace(LINKS, source="memory").where == "supply_links"


def test_errors_come_first_and_decide() -> None:
    assert REPORT.failures == (LINKS, NOTE)
    assert REPORT.errors == (LINKS,)
    assert not REPORT.ok
    assert ValidationReport((NOTE,), ()).ok


def test_html_escapes_values() -> None:
    page = REPORT.to_html()
    assert "&lt;F2299&gt;" in page
    assert "<F2299>" not in page
    assert page.count("<tr>") == 3
    assert page == REPORT._repr_html_()


def test_csv_and_frame_hold_the_same_failures() -> None:
    rows = list(csv.DictReader(io.StringIO(REPORT.to_csv())))
    frame = REPORT.to_frame()
    assert [row["table"] for row in rows] == frame["table"].tolist()
    assert rows[0]["rows"] == "118;402;977;1000;1001"
    assert frame["count"].tolist() == [14, 1]


def test_a_report_without_failures_has_a_frame_of_the_same_columns() -> None:
    empty = ValidationReport((), ()).to_frame()
    assert list(empty.columns) == list(REPORT.to_frame().columns)
    assert len(empty) == 0


def test_the_error_says_how_many_and_where() -> None:
    error = TablesError.of(REPORT)
    assert error.failures == (LINKS,)
    assert error.found.startswith("Found 1 failure in supply_links:")
    assert "rows 118" in str(error)


def test_small_shares_are_not_called_zero() -> None:
    one = Failure("t", "c", "type", "error", 1, 1_000_000, (3,), ("x",), "Say.", "Do.")
    assert "(< 0.01 %)" in one.to_text()
    assert "rows 3  x" in one.to_text()
