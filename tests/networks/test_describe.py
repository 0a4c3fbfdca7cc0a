"""Measures of firms against networkx, stored values and loops."""

from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError, UnknownNameError
from spillover.networks.brokerage import brokerage
from spillover.networks.build import assemble
from spillover.networks.convert import to_networkx
from spillover.networks.describe import MEASURES, describe
from spillover.networks.network import Network
from spillover.networks.summary import summarize
from spillover.tables.panel import Panel

YEARS = [2000, 2001]


@st.composite
def drawn_networks(draw: st.DrawFn) -> Network:
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n, m = draw(st.integers(2, 9)), draw(st.integers(0, 30))
    return assemble(
        "supply",
        [f"F{i}" for i in range(n)],
        YEARS,
        rng.integers(0, n, m),
        rng.integers(0, n, m),
        rng.integers(1, 5, m).astype(float),
        start=np.full(m, 2000),
        end=rng.integers(2000, 2002, m),
        attributes={"prefecture": rng.integers(-1, 2, n).astype(np.int32)},
    )


def first_year(network: Network, name: str) -> np.ndarray:
    return describe(network, [name]).values[0][:, 0]


def ties(network: Network) -> nx.Graph:
    """Both directions added, as an undirected graph."""
    w = network.at(2000).toarray()
    return nx.relabel_nodes(nx.from_numpy_array(w + w.T), dict(enumerate(network.firms)), copy=True)


@given(drawn_networks())
def test_ego_measures_equal_those_of_networkx(network: Network) -> None:
    graph = ties(network)
    constraint = nx.constraint(graph, weight="weight")
    expected = [constraint[f] for f in network.firms]
    np.testing.assert_allclose(first_year(network, "constraint"), expected, atol=1e-12)
    size = nx.effective_size(graph, nodes=list(graph), weight="weight")
    expected = [size[f] if graph.degree(f) else np.nan for f in network.firms]
    np.testing.assert_allclose(first_year(network, "effective_size"), expected, atol=1e-12)
    density = nx.clustering(graph)
    expected = [density[f] if graph.degree(f) > 1 else np.nan for f in network.firms]
    np.testing.assert_allclose(first_year(network, "ego_density"), expected, atol=1e-12)
    core = nx.core_number(graph)
    np.testing.assert_array_equal(first_year(network, "core"), [core[f] for f in network.firms])


@given(drawn_networks())
def test_other_measures_equal_loops(network: Network) -> None:
    w = network.at(2000).toarray()
    place = network.attributes["prefecture"]
    n = len(network.firms)
    for i in range(n):
        partners = [j for j in range(n) if w[i, j] > 0]
        either = {j for j in range(n) if w[i, j] + w[j, i] > 0}
        known = [j for j in partners if place[i] >= 0 and place[j] >= 0]
        shares = w[i] / max(w[i].sum(), 1e-300)
        expected = {
            "degree": len(partners),
            "log_degree": np.log(1 + len(partners)),
            "strength": w[i].sum(),
            "concentration": (shares**2).sum() if partners else np.nan,
            "reciprocity": np.mean([w[j, i] > 0 for j in partners]) if partners else np.nan,
            "long_ties": np.mean([place[j] != place[i] for j in known]) if known else np.nan,
            "bridges": sum(
                not any(w[i, q] + w[q, i] > 0 and w[j, q] + w[q, j] > 0 for q in range(n))
                for j in either
            ),
        }
        for name, value in expected.items():
            np.testing.assert_allclose(first_year(network, name)[i], value, atol=1e-12)


@given(drawn_networks())
def test_pagerank_equals_networkx(network: Network) -> None:
    graph = to_networkx(network, 2000)
    rank = nx.pagerank(graph, tol=1e-13, max_iter=2000)
    ours = first_year(network.customers(), "page_rank")
    np.testing.assert_allclose(ours, [rank[f] for f in network.firms], atol=1e-10)


def all_roles(w: np.ndarray, group: np.ndarray, b: int) -> list[int]:
    """Open triads of one broker, path by path."""
    counts = [0] * 5
    n = len(w)
    for a in range(n):
        for d in range(n):
            if a == d or not (w[b, a] > 0 and w[d, b] > 0) or w[d, a] > 0:
                continue
            if group[a] == group[d]:
                counts[0 if group[a] == group[b] else 1] += 1
            elif group[a] == group[b]:
                counts[2] += 1
            else:
                counts[3 if group[b] == group[d] else 4] += 1
    return counts


@given(drawn_networks(), st.integers(1, 3), st.integers(0, 100))
def test_brokerage_equals_a_list_of_paths(network: Network, groups: int, seed: int) -> None:
    group = np.random.default_rng(seed).integers(0, groups, len(network.firms))
    frame = brokerage(network, 2000, group)
    w = network.at(2000).toarray()
    roles = ["coordinator", "itinerant", "representative", "gatekeeper", "liaison"]
    for b in range(len(w)):
        assert frame.loc[b, roles].tolist() == all_roles(w, group, b)
    assert (frame["total"] == frame[roles].sum(axis=1)).all()


def test_a_star_and_a_clique() -> None:
    star = assemble("w", list("abcde"), [2020], [1, 2, 3, 4], [0, 0, 0, 0])
    measures = describe(star, ["constraint", "effective_size", "bridges"]).frame()
    assert measures.loc[0, ["constraint", "effective_size", "bridges"]].tolist() == [0.25, 4, 4]
    pairs = np.array(list(combinations(range(5), 2))).T
    clique = assemble("w", list("abcde"), [2020], *pairs)
    measures = describe(clique, ["ego_density", "effective_size", "core"]).frame()
    np.testing.assert_allclose(measures.loc[0, "ego_density":].astype(float), [1, 1, 4])


def test_absent_firms_have_no_measures_and_panels_are_aligned() -> None:
    present = np.array([[True, True], [True, False], [True, True]])
    network = assemble("w", list("abc"), YEARS, [0], [1], present=present, end=[2000])
    position = describe(network, ["degree", "page_rank"])
    np.testing.assert_array_equal(position.values[0], [[0, 0], [1, np.nan], [0, 0]])
    assert position.values[1][:, 1][present[:, 1]].sum() == pytest.approx(1.0)
    panel = Panel.of(pd.DataFrame({"firm_id": ["b", "b", "z"], "year": [2000, 2005, 2000]}))
    columns = position.columns(panel)
    np.testing.assert_array_equal(columns["w_degree"], [1.0, np.nan, np.nan])
    with pytest.raises(UnknownNameError, match="constraint"):
        describe(network, ["constrain"])
    with pytest.raises(DataError, match="group of every firm"):
        brokerage(network, 2000, np.array([1.0, np.nan, 0.0]))


def test_summary_counts_survivors_among_links_whose_firms_both_go_on() -> None:
    present = np.array([[1, 1], [1, 1], [1, 0], [1, 1], [1, 1]], dtype=bool)
    network = assemble(
        "w",
        list("abcde"),
        YEARS,
        src=[0, 1, 2, 3],
        dst=[1, 0, 0, 1],
        start=[2000, 2000, 2000, 2001],
        end=[2001, 2000, 2000, 2001],
        present=present,
    )
    table = summarize(network).set_index("year")
    assert table.loc[2000, ["firms", "links"]].tolist() == [5, 3]
    assert table.loc[2000, "survival"] == 0.5
    assert table.loc[2001, "created"] == 0.5
    assert table.loc[2000, "isolated"] == 0.4
    assert table.loc[2000, "giant"] == 0.6
    assert table.loc[2000, "reciprocity"] == pytest.approx(2 / 3)
    steady = assemble("w", list("abc"), YEARS, [0, 1], [1, 2])
    assert summarize(steady)["survival"].tolist()[0] == 1.0


@pytest.mark.reference
def test_stored_measures(toy: tuple, stored: dict) -> None:
    """networkx 3.6.1 and igraph 1.0.0, tolerance 1e-10."""
    network, _ = toy
    values = stored["nx"]

    def close(name: str, key: str, turned: Network, values: dict = values) -> None:
        got = describe(turned, [name]).values[0][:, 0]
        np.testing.assert_allclose(got, np.array(values[key], float), atol=1e-10)

    suppliers, customers = network.suppliers(), network.customers()
    close("strength", "in_strength", suppliers)
    close("strength", "out_strength", customers)
    close("page_rank", "pagerank_w", customers)
    close("page_rank", "pagerank_w", customers, stored["igraph"])
    close("katz", "katz_a0.05_w", customers)
    close("constraint", "constraint_undirected_w", suppliers)
    close("core", "core_number", suppliers)
    close("effective_size", "effective_size_w", suppliers, stored["burt"])
    density = describe(suppliers, ["ego_density"]).values[0][:, 0]
    np.testing.assert_allclose(np.nan_to_num(density), values["ego_density"], atol=1e-12)
    flat = assemble("w", network.firms, network.years, network.edges.src, network.edges.dst)
    e = (flat.suppliers().at(2010) + flat.suppliers().at(2010).T).tocoo()
    plain = assemble("w", network.firms, network.years, e.coords[1], e.coords[0])
    close("constraint", "constraint_undirected", plain)
    close("effective_size", "effective_size_undirected", plain)


@pytest.mark.reference
def test_stored_brokerage(toy: tuple, stored: dict) -> None:
    """R package sna, counts of open triads."""
    network, nodes = toy
    frame = brokerage(network, 2010, nodes["foreign"].to_numpy())
    names = ["coordinator", "itinerant", "representative", "gatekeeper", "liaison", "total"]
    assert frame[names].sum().tolist() == [162, 81, 74, 84, 0, 401]
    np.testing.assert_array_equal(frame[names].to_numpy(), stored["brokerage"])


def test_every_measure_is_defined_on_an_empty_network() -> None:
    empty = assemble("w", ["a", "b"], [2000], [], [], attributes={"prefecture": np.zeros(2, int)})
    for name in MEASURES:
        values = describe(empty, [name]).values[0]
        assert np.all(np.isnan(values) | (values >= 0))
