"""Tables for the terminal and for Markdown."""

import re
import unicodedata
from collections.abc import Sequence

from spillover.reports.grid import Grid
from spillover.reports.numbers import MINUS

_PUNCTUATION = re.compile(r"([\\`*_\[\]|~$^@]|:(?=//)|(?<=www)\.)")
_LINE_START = re.compile(r"^(\d+(?=[.)])|(?=[#+=-]))")
_PIECES = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef-]*-+\s*|[^\s\u2e80-\uffef-]+\s*|\s+")
"""Parts of a text between which a line may end: after blanks, hyphens, Japanese characters."""

_BREAKS = re.compile(r"\s*[\r\n\t\v\f\x85\u2028\u2029]+\s*")


def to_text(grid: Grid) -> str:
    """A table in fixed-width characters; wide characters count twice."""
    lines = [[clean(cell) for cell in line] for line in grid.header]
    groups = [[[clean(r.label), *map(clean, r.cells)] for r in group] for group in grid.groups]
    everything = [*lines, *(row for group in groups for row in group)]
    widths = [max(width(row[k]) for row in everything) for k in range(grid.width)]
    rule = "-" * (sum(widths) + 2 * (grid.width - 1))
    parts = [grid.caption] if grid.caption else []
    sides = grid.sides
    parts += [rule, *(_line(line, widths, sides) for line in lines), rule]
    for group in groups:
        parts += [*(_line(row, widths, sides) for row in group), rule]
    parts += [clean(note) for note in grid.notes]
    return "\n".join(parts) + "\n"


def one_line(text: str) -> str:
    """Text on one line without control characters."""
    text = _BREAKS.sub(" ", text)
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})


def clean(text: str) -> str:
    """Text on one line, with a minus that every terminal shows."""
    return one_line(text).replace(MINUS, "-")


def width(text: str) -> int:
    """Columns that a text takes in a terminal.

    >>> width("製造 a")
    6
    """
    shown = (c for c in text if not unicodedata.combining(c))
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in shown)


def padded(text: str, wide: int) -> str:
    """Text with blanks up to a width.

    >>> padded("製造", 6)
    '製造  '
    """
    return text + " " * (wide - width(text))


def _line(cells: list[str], widths: list[int], sides: Sequence[str]) -> str:
    padded = []
    for cell, wide, side in zip(cells, widths, sides, strict=True):
        blank = " " * (wide - width(cell))
        padded.append(cell + blank if side == "left" else blank + cell)
    return "  ".join(padded).rstrip()


def to_markdown(grid: Grid) -> str:
    """A pipe table; a row that continues another one has an empty first cell."""
    parts = [f"**{_escaped(grid.caption)}**", ""] if grid.caption else []
    heads = [" ".join(filter(None, column)) for column in zip(*grid.header, strict=True)]
    marks = {"left": ":--", "center": ":-:", "right": "--:"}
    parts.append(_piped(heads))
    parts.append("|" + "|".join(marks[side] for side in grid.sides) + "|")
    parts += [_piped([row.label, *row.cells]) for row in grid.rows]
    parts += [text for note in grid.notes for text in ("", markdown(note))]
    return "\n".join(parts) + "\n"


def _piped(cells: list[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    """Text without meaning inside a line of Markdown."""
    safe = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _PUNCTUATION.sub(r"\\\1", safe)


def markdown(text: str) -> str:
    """Text as a paragraph of Markdown, which begins neither a list nor a heading.

    Parameters
    ----------
    text : str
        Plain text.
    """
    return _LINE_START.sub(r"\1\\", _escaped(text).lstrip())


_NEVER_FIRST = frozenset(
    "、。，．・：；？！ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ」』）】〕｝》％"
)
"""Japanese characters that do not begin a line."""


def wrapped(text: str, most: int = 28) -> str:
    """Text in lines of some width, in which a Japanese character counts twice.

    >>> wrapped("no partners among the customers listed", 20).splitlines()
    ['no partners among', 'the customers listed']
    >>> wrapped("企業でクラスター", 14).splitlines()
    ['企業でクラスター']
    """
    lines = [""]
    for word in _PIECES.findall(text):
        full = width(lines[-1]) + width(word.rstrip()) > most
        if lines[-1] and full and word not in _NEVER_FIRST:
            lines.append("")
        lines[-1] += word
    return "\n".join(line.strip() for line in lines)
