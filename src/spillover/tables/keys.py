"""Keys: rows that occur twice, and values that are not in the other table."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from spillover.errors import first_cases
from spillover.tables.columns import Columns
from spillover.tables.report import FIRST
from spillover.tables.rule import Found, Rule
from spillover.tables.schema import ForeignKey, Form, TableSchema
from spillover.typing import BoolVector, IntVector


def key_rules(schema: TableSchema) -> tuple[Rule, ...]:
    """The rules that keys occur once.

    Parameters
    ----------
    schema : TableSchema
        The schema.
    """
    return (
        *(_primary_key(schema, form) for form in schema.forms),
        *(_unique_key(names) for names in schema.unique_keys),
    )


def _primary_key(schema: TableSchema, form: Form) -> Rule:
    """The key of one form; optional parts that are missing count as a value."""
    key = form.primary_key
    required = [name for name in key if schema.field(name).constraints.required]

    def find(columns: Columns) -> Found | None:
        if columns.form != form or any(name not in columns.values for name in required):
            return None
        present = tuple(name for name in key if name in columns.values)
        return _repeated(columns, present, _known(columns, required))

    return Rule(
        ", ".join(key),
        "primary-key",
        "error",
        f"Expected each combination of {first_cases(key, 9)} once.",
        "Remove or add up the rows that repeat an earlier one.",
        find,
    )


def _unique_key(names: tuple[str, ...]) -> Rule:
    def find(columns: Columns) -> Found | None:
        if any(name not in columns.values for name in names):
            return None
        return _repeated(columns, names, _known(columns, names))

    return Rule(
        ", ".join(names),
        "unique",
        "error",
        f"Expected each {first_cases(names, 9)} once.",
        "Correct the values or remove the repetition.",
        find,
    )


def _known(columns: Columns, names: Iterable[str]) -> BoolVector:
    """(n,) rows in which no named column is missing."""
    known = np.ones(len(columns), dtype=bool)
    for name in names:
        known &= ~columns.missing(name)
    return known


def _repeated(columns: Columns, names: tuple[str, ...], whole: BoolVector) -> Found:
    """Rows that repeat an earlier one, with the row that they repeat."""
    joined = joint_codes(columns, names)
    rows = np.flatnonzero(whole)
    later = pd.Series(joined[rows]).duplicated().to_numpy()
    mask = np.zeros(len(columns), dtype=bool)
    mask[rows[later]] = True
    cases = np.flatnonzero(mask)[:FIRST]
    shown = [columns.shown(name, cases) for name in names]
    texts = []
    for row, *cells in zip(cases, *shown, strict=True):
        earlier = rows[np.flatnonzero(joined[rows] == joined[row])[0]]
        texts.append(f"{' | '.join(cells)} as in row {columns.source.numbers[earlier]:,}")
    return Found(mask, values=tuple(texts))


def joint_codes(columns: Columns, names: tuple[str, ...]) -> IntVector:
    """(n,) one code for each combination of values, missing values included.

    Parameters
    ----------
    columns : Columns
        The table.
    names : tuple of str
        Columns to join.
    """
    joined = np.zeros(len(columns), dtype=np.int64)
    size = 1
    for name in names:
        codes, values = columns.codes(name)
        width = len(values) + 1
        if size > 2**62 // width:
            joined, distinct = pd.factorize(joined)
            size = len(distinct)
        joined = joined * width + codes + 1
        size *= width
    return joined


def unmatched(
    columns: Columns, key: ForeignKey, tables: Mapping[str, Columns]
) -> BoolVector | None:
    """(n,) rows whose value is not in the other table; ``None`` where that cannot be asked.

    Parameters
    ----------
    columns : Columns
        The table that refers.
    key : ForeignKey
        The reference.
    tables : mapping of str to Columns
        All tables by name.
    """
    if key.field not in columns.values or key.table not in tables:
        return None
    other = tables[key.table]
    if key.reference not in other.values:
        return None
    codes, values = columns.codes(key.field)
    _, known = other.codes(key.reference)
    inside = pc.is_in(values, value_set=known).to_numpy(zero_copy_only=False)
    return np.asarray(~np.append(inside, True)[codes])


def lost_zeros(columns: Columns, key: ForeignKey, tables: Mapping[str, Columns]) -> bool:
    """Whether values that are not in the other table differ in leading zeros only.

    Parameters
    ----------
    columns : Columns
        The table that refers.
    key : ForeignKey
        The reference, which can be asked.
    tables : mapping of str to Columns
        All tables by name.
    """
    _, values = columns.codes(key.field)
    _, known = tables[key.table].codes(key.reference)
    absent = pc.filter(values, pc.invert(pc.is_in(values, value_set=known)))
    bare = [pc.utf8_ltrim(each, characters="0") for each in (absent, known)]
    return bool(pc.any(pc.is_in(bare[0], value_set=bare[1])).as_py())


def foreign_key_rule(key: ForeignKey, mask: BoolVector, *, drop: bool, zeros: bool = False) -> Rule:
    """The rule that values are in another table, once the rows that break it are known.

    Parameters
    ----------
    key : ForeignKey
        The reference.
    mask : (n,)
        Rows that break it.
    drop : bool
        Whether such rows are dropped instead of refused.
    zeros : bool
        Whether some would be there with other leading zeros.
    """
    say = f"Expected every {key.field} in {key.table}."
    if zeros:
        say += " Some differ in leading zeros only, which spreadsheets remove: write them alike."
    if key.unmatched == "clear":
        action = "The cells were emptied: match them, or add the rows to the other table."
        return Rule(key.field, "foreign-key", "warning", say, action, lambda _: Found(mask))
    if drop:
        action = "These rows were dropped; the provenance counts them."
        return Rule(key.field, "foreign-key", "warning", say, action, lambda _: Found(mask))
    action = f'Add the rows to {key.table}, or read with unmatched = "drop", which counts them.'
    return Rule(key.field, "foreign-key", "error", say, action, lambda _: Found(mask))
