"""Grid: a table as text, which every format renders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from spillover.errors import SpecificationError

Alignment = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    label: str
    """Head of the row; empty for a line that continues the one above."""

    cells: tuple[str, ...]
    """Text of the cells, without markup."""

    @property
    def continues(self) -> bool:
        """Whether the row belongs to the one above, as a standard error does."""
        return not self.label


@dataclass(frozen=True, slots=True)
class Grid:
    """Head, groups of rows and notes of one table; all text is plain."""

    name: str
    """Short name for files and references, such as ``main``."""

    caption: str
    """Title above the table; may be empty."""

    header: tuple[tuple[str, ...], ...]
    """Lines of the head; the first cell of each stands above the row labels."""

    groups: tuple[tuple[Row, ...], ...]
    """Groups of rows; a rule separates them."""

    notes: tuple[str, ...] = ()
    """Sentences below the table."""

    alignment: Alignment | tuple[Alignment, ...] = "right"
    """Alignment of the cells, for all columns or for each; row labels stand left."""

    sortable: bool = False
    """Whether a reader may sort the rows."""

    def __post_init__(self) -> None:
        widths = {len(line) for line in self.header}
        widths |= {len(row.cells) + 1 for group in self.groups for row in group}
        if len(widths) != 1:
            raise SpecificationError(
                f"Expected rows of one length in table {self.name!r}.",
                f"Found {sorted(widths)} cells.",
                "Give each row one cell per column.",
            )

    @property
    def width(self) -> int:
        """Number of columns, row labels included."""
        return len(self.header[0])

    @property
    def sides(self) -> tuple[Alignment, ...]:
        """Alignment of every column, row labels included."""
        if isinstance(self.alignment, str):
            return ("left", *([self.alignment] * (self.width - 1)))
        return ("left", *self.alignment)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Rows of all groups."""
        return tuple(row for group in self.groups for row in group)


def simple_grid(
    name: str,
    header: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    *,
    caption: str = "",
    notes: tuple[str, ...] = (),
    sortable: bool = False,
) -> Grid:
    """A grid with one line of head and one group of rows.

    Parameters
    ----------
    name : str
        Short name.
    header : tuple of str
        Column headings; the first stands above the row labels.
    rows : sequence of tuple of str
        Cells of each row; the first is its label.
    caption : str
        Title.
    notes : tuple of str
        Sentences below the table.
    sortable : bool
        Whether a reader may sort the rows.
    """
    body = tuple(Row(row[0], row[1:]) for row in rows)
    columns = range(1, len(header))
    sides = tuple(_side([row[column] for row in rows]) for column in columns)
    return Grid(name, caption, (header,), (body,), notes, sides, sortable)


def _side(cells: list[str]) -> Alignment:
    """Numbers stand right, words left."""
    return "left" if any(letter.isalpha() for cell in cells for letter in cell) else "right"
