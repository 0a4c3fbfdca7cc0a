"""From a source to columns: names, types, derived values, and the shape of the table."""

from difflib import get_close_matches

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spillover.errors import first_cases
from spillover.expressions import names_in, parse
from spillover.tables.cast import beyond_schema, cast
from spillover.tables.columns import ARROW_TYPES, Columns
from spillover.tables.evaluate import numbers
from spillover.tables.report import Failure
from spillover.tables.schema import Field, Form, TableSchema
from spillover.tables.source import Source
from spillover.typing import BoolVector, Severity

ELSEWHERE = (
    "In a study, [tables] renames a column (columns = ...) or gives every row one value "
    "(constants = ...)."
)
"""What helps where the file stays as it is."""

EMPTY = ("Expected at least one row.", "Fill the table, or take it away.")
"""What is said of a table without rows, and what to do."""


def shape(source: Source, schema: TableSchema) -> tuple[Columns, list[Failure]]:
    """The columns of a source in the types of its schema, and what is wrong with their names.

    Columns that the schema does not know are kept. Columns without a single value are left out,
    because downstream a column that is there is a column that says something.

    Parameters
    ----------
    source : Source
        The table as found.
    schema : TableSchema
        What it must look like.
    """
    found = source.data.column_names
    failures = _names(found, source, schema) + _no_rows(source, schema)
    values: dict[str, pa.Array] = {}
    unread: dict[str, BoolVector] = {}
    for field in schema.fields:
        if field.name in found:
            made = cast(_whole(source, field.name), field)
            values[field.name] = made.values
            if made.unread is not None:
                unread[field.name] = made.unread
    values |= {n: beyond_schema(n, _whole(source, n)) for n in found if n not in schema}
    columns = _derived(Columns(schema, source, values, unread))
    form, missing = _form(columns)
    failures += [_failure(source, *each) for each in (*missing, *_required(columns, found))]
    return _settled(columns, form), failures


def _whole(source: Source, name: str) -> pa.Array:
    column = source.data.column(name)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _failure(source: Source, field: str, rule: str, say: str, action: str) -> Failure:
    severity: Severity = "warning" if rule == "unknown-column" else "error"
    total = len(source.numbers)
    shown = (total, total, (), (), say, action, source.name)
    return Failure(source.table, field, rule, severity, *shown)


def _no_rows(source: Source, schema: TableSchema) -> list[Failure]:
    if len(source.numbers):
        return []
    severity: Severity = "error" if schema.required else "warning"
    return [Failure(source.table, "", "rows", severity, 1, 0, (), (), *EMPTY, source.name)]


def _names(found: list[str], source: Source, schema: TableSchema) -> list[Failure]:
    """Names that differ by case only, and those that look like an absent column of the schema."""
    plain = [name.strip().lower() for name in found]
    twice = [name for name, low in zip(found, plain, strict=True) if plain.count(low) > 1]
    failures = []
    if twice:
        say = f"Expected names that differ by more than case and blanks; found {', '.join(twice)}."
        failures.append(_failure(source, ", ".join(twice), "column", say, "Rename or remove one."))
    return failures + _near_misses(found, source, schema)


def _near_misses(found: list[str], source: Source, schema: TableSchema) -> list[Failure]:
    absent = [field.name for field in schema.fields if field.name not in found]
    failures = []
    for name in found:
        if name in schema:
            continue
        plain = name.strip().lower().replace(" ", "_").replace("-", "_")
        near = get_close_matches(plain, absent, n=1, cutoff=0.85)
        if near:
            say = f"Expected a column of the schema; {name!r} is none."
            action = f"Did you mean {near[0]}? As it stands the column is kept as it is."
            failures.append(_failure(source, name, "unknown-column", say, action))
    return failures


def _required(columns: Columns, found: list[str]) -> list[tuple[str, str, str, str]]:
    absent = [
        field.name
        for field in columns.schema.fields
        if field.constraints.required and field.name not in columns.values
    ]
    return [
        (
            name,
            "column",
            f"Expected a column {name}.",
            _how_to_add(name, found),
        )
        for name in absent
    ]


def _how_to_add(name: str, found: list[str]) -> str:
    """What to do about an absent column, seen from the columns that are there."""
    if len(found) == 1 and any(mark in found[0] for mark in ";\t|"):
        return "The header is one cell: put commas between cells, or name a file with tabs .tsv."
    near = [other for other in found if other.strip().lower() == name]
    if near:
        return f"Write {name} in place of {near[0]!r}: capitals and blanks count."
    return f"Add it; the columns are {first_cases(found, 12)}. {ELSEWHERE}"


def _derived(columns: Columns) -> Columns:
    """Columns with missing values filled by their expressions, where these can be computed."""
    values = dict(columns.values)
    notes = list(columns.source.notes)
    for field in columns.schema.fields:
        sources = sorted(names_in(parse(field.derive))) if field.derive else []
        if sources and all(name in values for name in sources):
            filled, count = _fill(columns, field, sources)
            if count:
                values[field.name] = filled
                notes.append(f"{field.name}: {count:,} values taken from {field.derive}")
    return columns.with_values(values, tuple(notes))


def _fill(columns: Columns, field: Field, sources: list[str]) -> tuple[pa.Array, int]:
    computed = numbers(field.derive, columns.panel(sources))
    made = pa.array(computed, from_pandas=True).cast(ARROW_TYPES[field.type])
    if field.name not in columns.values:
        return made, len(made) - made.null_count
    known = columns.values[field.name]
    unread = columns.unread.get(field.name, np.zeros(len(columns), dtype=bool))
    gaps = columns.missing(field.name) & ~unread
    filled = pc.if_else(pa.array(gaps), made, known)
    return filled, known.null_count - filled.null_count


def _has_values(columns: Columns, name: str) -> bool:
    if name in columns.unread:
        return True
    return name in columns.values and columns.values[name].null_count < len(columns)


def _form(columns: Columns) -> tuple[Form | None, list[tuple[str, str, str, str]]]:
    forms = columns.schema.forms
    for form in forms:
        if all(_has_values(columns, name) for name in form.requires):
            return form, []
    if not len(columns):
        return None, [("", "form", *EMPTY)]
    wanted = ", or ".join(" and ".join(form.requires) for form in forms)
    say = f"Expected {wanted} with values."
    return None, [("", "form", say, "Add one of these columns, or fill it.")]


def _settled(columns: Columns, form: Form | None) -> Columns:
    """Columns without those that are empty or belong to another shape, with those of this one."""
    provided = form.provides if form else ()
    foreign = {n for other in columns.schema.forms for n in other.provides} - set(provided)
    dropped = foreign if form else set()
    values, empty = {}, []
    for name, array in columns.values.items():
        keep = name in provided or name in columns.unread or array.null_count < len(columns)
        required = name in columns.schema and columns.schema.field(name).constraints.required
        if name not in dropped and (keep or required or not len(columns)):
            values[name] = array
        elif array.null_count == len(columns):
            empty.append(name)
    for name in provided:
        kind = ARROW_TYPES[columns.schema.field(name).type]
        values.setdefault(name, pa.nulls(len(columns), kind))
    note = (f"left out columns without values: {', '.join(empty)}",) if empty else ()
    return columns.with_values(values, (*columns.source.notes, *note), form)
