"""TableSchema: what a table must look like, compiled from the files in ``data_schemas``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from spillover.identifiers.codelists import schema_folder
from spillover.typing import Severity

FieldType = Literal["string", "integer", "number", "boolean", "date"]


@dataclass(frozen=True, slots=True)
class Constraints:
    """What the values of a field must satisfy."""

    required: bool = False
    """Whether every row needs a value."""

    minimum: float | None = None
    """Least value."""

    maximum: float | None = None
    """Greatest value."""

    pattern: str = ""
    """Regular expression that the whole value matches; empty for none."""

    enum: tuple[str, ...] = ()
    """Permitted values; empty for any."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table."""

    name: str
    """Name of the column."""

    type: FieldType
    """Type of its values."""

    title: str
    """What it holds."""

    constraints: Constraints = Constraints()
    """What its values must satisfy."""

    unit: str = ""
    """Unit of measurement; empty for codes and text."""

    confidential: str = ""
    """``identifier``, ``quasi_identifier``, ``value`` or ``public``."""

    codelist: str = ""
    """Codelist of the permitted values."""

    check: str = ""
    """Validator of identifiers: ``corporate-number``, ``industry``, ``municipality``, ``ipc``."""

    dated_by: str = ""
    """Column that says in which year or revision the code must be valid."""

    derive: str = ""
    """Expression that fills missing values."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Values of a field that have to be in another table."""

    field: str
    """Column of this table."""

    table: str
    """The other table."""

    reference: str
    """Column of the other table."""

    unmatched: Literal["error", "clear"] = "error"
    """Whether a value that is not there is an error or is emptied and counted."""

    alive_in: tuple[str, ...] = ()
    """Columns with years in which the row of the other table must exist."""


@dataclass(frozen=True, slots=True)
class Form:
    """One of the shapes that a table may have; the first that fits is taken."""

    name: str
    """Name of the shape; empty when there is only one."""

    requires: tuple[str, ...]
    """Columns that must have values."""

    filled: tuple[str, ...]
    """Columns that must have a value in every row."""

    provides: tuple[str, ...]
    """Columns that the table has afterwards, empty if need be."""

    primary_key: tuple[str, ...]
    """Key of this shape."""


@dataclass(frozen=True, slots=True)
class RowCheck:
    """Rows that are wrong, as an expression of the formula grammar."""

    name: str
    """Name of the check."""

    where: str
    """Condition that holds in rows that are wrong."""

    severity: Severity
    """What a wrong row means."""

    say: str
    """What to tell the user."""


@dataclass(frozen=True, slots=True)
class GroupCheck:
    """Bounds on a sum over groups of rows."""

    name: str
    """Name of the check."""

    by: tuple[str, ...]
    """Columns that form the groups."""

    sum: str
    """Column that is added up."""

    where: str
    """Rows that count; empty for all."""

    minimum: float | None
    """Least sum; not asked of groups with a missing value."""

    maximum: float | None
    """Greatest sum."""

    tolerance: float
    """Slack for rounding."""

    severity: Severity
    """What a wrong group means."""

    say: str
    """What to tell the user."""


@dataclass(frozen=True, slots=True)
class TableSchema:
    """Columns, keys and checks of one table."""

    name: str
    """Name of the table."""

    title: str
    """Title for readers."""

    description: str
    """What a row means."""

    required: bool
    """Whether a study cannot do without the table."""

    missing_values: tuple[str, ...]
    """Cells that mean a missing value."""

    fields: tuple[Field, ...]
    """Columns in order."""

    unique_keys: tuple[tuple[str, ...], ...]
    """Further columns whose values occur once."""

    foreign_keys: tuple[ForeignKey, ...]
    """References to other tables."""

    lifetime: tuple[str, ...]
    """Columns with the first and the last year in which a row exists; empty when it always does."""

    forms: tuple[Form, ...]
    """Shapes that the table may have, at least one."""

    row_checks: tuple[RowCheck, ...]
    """Checks of single rows."""

    group_checks: tuple[GroupCheck, ...]
    """Checks of groups of rows."""

    def __contains__(self, name: object) -> bool:
        return any(field.name == name for field in self.fields)

    def field(self, name: str) -> Field:
        """The field of a name."""
        return next(field for field in self.fields if field.name == name)


@cache
def schemas() -> Mapping[str, TableSchema]:
    """All schemas by table name, in the order of the data package."""
    folder = schema_folder()
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    return MappingProxyType(
        {resource["name"]: _schema(resource, folder) for resource in package["resources"]}
    )


def _schema(resource: Mapping[str, Any], folder: Path) -> TableSchema:
    text = json.loads((folder / resource["schema"]).read_text("utf-8"))
    return TableSchema(
        name=resource["name"],
        title=text["title"],
        description=text["description"],
        required=resource.get("spillover:required", False),
        missing_values=tuple(text["missingValues"]),
        fields=tuple(_field(item) for item in text["fields"]),
        unique_keys=tuple(tuple(key) for key in text.get("uniqueKeys", ())),
        foreign_keys=tuple(_foreign_key(item) for item in text.get("foreignKeys", ())),
        lifetime=tuple(text.get("spillover:lifetime", ())),
        forms=tuple(_form(item) for item in text.get("spillover:forms", [text])),
        row_checks=tuple(RowCheck(**item) for item in text.get("spillover:row_checks", ())),
        group_checks=tuple(_group_check(item) for item in text.get("spillover:group_checks", ())),
    )


def _field(item: Mapping[str, Any]) -> Field:
    rules = dict(item.get("constraints", {}))
    rules["enum"] = tuple(rules.get("enum", ()))
    return Field(
        name=item["name"],
        type=item["type"],
        title=item["title"],
        constraints=Constraints(**rules),
        unit=item.get("spillover:unit", ""),
        confidential=item.get("spillover:confidential", ""),
        codelist=item.get("spillover:codelist", ""),
        check=item.get("spillover:check", ""),
        dated_by=item.get("spillover:dated_by", ""),
        derive=item.get("spillover:derive", ""),
    )


def _foreign_key(item: Mapping[str, Any]) -> ForeignKey:
    (field,), (reference,) = item["fields"], item["reference"]["fields"]
    unmatched = item.get("spillover:unmatched", "error")
    alive_in = tuple(item.get("spillover:alive_in", ()))
    return ForeignKey(field, item["reference"]["resource"], reference, unmatched, alive_in)


def _form(item: Mapping[str, Any]) -> Form:
    return Form(
        item.get("name", ""),
        tuple(item.get("requires", ())),
        tuple(item.get("filled", ())),
        tuple(item.get("provides", ())),
        tuple(item["primaryKey"]),
    )


def _group_check(item: Mapping[str, Any]) -> GroupCheck:
    return GroupCheck(
        name=item["name"],
        by=tuple(item["by"]),
        sum=item["sum"],
        where=item.get("where", ""),
        minimum=item.get("minimum"),
        maximum=item.get("maximum"),
        tolerance=item.get("tolerance", 0.0),
        severity=item["severity"],
        say=item["say"],
    )
