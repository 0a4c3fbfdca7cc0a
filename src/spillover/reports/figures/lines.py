"""Lines of a label as texts of their own, so that each keeps its side in whatever font is there."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from matplotlib.text import Text

SIDES = {"right": 1.0, "center": 0.5}
"""Where a line is held, in parts of the width of its label."""


def part_lines(canvas: "Canvas") -> None:
    """Put single lines in place of labels of several lines that are not set to the left.

    An SVG tells where a single line ends and leaves its width to the reader's font. Of several
    lines matplotlib writes where each begins, by the widths of its own font; in another font they
    would not end at one edge.

    Parameters
    ----------
    canvas : matplotlib figure
        With its final layout.
    """
    from matplotlib.text import Text

    found = canvas.findobj(Text)
    labels = [label for label in found if isinstance(label, Text) and _is_parted(label)]
    if labels:
        canvas.draw_without_rendering()
    for label in labels:
        _part(canvas, label)


def _is_parted(label: "Text") -> bool:
    several = "\n" in label.get_text() and label.get_visible()
    return several and label.get_horizontalalignment() in SIDES and not label.get_rotation()


def _part(canvas: "Canvas", label: "Text") -> None:
    box = label.get_window_extent().transformed(canvas.transFigure.inverted())
    lines, side = label.get_text().split("\n"), label.get_horizontalalignment()
    for number, line in enumerate(lines):
        down = (number + 0.5) / len(lines)
        single = canvas.text(box.x0 + SIDES[side] * box.width, box.y1 - down * box.height, line)
        place = single.get_position()
        single.update_from(label)
        single.set(transform=canvas.transFigure, position=place, text=line, va="center")
    label.set_visible(False)
