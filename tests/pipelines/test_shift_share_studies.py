"""Studies whose exposure is a sum of shocks to categories, with shares and shocks from files."""

import re
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.errors import DataError, SpecificationError
from spillover.pipelines.toml import study_from

AKM = {"type": "AKM", "exposure": "imports_shock", "cluster": "category"}


def study_of(folder: Path | str = ".", **changes: Any) -> sp.Study:
    shift = {
        "network": "imports",
        "shock": "growth",
        "shocks": {"file": "growth.csv"},
        "spec": {"type": "ShiftShare", "lag": 1},
    }
    design = {
        "type": "ShiftShareIV",
        "outcome": "y",
        "exposure": "imports_shock",
        "treatment": "x",
        "absorb": ["firm_id", "year"],
    }
    data = {
        "title": "Shocks",
        "networks": {"imports": {"type": "ShareTable", "file": "shares.csv"}},
        "exposures": {"imports_shock": shift},
        "models": [
            {"label": "AKM", "design": design, "vcov": AKM},
            {
                "label": "Null imposed",
                "role": "robustness",
                "design": design,
                "vcov": {**AKM, "type": "AKM0"},
            },
            {
                "label": "One row per shock",
                "role": "robustness",
                "design": design,
                "vcov": {**AKM, "type": "ShockLevel"},
            },
        ],
        "report": {"confidential": False, "focus": {"regressor": "x", "log_outcome": False}},
    }
    return replace(study_from({**data, **changes}), folder=str(folder))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Firms whose x follows shocks to forty industries and moves y by 0.5."""
    folder = tmp_path_factory.mktemp("shift")
    (folder / "data").mkdir()
    rng = np.random.default_rng(11)
    firms, codes, years = [f"f{i:03d}" for i in range(150)], [f"0{j:02d}" for j in range(40)], 4
    share = rng.dirichlet(np.full(40, 0.1), 150)
    rows = {"firm_id": np.repeat(firms, 40), "industry": codes * 150, "share": share.ravel()}
    pd.DataFrame(rows).to_csv(folder / "shares.csv", index=False)
    growth = rng.standard_normal((40, years))
    shocks = {"industry": np.repeat(codes, years), "year": list(range(2010, 2010 + years)) * 40}
    shocks |= {"growth": growth.ravel()}
    pd.DataFrame(shocks).to_csv(folder / "growth.csv", index=False)
    x = share @ growth + 0.3 * rng.standard_normal((150, years))
    y = 0.5 * x + 0.3 * rng.standard_normal((150, years))
    panel = {"firm_id": np.repeat(firms, years), "year": list(range(2011, 2011 + years)) * 150}
    panel |= {"x": x.ravel(), "y": y.ravel()}
    pd.DataFrame(panel).to_csv(folder / "data" / "firm_years.csv", index=False)
    table = {"firm_id": firms, "entity_kind": "firm", "prefecture": "13"}
    pd.DataFrame(table).to_csv(folder / "data" / "firms.csv", index=False)
    return folder


def test_a_shift_share_study_is_the_program_written_down(data: Path) -> None:
    study = study_of(data)
    result = sp.run(study, data / "results")
    found = result.estimates["AKM"]
    read = pd.read_csv  # noqa: TID251 - another reader than the one under test
    text = {"industry": str, "firm_id": str}
    shares = sp.Shares.of(read(data / "shares.csv", dtype=text))
    growth = sp.Panel.of(read(data / "growth.csv", dtype=text), entity="industry")
    x = sp.expose(shares, sp.Shock.of(growth, "growth"), sp.ShiftShare(lag=1), "imports_shock")
    sample = sp.Sample.of(sp.read(data / "data").panel, exposures=(x,))
    model = study.models[0]
    own = sp.estimate(sample, model.design, model.vcov)
    assert found.beta[0] == pytest.approx(own.beta[0], abs=1e-12)
    assert found.std_errors[0] == pytest.approx(own.std_errors[0], abs=1e-12)
    low, high = found.confint().loc["x"]
    assert low < 0.5 < high
    page = result.report.read_text("utf-8")
    top = sp.rotemberg(found, "imports_shock").top(5)
    assert all(str(name) in page for name in top.index)
    number = sp.shocks(found, "imports_shock").effective
    assert f"Effective number of shocks: {number:.1f}." in page
    assert f"count like {number:.1f} of equal weight" in page
    assert page.count("Shocks with the largest weights") == 2  # caption, and label of its region
    assert "is the sum of shocks to categories" in page
    assert {m.label: m.rows for m in sp.check(study).models}["AKM"] == found.nobs


def test_a_study_tests_the_balance_of_its_shocks(data: Path) -> None:
    item = {"type": "BalanceTest", "exposure": "imports_shock", "covariates": ["lag(y)"]}
    study = study_of(data, evidence=[{**item, "cluster": "category"}], models=_later())
    result = sp.run(study, data / "balance")
    found = pd.read_csv(result.folder / "tables" / "shock_balance.csv")  # noqa: TID251 - as above
    own = sp.shock_balance(result.estimates["AKM"], "imports_shock", ["lag(y)"], "category")
    assert found["p_value"][0] == pytest.approx(own["p_value"].iloc[0])
    assert "Shocks should predict nothing" in result.report.read_text("utf-8")


def _later() -> list[dict[str, Any]]:
    """The first model on rows whose outcome of the year before is known."""
    design = {"type": "ShiftShareIV", "outcome": "y", "exposure": "imports_shock"}
    design |= {"treatment": "x", "absorb": ["firm_id", "year"]}
    return [{"label": "AKM", "design": design, "vcov": AKM, "where": "not is_missing(lag(y))"}]


def test_shares_that_change_are_read_again(data: Path, tmp_path: Path) -> None:
    from spillover.pipelines.cache import Cache
    from spillover.pipelines.plan import Plan
    from spillover.pipelines.read import inputs_of

    study = study_of(data)
    inputs = inputs_of(study)
    assert {"shares imports", "shocks imports_shock"} <= {file.table for file in inputs}
    other = tuple(replace(f, sha256="0") if "shares" in f.table else f for f in inputs)
    keys = {Plan(study, files, Cache()).solution_key(study.models[0]) for files in (inputs, other)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("networks", "said"),
    [
        ({"type": "ShareTable", "file": "shares.csv", "share": "shar"}, "shar"),
        ({"type": "ShareTable", "file": "shares.csv", "share": "firm_id"}, "a number in every row"),
        ({"type": "ShareTable", "file": "shares.json"}, "ending in"),
        ({"type": "ShareTable", "file": "nowhere.csv"}, "nowhere"),
    ],
)
def test_files_that_hold_no_shares_are_refused(
    data: Path, networks: dict[str, str], said: str
) -> None:
    with pytest.raises((DataError, SpecificationError), match=said):
        sp.check(study_of(data, networks={"imports": networks}))


def test_shift_shares_stand_on_shares_and_name_their_shocks() -> None:
    links = {"imports": {"type": "SupplyLinks"}}
    with pytest.raises(SpecificationError, match="ShiftShare with a network of ShareTable"):
        study_of(networks=links)
    bare = {"network": "imports", "shock": "growth", "spec": {"type": "ShiftShare"}}
    with pytest.raises(SpecificationError, match="shocks = "):
        study_of(exposures={"imports_shock": bare})


PARTNERS = {
    "network": "supply.customers",
    "shock": "x",
    "partners": {"year": 2011, "exclude": "self"},
    "spec": {"type": "ShiftShare", "lag": 1},
}


def with_links(data: Path, folder: Path) -> pd.DataFrame:
    """The tables again, with links drawn at random, half of them formed in the base year."""
    copytree(data / "data", folder / "data")
    rng = np.random.default_rng(3)
    ends = np.array([(i, j) for i, j in rng.integers(0, 150, (400, 2)) if i != j])
    links = pd.DataFrame({"year": rng.integers(2011, 2013, len(ends))})
    links["supplier_id"], links["customer_id"] = ([f"f{i:03d}" for i in e] for e in ends.T)
    links = links.drop_duplicates()
    links.to_csv(folder / "data" / "supply_links.csv", index=False)
    return links


def test_partners_of_a_base_year_are_categories_of_a_study(data: Path, tmp_path: Path) -> None:
    links = with_links(data, tmp_path)
    design = {"type": "FixedEffects", "outcome": "y", "absorb": ["year"]}
    design["regressors"] = ["demand", "demand_share_sum"]
    study = study_of(
        tmp_path,
        networks={"supply": {"type": "SupplyLinks", "weight": "binary"}},
        exposures={"demand": PARTNERS},
        models=[
            {"label": "Demand", "design": design, "vcov": {"type": "Cluster", "by": "firm_id"}}
        ],
        report={"confidential": False, "focus": {"regressor": "demand"}},
    )
    found = sp.run(study, tmp_path / "results").estimates["Demand"]

    panel = sp.read(tmp_path / "data").panel
    x = panel.frame.set_index(["firm_id", "year"])["x"]
    base = links[links["year"] == 2011].groupby("supplier_id")["customer_id"]
    partners = base.agg(list)
    rows = found.sample.take(found.solution.rows)
    firms = rows.panel.units[rows.units]
    for firm, year, value in zip(firms, rows.years, rows.column("demand"), strict=True):
        own = [x[partner, year - 1] for partner in partners.get(firm, [])]
        assert value == pytest.approx(np.mean(own) if own else 0.0, abs=1e-12)
    assert found.nobs == 150 * 3


def test_partners_are_firms_of_links_beside_a_shift_share() -> None:
    with pytest.raises(SpecificationError, match="a network between firms"):
        study_of(exposures={"imports_shock": {**PARTNERS, "network": "imports"}})
    rule = {"type": "Neighbors", "isolates": "zero"}
    links = {"supply": {"type": "SupplyLinks"}}
    with pytest.raises(SpecificationError, match="Found Neighbors with them"):
        study_of(networks=links, exposures={"imports_shock": {**PARTNERS, "spec": rule}})


def test_partners_are_not_named_in_a_confidential_report(data: Path, tmp_path: Path) -> None:
    with_links(data, tmp_path)
    design = {"type": "ShiftShareIV", "outcome": "y", "exposure": "demand", "absorb": ["year"]}
    vcov = {"type": "ShockLevel", "exposure": "demand"}
    study = study_of(
        tmp_path,
        networks={"supply": {"type": "SupplyLinks", "weight": "binary"}},
        exposures={"demand": PARTNERS},
        models=[{"label": "Demand", "design": design, "vcov": vcov}],
        report={"confidential": True, "focus": {"regressor": "demand"}},
    )
    result = sp.run(study, tmp_path / "results")
    page = result.report.read_text("utf-8")
    assert "Shocks with the largest weights" in page
    written = [p.read_text("utf-8") for p in result.folder.rglob("*.csv")]
    assert not [text for text in (page, *written) if re.search(r"\bf\d{3}\b", text)]
    assert "Size of the shock" not in page
