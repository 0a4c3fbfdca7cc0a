"""A real panel with a real supply network, from the study file to clustered errors."""

import csv
import gzip
import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.pipelines.cache import Cache
from spillover.pipelines.plan import Plan
from spillover.pipelines.read import inputs_of, read_tables
from spillover.pipelines.stages import Prepared, estimate_model, prepare

EXAMPLE = Path(__file__).parents[2] / "examples" / "rnd_supply"


@pytest.fixture(scope="module")
def plan(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("rnd_supply")
    shutil.copy(EXAMPLE / "study.toml", folder)
    (folder / "data").symlink_to(shared / "data" / "rnd_supply")
    study = sp.load_study(folder)
    return Plan(study, inputs_of(study), Cache())


@pytest.fixture(scope="module")
def prepared(plan: Plan) -> Prepared:
    return prepare(plan, read_tables(plan))


@pytest.fixture(scope="module")
def by_loop(shared: Path) -> dict[str, dict[tuple[str, int], float]]:
    """The four exposures, one partner after the other."""
    folder = shared / "data" / "rnd_supply"
    country = {row["unit"]: row["country"] for row in rows(folder / "units.csv")}
    shock = {
        (row["unit"], int(row["year"])): float(np.log(float(row["rnd_stock"])))
        for row in rows(folder / "panel.csv")
        if row["rnd_stock"]
    }
    sums: dict[str, dict[tuple[str, int], list[float]]] = defaultdict(lambda: defaultdict(list))
    with gzip.open(folder / "links.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            year, value = int(row["year"]), float(row["value"])
            pair = row["supplier"], row["customer"]
            where = "home" if country[pair[0]] == country[pair[1]] else "abroad"
            for kind, own, other in (("suppliers", 1, 0), ("customers", 0, 1)):
                g = shock.get((pair[other], year))
                cell = sums[f"{kind}_{where}"][pair[own], year + 1]
                cell.append((value, np.nan if g is None else g))
    return {name: {key: mean(cell) for key, cell in cells.items()} for name, cells in sums.items()}


def rows(file: Path) -> csv.DictReader:
    return csv.DictReader(file.read_text("utf-8").splitlines())


def mean(cell: list[tuple[float, float]]) -> float:
    known = [(w, g) for w, g in cell if not np.isnan(g)]
    total, covered = sum(w for w, _ in cell), sum(w for w, _ in known)
    if not total or covered / total < 0.5:
        return float("nan")
    return sum(w * g for w, g in known) / covered


@pytest.mark.reference
def test_exposures_equal_a_plain_loop(
    prepared: Prepared, by_loop: dict[str, dict[tuple[str, int], float]]
) -> None:
    panel = prepared.sample.panel
    keys = list(zip(panel.units[panel.codes], panel.years.tolist(), strict=True))
    for exposure in prepared.exposures:
        expected = np.array([by_loop[exposure.name].get(key, np.nan) for key in keys])
        found = panel.numbers(exposure.name)
        assert np.array_equal(np.isnan(found), np.isnan(expected)), exposure.name
        assert np.nanmax(np.abs(found - expected)) < 1e-12, exposure.name
        assert np.sum(~np.isnan(found)) > 1_000


@pytest.mark.reference
def test_every_row_of_the_three_files_is_read(prepared: Prepared) -> None:
    kept = {record.table: record.rows_kept for record in prepared.tables.provenance}
    assert kept["firms"] == 119
    assert kept["firm_years"] == 2_637
    assert all(record.rows_read == record.rows_kept for record in prepared.tables.provenance)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.oracle
@pytest.mark.reference
def test_coefficients_and_clustered_errors_equal_those_of_pyfixest(
    plan: Plan, prepared: Prepared
) -> None:
    pyfixest = pytest.importorskip("pyfixest")
    model = plan.study.models[0]
    found = estimate_model(plan, prepared.sample, model).tidy()
    panel = prepared.sample.panel
    terms = list(model.design.regressors)
    data = pd.DataFrame({name: panel.numbers(name) for name in (model.design.outcome, *terms)})
    data["firm_id"], data["year"] = panel.units[panel.codes].astype(str), panel.years
    # Blanks around +: without them some releases of pyfixest count degrees of freedom wrongly.
    formula = f"{model.design.outcome} ~ {' + '.join(terms)} | firm_id + year"
    fit = pyfixest.feols(formula, data=data.dropna(), vcov={"CRV1": "firm_id"})
    assert fit._N == 1_186
    np.testing.assert_allclose(found["estimate"], fit.coef()[terms], rtol=1e-9)
    np.testing.assert_allclose(found["std_error"], fit.se()[terms], rtol=1e-9)


@pytest.mark.reference
def test_the_study_ends_in_a_report(plan: Plan, tmp_path: Path) -> None:
    result = sp.run(plan.study, tmp_path / "results")
    assert "suppliers abroad" in result.report.read_text("utf-8")
    assert (result.folder / "tables" / "estimates.tex").is_file()
