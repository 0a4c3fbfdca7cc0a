"""The correction of two-step GMM for estimated weights."""

import numpy as np
import pytest

from spillover.numerics.windmeijer import Moments, two_step


@pytest.fixture
def moments(rng: np.random.Generator) -> Moments:
    Z = rng.normal(size=(240, 5))
    X = Z @ rng.normal(size=(5, 2)) + rng.normal(size=(240, 2))
    y = X @ [0.5, -0.3] + rng.normal(size=240) * (1 + Z[:, 0] ** 2)
    return Moments(Z, X, y, np.repeat(np.arange(60), 4))


def one_step(m: Moments) -> tuple[np.ndarray, np.ndarray]:
    weight, D = np.linalg.inv(m.Z.T @ m.Z), m.Z.T @ m.X
    reach = np.linalg.solve(D.T @ weight @ D, D.T @ weight)
    beta = reach @ (m.Z.T @ m.y)
    return beta, (m.Z * (m.y - m.X @ beta)[:, None]) @ reach.T


def test_the_turn_is_the_derivative_of_the_second_step_with_respect_to_the_first(
    moments: Moments,
) -> None:
    first, psi = one_step(moments)
    found = two_step(moments, first, psi)
    for j, h in enumerate(1e-6 * np.eye(2)):
        up, down = (two_step(moments, first + s * h, psi).beta for s in (1, -1))
        np.testing.assert_allclose((up - down) / 2e-6, found.turn[:, j], rtol=1e-5, atol=1e-9)


def test_influence_clustered_by_unit_is_the_corrected_variance(moments: Moments) -> None:
    """V2 + D V2 + V2 D' + D V1 D' of Windmeijer (2005), written as loops over units."""
    first, psi = one_step(moments)
    found = two_step(moments, first, psi)
    totals = moments.by_unit(found.psi)
    omega, v1 = np.zeros((5, 5)), np.zeros((2, 2))
    for g in range(60):
        own = moments.unit == g
        s = moments.Z[own].T @ (moments.y - moments.X @ first)[own]
        omega += np.outer(s, s)
        v1 += np.outer(psi[own].sum(axis=0), psi[own].sum(axis=0))
    cross = moments.Z.T @ moments.X
    v2 = np.linalg.inv(cross.T @ np.linalg.inv(omega) @ cross)
    turn = found.turn
    corrected = v2 + turn @ v2 + v2 @ turn.T + turn @ v1 @ turn.T
    np.testing.assert_allclose(totals.T @ totals, corrected, rtol=1e-10)
    assert found.degrees == 3
    assert found.j >= 0
