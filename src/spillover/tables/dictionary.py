"""Data dictionary and blank templates, made from the schemas."""

import csv
import io
from collections.abc import Iterable, Mapping

import pandas as pd

from spillover.errors import unknown_name
from spillover.identifiers.codelists import schema_folder
from spillover.tables.schema import Field, GroupCheck, RowCheck, TableSchema, schemas

COLUMNS = ("table", "column", "type", "required", "unit", "values", "description")
"""Columns of the data dictionary."""


def dictionary(tables: Iterable[str] | None = None) -> pd.DataFrame:
    """One row per column of the tables: type, unit, permitted values and meaning.

    Parameters
    ----------
    tables : iterable of str, optional
        Names of tables; by default all.

    Examples
    --------
    >>> dictionary(["supply_links"])["column"].tolist()[:3]
    ['supplier_id', 'customer_id', 'year']
    """
    rows = [_row(schema, field) for schema in _chosen(tables).values() for field in schema.fields]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(schema: TableSchema, field: Field) -> tuple[str, ...]:
    need, permitted = _need(schema, field), _permitted(field)
    return schema.name, field.name, field.type, need, field.unit, permitted, _about(field)


def _chosen(tables: Iterable[str] | None) -> Mapping[str, TableSchema]:
    wanted = schemas() if tables is None else tuple(tables)
    for name in wanted:
        if name not in schemas():
            raise unknown_name("table", name, list(schemas()))
    return {name: schemas()[name] for name in wanted}


def _need(schema: TableSchema, field: Field) -> str:
    if field.constraints.required:
        return "yes"
    forms = [form.name for form in schema.forms if field.name in (*form.requires, *form.filled)]
    return f"in the form {' or '.join(forms)}" if forms else ""


def _permitted(field: Field) -> str:
    rules = field.constraints
    if rules.enum:
        return ", ".join(rules.enum)
    if field.codelist:
        return f"codelist {field.codelist}"
    if rules.pattern:
        return f"pattern {rules.pattern}"
    if rules.minimum is not None and rules.maximum is not None:
        return f"{rules.minimum:g} to {rules.maximum:g}"
    if rules.minimum is not None:
        return f"{rules.minimum:g} or more"
    return "" if rules.maximum is None else f"{rules.maximum:g} or less"


def _about(field: Field) -> str:
    dated = f"; see {field.dated_by}" if field.dated_by else ""
    return f"{field.title}{dated}"


def template(table: str) -> str:
    """A blank table as CSV: the header only.

    Parameters
    ----------
    table : str
        Name of a table.

    Examples
    --------
    >>> template("supply_links").split(",")[:2]
    ['supplier_id', 'customer_id']
    """
    schema = _chosen([table])[table]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([field.name for field in schema.fields])
    return out.getvalue()


def templates(tables: Iterable[str] | None = None) -> dict[str, str]:
    """Blank tables by file name.

    Parameters
    ----------
    tables : iterable of str, optional
        Names of tables; by default all.
    """
    return {f"{name}.csv": template(name) for name in _chosen(tables)}


def schema_files() -> dict[str, bytes]:
    """Schemas and codelists by relative path, for other tools that read Table Schema."""
    folder = schema_folder()
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".json", ".csv")
    }


def dictionary_page() -> str:
    """The data dictionary as one page in Markdown."""
    parts = [_INTRODUCTION, *(_section(schema) for schema in schemas().values())]
    return "\n".join(parts)


_INTRODUCTION = """\
# Tables

One file per table, named after it: `firms.csv`, `firms.parquet` or `firms.dta`. `firms` and
`firm_years` are needed, the others when a study uses them. Columns in **bold** need a value in
every row; other columns may be absent, and a missing value is an empty cell. Money is in million
yen at current prices unless the unit says otherwise, shares lie between 0 and 1, and a year is the
calendar year in which the fiscal year starts. Further columns are kept: as numbers where every
value is a plain number and the name does not end in `_id`, `_code` or `_number`, otherwise as text.

This page is made from the schemas in `data_schemas/`, which any reader of Frictionless Table
Schema understands.
"""


def _section(schema: TableSchema) -> str:
    lines = [f"## {schema.name}", "", f"{schema.title}. {schema.description}", ""]
    lines += ["| column | type | unit | values | meaning |", "|---|---|---|---|---|"]
    lines += [_line(field) for field in schema.fields]
    lines += ["", *_keys(schema)]
    checks: list[RowCheck | GroupCheck] = [*schema.row_checks, *schema.group_checks]
    lines += [f"* {check.name} ({check.severity}): {check.say}" for check in checks]
    return "\n".join([*lines, ""])


def _line(field: Field) -> str:
    name = f"**`{field.name}`**" if field.constraints.required else f"`{field.name}`"
    permitted = _permitted(field).replace("|", "\\|")
    return f"| {name} | {field.type} | {field.unit} | {permitted} | {_about(field)} |"


def _keys(schema: TableSchema) -> list[str]:
    lines = [
        f"* {form.name}, with {' and '.join(form.requires)}: one row per {_list(form.primary_key)}."
        if form.name
        else f"* One row per {_list(form.primary_key)}."
        for form in schema.forms
    ]
    lines += [f"* {_list(names)} occurs once." for names in schema.unique_keys]
    lines += [
        f"* {key.field} is in {key.table}"
        + ("; a value that is not is emptied and counted" if key.unmatched == "clear" else "")
        + (f", and the firm exists in {_list(key.alive_in)} (warning)." if key.alive_in else ".")
        for key in schema.foreign_keys
    ]
    return lines


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
