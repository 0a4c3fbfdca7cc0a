"""Bad input of productivity, as it reaches someone who runs a study file."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import spillover as sp

STUDY = """
title = "Bad input"
report = { confidential = false, focus = { regressor = "labor" } }

[networks]
supply = { type = "SupplyLinks", weight = "binary" }

[exposures.reach]
network = "supply.customers"
shock = "s"
spec = { type = "Neighbors", lag = 1, isolates = "zero", exclude = "self" }

[productivity]
type = "LevinsohnPetrin"
output = "exp(y)"
concept = "CONCEPT"
free = "labor"
state = "capital"
proxy = "materials"
degree = 1
law = { degree = 1 }

[[models]]
label = "Elasticities"
design = { type = "ProductionFunction" }
vcov = { type = "Cluster", by = "firm_id" }

"""


def folder_of(where: Path, concept: str = "gross_leontief", **columns: Any) -> Path:
    rows = sp.TimingEconomy("DGP1", firms=40, years=5, burn_in=40).simulate(seed=1)
    names = {"labor": "l", "capital": "k", "materials": "m"}
    rows = rows.assign(**{name: np.exp(rows[short]) for name, short in names.items()})
    rows = rows.assign(**{name: change(rows) for name, change in columns.items()})
    (where / "data").mkdir(parents=True)
    rows.drop(columns="omega").to_csv(where / "data" / "firm_years.csv", index=False)
    table = {"firm_id": rows["firm_id"].unique(), "entity_kind": "firm", "prefecture": "13"}
    pd.DataFrame(table).to_csv(where / "data" / "firms.csv", index=False)
    links = {"supplier_id": rows["firm_id"], "customer_id": rows["firm_id"].to_numpy()[::-1]}
    links = pd.DataFrame(links).assign(year=rows["year"]).query("supplier_id != customer_id")
    links.to_csv(where / "data" / "supply_links.csv", index=False)
    (where / "study.toml").write_text(STUDY.replace("CONCEPT", concept), "utf-8")
    return where / "study.toml"


def test_the_study_itself_runs(tmp_path: Path) -> None:
    result = sp.run(sp.load_study(folder_of(tmp_path)), tmp_path / "results")
    assert result.estimates["Elasticities"].names == ("labor", "capital")


@pytest.mark.parametrize(("columns", "match"), [
    ({"capital": lambda f: f["capital"].mask(f.index == 3, 0.0)},
     r"positive values of capital.*1 rows that are zero or negative \(F000000 in 2004\)"),
    ({"materials": lambda f: f["materials"].mask(f.index == 3, np.inf)},
     r"(?s)materials.*1 of 200 rows.*inf"),
    ({"labor": lambda _: 1.0}, "Found labor with one value in 200 rows"),
    ({"year": lambda f: 2 * f["year"] - 2003}, "check gaps in the years"),
    ({"materials": lambda f: f["capital"] ** 2}, "functions of the columns before them"),
])  # fmt: skip
def test_what_is_wrong_is_named_with_its_rows(
    tmp_path: Path, columns: dict[str, Any], match: str
) -> None:
    study = sp.load_study(folder_of(tmp_path, **columns))
    with pytest.raises(sp.errors.SpilloverError, match=match):
        sp.run(study, tmp_path / "results")


def test_the_command_prints_the_message_without_a_traceback(tmp_path: Path) -> None:
    study = folder_of(tmp_path, "gross")
    command = [sys.executable, "-m", "spillover", "run", str(study)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 2
    assert "Use GandhiNavarroRivers for gross output" in made.stderr
    assert "Traceback" not in made.stderr
