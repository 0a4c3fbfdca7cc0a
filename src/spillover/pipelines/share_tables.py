"""Shares and shocks of shift-share exposures, from files that no schema describes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from spillover.errors import DataError, first_cases, unknown_name
from spillover.exposures.shares import Shares
from spillover.exposures.shift_share import ShiftShareExposure
from spillover.exposures.shock import Shock
from spillover.expressions import names_in, parse
from spillover.pipelines.plan import Plan
from spillover.pipelines.read import refuse_changed
from spillover.pipelines.shocks import Sources, shock_of
from spillover.tables.delimited import read_delimited
from spillover.tables.frames import to_pandas
from spillover.tables.panel import Panel

ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
"""Files that can hold shares and shocks."""


def shares_of(plan: Plan, spec: Any) -> Shares:  # noqa: ANN401 - a ShareTable
    """The shares that a table of a study holds.

    Parameters
    ----------
    plan : Plan
        A study met with its files.
    spec : ShareTable
        File and columns.
    """
    numeric = [spec.share, *([spec.year] if spec.year else [])]
    frame = _frame(plan, spec.file, (spec.unit, spec.category), numeric)
    known = None
    if spec.categories is not None:
        known = _frame(plan, spec.categories, (spec.category,), ())
    return Shares.of(frame, spec.unit, spec.category, spec.share, year=spec.year, categories=known)


def shifted(
    plan: Plan,
    setting: Any,  # noqa: ANN401 - settings stand above
    sources: Sources,
    network: Any,  # noqa: ANN401 - links or shares
    name: str,
) -> ShiftShareExposure:
    """A shift-share exposure of a study.

    Parameters
    ----------
    plan : Plan
        A study met with its files.
    setting : ExposureSetting
        With the file of shocks, or the base year of links.
    sources : Sources
        Tables and what was made of them, for shocks of partners.
    network : Shares or Network
        Its shares, or the links that give them.
    name : str
        Name of the exposure.
    """
    base, shares = setting.partners, network
    if base is not None:
        shares = Shares.of_partners(network, base.year, exclude_group=base.exclude == "group")
    if setting.shocks is None:
        shock = shock_of(setting, sources)
    else:
        shock = shocks_of(plan, setting.shocks, setting.shock)
    made: ShiftShareExposure = setting.spec.carry(shares, shock, name)
    return made


def shocks_of(plan: Plan, table: Any, shock: str) -> Shock:  # noqa: ANN401 - a ShockTable
    """The shocks of categories that a table of a study holds.

    Parameters
    ----------
    plan : Plan
        A study met with its files.
    table : ShockTable
        File and columns.
    shock : str
        Column or expression.
    """
    numeric = sorted({*names_in(parse(shock)), table.year})
    frame = _frame(plan, table.file, (table.category,), numeric)
    frame[table.year] = frame[table.year].astype(np.int64)
    return Shock.of(Panel.of(frame, entity=table.category, time=table.year), shock)


def _frame(plan: Plan, file: str, text: Iterable[str], numeric: Iterable[str]) -> pd.DataFrame:
    """A file as text, with some columns as numbers; cells that are none are refused."""
    path = Path(plan.folder) / file
    if not path.name.lower().endswith(ENDINGS):
        raise DataError(
            f"Expected a file ending in {', '.join(ENDINGS)}.",
            f"Found {path.name}.",
            "Save shares and shocks as CSV.",
        )
    columns, digest, _ = read_delimited(path, ("",))
    refuse_changed(plan, [(path.name, digest)])
    frame = to_pandas(columns)
    for name in (*text, *numeric):
        if name not in frame.columns:
            raise unknown_name(f"column of {path.name}", name, list(map(str, frame.columns)))
    for name in numeric:
        frame[name] = _numbers(frame[name], path.name)
    return frame


def _numbers(column: "pd.Series[Any]", file: str) -> "pd.Series[float]":
    found = pd.to_numeric(column, errors="coerce").astype(np.float64)
    bad = np.flatnonzero(found.isna().to_numpy() | np.isinf(found.to_numpy()))
    if len(bad):
        raise DataError(
            f"{file}: expected a number in every row of {column.name}.",
            f"Found {len(bad):,} others (rows {first_cases(bad + 1)}).",
            "Correct or remove these rows; row 1 is the first row below the header.",
        )
    return found
