import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import ResourceError
from spillover.numerics.absorb import absorb
from spillover.numerics.leverage import leverages
from spillover.numerics.regression import least_squares
from spillover.numerics.solution import Effects, Linear


def problem(
    seed: int, q: int, *, weighted: bool, n: int = 50
) -> tuple[Linear, Effects, np.ndarray]:
    """Arrays after absorption, and the dummies and regressors before it."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(size=(n, 3))
    levels = rng.integers(1, 9, q)
    codes = tuple(np.unique(rng.integers(0, g, n), return_inverse=True)[1] for g in levels)
    weights = rng.uniform(0.5, 2, n) if weighted else None
    free = absorb(raw, codes, weights=weights).columns
    fit = least_squares(free[:, 0], free[:, 1:], weights)
    dummies = [code[:, None] == np.arange(code.max() + 1) for code in codes]
    effects = Effects(tuple("abc"[:q]), codes, tuple(int(code.max()) + 1 for code in codes))
    linear = Linear(free[:, 0], free[:, 1:], None, weights, fit.bread)
    return linear, effects, np.hstack([raw[:, 1:], *dummies])


@given(seed=st.integers(0, 10_000), q=st.integers(0, 3), weighted=st.booleans())
def test_leverages_are_the_diagonal_of_the_full_projection(
    seed: int, q: int, *, weighted: bool
) -> None:
    linear, effects, full = problem(seed, q, weighted=weighted)
    root = np.ones(len(full)) if linear.weights is None else np.sqrt(linear.weights)
    whole = full * root[:, None]
    expected = np.diag(whole @ np.linalg.pinv(whole, rcond=1e-10))
    np.testing.assert_allclose(leverages(linear, effects), expected, atol=1e-9)


def test_leverages_sum_to_the_number_of_parameters() -> None:
    linear, effects, full = problem(3, 3, weighted=False)
    assert leverages(linear, effects).sum() == pytest.approx(np.linalg.matrix_rank(full))


def test_large_problems_with_several_effects_are_refused() -> None:
    n = 20_001
    codes = (np.arange(n) // 2, np.arange(n) % 2)
    linear = Linear(np.zeros(n), np.zeros((n, 1)), None, None, np.eye(1))
    with pytest.raises(ResourceError, match="Found 20,001 rows and 2 levels in firm and year"):
        leverages(linear, Effects(("firm", "year"), codes, (n // 2 + 1, 2)))
