"""Tiers, chains, production stages and normalisations."""

from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from spillover.errors import ConvergenceError, SpecificationError
from spillover.networks.build import assemble
from spillover.networks.network import Network
from spillover.networks.normalize import normalize
from spillover.networks.propagate import (
    downstreamness,
    exact_tier,
    first_encounter,
    katz,
    total_requirements,
    upstreamness,
)
from spillover.numerics.csr import row_normalized, two_steps
from spillover.numerics.series import chained, spectral_radius


def drawn(seed: int, n: int = 8, m: int = 18) -> Network:
    rng = np.random.default_rng(seed)
    columns = (rng.integers(0, n, m), rng.integers(0, n, m), rng.integers(1, 5, m).astype(float))
    return assemble("w", [f"F{i}" for i in range(n)], [2000], *columns)


SEEDS = st.integers(0, 10_000)


@given(SEEDS)
def test_tiers_are_disjoint_and_reach_everyone_who_can_be_reached(seed: int) -> None:
    network = drawn(seed)
    tiers = [exact_tier(network, 2000, k).toarray() for k in range(1, 8)]
    together = sum(tiers)
    assert together.max() <= 1
    graph = nx.from_numpy_array(network.at(2000).toarray(), create_using=nx.DiGraph)
    lengths = dict(nx.all_pairs_shortest_path_length(graph))
    for i in range(8):
        for j in range(8):
            k = lengths[i].get(j, 0)
            assert together[i, j] == (k > 0)
            if k:
                assert tiers[k - 1][i, j] == 1
    np.testing.assert_array_equal(tiers[0], network.at(2000).toarray() > 0)


@given(SEEDS)
def test_two_steps_without_the_way_back_equal_the_dense_product(seed: int) -> None:
    matrix = drawn(seed).at(2000)
    g = np.random.default_rng(seed).normal(size=8)
    square = matrix.toarray() @ matrix.toarray()
    np.testing.assert_allclose(
        two_steps(matrix, g), (square - np.diag(np.diag(square))) @ g, rtol=1e-12, atol=1e-12
    )


@given(SEEDS)
def test_without_links_in_both_directions_no_way_leads_back(seed: int) -> None:
    acyclic = sparse.csr_array(sparse.triu(drawn(seed).at(2000), k=1))
    g = np.random.default_rng(seed).normal(size=8)
    np.testing.assert_array_equal(two_steps(acyclic, g), acyclic @ (acyclic @ g))


@given(SEEDS, st.floats(0, 0.95))
def test_katz_equals_a_dense_solution(seed: int, decay: float) -> None:
    matrix = row_normalized(drawn(seed).at(2000))
    w, g = matrix.toarray(), np.random.default_rng(seed).normal(size=8)
    expected = np.linalg.solve(np.eye(8) - decay * w, w @ g)
    np.testing.assert_allclose(katz(matrix, g, decay), expected, atol=1e-10)
    np.testing.assert_array_equal(katz(matrix, g, 0.0), matrix @ g)


@given(SEEDS)
def test_the_spectral_radius_equals_the_dense_one(seed: int) -> None:
    matrix = drawn(seed).at(2000)
    dense = np.abs(np.linalg.eigvals(matrix.toarray())).max()
    assert spectral_radius(matrix) == pytest.approx(dense, abs=1e-3 if dense < 1e-2 else 1e-9)


def test_a_large_ring_and_a_tree_have_radius_one_and_zero() -> None:
    n = 600
    ring = assemble("w", [f"{i:03d}" for i in range(n)], [2000], range(n), np.roll(range(n), 1))
    assert spectral_radius(ring.at(2000)) == pytest.approx(1.0, abs=1e-8)
    line = assemble("w", [f"{i:03d}" for i in range(n)], [2000], range(n - 1), range(1, n))
    assert spectral_radius(line.at(2000)) == 0.0
    with pytest.raises(SpecificationError, match="cycles"):
        normalize(line, 2000, "spectral")


def test_decay_at_the_limit_is_refused() -> None:
    ring = assemble("w", list("abc"), [2000], [0, 1, 2], [1, 2, 0])
    with pytest.raises(SpecificationError, match="below 1,"):
        katz(ring.at(2000), np.ones(3), 1.0)
    with pytest.raises(ConvergenceError, match="smaller decay"):
        chained(ring.at(2000), np.ones(3), 1.0)
    line = assemble("w", list("abc"), [2000], [0, 1], [1, 2], [3.0, 2.0])
    np.testing.assert_array_equal(katz(line.at(2000), np.ones(3), 1.0), [0.0, 3.0, 8.0])


@given(SEEDS, st.floats(0, 1))
def test_the_chance_of_meeting_a_foreign_firm_solves_its_equations(seed: int, decay: float) -> None:
    matrix = row_normalized(drawn(seed).at(2000))
    foreign = np.random.default_rng(seed).integers(0, 2, 8).astype(float)
    h = first_encounter(matrix, foreign, decay)
    assert np.all((h >= 0) & (h <= 1 + 1e-12))
    w = matrix.toarray()
    np.testing.assert_allclose(h, w @ (foreign + decay * (1 - foreign) * h), atol=1e-9)
    only = w.sum(axis=1) * (w @ (1 - foreign) == 0)
    assert np.all(h[only > 0.5] == pytest.approx(1.0))


@given(SEEDS, st.sampled_from(["row", "column", "max_row", "symmetric", "none"]))
def test_normalised_weights_have_their_sums(seed: int, rule: str) -> None:
    network = drawn(seed, m=9)
    w, p = network.at(2000).toarray(), normalize(network, 2000, rule).toarray()
    assert np.array_equal(p > 0, w > 0)
    s = w.sum(axis=1)
    if rule == "row":
        np.testing.assert_allclose(p.sum(axis=1), s > 0)
    if rule == "column":
        np.testing.assert_allclose(p.sum(axis=0), w.sum(axis=0) > 0)
    if rule == "max_row":
        np.testing.assert_allclose(p, w / s.max())
    if rule == "symmetric":
        root = np.sqrt(np.where(s > 0, s, 1))
        np.testing.assert_allclose(p, w / np.outer(root, root))


def test_shares_of_a_total_keep_the_outside_option() -> None:
    totals = {"output": np.array([[10.0], [4.0], [0.0]])}
    network = assemble("w", list("abc"), [2000], [1, 2], [0, 0], [3.0, 2.0], totals=totals)
    np.testing.assert_allclose(normalize(network, 2000, "share").toarray()[0], [0, 0.3, 0.2])
    small = assemble("w", list("abc"), [2000], [1], [0], [30.0], totals=totals)
    with pytest.raises(SpecificationError, match="within its output"):
        normalize(small, 2000, "share")


def test_stages_of_a_chain() -> None:
    """Each sells everything to the next; the last one to final demand."""
    totals = {"output": np.ones((4, 1))}
    chain = assemble("w", list("abcd"), [2000], [0, 1, 2], [1, 2, 3], totals=totals)
    np.testing.assert_allclose(upstreamness(chain, 2000), [4, 3, 2, 1])
    np.testing.assert_allclose(downstreamness(chain, 2000), [1, 2, 3, 4])
    alone = assemble("w", list("ab"), [2000], [], [], totals={"output": np.zeros((2, 1))})
    np.testing.assert_array_equal(upstreamness(alone, 2000), 1.0)


@pytest.mark.reference
def test_stored_chains(toy: tuple, stored: dict) -> None:
    network, nodes = toy
    p = normalize(network.suppliers(), 2010, "row")
    foreign = nodes["foreign"].to_numpy(float)
    case = stored["exposure"]
    assert spectral_radius(p) == pytest.approx(case["spectral_radius_P"], abs=1e-10)
    np.testing.assert_allclose(p @ (p @ foreign), case["second_order_powers_P2F"], atol=1e-12)
    discounted = 0.5 * katz(p, foreign, 0.5)
    np.testing.assert_allclose(discounted, case["leontief_upstream_lambda0.5"], atol=1e-12)


@pytest.mark.reference
def test_stages_and_foreign_content_of_japanese_industries(shared: Path) -> None:
    """WIOD 2005; R 4.2.2 solve(), tolerance 1e-8."""
    folder = shared / "data" / "wiod"
    nodes, flows, expected = (
        pd.read_csv(folder / name)  # noqa: TID251 - outside the project
        for name in ("wiod05_nodes.csv", "wiod05_full.csv.gz", "jpn_2005_expected.csv")
    )
    output = nodes["output"].to_numpy(float)
    within = flows["i"] == flows["j"]
    own = np.bincount(flows["i"][within], flows["v"][within], len(nodes))
    rest = flows[~within]
    network = assemble(
        "wiod",
        [f"{k:04d}" for k in nodes["k"]],
        [2005],
        rest["i"],
        rest["j"],
        rest["v"],
        totals={"output": output[:, None], "own": own[:, None]},
    )
    japan = (nodes["country"] == "JPN").to_numpy()
    up, down = upstreamness(network, 2005), downstreamness(network, 2005)
    np.testing.assert_allclose(up[japan], expected["upstreamness"], atol=1e-8)
    np.testing.assert_allclose(down[japan], expected["downstreamness"], atol=1e-8)
    foreign = (~japan).astype(float)
    content = total_requirements(network, 2005, foreign)
    np.testing.assert_allclose(content[japan], expected["leontief_foreign"], atol=1e-8)
    per_output = network.suppliers().at(2005) @ foreign / np.where(output == 0, 1, output)
    np.testing.assert_allclose(
        per_output[japan], expected["imported_input_share"].fillna(0.0), atol=1e-12
    )


def test_chains_of_unknown_values_and_of_negative_decay_are_refused() -> None:
    matrix = drawn(1).at(2000)
    with pytest.raises(SpecificationError, match="Found 1 missing"):
        katz(matrix, np.array([np.nan, *[1.0] * 7]), 0.1)
    with pytest.raises(SpecificationError, match="zero or more"):
        katz(matrix, np.ones(8), -0.1)
