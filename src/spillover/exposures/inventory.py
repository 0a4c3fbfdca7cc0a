"""Stocks from yearly flows by perpetual inventory: R&D, foreign capital, patents."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import DataError, SpecificationError
from spillover.exposures.shock import Shock
from spillover.specs import NonEmpty, Share, Spec
from spillover.tables.evaluate import numbers
from spillover.tables.panel import Panel
from spillover.typing import FloatMatrix, FloatVector

SLOWEST, FASTEST = -0.05, 0.20
"""Bounds of own growth before the first year."""

OWN_YEARS = 5
"""Years whose mean growth ``growth = "own"`` takes."""


@dataclass(frozen=True, slots=True)
class PerpetualInventory(Spec):
    """G_t = (1 - delta) G_(t-1) + R_t from a steady state before the first year.

    A firm whose first known flow is positive had flows before that grew at ``growth``: its stock
    starts at R (1 + growth) / (growth + delta) at the end of the year, or R / (growth + delta) at
    its beginning; mixing the two is a common slip. A firm that is seen with zero flows first
    starts from zero.

    Examples
    --------
    >>> PerpetualInventory("rd").depreciation
    0.15
    """

    flow: NonEmpty
    """Column or expression of the yearly flow at constant prices."""

    depreciation: Share = 0.15
    """Yearly loss, delta."""

    growth: Annotated[float, Field(gt=-1)] | Literal["own"] = 0.05
    """Growth of flows before the first year; ``own`` takes the mean of the firm's first five
    years, kept between -0.05 and 0.20."""

    timing: Literal["end", "beginning"] = "end"
    """Whether the stock of a year contains the flow of that year."""

    gap: Literal["stop", "interpolate", "zero"] = "stop"
    """A missing flow makes later stocks missing, is interpolated when at most two years are
    missing in a row, or counts as zero."""

    type: Literal["PerpetualInventory"] = field(
        default="PerpetualInventory", kw_only=True, repr=False
    )

    def rules(self) -> None:
        """Refuse a steady state that does not exist."""
        least = SLOWEST if self.growth == "own" else self.growth
        if least + self.depreciation <= 0:
            raise SpecificationError(
                "PerpetualInventory: expected growth plus depreciation above zero.",
                f"Found {least} and {self.depreciation}.",
                "Raise the depreciation, or the growth before the first year.",
            )


def accumulate(panel: Panel, spec: PerpetualInventory, name: str) -> Shock:
    """Stocks of all firms and years, as a shock that partners carry and a column for samples.

    The start is a guess that fades: after k years it still weighs (1 - delta)^k, at 15 % fifteen
    years until less than a tenth is left.

    Parameters
    ----------
    panel : Panel
        Firm-years with the flow.
    spec : PerpetualInventory
        Depreciation, growth, timing and what a missing flow means.
    name : str
        Name of the stock.

    Raises
    ------
    DataError
        A flow is negative.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"firm_id": ["a"] * 3, "year": [2000, 2001, 2002], "rd": [1.0, 1, 1]})
    >>> stock = accumulate(Panel.of(rows), PerpetualInventory("rd", growth=0.0), "rd_stock")
    >>> stock.values.round(3)
    array([[6.667, 6.667, 6.667]])
    """
    years = np.arange(panel.years.min(), panel.years.max() + 1, dtype=np.int32)
    flows = np.full((len(panel.units), len(years)), np.nan)
    flows[panel.codes, panel.years - years[0]] = numbers(spec.flow, panel)
    if np.any(flows < 0):
        raise DataError(
            f"Expected flows {spec.flow} of zero or more.",
            f"Found {int(np.sum(flows < 0)):,} below zero.",
            "Disposals belong into depreciation.",
        )
    flows = _filled(flows, spec.gap)
    return Shock(name, panel.units, years, _stocks(flows, spec))


def _filled(flows: FloatMatrix, gap: str) -> FloatMatrix:
    """Flows with gaps between known years closed as the rule says."""
    known = ~np.isnan(flows)
    inside = np.maximum.accumulate(known, axis=1)
    inside &= np.maximum.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    if gap == "zero":
        return np.where(inside & ~known, 0.0, flows)
    if gap == "stop":
        return flows
    at = np.broadcast_to(np.arange(flows.shape[1]), flows.shape)
    before = np.maximum.accumulate(np.where(known, at, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, at, flows.shape[1])[:, ::-1], axis=1)[:, ::-1]
    short = inside & ~known & (after - before <= 3)
    row, column = np.nonzero(short)
    low, high = before[row, column], after[row, column]
    weight = (column - low) / (high - low)
    filled = flows.copy()
    filled[row, column] = (1 - weight) * flows[row, low] + weight * flows[row, high]
    return filled


def _stocks(flows: FloatMatrix, spec: PerpetualInventory) -> FloatMatrix:
    kept = 1.0 - spec.depreciation
    growth = _growth(flows) if spec.growth == "own" else np.full(len(flows), spec.growth)
    steady = 1.0 / (growth + spec.depreciation)
    known = ~np.isnan(flows)
    seen = np.zeros(len(flows), dtype=bool)
    stock = np.full(flows.shape, np.nan)
    carried = np.full(len(flows), np.nan)
    for t in range(flows.shape[1]):
        first = known[:, t] & ~seen
        if spec.timing == "beginning":
            carried = np.where(first, flows[:, t] * steady, carried)
            stock[:, t] = carried
            carried = kept * carried + flows[:, t]
        else:
            start = flows[:, t] * (1.0 + growth) * steady
            carried = np.where(first, start, kept * carried + flows[:, t])
            stock[:, t] = carried
        seen |= known[:, t]
    return stock


def _growth(flows: FloatMatrix) -> FloatVector:
    """Mean growth of the first known years of each firm, within bounds."""
    result = np.full(len(flows), 0.05)
    for i, row in enumerate(flows):
        early = np.flatnonzero(row > 0)[:OWN_YEARS]
        if len(early) > 1:
            span = float(early[-1] - early[0])
            result[i] = (row[early[-1]] / row[early[0]]) ** (1.0 / span) - 1.0
    return np.asarray(np.clip(result, SLOWEST, FASTEST))
