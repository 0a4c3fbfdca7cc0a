"""Tile-grid map of the 47 prefectures."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.japan import places, prefecture_name, tile_name
from spillover.reports.figures.style import GREY, INK, PAPER, QUIET, RULE, SHADES
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
    def edges(self) -> tuple[float, ...]:
        """Bounds of the classes: equal numbers of prefectures, at most five classes."""
        shown = np.array([value for _, value in self.values if not np.isnan(value)])
        if not len(shown):
            return ()
        levels = np.round(np.quantile(shown, np.linspace(0, 1, len(SHADES) + 1)), self.decimals)
        return tuple(float(level) for level in np.unique(levels))

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
                fontsize=8,
                color=ink,
            )
        axes.set_xlim(-0.2, 13.2)
        axes.set_ylim(12.7, -0.9)
        self._legend(axes)

    def _look(self, known: dict[str, float], code: str) -> tuple[str, str, str]:
        """Fill, hatch and ink of a tile."""
        if code not in known:
            return PAPER, "", GREY
        if np.isnan(known[code]):
            return PAPER, "////", INK
        place = self._class(known[code])
        return SHADES[place], "", INK if place < 3 else PAPER

    def _class(self, value: float) -> int:
        inner = np.asarray(self.edges[1:-1])
        place = int(np.searchsorted(inner, round(value, self.decimals), side="right"))
        return place + (len(SHADES) - len(inner) - 1) // 2

    def _legend(self, axes: "Axes") -> None:
        axes.text(0, -0.55, self.words.axis, fontsize=9.5, color=QUIET, va="center")
        edges = [fixed(edge, self.decimals) for edge in self.edges]
        shift = (len(SHADES) - len(edges) + 1) // 2 if len(edges) > 1 else len(SHADES) // 2
        pairs = list(pairwise(edges)) or [(e, e) for e in edges]
        entries = [(SHADES[k + shift], "", f"{a} – {b}") for k, (a, b) in enumerate(pairs)]
        if any(np.isnan(value) for _, value in self.values):
            entries.append((PAPER, "////", self.words.hidden))
        if len(self.values) < len(places()):
            entries.append((PAPER, "", self.words.empty))
        for line, (fill, hatch, text) in enumerate(entries):
            _tile(axes, (0, 0.2 + 0.75 * line), fill, hatch, side=0.55)
            axes.text(0.8, 0.2 + 0.75 * line + 0.28, text, fontsize=8.5, color=INK, va="center")

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

    tile = Rectangle(corner, side, side, facecolor=fill, edgecolor=RULE)
    tile.set_hatch(hatch)
    tile.set_linewidth(0.8)
    axes.add_patch(tile)
