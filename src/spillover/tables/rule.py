"""Rule: one expectation of a table, with the function that finds the rows that break it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spillover.tables.columns import Columns
from spillover.tables.report import FIRST, Failure
from spillover.typing import BoolVector, IntVector, Severity


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Rows that break a rule."""

    mask: BoolVector
    """(n,) whether a row breaks it."""

    values: tuple[str, ...] | None = None
    """First offending values, where they are not simply the cells of the column."""

    detail: str = ""
    """Reasons, added to what was expected."""

    kinds: str = ""
    """The same without any value of the data, for confidential messages."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule on one column, or on columns together."""

    field: str
    """Column, or columns joined by commas."""

    kind: str
    """Kind of rule, or name of a check."""

    severity: Severity
    """What breaking it means."""

    say: str
    """What is expected."""

    action: str
    """What to do."""

    find: Callable[[Columns], Found | None]
    """Function that finds the rows; ``None`` when the rule does not apply or nothing breaks it."""


def apply(rule: Rule, columns: Columns, *, confidential: bool = False) -> Failure | None:
    """The failure of a rule on a table, or ``None``.

    Parameters
    ----------
    rule : Rule
        The rule.
    columns : Columns
        The table.
    confidential : bool
        Whether to leave values out.
    """
    found = rule.find(columns)
    if found is None or not found.mask.any():
        return None
    rows = np.flatnonzero(found.mask)
    first = rows[:FIRST]
    values = found.values if found.values is not None else _cells(columns, rule.field, first)
    words = found.kinds if confidential else found.detail
    detail = f" ({words})" if words else ""
    return Failure(
        table=columns.schema.name,
        field=rule.field,
        rule=rule.kind,
        severity=rule.severity,
        count=len(rows),
        total=len(columns),
        rows=tuple(int(number) for number in columns.source.numbers[first]),
        values=() if confidential else tuple(values),
        say=f"{rule.say.removesuffix('.')}{detail}.",
        action=rule.action,
        source=columns.source.name,
    )


def _cells(columns: Columns, field: str, rows: IntVector) -> list[str]:
    names = [name for name in field.split(", ") if name in columns.source.data.column_names]
    shown = [columns.shown(name, rows) for name in names]
    return [" | ".join(cells) for cells in zip(*shown, strict=True)] if shown else []
