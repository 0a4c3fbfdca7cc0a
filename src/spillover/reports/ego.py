"""The partners of one firm, for readers who know it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.errors import DisclosureError, unknown_name
from spillover.exposures.exposure import Exposure
from spillover.networks.network import Network
from spillover.reports.figures.ego_network import Alter, EgoNetwork, EgoWords, Place
from spillover.reports.inputs import ReportInputs
from spillover.reports.links import alive
from spillover.reports.numbers import count
from spillover.reports.words import Words
from spillover.typing import BoolVector, IntVector

MOST = 200
"""Firms in the figure, the one in the middle included."""


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """The links of a network in one year, and who is foreign then."""

    network: Network
    """The network."""

    year: int
    """The year."""

    foreign: BoolVector
    """(N,) whether each firm is foreign-owned."""

    @property
    def ends(self) -> tuple[IntVector, IntVector]:
        """(m,) suppliers and customers; both directions of a symmetric network."""
        edges = self.network.edges.take(np.flatnonzero(alive(self.network, self.year)))
        return edges.src, edges.dst

    def partners(self, ego: int) -> dict[int, Place]:
        """Partners of a firm with their place."""
        source, target = self.ends
        selling = {int(k) for k in source[target == ego]} - {ego}
        buying = {int(k) for k in target[source == ego]} - {ego}
        if not self.network.directed:
            ordered = sorted(selling | buying)
            half = (len(ordered) + 1) // 2
            return {k: "left" if place < half else "right" for place, k in enumerate(ordered)}
        left = dict.fromkeys(selling - buying, "left")
        return {**left, **dict.fromkeys(buying - selling, "right")} | dict.fromkeys(  # type: ignore[return-value]
            selling & buying, "middle"
        )


def check_ego(inputs: ReportInputs, networks: Sequence[Network]) -> None:
    """Refuse a chosen firm that may not be shown or that no network holds.

    Parameters
    ----------
    inputs : ReportInputs
        Name the firm, and say whether the report is confidential.
    networks : sequence of Network
        Networks of the report.

    Raises
    ------
    DisclosureError
        The report is confidential.
    UnknownNameError
        No network has a firm of that name.
    """
    if inputs.ego is None:
        return
    if inputs.protection.confidential:
        raise DisclosureError(
            "Expected no firm by name in a confidential report.",
            "Found a firm chosen as ego.",
            "Leave ego out, or set confidential = false when the data are public.",
        )
    known = {str(firm) for network in networks for firm in network.firms}
    if inputs.ego not in known:
        raise unknown_name("firm", inputs.ego, sorted(known))


def ego_network(inputs: ReportInputs, network: Network) -> EgoNetwork | None:
    """The chosen firm with its partners in the last year in which it has some.

    Parameters
    ----------
    inputs : ReportInputs
        Name the firm, and carry the exposures that say who is foreign.
    network : Network
        The network, in any orientation.
    """
    if inputs.ego is None:
        return None
    place = int(network.codes(np.array([inputs.ego], dtype=object))[0])
    links = None if place < 0 else _latest(network, place, inputs.linked)
    return None if links is None else _figure(links, place, inputs.words)


def _latest(network: Network, ego: int, exposures: tuple[Exposure, ...]) -> Links | None:
    edges = network.edges
    own = (edges.src == ego) | (edges.dst == ego)
    years = network.years[network.years <= edges.end[own].max(initial=-1)]
    if not len(years):
        return None
    year = int(years[-1])
    return Links(network, year, _foreign(network, year, exposures))


def _foreign(network: Network, year: int, exposures: tuple[Exposure, ...]) -> BoolVector:
    """(N,) who is foreign by the first exposure that carries the indicator; nobody otherwise."""
    for exposure in exposures:
        if exposure.shock.name == "foreign":
            return np.asarray(exposure.shock.on(network)[:, network.position(year)] > 0.0)
    return np.zeros(len(network.firms), dtype=np.bool_)


def _figure(links: Links, ego: int, words: Words) -> EgoNetwork:
    network, places = links.network, links.partners(ego)
    partners = np.array(sorted(places), dtype=np.int64)
    degree = np.bincount(np.concatenate(links.ends), minlength=len(network.firms))
    rank = np.lexsort((partners, -degree[partners], ~links.foreign[partners]))
    shown = [int(k) for k in partners[rank][: MOST - 1]]
    alters = tuple(
        Alter(words.of(str(network.firms[k])), places[k], bool(links.foreign[k])) for k in shown
    )
    gaps = {
        "ego": words.of(str(network.firms[ego])),
        "name": words.of(network.name),
        "year": links.year,
        "n": count(len(partners)),
        "foreign": count(int(links.foreign[partners].sum())),
        "shown": count(len(shown)),
    }
    caption = words.say("figure.ego" if len(shown) == len(partners) else "figure.ego_cut", gaps)
    return EgoNetwork(
        f"ego_{network.name}",
        caption,
        words.say("figure.ego_alt", gaps),
        alters,
        _ties(links, shown),
        _words(links, ego, words),
        bool(links.foreign[ego]),
    )


def _ties(links: Links, shown: list[int]) -> tuple[tuple[int, int], ...]:
    """Pairs of shown partners that are linked, each once."""
    at = {k: place for place, k in enumerate(shown)}
    pairs = {
        (min(at[i], at[j]), max(at[i], at[j]))
        for i, j in zip(*(map(int, end) for end in links.ends), strict=True)
        if i in at and j in at and i != j
    }
    return tuple(sorted(pairs))


def _words(links: Links, ego: int, words: Words) -> EgoWords:
    keys = ("suppliers", "customers", "both") if links.network.directed else ("partners",) * 3
    named = [words.say(f"figure.{key}") for key in keys]
    places: tuple[Place, ...] = ("left", "right", "middle")
    return EgoWords(
        words.of(str(links.network.firms[ego])),
        tuple(zip(places, named, strict=True)),
        words.say("figure.domestic"),
        words.say("figure.foreign"),
        (words.say("figure.partner"), words.say("figure.side"), words.say("figure.ownership")),
    )
