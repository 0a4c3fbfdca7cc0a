"""What the examples of the pages take as given."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import spillover as sp

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "kyushu_semiconductor" / "data"


@pytest.fixture(scope="session")
def given() -> dict[str, Any]:
    """Names that docs/index.md promises: the Kyushu example, with industry flows and counts.

    Pages on one topic use a name without building it again: ``tables``, ``supply``, ``sample``,
    ``design`` and a few more.
    """
    tables = sp.read(_files())
    supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
    copatent = sp.connect(tables, sp.JointPatents())
    foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)
    rule = sp.Neighbors(lag=1, isolates="zero")
    exposures = [
        sp.expose(supply.customers(), foreign, rule, name="backward"),
        sp.expose(supply.suppliers(), foreign, rule, name="forward"),
        sp.expose(copatent, foreign, rule, name="joint_rd"),
    ]
    tfp = sp.measure(tables.panel, sp.SolowResidual())
    luck = sp.recenter(exposures[0], sp.Assignment(within=("industry",)))
    sample = sp.Sample.of(
        tables.panel, tfp, foreign, luck, exposures=exposures, networks=[supply]
    ).where("foreign == 0")
    design = sp.FixedEffects.formula(
        "log_tfp ~ backward + forward + log1p(backward_degree) | firm_id + industry^year"
    )
    return _shift_share(sample) | {
        "sp": sp,
        "tables": tables,
        "supply": supply,
        "copatent": copatent,
        "foreign": foreign,
        "backward": exposures[0],
        "tfp": tfp,
        "sample": sample,
        "design": design,
    }


def _shift_share(sample: sp.Sample) -> dict[str, Any]:
    """Shares of firms in product categories, growth of imports in each, and a panel with both."""
    rng = np.random.default_rng(2)
    frame = sample.panel.frame[["firm_id", "year"]].assign(
        log_tfp=sample.panel.frame["log_tfp"].to_numpy()
    )
    firms, codes, years = frame["firm_id"].unique(), list("ABCDEFGHIJKL"), range(2014, 2025)
    shares = rng.dirichlet(np.ones(len(codes)), len(firms))
    growth = rng.normal(size=(len(codes), len(years)))
    row, late = np.searchsorted(np.sort(firms), frame["firm_id"]), frame["year"] - 2015
    reached = np.sum(shares[row] * growth[:, late].T, axis=1)
    imports = reached + rng.normal(size=len(frame))
    cells = [(firm, code) for firm in np.sort(firms) for code in codes]
    dated = [(code, year) for code in codes for year in years]
    return {
        "table": pd.DataFrame(cells, columns=["firm_id", "industry"]).assign(share=shares.ravel()),
        "growth": pd.DataFrame(dated, columns=["industry", "year"]).assign(
            import_growth=growth.ravel()
        ),
        "panel": sp.Panel.of(frame.assign(imports=imports)),
    }


def _files() -> dict[str, Any]:
    """The tables of the example, patents of each firm and year, and flows between industries."""
    files: dict[str, Any] = {path.stem: path for path in sorted(DATA.glob("*.csv"))}
    years = _text(files["firm_years"])
    filed = _text(files["applicants"]).merge(_text(files["patents"]), on="patent_id")
    count = filed.groupby(["firm_id", "filing_year"]).size().rename("patents")
    years = years.join(count, on=["firm_id", "year"]).fillna({"patents": 0})
    return files | {"firm_years": years, "industry_flows": _flows()}


def _text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str)  # noqa: TID251 - text first, as the library reads


def _flows() -> pd.DataFrame:
    codes = sorted(_text(DATA / "firms.csv")["industry"].dropna().unique())
    rng = np.random.default_rng(1)
    rows = [(a, b, float(rng.integers(1, 100))) for a in codes for b in codes]
    flows = pd.DataFrame(rows, columns=["from_code", "to_code", "flow"])
    return flows.assign(table_id="jp2015", year=2015, origin="domestic")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder in which the paths of the pages lead somewhere."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "my_tables").symlink_to(DATA)
    monkeypatch.chdir(tmp_path)
    return tmp_path
