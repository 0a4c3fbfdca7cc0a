import os
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import ConvergenceError
from spillover.numerics import absorb as module
from spillover.numerics.absorb import absorb, prepare


def dummies(effects: tuple[np.ndarray, ...]) -> np.ndarray:
    return np.hstack([codes[:, None] == np.arange(codes.max() + 1) for codes in effects]).astype(
        float
    )


def by_dummies(
    columns: np.ndarray, effects: tuple[np.ndarray, ...], weights: np.ndarray | None = None
) -> np.ndarray:
    """Residuals of the regression on every dummy: the definition of absorption."""
    root = np.ones(len(columns)) if weights is None else np.sqrt(weights)
    D = dummies(effects)
    gamma = np.linalg.lstsq(D * root[:, None], columns * root[:, None], rcond=None)[0]
    return columns - D @ gamma


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, tuple[np.ndarray, ...], np.ndarray | None]:
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n = draw(st.integers(2, 60))
    q = draw(st.integers(1, 4))
    effects = tuple(
        np.unique(rng.integers(0, draw(st.integers(1, 12)), n), return_inverse=True)[1]
        for _ in range(q)
    )
    weights = rng.uniform(0.1, 3, n) if draw(st.booleans()) else None
    return rng.normal(size=(n, 3)), effects, weights


@given(problems())
def test_absorption_equals_the_residual_of_all_dummies(problem) -> None:
    columns, effects, weights = problem
    found = absorb(columns, effects, weights=weights)
    np.testing.assert_allclose(found.columns, by_dummies(columns, effects, weights), atol=1e-10)
    assert found.residual < 1e-10


@given(problems())
def test_absorbing_twice_changes_nothing(problem) -> None:
    columns, effects, weights = problem
    once = absorb(columns, effects, weights=weights).columns
    # Beside the original: the scale of what a saturated problem leaves is rounding alone.
    twice = absorb(once + columns, effects, weights=weights).columns
    np.testing.assert_allclose(twice, 2 * once, atol=1e-10)


@given(problems(), st.integers(0, 1000))
def test_rows_labels_and_order_of_effects_do_not_matter(problem, seed: int) -> None:
    columns, effects, weights = problem
    rng = np.random.default_rng(seed)
    plain = absorb(columns, effects, weights=weights).columns
    order = rng.permutation(len(columns))
    renamed = tuple(rng.permutation(codes.max() + 1)[codes][order] for codes in effects[::-1])
    shuffled = absorb(
        columns[order], renamed, weights=None if weights is None else weights[order]
    ).columns
    np.testing.assert_allclose(shuffled, plain[order], atol=1e-10)


@given(problems())
def test_the_rank_is_the_rank_of_the_dummies(problem) -> None:
    _, effects, weights = problem
    assert prepare(effects, weights=weights).rank == np.linalg.matrix_rank(dummies(effects))


@given(problems())
def test_whole_weights_count_as_repeated_rows(problem) -> None:
    columns, effects, _ = problem
    times = np.random.default_rng(len(columns)).integers(1, 4, len(columns))
    repeated = absorb(np.repeat(columns, times, 0), tuple(np.repeat(e, times) for e in effects))
    weighted = absorb(columns, effects, weights=times.astype(float))
    np.testing.assert_allclose(repeated.columns, np.repeat(weighted.columns, times, 0), atol=1e-10)


def test_one_effect_is_removed_by_group_means(rng: np.random.Generator) -> None:
    codes = np.array([0, 0, 1, 1, 1, 2])
    x = rng.normal(size=(6, 1))
    expected = x.copy()
    for g in range(3):
        expected[codes == g] -= x[codes == g].mean()
    np.testing.assert_allclose(absorb(x, (codes,)).columns, expected, atol=1e-15)


def test_without_effects_columns_stay_as_they_are() -> None:
    columns = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(absorb(columns, ()).columns, columns)


def chain(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A buyer-supplier graph of long diameter: partners are near on a line."""
    buyer = rng.integers(0, n // 8, n)
    supplier = np.clip(buyer + rng.integers(-2, 3, n), 0, n // 8 - 1)
    return (
        np.unique(buyer, return_inverse=True)[1],
        np.unique(supplier, return_inverse=True)[1],
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_the_iterative_solver_agrees_with_the_dense_one_on_a_long_chain(
    *, weighted: bool, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    effects = (*chain(4000, rng), rng.integers(0, 5, 4000))
    columns = np.column_stack([rng.normal(size=4000), effects[0] / 100.0 + rng.normal(size=4000)])
    weights = rng.uniform(0.2, 2, 4000) if weighted else None
    dense = absorb(columns, effects, weights=weights)
    monkeypatch.setattr(module, "DENSE_LEVELS", 0)
    iterative = prepare(effects, weights=weights)
    assert iterative.rank is None
    found = iterative.remove(columns)
    np.testing.assert_allclose(found.columns, dense.columns, atol=1e-6)
    assert found.residual < 1e-8


def test_disconnected_and_nested_effects_lose_only_what_they_share(
    rng: np.random.Generator,
) -> None:
    firm = np.repeat(np.arange(20), 5)
    region = firm // 4
    year = np.tile(np.arange(5), 20) + 5 * (firm >= 10)
    effects = (firm, year, region)
    columns = rng.normal(size=(100, 2))
    absorber = prepare(effects)
    assert absorber.rank == 20 + 10 - 2
    np.testing.assert_allclose(
        absorber.remove(columns).columns, by_dummies(columns, effects), atol=1e-12
    )


def test_a_prepared_absorber_serves_new_columns_and_new_weights(rng: np.random.Generator) -> None:
    effects = (rng.integers(0, 12, 300), rng.integers(0, 7, 300))
    weights = rng.uniform(0.5, 2, 300)
    columns = rng.normal(size=(300, 2))
    absorber = prepare(effects)
    np.testing.assert_array_equal(
        absorber.remove(columns[:, :1]).columns, absorb(columns[:, :1], effects).columns
    )
    np.testing.assert_array_equal(
        absorber.reweighted(weights).remove(columns).columns,
        absorb(columns, effects, weights=weights).columns,
    )


def test_columns_are_not_written_to(rng: np.random.Generator) -> None:
    columns = rng.normal(size=(50, 2))
    columns.setflags(write=False)
    absorb(columns, (np.arange(50) % 7, np.arange(50) % 3))


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_verification_does_not_depend_on_units(scale: float, rng: np.random.Generator) -> None:
    effects = (rng.integers(0, 30, 400), rng.integers(0, 11, 400))
    x = rng.normal(size=(400, 1)) + 1e4
    found = absorb(scale * x, effects)
    np.testing.assert_allclose(found.columns / scale, absorb(x, effects).columns, atol=1e-10)
    assert found.residual < 1e-11


def test_a_column_that_the_effects_explain_becomes_zero(rng: np.random.Generator) -> None:
    firm, year = rng.integers(0, 30, 400), rng.integers(0, 11, 400)
    columns = np.column_stack([np.full(400, 2005.0), 7.0 * firm + year, year.astype(float)])
    assert np.abs(absorb(columns, (firm, year)).columns).max() < 1e-9


@dataclass(frozen=True)
class Halfway:
    """A solver that believes in itself and does a share of the work."""

    exact: module.Remover
    share: float

    def remove(self, columns: np.ndarray) -> np.ndarray:
        return (1 - self.share) * columns + self.share * self.exact.remove(columns)


def test_a_solver_that_stops_short_is_refined_once(rng: np.random.Generator) -> None:
    absorber = prepare((rng.integers(0, 5, 100), rng.integers(0, 4, 100)))
    columns = rng.normal(size=(100, 2))
    sloppy = replace(absorber, solver=Halfway(absorber.solver, 1 - 1e-5))
    found = sloppy.remove(columns)
    assert found.rounds == 2
    np.testing.assert_allclose(found.columns, absorber.remove(columns).columns, atol=1e-9)


def test_a_solver_that_fails_is_not_believed(rng: np.random.Generator) -> None:
    absorber = prepare((rng.integers(0, 5, 100), rng.integers(0, 4, 100)))
    lazy = replace(absorber, solver=Halfway(absorber.solver, 0.5))
    with pytest.raises(ConvergenceError, match="in column 1 after one refinement"):
        lazy.remove(np.column_stack([np.zeros(100), rng.normal(size=100)]))


def test_values_that_are_not_finite_do_not_pass_the_verification() -> None:
    with pytest.raises(ConvergenceError), np.errstate(all="ignore"):
        absorb(np.array([[1.0], [np.nan], [2.0]]), (np.array([0, 0, 1]),))


@pytest.mark.parametrize("q", [1, 2])
def test_columns_that_may_be_written_to_give_the_same(q: int, rng: np.random.Generator) -> None:
    n = 20_000  # several blocks of rows
    effects = (rng.integers(0, 500, n), rng.integers(0, 9, n))[:q]
    columns = rng.normal(size=(n, 7))
    absorber = prepare(effects)
    kept = absorber.remove(columns).columns
    spent = columns - columns.mean(axis=0)
    written = absorber.remove(spent, overwrite=True).columns
    assert np.shares_memory(written, spent)
    np.testing.assert_allclose(written, kept, rtol=0, atol=1e-13)


GRAPH = """
import hashlib
import numpy as np
from spillover.numerics.absorb import prepare
rng = np.random.default_rng(3)
buyer = rng.permutation(np.arange(120_000) % 12_000).astype(np.int32)
seller = (buyer * 5 // 6 + rng.integers(0, 7, 120_000)).astype(np.int32) % 10_000
free = prepare((buyer, seller)).remove(rng.normal(size=(120_000, 3))).columns
print(hashlib.sha256(free.tobytes()).hexdigest())
"""


def test_the_iterative_solver_gives_the_same_bytes_on_one_thread() -> None:
    found = [
        subprocess.run(
            [sys.executable, "-c", GRAPH],
            env={**os.environ, "RAYON_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert found[0] == found[1]
