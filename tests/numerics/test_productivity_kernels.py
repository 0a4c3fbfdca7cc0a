"""Kernels behind production functions: polynomials, laws of motion, roots, CES, probit, lags."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import ConvergenceError, IdentificationError
from spillover.numerics.ces import CesTechnology
from spillover.numerics.control import first_stage
from spillover.numerics.lags import previous
from spillover.numerics.least_squares import all_stationary, local_minima, starts
from spillover.numerics.markov import Law, concentrate
from spillover.numerics.polynomial import Scale, exponents, monomials, slopes
from spillover.numerics.probit import fit_probit, generalized_residual, normal_cdf
from spillover.numerics.stacked import Score, complex_step, influence


@given(st.integers(1, 3), st.integers(1, 4))
def test_monomials_are_products_of_powers(variables: int, degree: int) -> None:
    rng = np.random.default_rng(variables * 10 + degree)
    x, powers = rng.normal(size=(5, variables)), exponents(variables, degree, least=0)
    for h, power in enumerate(powers):
        expected = [np.prod([row[j] ** power[j] for j in range(variables)]) for row in x]
        np.testing.assert_allclose(monomials(x, powers)[:, h], expected, rtol=1e-12)
    assert len({tuple(power) for power in powers}) == len(powers)
    for j in range(variables):
        moved = np.zeros(variables)
        moved[j] = 1e-6
        change = (monomials(x + moved, powers) - monomials(x - moved, powers)) / 2e-6
        np.testing.assert_allclose(slopes(x, powers, j), change, atol=1e-7)


def test_a_constant_column_is_not_divided_by_zero() -> None:
    scale = Scale.of(np.column_stack([np.ones(4), np.arange(4.0)]))
    assert np.isfinite(scale.apply(np.ones((4, 2)))).all()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(2000, 2006)), max_size=25, unique=True))
def test_a_lag_is_the_year_before_and_never_the_row_before(keys: list[tuple[int, int]]) -> None:
    keys = sorted(keys)
    codes, years = (np.array([key[j] for key in keys], dtype=np.int64) for j in (0, 1))
    for row, at in enumerate(previous(codes, years)):
        wanted = (keys[row][0], keys[row][1] - 1)
        assert (keys[at] if at >= 0 else None) == (wanted if wanted in keys else None)


def law_with_everything(rng: np.random.Generator, n: int) -> Law:
    powers, second = np.array([0, 1, 2, 0, 1, 0, 1]), np.array([0, 0, 0, 0, 0, 1, 1])
    s = rng.normal(size=n)
    multipliers = np.column_stack([np.ones((n, 3)), s, s, np.ones((n, 2))])
    return Law(powers, multipliers, second, tuple("abcdefg"), 0.3, 1.7)


@pytest.mark.parametrize("least", [0.0, None])
def test_the_jacobian_of_the_concentrated_residual_is_that_of_differences(
    least: float | None,
) -> None:
    rng = np.random.default_rng(2)
    n, q = 80, 3
    law = law_with_everything(rng, n)
    target, lag, second = rng.normal(size=(3, n))
    d_target, d_lag = rng.normal(size=(2, n, q))
    w = None if least is None else rng.uniform(least, 2, n)
    fit = concentrate(target, lag, law, w, second)
    h = 1e-6
    for j in range(q):
        up, down = (
            concentrate(target + e * d_target[:, j], lag + e * d_lag[:, j], law, w, second).r
            for e in (h, -h)
        )
        np.testing.assert_allclose(
            fit.jacobian(d_target, d_lag)[:, j], (up - down) / (2 * h), atol=1e-7
        )
    own = fit.G if w is None else fit.G * w[:, None]
    assert np.abs(own.T @ fit.r).max() < 1e-10


def test_the_residual_does_not_depend_on_centre_and_scale_of_the_law() -> None:
    rng = np.random.default_rng(3)
    target, lag = rng.normal(size=(2, 50))
    law = Law.polynomial(50, 3)
    plain, scaled = concentrate(target, lag, law).r, concentrate(target, lag, law.scaled(lag)).r
    np.testing.assert_allclose(plain, scaled, atol=1e-10)
    order = rng.permutation(50)
    np.testing.assert_allclose(
        concentrate(target[order], lag[order], law).r, plain[order], atol=1e-12
    )


def test_a_law_with_collinear_columns_is_refused() -> None:
    law = Law(np.array([0, 0]), np.ones((10, 2)), np.zeros(2, dtype=int), ("1", "s"))
    with pytest.raises(IdentificationError, match="1, s without full rank"):
        concentrate(np.arange(10.0), np.arange(10.0), law)


def test_collinear_first_stage_columns_are_refused() -> None:
    x = np.arange(10.0)
    with pytest.raises(IdentificationError, match="without variation"):
        first_stage(x, np.column_stack([np.ones(10), x, 2 * x]))


def test_every_root_and_minimum_of_a_system_is_listed_once() -> None:
    def system(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.array([(x[0] - 1) * (x[0] + 1), x[1] - x[0]]), np.array([[2 * x[0], 0], [-1, 1]])

    found = all_stationary(system, [np.array([-3.0, 0.0]), *starts(2)])
    roots = [one.point for one in found if one.objective < 1e-20]
    np.testing.assert_allclose(roots, [[-1, -1], [1, 1]], atol=1e-8)


def test_a_system_without_a_root_has_a_minimum_above_zero() -> None:
    def system(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.array([x[0] ** 2 + 1.0]), np.array([[2 * x[0]]])

    found = all_stationary(system, [np.array([0.7])])
    assert [one.objective for one in found] == pytest.approx([1.0])


def test_starts_beyond_three_dimensions_are_the_same_every_time() -> None:
    np.testing.assert_array_equal(starts(4), starts(4))
    assert len(starts(4)) == 32 + 12


def test_local_minima_are_all_found_and_the_lowest_comes_first() -> None:
    def criterion(x: np.ndarray) -> tuple[float, np.ndarray]:
        value = (x[0] ** 2 - 1) ** 2 - 0.1 * x[0]
        return float(value), np.array([4 * x[0] * (x[0] ** 2 - 1) - 0.1])

    found = [float(point[0]) for point, _ in local_minima(criterion, 1)]
    assert found == pytest.approx([1.0123, -0.9873], abs=1e-3)
    with pytest.raises(ConvergenceError, match="falls towards an end"):
        local_minima(lambda x: (float(x[0]), np.array([1.0])), 1)


def test_minima_in_two_dimensions_have_a_zero_gradient() -> None:
    A, b = np.array([[2.0, 0.3], [0.3, 1.0]]), np.array([0.4, 0.2])
    found = local_minima(lambda x: (float(x @ A @ x / 2 - b @ x), A @ x - b), 2)
    assert len(found) == 1
    np.testing.assert_allclose(found[0][0], np.linalg.solve(A, b), atol=1e-10)


@pytest.mark.parametrize("rho", [0.7, 0.0005, -0.4])
def test_ces_gradients_and_elasticities_are_derivatives(rho: float) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(6, 2))
    beta = np.array([1.1, 0.4, rho])
    ces = CesTechnology(x)
    np.testing.assert_allclose(
        ces.gradient(beta), complex_step(ces.value, beta), rtol=1e-5, atol=1e-6
    )
    for j in range(2):
        moved = np.zeros(2)
        moved[j] = 1e-6
        up, down = (CesTechnology(x + e * moved).value(beta) for e in (1, -1))
        np.testing.assert_allclose(
            ces.elasticities(beta)[:, j], (up - down) / 2e-6, rtol=1e-3, atol=1e-6
        )


def test_ces_is_continuous_where_the_expansion_takes_over() -> None:
    x = np.random.default_rng(5).normal(size=(6, 2))
    near, far = (CesTechnology(x).value(np.array([1.0, 0.4, r])) for r in (0.000999, 0.001001))
    np.testing.assert_allclose(near, far, atol=1e-6)
    plain = CesTechnology(x).value(np.array([1.0, 0.4, 0.0]))
    np.testing.assert_allclose(plain, 0.6 * x[:, 0] + 0.4 * x[:, 1], atol=1e-12)


def test_the_probit_solves_its_likelihood_equations() -> None:
    rng = np.random.default_rng(6)
    X = np.column_stack([np.ones(300), rng.normal(size=300)])
    d = (X @ [0.3, 0.8] + rng.normal(size=300) > 0).astype(float)
    w = rng.uniform(0.5, 2, 300)
    for weights in (None, w):
        pi = fit_probit(X, d, ("x",), weights)
        P = normal_cdf(X @ pi)
        density = np.exp(-0.5 * (X @ pi) ** 2) / np.sqrt(2 * np.pi)
        score = (d - P) * density / (P * (1 - P)) * (1.0 if weights is None else weights)
        assert np.abs(X.T @ score).max() < 1e-8
    assert np.isfinite(generalized_residual(np.array([40.0, -40.0]), np.array([1.0, 0.0]))).all()


def test_perfect_prediction_is_named() -> None:
    X = np.column_stack([np.ones(40), np.linspace(-1, 1, 40)])
    with pytest.raises(ConvergenceError, match="survival on k"):
        fit_probit(X, (X[:, 1] > 0).astype(float), ("k",))
    with pytest.raises(ConvergenceError, match="same outcome"):
        fit_probit(X, np.ones(40), ("k",))


def test_the_influence_of_stacked_moments_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(7)
    X = np.column_stack([np.ones(30), rng.normal(size=30)])
    y = X @ [1.0, 2.0] + rng.normal(size=30)
    beta = np.linalg.lstsq(X, y, rcond=None)[0]
    rows = np.arange(30)

    def stack(at: np.ndarray) -> list[Score]:
        return [Score(slice(0, 2), rows, X, y - X @ at)]

    expected = (X * (y - X @ beta)[:, None]) @ np.linalg.inv(X.T @ X)
    np.testing.assert_allclose(influence(stack, beta, 30), expected, rtol=1e-10)
    with pytest.raises(IdentificationError, match="full rank"):
        influence(lambda at: [Score(slice(0, 2), rows, X, y - at[0])], beta, 30)
