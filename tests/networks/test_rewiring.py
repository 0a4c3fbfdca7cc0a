"""Rewired networks: degrees of every year stay, spells stay, links move."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import IdentificationError, UnknownNameError
from spillover.networks.build import assemble
from spillover.networks.network import Network
from spillover.networks.rewiring import Rewirer, Rewiring, rewire


def drawn(seed: int, n: int = 14, m: int = 40, *, directed: bool = True) -> Network:
    rng = np.random.default_rng(seed)
    start = rng.integers(2000, 2003, m)
    return assemble(
        "w",
        [f"F{i:03d}" for i in range(n)],
        [2000, 2001, 2002],
        rng.integers(0, n, m),
        rng.integers(0, n, m),
        rng.integers(1, 6, m).astype(float),
        start=start,
        end=np.minimum(start + rng.integers(0, 2, m), 2002),
        attributes={"industry": rng.integers(-1, 2, n).astype(np.int32)},
        directed=directed,
    )


def histories(network: Network) -> Counter:
    """How many pairs of firms have each sequence of values over the years."""
    matrices = np.stack([network.at(int(year)).toarray() for year in network.years], axis=-1)
    return Counter(map(tuple, matrices[matrices.any(axis=-1)].tolist()))


@given(
    st.integers(0, 10_000),
    st.sampled_from([(), ("industry",)]),
    st.sampled_from(["suppliers", "customers", "both"]),
    st.sampled_from(["histories", "years"]),
)
def test_degrees_of_every_year_and_kind_stay(
    seed: int, within: tuple[str, ...], side: str, exchange: str
) -> None:
    network = drawn(seed, directed=side != "both")
    network = network.customers() if side == "customers" else network
    rule = Rewiring(within=within, exchange=exchange)
    result = Rewirer.of(network, rule).draw(np.random.default_rng(seed))
    place = network.attributes["industry"]
    for year in network.years:
        before, after = network.at(int(year)).toarray(), result.network.at(int(year)).toarray()
        for axis in (0, 1):
            np.testing.assert_array_equal((before > 0).sum(axis), (after > 0).sum(axis))
        assert not np.diag(after).any()
        if side == "customers":
            np.testing.assert_array_equal(np.sort(before, axis=1), np.sort(after, axis=1))
        if side == "both":
            np.testing.assert_array_equal(after, after.T)
        if within:
            unknown = (place < 0)[:, None] | (place < 0)[None, :]
            np.testing.assert_array_equal(before[unknown], after[unknown])
            for a in (0, 1):
                for b in (0, 1):
                    block = np.ix_(place == a, place == b)
                    assert (before[block] > 0).sum() == (after[block] > 0).sum()
    if exchange == "histories":
        assert histories(network) == histories(result.network)


def test_a_chain_visits_every_network_with_these_degrees_equally_often() -> None:
    network = assemble("w", list("abcd"), [2000], [0, 1, 2], [1, 2, 3])
    rewirer = Rewirer.of(network, Rewiring(within=(), attempts=20))
    rng = np.random.default_rng(0)
    seen = Counter(
        frozenset(zip(e.src.tolist(), e.dst.tolist(), strict=True))
        for e in (rewirer.draw(rng).network.edges for _ in range(3000))
    )
    pairs = [(i, j) for i in (0, 1, 2) for j in (1, 2, 3) if i != j]
    possible = {
        frozenset(chosen)
        for chosen in combinations(pairs, 3)
        if sorted(i for i, _ in chosen) == [0, 1, 2] and sorted(j for _, j in chosen) == [1, 2, 3]
    }
    assert set(seen) == possible
    share = 1 / len(possible)
    error = np.sqrt(share * (1 - share) / 3000)
    assert all(abs(count / 3000 - share) < 4.5 * error for count in seen.values())


def test_the_same_seed_gives_the_same_network_and_a_large_one_is_mixed() -> None:
    network = drawn(3, n=200, m=900)
    one, two = (rewire(network, Rewiring(within=(), seed=5)) for _ in range(2))
    assert one.network.edges.src.tobytes() == two.network.edges.src.tobytes()
    assert one.left < 0.1
    assert 0.5 < one.accepted <= 1


def test_strata_that_freeze_the_network_are_refused() -> None:
    network = drawn(1)
    network.attributes["own"] = np.arange(14, dtype=np.int32)
    with pytest.raises(IdentificationError, match="coarser strata"):
        rewire(network, Rewiring(within=("own",)))
    with pytest.raises(UnknownNameError, match="prefecture"):
        rewire(network, Rewiring(within=("prefecture",)))
