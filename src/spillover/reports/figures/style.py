"""One look for all figures: legible in grey, to colour-blind readers, and on a dark page."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from spillover.errors import MissingExtraError
from spillover.reports.figures.lines import part_lines
from spillover.reports.figures.svg import tidy_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.patches import Patch

Format = Literal["svg", "pdf", "png"]

INK, QUIET, RULE, PAPER = "#1b1f24", "#57606a", "#d5dae0", "#ffffff"
BLUE, RED, GREEN, GOLD, GREY = "#0b5fa5", "#c4450c", "#00795a", "#b8860b", "#8a939c"
"""Series in order: dark enough on paper, light enough apart in grey, safe for colour blindness."""

SERIES = (BLUE, RED, GREEN, GOLD)
MARKERS = ("o", "D", "s", "^")
DASHES = ((0, ()), (0, (5, 2)), (0, (2, 1.5)), (0, (6, 1.5, 1.5, 1.5)))
EDGE = "#b9c1c9"
"""Lines around tiles and inside hatched ones."""

DEEP = "#171b20"
"""Text on light shades, which stay light on a dark page."""

SHADES = ("#dbe9f5", "#a9cce8", "#6ba6d3", "#2f78b4", "#0a4a85")
"""Five steps from light to dark for quantities."""

JAPANESE_FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "IPAexGothic",
    "IPAPGothic",
    "IPAGothic",
    "Hiragino Sans",
    "Yu Gothic",
    "Meiryo",
    "TakaoPGothic",
    "VL PGothic",
    "MS Gothic",
)
DPI = 160
_SALT = "spillover"


@cache
def japanese_fonts() -> tuple[str, ...]:
    """Fonts of this machine that have Japanese characters."""
    from matplotlib.font_manager import fontManager

    present = {font.name for font in fontManager.ttflist}
    return tuple(name for name in JAPANESE_FONTS if name in present)


def _settings(*, japanese: bool) -> dict[Any, Any]:
    return {
        "font.family": ["DejaVu Sans", *(japanese_fonts()[:1] if japanese else ())],
        "font.size": 9.5,
        "svg.fonttype": "none",
        "svg.hashsalt": _SALT,
        "pdf.fonttype": 42,
        "hatch.linewidth": 0.6,
        "axes.unicode_minus": True,
        "text.usetex": False,
        "text.parse_math": False,
        "path.simplify": False,
        "axes.formatter.use_locale": False,
        "axes.formatter.useoffset": False,
    }


@contextmanager
def quiet_fonts() -> Iterator[None]:
    """Silence about missing characters where they are not drawn: text of an SVG stays text."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .*missing from font")
        yield


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn, and on which canvas."""

    draw: Callable[["Canvas"], None]
    """Draws on an empty canvas."""

    size: tuple[float, float]
    """Width and height in inches."""

    name: str
    """Prefix of identifiers inside an SVG, so that several can stand on one page."""

    japanese: bool = False
    """Whether the text has characters that Latin fonts lack."""

    def files(self, formats: Iterable[Format]) -> dict[Format, bytes]:
        """The drawing in several formats; the same drawing gives the same bytes.

        It is drawn and laid out once, whatever the number of formats.

        Parameters
        ----------
        formats : iterable of str
            ``svg``, ``pdf`` or ``png``.
        """
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Canvas
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        with rc_context(_settings(japanese=self.japanese)), quiet_fonts():
            canvas = Canvas(figsize=self.size, dpi=72)
            FigureCanvasAgg(canvas)
            self.draw(canvas)
            ConstrainedLayoutEngine(w_pad=0.1).execute(canvas)
            _keep_axis_labels(canvas)
            part_lines(canvas)
            drawn = {format_: _WRITERS[format_](canvas) for format_ in formats}
        if "svg" in drawn:
            drawn["svg"] = tidy_svg(drawn["svg"].decode(), self.name).encode()
        return drawn


def _keep_axis_labels(canvas: "Canvas") -> None:
    """Leave labels of axes where the layout put them; a writer may not see tick labels of lines."""
    for axes in canvas.axes:
        inside = axes.transAxes.inverted()
        across, along = axes.xaxis.label.get_position(), axes.yaxis.label.get_position()
        axes.xaxis.set_label_coords(across[0], inside.transform((0.0, across[1]))[1])
        axes.yaxis.set_label_coords(inside.transform((along[0], 0.0))[0], along[1])


def _svg(canvas: "Canvas") -> bytes:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = BytesIO()
    with _background(canvas, "none"):
        writer: Any = FigureCanvasSVG(canvas)
        writer.print_svg(buffer, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _pdf(canvas: "Canvas") -> bytes:
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    buffer = BytesIO()
    writer: Any = FigureCanvasPdf(canvas)
    writer.print_pdf(buffer, metadata={"CreationDate": None})
    return buffer.getvalue()


def _png(canvas: "Canvas") -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = BytesIO()
    canvas.set_dpi(DPI)
    writer: Any = FigureCanvasAgg(canvas)
    writer.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


_WRITERS: dict[Format, Callable[["Canvas"], bytes]] = {"svg": _svg, "pdf": _pdf, "png": _png}


@contextmanager
def _background(canvas: "Canvas", color: str) -> Iterator[None]:
    """Another background of the canvas and its axes for a while."""
    painted = [(patch, patch.get_facecolor()) for patch in _patches(canvas)]
    for patch, _ in painted:
        patch.set_facecolor(color)
    yield
    for patch, before in painted:
        patch.set_facecolor(before)


def _patches(canvas: "Canvas") -> "list[Patch]":
    return [canvas.patch, *(axes.patch for axes in canvas.axes)]


NARROW = 3.75
"""Inches of a figure for a phone."""


def is_narrow(canvas: "Canvas") -> bool:
    """Whether a canvas is made for a phone."""
    return float(canvas.get_figwidth()) < 5.0


def plain_axes(axes: "Axes", grid: Literal["x", "y", "both", ""] = "y") -> None:
    """Axes without a box: a base line, and thin lines across where a reader compares."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)
    axes.tick_params(length=0, labelcolor=INK, pad=5)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(visible=True, axis=grid, color=RULE, linewidth=0.7)


def mark_place(axes: "Axes", place: float, words: str, width: float = 1.0) -> None:
    """A dashed line across a place on the horizontal axis, with words above it."""
    axes.axvline(place, color=INK, linewidth=width, linestyle=(0, (4, 2)), zorder=1)
    axes.annotate(
        words,
        (place, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=8.5,
        color=INK,
    )


def mark_height(
    axes: "Axes", height: float, words: str, width: float = 1.0, *, narrow: bool
) -> None:
    """A dashed line across a place on the vertical axis, with words at its right end."""
    axes.axhline(height, color=INK, linewidth=width, linestyle=(0, (4, 2)), zorder=1)
    axes.annotate(
        words,
        (1.0, height),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5 if narrow else 8.5,
        color=INK,
    )


def needs_japanese(texts: Iterator[str]) -> bool:
    """Whether a text has characters that Latin fonts lack."""
    return any(ord(character) > 0x2E7F for text in texts for character in text)


def require_fonts(texts: Iterator[str], format_: Format) -> None:
    """Refuse to draw boxes in place of characters.

    Raises
    ------
    MissingExtraError
        The text is Japanese, the format embeds fonts, and no font here has the characters.
    """
    if format_ != "svg" and needs_japanese(texts) and not japanese_fonts():
        raise MissingExtraError(
            f"Expected a font with Japanese characters to draw this figure as {format_}.",
            "Found none on this machine.",
            "Install Noto Sans CJK or IPAexGothic, or use SVG, which needs none.",
        )
