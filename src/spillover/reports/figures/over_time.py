"""Series over time, with dated events."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spillover.reports.figures.figure import Figure
from spillover.reports.figures.style import (
    DASHES,
    GREY,
    MARKERS,
    QUIET,
    SERIES,
    is_narrow,
    mark_place,
    plain_axes,
)
from spillover.reports.formats.plain import wrapped
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.numbers import MISSING, fixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True, slots=True)
class Series:
    """One line over time; NaN where it may not be shown."""

    label: str
    """Words at the end of the line."""

    values: tuple[float, ...]
    """One value per year."""

    low: tuple[float, ...] = ()
    """Lower edge of a band; empty without a band."""

    high: tuple[float, ...] = ()
    """Upper edge of a band."""

    quiet: bool = False
    """Whether the line is background."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An event."""

    year: int
    """Calendar year."""

    words: str
    """Label."""


@dataclass(frozen=True, slots=True, eq=False)
class OverTime(Figure):
    """Lines over years with labels at their ends."""

    years: tuple[int, ...]
    """Calendar years."""

    series: tuple[Series, ...]
    """Lines; background lines first."""

    axis: str
    """What is measured, with its unit."""

    marks: tuple[Mark, ...] = ()
    """Dated events."""

    year_words: str = "Year"
    """Heading of the years."""

    decimals: int = 3
    """Decimals of the numbers behind the figure."""

    @property
    def size(self) -> tuple[float, float]:
        """Wide."""
        return 7.2, 3.3 if len(self.series) < 4 else 3.8

    def draw(self, canvas: "Canvas") -> None:
        """Draw the lines."""
        from matplotlib.ticker import MaxNLocator

        axes = canvas.subplots()
        plain_axes(axes, "y")
        loud = [line for line in self.series if not line.quiet]
        for line in self.series:
            place = loud.index(line) if line in loud else -1
            _draw_line(axes, self.years, line, place)
        _label_ends(axes, self.years, self.series, 12 if is_narrow(canvas) else 18)
        for mark in self.marks:
            mark_place(axes, mark.year, mark.words)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5 if is_narrow(canvas) else 9))
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, 0.0) if low < 0.4 * high else low, high)
        axes.set_title(
            wrapped(self.axis, 46 if is_narrow(canvas) else 90),
            loc="left",
            fontsize=9.5,
            color=QUIET,
            pad=18,
        )

    def grid(self) -> Grid:
        """Values by year."""
        header = (self.year_words, *(line.label for line in self.series))
        rows = [
            (str(year), *(_number(line.values[t], self.decimals) for line in self.series))
            for t, year in enumerate(self.years)
        ]
        return simple_grid(self.name, header, rows, caption=self.axis)


def _number(value: float, decimals: int) -> str:
    return MISSING if np.isnan(value) else fixed(value, decimals)


def _draw_line(axes: "Axes", years: tuple[int, ...], line: Series, place: int) -> None:
    if line.quiet:
        axes.plot(years, line.values, color=GREY, linewidth=1.0, alpha=0.65, zorder=2)
        return
    color = SERIES[place % len(SERIES)]
    if line.low:
        axes.fill_between(years, line.low, line.high, color=color, alpha=0.16, linewidth=0)
    axes.plot(
        years,
        line.values,
        color=color,
        linewidth=2.0,
        linestyle=DASHES[place % len(DASHES)],
        marker=MARKERS[place % len(MARKERS)],
        markersize=4.5,
        zorder=3,
    )


def _label_ends(
    axes: "Axes", years: tuple[int, ...], series: tuple[Series, ...], width: int
) -> None:
    """Labels beside the last points, moved apart when they would overlap."""
    loud = [line for line in series if not line.quiet]
    ends = sorted(
        (float(line.values[-1]), k)
        for k, line in enumerate(series)
        if not np.isnan(line.values[-1])
    )
    low, high = axes.get_ylim()
    labels = [wrapped(series[k].label, width) for _, k in ends]
    lines = [1 + label.count("\n") for label in labels]
    places = _apart([value for value, _ in ends], lines, 0.07 * (high - low))
    for (_, k), place, label in zip(ends, places, labels, strict=True):
        line = series[k]
        axes.annotate(
            label,
            (years[-1], place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8 if line.quiet else 9,
            color=QUIET if line.quiet else SERIES[loud.index(line) % len(SERIES)],
            annotation_clip=False,
        )


def _apart(values: list[float], lines: list[int], gap: float) -> list[float]:
    """Ascending places around the values, a gap apart for every line of text."""
    places: list[float] = []
    for k, value in enumerate(values):
        room = gap * (lines[k - 1] + lines[k]) / 2
        places.append(max(value, places[-1] + room) if places else value)
    shift = max((place - value for place, value in zip(places, values, strict=True)), default=0.0)
    return [place - shift / 2 for place in places]
