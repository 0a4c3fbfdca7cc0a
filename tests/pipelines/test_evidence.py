"""Evidence that a study file asks for: what comes out, what is kept, what is refused."""

import csv
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import spillover as sp
from spillover.errors import DataError, SpecificationError
from spillover.pipelines import gather as gathering
from spillover.pipelines.cache import Cache
from spillover.pipelines.evidence import MOST_DRAWS
from spillover.pipelines.plan import Plan, Step
from spillover.pipelines.toml import save_study, study_from

BALANCE = """
[[evidence]]
type = "BalanceTest"
exposure = "backward"
covariates = ["log(capital)", "log(employment)"]
model = "Pooled"
rule = { type = "Assignment", within = ["industry"], draws = 199 }
"""

EVIDENCE = """
[[evidence]]
type = "RandomizationTest"
exposure = "backward"
rule = { type = "Assignment", within = ["industry"], draws = 199 }

[[evidence]]
type = "RandomizationTest"
exposure = "backward"
model = "Pooled"
statistic = "t"
rule = { type = "Rewiring", within = [], draws = 99, attempts = 5 }

[[evidence]]
type = "PlaceboTest"
exposure = "backward"
size = "sales"
ladder = { rewired = 3 }

[[evidence]]
type = "LinkSensitivity"
exposure = "backward"
caps = [2, 3]
lost = [0.2]
draws = 3
"""


@pytest.fixture
def asked(folder: Path) -> Path:
    """The small study with every kind of evidence."""
    path = folder / "study.toml"
    head, report = path.read_text("utf-8").split("[report]")
    path.write_text(f"{head}{EVIDENCE}\n[report]{report}", encoding="utf-8")
    return folder


def refuse(*_: object, **__: object) -> None:
    message = "this must not be called"
    raise AssertionError(message)


def with_evidence(data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    item = {"type": "RandomizationTest", "exposure": "backward"}
    item["rule"] = {"type": "Assignment", "within": ["industry"]}
    return {**data, "evidence": [{**item, **changes}]}


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def test_a_run_shows_and_writes_what_was_asked_for(asked: Path) -> None:
    result = sp.run(asked)
    page = result.report.read_text("utf-8")
    tables = result.folder / "tables"
    tests = rows(tables / "randomization.csv")
    assert [(t["changed"], t["draws"]) for t in tests] == [
        ("Assignment", "199"),
        ("Rewiring", "99"),
    ]
    fit = result.estimates["Within firm"]
    rule = sp.Assignment(within=("industry",), draws=199, seed=7)
    again = sp.randomize(fit, "backward", rule)
    assert float(tests[0]["p_value"]) == pytest.approx(again.p_value)
    assert float(tests[0]["estimate"]) == pytest.approx(again.estimate)
    rungs = {row["rung"]: row for row in rows(tables / "placebos.csv")}
    assert float(rungs["main"]["estimate"]) == pytest.approx(float(fit.beta[0]))
    assert len(rungs) == 6
    caps = rows(tables / "partner_caps.csv")
    assert [row["cap"] for row in caps[:2]] == ["2", "3"]
    assert float(caps[-1]["links"]) == 1.0
    assert [row["lost"] for row in rows(tables / "lost_links.csv")] == ["0", "0.2"]
    for words in ("Had shocks or links fallen otherwise", "randomisation p-value", "placebos show"):
        assert words in page
    assert "extrapolated to no cap" in page
    assert (result.folder / "paper" / "tables" / "placebos.tex").is_file()


def test_a_run_shows_whether_luck_is_balanced(folder: Path) -> None:
    path = folder / "study.toml"
    head, report = path.read_text("utf-8").split("[report]")
    path.write_text(f"{head}{BALANCE}\n[report]{report}", encoding="utf-8")
    result = sp.run(folder)
    found = rows(result.folder / "tables" / "balance.csv")
    rule = sp.Assignment(within=("industry",), draws=199, seed=7)
    fit = result.estimates["Pooled"]
    again = sp.exposure_balance(fit, "backward", ["log(capital)", "log(employment)"], rule)
    told = [float(row["drawn_p"]) for row in found]
    assert told == pytest.approx(list(again.table["drawn_p"]))
    assert "On the luck in it" in result.report.read_text("utf-8")
    assert sp.load_study(save_study(sp.load_study(folder), folder / "again.toml"))


def test_evidence_is_kept_and_the_bytes_do_not_tell(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    light = SimpleNamespace(files=lambda: {"report.html": b"page"}, suppressed=())
    monkeypatch.setattr("spillover.pipelines.compose.compose", lambda _: light)
    first = sp.run(asked, tmp_path / "fresh" / "results")
    before = {p.name: p.read_bytes() for p in (first.folder / "tables").iterdir()}

    def stop(step: Step) -> None:
        if step.stage == "report":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sp.run(asked, progress=stop)
    for name in ("randomize", "placebo_ladder", "cap_sensitivity", "deletion_sensitivity"):
        monkeypatch.setattr(gathering, name, refuse)
    again = sp.run(asked)
    assert {p.name: p.read_bytes() for p in (again.folder / "tables").iterdir()} == before


def test_a_study_with_evidence_is_equal_to_its_file(asked: Path, tmp_path: Path) -> None:
    study = sp.load_study(asked)
    assert len(study.evidence) == 4
    assert sp.load_study(save_study(study, tmp_path / "study.toml")) == study


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"exposure": "bakward"}, "evidence\\[0\\].*exposure"),
        ({"model": "Withn firm"}, "Withn firm"),
        ({"rule": {"type": "Assignment", "within": [], "draws": MOST_DRAWS + 1}}, "20,001"),
        ({"rule": {"type": "Rewiring", "within": [], "attempts": 1_001}}, "1,001"),
        ({"rule": {"type": "Rewiring", "within": []}, "focal": 0.5}, "Rewiring"),
        ({"level": 1.0}, "level"),
    ],
)
def test_evidence_about_nothing_and_work_without_end_are_refused(
    data: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecificationError, match=said):
        study_from(with_evidence(data, **changes))


def test_a_model_without_the_plain_exposure_is_refused(data: dict[str, Any]) -> None:
    data["models"][0]["design"]["regressors"] = ["square(backward)"]
    data["report"]["focus"]["regressor"] = "square(backward)"
    with pytest.raises(SpecificationError, match=r"'backward' as it is"):
        study_from(with_evidence(data))


def test_a_count_model_is_refused_for_tests_by_draws(data: dict[str, Any]) -> None:
    data["models"][0]["design"]["type"] = "PoissonFixedEffects"
    data["models"][0]["design"]["outcome"] = "sales"
    with pytest.raises(SpecificationError, match="linear model"):
        study_from(with_evidence(data))


def test_two_empty_lists_change_nothing(data: dict[str, Any]) -> None:
    table = tomllib.loads('type = "LinkSensitivity"\nexposure = "backward"\ncaps = []\nlost = []')
    with pytest.raises(SpecificationError, match="caps, lost"):
        study_from({**data, "evidence": [table]})


def staggered(data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The study with effects by years since the first foreign customer as its main model."""
    first = {"type": "FirstYear", "when": "backward > 0", "switching": "first", **changes}
    design = {"type": "CallawaySantAnna", "outcome": "log_tfp", "cohort": "first_link"}
    by_firm = {"type": "Cluster", "by": "firm_id"}
    main = {**data["models"][0], "label": "Staggered", "design": design, "vcov": by_firm}
    models = [main, *data["models"][1:]]
    report = {"confidential": False}
    return {**data, "measures": {"first_link": first}, "models": models, "report": report}


def test_a_staggered_study_is_checked_run_and_read(folder: Path, data: dict[str, Any]) -> None:
    study = replace(study_from(staggered(data)), folder=str(folder))
    assert study.focus.regressor == "average"
    rows_found = {model.label: model.rows for model in sp.check(study).models}
    result = sp.run(study, folder / "results")
    page = result.report.read_text("utf-8")
    fit = result.estimates["Staggered"]
    assert rows_found["Staggered"] == fit.nobs
    assert (result.folder / "figures" / "event_time.svg").is_file()
    for words in ("thin ones hold for all of them together", "controls not treated yet"):
        assert words in page
    assert "The change of firms since their treatment began" in page


def test_a_treatment_that_ends_is_refused_by_default(folder: Path, data: dict[str, Any]) -> None:
    study = study_from(staggered(data, switching="refuse"))
    with pytest.raises(DataError, match="stay treated"):
        sp.check(replace(study, folder=str(folder)))


def test_a_first_year_follows_its_exposure_in_keys_of_stages(data: dict[str, Any]) -> None:
    def key(study: sp.Study) -> str:
        return Plan(study, (), Cache()).solution_key(study.models[0])

    study = study_from(staggered(data))
    other = study_from(staggered(data, when="backward > 0.5"))
    data["exposures"]["backward"]["spec"]["lag"] = 2
    assert len({key(study), key(other), key(study_from(staggered(data)))}) == 3


def test_a_headline_needs_one_term(data: dict[str, Any]) -> None:
    table = staggered(data)
    table["models"][0]["design"]["aggregate"] = "group_time"
    with pytest.raises(SpecificationError, match=r"report\.focus"):
        _ = study_from(table).focus
