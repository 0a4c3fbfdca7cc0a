"""p-values by counting, and sets against a fine grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.numerics.rank_test import RankTest


def drawn(seed: int, draws: int = 39, *, studentised: bool = False) -> RankTest:
    rng = np.random.default_rng(seed)
    a, c = rng.normal(size=(2, draws + 1))
    a[0], c[0] = 3.0 * rng.normal(), 2.0 + rng.random()
    if not studentised:
        return RankTest(a, c)
    p, q = rng.normal(size=(2, draws + 1, 6))
    v = np.column_stack([np.sum(p * p, 1), np.sum(p * q, 1), np.sum(q * q, 1)])
    v[0] *= 0.05
    return RankTest(a, c, v)


def by_hand(test: RankTest, value: float) -> float:
    squared = []
    for b in range(len(test.a)):
        top = (test.a[b] - value * test.c[b]) ** 2
        if test.spread is not None:
            v = test.spread[b]
            top /= v[0] - 2 * value * v[1] + value**2 * v[2]
        squared.append(top)
    return sum(s >= squared[0] * (1 - 1e-9) for s in squared) / len(squared)


@given(st.integers(0, 5000), st.sampled_from([True, False]))
def test_sets_hold_exactly_the_values_with_a_large_p_value(seed: int, studentised: object) -> None:
    test = drawn(seed, studentised=bool(studentised))
    found = test.confidence_set(0.9)
    grid = np.concatenate([np.linspace(-8, 8, 401), [-1e6, 1e6, test.estimate]])
    ends = np.array([end for pair in found.intervals for end in pair])
    for value, p in zip(grid, test.p_values(grid), strict=True):
        assert p == pytest.approx(by_hand(test, value))
        if np.all(np.abs(ends - value) > 1e-6):
            assert (value in found) == (p > 0.1 + 1e-9)
    assert test.estimate in found
    assert test.p_values(np.array([test.estimate]))[0] == 1.0


def test_centring_treats_the_actual_assignment_like_the_others() -> None:
    scores = np.random.default_rng(0).normal(size=(20, 2)) + 7.0
    one, two = RankTest.centred(scores), RankTest.centred(scores[np.roll(np.arange(20), 1)])
    np.testing.assert_allclose(np.sort(one.a), np.sort(two.a))
    p = [RankTest.centred(np.roll(scores, k, axis=0)).p_values(np.zeros(1))[0] for k in range(20)]
    np.testing.assert_allclose(np.sort(p), np.arange(1, 21) / 20)


def test_draws_that_equal_the_actual_one_count_as_extreme_and_reject_nothing() -> None:
    same = RankTest(np.full(10, 2.0), np.full(10, 1.0))
    assert same.p_values(np.zeros(1))[0] == 1.0
    assert same.confidence_set(0.95).kind == "line"
