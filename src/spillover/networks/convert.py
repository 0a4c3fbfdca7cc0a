"""Networks to and from networkx, for exchange and for small graphs."""

import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from spillover.errors import DataError, SpecificationError
from spillover.networks.build import assemble
from spillover.networks.network import Network

if TYPE_CHECKING:
    import networkx as nx

LARGE = 1_000_000
"""Links from which a conversion warns about memory, about 500 bytes per link."""

Draws = Literal["goods", "listening"]


def to_networkx(network: Network, year: int | None = None) -> "nx.DiGraph[str] | nx.Graph[str]":
    """The network as a networkx graph whose arcs run with the goods: supplier to customer.

    Parameters
    ----------
    network : Network
        A directed network gives a directed graph.
    year : int, optional
        Links and firms of one year, with ``weight``. Without it all links with ``spells``, a
        list of (start, end, weight), and all firms.

    Returns
    -------
    DiGraph or Graph
        Nodes are identifiers; the graph knows the years of the network.
    """
    import networkx as nx

    graph: Any = nx.DiGraph() if network.directed else nx.Graph()
    _warn_when_large(len(network.edges))
    graph.graph.update(name=network.name, years=[int(y) for y in network.years])
    if year is None:
        graph.add_nodes_from(network.firms)
        _add_spells(graph, network)
        return graph  # type: ignore[no-any-return]
    graph.add_nodes_from(network.firms[network.present_at(year)])
    goods = network.suppliers() if network.directed else network
    matrix = goods.at(year).tocoo()
    rows, columns = matrix.coords
    graph.add_weighted_edges_from(
        zip(network.firms[columns], network.firms[rows], matrix.data.tolist(), strict=True)
    )
    return graph  # type: ignore[no-any-return]


def _add_spells(graph: Any, network: Network) -> None:  # noqa: ANN401 - a graph of either kind
    edges = network.edges
    columns = (edges.src, edges.dst, edges.start, edges.end, edges.weight)
    for s, d, start, end, weight in zip(*(c.tolist() for c in columns), strict=True):
        if not network.directed and s > d:
            continue
        a, b = network.firms[s], network.firms[d]
        if not graph.has_edge(a, b):
            graph.add_edge(a, b, spells=[], weight=weight)
        graph[a][b]["spells"].append((start, end, weight))


def from_networkx(
    graph: "nx.Graph[Any]",
    arcs: Draws,
    *,
    name: str = "supply",
    years: list[int] | None = None,
    weight: str = "weight",
) -> Network:
    """A network from a networkx graph.

    Parameters
    ----------
    graph : Graph or DiGraph
        Nodes are identifiers; an undirected graph gives a symmetric network.
    arcs : {"goods", "listening"}
        What an arc means: ``goods`` run from supplier to customer, ``listening`` from the
        exposed firm to the partner it listens to. It has no default: the two are transposes.
    name : str
        Name of the network.
    years : list of int, optional
        Years in which all links hold; by default what the graph knows.
    weight : str
        Attribute with the weight of an arc without spells; one where it is absent.

    Raises
    ------
    SpecificationError
        The meaning of arcs is not one of the two.
    DataError
        The graph knows no years and none are given.
    """
    if arcs not in ("goods", "listening"):
        raise SpecificationError(
            'Expected arcs = "goods" or "listening".',
            f"Found {arcs!r}.",
            "Say whether an arc follows the goods or points to the partner listened to.",
        )
    calendar = years if years is not None else graph.graph.get("years")
    if not calendar:
        raise DataError(
            "Expected years for the links of the graph.",
            "Found none.",
            "Pass years=[2020] for a snapshot.",
        )
    firms = sorted(str(node) for node in graph.nodes)
    code = {firm: i for i, firm in enumerate(firms)}
    rows = [
        (code[str(a)], code[str(b)], *spell)
        for a, b, data in graph.edges(data=True)
        for spell in data.get("spells", [(calendar[0], calendar[-1], data.get(weight, 1.0))])
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    src, dst = (table[0], table[1]) if arcs == "goods" else (table[1], table[0])
    return assemble(
        name,
        firms,
        sorted(calendar),
        src.astype(np.int32),
        dst.astype(np.int32),
        table[4],
        start=table[2].astype(np.int16),
        end=table[3].astype(np.int16),
        directed=graph.is_directed(),
    )


def _warn_when_large(links: int) -> None:
    if links > LARGE:
        warnings.warn(
            f"{links:,} links take about {links * 500 / 1e9:.1f} GB in networkx.", stacklevel=3
        )
