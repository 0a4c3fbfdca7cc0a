"""CSV files: encodings told apart honestly, rows of equal width, text as it stands."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError
from spillover.tables.delimited import read_delimited, to_utf8

JAPANESE = "firm_id,name\n01,㈱髙島屋①\n02,株式会社ソニー\n"


def read(data: bytes, folder: Path, name: str = "firms.csv") -> tuple[pa.Table, tuple[str, ...]]:
    path = folder / name
    path.write_bytes(data)
    table, _, notes = read_delimited(path, ("",))
    return table, notes


@pytest.mark.parametrize(
    ("encoding", "notes"),
    [("utf-8", ()), ("utf-8-sig", ()), ("cp932", ("read as CP932",))],
)
def test_japanese_text_is_exact_in_utf8_and_cp932(
    tmp_path: Path, encoding: str, notes: tuple[str, ...]
) -> None:
    table, found = read(JAPANESE.encode(encoding), tmp_path)
    assert table.column_names == ["firm_id", "name"]
    assert table.column("name").to_pylist() == ["㈱髙島屋①", "株式会社ソニー"]
    assert table.column("firm_id").to_pylist() == ["01", "02"]
    assert found == notes


def test_utf16_is_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"firms\.csv.*UTF-16"):
        to_utf8(JAPANESE.encode("utf-16"), "firms.csv", "auto")


def test_bytes_of_no_encoding_are_refused_with_line_and_byte() -> None:
    with pytest.raises(DataError, match="byte 0xFF in line 2 that is not UTF-8 or CP932"):
        to_utf8(b"firm_id\n\xff\xff\n", "firms.csv", "auto")


def test_text_in_euc_is_not_taken_for_cp932() -> None:
    data = "name\n日本電気\n".encode("euc_jp")
    with pytest.raises(DataError, match=r"EUC-JP|not UTF-8 or CP932"):
        to_utf8(data, "firms.csv", "auto")
    assert to_utf8(data, "firms.csv", "euc_jp")[0].decode() == "name\n日本電気\n"


def test_a_named_encoding_is_kept_to() -> None:
    data = JAPANESE.encode("cp932")
    assert to_utf8(data, "firms.csv", "cp932")[0].decode("utf-8") == JAPANESE
    with pytest.raises(DataError, match="that is not UTF-8"):
        to_utf8(data, "firms.csv", "utf-8")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_do_not_matter(tmp_path: Path, end: str) -> None:
    table, _ = read(f"a,b{end}1,2{end}3,4".encode(), tmp_path)
    assert table.to_pydict() == {"a": ["1", "3"], "b": ["2", "4"]}


def test_rows_of_another_width_are_counted_with_their_numbers(tmp_path: Path) -> None:
    data = b"a,b\n1,2\n1\n1,2,3\n1,2\n1,2,3,4\n"
    with pytest.raises(DataError) as caught:
        read(data, tmp_path)
    assert "expected 2 cells in every row" in str(caught.value)
    assert "3 rows with another number (row 2 has 1, row 3 has 3, row 5 has 4)" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "an empty file"),
        (b"\n\n", "an empty file"),
        (b",,\n1,2,3\n", "an empty first row"),
        (b"a,b,a\n1,2,3\n", "a more than once"),
        (b"a,,\n1,2,3\n", "no name"),
    ],
)
def test_headers_name_each_column_once(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(data, tmp_path)


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    table, _ = read(b"a,b\n", tmp_path)
    assert (table.num_rows, table.column_names) == (0, ["a", "b"])


letters = st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"])


@given(st.lists(st.tuples(st.text(letters, min_size=1), st.text(letters, min_size=1)), min_size=1))
def test_every_text_survives_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *rows])
    table, _ = read(out.getvalue().encode("utf-8"), tmp_path_factory.mktemp("csv"))
    found = list(zip(table.column("a").to_pylist(), table.column("b").to_pylist(), strict=True))
    assert found == rows
