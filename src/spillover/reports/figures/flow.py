"""Sample flow: from all rows to the rows in use, one step below the other."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.style import INK, PAPER, QUIET, RED, SHADES, wrapped
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.numbers import MINUS, count

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


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
        return 7.2, 0.4 + 0.38 * len(self.steps)

    def draw(self, canvas: "Canvas") -> None:
        """Draw the bars."""
        axes = canvas.subplots()
        places = range(len(self.steps))
        kept = [step.remaining for step in self.steps]
        lost = [step.lost for step in self.steps]
        axes.barh(places, kept, height=0.62, color=SHADES[3])
        losing = [k for k in places if lost[k]]
        axes.barh(
            losing,
            [lost[k] for k in losing],
            left=[kept[k] for k in losing],
            height=0.62,
            facecolor=PAPER,
            edgecolor=RED,
            hatch="////",
        )
        for place, step in enumerate(self.steps):
            parts = [count(step.remaining)] + [f"({MINUS}{count(step.lost)})"] * (step.lost > 0)
            axes.annotate(
                " ".join(parts),
                (step.remaining + step.lost, place),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                color=INK,
            )
        axes.set_yticks(places, [wrapped(step.words) for step in self.steps])
        axes.set_ylim(len(self.steps) - 0.5, -0.5)
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
