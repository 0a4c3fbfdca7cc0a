"""Evidence as files of numbers, beside the tables that a report prints."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from spillover.estimation.balance import Balance
from spillover.estimation.caps import CapSensitivity
from spillover.estimation.placebo import Placebos
from spillover.estimation.randomize import Randomization
from spillover.reports.balance import ShockBalance
from spillover.reports.inputs import ReportedModel
from spillover.reports.robustness import LinkDeletion, each


def evidence_files(models: Sequence[ReportedModel]) -> dict[str, bytes]:
    """Numbers without rounding as CSV, by path below the folder of the results.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates with their evidence.
    """
    from spillover.reports.formats.sheet import to_csv

    frames: dict[str, list[pd.DataFrame]] = {}
    for name, kind in _FILES.items():
        for model, one in each(models, kind):
            flat = _frame(one) if kind is Randomization else one.table.reset_index()
            head = {"model": model.label, "exposure": one.term}
            frames.setdefault(name, []).append(flat.assign(**head))
    joined = {
        name: pd.concat(parts).set_index(["model", "exposure"]) for name, parts in frames.items()
    }
    return {f"tables/{name}.csv": to_csv(frame) for name, frame in joined.items()}


_FILES: Mapping[str, type[Any]] = {
    "randomization": Randomization,
    "placebos": Placebos,
    "balance": Balance,
    "shock_balance": ShockBalance,
    "partner_caps": CapSensitivity,
    "lost_links": LinkDeletion,
}


def _frame(test: Randomization) -> pd.DataFrame:
    ends = [end for pair in test.interval.intervals for end in pair] or [np.nan]
    row = {
        "changed": type(test.rule).__name__,
        "within": " ".join(test.rule.within),
        "draws": len(test.drawn),
        "seed": test.rule.seed,
        "estimate": test.estimate,
        "p_value": test.p_value,
        "level": test.interval.level,
        "low": min(ends),
        "high": max(ends),
        "kind": test.interval.kind,
    }
    return pd.DataFrame([row])
