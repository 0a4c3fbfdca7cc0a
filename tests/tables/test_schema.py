"""The schemas are valid Table Schema, and code follows them."""

import json
from pathlib import Path

import pytest
from frictionless import Schema

from spillover.expressions import names_in, parse
from spillover.identifiers.codelists import codelist, schema_folder
from spillover.tables.dictionary import (
    dictionary,
    dictionary_page,
    schema_files,
    template,
    templates,
)
from spillover.tables.schema import schemas

ROOT = Path(__file__).parents[2]
NAMES = tuple(schemas())


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_one_for_an_independent_reader(name: str) -> None:
    schema = Schema.from_descriptor(str(schema_folder() / f"{name}.schema.json"))
    assert schema.field_names == [field.name for field in schemas()[name].fields]
    assert [field.type for field in schema.fields] == [f.type for f in schemas()[name].fields]


@pytest.mark.parametrize("name", NAMES)
def test_schemas_refer_to_columns_tables_and_codelists_that_exist(name: str) -> None:
    schema = schemas()[name]
    keys = [schema.lifetime, *schema.unique_keys]
    keys += [key.alive_in for key in schema.foreign_keys]
    keys += [(*f.requires, *f.filled, *f.provides, *f.primary_key) for f in schema.forms]
    keys += [tuple(names_in(parse(check.where))) for check in schema.row_checks]
    keys += [(*check.by, check.sum) for check in schema.group_checks]
    keys += [tuple(names_in(parse(check.where))) for check in schema.group_checks if check.where]
    keys += [(field.dated_by,) for field in schema.fields if field.dated_by]
    assert {column for key in keys for column in key if column not in schema} == set()
    for key in schema.foreign_keys:
        assert key.reference in schemas()[key.table]
        assert key.field in schema
    for field in schema.fields:
        assert field.confidential in ("identifier", "quasi_identifier", "value", "public")
        assert not field.codelist or codelist(field.codelist).rows
        assert field.type not in ("integer", "number") or field.constraints.enum == ()


@pytest.mark.parametrize("name", NAMES)
def test_columns_do_not_differ_by_case_only(name: str) -> None:
    names = [field.name for field in schemas()[name].fields]
    assert len({each.lower() for each in names}) == len(names)
    assert all(each == each.lower() for each in names)


@pytest.mark.parametrize("name", NAMES)
def test_every_key_of_a_schema_file_is_one_that_the_code_reads(name: str) -> None:
    text = json.loads((schema_folder() / f"{name}.schema.json").read_text("utf-8"))
    assert set(text) <= {
        "$schema", "title", "description", "fieldsMatch", "missingValues", "primaryKey",
        "uniqueKeys", "spillover:lifetime",
        "foreignKeys", "fields", "spillover:forms", "spillover:row_checks",
        "spillover:group_checks",
    }  # fmt: skip
    for field in text["fields"]:
        assert set(field) <= {
            "name", "type", "title", "constraints", "spillover:unit", "spillover:confidential",
            "spillover:codelist", "spillover:check", "spillover:dated_by", "spillover:derive",
        }  # fmt: skip
        allowed = {"required", "minimum", "maximum", "pattern", "enum"}
        assert set(field.get("constraints", {})) <= allowed


def test_the_reference_page_is_the_one_that_the_schemas_make() -> None:
    page = (ROOT / "docs" / "reference" / "tables.md").read_text("utf-8")
    assert page == dictionary_page()


def test_templates_hold_every_column_and_no_row() -> None:
    assert set(templates()) == {f"{name}.csv" for name in NAMES}
    assert template("firms").startswith("firm_id,corporate_number,name,")
    assert template("firms").count("\n") == 1
    assert list(templates(["firms"])) == ["firms.csv"]


def test_the_dictionary_has_a_row_for_every_column() -> None:
    table = dictionary()
    assert len(table) == sum(len(schema.fields) for schema in schemas().values())
    row = table.set_index(["table", "column"]).loc[("supply_links", "year")]
    assert row["required"] == "in the form snapshots"
    assert row["values"] == "1950 to 2100"


def test_all_schema_files_can_be_handed_out() -> None:
    files = schema_files()
    assert "firms.schema.json" in files
    assert "codelists/jis_x_0401.csv" in files
