"""Links between regions: who trades with whom, as a matrix of shares."""

import numpy as np

from spillover.networks.network import Network
from spillover.reports.disclosure import DisclosureRule
from spillover.reports.figures.japan import region_of, regions
from spillover.reports.figures.matrix import Matrix
from spillover.reports.firms import prefectures_on
from spillover.reports.numbers import fixed
from spillover.reports.words import Words
from spillover.tables.panel import Panel
from spillover.typing import BoolVector, FloatMatrix, IntVector


def alive(network: Network, year: int) -> BoolVector:
    """(m,) whether each link holds in a year."""
    return np.asarray((network.edges.start <= year) & (network.edges.end >= year))


def links_between_regions(
    network: Network, panel: Panel, words: Words, rule: DisclosureRule
) -> tuple[Matrix | None, int]:
    """Shares of links between regions in the last year, and the number of hidden cells.

    Parameters
    ----------
    network : Network
        The network, in any orientation.
    panel : Panel
        Firm-years with prefectures.
    words : Words
        How names are written.
    rule : DisclosureRule
        Counts the firms at the side of a cell that has fewer of them.
    """
    places = np.array([region_of(code) for code in prefectures_on(network, panel)], dtype=object)
    keys = [key for key in regions() if np.any(places == key)]
    code = np.array([keys.index(key) if key in keys else -1 for key in places], dtype=np.int64)
    year = int(network.years[-1])
    now = network.edges.take(np.flatnonzero(alive(network, year)))
    known = (code[now.src] >= 0) & (code[now.dst] >= 0)
    if len(keys) < 2 or not known.any():
        return None, 0
    cell = code[now.src[known]] * len(keys) + code[now.dst[known]]
    links = np.bincount(cell, minlength=len(keys) ** 2)
    behind = _firms_behind(cell, (now.src[known], now.dst[known]), len(keys) ** 2)
    hidden = rule.hidden(behind)
    share = np.where(hidden, np.nan, 100.0 * links / links.sum()).reshape(len(keys), len(keys))
    return _figure(network, words, keys, share), int(hidden.sum())


def _firms_behind(cell: IntVector, ends: tuple[IntVector, IntVector], cells: int) -> IntVector:
    """(cells,) distinct firms behind each cell: the smaller number of the two sides."""
    counts = []
    for end in ends:
        size = np.int64(end.max()) + 1
        pairs = np.unique(cell * size + end)
        counts.append(np.bincount(pairs // size, minlength=cells))
    return np.minimum(*counts)


def _figure(network: Network, words: Words, keys: list[str], share: FloatMatrix) -> Matrix:
    labels = tuple(words.say(f"region.{key}") for key in keys)
    shown = np.where(np.isnan(share), -1.0, share)
    i, j = np.unravel_index(int(np.argmax(shown)), shown.shape)
    gaps = {"name": words.of(network.name), "year": int(network.years[-1])}
    top = {"row": labels[i], "column": labels[j], "value": fixed(float(shown[i, j]), 1)}
    suffix = "" if network.directed else "_plain"
    axes = (words.say(f"figure.links_rows{suffix}"), words.say(f"figure.links_columns{suffix}"))
    return Matrix(
        f"links_{network.name}",
        words.say("figure.links", gaps),
        words.say("figure.links_alt", gaps | top),
        labels,
        tuple(tuple(map(float, row)) for row in share),
        axes,
        words.say("figure.hidden"),
    )
