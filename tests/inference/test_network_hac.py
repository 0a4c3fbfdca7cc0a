"""Dependence in a network: limits, bandwidths and refusals."""

from collections.abc import Sequence
from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import (
    DataError,
    IdentificationError,
    ResourceError,
    SpecificationError,
    UnknownNameError,
)
from spillover.inference import network as module
from spillover.inference.cluster import Cluster
from spillover.inference.independent import Heteroskedastic
from spillover.inference.network import NetworkHAC
from spillover.networks.build import assemble
from spillover.sample import Sample
from spillover.tables.panel import Panel

KERNELS = ("uniform", "bartlett", "parzen", "tukey", "overlap")


def on_network(
    links: Sequence[tuple[int, int]], firms: int, years: int = 1, groups: object = None
) -> Sample:
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i:04d}" for i in range(firms)], years),
            "year": np.tile(np.arange(2001, 2001 + years), firms),
        }
    )
    if groups is not None:
        frame["group"] = np.repeat(groups, years)
    ends = np.array(links, dtype=int).reshape(-1, 2)
    names = sorted(frame["firm_id"].unique())
    net = assemble("supply", names, range(2001, 2001 + years), ends[:, 0], ends[:, 1])
    return Sample.of(Panel.of(frame), networks=[net])


def cliques(sizes: Sequence[int]) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Complete graphs side by side, and which one each firm is in."""
    starts = np.cumsum([0, *sizes])
    links = [(i, j) for a, b in pairwise(starts) for i in range(a, b) for j in range(a, i)]
    return links, np.repeat(np.arange(len(sizes)), sizes)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_bandwidth_of_zero_is_one_cluster_per_firm(world, scores, meat, kernel: str) -> None:
    found = meat(NetworkHAC("supply", 0, kernel=kernel), world, scores)
    np.testing.assert_allclose(found, meat(Cluster("firm_id"), world, scores), rtol=1e-12)


def test_a_bandwidth_of_zero_is_hc0_in_a_cross_section(world, scores, meat) -> None:
    one_year = world.where("year == 2002")
    a = scores[: len(one_year)]
    found = meat(NetworkHAC("supply", 0), one_year, a)
    np.testing.assert_allclose(found, meat(Heteroskedastic("HC0"), one_year, a), rtol=1e-12)


@pytest.mark.parametrize(("kernel", "bandwidth"), [("uniform", 1), ("uniform", 3), ("overlap", 2)])
def test_disjoint_cliques_are_clusters(rng, meat, kernel: str, bandwidth: int) -> None:
    links, group = cliques([3, 1, 5, 2, 4, 1, 6, 3])
    sample = on_network(links, len(group), years=2, groups=group)
    a = rng.normal(size=(len(sample), 3))
    found = meat(NetworkHAC("supply", bandwidth, kernel=kernel), sample, a)
    np.testing.assert_allclose(found, meat(Cluster("group"), sample, a), rtol=1e-12)


def test_a_network_without_links_is_hc0(rng, meat) -> None:
    sample = on_network([], 9)
    a = rng.normal(size=(9, 2))
    np.testing.assert_allclose(meat(NetworkHAC("supply", 4), sample, a), a.T @ a)


def test_direction_of_links_does_not_matter(world, scores, meat) -> None:
    turned = Sample.of(world.panel, networks=[world.networks[0].customers()])
    vcov = NetworkHAC("supply", 2, kernel="tukey")
    np.testing.assert_array_equal(meat(vcov, turned, scores), meat(vcov, world, scores))


def test_paths_lead_through_firms_outside_the_sample(rng, meat) -> None:
    sample = on_network([(0, 1), (1, 2)], 40)
    ends = sample.where("firm_id != 'F0001'")
    K = NetworkHAC("supply", 2, kernel="uniform").bind(ends).kernel.stored().toarray()
    assert K[0, 1] == 1.0
    assert K.sum() == len(ends) + 2


@given(seed=st.integers(0, 10**6))
def test_names_of_firms_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, 40, (25, 2))
    links = [(int(i), int(j)) for i, j in ends if i != j]
    order, a = rng.permutation(40), rng.normal(size=(40, 2))
    where = np.argsort(order)
    vcov = NetworkHAC("supply", 2, kernel="parzen")
    one = vcov.bind(on_network(links, 40)).kernel.sum(a)
    renamed = on_network([(where[i], where[j]) for i, j in links], 40)
    np.testing.assert_allclose(vcov.bind(renamed).kernel.sum(a[order]), one, rtol=1e-10, atol=1e-10)


@given(seed=st.integers(0, 10**6))
def test_the_overlap_kernel_is_positive_semidefinite(seed: int) -> None:
    rng = np.random.default_rng(seed)
    links = [(int(i), int(j)) for i, j in rng.integers(0, 60, (30, 2)) if i != j]
    K = NetworkHAC("supply", 2, kernel="overlap").bind(on_network(links, 60)).kernel.stored()
    assert np.linalg.eigvalsh(K.toarray()).min() > -1e-12


def test_path_length_kernels_need_not_be_positive_semidefinite() -> None:
    """Why the overlap kernel exists: a star under the uniform kernel."""
    links = [(0, j) for j in range(1, 6)]
    K = NetworkHAC("supply", 1, kernel="uniform").bind(on_network(links, 40)).kernel.stored()
    assert np.linalg.eigvalsh(K.toarray()).min() < -0.5


def test_the_note_gives_both_bandwidths_the_neighbours_and_the_year() -> None:
    links = [(i, i + 1) for i in range(0, 40, 2)]
    part = NetworkHAC("supply", 2, base_year=2001).bind(on_network(links, 40))
    assert part.label == "network supply, bandwidth 2, bartlett"
    expected = "on average 1.0 other firms of the sample within 2 steps (b = 3); links of 2001"
    assert part.notes == (expected,)


def test_the_rule_of_kojevnikov_marmer_and_song_is_followed() -> None:
    n, links = 400, [(i, (i + s) % 400) for i in range(400) for s in (1, 7)]
    part = NetworkHAC("supply", "kms", kernel="parzen").bind(on_network(links, n))
    b = 2 * np.log(n) / np.log(4)  # every firm has four partners
    assert f"b = {b:.3g}" in part.notes[0]
    assert f"bandwidth {int(np.ceil(b)) - 1}" in part.label
    weights = part.kernel.unit_kernel.weights
    assert weights[1] == pytest.approx(1 - 6 / b**2 + 6 / b**3, rel=1e-12)


@pytest.mark.parametrize("graph", ["ring", "random"])
def test_the_rule_of_leung_is_followed(graph: str) -> None:
    built = nx.cycle_graph(300) if graph == "ring" else nx.gnm_random_graph(300, 500, seed=1)
    part = NetworkHAC("supply", "leung", kernel="uniform").bind(on_network(list(built.edges), 300))
    giant = built.subgraph(max(nx.connected_components(built), key=len))
    length, degree = nx.average_shortest_path_length(giant), 2 * built.number_of_edges() / 300
    fast = length < 2 * np.log(300) / np.log(degree)
    assert fast == (graph == "random")
    expected = round(max(length / 2 if fast else length ** (1 / 3), 2))
    assert f"bandwidth {expected}," in part.label


def test_a_complete_network_is_refused() -> None:
    links, _ = cliques([30])
    with pytest.raises(IdentificationError, match=r"100% of firms.*100% of the sample"):
        NetworkHAC("supply", 1).bind(on_network(links, 30))


def test_balls_that_cover_most_of_the_large_component_are_refused() -> None:
    ring = [(i, (i + 1) % 60) for i in range(60)]
    sample = on_network(ring, 80)
    assert NetworkHAC("supply", 5, kernel="uniform").bind(sample).factor == "none"
    with pytest.raises(IdentificationError, match="shrink to zero"):
        NetworkHAC("supply", 16, kernel="uniform").bind(sample)


def test_the_overlap_kernel_is_judged_by_its_balls() -> None:
    """Around a hub every firm is within two steps of every other, but balls hardly overlap."""
    links = [(0, j) for j in range(1, 60)]
    with pytest.raises(IdentificationError):
        NetworkHAC("supply", 2).bind(on_network(links, 60))
    part = NetworkHAC("supply", 2, kernel="overlap").bind(on_network(links, 60))
    assert "within balls of radius 1" in part.notes[0]
    with pytest.raises(IdentificationError):
        NetworkHAC("supply", 4, kernel="overlap").bind(on_network(links, 60))


def test_searches_that_reach_too_many_firms_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_VISITS", 100)
    ring = [(i, (i + 1) % 60) for i in range(60)]
    with pytest.raises(ResourceError, match="3 firms within 1 step of each of 60"):
        NetworkHAC("supply", 1).bind(on_network(ring, 60))


def test_firms_outside_the_network_are_named(world) -> None:
    net = assemble("supply", ["F00", "F01"], [2001], [0], [1])
    with pytest.raises(DataError, match=r"30 of 32 firms outside.*F02, F03, F04, \.\.\."):
        NetworkHAC("supply").bind(Sample.of(world.panel, networks=[net]))


def test_an_unknown_network_or_year_is_named(world) -> None:
    with pytest.raises(UnknownNameError, match="supply"):
        NetworkHAC("suply").bind(world)
    with pytest.raises(DataError, match="1990"):
        NetworkHAC("supply", base_year=1990).bind(world)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"bandwidth": 3, "kernel": "overlap"}, "even number"),
        ({"bandwidth": "kms", "kernel": "overlap"}, "even number"),
        ({"bandwidth": "leung"}, "uniform"),
        ({"bandwidth": -1}, "bandwidth"),
        ({"kernel": "gaussian"}, "kernel"),
    ],
)
def test_fields_that_do_not_fit_are_refused(fields: dict, words: str) -> None:
    with pytest.raises(SpecificationError, match=words):
        NetworkHAC("supply", **fields)
