"""How small a LaTeX table must be set, and into how many parts cut, to stay on the page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from spillover.reports.formats.plain import one_line, width, wrapped
from spillover.reports.grid import Grid, Row

LINE = 448.0
"""Points between the margins of A4 paper with 25 mm on each side, less a little air."""

_BROAD = 30
"""Width of row labels that wrap."""

_EMS = {
    0.28: "!',.:;<[]_`il",
    0.33: "fj- I",
    0.42: "()rstcez>?",
    0.50: "$*/0123456789^ago{}~J",
    0.56: "kqvxySbdhnpu",
    0.68: "ZLFEPB–",
    0.77: "CTwRAHNUVXYD&+=@GKOQ−×≤≥→≠β",
    1.00: "#%mM|—W∞",
}
_WIDE = {letter: ems for ems, letters in _EMS.items() for letter in letters}
"""Width of characters in ems of Computer Modern; Japanese ones take a whole em."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a table is set."""

    size: str
    """Size of its type: ``normalsize``, ``footnotesize`` or ``scriptsize``."""

    most: int
    """Characters in a line of a head or of words in a cell."""

    share: float
    """Share of the line that long row labels take."""

    @property
    def em(self) -> float:
        """Points of an em, a little more than the size of the type where that is small."""
        return {"normalsize": 10.95, "footnotesize": 9.25, "scriptsize": 8.5}[self.size]

    @property
    def gap(self) -> float:
        """Points on each side of a column."""
        return {"normalsize": 6.0, "footnotesize": 3.5, "scriptsize": 2.5}[self.size]


def _ladder(columns: int) -> Iterator[Fit]:
    """Ways to set a table, the most legible first."""
    if columns <= 6:
        yield Fit("normalsize", 16, 0.3)
        yield Fit("footnotesize", 16, 0.3)
    if columns <= 8:
        yield Fit("footnotesize", 10, 0.21)
    yield Fit("footnotesize", 8, 0.21)
    yield Fit("scriptsize", 10, 0.21)
    yield Fit("scriptsize", 8, 0.19)


def is_broad(grid: Grid) -> bool:
    """Whether row labels are so long that they stand in a column of some width."""
    return max((width(row.label) for row in grid.rows), default=0) > _BROAD


def fitted(grid: Grid) -> tuple[Fit, tuple[Grid, ...]]:
    """The most legible way to set a table between the margins, in parts when it is too wide.

    Parameters
    ----------
    grid : Grid
        The table.
    """
    for parts in range(1, grid.width):
        pieces = _parts(grid, parts)
        for fit in _ladder(max(piece.width for piece in pieces)):
            if all(points(piece, fit) <= LINE for piece in pieces):
                return _longer_lines(fit, pieces), pieces
    return Fit("scriptsize", 8, 0.19), _parts(grid, max(grid.width - 1, 1))


def _longer_lines(fit: Fit, pieces: tuple[Grid, ...]) -> Fit:
    """The same size with longer lines of words, where there is room for them."""
    for most in (36, 28, 22):
        longer = replace(fit, most=most)
        if most > fit.most and all(points(piece, longer) <= LINE for piece in pieces):
            return longer
    return fit


def points(grid: Grid, fit: Fit) -> float:
    """Width of a table in points, from the widths of its characters.

    Parameters
    ----------
    grid : Grid
        The table.
    fit : Fit
        How it is set.
    """
    lines = [*grid.header, *((row.label, *row.cells) for row in grid.rows)]
    heads = len(grid.header)
    columns = [
        max(_longest(line[k], fit, label=k == 0, head=at < heads) for at, line in enumerate(lines))
        for k in range(grid.width)
    ]
    if is_broad(grid):
        columns[0] = fit.share * 455.0
    return sum(columns) + 2 * fit.gap * grid.width


def _longest(text: str, fit: Fit, *, label: bool, head: bool) -> float:
    lines = [text] if not head and _is_number(text) else cell_lines(text, fit, label=label)
    return fit.em * max(sum(_WIDE.get(c, 1.0 if ord(c) > 255 else 0.56) for c in x) for x in lines)


def cell_lines(text: str, fit: Fit, *, label: bool = False) -> list[str]:
    """Lines of words in a cell or a head.

    Parameters
    ----------
    text : str
        Text of the cell.
    fit : Fit
        How the table is set.
    label : bool
        Whether it stands left, where lines may be longer.
    """
    return wrapped(one_line(text), fit.most + 4 if label else fit.most).split("\n")


def _is_number(text: str) -> bool:
    return not any(map(str.isalpha, text))


def _parts(grid: Grid, parts: int) -> tuple[Grid, ...]:
    """A table cut into some parts of nearly as many columns, each with the row labels."""
    if parts == 1:
        return (grid,)
    columns = grid.width - 1
    ends = [round(k * columns / parts) for k in range(parts + 1)]
    return tuple(_part(grid, a, b) for a, b in pairwise(ends))


def _part(grid: Grid, first: int, last: int) -> Grid:
    """The columns of cells from one place to another; rows without any cell there leave."""
    groups = tuple(
        tuple(Row(row.label, row.cells[first:last]) for row in group) for group in grid.groups
    )
    header = tuple((line[0], *line[first + 1 : last + 1]) for line in grid.header)
    sides = grid.sides[first + 1 : last + 1]
    return replace(grid, header=header, groups=groups, alignment=sides)
