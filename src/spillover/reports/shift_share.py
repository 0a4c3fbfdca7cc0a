"""What shift-share estimates rest on: how many shocks, and which ones drive the figure."""

from collections.abc import Sequence
from typing import Any

from spillover.designs.shift_share import ShiftShareIV
from spillover.estimation.shift_share import rotemberg, shocks
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.inputs import ReportedModel
from spillover.reports.numbers import count, fixed
from spillover.reports.words import Words

TOP = 5
"""Shocks that are listed."""

COLUMNS = ("alpha", "beta", "shock", "share")
"""What is said of each; of a shock that is one firm, its size and share are not."""


def shock_grids(models: Sequence[ReportedModel], words: Words) -> tuple[Grid, ...]:
    """Number of shocks, and those with the largest weights, for each shift-share design.

    Models that differ in their standard errors alone share one table.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates.
    words : Words
        How terms are written.
    """
    found: list[tuple[Any, ReportedModel]] = []
    for model in models:
        design = model.estimate.design
        if isinstance(design, ShiftShareIV) and design not in [known for known, _ in found]:
            found.append((design, model))
    return tuple(_grid(model, at, words) for at, (_, model) in enumerate(found, start=1))


def effective_shocks(model: ReportedModel) -> float | None:
    """Effective number of shocks behind a shift-share estimate; nothing for other designs.

    Parameters
    ----------
    model : ReportedModel
        An estimate.
    """
    design: Any = model.estimate.design
    if not isinstance(design, ShiftShareIV):
        return None
    return shocks(model.estimate, design.exposure).effective


def _grid(model: ReportedModel, at: int, words: Words) -> Grid:
    design: Any = model.estimate.design
    summary = shocks(model.estimate, design.exposure)
    weights = rotemberg(model.estimate, design.exposure)
    named = _may_be_named(model, design.exposure)
    shown = COLUMNS if named else COLUMNS[:2]
    rows = [
        (
            str(label) if named else words.say("shift_share.unnamed", {"k": place}),
            *(fixed(line[key], 3) for key in shown),
        )
        for place, (label, line) in enumerate(weights.top(TOP).iterrows(), start=1)
    ]
    gaps = {
        "shocks": count(summary.shocks),
        "effective": fixed(summary.effective, 1),
        "low": fixed(summary.left_out[0], 3),
        "high": fixed(summary.left_out[1], 3),
        "negative": fixed(weights.negative, 3),
    }
    header = tuple(words.say(f"shift_share.{key}") for key in ("category", *shown))
    caption = words.say("shift_share.caption", {"model": model.label})
    notes = (words.say("shift_share.number", gaps), words.say("shift_share.note", gaps))
    name = "shocks" if at == 1 else f"shocks_{at}"
    return simple_grid(name, header, rows, caption=caption, notes=notes)


def _may_be_named(model: ReportedModel, exposure: str) -> bool:
    """Categories that are firms of the panel are never named, nor is what they bring."""
    sample = model.estimate.sample
    units = {str(unit) for unit in sample.panel.units}
    shares: Any = sample.exposure(exposure)
    return not units & {str(name) for name in shares.shares.categories}
