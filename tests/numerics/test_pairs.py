"""Shapes of kernels: sums, single entries and products, against dense matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from spillover.errors import IdentificationError, ResourceError
from spillover.numerics import links, pairs
from spillover.numerics.blocks import refuse_collapse
from spillover.numerics.links import Stored, refuse_many
from spillover.numerics.meet import combined, image, meet
from spillover.numerics.overlap import Overlap
from spillover.numerics.pairs import (
    AnyKernel,
    Diagonal,
    Groups,
    Kernel,
    Pairs,
    Periods,
    Signed,
    UnitTime,
)


def correlation(rng: np.random.Generator, size: int, zero: float) -> np.ndarray:
    """A symmetric matrix in [0, 1] with unit diagonal and some zeros."""
    A = rng.uniform(size=(size, size)) * (rng.uniform(size=(size, size)) > zero)
    A = np.triu(A, 1)
    return A + A.T + np.eye(size)


def union_of(first: AnyKernel, second: AnyKernel) -> Signed:
    return Signed(((1, first), (1, second), (-1, meet(first, second))))


def shapes(seed: int, n: int = 40) -> dict[str, AnyKernel]:
    """One kernel of each shape on the same rows, some with common axes."""
    rng = np.random.default_rng(seed)
    time, unit = rng.integers(0, 5, n), rng.integers(0, 9, n)
    B, B2 = correlation(rng, 5, 0.3), correlation(rng, 5, 0.3)
    A, A2 = (sparse.csr_array(correlation(rng, 9, 0.6)) for _ in range(2))
    R = sparse.csr_array(rng.integers(0, 2, (6, 4)) * 1.0)
    other = rng.integers(0, 6, n)
    return {
        "diagonal": Diagonal(n),
        "groups": Groups(rng.integers(0, 7, n), 7),
        "groups of units": Groups(rng.integers(0, 3, 9)[unit], 3),
        "groups of periods": Groups(rng.integers(0, 2, 5)[time], 2),
        "finer groups": Groups(unit * 2 + rng.integers(0, 2, n), 18),
        "pairs": Pairs(sparse.csr_array(correlation(rng, n, 0.8))),
        "periods": Periods(B, time),
        "other periods": Periods(correlation(rng, 5, 0.3), rng.integers(0, 5, n)),
        "unit-time": UnitTime(A, B, unit, time),
        "same axes": UnitTime(A2, B2, unit, time),
        "all periods": UnitTime(A2, np.ones((5, 5)), unit, time),
        "same period": UnitTime(A2, np.eye(5), unit, time),
        "other axes": UnitTime(A, B, unit, rng.integers(0, 5, n)),
        "overlap": UnitTime(Overlap(R), B2, other, time),
        "signed": Signed(
            (
                (1, Groups(unit, 9)),
                (1, Periods(B, time)),
                (-1, meet(Groups(unit, 9), Periods(B, time))),
            )
        ),
    }


NAMES = tuple(shapes(0))


def dense(kernel: AnyKernel, n: int = 40) -> np.ndarray:
    """The matrix from the fields of a shape."""
    if isinstance(kernel, Diagonal):
        return np.eye(n)
    if isinstance(kernel, Groups):
        return (kernel.codes[:, None] == kernel.codes).astype(float)
    if isinstance(kernel, Pairs):
        return kernel.matrix.toarray()
    if isinstance(kernel, Periods):
        return kernel.time_kernel[np.ix_(kernel.time, kernel.time)]
    if isinstance(kernel, Signed):
        return sum(sign * dense(term) for sign, term in kernel.terms)
    A = kernel.unit_kernel
    if isinstance(A, Overlap):
        full = A.R.toarray() @ A.R.toarray().T
        np.fill_diagonal(full, 1.0)
    else:
        full = (A.matrix if isinstance(A, Stored) else A).toarray()
    between = kernel.time_kernel[np.ix_(kernel.time, kernel.time)]
    return full[np.ix_(kernel.unit, kernel.unit)] * between


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10**6))
def test_sums_entries_and_counts_agree_with_the_dense_matrix(name: str, seed: int) -> None:
    kernel = shapes(seed)[name]
    K, a = dense(kernel), np.random.default_rng(seed).normal(size=(40, 3))
    assert isinstance(kernel, Kernel)
    np.testing.assert_allclose(kernel.sum(a), a.T @ K @ a, atol=1e-10)
    rows, columns = np.indices(K.shape).reshape(2, -1)
    np.testing.assert_allclose(kernel.entries(rows, columns), K.ravel(), atol=1e-14)
    np.testing.assert_allclose(kernel.stored().toarray(), K, atol=1e-14)
    assert kernel.count() >= np.count_nonzero(K)


@pytest.mark.parametrize("first", NAMES)
@given(seed=st.integers(0, 10**6), second=st.sampled_from(NAMES))
def test_a_product_is_elementwise_in_either_order(first: str, seed: int, second: str) -> None:
    both = shapes(seed)
    K = dense(both[first]) * dense(both[second])
    a = np.random.default_rng(seed).normal(size=(40, 2))
    for product in (meet(both[first], both[second]), meet(both[second], both[first])):
        np.testing.assert_allclose(product.sum(a), a.T @ K @ a, atol=1e-10)
        np.testing.assert_allclose(product.stored().toarray(), K, atol=1e-14)


def test_products_take_the_cheapest_shape() -> None:
    both = shapes(1)
    assert isinstance(meet(both["groups"], both["finer groups"]), Groups)
    assert isinstance(meet(both["groups"], both["periods"]), UnitTime)
    assert isinstance(meet(both["groups of periods"], both["unit-time"]), UnitTime)
    assert isinstance(meet(both["groups"], both["unit-time"]), UnitTime)
    assert meet(both["finer groups"], both["all periods"]) is both["finer groups"]
    assert isinstance(meet(both["unit-time"], both["overlap"]), UnitTime)
    assert isinstance(meet(both["periods"], both["unit-time"]), UnitTime)
    assert isinstance(meet(both["periods"], both["periods"]), Periods)
    assert isinstance(meet(both["diagonal"], both["pairs"]), Diagonal)


def test_one_kernel_in_three_shapes_gives_one_sum(rng: np.random.Generator) -> None:
    """Clusters of firms as groups, as stored pairs, and as firms times all periods."""
    unit, time = np.repeat(np.arange(8), 5), np.tile(np.arange(5), 8)
    kept = rng.uniform(size=40) < 0.7
    unit, time, a = unit[kept], time[kept], rng.normal(size=(int(kept.sum()), 3))
    groups = Groups(unit, 8)
    factored = UnitTime(sparse.csr_array(np.eye(8)), np.ones((5, 5)), unit, time)
    stored = Pairs(groups.stored())
    for other in (factored, stored):
        np.testing.assert_allclose(other.sum(a), groups.sum(a), rtol=1e-12)


@pytest.mark.parametrize("lags", ["banded", "full", "none"])
def test_many_units_and_periods_are_summed_a_few_periods_at_a_time(
    monkeypatch: pytest.MonkeyPatch, lags: str
) -> None:
    monkeypatch.setattr(pairs, "WORKING_SET", 1)
    rng = np.random.default_rng(4)
    unit, time = rng.integers(0, 30, 60), rng.integers(0, 12, 60)
    apart = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
    B = {"banded": np.maximum(1 - apart / 3, 0), "full": 1 / (1.0 + apart), "none": np.eye(12)}
    overlap = Overlap(sparse.csr_array(rng.uniform(size=(30, 5))))
    for links_between in (sparse.csr_array(correlation(rng, 30, 0.7)), overlap):
        kernel, a = UnitTime(links_between, B[lags], unit, time), rng.normal(size=(60, 2))
        at_once = 2 * a.size // (30 * 2)
        assert 1 < at_once < 12
        K = dense(kernel)
        np.testing.assert_allclose(kernel.sum(a), a.T @ K @ a, atol=1e-11)


@given(seed=st.integers(0, 10**6), wide=st.booleans())
def test_combined_codes_are_dense_and_name_their_pair(seed: int, wide: bool) -> None:  # noqa: FBT001
    rng = np.random.default_rng(seed)
    levels = (5_000, 4_000) if wide else (5, 4)
    first, second = (Groups(rng.integers(0, m, 30), m) for m in levels)
    codes, count, joint = combined(first, second)
    assert sorted(set(codes.tolist())) == list(range(count))
    np.testing.assert_array_equal(joint[codes] // levels[1], first.codes)
    np.testing.assert_array_equal(joint[codes] % levels[1], second.codes)


def test_an_image_is_a_function_or_nothing() -> None:
    codes = np.array([0, 1, 1, 3])
    assert image(codes, 4, np.array([5, 6, 6, 7])).tolist() == [5, 6, -1, 7]
    assert image(codes, 4, np.array([5, 6, 8, 7])) is None


def test_an_intersection_with_too_many_pairs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MAX_PAIRS", 50)
    both = shapes(2)
    with pytest.raises(ResourceError, match="at most 50 pairs"):
        meet(both["pairs"], both["groups of periods"])
    with pytest.raises(ResourceError, match="Found 51"):
        refuse_many(51)


def test_vanishing_sums_by_period_are_refused_in_any_direction(rng: np.random.Generator) -> None:
    time = np.repeat(np.arange(12), 10)
    a = rng.normal(size=(120, 3))
    zero = a - np.repeat(np.add.reduceat(a, np.arange(0, 120, 10)) / 10, 10, axis=0)
    kernel = Periods(np.eye(12), time)
    assert np.isfinite(kernel.sum(a - a.mean(axis=0))).all()
    for hidden in (np.column_stack([a[:, 0], zero[:, 1]]), a[:, :1] @ [[1.0, 1.0]] + zero[:, :2]):
        with pytest.raises(IdentificationError, match="vanish in 1 of 2"):
            kernel.sum(hidden)


def test_fewer_periods_than_coefficients_are_not_mistaken_for_a_collapse(
    rng: np.random.Generator,
) -> None:
    a = rng.normal(size=(60, 8))
    a -= a.mean(axis=0)
    by_period = np.add.reduceat(a, np.arange(0, 60, 15))
    refuse_collapse(a, by_period)
    with pytest.raises(IdentificationError):
        refuse_collapse(a, by_period * np.array([[1.0], [1.0], [0.0], [0.0]]))
