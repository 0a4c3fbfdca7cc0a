"""The report: right words from the numbers, one safe page, nothing from elsewhere."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from spillover.errors import SpecificationError, UnknownNameError
from spillover.reports.checklist import LINES
from spillover.reports.compose import compose
from spillover.reports.disclosure import DisclosureRule
from spillover.reports.effects import PolicyEffect, policy_effect, scaled
from spillover.reports.inputs import Focus, Protection, ReportedModel
from spillover.reports.report import TABLE_SUFFIXES, content_hash
from spillover.reports.story import Story
from spillover.reports.summary import headline, paragraphs
from spillover.reports.words import Words

NOTHING_CLEAR = (
    "No clear difference in productivity with ten points more: anything from −0.5\u00a0% to "
    "0.7\u00a0% is compatible with the data."
)


class Outline(HTMLParser):
    """Tags with their attributes, and the text of headings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture(scope="session")
def outline(page) -> Outline:
    return Outline(page)


def story(make, beta: float = 0.31, error: float = 0.03, **options) -> Story:
    model = ReportedModel("Same firm", make("Same firm", {"backward": beta}, {"backward": error}))
    focus = Focus(regressor="backward", step_words="ten points more", outcome_words="productivity")
    return Story((model,), focus, options.pop("words", Words()), **options)


def test_a_step_of_a_log_effect_is_a_percentage() -> None:
    focus = Focus(regressor="backward", step=0.1)
    assert scaled(0.3, focus) == pytest.approx(100 * (np.exp(0.03) - 1))
    assert scaled(0.3, Focus(regressor="x", step=2.0, log_outcome=False)) == pytest.approx(0.6)


def test_a_negative_step_turns_the_interval_around(make) -> None:
    effect = policy_effect(make(), Focus(regressor="backward", step=-0.1))
    assert effect.low < effect.value < effect.high < 0


def test_an_unknown_regressor_is_refused_with_the_terms(make) -> None:
    with pytest.raises(UnknownNameError, match="backward"):
        policy_effect(make(), Focus(regressor="bakward"))


@pytest.mark.parametrize(
    ("beta", "expected"),
    [
        (0.31, "With ten points more, productivity is 3.1\u00a0% higher."),
        (-0.31, "With ten points more, productivity is 3.1\u00a0% lower."),
        (
            0.01,
            NOTHING_CLEAR,
        ),
    ],
)
def test_the_headline_follows_sign_and_interval(make, beta, expected) -> None:
    assert headline(story(make, beta)) == expected


def test_an_unbounded_interval_is_said_in_words() -> None:
    assert not PolicyEffect(1.0, -np.inf, np.inf).bounded
    assert not PolicyEffect(1.0, np.nan, np.nan).clear


def test_a_null_result_says_what_it_rules_out(make) -> None:
    assert "ruled out" in paragraphs(story(make, 0.01))[0]


def test_the_summary_says_whether_the_interval_holds_the_truth(make) -> None:
    inside = " ".join(paragraphs(story(make, truth=0.30)))
    outside = " ".join(paragraphs(story(make, truth=0.60)))
    assert "contains it" in inside
    assert "misses it" in outside


def test_cause_is_called_an_assumption(make) -> None:
    assert any("assumption" in text for text in paragraphs(story(make)))


def test_a_japanese_summary_has_no_english_sentence(make) -> None:
    words = Words("ja", {"backward": "外資系顧客の割合"})
    focus = Focus(regressor="backward", step_words="10ポイントの上昇", outcome_words="生産性")
    told = replace(story(make, words=words), focus=focus)
    text = headline(told) + "".join(paragraphs(told))
    assert "10ポイントの上昇に対し、生産性は3.1％高い。" in text
    assert not re.search(r"[A-Za-z]{4,}", text)


def test_the_report_of_a_simulated_study_finds_the_truth(report, inputs) -> None:
    text = " ".join(p for b in report.sections[0].blocks for p in getattr(b, "paragraphs", ()))
    assert "the interval contains it" in text
    assert report.opening.banner.startswith("Simulated data")


def test_sections_come_in_the_order_a_reader_needs(report) -> None:
    assert [section.key for section in report.sections] == [
        "summary",
        "results",
        "data",
        "network",
        "exposures",
        "methods",
        "diagnostics",
        "checklist",
        "provenance",
        "cite",
    ]


def test_the_checklist_is_complete_and_honest(report) -> None:
    block = next(s for s in report.sections if s.key == "checklist").blocks[0]
    assert [check.number for check in block.items] == list(range(1, LINES + 1))
    by_number = {check.number: check for check in block.items}
    assert by_number[6].status == "open"
    assert "10 %" in by_number[1].finding
    assert "log1p(backward_degree)" in by_number[4].finding
    assert "heteroskedasticity" in by_number[12].finding
    assert "Seed 3" in by_number[22].finding


def test_the_page_is_the_same_every_time(inputs, page) -> None:
    assert compose(inputs).to_html() == page


def test_the_page_is_small(page) -> None:
    assert len(page.encode()) < 3_000_000


def test_nothing_on_the_page_leads_elsewhere(outline, page) -> None:
    attributes = [(k, v or "") for _, a in outline.tags for k, v in a.items()]
    links = [v for k, v in attributes if k in {"href", "src", "xlink:href", "srcset", "action"}]
    assert all(link.startswith("#") for link in links)
    assert "@import" not in page
    assert not re.findall(r"url\((?!#)", page)
    assert not outline.of("iframe", "object", "embed", "link", "base", "img", "form")


def test_the_policy_permits_exactly_our_script_and_style(outline, page) -> None:
    policy = next(m["content"] for m in outline.of("meta") if "http-equiv" in m)
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert f"script-src '{content_hash(script)}'" in policy
    assert f"style-src '{content_hash(style)}'" in policy


def test_no_element_carries_a_style_or_a_handler(outline) -> None:
    names = {name for _, attributes in outline.tags for name in attributes}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]


def test_identifiers_are_unique(outline) -> None:
    ids = [a["id"] for _, a in outline.tags if "id" in a]
    assert len(ids) == len(set(ids))


def test_headings_descend_one_level_at_a_time(outline) -> None:
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_landmarks_language_and_descriptions_are_there(outline) -> None:
    tags = [tag for tag, _ in outline.tags]
    for landmark in ("header", "nav", "main", "footer"):
        assert tags.count(landmark) == 1
    assert outline.of("html")[0]["lang"] == "en"
    assert all(a.get("scope") in {"col", "row"} for a in outline.of("th"))
    drawings = [a for a in outline.of("div") if a.get("class") == "drawing"]
    assert len(drawings) == len([t for t in tags if t == "figure"]) > 5
    assert all(a["role"] == "img" and len(a["aria-label"] or "") > 20 for a in drawings)


def test_every_figure_of_the_page_is_also_a_file(report) -> None:
    shown = {b.figure.name for s in report.sections for b in s.blocks if b.kind == "picture"}
    assert {figure.name for figure in report.figures} == shown


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, WCAG 2.2."""

    def light(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_stands_out_from_the_paper_in_light_and_dark(page) -> None:
    palettes = re.findall(r":root \{([^}]*--paper[^}]*)\}", page)
    assert len(palettes) == 3
    for palette in palettes:
        colors = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", palette))
        full = {
            k: v if len(v) == 7 else "#" + "".join(2 * c for c in v[1:]) for k, v in colors.items()
        }
        for name in ("ink", "quiet", "accent", "warm", "good"):
            assert contrast(full[name], full["paper"]) >= 4.5, (name, palette)


def test_hostile_words_are_text_everywhere(inputs) -> None:
    words = {
        "backward": "<script>alert(1)</script>",
        "log_tfp": "=cmd()",
        "firm_id": "<img src=x onerror=alert(1)>",
    }
    hostile = replace(
        inputs,
        words=Words(given=words),
        title="<script>x</script>",
        question="</style><b>",
        manifest={"a": "</script>"},
    )
    report = compose(hostile)
    page = report.to_html()
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert "</style><b>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert all(b"<script" not in figure.render("svg") for figure in report.figures)
    assert b"<script" not in report.tables[0].render("html")


def test_no_identifier_of_a_firm_reaches_the_report(inputs, files) -> None:
    frame = inputs.models[0].estimate.sample.panel.frame
    secrets = {*frame["firm_id"], *frame["name"], *frame["corporate_number"].dropna()}
    for name, content in files.items():
        if name.endswith((".html", ".svg", ".csv", ".md", ".txt", ".tex", ".typ")):
            assert not secrets & set(re.findall(r"\w+", content.decode())), name


def test_files_are_whole_and_of_every_kind(files) -> None:
    suffixes = {name.rpartition(".")[2] for name in files}
    assert suffixes == {*TABLE_SUFFIXES, "svg", "pdf", "png", "bib"}
    assert all(files.values())


def test_a_higher_minimum_hides_more_and_says_so(inputs) -> None:
    hidden = []
    for minimum in (3, 20):
        protection = Protection(True, DisclosureRule(minimum_units=minimum))
        report = compose(replace(inputs, protection=protection))
        hidden.append(sum(entry.cells for entry in report.suppressed))
        data = next(section for section in report.sections if section.key == "data")
        assert f"fewer than {minimum} firms" in data.blocks[0].paragraphs[0]
    assert hidden[0] < hidden[1]


def test_methods_in_use_are_cited(report) -> None:
    assert "Liang" in report.citations
    assert "White" in report.citations
    assert "Solow" in report.citations
    assert "Kojevnikov" not in report.citations


def test_a_report_needs_a_main_model_with_its_regressor(inputs) -> None:
    with pytest.raises(SpecificationError, match="main model with the term 'forward'"):
        compose(replace(inputs, focus=Focus(regressor="forward")))
    with pytest.raises(SpecificationError, match="label once"):
        compose(replace(inputs, models=(inputs.models[0], inputs.models[0])))


def test_a_study_without_prefectures_truth_or_files_still_has_a_report(inputs) -> None:
    bare = replace(
        inputs, exposures=(), provenance=(), truth=None, events=(), words=Words(), manifest={}
    )
    report = compose(bare)
    assert report.opening.banner == ""
    data = next(section for section in report.sections if section.key == "data")
    assert any("given in memory" in str(block) for block in data.blocks)


def test_the_japanese_page_is_marked_as_such(inputs) -> None:
    page = compose(replace(inputs, words=replace(inputs.words, language="ja"))).to_html()
    assert '<html lang="ja">' in page
    assert "査読チェックリスト" in page
    assert "シミュレーションデータ" in page
