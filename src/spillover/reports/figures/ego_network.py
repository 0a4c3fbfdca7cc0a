"""Ego network: one firm with its partners, suppliers on the left and customers on the right."""

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.style import (
    BLUE,
    EDGE,
    INK,
    NARROW,
    PAPER,
    QUIET,
    RED,
    is_narrow,
)
from spillover.reports.grid import Grid, simple_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Place = Literal["left", "right", "middle"]

COLUMN = 24
"""Most partners in one column."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Alter:
    """One partner."""

    label: str
    """Name of the firm."""

    place: Place
    """Left of the ego, right of it, or below it when the partner is both."""

    foreign: bool
    """Whether the firm is foreign-owned."""


@dataclass(frozen=True, slots=True)
class EgoWords:
    """Words of the figure."""

    ego: str
    """Name of the firm in the middle."""

    places: tuple[tuple[Place, str], ...]
    """Heading of each place."""

    domestic: str = "domestic firm"
    """Words of the legend for circles."""

    foreign: str = "foreign-owned firm"
    """Words of the legend for diamonds."""

    headings: tuple[str, str, str] = ("Partner", "Side", "Ownership")
    """Column headings of the numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class EgoNetwork(Figure):
    """A firm in the middle, a line to every partner, thin lines between partners."""

    alters: tuple[Alter, ...]
    """Partners in the order in which they are drawn, from top to bottom."""

    ties: tuple[tuple[int, int], ...]
    """Pairs of partners that are linked with each other, as positions."""

    words: EgoWords
    """Words."""

    ego_foreign: bool = False
    """Whether the firm in the middle is foreign-owned."""

    @property
    def size(self) -> tuple[float, float]:
        """Wide, and as high as the longest column."""
        return 7.2, self._height()

    @property
    def narrow_size(self) -> tuple[float, float]:
        """The same height."""
        return NARROW, self._height()

    def _height(self) -> float:
        longest = max((self._rows(place) for place in ("left", "right")), default=1)
        return max(2.8, 1.0 + 0.2 * longest) + 0.35 * self._rows("middle")

    def _of(self, place: str) -> list[int]:
        return [k for k, alter in enumerate(self.alters) if alter.place == place]

    def _rows(self, place: str) -> int:
        n = len(self._of(place))
        return ceil(n / 8) if place == "middle" else ceil(n / max(1, ceil(n / COLUMN)))

    def points(self) -> dict[int, Point]:
        """Where every partner is drawn; the ego is at (0, 0)."""
        found = {}
        for place, side in (("left", -1.0), ("right", 1.0)):
            members, rows = self._of(place), self._rows(place)
            for order, k in enumerate(members):
                column, row = divmod(order, rows)
                found[k] = (side * (1.0 + 0.3 * column), _spread(row, rows))
        for order, k in enumerate(self._of("middle")):
            row, column = divmod(order, 8)
            in_row = min(8, len(self._of("middle")) - 8 * row)
            found[k] = (0.7 * _spread(column, in_row), -1.25 - 0.2 * row)
        return found

    def draw(self, canvas: "Canvas") -> None:
        """Draw the links, the firms and their names."""
        axes, points = canvas.subplots(), self.points()
        axes.set_axis_off()
        _lines(axes, [(points[one], points[other]) for one, other in self.ties], (EDGE, 0.5))
        for foreign, color in ((False, BLUE), (True, RED)):
            ends = [points[k] for k, alter in enumerate(self.alters) if alter.foreign is foreign]
            _lines(axes, [(end, (0.0, 0.0)) for end in ends], (color, 1.1))
            _nodes(axes, ends, 6.5, foreign=foreign)
        _nodes(axes, [(0.0, 0.0)], 13.0, foreign=self.ego_foreign)
        self._name(axes, points, 6.5 if is_narrow(canvas) else 8.0)
        self._legend(axes)
        axes.margins(x=0.12, y=0.06)

    def _name(self, axes: "Axes", points: dict[int, Point], size: float) -> None:
        """Names of partners, where a column leaves room for them, and of the ego."""
        _write(axes, (0.0, 0.0), self.words.ego, ((0.0, 12.0), "center", size + 1.5))
        for place, heading in self.words.places:
            members = self._of(place)
            if not members:
                continue
            across, up = zip(*(points[k] for k in members), strict=True)
            above = ((min(across) + max(across)) / 2, max(up))
            counted = f"{heading} ({len(members)})"
            _write(axes, above, counted, ((0.0, 14.0), "center", size + 0.5), QUIET)
            side = {"left": -1, "right": 1, "middle": 0}[place]
            for k in members if len(members) <= COLUMN else ():
                how = ((7.0 * side, -3.0 if side else -12.0), _ALIGN[side], size)
                _write(axes, points[k], self.alters[k].label, how)

    def _legend(self, axes: "Axes") -> None:
        from matplotlib.lines import Line2D

        marks = [
            Line2D([], [], linestyle="none", markersize=6, marker=marker, color=color, label=text)
            for marker, color, text in (
                ("o", BLUE, self.words.domestic),
                ("D", RED, self.words.foreign),
            )
        ]
        axes.legend(
            handles=marks,
            frameon=False,
            fontsize=8.5,
            labelcolor=INK,
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            ncols=2,
        )

    def grid(self) -> Grid:
        """Partners with their side and their owners."""
        side, words = dict(self.words.places), self.words
        rows = [
            (alter.label, side[alter.place], words.foreign if alter.foreign else words.domestic)
            for alter in self.alters
        ]
        return simple_grid(self.name, words.headings, rows, sortable=True)


_ALIGN = {-1: "right", 0: "center", 1: "left"}


def _spread(place: int, places: int) -> float:
    """Places from 1 down to -1, evenly; a single one in the middle."""
    return 0.0 if places < 2 else 1.0 - 2.0 * place / (places - 1)


def _lines(axes: "Axes", segments: list[tuple[Point, Point]], look: tuple[str, float]) -> None:
    from matplotlib.collections import LineCollection

    color, width = look
    axes.add_collection(
        LineCollection(segments, colors=color, linewidths=width, alpha=0.55, zorder=1)
    )


def _nodes(axes: "Axes", points: list[Point], size: float, *, foreign: bool) -> None:
    axes.plot(
        [x for x, _ in points],
        [y for _, y in points],
        linestyle="none",
        marker="D" if foreign else "o",
        markersize=size * (0.9 if foreign else 1.0),
        color=RED if foreign else BLUE,
        markeredgecolor=PAPER,
        zorder=3,
    )


def _write(
    axes: "Axes",
    point: Point,
    text: str,
    how: tuple[tuple[float, float], str, float],
    color: str = INK,
) -> None:
    offset, align, size = how
    axes.annotate(
        text,
        point,
        xytext=offset,
        textcoords="offset points",
        ha=align,
        fontsize=size,
        color=color,
        zorder=4,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
    )
