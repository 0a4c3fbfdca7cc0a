"""Checks of rows and of groups of rows, in the expression grammar."""

import numpy as np

from spillover.expressions import names_in, parse
from spillover.tables.columns import Columns
from spillover.tables.evaluate import condition
from spillover.tables.keys import joint_codes
from spillover.tables.report import FIRST
from spillover.tables.rule import Found, Rule
from spillover.tables.schema import GroupCheck, RowCheck, TableSchema
from spillover.typing import BoolVector, FloatVector


def check_rules(schema: TableSchema) -> tuple[Rule, ...]:
    """The row and group checks of a table as rules.

    Parameters
    ----------
    schema : TableSchema
        The schema.
    """
    return (
        *(_row_rule(check) for check in schema.row_checks),
        *(_group_rule(check) for check in schema.group_checks),
    )


def _row_rule(check: RowCheck) -> Rule:
    names = sorted(names_in(parse(check.where)))

    def find(columns: Columns) -> Found | None:
        if not any(name in columns.values for name in names):
            return None
        return Found(condition(check.where, columns.panel(names)))

    field = ", ".join(sorted(names, key=check.where.index))
    return Rule(field, check.name, check.severity, check.say, "", find)


def _group_rule(check: GroupCheck) -> Rule:
    def find(columns: Columns) -> Found | None:
        if any(name not in columns.values for name in (*check.by, check.sum)):
            return None
        return _outside(check, columns)

    field = ", ".join((*check.by, check.sum))
    return Rule(field, check.name, check.severity, check.say, "", find)


def _outside(check: GroupCheck, columns: Columns) -> Found:
    """First row of each group whose sum is out of bounds."""
    value = columns.panel((check.sum,)).numbers(check.sum)
    counts = _counting(check, columns)
    joined = joint_codes(columns, check.by)[counts]
    groups, first, inverse = np.unique(joined, return_index=True, return_inverse=True)
    known = ~np.isnan(value[counts])
    weights = np.where(known, value[counts], 0.0)
    sums = np.bincount(inverse, weights, len(groups)).astype(np.float64)
    complete = np.bincount(inverse, ~known, len(groups)) == 0
    wrong = _beyond(check, sums, complete)
    rows = np.flatnonzero(counts)[first[wrong]]
    order = np.argsort(rows)
    mask = np.zeros(len(columns), dtype=bool)
    mask[rows] = True
    cases = rows[order][:FIRST]
    shown = [columns.shown(name, cases) for name in check.by]
    texts = [
        f"{' | '.join(cells)}: {total:.6g}"
        for total, *cells in zip(sums[wrong][order][:FIRST], *shown, strict=True)
    ]
    return Found(mask, values=tuple(texts))


def _counting(check: GroupCheck, columns: Columns) -> BoolVector:
    if not check.where:
        return np.ones(len(columns), dtype=bool)
    names = sorted(names_in(parse(check.where)))
    return condition(check.where, columns.panel(names))


def _beyond(check: GroupCheck, sums: FloatVector, complete: BoolVector) -> BoolVector:
    wrong = np.zeros(len(sums), dtype=bool)
    if check.maximum is not None:
        wrong |= sums > check.maximum + check.tolerance
    if check.minimum is not None:
        wrong |= complete & (sums < check.minimum - check.tolerance)
    return wrong
