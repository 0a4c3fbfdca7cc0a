"""decompose: how much of a change in exposure is partners changing, and how much rewiring."""

import numpy as np
import pandas as pd
from scipy import sparse

from spillover.exposures.exposure import Exposure
from spillover.exposures.operator import Operator, operator
from spillover.numerics.csr import support
from spillover.typing import BoolVector, FloatVector

PARTS = ("partners", "new", "lost", "kept", "interaction")
"""Change of the shock of partners; links that are new, that are lost, whose weight changed; and
what belongs to both."""


def decompose(exposure: Exposure, *, interaction: bool = False) -> pd.DataFrame:
    """Change of an exposure between consecutive years as a sum of parts, exact for every firm.

    Without interaction, partner change is weighted by the mean of both networks and rewiring by
    the mean of both shocks. With rows that sum to one, ``kept`` holds pure dilution: weights of
    old partners shrink because a new one came.

    A partner whose shock is known in one of the years only counts as a link that is new or lost.

    Parameters
    ----------
    exposure : Exposure
        A mean, sum or count over the first tier or firms at distance two.
    interaction : bool
        Whether weights and shocks of the earlier year are used, with the interaction shown.

    Returns
    -------
    DataFrame
        One row per firm and pair of years in which it has partners: firm_id, year (the later
        one), change, partners, new, lost, kept, interaction.

    Raises
    ------
    SpecificationError
        The exposure is not a weighted sum of the shock.
    """
    network = exposure.network
    frames = []
    before: Operator | None = None
    for at, year in enumerate(network.years):
        after = operator(exposure, at)
        if before is not None and after is not None:
            both = (exposure.degree[:, at] > 0) & (exposure.degree[:, at - 1] > 0)
            both &= ~np.isnan(exposure.values[:, at]) & ~np.isnan(exposure.values[:, at - 1])
            parts = _parts(before, after, interaction=interaction)
            change = exposure.values[both, at] - exposure.values[both, at - 1]
            frames.append(_frame(network.firms, int(year), both, change, parts))
        before = after
    if not frames:
        return pd.DataFrame(columns=["firm_id", "year", "change", *PARTS])
    return pd.concat(frames, ignore_index=True)


def _frame(
    firms: np.ndarray, year: int, rows: BoolVector, change: FloatVector, parts: list[FloatVector]
) -> pd.DataFrame:
    columns: dict[str, object] = {"firm_id": firms[rows], "year": year, "change": change}
    columns |= {name: part[rows] for name, part in zip(PARTS, parts, strict=True)}
    return pd.DataFrame(columns)


def _parts(before: Operator, after: Operator, *, interaction: bool) -> list[FloatVector]:
    old, new = before.matrix, after.matrix
    f_old = np.where(before.known, before.shock, after.shock)
    f_new = np.where(after.known, after.shock, before.shock)
    change = f_new - f_old
    level = f_old if interaction else (f_old + f_new) / 2.0
    weights = old if interaction else sparse.csr_array((old + new) / 2.0)
    kept_new, kept_old = new * support(old), old * support(new)
    parts = [
        weights @ change,
        (new - kept_new) @ level,
        -((old - kept_old) @ level),
        (kept_new - kept_old) @ level,
        (new - old) @ change if interaction else np.zeros(len(change)),
    ]
    return [np.asarray(part) for part in parts]
