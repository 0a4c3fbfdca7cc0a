"""Laws of networks and their measures that hold whatever the links are."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from spillover.networks.build import assemble
from spillover.networks.counterfactual import recap
from spillover.networks.describe import MEASURES, describe
from spillover.networks.network import Network
from spillover.networks.portfolio import Portfolio
from spillover.networks.propagate import katz
from spillover.networks.proximity import proximity
from spillover.networks.summary import summarize

SEEDS = st.integers(0, 10_000)


def links(seed: int, n: int = 9, m: int = 24) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, n, m), rng.integers(0, n, m), rng.integers(1, 5, m).astype(float)


def drawn(seed: int, names: list[str] | None = None) -> Network:
    src, dst, weight = links(seed)
    return assemble("w", names or [f"F{i}" for i in range(9)], [2000, 2001], src, dst, weight)


@given(SEEDS)
def test_new_names_of_firms_permute_every_measure_and_nothing_else(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(9)
    src, dst, weight = links(seed)
    before = drawn(seed)
    after = assemble("w", before.firms, [2000, 2001], order[src], order[dst], weight)
    names = [name for name in MEASURES if name != "long_ties"]
    first, second = (describe(network, names).values for network in (before, after))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(other[order], one, rtol=1e-9, atol=1e-10)


@given(SEEDS)
def test_a_cap_above_the_longest_list_changes_nothing(seed: int) -> None:
    network = drawn(seed)
    cut = recap(network, 99, seed)
    for year in network.years:
        np.testing.assert_array_equal(cut.at(year).toarray(), network.at(year).toarray())


@given(SEEDS)
def test_classes_that_no_firm_combines_make_mahalanobis_the_cosine(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {"firm_id": [f"F{i}" for i in range(8)], "class": rng.choice([*"XYZ"], 8), "amount": 1.0}
    )
    p = Portfolio.of(rows, "class", "amount")
    np.testing.assert_allclose(proximity(p, "mahalanobis"), proximity(p, "cosine"), atol=1e-12)


@given(SEEDS)
def test_chains_without_patience_are_the_first_tier(seed: int) -> None:
    matrix = drawn(seed).at(2000)
    values = np.random.default_rng(seed).normal(size=9)
    np.testing.assert_allclose(katz(matrix, values, 1e-12), matrix @ values, atol=1e-8)


@given(SEEDS)
def test_cores_are_within_degrees_and_shrink_with_every_lost_link(seed: int) -> None:
    src, dst, weight = links(seed)
    keep = np.random.default_rng(seed).random(len(src)) < 0.7
    firms = [f"F{i}" for i in range(9)]
    whole = assemble("w", firms, [2000], src, dst, weight)
    part = assemble("w", firms, [2000], src[keep], dst[keep], weight[keep])
    cores = [describe(network, ["core"]).values[0][:, 0] for network in (whole, part)]
    w = whole.at(2000).toarray()
    degree = ((w + w.T) > 0).sum(axis=1)
    assert (cores[0] <= degree).all()
    assert (cores[1] <= cores[0]).all()


@given(SEEDS)
def test_links_that_stay_all_survive(seed: int) -> None:
    table = summarize(drawn(seed))
    assert table["survival"].iloc[0] == 1.0
    assert table["created"].iloc[1] == 0.0
