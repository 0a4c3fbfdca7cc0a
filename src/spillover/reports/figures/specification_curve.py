"""Specification curve: effects in order of size, with the choices behind each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spillover.reports.figures.coefficients import LOOK, Axis, Effect
from spillover.reports.figures.figure import Figure
from spillover.reports.figures.style import (
    EDGE,
    INK,
    NARROW,
    QUIET,
    RULE,
    is_narrow,
    mark_height,
    plain_axes,
)
from spillover.reports.formats.plain import wrapped
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.numbers import fixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


BROAD, SLIM = 34, 20
"""Widths of the labels of choices, on a page and on a phone."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice that specifications make or do not make."""

    words: str
    """What is chosen."""

    made: tuple[bool, ...]
    """One per effect, in the order given."""


@dataclass(frozen=True, slots=True, eq=False)
class SpecificationCurve(Figure):
    """Effects from small to large above a grid of dots that says what each rests on."""

    effects: tuple[Effect, ...]
    """Effects in any order."""

    choices: tuple[Choice, ...]
    """Choices from top to bottom."""

    axis: Axis
    """The axis."""

    truth: float | None = None
    """Planted effect in the units of the axis."""

    @property
    def size(self) -> tuple[float, float]:
        """Wide, and as high as there are choices."""
        return 7.2, 2.6 + self._height(BROAD)

    @property
    def narrow_size(self) -> tuple[float, float]:
        """Labels of several lines need room."""
        return NARROW, 2.6 + self._height(SLIM)

    def _height(self, width: int) -> float:
        """Inches of the grid of dots when its labels have a width."""
        lines = max(1 + wrapped(choice.words, width).count("\n") for choice in self.choices)
        return max(0.24, 0.06 + 0.15 * lines) * len(self.choices)

    @property
    def order(self) -> tuple[int, ...]:
        """Positions of the effects from small to large; equal ones as given."""
        return tuple(sorted(range(len(self.effects)), key=lambda k: self.effects[k].value))

    def draw(self, canvas: "Canvas") -> None:
        """Draw the effects and the choices."""
        narrow = is_narrow(canvas)
        share = [2.0, self._height(SLIM if narrow else BROAD)]
        upper, lower = canvas.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": share})
        self._draw_effects(upper, narrow=narrow)
        _draw_choices(lower, self.choices, self.order, narrow=narrow)

    def _draw_effects(self, axes: "Axes", *, narrow: bool) -> None:
        plain_axes(axes, "y")
        axes.axhline(0.0, color=QUIET, linewidth=1.0, zorder=1)
        for place, k in enumerate(self.order):
            effect = self.effects[k]
            color, marker, face = LOOK.get(effect.role, LOOK["robustness"])
            axes.plot([place, place], [effect.low, effect.high], color=color, linewidth=2.0)
            axes.plot([place], [effect.value], marker=marker, color=color, markerfacecolor=face)
        if self.truth is not None:
            words = wrapped(self.axis.truth_words, 9)
            mark_height(axes, self.truth, words, 1.2, narrow=narrow)
        axes.spines["bottom"].set_visible(False)
        axes.set_title(
            wrapped(self.axis.words, 28 if narrow else 64), loc="left", fontsize=9.5, color=QUIET
        )

    def grid(self) -> Grid:
        """Effects with their choices, from small to large."""
        header = (*self.axis.headings, *(choice.words for choice in self.choices))
        digits = self.axis.decimals + 1
        rows = []
        for k in self.order:
            effect = self.effects[k]
            numbers = (fixed(v, digits) for v in (effect.value, effect.low, effect.high))
            marks = ("●" if choice.made[k] else "" for choice in self.choices)
            rows.append((effect.label, *numbers, *marks))
        return simple_grid(self.name, header, rows, caption=self.axis.words)


def _draw_choices(
    axes: "Axes", choices: tuple[Choice, ...], order: tuple[int, ...], *, narrow: bool
) -> None:
    for row, choice in enumerate(choices):
        axes.axhline(row, color=RULE, linewidth=0.6, zorder=0)
        for made, color, size in ((True, INK, 5.5), (False, EDGE, 2.0)):
            at = [place for place, k in enumerate(order) if choice.made[k] is made]
            axes.plot(at, [row] * len(at), "o", markersize=size, color=color)
    labels = [wrapped(choice.words, SLIM if narrow else BROAD) for choice in choices]
    axes.set_yticks(range(len(choices)), labels)
    axes.set_ylim(len(choices) - 0.5, -0.5)
    axes.set_xlim(-0.5, len(order) - 0.5)
    axes.set_xticks([])
    axes.tick_params(length=0, labelsize=7.5 if narrow else 8.5, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
