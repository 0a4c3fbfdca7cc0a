"""Degree distribution: how many firms have at least so many partners."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.style import DASHES, INK, MARKERS, QUIET, SERIES, plain_axes
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.numbers import MISSING, fixed

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_TICKS = [k * 10.0**power for power in range(-3, 7) for k in (1, 2, 5)]


@dataclass(frozen=True, slots=True)
class Tail:
    """Share of firms with at least so many partners."""

    label: str
    """Which partners."""

    at_least: tuple[int, ...]
    """Numbers of partners, ascending."""

    share: tuple[float, ...]
    """Share of firms with at least that many."""


@dataclass(frozen=True, slots=True, eq=False)
class DegreeDistribution(Figure):
    """Counter-cumulative distributions on logarithmic axes."""

    tails: tuple[Tail, ...]
    """Distributions."""

    axis: tuple[str, str] = ("Partners, at least", "Share of firms, percent")
    """Words of the axes."""

    @property
    def size(self) -> tuple[float, float]:
        """Wide."""
        return 7.2, 3.3

    def draw(self, canvas: "Canvas") -> None:
        """Draw the distributions."""
        from matplotlib.ticker import FixedLocator, NullLocator

        axes = canvas.subplots()
        plain_axes(axes, "both")
        for k, tail in enumerate(self.tails):
            axes.plot(
                tail.at_least,
                [100 * value for value in tail.share],
                color=SERIES[k % len(SERIES)],
                marker=MARKERS[k % len(MARKERS)],
                markersize=4.5,
                linestyle=DASHES[k % len(DASHES)],
                linewidth=1.6,
                label=tail.label,
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        for side in (axes.xaxis, axes.yaxis):
            side.set_major_locator(FixedLocator(_TICKS))
            side.set_major_formatter("{x:g}")
            side.set_minor_locator(NullLocator())
        axes.tick_params(which="both", length=0)
        axes.set_xlabel(self.axis[0], color=QUIET)
        axes.set_title(self.axis[1], loc="left", fontsize=9.5, color=QUIET)
        if len(self.tails) > 1:
            axes.legend(frameon=False, fontsize=8.5, labelcolor=INK)

    def grid(self) -> Grid:
        """Shares in percent by number of partners."""
        numbers = sorted({n for tail in self.tails for n in tail.at_least})
        known = [dict(zip(tail.at_least, tail.share, strict=True)) for tail in self.tails]
        rows = [
            (str(n), *(fixed(100 * one[n], 1) if n in one else MISSING for one in known))
            for n in numbers
        ]
        header = (self.axis[0], *(tail.label for tail in self.tails))
        return simple_grid(self.name, header, rows, caption=self.axis[1])
