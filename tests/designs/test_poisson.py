"""PoissonFixedEffects: laws, separation, refusals, stored values."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.designs.design import Design
from spillover.designs.poisson import PoissonFixedEffects
from spillover.errors import DataError, IdentificationError, SpecificationError
from spillover.inference.cluster import Cluster
from spillover.inference.covariance import covariance
from spillover.inference.independent import Heteroskedastic, Homoskedastic
from spillover.sample import Sample
from spillover.tables.panel import Panel

FORMULA = "patents ~ x + z | firm_id + year"


def frame_of(seed: int, firms: int = 25, years: int = 6) -> pd.DataFrame:
    """Patent counts of firms, some of which never have one."""
    rng = np.random.default_rng(seed)
    firm, year = np.repeat(np.arange(firms), years), np.tile(np.arange(years), firms)
    n = len(firm)
    x, z = rng.normal(size=n), rng.normal(size=n)
    level = rng.normal(size=firms)
    level[:3] = -np.inf
    patents = rng.poisson(np.exp(0.4 * x - 0.2 * z + level[firm] + 0.1 * year)).astype(float)
    return pd.DataFrame(
        {
            "firm_id": [f"F{code:03d}" for code in firm],
            "year": 2000 + year,
            "patents": patents,
            "x": x,
            "z": z,
            "w": rng.uniform(0.5, 2, n),
            "staff": rng.uniform(10, 20, n),
        }
    )


def sample_of(frame: pd.DataFrame) -> Sample:
    return Sample.of(Panel.of(frame))


def test_firms_without_any_patent_leave_and_are_counted() -> None:
    sample = sample_of(frame_of(1))
    solution = PoissonFixedEffects.formula(FORMULA).solve(sample)
    reasons = dict(solution.dropped)
    assert reasons["only zeros of patents in its firm_id or year"] >= 18
    assert len(solution.rows) + sum(reasons.values()) == len(sample)
    assert solution.linear is None
    assert isinstance(PoissonFixedEffects.formula(FORMULA), Design)


def test_residuals_sum_to_zero_in_every_level() -> None:
    solution = PoissonFixedEffects.formula(FORMULA).solve(sample_of(frame_of(2)))
    for codes in solution.effects.codes:
        np.testing.assert_allclose(np.bincount(codes, weights=solution.residuals), 0, atol=1e-8)
    np.testing.assert_allclose(solution.psi.sum(axis=0), 0, atol=1e-10)


@given(st.integers(0, 200))
def test_influence_is_the_derivative_with_respect_to_a_weight(seed: int) -> None:
    frame = frame_of(seed % 20)
    design = PoissonFixedEffects.formula(FORMULA, weights="w")
    base = design.solve(sample_of(frame))
    at = int(np.random.default_rng(seed).integers(len(base.rows)))
    moved = []
    for step in (1e-4, -1e-4):
        changed = frame.copy()
        changed.loc[base.rows[at], "w"] *= 1 + step
        moved.append(design.solve(sample_of(changed)).beta)
    np.testing.assert_allclose((moved[0] - moved[1]) / 2e-4, base.psi[at], rtol=1e-4, atol=1e-7)


@given(st.integers(0, 200))
def test_order_of_rows_and_names_of_firms_do_not_matter(seed: int) -> None:
    frame = frame_of(seed % 20)
    plain = PoissonFixedEffects.formula(FORMULA).solve(sample_of(frame))
    names = sorted(set(frame["firm_id"]))
    renaming = dict(zip(names, np.random.default_rng(seed).permutation(names), strict=True))
    moved = frame.assign(firm_id=frame["firm_id"].map(renaming)).sample(frac=1, random_state=seed)
    other = PoissonFixedEffects.formula(FORMULA).solve(sample_of(moved))
    np.testing.assert_allclose(other.beta, plain.beta, rtol=1e-8)
    np.testing.assert_allclose(other.psi.T @ other.psi, plain.psi.T @ plain.psi, rtol=1e-7)


def test_units_scale_coefficients_and_nothing_else() -> None:
    frame = frame_of(3)
    plain = PoissonFixedEffects.formula(FORMULA).solve(sample_of(frame))
    formula = "patents / 1000 ~ x * 1e5 + z | firm_id + year"
    scaled = PoissonFixedEffects.formula(formula).solve(sample_of(frame))
    np.testing.assert_allclose(scaled.beta, plain.beta / [1e5, 1], rtol=1e-7)


def test_an_offset_is_a_regressor_with_coefficient_one() -> None:
    frame = frame_of(4)
    frame["patents"] *= frame["staff"]
    exposed = PoissonFixedEffects.formula(FORMULA, offset="log(staff)").solve(sample_of(frame))
    # With weights equal to exposure, a rate has the same score as a count with an offset.
    rates = PoissonFixedEffects.formula(
        "patents / staff ~ x + z | firm_id + year", weights="staff"
    ).solve(sample_of(frame))
    np.testing.assert_allclose(exposed.beta, rates.beta, rtol=1e-7)
    np.testing.assert_allclose(exposed.psi, rates.psi, atol=1e-9)


@pytest.mark.parametrize("weights", [None, "w"])
def test_without_effects_a_constant_stands_last(weights: str | None) -> None:
    frame = frame_of(5)
    design = PoissonFixedEffects.formula("patents ~ x + z", weights=weights, offset="log(staff)")
    solution = design.solve(sample_of(frame))
    assert solution.names == ("x", "z", "constant")
    X = np.column_stack([frame["x"], frame["z"], np.ones(len(frame))])
    w = np.ones(len(frame)) if weights is None else frame["w"].to_numpy()
    mu = np.exp(X @ solution.beta) * frame["staff"].to_numpy()
    score = X * (w * (frame["patents"].to_numpy() - mu))[:, None]
    np.testing.assert_allclose(score.sum(axis=0), 0, atol=1e-7)
    hessian = X.T @ (X * (w * mu)[:, None])
    np.testing.assert_allclose(solution.psi, score @ np.linalg.inv(hessian), atol=1e-9)


def test_fit_statistics_are_those_of_their_definitions() -> None:
    sample = sample_of(frame_of(6))
    solution = PoissonFixedEffects.formula(FORMULA).solve(sample)
    y = sample.take(solution.rows).column("patents")
    mu = y - solution.residuals
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(y > 0, y * np.log(y / mu), 0) - (y - mu)
    assert solution.statistics["deviance"] == pytest.approx(2 * each.sum())
    gain = np.sum(y * np.log(mu) - mu) - np.sum(y * np.log(y.mean()) - y.mean())
    least = solution.statistics["log_likelihood"] - gain
    assert solution.statistics["pseudo_r2"] == pytest.approx(-gain / least)
    assert solution.statistics["mean_outcome"] == pytest.approx(y.mean())


def cells(values: dict[tuple[str, int], float]) -> Sample:
    """Firms and years with a given number of patents, three rows a cell."""
    rng = np.random.default_rng(0)
    rows = [
        {"row": f"{firm}{year}{copy}", "firm_id": firm, "year": year, "patents": value}
        for (firm, year), value in values.items()
        for copy in range(3)
    ]
    frame = pd.DataFrame(rows).assign(x=rng.normal(size=len(rows)))
    return Sample.of(Panel.of(frame, "row", "year"))


def test_rows_that_effects_alone_separate_leave_and_change_nothing() -> None:
    # The only link between two blocks of firms and years is a cell of zeros.
    blocks = {
        ("a", 1): 1.0, ("a", 2): 2.0, ("b", 1): 3.0, ("b", 2): 1.0,
        ("c", 3): 2.0, ("c", 4): 5.0, ("d", 3): 1.0, ("d", 4): 3.0,
    }  # fmt: skip
    linked = cells({**blocks, ("a", 3): 0.0})
    solution = PoissonFixedEffects.formula("patents ~ x | firm_id + year").solve(linked)
    assert solution.dropped == (("patents zero for certain given firm_id and year", 3),)
    kept = linked.where("not (firm_id == 'a' and year == 3)")
    alone = PoissonFixedEffects.formula("patents ~ x | firm_id + year").solve(kept)
    np.testing.assert_allclose(solution.beta, alone.beta, rtol=1e-8)
    assert solution.effects.components == 2


def test_regressors_that_separate_rows_are_refused_by_name() -> None:
    frame = frame_of(7)
    zeros = (frame["patents"] == 0) & (frame["firm_id"] > "F010")
    frame["ban"] = zeros.astype(float)
    frame["dose"] = np.where(zeros, 2.0, 0.0) + frame["z"]
    refuse(frame, IdentificationError, "that ban and the effects separate", "patents ~ x + ban")
    words = "that z and dose and the effects separate"
    refuse(frame, IdentificationError, words, "patents ~ x + z + dose | firm_id + year")


def test_collinear_regressors_are_named_even_when_others_separate() -> None:
    frame = frame_of(7)
    frame["ban"] = (frame["patents"] == 0).astype(float)
    frame["copy"] = 2 * frame["x"]
    refuse(frame, IdentificationError, "copy is a combination of x", "patents ~ x + copy + ban")


def refuse(frame: pd.DataFrame, error: type[Exception], words: str, formula: str) -> None:
    with pytest.raises(error, match=words):
        PoissonFixedEffects.formula(formula).solve(sample_of(frame))


def test_negative_outcomes_are_refused() -> None:
    frame = frame_of(9)
    frame.loc[[4, 9], "patents"] = -1.0
    refuse(frame, DataError, r"Found 2 negative values \(-1.0, -1.0\)", FORMULA)


def test_an_outcome_that_is_always_zero_is_refused() -> None:
    frame = frame_of(9).assign(patents=0.0)
    refuse(frame, IdentificationError, "patents is positive", FORMULA)
    refuse(frame, IdentificationError, "patents is positive", "patents ~ x")


def test_absorbed_and_collinear_regressors_are_named() -> None:
    frame = frame_of(10)
    frame["trend"], frame["copy"] = frame["year"] - 2000.0, 2 * frame["x"]
    refuse(frame, IdentificationError, "trend: 0.0 %", "patents ~ x + trend | year")
    refuse(frame, IdentificationError, "copy is a combination of x", "patents ~ x + copy | year")


def test_designs_that_cannot_mean_anything_are_refused() -> None:
    frame = frame_of(10)
    refuse(frame, SpecificationError, "at least one regressor", "patents ~ 1 | year")
    refuse(frame, SpecificationError, "both sides", "patents ~ patents")


@pytest.mark.reference
def test_stored_values_of_fixest_are_met(shared: Path) -> None:
    cases = json.loads((shared / "reference" / "regressions.json").read_text("utf-8"))["cases"]
    stored = {case["id"]: case for case in cases}
    frame = pd.read_csv(shared / stored["R12_pois_iid"]["data"])  # noqa: TID251 - reference data
    frame = frame.assign(row=np.arange(len(frame)).astype(str), year=2000)
    sample = Sample.of(Panel.of(frame, "row", "year"))
    solution = PoissonFixedEffects.formula("Y ~ X1 + X2 | f1 + f2").solve(sample)
    for name, vcov in (
        ("R12_pois_iid", Homoskedastic()),
        ("R12b_pois_cl_f1", Cluster("f1")),
        ("R12c_pois_hc1", Heteroskedastic()),
    ):
        case = stored[name]
        expected = case["peers"][case["expect"]]
        found = covariance(solution, sample.take(solution.rows), vcov)
        errors = np.sqrt(np.diag(found.matrix))
        assert len(solution.rows) == expected["nobs"]
        assert found.parameters == expected["df_k"]
        np.testing.assert_allclose(
            solution.beta, list(expected["coef"].values()), rtol=case["rtol"]
        )
        np.testing.assert_allclose(errors, list(expected["se"].values()), rtol=case["rtol"])


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
def test_pyfixest_agrees_on_coefficients_and_errors() -> None:
    pyfixest = pytest.importorskip("pyfixest")
    frame = frame_of(11, firms=60)
    sample = sample_of(frame)
    solution = PoissonFixedEffects.formula(FORMULA).solve(sample)
    other = pyfixest.fepois(
        FORMULA,
        frame,
        vcov={"CRV1": "firm_id"},
        fixef_rm="singleton",
        iwls_tol=1e-12,
        ssc=pyfixest.ssc(k_adj=False, G_adj=False),
    )
    found = covariance(solution, sample.take(solution.rows), Cluster("firm_id", "none"))
    np.testing.assert_allclose(solution.beta, other.coef().to_numpy(), rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(found.matrix)), other.se().to_numpy(), rtol=1e-5)
