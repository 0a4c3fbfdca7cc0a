"""FixedEffects beside other software."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.inference.cluster import Cluster
from spillover.inference.covariance import covariance
from spillover.inference.dependence import Dependence
from spillover.inference.independent import Heteroskedastic
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.tables.panel import Panel


def standard_errors(solution: Solution, sample: Sample, vcov: Dependence) -> np.ndarray:
    return np.sqrt(np.diag(covariance(solution, sample.take(solution.rows), vcov).matrix))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Firms that move between industries and prefectures, some seen once."""
    rng = np.random.default_rng(11)
    n = 1500
    frame = pd.DataFrame(
        {
            "row": np.arange(n).astype(str),
            "firm_id": rng.integers(0, 300, n).astype(str),
            "year": rng.integers(2000, 2010, n),
            "industry": rng.integers(0, 12, n).astype(str),
            "prefecture": rng.integers(1, 30, n).astype(str),
            "x": rng.normal(size=n),
            "z": rng.normal(size=n),
            "w": rng.uniform(0.5, 3, n),
        }
    )
    firm = frame["firm_id"].astype(int)
    frame["x"] += firm / 100
    frame["y"] = 0.4 * frame["x"] - frame["z"] + np.sin(firm) + rng.normal(size=n)
    return frame


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize(
    ("formula", "vcov", "theirs"),
    [
        ("y ~ x + z", Heteroskedastic("HC0"), "HC1"),
        ("y ~ x + z | firm_id", Cluster("firm_id", "none"), {"CRV1": "firm_id"}),
        ("y ~ x + z | firm_id + year", Cluster("firm_id", "none"), {"CRV1": "firm_id"}),
        ("y ~ x + z | firm_id + year", Cluster("year", "none"), {"CRV1": "year"}),
        (
            "y ~ x + z | firm_id + industry^year + prefecture^year",
            Cluster("firm_id", "none"),
            {"CRV1": "firm_id"},
        ),
    ],
)
def test_pyfixest_agrees_on_coefficients_and_standard_errors(
    frame: pd.DataFrame,
    formula: str,
    vcov: Dependence,
    theirs: str | dict[str, str],
    weights: str | None,
) -> None:
    # Without factors: pyfixest 0.60 counts nested effects in the order of a hash table. The
    # factors themselves are checked against stored values of fixest.
    pyfixest = pytest.importorskip("pyfixest")
    sample = Sample.of(Panel.of(frame, "row", "year"))
    solution = FixedEffects.formula(formula, weights=weights).solve(sample)
    other = pyfixest.feols(
        formula,
        frame,
        vcov=theirs,
        weights=weights,
        fixef_rm="singleton",
        ssc=pyfixest.ssc(k_adj=False, G_adj=False),
    )
    order = [name if name != "constant" else "Intercept" for name in solution.names]
    coefficients, errors = other.coef()[order].to_numpy(), other.se()[order].to_numpy()
    assert len(solution.rows) == other._N
    np.testing.assert_allclose(solution.beta, coefficients, rtol=1e-6)
    np.testing.assert_allclose(standard_errors(solution, sample, vcov), errors, rtol=2e-6)
    if weights is None:
        assert solution.statistics["r2"] == pytest.approx(other._r2, rel=1e-8)
        within = solution.statistics.get("r2_within")
        assert within is None or within == pytest.approx(other._r2_within, rel=1e-6)


GRUNFELD = {"value": 0.116681132096891, "capital": 0.351435694157403}
"""fixest 0.14.2, invest ~ value + capital | firm + year, on the data of statsmodels."""


@pytest.mark.reference
def test_the_grunfeld_panel_gives_the_coefficients_of_fixest() -> None:
    datasets = pytest.importorskip("statsmodels.datasets")
    frame = datasets.grunfeld.load_pandas().data.astype({"year": int})
    sample = Sample.of(Panel.of(frame, "firm", "year"))
    solution = FixedEffects.formula("invest ~ value + capital | firm + year").solve(sample)
    assert dict(zip(solution.names, solution.beta, strict=True)) == pytest.approx(
        GRUNFELD, rel=1e-7
    )
    # HC1 with N/(N-K), K = 32; the same source.
    errors = standard_errors(solution, sample, Heteroskedastic("HC1"))
    np.testing.assert_allclose(errors, [0.0191007534212673, 0.0528701098403479], rtol=1e-7)


@pytest.mark.reference
@pytest.mark.parametrize(
    "name",
    ["R01_grunfeld_iid", "R13_singleton_dropped_cl_firm", "R13b_singleton_kept_cl_firm"],
)
def test_stored_coefficients_are_met(shared: Path, name: str) -> None:
    cases = json.loads((shared / "reference" / "regressions.json").read_text("utf-8"))["cases"]
    case = next(case for case in cases if case["id"] == name)
    frame = pd.read_csv(shared / case["data"])  # noqa: TID251 - reference data have no schema
    sample = Sample.of(Panel.of(frame.assign(row=np.arange(len(frame)).astype(str)), "row", "year"))
    expected = case["peers"][case["expect"]]
    rule = "keep" if "kept" in name else "drop"
    solution = FixedEffects.formula(case["formula"], singletons=rule).solve(sample)
    coefficients = dict(zip(solution.names, solution.beta, strict=True))
    assert coefficients == pytest.approx(expected["coef"], rel=case["rtol"])
    assert len(solution.rows) == expected["nobs"]
