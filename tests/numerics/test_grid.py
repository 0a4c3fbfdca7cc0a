"""Near points on the sphere against all pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import ResourceError
from spillover.numerics import links, parallel
from spillover.numerics.cells import sort_into_cells, unit_vectors
from spillover.numerics.grid import EARTH_RADIUS, Near

SHAPES = ("uniform", "bartlett", "spherical", "wendland")
WORLDS = {
    "country": ((30, 45), (130, 145), 150.0),
    "globe": ((-90, 90), (-180, 180), 2500.0),
    "pole": ((88.5, 90), (-180, 180), 60.0),
    "date line": ((-2, 2), (179, 181), 90.0),
    "everything": ((-90, 90), (-180, 180), 30_000.0),
}


def scene(seed: int, where: str, n: int = 60) -> tuple[np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng(seed)
    latitude, longitude, cutoff = WORLDS[where]
    return rng.uniform(*latitude, n), rng.uniform(*longitude, n), cutoff


def all_pairs(latitude: np.ndarray, longitude: np.ndarray, cutoff: float, shape: str):
    """Weights from haversine distances."""
    phi, theta = np.radians(latitude), np.radians(longitude)
    h = np.sin((phi[:, None] - phi) / 2) ** 2
    h = h + np.cos(phi[:, None]) * np.cos(phi) * np.sin((theta[:, None] - theta) / 2) ** 2
    d = 2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    limit = 2 * np.sin(min(cutoff / 2 / EARTH_RADIUS, np.pi / 2))
    r = np.minimum(2 * np.sin(d / 2 / EARTH_RADIUS) / limit, 1.0)
    weights = {
        "uniform": np.ones_like(d),
        "bartlett": 1 - d / cutoff,
        "spherical": 1 - 1.5 * r + 0.5 * r**3,
        "wendland": (1 - r) ** 4 * (4 * r + 1),
    }[shape]
    return np.where(d <= cutoff, weights, 0.0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("where", WORLDS)
@given(seed=st.integers(0, 10**6), groups=st.integers(1, 4))
def test_sums_over_cubes_are_sums_over_all_pairs(
    where: str, shape: str, seed: int, groups: int
) -> None:
    latitude, longitude, cutoff = scene(seed, where)
    rng = np.random.default_rng(seed)
    labels, x = rng.integers(0, groups, 60), rng.normal(size=(60, 2, 3))
    near = Near(unit_vectors(latitude, longitude), cutoff, shape, labels)
    K = all_pairs(latitude, longitude, cutoff, shape) * (labels[:, None] == labels)
    expected = sum(x[:, s].T @ K @ x[:, s] for s in range(2))
    np.testing.assert_allclose(near.cross(x, x), expected, rtol=1e-11, atol=1e-10)
    np.testing.assert_allclose(near.stored().toarray(), K, atol=1e-12)
    assert near.count(np.ones(60)) == np.count_nonzero(
        all_pairs(latitude, longitude, cutoff, "uniform") * (labels[:, None] == labels)
    )


@pytest.mark.parametrize("where", WORLDS)
def test_neighbours_of_single_points_are_those_of_all_pairs(where: str) -> None:
    latitude, longitude, cutoff = scene(5, where)
    sizes = np.random.default_rng(5).uniform(size=60)
    near = Near(unit_vectors(latitude, longitude), cutoff, "uniform", np.zeros(60, dtype=int))
    K, chosen = all_pairs(latitude, longitude, cutoff, "uniform"), np.array([3, 17, 59])
    np.testing.assert_allclose(
        near.neighbors(chosen, sizes[:, None])[:, 0], (K @ sizes)[chosen], rtol=1e-12
    )


def test_points_without_a_place_are_near_themselves_only() -> None:
    points = unit_vectors(np.array([1.0, np.nan, 1.0]), np.array([2.0, 2.0, 2.0]))
    near = Near(points, 10.0, "bartlett", np.zeros(3, dtype=int))
    expected = np.array([[1.0, 0, 1], [0, 1, 0], [1, 0, 1]])
    np.testing.assert_array_equal(near.stored().toarray(), expected)
    x = np.arange(3.0).reshape(3, 1, 1)
    assert near.cross(x, x)[0, 0] == (x[0] + x[2]) ** 2 + x[1] ** 2
    assert near.neighbors(np.array([1]), np.array([[5.0], [7.0], [5.0]])).tolist() == [[7.0]]


def test_many_labels_make_cubes_larger_and_change_nothing(rng: np.random.Generator) -> None:
    latitude, longitude = rng.uniform(35, 35.01, 80), rng.uniform(135, 135.01, 80)
    labels = rng.choice([0, 2**45], 80)
    points = unit_vectors(latitude, longitude)
    near = Near(points, 0.2, "uniform", labels)
    assert near.cells.width < sort_into_cells(points, near.limit, labels * 0).width
    K = all_pairs(latitude, longitude, 0.2, "uniform") * (labels[:, None] == labels)
    assert near.count(np.ones(80)) == K.sum()


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_number_of_threads_changes_no_bit(
    monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    rng = np.random.default_rng(1)
    points = unit_vectors(rng.uniform(30, 34, 2000), rng.uniform(130, 134, 2000))
    x = rng.normal(size=(2000, 1, 2))

    def total(count: int) -> np.ndarray:
        monkeypatch.setattr(parallel.os, "cpu_count", lambda: count)
        near = Near(points, 60.0, "bartlett", np.zeros(2000, dtype=int))
        return near.cross(x, x)

    np.testing.assert_array_equal(total(workers), total(3))


def test_a_stored_matrix_of_too_many_pairs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MAX_PAIRS", 99)
    points = unit_vectors(np.zeros(10), np.linspace(0, 0.01, 10))
    with pytest.raises(ResourceError, match="Found 100"):
        Near(points, 10.0, "uniform", np.zeros(10, dtype=int)).stored()
