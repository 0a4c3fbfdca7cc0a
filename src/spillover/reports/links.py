"""Links between regions and between industries: who trades with whom, in shares."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.identifiers.codelists import codelist
from spillover.networks.network import Network
from spillover.reports.disclosure import DisclosureRule
from spillover.reports.figures.japan import region_of, regions
from spillover.reports.figures.matrix import Matrix
from spillover.reports.firms import column_on, column_values
from spillover.reports.numbers import fixed
from spillover.reports.words import Words
from spillover.tables.panel import Panel
from spillover.typing import BoolVector, FloatMatrix, IntVector, TextVector

MOST_INDUSTRIES = 12
"""Industries in a matrix."""

KNOWN_REVISIONS = ("rev12", "rev13", "rev14")
"""Revisions whose codelist has names."""


def alive(network: Network, year: int) -> BoolVector:
    """(m,) whether each link holds in a year."""
    return np.asarray((network.edges.start <= year) & (network.edges.end >= year))


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups of firms that links run between."""

    kind: Literal["regions", "industries"]
    """What the groups are."""

    keys: tuple[str, ...]
    """Keys in the order of the matrix."""

    labels: tuple[str, ...]
    """Words of each group."""

    codes: IntVector
    """(N,) group of each firm of the network; -1 where unknown."""

    short: tuple[str, ...] = ()
    """Words above the columns, when the labels are too long."""


def region_groups(network: Network, panel: Panel, words: Words) -> Groups:
    """The eight regions that hold firms of a network.

    Parameters
    ----------
    network : Network
        Its firms.
    panel : Panel
        Firm-years with prefectures.
    words : Words
        How regions are written.
    """
    prefectures = column_on(network, panel, "prefecture")
    places = np.array([region_of(code) for code in prefectures], dtype=object)
    keys = tuple(key for key in regions() if np.any(places == key))
    labels = tuple(words.say(f"region.{key}") for key in keys)
    return Groups("regions", keys, labels, _codes(places, keys))


def industry_groups(network: Network, panel: Panel, words: Words) -> Groups:
    """The industries with most firms of a network, at most a dozen.

    Parameters
    ----------
    network : Network
        Its firms.
    panel : Panel
        Firm-years with industries.
    words : Words
        How industries are written.
    """
    found = column_on(network, panel, "industry")
    keys, firms = np.unique(found[found != ""].astype(str), return_counts=True)
    largest = keys[np.argsort(-firms, kind="stable")][:MOST_INDUSTRIES]
    shown = tuple(sorted(str(key) for key in largest))
    names = tuple(_industry(key, panel, words) for key in shown)
    return Groups("industries", shown, names, _codes(found, shown), shown)


def _industry(code: str, panel: Panel, words: Words) -> str:
    """Words of the study, or the code with its name in the revision that the panel states."""
    revisions = column_values(panel, "industry_revision")
    names = {
        codelist(f"jsic_{revision}").rows.get(code, {}).get(f"name_{words.language}", "")
        for revision in revisions
        if revision in KNOWN_REVISIONS
    } - {""}
    if code in words.given or len(names) != 1:
        return words.of(code)
    return f"{code}  {names.pop()}"


def _codes(values: TextVector, keys: tuple[str, ...]) -> IntVector:
    place = {key: code for code, key in enumerate(keys)}
    return np.array([place.get(value, -1) for value in values], dtype=np.int64)


def links_between(
    network: Network, groups: Groups, words: Words, rule: DisclosureRule
) -> tuple[Matrix | None, int]:
    """Shares of links between groups in the last year, and the number of hidden cells.

    Parameters
    ----------
    network : Network
        The network, in any orientation.
    groups : Groups
        Regions or industries.
    words : Words
        How names are written.
    rule : DisclosureRule
        Counts the firms at the side of a cell that has fewer of them, and looks for firms that
        hold most of its links.
    """
    now = network.edges.take(np.flatnonzero(alive(network, int(network.years[-1]))))
    ends = (groups.codes[now.src], groups.codes[now.dst])
    known = (ends[0] >= 0) & (ends[1] >= 0)
    size = len(groups.keys)
    if size < 2 or not known.any():
        return None, 0
    cell = ends[0][known] * size + ends[1][known]
    sides = (countable(cell, end[known], size**2, rule) for end in (now.src, now.dst))
    behind = np.minimum(*sides)
    links = np.bincount(cell, minlength=size**2)
    hidden = rule.hidden(behind).reshape(size, size)
    if not network.directed:
        hidden |= hidden.T
    share = np.where(hidden, np.nan, (100.0 * links / links.sum()).reshape(size, size))
    if np.isnan(share).all() or not np.nansum(share):
        return None, int(hidden.sum())
    return _figure(network, groups, words, share), int(hidden.sum())


def countable(cell: IntVector, firm: IntVector, cells: int, rule: DisclosureRule) -> IntVector:
    """(cells,) distinct firms behind each cell; one where a firm or two dominate it.

    Parameters
    ----------
    cell : (m,)
        Cell of each link.
    firm : (m,)
        Firm at one end of each link.
    cells : int
        Number of cells.
    rule : DisclosureRule
        When a firm dominates.
    """
    width = np.int64(firm.max()) + 1
    pairs, links = np.unique(cell * width + firm, return_counts=True)
    of = pairs // width
    firms = np.bincount(of, minlength=cells)
    total = np.bincount(of, weights=links, minlength=cells)
    order = np.lexsort((-links, of))
    start = np.searchsorted(of, np.arange(cells))
    top = np.zeros((2, cells))
    for rank in range(2):
        has = firms > rank
        top[rank, has] = links[order][start[has] + rank]
    one = top[0] > rule.dominance_1 * total
    two = top.sum(axis=0) > rule.dominance_2 * total
    return np.where((firms > 0) & (one | two), 1, firms)


def _figure(network: Network, groups: Groups, words: Words, share: FloatMatrix) -> Matrix:
    labels = groups.labels
    shown = np.where(np.isnan(share), -1.0, share)
    i, j = np.unravel_index(int(np.argmax(shown)), shown.shape)
    gaps = {"name": words.of(network.name), "year": int(network.years[-1])}
    top = {"row": labels[i], "column": labels[j], "value": fixed(float(shown[i, j]), 1)}
    suffix = "" if network.directed else "_plain"
    axes = (words.say(f"figure.links_rows{suffix}"), words.say(f"figure.links_columns{suffix}"))
    return Matrix(
        f"links_{groups.kind}_{network.name}",
        words.say(f"figure.links_{groups.kind}", gaps),
        words.say("figure.links_alt", gaps | top),
        labels,
        tuple(tuple(map(float, row)) for row in share),
        axes,
        words.say("figure.hidden"),
        groups.short,
    )
