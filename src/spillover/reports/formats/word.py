"""Tables in Word documents: real tables with a repeated head, the same bytes every time."""

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spillover.reports.formats.plain import one_line
from spillover.reports.grid import Alignment, Grid, Row

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from docx.table import _Cell as Cell

EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
"""Date of every file that carries one."""

_HEAVY, _LIGHT = "12", "4"
_FONT, _JAPANESE_FONT = "Times New Roman", "Yu Mincho"

_MANY = 6
"""Columns of a table from which a page is turned and type is smaller."""

_SHORT, _LONG, _MARGIN = 21.0, 29.7, 2.0
"""Sides of a page and its margins in centimetres."""


def to_docx(grids: tuple[Grid, ...]) -> bytes:
    """A document with the tables one below the other, on broad pages when one has many columns.

    What continues a row, such as a standard error, stands in the cell of the row.
    """
    from docx import Document

    document = Document()
    _prepare(document, broad=any(grid.width > _MANY for grid in grids))
    for grid in grids:
        _add(document, grid)
    buffer = io.BytesIO()
    document.save(buffer)
    return without_dates(buffer.getvalue())


def without_dates(archive: bytes) -> bytes:
    """A zip archive whose members all carry the same date.

    Parameters
    ----------
    archive : bytes
        Contents of the archive.
    """
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for member in source.infolist():
            copy.writestr(
                zipfile.ZipInfo(member.filename, EPOCH.timetuple()[:6]),
                source.read(member),
                zipfile.ZIP_DEFLATED,
            )
    return target.getvalue()


def _prepare(document: "Document", *, broad: bool) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE if broad else WD_ORIENT.PORTRAIT
    sides = (_LONG, _SHORT) if broad else (_SHORT, _LONG)
    page.page_width, page.page_height = map(Cm, sides)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(_MARGIN)

    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(10)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _JAPANESE_FONT)
    properties = document.core_properties
    properties.author, properties.comments = "", ""
    properties.created = properties.modified = EPOCH
    properties.title = ""


def _add(document: "Document", grid: Grid) -> None:
    if grid.caption:
        paragraph = document.add_paragraph()
        paragraph.add_run(one_line(grid.caption)).bold = True
        paragraph.paragraph_format.keep_with_next = True
    rows = merged(grid)
    lines = [*grid.header, *rows]
    table = document.add_table(rows=len(lines), cols=grid.width)
    table.autofit = False
    cells = table._cells  # noqa: SLF001 - the public accessor rebuilds the grid for every cell
    widths = _widths(grid)
    for column, room in zip(table.columns, widths, strict=True):
        column.width = room
    small = grid.width > _MANY
    for position, text in enumerate(text for line in lines for text in line):
        column = position % grid.width
        _fill(cells[position], text, grid.sides[column], small=small)
        cells[position].width = widths[column]
    _rule(table, grid)
    _repeat_head(table, len(grid.header))
    for note in grid.notes:
        _note(document, note)
    document.add_paragraph()


def merged(grid: Grid) -> list[tuple[str, ...]]:
    """Rows as text, with what continues a row below it in the same cell.

    Parameters
    ----------
    grid : Grid
        A table.
    """
    return [line for group in grid.groups for line in _merged(group)]


def _merged(group: tuple[Row, ...]) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    for row in group:
        if row.continues and lines:
            label, *above = lines.pop()
            both = zip(above, row.cells, strict=True)
            lines.append((label, *("\n".join(filter(None, pair)) for pair in both)))
        else:
            lines.append((row.label, *row.cells))
    return lines


def _widths(grid: Grid) -> list[int]:
    """Widths of the columns: a broad one for row labels, equal ones for numbers."""
    from docx.shared import Cm

    room = (_LONG if grid.width > _MANY else _SHORT) - 2 * _MARGIN
    first = min(6.0, 0.4 * room) if grid.width > 1 else room
    rest = (room - first) / max(grid.width - 1, 1)
    return [Cm(first), *([Cm(rest)] * (grid.width - 1))]


def _fill(cell: "Cell", text: str, alignment: Alignment, *, small: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    for position, line in enumerate(text.split("\n")):
        if position:
            paragraph.runs[-1].add_break()
        paragraph.add_run(one_line(line)).font.size = Pt(9 if small else 10)
    paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, alignment.upper())
    paragraph.paragraph_format.space_before = Pt(1)
    paragraph.paragraph_format.space_after = Pt(1)


def _note(document: "Document", text: str) -> None:
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    paragraph.add_run(one_line(text)).font.size = Pt(8.5)
    paragraph.paragraph_format.space_after = Pt(0)


def _rule(table: "Table", grid: Grid) -> None:
    """Rules above and below the table, below the head and between groups."""
    last_of_head = len(grid.header) - 1
    _border(table, 0, "top", _HEAVY)
    _border(table, last_of_head, "bottom", _LIGHT)
    at = last_of_head
    for group in grid.groups[:-1]:
        at += len(_merged(group))
        _border(table, at, "bottom", _LIGHT)
    _border(table, len(table.rows) - 1, "bottom", _HEAVY)


def _border(table: "Table", row: int, edge: str, size: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for cell in table.rows[row].cells:
        properties: Any = cell._tc.get_or_add_tcPr()  # noqa: SLF001 - borders have no public door
        borders = properties.find(qn("w:tcBorders"))
        if borders is None:
            borders = OxmlElement("w:tcBorders")
            properties.append(borders)
        line = OxmlElement(f"w:{edge}")
        for key, value in (("val", "single"), ("sz", size), ("space", "0"), ("color", "auto")):
            line.set(qn(f"w:{key}"), value)
        borders.append(line)


def _repeat_head(table: "Table", lines: int) -> None:
    from docx.oxml import OxmlElement

    for row in table.rows[:lines]:
        row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - no public door
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - no public door
