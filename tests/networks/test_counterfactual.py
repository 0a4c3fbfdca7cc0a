"""Networks as they might have been."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import IdentificationError, SpecificationError
from spillover.networks.build import assemble
from spillover.networks.counterfactual import recap, swap, thin
from spillover.networks.edges import Edges
from spillover.networks.network import Network

SEEDS = st.integers(0, 10_000)


def drawn(seed: int, n: int = 12, m: int = 30) -> Network:
    rng = np.random.default_rng(seed)
    start = rng.integers(2000, 2002, m)
    return assemble(
        "w",
        [f"F{i:02d}" for i in range(n)],
        [2000, 2001],
        rng.integers(0, n, m),
        rng.integers(0, n, m),
        rng.integers(1, 6, m).astype(float),
        start=start,
        end=np.minimum(start + 1, 2001),
        attributes={"industry": rng.integers(0, 2, n).astype(np.int32)},
    )


@given(SEEDS, st.sampled_from([None, "industry"]), st.booleans())
def test_swaps_keep_degrees_weights_and_links_between_labels(
    seed: int, within: str | None, turned: object
) -> None:
    network = drawn(seed).customers() if turned else drawn(seed)
    mixed = swap(network, seed, within=within, most_remaining=1.0)
    label = network.attributes["industry"]
    for year in (2000, 2001):
        w, v = network.at(year).toarray(), mixed.network.at(year).toarray()
        np.testing.assert_array_equal((w > 0).sum(0), (v > 0).sum(0))
        np.testing.assert_array_equal((w > 0).sum(1), (v > 0).sum(1))
        np.testing.assert_array_equal(np.sort(w, axis=1), np.sort(v, axis=1))
        assert not np.diag(v).any()
        if within:
            for a in (0, 1):
                for b in (0, 1):
                    block = np.ix_(label == a, label == b)
                    assert (w[block] > 0).sum() == (v[block] > 0).sum()
    assert np.nanmin(mixed.accepted) >= 0
    assert np.nanmax(mixed.accepted) <= 1
    again = swap(network, seed, within=within, most_remaining=1.0).network.edges
    assert again.src.tobytes() == mixed.network.edges.src.tobytes()


def test_a_large_network_is_mixed_and_a_complete_one_cannot_be() -> None:
    network = drawn(1, n=99, m=300)
    assert swap(network, 3).remaining.max() < 0.15
    i, j = np.nonzero(~np.eye(5, dtype=bool))
    full = assemble("w", list("abcde"), [2000], i, j)
    with pytest.raises(IdentificationError, match="100 %"):
        swap(full, 1)
    with pytest.raises(SpecificationError, match="symmetric"):
        swap(assemble("w", list("ab"), [2000], [0], [1], directed=False), 1)


@given(SEEDS, st.integers(1, 30))
def test_lists_are_cut_on_the_side_that_reported(seed: int, cap: int) -> None:
    network = drawn(seed, n=8, m=60)
    rng = np.random.default_rng(seed)
    e = network.edges
    sides = rng.integers(1, 4, len(e)).astype(np.uint8)
    edges = Edges(e.src, e.dst, e.start, e.end, e.weight, sides)
    network = Network("w", network.firms, network.years, network.present, edges)
    cut = recap(network, cap, seed)
    for year in (2000, 2001):
        alive = (cut.edges.start <= year) & (cut.edges.end >= year)
        for side, own in ((1, cut.edges.src), (2, cut.edges.dst)):
            listed = np.bincount(own[alive & ((cut.edges.reporter & side) > 0)], minlength=8)
            assert listed.max(initial=0) <= cap
        before, after = network.at(year).toarray(), cut.at(year).toarray()
        assert np.all((after == before) | (after == 0))
        full = (network.edges.start <= year) & (network.edges.end >= year)
        for i in range(8):
            mine = full & (network.edges.src == i) & ((sides & 1) > 0)
            if mine.sum() <= cap:
                kept = after[network.edges.dst[mine], i]
                assert (kept > 0).all()
    if cap >= 8:
        for year in (2000, 2001):
            np.testing.assert_array_equal(cut.at(year).toarray(), network.at(year).toarray())


def test_thinning_removes_pairs_for_good_and_on_both_sides() -> None:
    network = drawn(2, n=40, m=400)
    less = thin(network, 0.25, seed=1)
    assert 0.65 < len(less.edges) / len(network.edges) < 0.85
    for year in (2000, 2001):
        before, after = network.at(year).toarray(), less.at(year).toarray()
        assert np.all((after == before) | (after == 0))
    pairs = assemble("w", list("abcd"), [2000], [0, 1, 2], [1, 2, 3], directed=False)
    assert not thin(pairs, 0.5, seed=3).directed
    assert len(thin(network, 0.0, seed=1).edges) == len(network.edges)
