"""Figures: the same bytes, safe text, honest classes."""

import re
import xml.etree.ElementTree as ET
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import MissingExtraError, SpecificationError
from spillover.identifiers.codelists import codelist
from spillover.reports.figures import figure as figure_module
from spillover.reports.figures import style
from spillover.reports.figures.coefficients import Axis, CoefficientPlot, Effect
from spillover.reports.figures.degrees import DegreeDistribution, Tail
from spillover.reports.figures.figure import FORMATS
from spillover.reports.figures.flow import SampleFlow, Step
from spillover.reports.figures.japan import places, prefecture_name, region_of, tile_name
from spillover.reports.figures.matrix import Matrix
from spillover.reports.figures.over_time import Mark, OverTime, Series
from spillover.reports.figures.specification_curve import Choice, SpecificationCurve
from spillover.reports.figures.svg import tidy_svg
from spillover.reports.figures.tile_map import MapWords, TileMap

NAN = float("nan")
HOSTILE = '<script>alert(1)</script> id="x" style="a: b" $x$'

FIGURES = {
    "coefficients": CoefficientPlot(
        "coefficients",
        "c",
        "a",
        (Effect("Same firm", 3.0, 2.4, 3.7), Effect(HOSTILE, 6.4, 5.2, 7.6, "naive")),
        Axis("percent"),
        truth=3.1,
    ),
    "curve": SpecificationCurve(
        "curve",
        "c",
        "a",
        (Effect("a", 3.0, 2.4, 3.7), Effect("b", 1.4, 0.2, 2.6, "robustness")),
        (Choice("firm effects", (True, True)), Choice("controls", (False, True))),
        Axis("percent"),
        truth=2.0,
    ),
    "flow": SampleFlow("flow", "c", "a", (Step("rows", 0, 100), Step("foreign", 20, 80))),
    "time": OverTime(
        "time",
        "c",
        "a",
        (2018, 2019, 2020),
        (
            Series("ending early", (0.1, 0.2, NAN), (0, 0, 0), (1, 1, 1)),
            Series("rest", (0, 0, 1), quiet=True),
        ),
        "share",
        (Mark(2019, "plant opens"),),
    ),
    "degrees": DegreeDistribution(
        "degrees", "c", "a", (Tail("a", (1, 2, 5), (0.9, 0.5, 0.1)), Tail("b", (1, 2), (0.9, 0.5)))
    ),
    "matrix": Matrix("matrix", "c", "a", ("a", "b"), ((90.0, NAN), (0.0, 10.0)), ("from", "to")),
    "map": TileMap("map", "c", "a", (("01", 0.1), ("13", 0.4), ("47", NAN)), MapWords("share")),
}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("format_", ["svg", "pdf", "png"])
def test_equal_figures_give_equal_bytes(name, format_) -> None:
    first = FIGURES[name].render(format_)
    assert first == FIGURES[name].render(format_)
    assert b"CreationDate" not in first


@pytest.mark.parametrize("name", FIGURES)
def test_formats_drawn_together_are_those_drawn_alone(name) -> None:
    figure = FIGURES[name]
    assert figure.files() == {format_: figure.render(format_) for format_ in FORMATS}


@pytest.mark.parametrize("name", ["matrix", "map"])
def test_text_on_light_shades_stays_dark_on_a_dark_page(name) -> None:
    """The style sheet makes ink light there; tiles keep their shade."""
    root = ET.fromstring(FIGURES[name].render("svg"))  # noqa: S314 - drawn by us
    colors = {e.get("fill") for e in root.iter() if e.tag.endswith("text")}
    assert style.DEEP in colors
    assert style.DEEP not in files("spillover.reports").joinpath("templates/report.css").read_text()


@pytest.mark.parametrize("name", FIGURES)
def test_every_word_of_a_figure_has_a_color_that_a_dark_page_changes(name) -> None:
    """Black, which matplotlib takes by default, cannot be read there."""
    root = ET.fromstring(FIGURES[name].render("svg"))  # noqa: S314 - drawn by us
    colors = {e.get("fill") for e in root.iter() if e.tag.endswith("text")}
    assert not colors & {None, "#000000", "black"}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("narrow", [False, True])
def test_an_svg_needs_nothing_and_stands_beside_others(name, narrow) -> None:
    figure = FIGURES[name]
    text = (figure.narrow_svg() if narrow else figure.render("svg")).decode()
    root = ET.fromstring(text)  # noqa: S314 - drawn by us
    prefix = f"{name}-narrow-" if narrow else f"{name}-"
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert all(identifier.startswith(prefix) for identifier in ids)
    assert len(ids) == len(set(ids))
    used = {target for _, target in re.findall(r'(xlink:href="#|url\(#)([^")]+)', text)}
    assert used <= set(ids)
    assert not [e for e in root.iter() if e.get("style")]
    tags = {e.tag.rpartition("}")[2] for e in root.iter()}
    assert not tags & {"script", "style", "image", "foreignObject", "metadata"}
    assert not re.search(r"https?://(?!www\.w3\.org/(1999/xlink|2000/svg))", text)


def test_text_of_a_figure_is_text() -> None:
    root = ET.fromstring(FIGURES["coefficients"].render("svg"))  # noqa: S314 - drawn by us
    drawn = {"".join(e.itertext()) for e in root.iter() if e.tag.endswith("text")}
    assert any("<script>alert(1)" in text for text in drawn)


def test_tidying_touches_attributes_and_never_text() -> None:
    inner = 'style="a: b" id="c"</text>'
    raw = f'<?xml?><svg width="9pt" height="9pt"><text style="fill: red">{inner}</svg>'
    assert f'<text fill="red">{inner}' in tidy_svg(raw, "p")


@pytest.mark.parametrize("name", FIGURES)
def test_the_numbers_behind_a_figure_come_as_a_table(name) -> None:
    grid = FIGURES[name].grid()
    assert grid.rows
    assert all(len(row.cells) == grid.width - 1 for row in grid.rows)


def test_another_format_is_refused_by_name() -> None:
    with pytest.raises(SpecificationError, match="gif"):
        FIGURES["flow"].render("gif")


def test_saving_takes_the_format_from_the_suffix(tmp_path) -> None:
    path = FIGURES["flow"].save(tmp_path / "flow.svg")
    assert path.read_bytes() == FIGURES["flow"].render("svg")


def test_without_a_japanese_font_only_the_svg_is_drawn(monkeypatch) -> None:
    for module in (style, figure_module):
        monkeypatch.setattr(module, "japanese_fonts", lambda: ())
    japanese = SampleFlow("flow", "c", "a", (Step("全企業", 0, 10),))
    assert japanese.formats() == ("svg",)
    assert "全企業" in japanese.render("svg").decode()
    with pytest.raises(MissingExtraError, match="Noto Sans CJK"):
        japanese.render("pdf")
    assert FIGURES["flow"].formats() == ("svg", "pdf", "png")


def test_every_prefecture_has_one_tile_of_its_own() -> None:
    tiles = places()
    assert [place.code for place in tiles] == sorted(codelist("jis_x_0401").rows)
    assert len({(place.column, place.row) for place in tiles}) == 47
    assert len({place.short for place in tiles}) == 47
    overlaps = [
        (a.code, b.code)
        for a in tiles
        for b in tiles
        if a.code < b.code and abs(a.column - b.column) < 0.94 and abs(a.row - b.row) < 0.94
    ]
    assert overlaps == []


def test_neighbours_keep_their_side() -> None:
    at = {place.code: place for place in places()}
    for north, south in (("01", "02"), ("02", "03"), ("13", "14"), ("40", "43"), ("43", "46")):
        assert at[north].row < at[south].row
    for west, east in (("42", "43"), ("34", "33"), ("27", "29"), ("23", "22"), ("11", "13")):
        assert at[west].column < at[east].column


def test_names_of_prefectures_and_regions() -> None:
    assert prefecture_name("43", "ja") == "熊本県"
    assert tile_name(places()[0], "ja") == "北海道"
    assert tile_name(places()[42], "ja") == "熊本"
    assert [region_of(code) for code in ("01", "13", "43", "99", "")] == [
        "hokkaido",
        "kanto",
        "kyushu",
        "",
        "",
    ]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=47))
def test_every_shown_prefecture_lies_in_exactly_one_class(values) -> None:
    cells = tuple((f"{k + 1:02d}", value) for k, value in enumerate(values))
    tiles = TileMap("map", "c", "a", cells, MapWords("share"))
    classes = tiles.classes
    assert 1 <= len(classes) <= 5
    for value in np.round(values, 2):
        assert sum(low <= value <= high for low, high in classes) == 1


def test_frequent_zeros_are_a_class_of_their_own() -> None:
    cells = tuple((f"{k:02d}", max(0.0, k - 20) / 10) for k in range(1, 48))
    tiles = TileMap("map", "c", "a", cells, MapWords("share"))
    assert tiles.classes[0] == (0.0, 0.0)


def test_a_line_without_a_last_value_has_no_label_at_its_end() -> None:
    drawn = re.findall(r">([^<]+)</text>", FIGURES["time"].render("svg").decode())
    assert "rest" in drawn
    assert "ending early" not in drawn


def test_labels_that_would_overlap_are_moved_apart() -> None:
    ends = (0.50, 0.501, 0.502, 0.9)
    lines = tuple(Series(f"line {k}", (0.0, end)) for k, end in enumerate(ends))
    text = OverTime("t", "c", "a", (2019, 2020), lines, "share").render("svg").decode()
    places = sorted(float(y) for y in re.findall(r' y="([\d.]+)"[^>]*>line \d</text>', text))
    assert len(places) == 4
    assert min(below - above for above, below in pairwise(places)) > 8


def test_a_specification_curve_sorts_effects_and_keeps_their_choices() -> None:
    curve = FIGURES["curve"]
    assert curve.order == (1, 0)
    rows = curve.grid().rows
    assert [row.label for row in rows] == ["b", "a"]
    assert [row.cells[-1] for row in rows] == ["●", ""]


def test_a_long_title_neither_leaves_the_map_of_a_phone_nor_shrinks_it() -> None:
    def corners(words: str) -> list[float]:
        tiles = TileMap("map", "c", "a", (("01", 0.1), ("13", 0.4)), MapWords(words))
        text = tiles.narrow_svg().decode()
        assert max(len(line) for line in re.findall(r">([^<>\n]{20,})</text>", text) or [""]) < 47
        return [float(x) for x in re.findall(r'd="M ?([\d.]+)', text)]

    short = corners("share")
    long = corners("Foreign presence in the own industry, the firm left out, percent, 2023")
    assert max(long) - min(long) > 0.9 * (max(short) - min(short))


@pytest.mark.parametrize("narrow", [False, True])
def test_the_name_of_an_axis_stands_beside_labels_of_several_lines(narrow) -> None:
    labels = ("G Information and communications", "L Scientific research, professional services")
    cells = ((1.0, NAN), (2.0, 3.0))
    figure = Matrix(
        "m", "c", "a", labels=labels, values=cells, axes=("From", "To"), short=("G", "L")
    )
    svg = (figure.narrow_svg() if narrow else figure.render("svg")).decode()
    (axis,) = re.findall(r'x="([\d.]+)"[^>]*>From<', svg)
    assert float(axis) < 30.0
