"""Whether firms without exposure trade with firms that have it: a line of the checklist."""

import re
from typing import NamedTuple

import numpy as np

from spillover.exposures.exposure import Exposure
from spillover.reports.evidence import Evidence, Finding
from spillover.reports.numbers import count, fixed
from spillover.typing import FloatMatrix


class Untouched(NamedTuple):
    """Firm-years in use without exposure."""

    rows: int
    """How many there are."""

    beside: int
    """How many of them have a partner, in either direction, that is exposed."""


def contamination(evidence: Evidence) -> Finding | None:
    """Line 19: partners of partners in the main model, and controls beside exposed firms.

    Parameters
    ----------
    evidence : Evidence
        Models of the report.
    """
    used = _in_use(evidence)
    direct = [one for one in used if getattr(one.spec, "tier", 1) == 1]
    indirect = [one.name for one in used if getattr(one.spec, "tier", 1) != 1]
    if not used:
        return None
    counted = {one.name: untouched(evidence, one) for one in direct}
    told = [_told(evidence, name, found) for name, found in counted.items()]
    if any(found.beside for found in counted.values()):
        told.append(evidence.say("travel"))
    if indirect:
        told.append(evidence.say("indirect", {"names": evidence.named(indirect)}))
    return "done" if indirect else "partly", evidence.together(told)


def _in_use(evidence: Evidence) -> list[Exposure]:
    """Exposures along links that stand in the main model, alone or in products."""
    terms = " ; ".join(evidence.story.main.estimate.names)
    return [
        one
        for one in evidence.exposures
        if isinstance(one, Exposure) and re.search(rf"(?<!\w){re.escape(one.name)}(?!\w)", terms)
    ]


def _told(evidence: Evidence, term: str, found: Untouched) -> str:
    name = evidence.named([term])
    if not found.rows:
        return evidence.say("all_exposed", {"name": name})
    share = fixed(100.0 * found.beside / found.rows, 0)
    gaps = {
        "name": name,
        "rows": count(found.rows),
        "share": evidence.words.say("summary.percent", {"number": share}),
    }
    return evidence.say("beside_exposed", gaps)


def untouched(evidence: Evidence, exposure: Exposure) -> Untouched:
    """Firm-years of the main model without exposure, and those beside an exposed firm.

    Parameters
    ----------
    evidence : Evidence
        The main model has the rows.
    exposure : Exposure
        Values and the network along which they travel.
    """
    estimate = evidence.story.main.estimate
    parts = {"value": exposure.values, "beside": _beside(exposure)}
    rows = estimate.sample.rows[estimate.solution.rows]
    columns = exposure.network.on_rows(estimate.sample.panel, parts)
    without = columns["value"][rows] == 0.0
    return Untouched(int(without.sum()), int((columns["beside"][rows][without] > 0.0).sum()))


def _beside(exposure: Exposure) -> FloatMatrix:
    """(N, T) number of partners that are exposed, whoever sells."""
    network = exposure.network
    found = np.zeros(exposure.values.shape)
    for place, year in enumerate(network.years):
        links = abs(network.at(int(year))).sign()
        exposed = (exposure.values[:, place] > 0.0).astype(np.float64)
        found[:, place] = links @ exposed + links.T @ exposed
    return found
