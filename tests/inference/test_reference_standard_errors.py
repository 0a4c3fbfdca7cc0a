"""Coefficients and standard errors of other software, and the same rules written out."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.estimation.estimate import estimate
from spillover.inference.cluster import Cluster
from spillover.inference.dependence import AnyOf
from spillover.inference.independent import Heteroskedastic, Homoskedastic
from spillover.sample import Sample
from spillover.tables.panel import Panel

GRUNFELD = "invest ~ value + capital | firm_id + year"
SINGLETONS = "y ~ x1 + x2 | firm + year + ind"
KEEP = {"singletons": "keep"}

CASES = {
    "R01_grunfeld_iid": (GRUNFELD, {}, Homoskedastic()),
    "R02_grunfeld_hc1": (GRUNFELD, {}, Heteroskedastic("HC1")),
    "R03_grunfeld_cl_firm": (GRUNFELD, {}, Cluster("firm_id")),
    "R04_grunfeld_twoway": (GRUNFELD, {}, Cluster("firm_id") | Cluster("year")),
    "R13_singleton_dropped_cl_firm": (SINGLETONS, {}, Cluster("firm")),
    "R13b_singleton_kept_cl_firm": (SINGLETONS, KEEP, Cluster("firm")),
    "R13c_singleton_dropped_cl_firm_ind": (SINGLETONS, {}, Cluster("firm") | Cluster("ind")),
}


def case_of(shared: Path, name: str) -> tuple[dict, Sample]:
    cases = json.loads((shared / "reference" / "regressions.json").read_text("utf-8"))["cases"]
    case = next(case for case in cases if case["id"] == name)
    frame = pd.read_csv(shared / case["data"])  # noqa: TID251 - reference data have no schema
    if "firm_id" not in frame:
        frame["firm_id"] = frame["firm"]
    return case, rows_of(frame)


def rows_of(frame: pd.DataFrame) -> Sample:
    """The rows as they are; a running number is the key where firm and year repeat."""
    if frame.duplicated(["firm_id", "year"]).any():
        frame = frame.assign(row=np.arange(len(frame)))
        return Sample.of(Panel.of(frame, "row", "year"))
    return Sample.of(Panel.of(frame))


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("backwards", [False, True])
def test_stored_values_of_fixest_are_met(shared: Path, name: str, *, backwards: bool) -> None:
    """The order of the effects must not matter, as it does in one widely used package."""
    formula, options, vcov = CASES[name]
    case, sample = case_of(shared, name)
    if backwards:
        left, effects = formula.split(" | ")
        formula = f"{left} | {' + '.join(reversed(effects.split(' + ')))}"
    result = estimate(sample, FixedEffects.formula(formula, **options), vcov)
    expected, rtol = case["peers"][case["expect"]], case["rtol"]
    table = result.tidy()
    for column, key in (("estimate", "coef"), ("std_error", "se")):
        stored = pd.Series(expected[key])
        np.testing.assert_allclose(table.loc[stored.index, column], stored, rtol=rtol)
    p = pd.Series(expected["p"])
    np.testing.assert_allclose(table.loc[p.index, "p_value"], p, rtol=1e-4)
    assert result.nobs == expected["nobs"]
    assert result.covariance.df_t == expected["df_t"]
    assert result.covariance.parameters == expected["df_k"]


@pytest.mark.reference
def test_petersen_s_table_is_met_under_its_own_rule(shared: Path) -> None:
    case, sample = case_of(shared, "petersen_cluster")
    design = FixedEffects.formula("y ~ x")
    by = {way: Cluster(way, small_sample="petersen") for way in ("firm", "year")}
    both = Cluster("firm") | Cluster("year")
    found = {
        "ols": Homoskedastic(),
        "cluster_firm": by["firm"],
        "cluster_year": by["year"],
        "cluster_firm_year": by["firm"] | by["year"],
        "cluster_firm_year_own_factor_per_component": by["firm"] | by["year"],
        "cluster_firm_year_min_G": both,
        "hc1": Heteroskedastic("HC1"),
    }
    errors = {key: estimate(sample, design, vcov).tidy() for key, vcov in found.items()}
    for key, published in case["published_se_x"].items():
        assert errors[key].loc["x", "std_error"] == pytest.approx(published, abs=5e-5)
    for key, pair in case["computed_se"].items():
        if key in errors:
            stored = errors[key]["std_error"].loc[["constant", "x"]]
            np.testing.assert_allclose(stored, pair, rtol=case["rtol"])
    np.testing.assert_allclose(
        errors["ols"]["estimate"].loc[["constant", "x"]],
        [case["coef"]["const"], case["coef"]["x"]],
        rtol=1e-9,
    )


@pytest.fixture(scope="module")
def unbalanced() -> Sample:
    rng = np.random.default_rng(11)
    firms, years = 40, 8
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i:02d}" for i in range(firms)], years),
            "year": np.tile(np.arange(2001, 2001 + years), firms),
            "industry": np.repeat(rng.integers(0, 6, firms), years),
            "x1": rng.normal(size=firms * years),
            "x2": rng.normal(size=firms * years),
            "w": rng.uniform(0.5, 2.0, firms * years),
        }
    )
    common = np.repeat(rng.normal(size=firms), years) + np.tile(rng.normal(size=years), firms)
    frame["y"] = frame["x1"] + 0.3 * common * frame["x2"] + rng.normal(size=len(frame))
    return Sample.of(Panel.of(frame[rng.uniform(size=len(frame)) < 0.7]))


def written_out(sample: Sample, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inverse cross-product, scores and residuals with a dummy for every firm and year."""
    firm, F = sample.codes("firm_id")
    year, T = sample.codes("year")
    X = np.column_stack([sample.column("x1"), sample.column("x2")])
    D = np.column_stack([X, np.eye(F)[firm], np.eye(T)[year][:, 1:]])
    root = np.sqrt(weights)[:, None]
    A = np.linalg.inv((D * root).T @ (D * root))
    e = sample.column("y") - D @ (A @ (D.T @ (weights * sample.column("y"))))
    return A, D * (weights * e)[:, None], e


@pytest.mark.parametrize("weighted", [False, True])
def test_dummies_written_out_give_the_same_errors(unbalanced: Sample, *, weighted: bool) -> None:
    """fixest's rule: N - K with nested firm effects free, G/(G-1) of the smallest G."""
    n = len(unbalanced)
    w = unbalanced.column("w") if weighted else np.ones(n)
    A, scores, e = written_out(unbalanced, w)
    firm, F = unbalanced.codes("firm_id")
    year, T = unbalanced.codes("year")

    def meat(codes: np.ndarray) -> np.ndarray:
        sums = np.array([scores[codes == g].sum(axis=0) for g in np.unique(codes)])
        return sums.T @ sums

    def errors(middle: np.ndarray, factor: float) -> np.ndarray:
        return np.sqrt(factor * np.diag(A @ middle @ A)[:2])

    full = 2 + F + T - 1
    clustered = n - (2 + 1 + T - 1)
    neither = n - (2 + F + T - 1 - F - T + 2)
    pairs = firm * T + year
    smallest = min(F, T)
    expected = {
        Homoskedastic(): np.sqrt(np.diag(A)[:2] * (w @ e**2) / (n - full)),
        Heteroskedastic("HC1"): errors(scores.T @ scores, n / (n - full)),
        Cluster("firm_id"): errors(meat(firm), F / (F - 1) * (n - 1) / clustered),
        Cluster("firm_id") | Cluster("year"): errors(
            meat(firm) + meat(year) - meat(pairs), smallest / (smallest - 1) * (n - 1) / neither
        ),
        Cluster("firm_id", small_sample="none"): errors(meat(firm), 1.0),
        Cluster("firm_id", small_sample="xtreg"): errors(
            meat(firm), F / (F - 1) * (n - 1) / (n - 3)
        ),
        Cluster("firm_id", small_sample="linearmodels"): errors(meat(firm), n / (n - full)),
        Cluster("firm_id", small_sample="linearmodels_clustered"): errors(
            meat(firm), F / (F - 1) * (n - 1) / (n - full)
        ),
    }
    design = FixedEffects(
        "y", ("x1", "x2"), ("firm_id", "year"), weights="w" if weighted else None,
        singletons="keep",
    )  # fmt: skip
    for vcov, stated in expected.items():
        np.testing.assert_allclose(
            estimate(unbalanced, design, vcov).std_errors, stated, rtol=1e-9, err_msg=str(vcov)
        )


def test_permuted_rows_and_renamed_ids_change_nothing(unbalanced: Sample) -> None:
    frame = unbalanced.panel.frame
    design = FixedEffects.formula("y ~ x1 + x2 | firm_id + year")
    vcov = AnyOf((Cluster("firm_id"), Cluster("industry^year")))
    first = estimate(unbalanced, design, vcov)
    names = {
        old: f"Z{hash_free:03d}"
        for hash_free, old in enumerate(sorted(set(frame["firm_id"]))[::-1])
    }
    mixed = frame.sample(frac=1.0, random_state=3).replace({"firm_id": names})
    second = estimate(Sample.of(Panel.of(mixed)), design, vcov)
    np.testing.assert_allclose(second.beta, first.beta, rtol=1e-10)
    np.testing.assert_allclose(second.covariance.matrix, first.covariance.matrix, rtol=1e-9)
    assert second.covariance.parameters == first.covariance.parameters


def test_every_row_twice_in_its_cluster_leaves_the_unadjusted_variance(unbalanced: Sample) -> None:
    frame = unbalanced.panel.frame
    twice = pd.concat([frame, frame]).assign(row=np.arange(2 * len(frame)))
    design = FixedEffects.formula("y ~ x1 + x2 | firm_id + year", singletons="keep")
    for vcov, share in (
        (Cluster("firm_id", small_sample="none"), 1.0),
        (Heteroskedastic("HC0"), 0.5),
    ):
        one = estimate(unbalanced, design, vcov)
        two = estimate(Sample.of(Panel.of(twice, "row", "year")), design, vcov)
        np.testing.assert_allclose(two.covariance.matrix, share * one.covariance.matrix, rtol=1e-9)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")  # of the other package
def test_an_installed_package_agrees(unbalanced: Sample) -> None:
    """Blanks around plus signs, because without them pyfixest may lose the order of effects."""
    pf = pytest.importorskip("pyfixest")
    frame = unbalanced.panel.frame
    fit = pf.feols("y ~ x1 + x2 | firm_id + year", frame, vcov={"CRV1": "firm_id + year"})
    result = estimate(
        unbalanced,
        FixedEffects.formula("y ~ x1 + x2 | firm_id + year", singletons="keep"),
        replace(Cluster("firm_id") | Cluster("year"), repair="none"),
    )
    np.testing.assert_allclose(result.beta, fit.coef().to_numpy(), rtol=1e-8)
    np.testing.assert_allclose(result.std_errors, fit.se().to_numpy(), rtol=1e-7)
