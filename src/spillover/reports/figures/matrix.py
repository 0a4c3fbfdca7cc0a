"""Matrix of shares between groups, such as links between regions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.style import (
    DEEP,
    EDGE,
    INK,
    PAPER,
    QUIET,
    SHADES,
    is_narrow,
)
from spillover.reports.formats.plain import wrapped
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.numbers import MISSING, fixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True, slots=True, eq=False)
class Matrix(Figure):
    """Cells that are darker where the share is larger."""

    labels: tuple[str, ...]
    """Groups, in rows and in columns."""

    values: tuple[tuple[float, ...], ...]
    """Percent of the total; NaN where it may not be shown."""

    axes: tuple[str, str]
    """Words of rows and columns."""

    hidden_words: str = "hatched: too few firms to show"
    """Words for hatched cells."""

    short: tuple[str, ...] = ()
    """Labels above the columns when those of the rows are too long for them."""

    @property
    def size(self) -> tuple[float, float]:
        """Square cells."""
        return 7.2, 1.5 + 0.42 * len(self.labels)

    def draw(self, canvas: "Canvas") -> None:
        """Draw the cells."""
        axes, narrow = canvas.subplots(), is_narrow(canvas)
        largest = np.nanmax(np.array(self.values), initial=0.0) or 1.0
        for i, row in enumerate(self.values):
            for j, value in enumerate(row):
                _draw_cell(axes, (j, i), value, (_shade(value, largest), 7.0 if narrow else 8.0))
        n = len(self.labels)
        if np.isnan(np.array(self.values)).any():
            axes.text(0, n + 0.3, self.hidden_words, fontsize=8.5, color=QUIET, va="center")
        axes.set_xlim(0, n)
        axes.set_ylim(n, 0)
        across = [wrapped(label, 12) for label in self.short or self.labels]
        down = [wrapped(label, 14 if narrow else 30) for label in self.labels]
        axes.set_xticks(np.arange(n) + 0.48, across)
        axes.set_yticks(np.arange(n) + 0.47, down)
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.tick_params(length=0, labelsize=7.5 if narrow else 8.5, labelcolor=INK)
        axes.tick_params(axis="x", rotation=90 if narrow and not self.short else 0)
        axes.set_xlabel(self.axes[1], color=QUIET)
        axes.set_ylabel(self.axes[0], color=QUIET)
        for spine in axes.spines.values():
            spine.set_visible(False)

    def grid(self) -> Grid:
        """Shares in percent."""
        rows = [
            (label, *(MISSING if np.isnan(value) else fixed(value, 1) for value in row))
            for label, row in zip(self.labels, self.values, strict=True)
        ]
        return simple_grid(self.name, (self.axes[0], *(self.short or self.labels)), rows)


def _shade(value: float, largest: float) -> int:
    """Class of a value on a square-root scale; -1 for nothing to show."""
    if np.isnan(value) or value == 0.0:
        return -1
    return min(int(len(SHADES) * np.sqrt(value / largest)), len(SHADES) - 1)


def _draw_cell(
    axes: "Axes", corner: tuple[int, int], value: float, look: tuple[int, float]
) -> None:
    from matplotlib.patches import Rectangle

    shade, size = look
    fill = PAPER if shade < 0 else SHADES[shade]
    cell = Rectangle(corner, 0.96, 0.94, facecolor=fill, edgecolor=EDGE, linewidth=0.6)
    cell.set_hatch("////" if np.isnan(value) else "")
    axes.add_patch(cell)
    axes.text(
        corner[0] + 0.48,
        corner[1] + 0.47,
        "" if np.isnan(value) or value == 0.0 else fixed(value, 1),
        ha="center",
        va="center",
        fontsize=size,
        color=PAPER if shade > 2 else DEEP,
    )
