"""FixedEffects against dummies, under permutation, renaming and rescaling."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.designs.design import Design
from spillover.designs.fixed_effects import FixedEffects
from spillover.sample import Sample
from spillover.tables.panel import Panel

FORMULA = "y ~ x + z | firm_id + industry^year"


def frame_of(seed: int, firms: int = 12, years: int = 6) -> pd.DataFrame:
    """An unbalanced panel with gaps in the outcome."""
    rng = np.random.default_rng(seed)
    firm, year = np.repeat(np.arange(firms), years), np.tile(np.arange(years), firms)
    n = len(firm)
    x = rng.normal(size=n) + 0.3 * firm
    z = rng.normal(size=n) + 0.5 * year
    y = 0.5 * x - 0.2 * z + firm + np.sin(year) + rng.normal(size=n)
    y[rng.uniform(size=n) < 0.05] = np.nan
    frame = pd.DataFrame(
        {
            "firm_id": [f"F{code:03d}" for code in firm],
            "year": 2000 + year,
            "industry": np.array(["a", "b", "c"])[firm % 3],
            "x": x,
            "z": z,
            "y": y,
            "w": rng.uniform(0.5, 2, n),
        }
    )
    return frame[rng.uniform(size=n) < 0.9]


def sample_of(frame: pd.DataFrame) -> Sample:
    return Sample.of(Panel.of(frame))


def by_dummies(
    sample: Sample, rows: np.ndarray, design: FixedEffects
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and residuals of the regression on all dummies."""
    kept = sample.take(rows)
    columns = [kept.column(name) for name in design.regressors]
    for name in design.absorb:
        codes, levels = kept.codes(name)
        columns += [(codes == g).astype(float) for g in range(levels)]
    X, y = np.column_stack([*columns, np.ones(len(rows))]), kept.column(design.outcome)
    root = np.ones(len(y)) if design.weights is None else np.sqrt(kept.column(design.weights))
    beta = np.linalg.lstsq(X * root[:, None], y * root, rcond=None)[0]
    return beta[: len(design.regressors)], y - X @ beta


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize(
    "formula",
    ["y ~ x + z", "y ~ x + z | firm_id", FORMULA, "y ~ x | firm_id + year + industry"],
)
@pytest.mark.parametrize("singletons", ["drop", "keep"])
def test_coefficients_and_residuals_are_those_of_all_dummies(
    formula: str, weights: str | None, singletons: str
) -> None:
    sample = sample_of(frame_of(1))
    design = FixedEffects.formula(formula, weights=weights, singletons=singletons)
    solution = design.solve(sample)
    beta, residuals = by_dummies(sample, solution.rows, design)
    np.testing.assert_allclose(solution.beta[: len(beta)], beta, rtol=1e-9)
    np.testing.assert_allclose(solution.residuals, residuals, atol=1e-10)
    assert np.abs(solution.psi.sum(axis=0)).max() < 1e-12
    assert isinstance(design, Design)


def test_named_fields_and_the_formula_say_the_same() -> None:
    named = FixedEffects("y", ("x", "log( z )"), ("firm_id", "industry ^ year"), weights="w")
    spelled = FixedEffects.formula("y~x+log(z)|firm_id + industry^year", weights="w")
    assert named == spelled
    assert hash(named) == hash(spelled)
    assert named.absorb == ("firm_id", "industry^year")


def test_without_effects_a_constant_stands_last() -> None:
    sample = sample_of(frame_of(2))
    solution = FixedEffects.formula("y ~ x").solve(sample)
    assert solution.names == ("x", "constant")
    kept = sample.take(solution.rows)
    X = np.column_stack([kept.column("x"), np.ones(len(kept))])
    expected = np.linalg.lstsq(X, kept.column("y"), rcond=None)[0]
    np.testing.assert_allclose(solution.beta, expected, rtol=1e-10)
    np.testing.assert_allclose(solution.linear.bread, np.linalg.inv(X.T @ X), rtol=1e-9)
    np.testing.assert_allclose(solution.linear.X, X)
    assert "r2_within" not in solution.statistics


def test_a_constant_alone_is_the_mean() -> None:
    frame = frame_of(2)
    solution = FixedEffects.formula("y ~ 1").solve(sample_of(frame))
    assert solution.names == ("constant",)
    assert solution.beta[0] == pytest.approx(frame["y"].mean())
    assert solution.statistics["r2"] == pytest.approx(0, abs=1e-12)


def test_influence_is_bread_times_score() -> None:
    solution = FixedEffects.formula(FORMULA, weights="w").solve(sample_of(frame_of(3)))
    linear = solution.linear
    score = linear.X * (linear.weights * solution.residuals)[:, None]
    np.testing.assert_allclose(solution.psi, score @ linear.bread, atol=1e-15)
    np.testing.assert_allclose(linear.y - linear.X @ solution.beta, solution.residuals, atol=1e-12)


@given(st.integers(0, 500))
def test_influence_is_the_derivative_with_respect_to_a_weight(seed: int) -> None:
    frame = frame_of(seed % 50).dropna()
    rng = np.random.default_rng(seed)
    design = FixedEffects.formula("y ~ x + z | firm_id + year", weights="w", singletons="keep")
    base = design.solve(sample_of(frame))
    at = int(rng.integers(len(base.rows)))
    ordered = frame.sort_values(["firm_id", "year"]).reset_index(drop=True)
    moved = []
    for step in (1e-5, -1e-5):
        changed = ordered.copy()
        changed.loc[base.rows[at], "w"] *= 1 + step
        moved.append(design.solve(sample_of(changed)).beta)
    np.testing.assert_allclose((moved[0] - moved[1]) / 2e-5, base.psi[at], rtol=1e-4, atol=1e-8)


@given(st.integers(0, 500))
def test_order_of_rows_and_names_of_firms_do_not_matter(seed: int) -> None:
    frame = frame_of(seed % 50)
    plain = FixedEffects.formula(FORMULA).solve(sample_of(frame))
    rng = np.random.default_rng(seed)
    names = sorted(set(frame["firm_id"]))
    renaming = dict(zip(names, rng.permutation(names), strict=True))
    moved = frame.assign(firm_id=frame["firm_id"].map(renaming)).sample(frac=1, random_state=seed)
    other = FixedEffects.formula("y ~ x + z | industry^year + firm_id").solve(sample_of(moved))
    np.testing.assert_allclose(other.beta, plain.beta, rtol=1e-9)
    np.testing.assert_allclose(other.psi.T @ other.psi, plain.psi.T @ plain.psi, rtol=1e-8)
    assert other.statistics == pytest.approx(plain.statistics)
    assert sorted(other.effects.levels) == sorted(plain.effects.levels)


@given(st.floats(1e-7, 1e7), st.floats(1e-7, 1e7), st.floats(-1e3, 1e3))
def test_units_scale_coefficients_and_nothing_else(a: float, b: float, shift: float) -> None:
    frame = frame_of(5)
    plain = FixedEffects.formula(FORMULA).solve(sample_of(frame))
    scaled = frame.assign(x=a * (frame["x"] + shift), y=b * frame["y"] + b * shift)
    other = FixedEffects.formula(FORMULA).solve(sample_of(scaled))
    factors = np.array([b / a, b])
    np.testing.assert_allclose(other.beta, plain.beta * factors, rtol=1e-7)
    np.testing.assert_allclose(other.psi / factors, plain.psi, rtol=1e-5, atol=1e-9)
    assert other.statistics["r2_within"] == pytest.approx(plain.statistics["r2_within"])


def test_scaling_all_weights_changes_nothing_but_the_bread() -> None:
    frame = frame_of(6)
    plain = FixedEffects.formula(FORMULA, weights="w").solve(sample_of(frame))
    scaled = FixedEffects.formula(FORMULA, weights="1000 * w").solve(sample_of(frame))
    ones = FixedEffects.formula(FORMULA, weights="1 + 0 * w").solve(sample_of(frame))
    none = FixedEffects.formula(FORMULA).solve(sample_of(frame))
    np.testing.assert_allclose(scaled.psi, plain.psi, atol=1e-13)
    np.testing.assert_allclose(ones.psi, none.psi, atol=1e-13)
    np.testing.assert_allclose(scaled.linear.bread, plain.linear.bread / 1000)
    assert ones.statistics == pytest.approx(none.statistics)


def test_a_row_split_into_two_with_half_the_weight_each_changes_nothing() -> None:
    frame = frame_of(7).dropna().assign(row=lambda f: np.arange(len(f)).astype(str))
    split = pd.concat([frame.assign(w=frame["w"] / 2)] * 2)
    split["row"] = [f"{row}{half}" for half in "ab" for row in frame["row"]]
    design = FixedEffects.formula("y ~ x + z | firm_id + year", weights="w", singletons="keep")
    whole = design.solve(Sample.of(Panel.of(frame, "row", "year")))
    halves = design.solve(Sample.of(Panel.of(split, "row", "year")))
    np.testing.assert_allclose(halves.beta, whole.beta, rtol=1e-10)
    assert halves.statistics["rmse"] == pytest.approx(whole.statistics["rmse"])


def test_fit_statistics_are_those_of_their_definitions() -> None:
    sample = sample_of(frame_of(8))
    solution = FixedEffects.formula(FORMULA, weights="w").solve(sample)
    kept = sample.take(solution.rows)
    y, w = kept.column("y"), kept.column("w")
    left = np.sum(w * solution.residuals**2)
    mean = np.average(y, weights=w)
    expected = {
        "r2": 1 - left / np.sum(w * (y - mean) ** 2),
        "r2_within": 1 - left / np.sum(w * solution.linear.y**2),
        "mean_outcome": mean,
        "rmse": np.sqrt(left / w.sum()),
    }
    assert solution.statistics == pytest.approx(expected)


def test_every_row_is_used_or_counted() -> None:
    frame = frame_of(9)
    lonely = frame.iloc[[1]].assign(firm_id="solo", y=3.0)
    zero = frame.iloc[[0]].assign(firm_id="zero", y=1.0, w=0.0)
    sample = sample_of(pd.concat([frame, lonely, zero]))
    solution = FixedEffects.formula(FORMULA, weights="w").solve(sample)
    reasons = dict(solution.dropped)
    assert reasons["missing y"] == int(frame["y"].isna().sum())
    assert reasons["zero weight w"] == 1
    assert reasons["only row of its firm_id or industry^year"] >= 1
    assert len(solution.rows) + sum(reasons.values()) == len(sample)
    kept = FixedEffects.formula(FORMULA, weights="w", singletons="keep").solve(sample)
    assert len(kept.rows) + sum(dict(kept.dropped).values()) == len(sample)
    np.testing.assert_allclose(kept.beta, solution.beta, rtol=1e-9)


def test_effects_are_described_on_the_rows_in_use() -> None:
    sample = sample_of(frame_of(10)).where("industry != 'b'")
    solution = FixedEffects.formula(FORMULA).solve(sample)
    for codes, levels in zip(solution.effects.codes, solution.effects.levels, strict=True):
        np.testing.assert_array_equal(np.unique(codes), np.arange(levels))
    # Firms stay in one industry, so industries are separate components.
    assert solution.effects.components == 2


def test_dummies_leave_out_a_named_reference() -> None:
    sample = sample_of(frame_of(11))
    solution = FixedEffects.formula("y ~ x + i(year) | firm_id").solve(sample)
    within = FixedEffects.formula("y ~ x | firm_id + year").solve(sample)
    assert solution.names == ("x", *(f"year={year}" for year in range(2001, 2006)))
    assert solution.notes == ("year=2000 is the reference of i(year)",)
    assert solution.beta[0] == pytest.approx(within.beta[0], rel=1e-10)


def test_a_product_with_dummies_gives_a_slope_to_each_value() -> None:
    sample = sample_of(frame_of(12))
    solution = FixedEffects.formula("y ~ i(industry) * x | firm_id + industry^year").solve(sample)
    assert solution.names == ("industry=a * x", "industry=b * x", "industry=c * x")
    for name, value in zip(solution.names, solution.beta, strict=True):
        one = sample.where(f"industry == '{name[9]}'")
        alone = FixedEffects.formula("y ~ x | firm_id + year").solve(one)
        assert value == pytest.approx(alone.beta[0], rel=1e-9)
    turned = FixedEffects.formula("y ~ x * i(industry) | firm_id + industry^year").solve(sample)
    assert turned.names == solution.names


def test_arrays_of_a_solution_are_read_only_and_designs_are_frozen() -> None:
    design = FixedEffects.formula(FORMULA)
    solution = design.solve(sample_of(frame_of(13)))
    with pytest.raises(ValueError, match="read-only"):
        solution.psi[0, 0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        design.outcome = "x"


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (FixedEffects.formula(FORMULA).solve(sample_of(frame_of(14))) for _ in "ab")
    assert first.beta.tobytes() == second.beta.tobytes()
    assert first.psi.tobytes() == second.psi.tobytes()


SCRIPT = """
import numpy as np, pandas as pd
from spillover.designs.fixed_effects import FixedEffects
from spillover.inference.cluster import Cluster
from spillover.inference.covariance import covariance
from spillover.sample import Sample
from spillover.tables.panel import Panel
rng = np.random.default_rng(0)
frame = pd.DataFrame({"firm_id": np.repeat(list("abcdefghij"), 6), "year": list(range(6)) * 10})
frame[["x", "y"]] = rng.normal(size=(60, 2))
sample = Sample.of(Panel.of(frame))
solution = FixedEffects.formula("y ~ x | firm_id + year").solve(sample)
print(covariance(solution, sample, Cluster("firm_id")).matrix.tobytes().hex())
"""


def test_results_do_not_depend_on_the_hash_seed() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    ]
    assert len(runs[0]) > 10
    assert runs[0] == runs[1]
