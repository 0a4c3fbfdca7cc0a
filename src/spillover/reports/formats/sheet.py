"""Tables as CSV and as spreadsheets, in which text never becomes a formula."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from spillover.reports.formats.plain import one_line
from spillover.reports.formats.word import EPOCH
from spillover.reports.grid import Grid

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SIGNIFICANT = 12


def guarded(text: str) -> str:
    """Text that a spreadsheet shows as text: an apostrophe stands before a formula sign.

    >>> guarded("=cmd()")
    "'=cmd()"
    """
    plain = one_line(text)
    risky = text.startswith(_STARTS_A_FORMULA) or plain.lstrip().startswith(_STARTS_A_FORMULA)
    return f"'{plain}" if risky else plain


def number(value: float) -> float | str:
    """A number with twelve significant digits, or an empty cell when it is not finite.

    Later digits depend on the number of threads, and equal tables shall give equal files.
    """
    if not math.isfinite(value):
        return ""
    short = float(f"{value:.{_SIGNIFICANT}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def to_csv(frame: "pd.DataFrame") -> bytes:
    """A frame with its index as UTF-8 CSV with line feeds.

    Parameters
    ----------
    frame : DataFrame
        Named index levels become the first columns.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows(_lines(frame, guarded))
    return buffer.getvalue().encode("utf-8")


def _lines(frame: "pd.DataFrame", text: Callable[[str], str]) -> list[list[object]]:
    flat = frame.reset_index()
    head: list[object] = [text(str(name)) for name in flat.columns]
    rows = flat.astype(object).to_numpy().tolist()
    return [head, *([_cell(value, text) for value in row] for row in rows)]


def _cell(value: object, text: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return text(value)
    return "" if value is None else number(float(value))  # type: ignore[arg-type]


def to_xlsx(grids: Sequence[Grid], frames: dict[str, "pd.DataFrame"]) -> bytes:
    """A workbook: one sheet per table as printed, one per frame of unrounded numbers.

    Parameters
    ----------
    grids : sequence of Grid
        Tables as text.
    frames : dict of str to DataFrame
        Numbers by sheet name.
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = Workbook(buffer, options)
    book.set_properties({"created": EPOCH, "author": "", "title": ""})
    for position, grid in enumerate(grids):
        name = "table" if len(grids) == 1 else f"table {position + 1}"
        _printed(book, book.add_worksheet(name), grid)
    for name, frame in frames.items():
        sheet = book.add_worksheet(name)
        for row, line in enumerate(_lines(frame, one_line)):
            for column, value in enumerate(line):
                _write(sheet, (row, column), value)
        sheet.freeze_panes(1, frame.index.nlevels)
    book.close()
    return buffer.getvalue()


def _printed(book: "Workbook", sheet: "Worksheet", grid: Grid) -> None:
    sides = [book.add_format({"align": side}) for side in grid.sides]
    heads = [book.add_format({"align": side, "bold": True}) for side in grid.sides]
    title, small = book.add_format({"bold": True}), book.add_format({"font_size": 9})
    sheet.write_string(0, 0, one_line(grid.caption), title)
    line = 1
    for cells in grid.header:
        _printed_line(sheet, line, cells, heads)
        line += 1
    for row in grid.rows:
        _printed_line(sheet, line, (row.label, *row.cells), sides)
        line += 1
    for note in grid.notes:
        sheet.write_string(line, 0, one_line(note), small)
        line += 1
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, grid.width - 1, 16)


def _printed_line(
    sheet: "Worksheet", line: int, cells: Sequence[str], formats: Sequence["Format"]
) -> None:
    for column, (text, format_) in enumerate(zip(cells, formats, strict=True)):
        sheet.write_string(line, column, one_line(text), format_)


def _write(sheet: "Worksheet", place: tuple[int, int], value: object) -> None:
    if isinstance(value, str):
        sheet.write_string(*place, value)
    else:
        sheet.write_number(*place, float(value))  # type: ignore[arg-type]
