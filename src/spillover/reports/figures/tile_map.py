"""Tile-grid map of the 47 prefectures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.japan import places, prefecture_name, tile_name
from spillover.reports.figures.style import (
    DEEP,
    EDGE,
    GREY,
    INK,
    NARROW,
    PAPER,
    QUIET,
    SHADES,
    is_narrow,
)
from spillover.reports.formats.plain import wrapped
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.numbers import MISSING, fixed
from spillover.reports.phrases import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True, slots=True)
class MapWords:
    """Words of a map."""

    axis: str
    """What is measured, with its unit."""

    headings: tuple[str, str] = ("Prefecture", "Value")
    """Column headings of the numbers."""

    hidden: str = "too few firms to show"
    """Words for tiles that may not be shown."""

    empty: str = "no firms"
    """Words for tiles without firms."""

    language: Language = "en"
    """Language of the names."""


@dataclass(frozen=True, slots=True, eq=False)
class TileMap(Figure):
    """One tile per prefecture, darker where the value is higher."""

    values: tuple[tuple[str, float], ...]
    """Value by prefecture code; NaN where it may not be shown. Others have no firms."""

    words: MapWords
    """Words."""

    decimals: int = 2
    """Decimals of the legend."""

    @property
    def size(self) -> tuple[float, float]:
        """Nearly square."""
        return 7.2, 6.4

    @property
    def narrow_size(self) -> tuple[float, float]:
        """The same shape."""
        return NARROW, 3.6

    @property
    def classes(self) -> tuple[tuple[float, float], ...]:
        """Smallest and largest value of each class: at most five, zero alone when frequent."""
        shown = np.array([value for _, value in self.values if not np.isnan(value)])
        rounded = np.round(shown, self.decimals)
        distinct, zero = np.unique(rounded), []
        if len(rounded) and np.mean(rounded == 0.0) > 1 / len(SHADES):
            distinct, zero = distinct[distinct != 0.0], [(0.0, 0.0)]
        groups = min(len(SHADES) - len(zero), len(distinct))
        parts = np.array_split(distinct, groups) if groups else []
        return (*zero, *((float(part[0]), float(part[-1])) for part in parts))

    @property
    def shades(self) -> tuple[str, ...]:
        """One shade per class, from light to dark."""
        steps = np.linspace(0, len(SHADES) - 1, max(len(self.classes), 2)).round().astype(int)
        return tuple(SHADES[step] for step in steps)

    def draw(self, canvas: "Canvas") -> None:
        """Draw the tiles and the legend."""
        axes = canvas.subplots()
        axes.set_aspect("equal")
        axes.set_axis_off()
        known = dict(self.values)
        for place in places():
            fill, hatch, ink = self._look(known, place.code)
            _tile(axes, (place.column, place.row), fill, hatch)
            axes.text(
                place.column + 0.47,
                place.row + 0.47,
                tile_name(place, self.words.language),
                ha="center",
                va="center",
                fontsize=6 if is_narrow(canvas) else 8,
                color=ink,
            )
        axes.set_xlim(-0.2, 13.2)
        title = wrapped(self.words.axis, 46 if is_narrow(canvas) else 90)
        axes.set_ylim(12.7, -0.9 - 0.5 * title.count("\n"))
        size = 7.0 if is_narrow(canvas) else 8.5
        axes.text(0, -0.3, title, fontsize=size + 1, color=QUIET, va="bottom")
        self._legend(axes, size)

    def _look(self, known: dict[str, float], code: str) -> tuple[str, str, str]:
        """Fill, hatch and ink of a tile."""
        if code not in known:
            return PAPER, "", GREY
        if np.isnan(known[code]):
            return PAPER, "////", INK
        value = round(known[code], self.decimals)
        shade = next(
            shade
            for (low, high), shade in zip(self.classes, self.shades, strict=False)
            if low <= value <= high
        )
        return shade, "", DEEP if SHADES.index(shade) < 3 else PAPER

    def _legend(self, axes: "Axes", size: float) -> None:
        entries = [
            (shade, "", self._range(low, high))
            for (low, high), shade in zip(self.classes, self.shades, strict=False)
        ]
        if any(np.isnan(value) for _, value in self.values):
            entries.append((PAPER, "////", self.words.hidden))
        if len(self.values) < len(places()):
            entries.append((PAPER, "", self.words.empty))
        for line, (fill, hatch, text) in enumerate(entries):
            _tile(axes, (0, 0.2 + 0.75 * line), fill, hatch, side=0.55)
            axes.text(0.8, 0.2 + 0.75 * line + 0.28, text, fontsize=size, color=INK, va="center")

    def _range(self, low: float, high: float) -> str:
        ends = dict.fromkeys(fixed(end, self.decimals) for end in (low, high))
        return " – ".join(ends)

    def grid(self) -> Grid:
        """Values by prefecture."""
        rows = [
            (
                prefecture_name(code, self.words.language),
                MISSING if np.isnan(value) else fixed(value, self.decimals + 1),
            )
            for code, value in self.values
        ]
        return simple_grid(
            self.name, self.words.headings, [tuple(row) for row in rows], sortable=True
        )


def _tile(
    axes: "Axes", corner: tuple[float, float], fill: str, hatch: str, side: float = 0.94
) -> None:
    from matplotlib.patches import Rectangle

    tile = Rectangle(corner, side, side, facecolor=fill, edgecolor=EDGE)
    tile.set_hatch(hatch)
    tile.set_linewidth(0.8)
    axes.add_patch(tile)
