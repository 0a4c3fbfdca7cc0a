"""Stored optima and roots: reference/productivity.json, see its meta for software and status."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spillover.productivity.ackerberg_caves_frazer import AckerbergCavesFrazer
from spillover.productivity.law import LawOfMotion
from spillover.productivity.levinsohn_petrin import LevinsohnPetrin
from spillover.productivity.measure import measure
from spillover.productivity.olley_pakes import OlleyPakes
from spillover.productivity.productivity import Productivity
from spillover.productivity.roots import RootRule
from spillover.productivity.two_step import TwoStep
from spillover.tables.panel import Panel

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def chile(numbers_of: Callable[[str], pd.DataFrame]) -> Panel:
    return Panel.of(numbers_of("chilean.csv"), "idvar", "timevar")


@pytest.fixture(scope="module")
def replica(numbers_of: Callable[[str], pd.DataFrame]) -> Panel:
    return Panel.of(numbers_of("acf_dgp3_replica.csv"), "firm", "period")


def roles(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "output": spec["output"],
        "concept": spec["concept"],
        "free": tuple(spec["free"]),
        "state": tuple(spec["state"]),
        "proxy": spec["proxy"],
        "degree": spec["degree"],
        "law": LawOfMotion(degree=spec["markov_degree"]),
        "in_logs": True,
    }


def two_step(case: dict[str, Any]) -> TwoStep:
    spec = case["spec"]
    common = roles(spec) | {"markov_fit": spec["markov_fit"]}
    if case["estimator"] == "OlleyPakes" or spec.get("survival"):
        return OlleyPakes(**common, survival=spec["survival"])
    return LevinsohnPetrin(**common)


def firm_clustered(made: Productivity) -> np.ndarray:
    block = made.blocks[0]
    codes = made.panel.codes[block.rows]
    groups = int(codes.max()) + 1
    totals = np.zeros((groups, len(block.technology)))
    np.add.at(totals, codes, block.parameters.influence[:, list(block.technology)])
    return np.sqrt(groups / (groups - 1) * np.sum(totals**2, axis=0))


def check(made: Productivity, case: dict[str, Any]) -> None:
    block, expected = made.blocks[0], case["expect"]
    found = block.parameters.values[list(block.technology)]
    np.testing.assert_allclose(found, expected["coef"], rtol=1e-6)
    assert block.statistics["criterion"] == pytest.approx(expected["criterion"], rel=1e-9)
    assert block.statistics["pairs"] == expected["n2"]
    if "mean_probability" in expected:
        stored = expected["mean_probability"]
        assert block.statistics["mean_probability"] == pytest.approx(stored, rel=1e-6)
    if "se_two_step_firm_cluster" in expected:
        stored = expected["se_two_step_firm_cluster"]
        np.testing.assert_allclose(firm_clustered(made), stored, rtol=1e-4)


def test_chilean_optima_and_firm_clustered_errors_equal_the_stored_ones(
    stored: dict[str, Any], chile: Panel
) -> None:
    cases = {k: c for k, c in stored["cases"].items() if k.startswith("chilean_")}
    assert len(cases) == 36
    for case in cases.values():
        check(measure(chile, two_step(case)), case)


def test_optima_of_the_simulated_file_equal_the_stored_ones(
    stored: dict[str, Any], replica: Panel
) -> None:
    cases = {k: c for k, c in stored["cases"].items() if k.startswith("acf_dgp3_replica_LP")}
    assert len(cases) == 10
    for case in cases.values():
        check(measure(replica, two_step(case)), case)


def test_every_stored_root_is_found_and_only_the_genuine_one_is_clean(
    stored: dict[str, Any], replica: Panel
) -> None:
    cases = {k: c for k, c in stored["cases"].items() if c["estimator"] == "AckerbergCavesFrazer"}
    assert len(cases) == 6
    for case in cases.values():
        made = measure(replica, AckerbergCavesFrazer(**roles(case["spec"])))
        exact = [root for root in made.blocks[0].roots if root.exact]
        for expected in case["expect"]["roots"]:
            gaps = [np.abs(np.subtract(r.coefficients, expected["coef"])).max() for r in exact]
            root = exact[int(np.argmin(gaps))]
            np.testing.assert_allclose(root.coefficients, expected["coef"], rtol=1e-6)
            assert bool(root.flags) != expected["genuine"]
            lag = expected["correlation_of_productivity_with_its_lag"]
            free = expected["correlation_of_productivity_with_free_input"]
            assert root.persistence == pytest.approx(lag, abs=1e-6)
            assert root.correlations[0] == pytest.approx(free, abs=1e-6)
        genuine = case["expect"]["roots"][0]
        found = made.blocks[0].parameters.values[list(made.blocks[0].technology)]
        np.testing.assert_allclose(found, genuine["coef"], rtol=1e-6)
        stored_errors = genuine["se_two_step_firm_cluster"]
        np.testing.assert_allclose(firm_clustered(made), stored_errors, rtol=1e-4)


def test_local_minima_with_a_positive_objective_are_listed_but_never_called_roots(
    chile: Panel,
) -> None:
    spec = AckerbergCavesFrazer(
        "Y",
        "value_added",
        ("fX1", "fX2"),
        "sX",
        "pX",
        in_logs=True,
        roots=RootRule(ignore=("negative_labour_correlation",)),
    )
    roots = measure(chile, spec).blocks[0].roots
    assert [root.exact for root in roots].count(True) == 1
    assert len(roots) > 1
    assert all(root.objective > 1e-3 for root in roots if not root.exact)
