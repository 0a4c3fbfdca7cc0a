"""Tables in Word documents: real tables with a repeated head, the same bytes every time."""

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spillover.reports.formats.plain import one_line
from spillover.reports.grid import Alignment, Grid

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from docx.table import _Cell as Cell

EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
"""Date of every file that carries one."""

_HEAVY, _LIGHT = "12", "4"
_FONT, _JAPANESE_FONT = "Times New Roman", "Yu Mincho"


def to_docx(grids: tuple[Grid, ...]) -> bytes:
    """A document with the tables one below the other."""
    from docx import Document

    document = Document()
    _prepare(document)
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


def _prepare(document: "Document") -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

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
    lines = [*grid.header, *((row.label, *row.cells) for row in grid.rows)]
    table = document.add_table(rows=len(lines), cols=grid.width)
    table.autofit = True
    cells = table._cells  # noqa: SLF001 - the public accessor rebuilds the grid for every cell
    for position, text in enumerate(text for line in lines for text in line):
        _fill(cells[position], text, grid.sides[position % grid.width])
    _rule(table, grid)
    _repeat_head(table, len(grid.header))
    for note in grid.notes:
        _note(document, note)
    document.add_paragraph()


def _fill(cell: "Cell", text: str, alignment: Alignment) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.add_run(one_line(text))
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
        at += len(group)
        _border(table, at, "bottom", _LIGHT)
    _border(table, len(grid.header) + len(grid.rows) - 1, "bottom", _HEAVY)


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
