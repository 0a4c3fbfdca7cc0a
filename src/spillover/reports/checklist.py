"""The referee checklist: each line filled from the results, or the reason why it is not."""

from collections.abc import Callable, Mapping

from spillover.reports import findings_exposures as exposures
from spillover.reports import findings_models as models
from spillover.reports.blocks import Check, Status
from spillover.reports.contamination import contamination
from spillover.reports.event_study import event_time
from spillover.reports.evidence import Evidence, Finding
from spillover.reports.trends import trends

LINES = 22


def checklist(evidence: Evidence) -> tuple[Check, ...]:
    """All lines in order.

    Parameters
    ----------
    evidence : Evidence
        Models, exposures, protection and manifest.
    """
    lines = []
    for number in range(1, LINES + 1):
        found = _FILLED[number](evidence)
        status, finding = found or (_LACKING[number], evidence.say(f"lacking{number:02d}"))
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
    9: trends,
    10: models.outcomes,
    11: models.first_step,
    12: models.errors,
    13: models.attrition,
    14: models.location,
    15: exposures.truncation,
    16: models.policy,
    17: models.form,
    18: models.several,
    19: contamination,
    20: models.clusters,
    21: exposures.matching,
    22: models.access,
}

_LACKING: Mapping[int, Status] = {
    1: "absent",
    2: "absent",
    5: "absent",
    6: "open",
    7: "open",
    8: "absent",
    9: "absent",
    11: "absent",
    15: "partly",
    18: "absent",
    19: "absent",
    21: "open",
}
"""What a line is called when a study has nothing for it; the language says why."""
