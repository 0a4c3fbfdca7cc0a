"""The messages of the error catalogue are those that the library gives."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import spillover as sp
from spillover.errors import SpilloverError
from spillover.numerics.series import chained
from spillover.pipelines.begin import begin
from spillover.reports.disclosure import DisclosureRule, refuse_identifiers
from spillover.tables.report import TablesError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "errors.md"
SECTIONS = dict(
    re.findall(
        r"^## `(\w+)`, (exit code \d.*?)(?=^## |\Z)",
        PAGE.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def messages(section: str) -> list[str]:
    return [plain(text) for text in re.findall(r"```text\n(.*?)```", section, re.DOTALL)]


def classes(root: type[SpilloverError]) -> list[type[SpilloverError]]:
    below = root.__subclasses__()
    return [*below, *(deeper for kind in below for deeper in classes(kind))]


def fit(given: dict[str, Any], formula: str, vcov: object = None) -> None:
    sp.estimate(given["sample"], sp.FixedEffects.formula(formula), vcov)


def three_failures(_: dict[str, Any]) -> None:
    sp.read(
        {
            "firms": pd.DataFrame({"firm_id": ["F1", "F2"], "entity_kind": "firm"}),
            "firm_years": pd.DataFrame(
                {"firm_id": ["F1", "F1"], "year": [2020, 2020], "sales": ["1,000", "2"]}
            ),
            "supply_links": pd.DataFrame(
                {"supplier_id": ["F1"], "customer_id": ["F9"], "year": [2020]}
            ),
        }
    )


def zero_sales(given: dict[str, Any]) -> None:
    frame = given["tables"].panel.frame
    sales = frame["sales"].where(frame["year"] > 2015, 0)
    sp.measure(sp.Panel.of(frame.assign(sales=sales)), sp.SolowResidual())


def flows_without_origin(given: dict[str, Any]) -> None:
    tables = given["tables"]
    kept = {name: tables[name] for name in ("firms", "firm_years")}
    flows = tables["industry_flows"].drop(columns="origin")
    sp.connect(type(tables)(kept | {"industry_flows": flows}), sp.IndustryFlows(table_id="jp2015"))


def endless_chains(given: dict[str, Any]) -> None:
    supply = given["supply"]
    matrix = sp.normalize(supply.customers(), 2020, "row")
    sp.katz(matrix, np.ones(len(supply.firms)), 1.5)


def unknown_groups(given: dict[str, Any]) -> None:
    tables = given["tables"]
    firms = tables["firms"].drop(columns="group_id", errors="ignore")
    frames = {"firms": firms, **{name: tables[name] for name in ("firm_years", "supply_links")}}
    supply = sp.connect(type(tables)(frames), sp.SupplyLinks(weight="binary"), "supply")
    sp.expose(supply.customers(), given["foreign"], sp.Neighbors(isolates="missing"))


def many_levels(_: dict[str, Any]) -> None:
    n, rng = 14_000, np.random.default_rng(1)
    level = np.arange(n) % 3_500
    frame = pd.DataFrame(
        {
            "row": [f"{i:05d}" for i in range(n)],
            "year": 2000,
            "a": level.astype(str),
            "b": rng.permutation(level).astype(str),
            "x": rng.normal(size=n),
            "y": rng.normal(size=n),
        }
    )
    sample = sp.Sample.of(sp.Panel.of(frame, "row", "year"))
    sp.estimate(sample, sp.FixedEffects.formula("y ~ x | a + b"), sp.Heteroskedastic("HC3"))


CASES: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "zero sales": ("DataError", zero_sales),
    "no origin": ("DataError", flows_without_origin),
    "failures": ("TablesError", three_failures),
    "field": ("SpecificationError", lambda _: sp.Neighbors(isolates="none")),
    "filter": ("SpecificationError", lambda given: given["sample"].where("foreign = 0")),
    "union": (
        "SpecificationError",
        lambda _: sp.Cluster("firm_id") | sp.WildCluster("firm_id"),
    ),
    "decay": ("SpecificationError", endless_chains),
    "groups": ("SpecificationError", unknown_groups),
    "column": ("UnknownNameError", lambda given: fit(given, "log_tfp ~ bakward | firm_id")),
    "function": (
        "UnknownNameError",
        lambda _: sp.FixedEffects.formula("log_tfp ~ __import__('os')"),
    ),
    "absorbed": (
        "IdentificationError",
        lambda given: fit(given, "log_tfp ~ backward + year | firm_id + year"),
    ),
    "collinear": (
        "IdentificationError",
        lambda given: fit(given, "log_tfp ~ backward + 2 * backward | firm_id"),
    ),
    "no rows": ("IdentificationError", lambda given: given["sample"].where("year > 2030")),
    "one cluster": (
        "IdentificationError",
        lambda given: sp.estimate(
            given["sample"].where("year == 2020"),
            sp.FixedEffects.formula("log_tfp ~ backward | industry"),
            sp.Cluster("year"),
        ),
    ),
    "balls": (
        "IdentificationError",
        lambda given: fit(
            given, "log_tfp ~ backward | firm_id", sp.NetworkHAC("supply", bandwidth=6)
        ),
    ),
    "chains": (
        "ConvergenceError",
        lambda _: chained(sparse.csr_array([[0.0, 1.0], [1.0, 0.0]]), np.ones(2)),
    ),
    "identifier": (
        "DisclosureError",
        lambda _: refuse_identifiers(["Sales of F0001"], ["F0001"], "report.words"),
    ),
    "few firms": (
        "DisclosureError",
        lambda _: DisclosureRule().require(4, "the mean of Tottori"),
    ),
    "levels": ("ResourceError", many_levels),
    "folder": ("OutputError", lambda _: begin("supplier_link", Path("my_study"))),
}


@pytest.mark.parametrize("name", CASES)
def test_a_message_of_the_catalogue_is_the_real_one(
    name: str, given: dict[str, Any], desk: Path
) -> None:
    (desk / "my_study").mkdir()
    (desk / "my_study" / "notes.txt").touch()
    kind, cause = CASES[name]
    with pytest.raises(SpilloverError) as caught:
        cause(given)
    assert type(caught.value).__name__ == kind
    assert plain(str(caught.value)).replace(f"{desk}/", "") in messages(SECTIONS[kind])


def test_every_message_of_the_catalogue_is_produced_by_a_case() -> None:
    shown = sum(len(messages(section)) for section in SECTIONS.values())
    assert shown == len(CASES)


def test_the_catalogue_has_every_class_with_its_exit_code() -> None:
    assert issubclass(TablesError, SpilloverError)
    codes = {kind.__name__: f"exit code {kind.exit_code}" for kind in classes(SpilloverError)}
    assert set(codes) == set(SECTIONS)
    assert all(SECTIONS[kind].startswith(code) for kind, code in codes.items())
