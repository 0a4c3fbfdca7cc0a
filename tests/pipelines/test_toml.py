"""Studies as files: the way there and back, and every mistake at its place."""

import json
import re
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import OutputError, SpecificationError
from spillover.exposures.neighbors import Neighbors
from spillover.inference.cluster import Cluster
from spillover.inference.dependence import AnyOf
from spillover.inference.independent import Heteroskedastic
from spillover.networks.supply import SupplyLinks
from spillover.pipelines.schema import study_schema
from spillover.pipelines.settings import ExposureSetting, Filter, Model, ReportSettings, TableSource
from spillover.pipelines.study import Study
from spillover.pipelines.toml import load_study, save_study, study_from, study_text
from spillover.productivity.index_number import SolowResidual
from spillover.reports.inputs import Event, Focus
from spillover.reports.texts import Bilingual
from spillover.tables.foreign import ForeignDefinition

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted((ROOT / "examples").glob("*/study.toml")),
    *sorted((ROOT / "src" / "spillover" / "pipelines" / "templates").glob("*.toml")),
]

names = st.sampled_from(["rd", "sales", "peers", "industry", "year", "firm_id", "x_2"])
words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
headings = words.filter(bool)
texts = words | st.builds(Bilingual, en=headings, ja=headings)
clusters = st.builds(Cluster, by=names, small_sample=st.sampled_from(["fixest", "stata"]))
unions = st.lists(
    st.builds(Cluster, by=names), min_size=2, max_size=3, unique_by=lambda c: c.by
).map(lambda found: AnyOf(tuple(found)))
dependences = st.one_of(
    clusters, st.builds(Heteroskedastic, kind=st.sampled_from(["HC0", "HC1"])), unions
)
designs = st.builds(
    lambda y, x, effects: FixedEffects(
        f"log({y}_y)", ("peer", f"log1p({x}_degree)"), tuple(effects)
    ),
    names,
    names,
    st.lists(names, max_size=2, unique=True),
)
models = st.builds(
    Model,
    label=words.filter(bool),
    design=designs,
    vcov=dependences,
    where=st.none() | st.just("year >= 2016"),
    remark=texts,
)
settings = st.builds(
    ExposureSetting,
    network=st.sampled_from(["supply.customers", "supply.suppliers"]),
    shock=names,
    spec=st.builds(
        Neighbors,
        isolates=st.sampled_from(["missing", "zero"]),
        lag=st.integers(0, 4),
        min_coverage=st.floats(0, 1),
    ),
)
sources = st.builds(
    TableSource,
    file=st.just("f.csv"),
    columns=st.dictionaries(names.map("a{}".format), names, max_size=2),
    constants=st.dictionaries(
        names.map("b{}".format), st.one_of(st.booleans(), st.integers(0, 9), words), max_size=2
    ),
)
events = st.builds(Event, year=st.integers(1990, 2030), words=words.filter(bool))
studies = st.builds(
    Study,
    title=headings | st.builds(Bilingual, en=headings, ja=headings),
    question=texts,
    seed=st.integers(0, 2**40),
    tables=st.just("data") | st.dictionaries(names, sources | st.just("x.csv"), min_size=1),
    foreign=st.sampled_from([None, "BOP_10", "MAJORITY"])
    | st.builds(lambda t: ForeignDefinition("mine", threshold=t), st.floats(0, 1)),
    networks=st.just({"supply": SupplyLinks(weight="binary")}),
    productivity=st.sampled_from([None, SolowResidual()]),
    exposures=st.dictionaries(names.map("x{}".format), settings, min_size=1, max_size=2),
    sample=st.lists(st.builds(Filter, where=st.just("year > 2015"), reason=texts)).map(tuple),
    models=st.lists(models, min_size=1, max_size=3, unique_by=lambda m: m.label).map(tuple),
    report=st.builds(
        ReportSettings,
        focus=st.builds(
            Focus,
            regressor=st.just("peer"),
            step=st.floats(0.001, 10),
            outcome_words=texts,
            step_words=texts,
        ),
        language=st.sampled_from(["en", "ja"]),
        confidential=st.booleans(),
        words=st.dictionaries(names, texts, max_size=2),
        events=st.lists(
            st.builds(Event, year=st.integers(1990, 2030), words=words.filter(bool))
        ).map(tuple),
    ),
)


@given(studies)
def test_a_study_written_as_toml_and_read_back_is_the_same_study(study: Study) -> None:
    text = study_text(study)
    again = study_from(tomllib.loads(text))
    assert again == study
    assert study_text(again) == text


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_bundled_study_is_read_and_returns_the_same(file: Path) -> None:
    study = load_study(file)
    assert study_from(tomllib.loads(study_text(study))) == study


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_bundled_study_fits_the_schema_that_editors_use(file: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(tomllib.loads(file.read_text("utf-8")), study_schema())


def test_the_study_of_the_kyushu_example_is_that_of_its_template() -> None:
    example = ROOT / "examples" / "kyushu_semiconductor" / "study.toml"
    template = ROOT / "src" / "spillover" / "pipelines" / "templates" / "kyushu.toml"
    assert load_study(example) == load_study(template)


def test_the_stored_schema_is_the_one_of_the_types() -> None:
    stored = json.loads((ROOT / "data_schemas" / "study.schema.json").read_text("utf-8"))
    assert stored == study_schema(), "run `spillover schema data_schemas --study-only`"


def test_the_schema_tells_what_every_entry_means() -> None:
    definitions = study_schema()["$defs"]
    silent = [
        f"{kind}.{name}"
        for kind, table in definitions.items()
        for name, entry in table.get("properties", {}).items()
        if name != "type" and "description" not in entry
    ]
    assert silent == []


def test_an_empty_table_stands_for_none(data: dict[str, Any]) -> None:
    study = study_from(data)
    assert study.networks["copatent"].window is None
    assert "[networks.copatent.window]" in study_text(study)


def test_a_union_of_dependences_is_read_and_written(data: dict[str, Any]) -> None:
    study = study_from(data)
    assert study.models[0].vcov == Cluster("firm_id") | Cluster("industry^year")


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "study.toml").write_text(text)
    study = load_study(tmp_path)
    assert study.folder == str(tmp_path)
    assert study == replace(study, folder="elsewhere")
    assert str(tmp_path) not in study_text(study)


def test_a_saved_study_is_loaded_again(tmp_path: Path, data: dict[str, Any]) -> None:
    path = save_study(study_from(data), tmp_path)
    assert load_study(path) == study_from(data)
    assert [found.name for found in tmp_path.iterdir()] == ["study.toml"]


def test_a_study_that_cannot_be_saved_leaves_nothing(tmp_path: Path, data: dict[str, Any]) -> None:
    with pytest.raises(OutputError):
        save_study(study_from(data), tmp_path / "absent" / "study.toml")
    assert list(tmp_path.iterdir()) == []


MISTAKES = [
    ("seed = 7", "sed = 7", "top level: unknown field 'sed'. Did you mean 'seed'?"),
    (
        'weight = "binary"',
        'wieght = "binary"',
        "networks.supply: unknown field 'wieght' for SupplyLinks. Did you mean 'weight'?",
    ),
    (
        "lag = 1",
        "lagg = 1",
        "exposures.backward.spec: unknown field 'lagg' for Neighbors. Did you mean 'lag'?",
    ),
    ("lag = 1", "lag = -1", "exposures.backward.spec.lag = -1: input should be greater"),
    (
        '{ type = "Cluster", by = "industry^year" }',
        '{ type = "Cluster", bye = "industry^year" }',
        "models[0].vcov.of[1]: unknown field 'bye' for Cluster. Did you mean 'by'?",
    ),
    (
        '{ type = "Cluster", by = "industry^year" }',
        '{ type = "Clster", by = "industry^year" }',
        "models[0].vcov.of[1]: unknown type 'Clster'. Did you mean 'Cluster'?",
    ),
    ('type = "JointPatents"', 'type = "JointPatent"', "networks.copatent: unknown type"),
    ('type = "JointPatents"', "", "networks.copatent: a type is needed."),
    ("decay = 0.15", "", "networks.copatent: JointPatents: expected a window or a decay."),
    ('label = "Within firm"', "", "models[0].label: a value is needed, and none is there."),
    ("foreign == 0", "foreign = 0", "sample[0]: Expected an expression"),
    ("foreign == 0", "__import__('os').system('ls')", "sample[0]: Expected columns, constants"),
    ('"supply.customers"', '"suply.customers"', "exposures.backward.network: Expected the name"),
    ('"supply.customers"', '"supply.customer"', "expected supply.customers or supply.suppliers"),
    ('foreign = "BOP_10"', 'foreign = "BOP10"', "foreign = 'BOP10': input should be 'BOP_10'"),
    ('focus = { regressor = "backward" }', 'focus = { regressor = "bckward" }', "in report.focus"),
    ('"backward" }', '"backward", stp = 1 }', "report.focus: unknown field 'stp'. Did you mean"),
    (
        'tables = "data"',
        'tables = { firms = { fil = "f.csv" } }',
        "tables.firms: unknown field 'fil'. Did you mean 'file'?",
    ),
    ('title = "Does it spill over?"', 'folder = "/"\ntitle = "x"', "no field 'folder'"),
    ("[report]", "[[report]]", "report = [{"),
    (
        'label = "Within firm"',
        'label.en = "Within firm"',
        "models[0].label.ja: a value is needed, and none is there.",
    ),
    (
        'label = "Pooled"',
        'label = { en = "Pooled", jp = "プール" }',
        "models[1].label: unknown field 'jp'. Fields are en, ja.",
    ),
    ('title = "Does it spill over?"', 'title = { en = "Does it?", ja = "" }', "title.ja = ''"),
    ('title = "Does it spill over?"', "title = 3", "title = 3: input should be a valid string."),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES)
def test_a_mistake_is_named_at_its_place(text: str, right: str, wrong: str, said: str) -> None:
    assert right in text
    with pytest.raises(SpecificationError) as caught:
        study_from(tomllib.loads(text.replace(right, wrong)))
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_all_mistakes_are_named_at_once(text: str) -> None:
    wrong = text.replace("seed = 7", "sed = 7").replace("lag = 1", "lag = -1")
    with pytest.raises(SpecificationError) as caught:
        study_from(tomllib.loads(wrong))
    assert len(re.findall(r"^study\.toml, ", caught.value.found, re.MULTILINE)) == 2


BAD_FILES = {
    "missing": None,
    "not TOML": b"title = ",
    "not UTF-8": "title = '\u65e5\u672c'".encode("cp932"),
    "too large": b"#" * 1_000_001,
    "nested without end": b"a = " + b"[" * 5_000,
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_file_that_cannot_be_read_is_a_mistake_of_the_study(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "study.toml").write_bytes(content)
    with pytest.raises(SpecificationError) as caught:
        load_study(tmp_path / "study.toml")
    assert caught.value.action


def test_names_are_used_once_and_a_main_model_is_needed(data: dict[str, Any]) -> None:
    with pytest.raises(SpecificationError, match="each model label once"):
        study_from(data | {"models": data["models"] * 2})
    with pytest.raises(SpecificationError, match="each column name once"):
        study_from(data | {"columns": {"backward": "year"}})
    with pytest.raises(SpecificationError, match="at least one with the role main"):
        study_from(data | {"models": [data["models"][0] | {"role": "naive"}]})


def test_labels_of_two_models_differ_in_both_languages(data: dict[str, Any]) -> None:
    first, second = data["models"]
    both = {"en": "Pooled", "ja": "同一企業内"}
    with pytest.raises(SpecificationError, match="each model label once"):
        study_from(data | {"models": [first | {"label": both}, second]})
    study = study_from(data | {"models": [first, second | {"label": both}]})
    assert [model.label for model in study.spoken.models] == ["Within firm", "Pooled"]


def test_evidence_finds_its_model_by_the_label_in_either_language(data: dict[str, Any]) -> None:
    label = {"en": "Within firm", "ja": "同一企業内"}
    models = [data["models"][0] | {"label": label}, data["models"][1]]
    for name in label.values():
        asked = {"type": "LinkSensitivity", "exposure": "backward", "model": name}
        study = study_from(data | {"models": models, "evidence": [asked]})
        japanese = replace(study, report=replace(study.report, language="ja")).spoken
        assert japanese.evidence[0].model == "同一企業内"
        assert study.spoken.evidence[0].model == "Within firm"
        assert study.evidence[0].model == name


def test_the_page_on_study_files_names_every_entry_of_a_study_and_of_its_report() -> None:
    page = (ROOT / "docs" / "reference" / "study-file.md").read_text("utf-8")
    entries = [f.name for kind in (Study, ReportSettings, Model) for f in fields(kind)]
    kinds = [name for name in study_schema()["$defs"] if f"`{name}`" not in page]
    assert [name for name in entries if name != "folder" and name not in page] == []
    assert set(kinds) - UNLISTED == set()


UNLISTED = {
    "Bilingual",
    "DisclosureRule",
    "Event",
    "ExposureSetting",
    "Filter",
    "Focus",
    "ForeignDefinition",
    "LawOfMotion",
    "Model",
    "Neighbors",
    "PartnerShares",
    "PresenceSetting",
    "ReportSettings",
    "RootRule",
    "ShockTable",
    "TableSource",
    "UnionTable",
}
"""Tables that the page explains under the key at which they stand."""


def test_a_headline_may_be_a_slope_of_a_group_that_the_data_name(data: dict[str, Any]) -> None:
    first, *rest = data["models"]
    design = first["design"] | {"regressors": ["i(industry) * backward"]}
    report = data["report"] | {"focus": {"regressor": "industry=24 * backward"}}
    study = study_from(data | {"models": [first | {"design": design}, *rest], "report": report})
    assert study.focus.regressor == "industry=24 * backward"


def test_a_study_without_a_report_speaks_of_the_first_regressor(data: dict[str, Any]) -> None:
    focus = study_from({key: value for key, value in data.items() if key != "report"}).focus
    first = data["models"][0]["design"]
    assert focus.regressor == first["regressors"][0]
    assert focus.log_outcome == first["outcome"].startswith("log")
