"""How strong the instruments of reported models are."""

from collections.abc import Sequence

from spillover.errors import SpilloverError
from spillover.estimation.result import Estimate
from spillover.estimation.weak import FirstStage, first_stage
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.inputs import ReportedModel
from spillover.reports.numbers import fixed, p_value
from spillover.reports.words import Words


def strength(estimate: Estimate) -> FirstStage | None:
    """Diagnostics of the first stage; nothing without instruments or without a kernel."""
    linear = estimate.solution.linear
    if linear is None or linear.Z is None:
        return None
    try:
        return first_stage(estimate)
    except SpilloverError:
        return None


def strengths(models: Sequence[ReportedModel], words: Words) -> Grid | None:
    """Instruments of all models in a table; nothing when no model has any.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates.
    words : Words
        How regressors are written.
    """
    rows = []
    for model in models:
        found = strength(model.estimate)
        if found is None:
            continue
        for name, line in zip(found.table.index, found.table.to_dict("records"), strict=True):
            j = found.over_identification
            rows.append(
                (
                    model.label,
                    words.of(str(name)),
                    fixed(float(line["f"]), 1),
                    fixed(found.effective_f, 1),
                    fixed(found.effective_f_critical, 1),
                    p_value(None if j is None else j.p_value),
                )
            )
    if not rows:
        return None
    keys = ("model", "regressor", "f", "effective", "critical", "j")
    header = tuple(words.say(f"strength.{key}") for key in keys)
    return simple_grid("first_stage", header, rows, caption=words.say("strength.caption"))
