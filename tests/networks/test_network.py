"""Dated links: matrices, directions, merging, conversion."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError, SpecificationError, UnknownNameError
from spillover.networks.build import assemble, clean, joined_spells, yearly
from spillover.networks.convert import from_networkx, to_networkx
from spillover.networks.edges import Edges
from spillover.networks.network import Network


def raw_links(rng: np.random.Generator, n: int, m: int) -> Edges:
    start = rng.integers(2000, 2005, m).astype(np.int16)
    return Edges(
        rng.integers(0, n, m).astype(np.int32),
        rng.integers(0, n, m).astype(np.int32),
        start,
        (start + rng.integers(0, 3, m)).astype(np.int16),
        rng.integers(0, 4, m).astype(np.float64),
        rng.integers(1, 4, m).astype(np.uint8),
    )


@st.composite
def networks(draw: st.DrawFn) -> tuple[Network, Edges]:
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    n, m = draw(st.integers(2, 6)), draw(st.integers(0, 20))
    links = raw_links(rng, n, m)
    firms = [f"F{i}" for i in range(n)]
    columns = (links.src, links.dst, links.weight)
    network = assemble("w", firms, range(2000, 2007), *columns, start=links.start, end=links.end)
    return network, links


def dense(links: Edges, n: int, year: int) -> np.ndarray:
    w = np.zeros((n, n))
    for s, d, a, b, x, _ in zip(
        links.src, links.dst, links.start, links.end, links.weight, links.reporter, strict=True
    ):
        if a <= year <= b and s != d:
            w[d, s] += x
    return w


@given(networks())
def test_a_matrix_is_the_sum_of_the_links_of_its_year(drawn: tuple[Network, Edges]) -> None:
    network, links = drawn
    n = len(network.firms)
    for year in network.years:
        w = dense(links, n, year)
        np.testing.assert_array_equal(network.suppliers().at(year).toarray(), w)
        np.testing.assert_array_equal(network.customers().at(year).toarray(), w.T)
        assert network.at(year).has_canonical_format


@given(networks())
def test_entries_over_the_years_add_up_to_the_lengths_of_spells(
    drawn: tuple[Network, Edges],
) -> None:
    network, _ = drawn
    edges = network.edges
    entries = sum(network.at(year).nnz for year in network.years)
    assert entries == int(np.sum(edges.end.astype(int) - edges.start + 1))


@given(networks())
def test_cutting_spells_into_years_and_joining_them_is_the_identity(
    drawn: tuple[Network, Edges],
) -> None:
    edges = drawn[0].edges
    again, notes = clean(yearly(edges), 10)
    joined = joined_spells(again)
    for part in ("src", "dst", "weight"):
        years = [
            np.repeat(getattr(e, part), e.end.astype(int) - e.start + 1) for e in (edges, joined)
        ]
        np.testing.assert_array_equal(*years)
    assert notes == ()


@given(networks())
def test_networkx_and_back_is_the_identity(drawn: tuple[Network, Edges]) -> None:
    network, _ = drawn
    again = from_networkx(to_networkx(network), "goods", name="w")
    for part in ("src", "dst", "start", "end", "weight"):
        np.testing.assert_array_equal(getattr(again.edges, part), getattr(network.edges, part))
    np.testing.assert_array_equal(again.firms, network.firms)
    turned = from_networkx(to_networkx(network), "listening", name="w")
    np.testing.assert_array_equal(
        turned.suppliers().at(2003).toarray(), network.customers().at(2003).toarray()
    )


def test_a_graph_of_one_year_has_the_living_firms_and_their_weights() -> None:
    present = np.array([[True, True], [True, True], [False, True]])
    network = assemble("w", ["a", "b", "c"], [1, 2], [0], [1], [2.5], present=present)
    graph = to_networkx(network, 1)
    assert sorted(graph.nodes) == ["a", "b"]
    assert graph["a"]["b"]["weight"] == 2.5


def test_links_of_a_chain_are_read_in_the_named_direction() -> None:
    network = assemble("supply", ["a", "b", "c"], [2020], src=[0, 1], dst=[1, 2])
    np.testing.assert_array_equal(network.suppliers().at(2020).indices, [0, 1])
    assert network.suppliers().at(2020)[1, 0] == 1
    assert network.customers().at(2020)[1, 2] == 1


def test_symmetric_networks_have_no_direction_and_are_checked() -> None:
    network = assemble("co", ["a", "b"], [2020], [0], [1], directed=False)
    assert network.orientation == "partners"
    assert np.all(network.at(2020).toarray() == network.at(2020).toarray().T)
    with pytest.raises(SpecificationError, match="symmetric"):
        network.suppliers()
    one_way = assemble("w", ["a", "b"], [2020], [0], [1])
    with pytest.raises(DataError, match="both directions"):
        Network(
            "w",
            one_way.firms,
            one_way.years,
            one_way.present,
            one_way.edges,
            "partners",
            directed=False,
        )


def test_what_was_cleaned_is_counted() -> None:
    network = assemble("w", ["a", "b"], [2020], [0, 0, 1, 0], [1, 1, 1, 1], [1.0, 2.0, 1.0, 0.0])
    assert network.at(2020)[1, 0] == 3.0
    assert network.notes == (
        "dropped 1 links of a firm with itself",
        "dropped 1 links of weight 0",
        "summed 1 duplicate rows of a pair in a year",
    )


def test_a_year_that_was_not_observed_is_refused() -> None:
    network = assemble("w", ["a", "b"], [2020, 2022], [0], [1])
    with pytest.raises(DataError, match="Found 2021"):
        network.at(2021)
    with pytest.raises(UnknownNameError, match="group_id"):
        network.attribute("group_id", 2020)


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ("src", [0, 5], "outside 0 to N-1"),
        ("src", [0, 2], "with itself"),
        ("weight", [1.0, np.nan], "not positive"),
        ("weight", [1.0, -1.0], "not positive"),
        ("end", [2020, 1999], "ends before"),
        ("dst", [2, 1], "out of order"),
    ],
)
def test_links_that_cannot_be_are_refused(column: str, value: list[float], found: str) -> None:
    parts = {
        "src": np.array([0, 1], np.int32),
        "dst": np.array([1, 2], np.int32),
        "start": np.array([2020, 2020], np.int16),
        "end": np.array([2020, 2020], np.int16),
        "weight": np.ones(2),
        "reporter": np.full(2, 3, np.uint8),
    }
    parts[column] = np.array(value, parts[column].dtype)
    firms, years = np.array(["a", "b", "c"], object), np.array([2020])
    with pytest.raises(DataError, match=found):
        Network("w", firms, years, np.ones((3, 1), bool), Edges(**parts))


def test_axes_out_of_order_are_refused() -> None:
    with pytest.raises(DataError, match="ascending"):
        assemble("w", ["b", "a"], [2020], [0], [1])


def test_matrices_are_kept_and_cannot_be_written_to() -> None:
    network = assemble("w", ["a", "b"], [2020], [0], [1])
    assert network.customers().at(2020) is network.customers().at(2020)
    with pytest.raises(ValueError, match="read-only"):
        network.at(2020).data[0] = 2.0


@given(st.integers(0, 10_000))
def test_the_order_of_rows_changes_no_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    links = raw_links(rng, 4, 40)
    shuffled = links.take(rng.permutation(len(links)))

    def built(raw: Edges) -> Network:
        years = list(range(1998, 2012))
        firms = [f"F{i}" for i in range(4)]
        weight = np.where(raw.weight > 0, raw.weight * np.pi, 0.0)
        return assemble("w", firms, years, raw.src, raw.dst, weight, start=raw.start, end=raw.end)

    first, second = built(links).edges, built(shuffled).edges
    for part in ("src", "dst", "start", "end", "weight"):
        assert getattr(first, part).tobytes() == getattr(second, part).tobytes()
