"""Productivity measured again on firms drawn with replacement."""

import numpy as np
import pandas as pd

from spillover.errors import SpilloverError
from spillover.productivity.productivity import Productivity
from spillover.tables.panel import Panel
from spillover.typing import FloatVector, IntVector


def redrawn_panel(panel: Panel, counts: IntVector) -> Panel:
    """The rows of firms as often as they were drawn; each copy is a firm of its own.

    Copies have names of their own, so that a firm drawn twice makes no false lags and counts as
    two firms.

    Parameters
    ----------
    panel : Panel
        Firm-years.
    counts : (N,)
        How often each unit was drawn.
    """
    copies = [np.flatnonzero(counts[panel.codes] > k) for k in range(int(counts.max(initial=0)))]
    frames = []
    for k, rows in enumerate(copies):
        part = panel.frame.iloc[rows]
        frames.append(part.assign(**{panel.entity: part[panel.entity].astype(str) + f"#{k}"}))
    return Panel.of(pd.concat(frames, ignore_index=True), panel.entity, panel.time)


def technology_again(made: Productivity, counts: IntVector) -> FloatVector | None:
    """(k,) parameters of the technology on redrawn firms; ``None`` where the draw fails.

    Parameters
    ----------
    made : Productivity
        The measure at full weight.
    counts : (N,)
        How often each unit was drawn.
    """
    try:
        found = made.spec.measure(redrawn_panel(made.panel, counts))
    except (SpilloverError, np.linalg.LinAlgError):
        return None
    if [block.label for block in found.blocks] != [block.label for block in made.blocks]:
        return None
    values = [b.parameters.values[list(b.technology)] for b in found.blocks]
    return np.concatenate(values)
