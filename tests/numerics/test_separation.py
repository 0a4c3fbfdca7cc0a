import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from spillover.errors import ConvergenceError
from spillover.numerics import separation as module
from spillover.numerics.separation import all_zero_levels, separated


def by_linear_program(y: np.ndarray, X: np.ndarray, effects: tuple[np.ndarray, ...]) -> np.ndarray:
    """Rows with z > 0 in some combination z that separates: the definition."""
    dummies = [codes[:, None] == np.arange(codes.max() + 1) for codes in effects]
    D = np.hstack([X, *dummies, np.ones((len(y), 1))]).astype(float)
    zero = y == 0
    m, k = int(zero.sum()), D.shape[1]
    # Greatest sum of t over rows with y = 0, with 0 <= t <= 1 and t <= z; z = 0 elsewhere.
    solution = linprog(
        np.concatenate([np.zeros(k), -np.ones(m)]),
        A_ub=np.hstack([-D[zero], np.eye(m)]),
        b_ub=np.zeros(m),
        A_eq=np.hstack([D[~zero], np.zeros((len(y) - m, m))]),
        b_eq=np.zeros(len(y) - m),
        bounds=[(None, None)] * k + [(0, 1)] * m,
    )
    found = np.zeros(len(y), dtype=bool)
    found[zero] = solution.x[k:] > 0.5
    return found


def repeatedly(y: np.ndarray, X: np.ndarray, effects: tuple[np.ndarray, ...]) -> np.ndarray:
    """All rows that leave when the search is repeated on what remains."""
    kept = np.arange(len(y))
    while True:
        codes = tuple(np.unique(e[kept], return_inverse=True)[1] for e in effects)
        found = separated(y[kept], X[kept] - X[kept].mean(axis=0), codes).rows
        if not found.any():
            lost = np.ones(len(y), dtype=bool)
            lost[kept] = False
            return lost
        kept = kept[~found]


@given(st.integers(0, 3000))
def test_separated_rows_are_those_of_the_linear_program(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 40))
    y = rng.poisson(0.7, n).astype(float)
    y[0] = 1.0
    X = rng.integers(-1, 2, (n, int(rng.integers(1, 4)))).astype(float)
    effects = tuple(
        np.unique(rng.integers(0, g, n), return_inverse=True)[1]
        for g in rng.integers(1, 6, int(rng.integers(0, 3)))
    )
    np.testing.assert_array_equal(repeatedly(y, X, effects), by_linear_program(y, X, effects))


def test_a_regressor_that_is_positive_only_at_zeros_separates(rng: np.random.Generator) -> None:
    firm = np.arange(300) % 20
    x = rng.normal(size=300)
    y = rng.poisson(1.5, 300).astype(float)
    only_zeros = (y == 0) & (rng.uniform(size=300) < 0.4)
    X = np.column_stack([x, only_zeros + 2.0 * x, rng.normal(size=300)])
    found = separated(y, X - X.mean(axis=0), (firm,))
    np.testing.assert_array_equal(found.rows, only_zeros)
    assert found.columns == (0, 1)


def test_two_effects_together_can_separate() -> None:
    # The only link between two blocks of cells is a zero.
    buyer = np.array([0, 0, 1, 1, 2, 2, 3, 3, 0])
    seller = np.array([0, 1, 0, 1, 2, 3, 2, 3, 2])
    y = np.array([1.0, 2, 3, 1, 2, 2, 1, 3, 0])
    found = separated(y, np.zeros((9, 0)), (buyer, seller))
    np.testing.assert_array_equal(np.flatnonzero(found.rows), [8])
    assert found.columns == ()
    assert not all_zero_levels(y, (buyer, seller)).any()


def test_an_outcome_without_zeros_is_not_separated(rng: np.random.Generator) -> None:
    found = separated(np.ones(10), rng.normal(size=(10, 1)), ())
    assert not found.rows.any()


def test_levels_with_only_zeros_are_found() -> None:
    y = np.array([0.0, 0, 1, 0, 2, 0])
    lost = all_zero_levels(y, (np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 1, 1, 1, 0])))
    np.testing.assert_array_equal(lost, [True, True, False, False, False, True])


def test_a_search_that_does_not_settle_is_an_error(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    y = rng.poisson(1.0, 60).astype(float)
    x = (y == 0) * rng.uniform(0.1, 1, 60)
    monkeypatch.setattr(module, "MAX_ROUNDS", 0)
    with pytest.raises(ConvergenceError, match="moving after 0 projections"):
        separated(y, x[:, None] - x.mean(), ())
