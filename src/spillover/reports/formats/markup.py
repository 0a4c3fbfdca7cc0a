"""Tables in HTML, LaTeX and Typst: one template each, every value escaped."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from spillover.reports.formats.plain import one_line
from spillover.reports.grid import Grid
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
    "²": r"\textsuperscript{2}",
    "β": r"$\beta$",
    "ψ": r"$\psi$",
    "Σ": r"$\Sigma$",
    "—": "---",
    "–": "--",
    "’": "'",
}
_TYPST = str.maketrans({c: f"\\{c}" for c in "\\#$%&*_`<>@[]{}~^=+-/'\"|:"})


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
    """A floating table that needs the package booktabs only."""
    columns = Raw("".join(side[0] for side in grid.sides))
    label = Raw("tab:" + "".join(c if c.isascii() and c.isalnum() else "-" for c in grid.name))
    text = (
        latex_environment()
        .get_template("table.tex")
        .render(grid=grid, columns=columns, label=label)
    )
    return _blank_lines_removed(text)


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
