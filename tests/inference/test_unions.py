"""Every dependence, and every union of two and some of three, against the double sum."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from spillover.errors import SpecificationError
from spillover.inference.cluster import Cluster
from spillover.inference.dependence import AnyOf, Dependence
from spillover.inference.dyadic import Dyadic
from spillover.inference.independent import Heteroskedastic
from spillover.inference.network import NetworkHAC
from spillover.inference.serial import DriscollKraay, NeweyWest
from spillover.inference.spatial import Conley
from spillover.sample import Sample

KERNELS: dict[str, tuple[Dependence, Callable]] = {
    "hc": (Heteroskedastic("HC0"), lambda o: o.same("firm_id", "year")),
    "firm": (Cluster("firm_id"), lambda o: o.same("firm_id")),
    "year": (Cluster("year"), lambda o: o.same("year")),
    "industry": (Cluster("industry"), lambda o: o.same("industry")),
    "moving": (Cluster("moving"), lambda o: o.same("moving")),
    "serial": (NeweyWest(2), lambda o: o.serial(2, within=True)),
    "period": (DriscollKraay(1), lambda o: o.serial(1, within=False)),
    "space": (Conley(150, "same_period"), lambda o: o.conley(150, "same_period", "bartlett")),
    "space all": (
        Conley(90, "all", kernel="spherical"),
        lambda o: o.conley(90, "all", "spherical"),
    ),
    "space lags": (
        Conley(150, "lags", kernel="uniform", lags=2),
        lambda o: o.conley(150, "lags", "uniform", 2),
    ),
    "space product": (
        Conley(200, "product", kernel="wendland", lags=1),
        lambda o: o.conley(200, "product", "wendland", 1),
    ),
    "network": (NetworkHAC("supply", 2), lambda o: o.path(3.0, "bartlett", None, None)),
    "network lags": (
        NetworkHAC("supply", 1, kernel="parzen", lags=2, base_year=2003),
        lambda o: o.path(2.0, "parzen", 2, 2003),
    ),
    "overlap": (NetworkHAC("supply", 2, kernel="overlap"), lambda o: o.overlap(1)),
    "dyadic": (Dyadic("first", "second"), lambda o: o.dyadic()),
    "dyadic lags": (Dyadic("first", "second", lags=1), lambda o: o.dyadic(1)),
}


@pytest.fixture(scope="module")
def matrices(oracle) -> dict[str, np.ndarray]:
    return {name: dense(oracle) for name, (_, dense) in KERNELS.items()}


def assert_sum(found: np.ndarray, K: np.ndarray, a: np.ndarray) -> None:
    scale = np.abs(a).T @ np.abs(K) @ np.abs(a)
    assert np.max(np.abs(found - a.T @ K @ a) / scale) < 1e-12


@pytest.mark.parametrize("name", KERNELS)
def test_a_dependence_is_the_double_sum_over_its_pairs(
    name: str, world: Sample, scores: np.ndarray, matrices: dict, meat: Callable
) -> None:
    K = matrices[name]
    assert np.count_nonzero(K - np.eye(len(K))) > 0 or name == "hc"
    assert_sum(meat(KERNELS[name][0], world, scores), K, scores)


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_answers_for_single_pairs_and_can_be_written_out(
    name: str, world: Sample, matrices: dict
) -> None:
    K = matrices[name]
    kernel = KERNELS[name][0].bind(world).kernel
    rows, columns = np.indices(K.shape).reshape(2, -1)
    np.testing.assert_allclose(kernel.entries(rows, columns), K.ravel(), atol=1e-12)
    np.testing.assert_allclose(kernel.stored().toarray(), K, atol=1e-12)
    assert kernel.count() >= np.count_nonzero(K)


@pytest.mark.parametrize("pair", list(combinations(KERNELS, 2)), ids=" or ".join)
def test_a_union_of_two_is_the_double_sum_over_either(
    pair: tuple[str, str], world: Sample, scores: np.ndarray, matrices: dict, meat: Callable
) -> None:
    first, second = (matrices[name] for name in pair)
    one, two = (KERNELS[name][0] for name in pair)
    union = first + second - first * second
    assert_sum(meat(one | two, world, scores), union, scores)
    assert_sum(meat(two | one, world, scores), union, scores)


@pytest.mark.parametrize(
    "three",
    [
        ("firm", "year", "industry"),
        ("space", "firm", "moving"),
        ("network", "space", "year"),
        ("network", "moving", "serial"),
        ("dyadic", "moving", "period"),
        ("space lags", "network lags", "industry"),
        ("overlap", "space product", "firm"),
    ],
    ids=" or ".join,
)
def test_a_union_of_three_is_the_double_sum_over_any(
    three: tuple[str, ...], world: Sample, scores: np.ndarray, matrices: dict, meat: Callable
) -> None:
    union = 1.0 - np.prod([1.0 - matrices[name] for name in three], axis=0)
    assert_sum(meat(AnyOf(tuple(KERNELS[n][0] for n in three)), world, scores), union, scores)


@pytest.mark.parametrize("name", ["firm", "space", "network", "dyadic", "serial"])
def test_a_union_with_itself_or_with_independence_changes_nothing(
    name: str, world: Sample, scores: np.ndarray, meat: Callable
) -> None:
    one = KERNELS[name][0]
    alone = meat(one, world, scores)
    np.testing.assert_array_equal(meat(one | one, world, scores), alone)
    with_rows = meat(one | Heteroskedastic("HC0"), world, scores)
    np.testing.assert_allclose(with_rows, alone, atol=1e-10)


def test_the_jackknife_form_is_refused_in_a_union(world: Sample) -> None:
    jackknife = Dyadic("first", "second", form="jackknife")
    for union in (jackknife | Cluster("firm_id"), NeweyWest(1) | jackknife):
        with pytest.raises(SpecificationError, match="jackknife"):
            union.parts(world)
