"""Coefficient plot: one effect under several specifications."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.style import (
    BLUE,
    GREY,
    INK,
    NARROW,
    PAPER,
    QUIET,
    RED,
    is_narrow,
    mark_place,
    plain_axes,
)
from spillover.reports.formats.plain import wrapped
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.numbers import fixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True, slots=True)
class Effect:
    """One estimate with its interval, in the units of the axis."""

    label: str
    """Specification."""

    value: float
    """Estimate."""

    low: float
    """Lower end of the interval."""

    high: float
    """Upper end of the interval."""

    role: str = "main"
    """``main``, ``robustness`` or ``naive``."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Words and decimals of an axis."""

    words: str
    """What is measured, with its unit."""

    decimals: int = 1
    """Decimals of numbers beside the marks."""

    headings: tuple[str, ...] = ("Specification", "Estimate", "Low", "High")
    """Column headings of the numbers behind the figure."""

    truth_words: str = "planted effect"
    """Words at the line of the truth."""


@dataclass(frozen=True, slots=True, eq=False)
class CoefficientPlot(Figure):
    """Estimates as points with intervals, one line each, and the truth where it is known."""

    effects: tuple[Effect, ...]
    """Estimates from top to bottom."""

    axis: Axis
    """The axis."""

    truth: float | None = None
    """Planted effect in the units of the axis."""

    @property
    def size(self) -> tuple[float, float]:
        """Wide, and as high as there are estimates."""
        return 7.2, 1.05 + 0.42 * len(self.effects)

    @property
    def narrow_size(self) -> tuple[float, float]:
        """Labels stand above the estimates."""
        return NARROW, 1.15 + 0.55 * len(self.effects)

    def draw(self, canvas: "Canvas") -> None:
        """Draw the estimates."""
        axes, narrow = canvas.subplots(), is_narrow(canvas)
        plain_axes(axes, "x")
        axes.axvline(0.0, color=QUIET, linewidth=1.0, zorder=1)
        for place, effect in enumerate(self.effects):
            _draw_effect(axes, place, effect)
            _draw_words(axes, place, effect, (self.axis.decimals, narrow))
        if self.truth is not None:
            mark_place(axes, self.truth, self.axis.truth_words, 1.2)
        labels = ["" if narrow else wrapped(each.label) for each in self.effects]
        axes.set_yticks(range(len(self.effects)), labels)
        axes.set_ylim(len(self.effects) - 0.45, -0.8 if narrow else -0.55)
        axes.margins(x=0.08)
        axes.set_xlabel(wrapped(self.axis.words, 46 if narrow else 90), color=QUIET)

    def grid(self) -> Grid:
        """Estimates and intervals."""
        digits = self.axis.decimals + 1
        rows: list[tuple[str, ...]] = [
            (e.label, fixed(e.value, digits), fixed(e.low, digits), fixed(e.high, digits))
            for e in self.effects
        ]
        if self.truth is not None:
            rows.append((self.axis.truth_words, fixed(self.truth, digits), "", ""))
        return simple_grid(self.name, self.axis.headings, rows, caption=self.axis.words)


LOOK = {
    "main": (BLUE, "o", BLUE),
    "robustness": (GREY, "o", GREY),
    "naive": (RED, "D", PAPER),
}
"""Color, marker and face of an estimate by its role."""


def _draw_effect(axes: "Axes", place: int, effect: Effect) -> None:
    color, marker, face = LOOK.get(effect.role, LOOK["robustness"])
    axes.plot(
        [effect.low, effect.high], [place, place], color=color, linewidth=2.2, solid_capstyle="butt"
    )
    axes.plot(
        [effect.value],
        [place],
        marker=marker,
        markersize=7,
        color=color,
        markerfacecolor=face,
        markeredgewidth=1.8,
        linestyle="none",
    )


def _draw_words(axes: "Axes", place: int, effect: Effect, how: tuple[int, bool]) -> None:
    """Numbers beside an estimate; on a phone above it, with its label."""
    decimals, narrow = how
    numbers = (fixed(value, decimals) for value in (effect.value, effect.low, effect.high))
    text = "{}  [{}, {}]".format(*numbers)
    ends = [(1.0, "right" if narrow else "left", text)]
    if narrow:
        ends.append((0.0, "left", effect.label))
    for side, align, words in ends:
        axes.annotate(
            words,
            (side, place),
            xycoords=("axes fraction", "data"),
            xytext=(0, 7) if narrow else (10, 0),
            textcoords="offset points",
            ha=align,
            va="bottom" if narrow else "center",
            fontsize=8.5,
            color=INK,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0} if narrow else None,
        )
