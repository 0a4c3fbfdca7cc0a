import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spillover.numerics.degrees import components, dense_codes, singletons


def by_loop(effects: tuple[np.ndarray, ...]) -> np.ndarray:
    kept = [True] * len(effects[0])
    changed = True
    while changed:
        changed = False
        for codes in effects:
            for i in range(len(codes)):
                same = [j for j in range(len(codes)) if kept[j] and codes[j] == codes[i]]
                if kept[i] and len(same) == 1:
                    kept[i] = False
                    changed = True
    return np.array(kept)


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 3), st.integers(1, 15))
def test_singletons_leave_until_there_are_none(seed: int, n: int, q: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    effects = tuple(rng.integers(0, levels, n) for _ in range(q))
    np.testing.assert_array_equal(singletons(effects), by_loop(effects))


def test_a_chain_of_singletons_unravels_to_the_end() -> None:
    # Row i links level i of the first effect with level i + 1 of the second: a path.
    n = 60
    first, second = np.arange(n) // 2, (np.arange(n) + 1) // 2
    assert not singletons((first, second)).any()
    closed = second % (n // 2)
    assert singletons((first, closed)).all()


def test_without_effects_nothing_leaves() -> None:
    assert singletons(()).shape == (0,)


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 12))
def test_components_are_those_of_the_bipartite_graph(seed: int, n: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    codes = [np.unique(rng.integers(0, levels, n), return_inverse=True)[1] for _ in range(2)]
    graph = nx.Graph((("f", a), ("s", b)) for a, b in zip(*codes, strict=True))
    assert components(*codes) == nx.number_connected_components(graph)


def test_no_rows_have_no_components() -> None:
    empty = np.zeros(0, dtype=np.int32)
    assert components(empty, empty) == 0


@given(st.lists(st.integers(-2, 30), max_size=30), st.sampled_from([1, 10**9]))
def test_dense_codes_keep_their_order_and_lose_empty_levels(values: list[int], step: int) -> None:
    codes, levels = dense_codes(np.array(values, dtype=np.int64) * step)
    known = sorted({value for value in values if value >= 0})
    expected = [known.index(value) if value >= 0 else -1 for value in values]
    np.testing.assert_array_equal(codes, expected)
    assert levels == len(known)
