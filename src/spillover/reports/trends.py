"""What event studies show when trends may differ: a table and a line of the checklist."""

from collections.abc import Sequence

import numpy as np

from spillover.errors import SpilloverError
from spillover.estimation.honest import MOST, HonestIntervals, honest_intervals
from spillover.reports.event_study import has_events
from spillover.reports.evidence import Evidence, Finding
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.inputs import ReportedModel
from spillover.reports.numbers import decimals_for, fixed
from spillover.reports.words import Words


def trends(evidence: Evidence) -> Finding | None:
    """Line 9: the average effect when trends change after treatment as much as before it.

    Parameters
    ----------
    evidence : Evidence
        Models of the report.
    """
    shown = [model for model in evidence.inputs.models if has_events(model.estimate)]
    if not shown:
        return None
    found = [(model, honest(model)) for model in shown]
    told = [_told(evidence, model, one) for model, one in found]
    done = any(one is not None for _, one in found)
    return "done" if done else "open", evidence.together(told)


def honest(model: ReportedModel) -> HonestIntervals | None:
    """Intervals of the average effect; nothing for designs that show no path before treatment.

    Parameters
    ----------
    model : ReportedModel
        An event study.
    """
    try:
        return honest_intervals(model.estimate)
    except SpilloverError:
        return None


def _told(evidence: Evidence, model: ReportedModel, found: HonestIntervals | None) -> str:
    if found is None:
        return evidence.say("trends_unknown", {"model": model.label})
    low, high = (float(found.table[end].loc[1.0]) for end in ("low", "high"))
    digits = decimals_for([abs(high - low) / 4], 3)
    gaps = {
        "model": model.label,
        "low": fixed(low, digits),
        "high": fixed(high, digits),
        "breakdown": fixed(found.breakdown, 2),
        "most": fixed(MOST, 0),
    }
    value = found.breakdown
    case = "never" if np.isinf(value) else "at_once" if value == 0.0 else "from"
    told = [evidence.say("trends", gaps), evidence.say(f"breakdown_{case}", gaps)]
    return evidence.together(told)


def trend_grids(models: Sequence[ReportedModel], words: Words) -> list[Grid]:
    """A table for every event study: the average effect by how far trends may differ.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates.
    words : Words
        Language.
    """
    found = [(m, honest(m)) for m in models if has_events(m.estimate)]
    return [_grid(model, one, words) for model, one in found if one is not None]


def _grid(model: ReportedModel, found: HonestIntervals, words: Words) -> Grid:
    table = found.table
    digits = decimals_for((table["high"] - table["low"]) / 4, 3)
    rows = [
        (f"{bound:g}", fixed(ends["low"], digits), fixed(ends["high"], digits))
        for bound, ends in zip(table.index, table.to_dict("records"), strict=True)
    ]
    header = tuple(words.say(f"robustness.{key}") for key in ("magnitude", "low", "high"))
    gaps = {"model": model.label, "value": fixed(found.estimate, digits)}
    caption = words.say("robustness.trends", gaps)
    notes = (words.say("robustness.trends_note", {"n": found.steps}),)
    return simple_grid("trends", header, rows, caption=caption, notes=notes)
