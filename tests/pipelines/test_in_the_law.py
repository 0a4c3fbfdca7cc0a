"""Studies whose effect stands inside the law of motion of productivity."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.errors import SpecificationError
from spillover.pipelines.cache import Cache
from spillover.pipelines.plan import Plan
from spillover.pipelines.toml import study_from

LAW = {"degree": 1, "exposures": ["reach"], "shifters": [], "timing": "same"}
ACF = {
    "type": "AckerbergCavesFrazer",
    "output": "y",
    "concept": "gross_leontief",
    "free": "l",
    "state": "k",
    "proxy": "m",
    "degree": 1,
    "in_logs": True,
    "law": LAW,
}
MODELS = [
    {"label": "Law", "design": {"type": "EndogenousProductivity"}, "vcov": {"type": "Cluster"}},
    {
        "label": "Elasticities",
        "role": "robustness",
        "design": {"type": "ProductionFunction"},
        "vcov": {"type": "Cluster"},
    },
]


def study_of(**changes: Any) -> dict[str, Any]:
    models = [{**m, "vcov": {"type": "Cluster", "by": "firm_id"}} for m in MODELS]
    reach = {
        "network": "supply.customers",
        "shock": "s",
        "spec": {"type": "Neighbors", "lag": 1, "isolates": "zero", "exclude": "self"},
    }
    return {
        "title": "Inside",
        "networks": {"supply": {"type": "SupplyLinks", "weight": "binary"}},
        "productivity": ACF,
        "exposures": {"reach": reach},
        "models": models,
        "report": {"confidential": False},
        **changes,
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An economy in which s moves productivity by 0.10, with links drawn at random."""
    folder = tmp_path_factory.mktemp("law") / "data"
    folder.mkdir()
    rng = np.random.default_rng(5)
    rows = sp.TimingEconomy("DGP1", firms=150, spillover=0.10).simulate(seed=1)
    firms = np.unique(rows["firm_id"])
    rows.drop(columns="omega").to_csv(folder / "firm_years.csv", index=False)
    table = {"firm_id": firms, "entity_kind": "firm", "prefecture": "13"}
    pd.DataFrame(table).to_csv(folder / "firms.csv", index=False)
    pairs = rng.choice(firms, (600, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    years = rng.choice(np.unique(rows["year"]), len(pairs))
    links = {"supplier_id": pairs[:, 0], "customer_id": pairs[:, 1], "year": years}
    pd.DataFrame(links).drop_duplicates().to_csv(folder / "supply_links.csv", index=False)
    return folder.parent


def test_the_effect_is_the_one_of_the_program_written_down(data: Path) -> None:
    study = replace(study_from(study_of()), folder=str(data))
    assert study.focus.regressor == "reach"
    result = sp.run(study, data / "results")
    tables = sp.read(data / "data")
    network = sp.connect(tables, study.networks["supply"]).customers()
    shock = sp.Shock.of(tables.panel, "s")
    reach = sp.expose(network, shock, study.exposures["reach"].spec, "reach")
    panel = sp.Sample.of(tables.panel, exposures=[reach]).panel
    sample = sp.Sample.of(panel, sp.measure(panel, study.productivity))
    own = sp.estimate(sample, sp.EndogenousProductivity(), sp.Cluster("firm_id"))
    found = result.estimates["Law"]
    assert found.names == own.names
    assert np.max(np.abs(found.beta - own.beta)) < 1e-12
    assert np.max(np.abs(found.std_errors - own.std_errors)) < 1e-12
    rows = {model.label: model.rows for model in sp.check(study).models}
    assert rows["Law"] == found.nobs
    page = result.report.read_text("utf-8")
    assert "In the law of motion of productivity: Reach." in page
    assert "reach, in the long run" in page
    assert "does not react to news about productivity" in page


def test_a_planted_effect_is_found(data: Path) -> None:
    law = {**LAW, "exposures": ["s"], "timing": "previous"}
    table = study_of(productivity={**ACF, "law": law})
    study = replace(study_from(table), folder=str(data))
    plan = [step for step, _ in Plan(study, (), Cache()).steps()]
    assert plan.index("measure") < plan.index("expose")
    estimate = sp.run(study, data / "planted").estimates["Law"]
    low, high = estimate.confint().loc["s"]
    assert low < 0.10 < high
    assert high - low < 0.1


def test_productivity_follows_the_exposures_of_its_law() -> None:
    def key(lag: int) -> tuple[str, list[tuple[str, str]]]:
        table = study_of()
        table["exposures"]["reach"]["spec"]["lag"] = lag
        plan = Plan(study_from(table), (), Cache())
        return plan.productivity_key(), plan.steps()

    (first, steps), (second, _) = key(1), key(2)
    assert first != second
    assert steps.index(("expose", "reach")) < steps.index(("measure", "log_tfp"))


def test_designs_without_what_they_report_on_are_refused() -> None:
    with pytest.raises(SpecificationError, match="exposures in the law of motion"):
        study_from(study_of(productivity={"type": "SolowResidual"}))
    table = study_of(models=study_of()["models"][1:])
    table["models"][0]["role"] = "main"
    del table["productivity"]
    with pytest.raises(SpecificationError, match="productivity"):
        study_from(table)


def test_a_main_model_of_elasticities_names_its_headline() -> None:
    table = study_of()
    table["models"][0]["role"], table["models"][1]["role"] = "robustness", "main"
    with pytest.raises(SpecificationError, match="term of the headline"):
        _ = study_from(table).focus
