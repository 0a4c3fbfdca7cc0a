"""The bundled example in Japanese: the same study, and no English sentence in its report."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from spillover.pipelines.cache import Cache
from spillover.pipelines.compose import inputs_of_report
from spillover.pipelines.manifest import manifest
from spillover.pipelines.plan import Plan
from spillover.pipelines.read import inputs_of, read_tables
from spillover.pipelines.stages import estimate_model, prepare
from spillover.pipelines.study import Study
from spillover.pipelines.toml import load_study
from spillover.reports.compose import compose
from spillover.reports.inputs import ReportInputs

EXAMPLE = Path(__file__).parents[2] / "examples" / "kyushu_semiconductor"
NAMES = r"""
    \w+\.csv|spillover|numpy|scipy|pandas|numba|within-py|linearmodels|matplotlib
  | firms|firm_years|supply_links|patents|applicants|ownership              # tables
  | SolowResidual|fixest|WildCluster                                        # specifications
  | （[A-Z][^（）]*\d{4}）                                                   # works cited
  | BOP_10|SVG|R²|log\(1\ \+\ n\)|F0\d+                                     # symbols
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
    estimates = [estimate_model(plan, prepared.sample, model) for model in study.models]
    return inputs_of_report(plan, prepared, estimates, manifest(plan, prepared, estimates))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    study = load_study(EXAMPLE / "study.ja.toml")
    return compose(told(study, tmp_path_factory.mktemp("ja") / "cache"))


def wordless(study: Study) -> Study:
    """A study without the words of its author."""
    models = tuple(
        replace(model, label=f"model {k}", remark="") for k, model in enumerate(study.models)
    )
    steps = tuple(replace(step, reason="") for step in study.sample)
    events = tuple(replace(event, words="event") for event in study.report.events)
    focus = replace(study.report.focus, step_words="", outcome_words="")
    settings = replace(study.report, language="en", words={}, events=events, focus=focus)
    return replace(study, title="t", question="", models=models, sample=steps, report=settings)


def test_both_versions_of_the_example_are_the_same_study() -> None:
    versions = [load_study(EXAMPLE / name) for name in ("study.toml", "study.ja.toml")]
    assert wordless(versions[0]) == wordless(versions[1])


def test_no_english_is_left_in_the_japanese_report(report) -> None:
    texts = Visible(report.to_html()).texts
    assert len(texts) > 500
    left = {text.strip() for text in texts if _latin(text)}
    assert left == set()


def _latin(text: str) -> list[str]:
    return re.findall(r"[A-Za-z]{2,}", re.sub(NAMES, " ", text, flags=re.VERBOSE))


def test_tables_in_files_are_japanese_too(report) -> None:
    lines = report.tables[0].to_text().splitlines()
    assert [line for line in lines if _latin(line)] == []
