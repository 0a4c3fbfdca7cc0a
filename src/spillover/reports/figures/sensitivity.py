"""An estimate along changes of its data, beside the estimate with the data as they are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.style import (
    BLUE,
    PAPER,
    QUIET,
    RED,
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


@dataclass(frozen=True, slots=True)
class Version:
    """The estimate with one version of the data."""

    label: str
    """What was changed, in a word or a number."""

    value: float
    """Estimate."""

    low: float | None = None
    """Lower end of the interval; ``None`` for a value that is extrapolated."""

    high: float | None = None
    """Upper end of the interval."""


@dataclass(frozen=True, slots=True)
class SensitivityWords:
    """Words of the axes, of the line and of the numbers behind them."""

    axis: str
    """What is measured."""

    versions: str
    """What changes from left to right."""

    reference: str
    """Words at the line of the estimate as it is."""

    headings: tuple[str, str, str]
    """Estimate, and the ends of the interval."""

    decimals: int = 3
    """Decimals of the numbers behind the figure."""


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity(Figure):
    """Points with intervals from left to right, across the estimate with the data as they are."""

    versions: tuple[Version, ...]
    """Estimates in the order of the change."""

    reference: float
    """The estimate with the data as they are."""

    words: SensitivityWords
    """Words."""

    @property
    def size(self) -> tuple[float, float]:
        """Wide."""
        return 7.2, 3.3

    def draw(self, canvas: "Canvas") -> None:
        """Draw the estimates."""
        axes, narrow = canvas.subplots(), is_narrow(canvas)
        plain_axes(axes, "y")
        axes.axhline(0.0, color=QUIET, linewidth=1.0, zorder=1)
        mark_height(axes, self.reference, wrapped(self.words.reference, 9), narrow=narrow)
        for place, version in enumerate(self.versions):
            _draw_version(axes, place, version)
        labels = [wrapped(version.label, 7 if narrow else 16) for version in self.versions]
        axes.set_xticks(range(len(labels)), labels)
        axes.set_xlim(-0.5, len(labels) - 0.5)
        axes.margins(y=0.12)
        axes.set_xlabel(wrapped(self.words.versions, 46 if narrow else 90), color=QUIET)
        title = wrapped(self.words.axis, 38 if narrow else 80)
        axes.set_title(title, loc="left", fontsize=9.5, color=QUIET, pad=10)

    def grid(self) -> Grid:
        """Estimates and intervals."""
        digits = self.words.decimals
        rows = [
            (v.label, *(fixed(number, digits) for number in (v.value, v.low, v.high)))
            for v in self.versions
        ]
        header = (self.words.versions, *self.words.headings)
        return simple_grid(self.name, header, rows, caption=self.words.axis)


def _draw_version(axes: "Axes", place: int, version: Version) -> None:
    known = version.low is not None and version.high is not None
    if version.low is not None and version.high is not None:
        ends = [version.low, version.high]
        axes.plot([place, place], ends, color=BLUE, linewidth=2.2, solid_capstyle="butt", zorder=2)
    axes.plot(
        [place],
        [version.value],
        marker="o" if known else "D",
        markersize=7,
        color=BLUE if known else RED,
        markerfacecolor=BLUE if known else PAPER,
        markeredgewidth=1.8,
        linestyle="none",
        zorder=3,
    )
