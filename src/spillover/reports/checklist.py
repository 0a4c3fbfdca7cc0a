"""The referee checklist: each line filled from the results, or marked as not done."""

from collections.abc import Callable, Mapping

from spillover.reports import findings_exposures as exposures
from spillover.reports import findings_models as models
from spillover.reports.blocks import Check
from spillover.reports.event_study import event_time
from spillover.reports.evidence import Evidence, Finding

LINES = 22


def checklist(evidence: Evidence) -> tuple[Check, ...]:
    """All lines in order.

    Parameters
    ----------
    evidence : Evidence
        Models, exposures, protection and manifest.
    """
    not_done: Finding = ("open", evidence.say("open"))
    lines = []
    for number in range(1, LINES + 1):
        fill = _FILLED.get(number)
        found = None if fill is None else fill(evidence)
        status, finding = found or not_done
        lines.append(Check(number, evidence.say(f"q{number:02d}"), finding, status))
    return tuple(lines)


_FILLED: Mapping[int, Callable[[Evidence], Finding | None]] = {
    1: exposures.definition,
    2: exposures.own_group,
    3: exposures.industry_table,
    4: exposures.degree,
    5: exposures.dated,
    6: exposures.recentred,
    7: exposures.placebos,
    8: event_time,
    10: models.outcomes,
    11: models.first_step,
    12: models.errors,
    13: models.attrition,
    14: models.location,
    15: exposures.truncation,
    16: models.policy,
    17: models.form,
    18: models.several,
    20: models.clusters,
    21: exposures.matching,
    22: models.access,
}
