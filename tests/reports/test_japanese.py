"""Studies in two languages: every text in both, one key between them, no English in Japanese."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from spillover.pipelines.begin import SIMULATED, begin
from spillover.pipelines.cache import Cache
from spillover.pipelines.compose import inputs_of_report
from spillover.pipelines.gather import gather
from spillover.pipelines.manifest import manifest
from spillover.pipelines.plan import Plan
from spillover.pipelines.read import inputs_of, read_tables
from spillover.pipelines.stages import estimate_model, prepare
from spillover.pipelines.study import Study
from spillover.pipelines.toml import load_study
from spillover.reports.compose import compose
from spillover.reports.inputs import ReportInputs
from spillover.reports.texts import Bilingual, Heading, Text, spoken

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
TEMPLATES = ROOT / "src" / "spillover" / "pipelines" / "templates"
FILES = [*sorted(TEMPLATES.glob("*.toml")), *sorted(EXAMPLES.glob("*/study.toml"))]
NAMES = r"""
    \w+\.csv|spillover|numpy|scipy|pandas|numba|within-py|linearmodels|matplotlib
  | firms|firm_years|(supply|industry)_\w+|patents|applicants|ownership     # tables
  | SolowResidual|fixest|WildCluster|focal                                  # specifications
  | （[A-Z][^（）]*\d{4}）                                                   # works cited
  | BOP_10|SVG|R²|log\(1\ \+\ \w\)|\d\ km|F0\d+                            # symbols
"""
"""What may stand in Latin letters; everything else in a Japanese report is Japanese."""


class Visible(HTMLParser):
    """Text that a reader sees or hears, outside the manifest and the list of papers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.silent = 0
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        found = dict(attrs)
        self.silent += tag in {"script", "style", "pre"} or found.get("id") == "cite"
        self.texts += [found[name] for name in ("alt", "aria-label", "title") if found.get(name)]
        self.texts += [v for k, v in found.items() if k in {"data-download", "data-sort"}]

    def handle_endtag(self, tag) -> None:
        self.silent -= tag in {"script", "style", "pre"}

    def handle_data(self, data) -> None:
        if not self.silent:
            self.texts.append(data)


def told(study: Study, folder: Path) -> ReportInputs:
    plan = Plan(study, inputs_of(study), Cache(folder))
    prepared = prepare(plan, read_tables(plan))
    fits = [estimate_model(plan, prepared.sample, model) for model in plan.study.models]
    record = manifest(plan, prepared, fits)
    return inputs_of_report(plan, prepared, fits, record, gather(plan, fits))


def japanese(study: Study) -> Study:
    """The study after its one key is turned."""
    return replace(study, report=replace(study.report, language="ja"))


def texts_of(value: Any) -> Iterator[str | Bilingual]:
    """Every text of a study that a report shows."""
    if isinstance(value, Bilingual):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for item in value.values() for text in texts_of(item))
    elif isinstance(value, tuple):
        yield from (text for item in value for text in texts_of(item))
    elif is_dataclass(value):
        shown = [f.name for f in fields(value) if f.type in (Text, Heading)]
        yield from (getattr(value, name) for name in shown if getattr(value, name))
        others = [f.name for f in fields(value) if f.name not in (*shown, "words")]
        yield from (text for name in others for text in texts_of(getattr(value, name)))
        words = getattr(value, "words", {})
        yield from words.values() if isinstance(words, Mapping) else ()


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_text_of_a_bundled_study_stands_in_both_languages(file: Path) -> None:
    found = list(texts_of(load_study(file)))
    assert len(found) > 15
    assert [text for text in found if not isinstance(text, Bilingual)] == []
    for text in found:
        assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text.ja), text
        assert re.fullmatch("[ -~×]+", text.en), text


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_key_changes_texts_and_nothing_else(file: Path) -> None:
    study = load_study(file)
    turned = japanese(study).spoken
    assert replace(japanese(study), report=study.report) == study
    assert all(isinstance(text, str) for text in texts_of(turned))
    ours = (study.title, *(model.label for model in study.models))
    theirs = (turned.title, *(model.label for model in turned.models))
    assert [spoken(text, "ja") for text in ours] == list(theirs)
    assert [model.design for model in turned.models] == [model.design for model in study.models]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    study = japanese(load_study(EXAMPLES / "kyushu_semiconductor"))
    return compose(told(study, tmp_path_factory.mktemp("ja") / "cache"))


def left_in(page: str) -> set[str]:
    texts = Visible(page).texts
    assert len(texts) > 300
    return {text.strip() for text in texts if _latin(text)}


def test_no_english_is_left_in_the_japanese_report(report) -> None:
    assert left_in(report.to_html()) == set()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "supply_chain" else pytest.mark.slow)
        for name in sorted(SIMULATED)
    ],
)
def test_every_template_becomes_japanese_by_its_key(name: str, tmp_path: Path) -> None:
    file = begin(name, tmp_path / name).folder / "study.toml"
    text = file.read_text("utf-8")
    assert text.count('language = "en"') == 1
    file.write_text(text.replace('language = "en"', 'language = "ja"'), "utf-8")
    page = compose(told(load_study(file), tmp_path / "cache")).to_html()
    assert left_in(page) == set()
    assert '<html lang="ja"' in page
    assert ("2段階先の販売先" in page) == (name == "supply_chain")
    assert ("特許分類からみた技術の近さ" in page) == (name == "foreign_rnd")


def _latin(text: str) -> list[str]:
    return re.findall(r"[A-Za-z]{2,}", re.sub(NAMES, " ", text, flags=re.VERBOSE))


def test_tables_in_files_are_japanese_too(report) -> None:
    lines = report.tables[0].to_text().splitlines()
    assert [line for line in lines if _latin(line)] == []
