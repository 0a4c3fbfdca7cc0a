"""Tables in HTML, LaTeX and Typst: one template each, every value escaped."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from spillover.reports.formats.fitting import Fit, cell_lines, fitted, is_broad
from spillover.reports.formats.plain import one_line
from spillover.reports.grid import Alignment, Grid, Row
from spillover.reports.numbers import MINUS

if TYPE_CHECKING:
    from jinja2 import Environment

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "-": "{-}",
    MINUS: "$-$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "∞": r"$\infty$",
    "→": r"$\rightarrow$",
    "≠": r"$\neq$",
    "●": r"$\bullet$",
    "²": r"\textsuperscript{2}",
    "β": r"$\beta$",
    "ψ": r"$\psi$",
    "Σ": r"$\Sigma$",
    "—": "---",
    "–": "--",
    "’": "'",
}
_TYPST = str.maketrans({c: f"\\{c}" for c in "\\#$%&*_`<>@[]{}~^=+-/'\"|:"})


Line = tuple[str, ...]
"""Cells of a row, its label first."""


class Raw(str):
    """Markup of our own that is written as it stands."""

    __slots__ = ()


def escape_latex(text: object) -> str:
    r"""Text without meaning in LaTeX.

    >>> escape_latex("a_b & c%")
    'a\\_b \\& c\\%'
    """
    if isinstance(text, Raw):
        return text
    return "".join(_LATEX.get(c, c) for c in one_line(str(text)))


def escape_typst(text: object) -> str:
    r"""Text without meaning in Typst markup.

    >>> escape_typst("#x[1]")
    '\\#x\\[1\\]'
    """
    return text if isinstance(text, Raw) else one_line(str(text)).translate(_TYPST)


def to_latex(grid: Grid) -> str:
    """A floating table that needs the package booktabs only.

    Heads, long row labels and words in cells wrap; type becomes smaller and, as a last resort,
    columns stand in parts one below the other, so that it fits between the margins of a page.
    """
    fit, pieces = fitted(grid)
    label = Raw("tab:" + "".join(c if c.isascii() and c.isalnum() else "-" for c in grid.name))
    text = (
        latex_environment()
        .get_template("table.tex")
        .render(
            grid=grid,
            parts=[_part(piece, fit, broad=is_broad(grid)) for piece in pieces],
            label=label,
            size=Raw("" if fit.size == "normalsize" else f"\\{fit.size}"),
            gap=Raw(f"{fit.gap:g}pt"),
        )
    )
    return _blank_lines_removed(text)


def _part(grid: Grid, fit: Fit, *, broad: bool) -> dict[str, object]:
    """Columns, heads and rows of one part for the template."""
    sides = "".join(side[0] for side in grid.sides)
    groups = [_lines(group, grid.sides, fit) for group in grid.groups]
    return {
        "columns": Raw(f"p{{{fit.share:g}\\linewidth}}{sides[1:]}" if broad else sides),
        "heads": [[_stacked(cell, fit, k) for k, cell in enumerate(line)] for line in grid.header],
        "groups": [_merged(lines) if broad else _named(lines, fit) for lines in groups],
    }


def _lines(group: tuple[Row, ...], sides: tuple[Alignment, ...], fit: Fit) -> list[Line]:
    """Cells of each row; words stand in lines of some width, longer ones in columns of words."""
    return [
        (row.label, *(_cell(*cell, fit) for cell in zip(row.cells, sides[1:], strict=True)))
        for row in group
    ]


def _cell(text: str, side: Alignment, fit: Fit, *, label: bool = False) -> Raw:
    lines = cell_lines(text, fit, label=label) if any(map(str.isalpha, text)) else [text]
    told = "\\tabularnewline ".join(map(escape_latex, lines))
    inside = f"\\begin{{tabular}}[t]{{@{{}}{side[0]}@{{}}}}{told}\\end{{tabular}}"
    return Raw(told if len(lines) == 1 else inside)


def _named(rows: list[Line], fit: Fit) -> list[Line]:
    """Rows whose labels stand in lines of some width."""
    return [(_cell(label, "left", fit, label=True), *cells) for label, *cells in rows]


def _merged(rows: list[Line]) -> list[Line]:
    """Rows with what continues them in the same cell, since a label may take several lines."""
    lines: list[Line] = []
    for label, *cells in rows:
        if not label and lines:
            above = lines.pop()
            lines.append((above[0], *map(_above, above[1:], cells)))
        else:
            lines.append((Raw(f"\\raggedright {escape_latex(label)}"), *cells))
    return lines


def _above(upper: str, lower: str) -> Raw:
    if not lower:
        return Raw(upper)
    return Raw(f"\\begin{{tabular}}[t]{{@{{}}c@{{}}}}{upper}\\\\{lower}\\end{{tabular}}")


def _stacked(cell: str, fit: Fit, column: int) -> Raw:
    """A head in lines of some width, one above the other; that of the row labels stands left."""
    lines = [escape_latex(line) for line in cell_lines(cell, fit, label=not column)]
    stacked = "\\\\".join(lines)
    return Raw(
        lines[0] if len(lines) == 1 else f"\\shortstack{'' if column else '[l]'}{{{stacked}}}"
    )


def to_typst(grid: Grid) -> str:
    """A figure with a table; needs no package."""
    text = typst_environment().get_template("table.typ").render(grid=grid, raw=Raw)
    return _blank_lines_removed(text)


def to_html(grid: Grid) -> str:
    """A ``<table>`` with row and column heads; its look is left to the page."""
    text = html_environment().get_template("table.html").render(grid=grid)
    return _blank_lines_removed(text)


def to_page(grid: Grid, language: str = "en") -> str:
    """A whole page with one table."""
    text = html_environment().get_template("table_page.html").render(grid=grid, language=language)
    return _blank_lines_removed(text)


def _blank_lines_removed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


@cache
def html_environment() -> "Environment":
    """Templates of HTML, escaping every value."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("spillover.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def latex_environment() -> "Environment":
    """Templates of LaTeX, escaping every value."""
    return _environment(escape_latex)


@cache
def typst_environment() -> "Environment":
    """Templates of Typst, escaping every value."""
    return _environment(escape_typst)


def _environment(escape: Callable[[object], str]) -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(  # noqa: S701 - not HTML: the escape of the format runs on every value
        loader=PackageLoader("spillover.reports"),
        finalize=escape,
        undefined=StrictUndefined,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
    )
