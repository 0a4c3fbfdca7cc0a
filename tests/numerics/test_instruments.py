"""The k-class and canonical correlations against dense matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg

from spillover.numerics.instruments import canonical_correlations, k_class


def draw(seed: int, p: int, m: int, excluded: int, n: int = 60) -> tuple[np.ndarray, ...]:
    """Outcome, endogenous and exogenous regressors, excluded instruments and weights."""
    rng = np.random.default_rng(seed)
    D, X, Z = (rng.normal(size=(n, k)) for k in (p, m, excluded))
    D = D + Z @ rng.normal(size=(excluded, p)) + X @ rng.normal(size=(m, p))
    return rng.normal(size=n) + D.sum(axis=1), D, X, Z, rng.uniform(0.3, 2, n)


@given(
    seed=st.integers(0, 10_000),
    p=st.integers(1, 2),
    m=st.integers(0, 2),
    kappa=st.sampled_from([0.0, 0.5, 1.0, 1.02]),
    weighted=st.booleans(),
)
def test_the_k_class_is_the_formula_with_projections_written_out(
    seed: int, p: int, m: int, kappa: float, *, weighted: bool
) -> None:
    y, D, exogenous, excluded, w = draw(seed, p, m, 3)
    X, Z = np.hstack([D, exogenous]), np.hstack([exogenous, excluded])
    found = k_class(y, X, Z, w if weighted else None, tuple(range(p)), kappa=kappa)
    root = np.sqrt(w if weighted else np.ones(len(y)))[:, None]
    Xr, Zr, yr = X * root, Z * root, y * root[:, 0]
    M = np.eye(len(y)) - Zr @ np.linalg.pinv(Zr)
    A = Xr.T @ (np.eye(len(y)) - kappa * M) @ Xr
    beta = np.linalg.solve(A, Xr.T @ (yr - kappa * M @ yr))
    np.testing.assert_allclose(found.beta, beta, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.bread, np.linalg.inv(A), rtol=1e-8, atol=1e-12)
    e = yr - Xr @ beta
    psi = ((Xr - kappa * M @ Xr) * e[:, None]) @ np.linalg.inv(A)
    np.testing.assert_allclose(found.psi, psi, rtol=1e-7, atol=1e-11)


@given(seed=st.integers(0, 10_000), p=st.integers(1, 3), m=st.integers(0, 2))
def test_canonical_correlations_are_cosines_between_the_spans(seed: int, p: int, m: int) -> None:
    _, D, X, Z, _ = draw(seed, p, m, 4)
    columns = np.hstack([D, X, Z])
    found = canonical_correlations(columns.T @ columns, p, m)
    if m:
        D, Z = (A - X @ np.linalg.lstsq(X, A, rcond=None)[0] for A in (D, Z))
    cosines = np.sort(np.cos(linalg.subspace_angles(D, Z))[:p])
    np.testing.assert_allclose(found, cosines**2, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_direction_that_the_instruments_do_not_move_has_no_correlation(scale: float) -> None:
    _, D, X, Z, _ = draw(4, 1, 1, 2)
    noise = np.random.default_rng(5).normal(size=len(D))
    all_columns = np.hstack([D, X, Z])
    noise -= all_columns @ np.linalg.lstsq(all_columns, noise, rcond=None)[0]
    second = scale * (D + noise[:, None])
    columns = np.hstack([D, second, X, Z])
    found = canonical_correlations(columns.T @ columns, 2, 1)
    assert found[0] < 1e-20
    assert found[1] > 0.1
