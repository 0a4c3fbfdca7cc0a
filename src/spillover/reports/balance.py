"""Tables of balance: covariates on exposures and the luck in them, and on shocks."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from spillover.estimation.balance import Balance
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.inputs import ReportedModel
from spillover.reports.numbers import count, fixed, p_value
from spillover.reports.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class ShockBalance:
    """Covariates on the shocks of a shift-share exposure."""

    term: str
    """Name of the exposure."""

    table: pd.DataFrame
    """One row per covariate, as ``shock_balance`` returns it."""


def balance_grids(models: Sequence[ReportedModel], words: Words) -> list[Grid]:
    """Tables of balance of all models.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates with their evidence.
    words : Words
        How terms are written.
    """
    found = []
    for model in models:
        for one in model.evidence:
            if isinstance(one, Balance):
                found.append(_of_luck(model, one, words))
            elif isinstance(one, ShockBalance):
                found.append(_of_shocks(model, one, words))
    return found


def _of_luck(model: ReportedModel, one: Balance, words: Words) -> Grid:
    parts = [("exposure", "exposure_p"), ("expected", "expected_p"), ("recentered", "drawn_p")]
    rows = [
        (
            words.of(str(line["covariate"])),
            *(text for a, p in parts for text in (fixed(line[a], 3), p_value(line[p]))),
        )
        for line in one.table.to_dict("records")
    ]
    keys = ("covariate", "exposure", "p", "expected", "p", "recentered", "drawn_p")
    gaps = {
        "p": p_value(one.joint_p),
        "draws": count(one.draws),
        "rows": count(one.rows),
        "share": words.say("summary.percent", {"number": fixed(100.0 * one.design_share, 1)}),
        "without": count(one.firms_without),
    }
    return _grid(model, one.term, rows, keys, words.say("balance.note", gaps), words)


def _of_shocks(model: ReportedModel, one: ShockBalance, words: Words) -> Grid:
    rows = [
        (
            words.of(str(name)),
            fixed(line["estimate"], 3),
            fixed(line["std_error"], 3),
            p_value(line["p_value"]),
        )
        for name, line in one.table.iterrows()
    ]
    keys = ("covariate", "estimate", "std_error", "p")
    return _grid(model, one.term, rows, keys, words.say("balance.shock_note"), words)


def _grid(
    model: ReportedModel,
    term: str,
    rows: Sequence[tuple[str, ...]],
    keys: tuple[str, ...],
    note: str,
    words: Words,
) -> Grid:
    header = tuple(words.say(f"balance.{key}") for key in keys)
    caption = words.say("balance.caption", {"name": words.of(term), "model": str(model.label)})
    return simple_grid("balance", header, rows, caption=caption, notes=(note,))
