"""Sample flow: from all rows to the rows in use, one step below the other."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.style import (
    INK,
    NARROW,
    PAPER,
    QUIET,
    RED,
    SHADES,
    is_narrow,
)
from spillover.reports.formats.plain import wrapped
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.numbers import MINUS, count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


LABEL, SLIM = 34, 46
"""Widths of a label beside its bar, and above it on a phone."""

THIN = 0.34
"""Height of a bar with its label above it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the flow."""

    words: str
    """Reason of the loss, or what the rows are."""

    lost: int
    """Rows that left."""

    remaining: int
    """Rows after the step."""


@dataclass(frozen=True, slots=True, eq=False)
class SampleFlow(Figure):
    """A bar for each step: rows that remain, and beside them rows that left."""

    steps: tuple[Step, ...]
    """Steps from top to bottom; the first one has lost nothing."""

    headings: tuple[str, str, str] = ("Step", "Left", "Remain")
    """Column headings of the numbers."""

    @property
    def size(self) -> tuple[float, float]:
        """Wide, and as high as there are steps."""
        lines = max(1 + wrapped(step.words, LABEL).count("\n") for step in self.steps)
        return 7.2, 0.4 + max(0.38, 0.1 + 0.17 * lines) * len(self.steps)

    @property
    def narrow_size(self) -> tuple[float, float]:
        """Labels stand above the bars."""
        lines = max(1 + wrapped(step.words, SLIM).count("\n") for step in self.steps)
        return NARROW, 0.3 + (0.42 + 0.15 * lines) * len(self.steps)

    def draw(self, canvas: "Canvas") -> None:
        """Draw the bars."""
        axes, narrow = canvas.subplots(), is_narrow(canvas)
        height = THIN if narrow else 0.62
        places = range(len(self.steps))
        kept = [step.remaining for step in self.steps]
        lost = [step.lost for step in self.steps]
        axes.barh(places, kept, height=height, color=SHADES[3])
        losing = [k for k in places if lost[k]]
        axes.barh(
            losing,
            [lost[k] for k in losing],
            left=[kept[k] for k in losing],
            height=height,
            facecolor=PAPER,
            edgecolor=RED,
            hatch="////",
        )
        for place, step in enumerate(self.steps):
            _draw_words(axes, place, step, narrow=narrow)
        labels = ["" if narrow else wrapped(step.words, LABEL) for step in self.steps]
        axes.set_yticks(places, labels)
        axes.set_ylim(len(self.steps) - 0.5, -0.95 if narrow else -0.5)
        axes.set_xlim(0, 1.28 * max([*(k + m for k, m in zip(kept, lost, strict=True)), 1]))
        axes.set_xticks([])
        axes.tick_params(length=0, labelcolor=INK, pad=6)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "left")
            spine.set_color(QUIET)

    def grid(self) -> Grid:
        """Rows lost and rows that remain, by step."""
        rows = [(s.words, count(s.lost), count(s.remaining)) for s in self.steps]
        return simple_grid(self.name, self.headings, [tuple(row) for row in rows])


def _draw_words(axes: "Axes", place: int, step: Step, *, narrow: bool) -> None:
    """Counts beside a bar, and on a phone its words above it."""
    counts = [count(step.remaining)] + [f"({MINUS}{count(step.lost)})"] * (step.lost > 0)
    _write(axes, (step.remaining + step.lost, place), (" ".join(counts), "center"), (6, 0))
    if narrow:
        _write(axes, (0, place - THIN / 2), (wrapped(step.words, SLIM), "bottom"), (4, 3))


def _write(
    axes: "Axes", at: tuple[float, float], text: tuple[str, str], offset: tuple[int, int]
) -> None:
    axes.annotate(
        text[0],
        at,
        xytext=offset,
        textcoords="offset points",
        va=text[1],
        fontsize=8.5,
        color=INK,
    )
