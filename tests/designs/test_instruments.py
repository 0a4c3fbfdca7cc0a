"""InstrumentalVariables against dummies, linearmodels and its own limits."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.instruments import InstrumentalVariables
from spillover.errors import IdentificationError, SpecificationError
from spillover.estimation.estimate import estimate
from spillover.inference.independent import Heteroskedastic, Homoskedastic
from spillover.sample import Sample
from spillover.tables.panel import Panel

METHODS = ("2sls", "liml", "fuller", "gmm", "gmm_iterated")
CARD = "lwage ~ exper + expersq + black + south + smsa | educ ~ nearc2 + nearc4"


def frame_of(seed: int, n: int = 240) -> pd.DataFrame:
    """Two endogenous regressors, three instruments, one exogenous regressor, firm effects."""
    rng = np.random.default_rng(seed)
    firm, year = np.arange(n) // 8, np.arange(n) % 8
    z = rng.normal(size=(n, 3)) + 0.2 * firm[:, None]
    x = rng.normal(size=n)
    u, v = rng.normal(size=n), rng.normal(size=(n, 2))
    d = np.column_stack([z[:, 0] + 0.5 * z[:, 2], z[:, 1]]) + v + 0.6 * u[:, None]
    d += 0.3 * x[:, None]
    return pd.DataFrame(
        {
            "firm_id": [f"F{code:02d}" for code in firm],
            "year": 2000 + year,
            "y": 0.5 * d[:, 0] - 0.3 * d[:, 1] + x + 0.5 * firm + u,
            "d": d[:, 0],
            "e": d[:, 1],
            "x": x,
            "z1": z[:, 0],
            "z2": z[:, 1],
            "z3": z[:, 2],
            "w": rng.uniform(0.5, 2.0, n),
        }
    )


def sample_of(frame: pd.DataFrame) -> Sample:
    return Sample.of(Panel.of(frame))


@pytest.fixture
def sample() -> Sample:
    return sample_of(frame_of(1))


def test_two_stage_least_squares_is_the_projection_formula_with_dummies(sample: Sample) -> None:
    design = InstrumentalVariables.formula("y ~ x | firm_id | d + e ~ z1 + z2 + z3", weights="w")
    solution = design.solve(sample)
    root = np.sqrt(sample.column("w"))[:, None]
    codes, levels = sample.codes("firm_id")
    dummies = (codes[:, None] == np.arange(levels)).astype(float)
    X = np.column_stack([sample.column(c) for c in ("d", "e", "x")] + [dummies]) * root
    Z = np.column_stack([sample.column(c) for c in ("z1", "z2", "z3", "x")] + [dummies]) * root
    y = sample.column("y") * root[:, 0]
    fitted = Z @ np.linalg.lstsq(Z, X, rcond=None)[0]
    beta = np.linalg.lstsq(fitted, y, rcond=None)[0]
    assert solution.names == ("d", "e", "x")
    np.testing.assert_allclose(solution.beta, beta[:3], rtol=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("formula", ["y ~ x | d ~ z1 + z3", "y ~ x | firm_id | d ~ z1 + z3"])
def test_rows_permuted_and_firms_renamed_change_nothing(method: str, formula: str) -> None:
    frame = frame_of(2)
    design = InstrumentalVariables.formula(formula, method=method)
    shuffled = frame.sample(frac=1, random_state=3)
    shuffled["firm_id"] = "Z" + shuffled["firm_id"]
    first, second = (design.solve(sample_of(one)) for one in (frame, shuffled))
    # Iterated weights settle to about 1e-9.
    np.testing.assert_allclose(first.beta, second.beta, rtol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_the_influence_function_sums_to_zero_where_the_moments_are_solved(
    sample: Sample, method: str
) -> None:
    design = InstrumentalVariables.formula("y ~ x | firm_id | d ~ z1 + z3", method=method)
    psi = design.solve(sample).psi
    np.testing.assert_allclose(psi.sum(axis=0), 0, atol=1e-9 * np.abs(psi).max() * len(psi))


@pytest.mark.parametrize("formula", ["y ~ x | d ~ z1", "y ~ x | firm_id | d ~ z1"])
def test_all_methods_agree_when_just_identified(sample: Sample, formula: str) -> None:
    methods = ("2sls", "liml", "gmm", "gmm_iterated")
    found = [InstrumentalVariables.formula(formula, method=m).solve(sample).beta for m in methods]
    for beta in found[1:]:
        np.testing.assert_allclose(beta, found[0], rtol=1e-8)


def test_a_regressor_as_its_own_instrument_gives_least_squares(sample: Sample) -> None:
    frame = sample.panel.frame.assign(copy=sample.panel.frame["d"])
    instrumented = InstrumentalVariables.formula("y ~ x | firm_id | d ~ copy")
    plain = FixedEffects.formula("y ~ d + x | firm_id")
    one, other = (design.solve(sample_of(frame)) for design in (instrumented, plain))
    np.testing.assert_allclose(one.beta, other.beta, rtol=1e-10)
    np.testing.assert_allclose(one.psi, other.psi, atol=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("method", "peer"), [("2sls", "IV2SLS"), ("liml", "IVLIML"), ("gmm", "IVGMM")]
)
def test_coefficients_equal_those_of_linearmodels(sample: Sample, method: str, peer: str) -> None:
    import linearmodels.iv

    frame = sample.panel.frame
    design = InstrumentalVariables.formula("y ~ x | d + e ~ z1 + z2 + z3", method=method)
    model = getattr(linearmodels.iv, peer)(
        frame["y"], frame[["x"]].assign(one=1.0), frame[["d", "e"]], frame[["z1", "z2", "z3"]]
    )
    peers = model.fit().params[["d", "e", "x", "one"]]
    np.testing.assert_allclose(design.solve(sample).beta, peers, rtol=1e-8)


def test_homoskedastic_errors_equal_a_direct_formula(sample: Sample) -> None:
    found = estimate(
        sample, InstrumentalVariables.formula("y ~ x | d ~ z1 + z3"), vcov=Homoskedastic()
    )
    ones = np.ones(len(sample))
    X = np.column_stack([sample.column("d"), sample.column("x"), ones])
    Z = np.column_stack([sample.column(c) for c in ("z1", "z3", "x")] + [ones])
    fitted = Z @ np.linalg.lstsq(Z, X, rcond=None)[0]
    beta = np.linalg.solve(fitted.T @ X, fitted.T @ sample.column("y"))
    e = sample.column("y") - X @ beta
    V = e @ e / (len(sample) - 3) * np.linalg.inv(fitted.T @ fitted)
    np.testing.assert_allclose(found.covariance.matrix, V, rtol=1e-8)


@pytest.mark.reference
def test_card_returns_to_schooling(shared: Path) -> None:
    """2SLS and common-variance errors of fixest 0.14.2 on the data of Card (1995)."""
    cases = json.loads((shared / "reference" / "regressions.json").read_text("utf-8"))["cases"]
    case = next(c for c in cases if c["id"] == "R09b_card_iv_iid")
    peer = case["peers"]["fixest 0.14.2"]
    frame = pd.read_csv(shared / case["data"])  # noqa: TID251 - reference data have no schema
    frame = frame.assign(firm_id=[f"{i:05d}" for i in range(len(frame))], year=1976)
    found = estimate(sample_of(frame), InstrumentalVariables.formula(CARD), vcov=Homoskedastic())
    table = found.tidy().rename(index={"constant": "Intercept"})
    for term, value in peer["coef"].items():
        assert table.loc[term, "estimate"] == pytest.approx(value, rel=case["rtol"])
        assert table.loc[term, "std_error"] == pytest.approx(peer["se"][term], rel=case["rtol"])


@pytest.mark.parametrize(
    ("formula", "kind", "text"),
    [
        ("y ~ x | d + e ~ z1", IdentificationError, "at least as many"),
        ("y ~ x | d ~ x", SpecificationError, "two roles"),
        ("y ~ x | d ~ d", SpecificationError, "two roles"),
        ("y ~ x | d ~ y", SpecificationError, "both sides"),
        ("y ~ x | firm_id", SpecificationError, "instruments"),
        ("y ~ x | firm_id | d ~ level", IdentificationError, "absorbed"),
        ("y ~ x | firm_id | d ~ z1 + twice", IdentificationError, "combination"),
        ("y ~ x | d + e ~ z1 + useless", IdentificationError, "canonical correlation"),
    ],
)
def test_models_that_cannot_be_identified_are_refused(
    formula: str, kind: type[Exception], text: str
) -> None:
    frame = frame_of(5)
    e, x, z1 = (frame[c].to_numpy() for c in ("e", "x", "z1"))
    known = np.column_stack([np.ones(len(e)), x, z1, frame["d"].to_numpy(), e])
    noise = np.random.default_rng(0).normal(size=len(e))
    frame["useless"] = noise - known @ np.linalg.lstsq(known, noise, rcond=None)[0]
    frame["level"] = frame["firm_id"].str[1:].astype(float)
    frame["twice"] = 2 * frame["z1"]
    with pytest.raises(kind, match=text):
        InstrumentalVariables.formula(formula).solve(sample_of(frame))


def test_more_instruments_than_rows_are_refused() -> None:
    frame = frame_of(6, n=16)
    instruments = (
        "i(firm_id)",
        "i(year)",
        "z1",
        "z2",
        "z3",
        "e",
        *(f"w * z{j}" for j in (1, 2, 3)),
    )
    with pytest.raises(IdentificationError, match=r"more rows|combination"):
        InstrumentalVariables("y", ("d",), instruments).solve(sample_of(frame))


def test_gmm_weights_moments_by_cluster(sample: Sample) -> None:
    design = InstrumentalVariables.formula("y ~ x | d ~ z1 + z3", method="gmm")
    clustered = dataclasses.replace(design, gmm_cluster="firm_id")
    assert np.abs(design.solve(sample).beta - clustered.solve(sample).beta).max() > 1e-6
    with pytest.raises(SpecificationError, match="GMM"):
        dataclasses.replace(design, method="2sls", gmm_cluster="firm_id")


def test_robust_errors_equal_the_textbook_sandwich(sample: Sample) -> None:
    found = estimate(
        sample, InstrumentalVariables.formula("y ~ x | d ~ z1 + z3"), vcov=Heteroskedastic("HC0")
    )
    linear = found.solution.linear
    assert linear is not None
    assert linear.Z is not None
    fitted = linear.Z @ np.linalg.lstsq(linear.Z, linear.X, rcond=None)[0]
    bread = np.linalg.inv(fitted.T @ fitted)
    scores = fitted * found.solution.residuals[:, None]
    np.testing.assert_allclose(
        found.covariance.matrix, bread @ scores.T @ scores @ bread, rtol=1e-8
    )


def test_the_reference_of_dummies_stands_in_the_notes(sample: Sample) -> None:
    design = InstrumentalVariables.formula("y ~ x + i(year) | firm_id | d ~ z1 + z2")
    first = int(sample.years.min())
    assert f"year={first} is the reference of i(year)" in design.solve(sample).notes


@pytest.mark.parametrize("effects", ["", "| firm_id "])
def test_arrays_are_free_of_copies_and_cannot_be_written_to(sample: Sample, effects: str) -> None:
    linear = InstrumentalVariables.formula(f"y ~ x {effects}| d ~ z1 + z2").solve(sample).linear
    assert np.shares_memory(linear.X, linear.Z)
    for array in (linear.X, linear.Z):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1.0
