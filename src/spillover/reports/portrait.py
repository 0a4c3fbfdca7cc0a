"""Networks in numbers: firms and links by year, partners per firm, links between groups."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.networks.network import Network
from spillover.reports.disclosure import DisclosureRule, Suppressed
from spillover.reports.figures.degrees import DegreeDistribution, Tail
from spillover.reports.figures.figure import Figure
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.links import alive, industry_groups, links_between, region_groups
from spillover.reports.numbers import MISSING, count, fixed
from spillover.reports.words import Words
from spillover.tables.panel import Panel
from spillover.typing import IntVector

Side = Literal["in", "out", "both"]

STEPS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 2000, 5000)
"""Numbers of partners at which distributions are read: fixed, so that they give no firm away."""


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """One network in a table and in figures."""

    table: Grid
    """Firms, links and their life by year."""

    figures: tuple[Figure, ...]
    """Degrees, links between regions."""

    suppressed: tuple[Suppressed, ...] = ()
    """What is not shown."""


def portrait(network: Network, panel: Panel, words: Words, rule: DisclosureRule) -> Portrait:
    """A network in a table and in figures.

    Parameters
    ----------
    network : Network
        The network, in any orientation.
    panel : Panel
        Firm-years with prefectures.
    words : Words
        How names are written.
    rule : DisclosureRule
        What may be shown.
    """
    matrices = [
        links_between(network, groups(network, panel, words), words, rule)
        for groups in (region_groups, industry_groups)
    ]
    reason = words.say("provenance.few", {"minimum": rule.minimum_units})
    suppressed = tuple(
        Suppressed(matrix.name, hidden, reason) for matrix, hidden in matrices if matrix and hidden
    )
    drawn = (_degrees(network, words, rule), *(matrix for matrix, _ in matrices))
    figures = tuple(figure for figure in drawn if figure is not None)
    return Portrait(_by_year(network, words), figures, suppressed)


def _by_year(network: Network, words: Words) -> Grid:
    keys = ("year", "firms", "links", "mean", "without", "survive")
    return simple_grid(
        f"network_{network.name}",
        tuple(words.say(f"portrait.{key}") for key in keys),
        [_year_row(network, t) for t in range(len(network.years))],
        caption=words.say("portrait.caption", {"name": words.of(network.name)}),
        notes=tuple(map(words.sentence, network.notes)),
        sortable=True,
    )


def _year_row(network: Network, t: int) -> tuple[str, ...]:
    year, firms = int(network.years[t]), int(network.present[:, t].sum())
    links = int(alive(network, year).sum()) // (1 if network.directed else 2)
    if not firms:
        return (str(year), count(0), count(links), MISSING, MISSING, MISSING)
    side: Side = "both" if network.directed else "in"
    isolated = _partner_counts(network, year, side)[network.present[:, t]] == 0
    following = int(network.years[t + 1]) if t + 1 < len(network.years) else None
    lasting = None if following is None else _lasting(network, year, following)
    return (
        str(year),
        count(firms),
        count(links),
        fixed(links / firms, 1),
        fixed(100.0 * float(np.mean(isolated)), 1),
        MISSING if lasting is None else fixed(lasting, 1),
    )


def _lasting(network: Network, year: int, following: int) -> float | None:
    """Percent of the links of a year whose pair is linked in the next one too."""
    now, later = alive(network, year), alive(network, following)
    if not now.any():
        return None
    keys = network.edges.dst.astype(np.int64) * np.int64(len(network.firms)) + network.edges.src
    renewed = np.isin(keys[now & ~later], keys[later & ~now])
    return 100.0 * float(np.sum(now & later) + renewed.sum()) / float(now.sum())


def _partner_counts(network: Network, year: int, side: Side) -> IntVector:
    """(N,) partners of each firm: as customer (``in``), as supplier (``out``), or both."""
    now = network.edges.take(np.flatnonzero(alive(network, year)))
    ends = {"in": (now.dst,), "out": (now.src,), "both": (now.dst, now.src)}[side]
    return np.asarray(sum(np.bincount(end, minlength=len(network.firms)) for end in ends))


def _sides(network: Network) -> tuple[tuple[Side, str], ...]:
    """Sides of a link that are told apart, with the phrase for the partners there."""
    if not network.directed:
        return (("in", "partners"),)
    return (("in", "suppliers"), ("out", "customers"))


def _degrees(network: Network, words: Words, rule: DisclosureRule) -> Figure | None:
    year, t = int(network.years[-1]), len(network.years) - 1
    tails, median = [], 0
    for side, key in _sides(network):
        partners = _partner_counts(network, year, side)[network.present[:, t]]
        tail = _tail(partners, words.say(f"figure.{key}"), rule)
        tails += [tail] if len(tail.at_least) > 1 else []
        median = max(median, int(np.median(partners)) if len(partners) else 0)
    if not tails:
        return None
    gaps = {"name": words.of(network.name), "year": year, "median": median}
    return DegreeDistribution(
        f"degrees_{network.name}",
        words.say("figure.degrees", gaps),
        words.say("figure.degrees_alt", gaps),
        tuple(tails),
        (words.say("figure.degrees_x"), words.say("figure.degrees_y")),
    )


def _tail(partners: IntVector, label: str, rule: DisclosureRule) -> Tail:
    """Shares at fixed numbers of partners, up to the last with enough firms behind it.

    Neighbouring points also differ by enough firms, or by none, so that no small group can be
    told from their difference.
    """
    kept: list[int] = []
    firms: list[int] = []
    for step in STEPS:
        above = int(np.sum(partners >= step))
        if above < rule.minimum_units:
            break
        if not firms or firms[-1] - above >= rule.minimum_units:
            kept.append(step)
            firms.append(above)
    n = max(len(partners), 1)
    return Tail(label, tuple(kept), tuple(above / n for above in firms))
