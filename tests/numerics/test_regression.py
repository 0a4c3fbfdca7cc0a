import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.numerics.regression import (
    center,
    collinearity,
    least_squares,
    weighted_mean,
    with_constant,
)


@given(seed=st.integers(0, 10_000), weighted=st.booleans())
def test_coefficients_and_bread_are_those_of_the_normal_equations(
    seed: int, *, weighted: bool
) -> None:
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    weights = rng.uniform(0.1, 2, 40) if weighted else None
    W = np.diag(np.ones(40) if weights is None else weights)
    fit = least_squares(y, X, weights)
    bread = np.linalg.inv(X.T @ W @ X)
    np.testing.assert_allclose(fit.beta, bread @ X.T @ W @ y, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(fit.bread, bread, rtol=1e-9)
    np.testing.assert_allclose(fit.residuals, y - X @ fit.beta)
    np.testing.assert_allclose(fit.psi.sum(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_influence_function_is_the_derivative_with_respect_to_a_row(
    *, weighted: bool, rng: np.random.Generator
) -> None:
    X, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    weights = rng.uniform(0.5, 2, 30) if weighted else np.ones(30)
    psi = least_squares(y, X, weights).psi
    for row in (0, 7, 29):
        step = np.zeros(30)
        step[row] = 1e-6 * weights[row]
        up, down = (least_squares(y, X, weights + sign * step).beta for sign in (1, -1))
        np.testing.assert_allclose((up - down) / 2e-6, psi[row], rtol=1e-6, atol=1e-9)


@given(seed=st.integers(0, 10_000), weighted=st.booleans())
def test_a_centered_fit_with_its_constant_equals_the_fit_on_ones(
    seed: int, *, weighted: bool
) -> None:
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(25, 2)) + 3, rng.normal(size=25)
    weights = rng.uniform(0.1, 2, 25) if weighted else None
    means, level = weighted_mean(X, weights), float(weighted_mean(y[:, None], weights)[0])
    fit = with_constant(least_squares(y - level, X - means, weights), means, level, weights)
    direct = least_squares(y, np.column_stack([X, np.ones(25)]), weights)
    for name in ("beta", "psi", "residuals", "bread"):
        np.testing.assert_allclose(getattr(fit, name), getattr(direct, name), atol=1e-9)


def test_units_of_regressors_do_not_decide_what_is_collinear(rng: np.random.Generator) -> None:
    X = rng.normal(size=(200, 3))
    X[:, 2] = X[:, 0] + 1e-2 * X[:, 2]
    for scale in (1e-8, 1.0, 1e8):
        scaled = X * np.array([1.0, scale, 1 / scale])
        found = collinearity(scaled, center(scaled, None).squares, None)
        assert found.absorbed == ()
        assert found.dependent == ()


def test_a_combination_is_found_with_its_members(rng: np.random.Generator) -> None:
    X = rng.normal(size=(200, 5))
    X[:, 3] = 2 * X[:, 0] - 1e6 * X[:, 2]
    X[:, 4] = X[:, 1]
    found = collinearity(X, center(X, None).squares, rng.uniform(0.5, 1, 200))
    assert found.dependent == ((3, 0, 2), (4, 1))


def test_an_absorbed_column_is_found_by_its_share(rng: np.random.Generator) -> None:
    raw = rng.normal(size=(100, 3))
    after = raw * np.array([1.0, 1e-6, 0.0])
    found = collinearity(after, center(raw, None).squares, None)
    assert found.absorbed == (1, 2)
    assert found.shares[0] == pytest.approx(1.0, rel=0.1)


def test_a_column_of_zeros_has_no_share() -> None:
    found = collinearity(np.zeros((5, 1)), np.zeros(1), None)
    assert found.absorbed == (0,)


@given(seed=st.integers(0, 10_000), level=st.sampled_from([0.0, 1e6, -1e9]))
def test_centering_is_exact_far_from_zero(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    whole = rng.integers(-50, 50, (40, 2)).astype(float)
    weights = rng.integers(1, 5, 40).astype(float)
    found = center(whole + level, weights)
    expected = whole - np.average(whole, axis=0, weights=weights)
    np.testing.assert_allclose(found.values, expected, atol=1e-12)
    np.testing.assert_allclose(found.squares, weights @ expected**2)
    np.testing.assert_allclose(found.means - level, np.average(whole, 0, weights), atol=1e-6)


@given(
    value=st.floats(-1e6, 1e6).filter(lambda v: abs(v) > 1e-6),
    seed=st.integers(0, 1_000),
    n=st.integers(2, 300),
)
def test_a_weighted_constant_has_no_variation_but_a_small_one_has(
    value: float, seed: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.1, 10, n)
    step = np.where(np.arange(n) == 0, 1e-12 * value * n, 0.0)
    found = center(np.column_stack([np.full(n, value), value + step]), weights)
    assert found.squares[0] == 0.0
    assert not found.values[:, 0].any()
    assert found.squares[1] > 0.0
