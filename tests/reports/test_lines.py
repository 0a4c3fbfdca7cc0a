"""Labels of several lines keep their side whatever the width of the reader's font."""

import re

import pytest

from spillover.reports.figures.style import Drawing


@pytest.mark.parametrize(("side", "anchor"), [("right", "end"), ("center", "middle")])
def test_every_line_of_a_label_is_held_at_the_same_edge(side: str, anchor: str) -> None:
    def draw(canvas) -> None:
        axes = canvas.subplots()
        axes.set_yticks([0.0, 1.0], labels=["first line\nsecond", "alone"], ha=side)

    page = Drawing(draw, (4, 3), "test").files(("svg",))["svg"].decode()
    held = dict(re.findall(r"<text([^>]*)>(first line|second)</text>", page))
    assert len(held) == 2
    places = [re.search(r'text-anchor="(\w+)".* x="([\d.]+)"', tag) for tag in held]
    assert [found and found[1] for found in places] == [anchor] * 2
    assert len({found and found[2] for found in places}) == 1


def test_lines_are_drawn_once_and_in_their_order() -> None:
    def draw(canvas) -> None:
        canvas.subplots().text(0.9, 0.5, "upper\nlower", ha="right")

    page = Drawing(draw, (4, 3), "test").files(("svg",))["svg"].decode()
    found = re.findall(r' y="([\d.]+)"[^>]*>(\w+)</text>', page)
    assert [text for _, text in found] == ["upper", "lower"]
    assert float(found[0][0]) < float(found[1][0])
