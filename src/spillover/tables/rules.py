"""Rules on single columns, compiled from a schema."""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spillover.tables.code_rules import code_rules
from spillover.tables.columns import Columns
from spillover.tables.rule import Found, Rule
from spillover.tables.schema import Field, TableSchema
from spillover.tables.unreadable import reading_advice
from spillover.typing import BoolVector


def column_rules(schema: TableSchema) -> tuple[Rule, ...]:
    """All rules on single columns of a table.

    Parameters
    ----------
    schema : TableSchema
        The schema.
    """
    return tuple(rule for field in schema.fields for rule in _rules_of(field))


def _rules_of(field: Field) -> Iterator[Rule]:
    yield _type_rule(field)
    if field.constraints.required:
        yield required_rule(field.name)
    if field.type == "string":
        yield _blanks_rule(field)
    yield from _bounds(field)
    if field.constraints.pattern:
        yield _pattern_rule(field)
    if field.constraints.enum:
        yield _enum_rule(field)
    yield from code_rules(field)


def _type_rule(field: Field) -> Rule:
    names = {
        "string": "text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "date": "a date such as 2021-10-31",
    }

    def find(columns: Columns) -> Found | None:
        mask = columns.unread.get(field.name)
        if mask is None:
            return None
        rows = np.flatnonzero(mask)[:1000]
        column = columns.source.data.column(field.name)
        typed = not pa.types.is_string(column.type)
        cells = columns.shown(field.name, rows)
        advice = reading_advice(cells, field.type, typed=typed)
        return Found(mask, detail=advice, kinds=advice)

    action = "Correct the cells; leave a cell empty where the value is missing."
    if field.type == "string":
        action = "Give codes and identifiers as text, with their leading zeros."
    return Rule(field.name, "type", "error", f"Expected {names[field.type]}.", action, find)


def required_rule(name: str) -> Rule:
    """The rule that every row has a value in a column.

    Parameters
    ----------
    name : str
        The column.
    """

    def find(columns: Columns) -> Found | None:
        if name not in columns.values:
            return None
        mask = columns.missing(name)
        if name in columns.unread:
            mask = mask & ~columns.unread[name]
        return Found(mask, values=())

    return Rule(
        name,
        "required",
        "error",
        "Expected a value in every row.",
        "Fill the cells or remove the rows.",
        find,
    )


def _distinct(field: Field, wrong: Callable[[pa.Array], BoolVector]) -> Callable[..., Found | None]:
    """A finder that looks at each distinct value once."""

    def find(columns: Columns) -> Found | None:
        if field.name not in columns.values:
            return None
        codes, values = columns.codes(field.name)
        if not len(values):
            return None
        return Found(wrong(values)[codes] & (codes >= 0))

    return find


def _blanks_rule(field: Field) -> Rule:
    def wrong(values: pa.Array) -> BoolVector:
        return np.asarray(pc.not_equal(pc.utf8_trim_whitespace(values), values).to_numpy(False))

    return Rule(
        field.name,
        "blanks",
        "warning",
        "Expected no blanks around the text; they are kept.",
        "Remove them: values that differ by blanks are different values.",
        _distinct(field, wrong),
    )


LIMIT_ADVICE = {
    "minimum": "Correct the values; a code such as -9 for a missing value becomes an empty cell.",
    "maximum": "Correct the values and the unit (a share of 1 is 100 per cent); a code such as "
    "9999 for a missing value becomes an empty cell.",
}
"""What to do about values outside a limit."""


def _bounds(field: Field) -> Iterator[Rule]:
    rules = field.constraints
    limits = [("minimum", rules.minimum, "at least"), ("maximum", rules.maximum, "at most")]
    for kind, limit, words in limits:
        if limit is None:
            continue
        unit = f" {field.unit}" if field.unit and field.unit != "1" else ""
        yield Rule(
            field.name,
            kind,
            "error",
            f"Expected {words} {limit:,}{unit}."
            if limit >= 10_000
            else f"Expected {words} {limit:g}{unit}.",
            LIMIT_ADVICE[kind],
            _outside(field.name, kind, float(limit)),
        )


def _outside(name: str, kind: str, limit: float) -> Callable[[Columns], Found | None]:
    def find(columns: Columns) -> Found | None:
        if name not in columns.values:
            return None
        compare = pc.less if kind == "minimum" else pc.greater
        wrong = compare(columns.values[name], limit).fill_null(False)
        return Found(np.asarray(wrong.to_numpy(zero_copy_only=False)))

    return find


def _pattern_rule(field: Field) -> Rule:
    whole = f"^(?:{field.constraints.pattern})$"

    def wrong(values: pa.Array) -> BoolVector:
        matched = pc.match_substring_regex(values, whole)
        return ~np.asarray(matched.to_numpy(zero_copy_only=False))

    return Rule(
        field.name,
        "pattern",
        "error",
        f"Expected the form {field.constraints.pattern}.",
        "Correct the values.",
        _distinct(field, wrong),
    )


def _enum_rule(field: Field) -> Rule:
    allowed = pa.array(field.constraints.enum, pa.string())

    def wrong(values: pa.Array) -> BoolVector:
        inside = pc.is_in(values, value_set=allowed)
        return ~np.asarray(inside.to_numpy(zero_copy_only=False))

    return Rule(
        field.name,
        "enum",
        "error",
        f"Expected one of {', '.join(field.constraints.enum)}.",
        "Recode the values.",
        _distinct(field, wrong),
    )
