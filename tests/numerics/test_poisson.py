import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import ConvergenceError
from spillover.numerics import poisson as module
from spillover.numerics.poisson import Counts, fit_poisson


def newton(y: np.ndarray, D: np.ndarray, w: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Coefficients on all dummies by Newton steps with a pseudo-inverse."""
    theta = np.linalg.lstsq(D, np.log(y + 0.5) - offset, rcond=None)[0]
    for _ in range(60):
        mu = np.exp(D @ theta + offset)
        theta = theta + np.linalg.pinv(D.T @ (D * (w * mu)[:, None])) @ (D.T @ (w * (y - mu)))
    return theta


def data(seed: int, q: int, *, weighted: bool) -> Counts:
    rng = np.random.default_rng(seed)
    n = 150
    effects = tuple(np.arange(n) % g for g in (9, 4, 5)[:q])
    X = rng.normal(size=(n, 2))
    offset = 0.3 * rng.normal(size=n)
    y = rng.poisson(np.exp(0.4 * X[:, 0] + 0.2 * effects[0] + offset)).astype(float)
    return Counts(y, X, effects, rng.uniform(0.5, 2, n) if weighted else None, offset)


@given(seed=st.integers(0, 500), q=st.integers(1, 3), weighted=st.booleans())
def test_the_fit_equals_newton_steps_on_all_dummies(seed: int, q: int, *, weighted: bool) -> None:
    counts = data(seed, q, weighted=weighted)
    dummies = [codes[:, None] == np.arange(codes.max() + 1) for codes in counts.effects]
    D = np.hstack([counts.X, *dummies]).astype(float)
    w = np.ones(len(D)) if counts.weights is None else counts.weights
    theta = newton(counts.y, D, w, counts.offset)
    mu = np.exp(D @ theta + counts.offset)
    found = fit_poisson(counts)
    np.testing.assert_allclose(found.fit.beta, theta[:2], atol=1e-9)
    np.testing.assert_allclose(found.fitted, mu, rtol=1e-8)
    hessian = np.linalg.pinv(D.T @ (D * (w * mu)[:, None]))
    np.testing.assert_allclose(found.fit.bread, hessian[:2, :2], rtol=1e-6, atol=1e-12)
    psi = (D * (w * (counts.y - mu))[:, None]) @ hessian[:, :2]
    np.testing.assert_allclose(found.fit.psi, psi, atol=1e-8)
    assert np.abs(found.fit.psi.sum(axis=0)).max() < 1e-9


def test_a_saturated_model_gives_cell_means() -> None:
    cell = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    y = np.array([1.0, 0, 5, 0.5, 0, 7, 7, 0])
    found = fit_poisson(Counts(y, np.zeros((8, 0)), (cell,), None, np.zeros(8)))
    expected = np.array([y[cell == c].mean() for c in range(3)])[cell]
    np.testing.assert_allclose(found.fitted, expected, rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_of_the_outcome_move_the_effects_alone(scale: float) -> None:
    counts = data(1, 2, weighted=False)
    plain = fit_poisson(counts)
    scaled = fit_poisson(Counts(scale * counts.y, counts.X, counts.effects, None, counts.offset))
    np.testing.assert_allclose(scaled.fit.beta, plain.fit.beta, rtol=1e-7)
    np.testing.assert_allclose(scaled.fit.psi, plain.fit.psi, atol=1e-9)
    np.testing.assert_allclose(scaled.fitted, scale * plain.fitted, rtol=1e-7)


def test_extreme_regressors_still_converge() -> None:
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.normal(size=400), [12.0]])
    y = rng.poisson(np.exp(np.minimum(x, 3.0))).astype(float)
    group = np.arange(401) % 7
    found = fit_poisson(Counts(y, x[:, None], (group,), None, np.zeros(401)))
    left = y - found.fitted
    np.testing.assert_allclose(np.bincount(group, weights=left), 0, atol=1e-6 * y.sum())
    assert abs(x @ left) < 1e-6 * np.abs(x) @ y


def test_the_deviance_is_the_distance_from_saturation() -> None:
    counts = data(2, 1, weighted=True)
    mu = np.full(len(counts.y), 2.0)
    saturated = counts.log_likelihood(np.where(counts.y > 0, counts.y, 1e-300))
    distance = 2 * (saturated - counts.log_likelihood(mu))
    assert counts.deviance(mu) == pytest.approx(distance)


def test_constant_only_values_have_the_mean_of_the_outcome() -> None:
    counts = data(3, 1, weighted=True)
    assert counts.weights @ counts.constant_only() == pytest.approx(counts.weights @ counts.y)
    ratio = counts.constant_only() / np.exp(counts.offset)
    np.testing.assert_allclose(ratio, ratio[0])


def test_iterations_that_do_not_settle_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ITERATIONS", 2)
    with pytest.raises(ConvergenceError, match="settle within 2"):
        fit_poisson(data(5, 2, weighted=False))
