import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spillover.numerics.tall import cross, fitted, row_blocks, scores, totals


@given(st.integers(0, 3000), st.integers(1, 40))
def test_blocks_cover_every_row_once(n: int, k: int) -> None:
    covered = np.zeros(n, dtype=int)
    for rows in row_blocks(n, k):
        covered[rows] += 1
    assert (covered == 1).all()


@given(seed=st.integers(0, 1000), n=st.integers(1, 1500), weighted=st.booleans())
def test_products_are_those_of_whole_arrays(seed: int, n: int, *, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    A, B, M = rng.normal(size=(n, 3)), rng.normal(size=(n, 25)), rng.normal(size=(3, 25))
    each = rng.normal(size=n)
    weights = rng.uniform(1, 2, n) if weighted else None
    w = np.ones(n) if weights is None else weights
    np.testing.assert_allclose(cross(A, B, weights), A.T @ (w[:, None] * B), atol=1e-10)
    np.testing.assert_allclose(scores(A, each, M, weights), (A * (w * each)[:, None]) @ M)
    np.testing.assert_allclose(totals(A, each), A.T @ each, atol=1e-10)
    np.testing.assert_allclose(fitted(B, M[0]), B @ M[0], atol=1e-10)
