"""Effects by years since treatment, with an interval for each and a band for all of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.style import BLUE, QUIET, is_narrow, mark_place, plain_axes
from spillover.reports.formats.plain import wrapped
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.numbers import fixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True, slots=True)
class Moment:
    """The effect so many years after treatment began; before it when negative."""

    event: int
    """Years since treatment."""

    value: float
    """Estimate."""

    interval: tuple[float, float]
    """Interval of this effect alone."""

    band: tuple[float, float]
    """Interval that holds jointly with those of the other event times."""


@dataclass(frozen=True, slots=True)
class EventWords:
    """Words of the axes and of the numbers behind them."""

    axis: str
    """What is measured."""

    event: str
    """Years since treatment."""

    begins: str
    """Words at the line where treatment begins."""

    headings: tuple[str, ...]
    """Estimate, and the ends of interval and band."""


@dataclass(frozen=True, slots=True, eq=False)
class EventTime(Figure):
    """Points with a thick interval, inside a thin one that holds for all event times together."""

    moments: tuple[Moment, ...]
    """Event times in ascending order."""

    words: EventWords
    """Words."""

    @property
    def size(self) -> tuple[float, float]:
        """Wide."""
        return 7.2, 3.5

    def draw(self, canvas: "Canvas") -> None:
        """Draw the path."""
        from matplotlib.ticker import MaxNLocator

        axes, narrow = canvas.subplots(), is_narrow(canvas)
        plain_axes(axes, "y")
        axes.axhline(0.0, color=QUIET, linewidth=1.0, zorder=1)
        mark_place(axes, -0.5, self.words.begins)
        for moment in self.moments:
            _draw_moment(axes, moment)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5 if narrow else 12))
        axes.set_xlabel(self.words.event, color=QUIET)
        title = wrapped(self.words.axis, 46 if narrow else 90)
        axes.set_title(title, loc="left", fontsize=9.5, color=QUIET, pad=18)

    def grid(self) -> Grid:
        """Effects with both intervals."""
        rows = [
            (str(m.event), *(fixed(number, 4) for number in (m.value, *m.interval, *m.band)))
            for m in self.moments
        ]
        header = (self.words.event, *self.words.headings)
        return simple_grid(self.name, header, rows, caption=self.words.axis)


def _draw_moment(axes: "Axes", moment: Moment) -> None:
    at = [moment.event, moment.event]
    axes.plot(at, moment.band, color=BLUE, linewidth=1.0, zorder=2)
    axes.plot(at, moment.interval, color=BLUE, linewidth=3.2, solid_capstyle="butt", zorder=3)
    axes.plot(
        at[:1],
        [moment.value],
        marker="o" if moment.event >= 0 else "D",
        markersize=5.5,
        color=BLUE,
        markerfacecolor=BLUE if moment.event >= 0 else "white",
        linestyle="none",
        zorder=4,
    )
