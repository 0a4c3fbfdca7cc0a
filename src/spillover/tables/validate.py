"""Validate: all rules on all tables, and everything that they find."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spillover.tables.checks import check_rules
from spillover.tables.columns import Columns
from spillover.tables.delimited import Encoding
from spillover.tables.keys import foreign_key_rule, key_rules, lost_zeros, unmatched
from spillover.tables.lifetimes import lifetime_rules
from spillover.tables.load import load
from spillover.tables.report import Failure, ValidationReport, sorted_failures
from spillover.tables.rule import Rule, apply
from spillover.tables.rules import column_rules, required_rule
from spillover.tables.schema import ForeignKey, schemas
from spillover.tables.shape import shape
from spillover.typing import BoolVector


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """Tables after all rules have been applied."""

    tables: Mapping[str, Columns]
    """Tables by name, unmatched references emptied."""

    report: ValidationReport
    """What was found."""

    lost: Mapping[str, Mapping[str, BoolVector]] = field(default_factory=dict)
    """Rows to be dropped, by table and reason."""


def validate(
    source: object,
    *,
    encoding: Encoding = "auto",
    unmatched: str = "error",
    required: Iterable[str] | None = None,
    confidential: bool = False,
) -> ValidationReport:
    """What the schemas find wrong with a set of tables; nothing is raised for what they find.

    Parameters
    ----------
    source : path or mapping
        A directory with one file per table (CSV, TSV, Parquet, Stata), or a mapping of table
        names to frames (pandas, polars, Arrow) or paths.
    encoding : {"auto", "utf-8", "cp932", "euc_jp"}
        Encoding of delimited files; ``auto`` takes UTF-8 where the bytes allow it, then CP932.
    unmatched : {"error", "drop"}
        What happens to rows that refer to a row that is not in the other table.
    required : iterable of str, optional
        Tables that must be there; by default ``firms`` and ``firm_years``.
    confidential : bool
        Whether to show row numbers only, never values.
    """
    return examine(
        source,
        encoding=encoding,
        drop=unmatched == "drop",
        required=required,
        confidential=confidential,
    ).report


def examine(
    source: object,
    *,
    encoding: Encoding,
    drop: bool,
    required: Iterable[str] | None,
    confidential: bool,
) -> Examined:
    """The tables of a source with everything that the rules find; see :func:`validate`."""
    wanted = _required() if required is None else tuple(required)
    sources, failures = load(source, encoding, wanted)
    tables: dict[str, Columns] = {}
    for name, found in sources.items():
        tables[name], more = shape(found, schemas()[name])
        failures += more
    for columns in tables.values():
        rules = (*_single(columns), *lifetime_rules(columns, tables))
        found_by = (apply(rule, columns, confidential=confidential) for rule in rules)
        failures += [failure for failure in found_by if failure is not None]
    tables, more, lost = _references(tables, drop=drop, confidential=confidential)
    rows = tuple((name, len(columns)) for name, columns in tables.items())
    report = ValidationReport(sorted_failures([*failures, *more]), rows, confidential)
    return Examined(tables, report, lost)


def _required() -> tuple[str, ...]:
    return tuple(name for name, schema in schemas().items() if schema.required)


def _single(columns: Columns) -> tuple[Rule, ...]:
    """The rules within one table."""
    schema = columns.schema
    filled = columns.form.filled if columns.form else ()
    return (
        *column_rules(schema),
        *(required_rule(name) for name in filled),
        *key_rules(schema),
        *check_rules(schema),
    )


def _references(
    tables: Mapping[str, Columns], *, drop: bool, confidential: bool
) -> tuple[dict[str, Columns], list[Failure], dict[str, dict[str, BoolVector]]]:
    """Tables with references resolved, what the references find, and rows to be dropped."""
    resolved, failures = dict(tables), []
    lost: dict[str, dict[str, BoolVector]] = {}
    for name, columns in tables.items():
        for key in columns.schema.foreign_keys:
            mask = unmatched(columns, key, tables)
            if mask is None:
                failures += _unasked(columns, key, tables)
                continue
            zeros = bool(mask.any()) and lost_zeros(columns, key, tables)
            rule = foreign_key_rule(key, mask, drop=drop, zeros=zeros)
            failure = apply(rule, columns, confidential=confidential)
            if failure is None:
                continue
            failures.append(failure)
            if key.unmatched == "clear":
                resolved[name] = _emptied(resolved[name], key.field, mask)
            elif drop:
                reason = f"{key.field} not in {key.table}"
                lost.setdefault(name, {})[reason] = mask
    return resolved, failures, lost


def _unasked(columns: Columns, key: ForeignKey, tables: Mapping[str, Columns]) -> list[Failure]:
    if key.field not in columns.values or key.table in tables:
        return []
    say = f"Expected {key.table} to compare {key.field} with; there is no such table."
    table, total = columns.schema.name, len(columns)
    return [Failure(table, key.field, "foreign-key", "note", 0, total, (), (), say, "Not checked.")]


def _emptied(columns: Columns, name: str, mask: BoolVector) -> Columns:
    values = dict(columns.values)
    array = values[name].dictionary_decode()
    kept = pc.if_else(pa.array(~mask), array, pa.scalar(None, pa.string()))
    values[name] = kept.dictionary_encode()
    note = f"{name}: {int(np.count_nonzero(mask)):,} unmatched values emptied"
    return columns.with_values(values, (*columns.source.notes, note))
