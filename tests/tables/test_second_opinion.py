"""An independent implementation of Table Schema counts the same failures."""

from collections import Counter

import pandas as pd
import pytest
from frictionless import Resource, Schema, validate

from spillover.identifiers.codelists import schema_folder
from spillover.tables import validate as ours

pytestmark = pytest.mark.oracle
Frames = dict[str, pd.DataFrame]

KINDS = {
    ("constraint-error", "required"): "required",
    ("constraint-error", "minimum"): "minimum",
    ("constraint-error", "maximum"): "maximum",
    ("constraint-error", "enum"): "enum",
    ("constraint-error", "pattern"): "pattern",
    ("type-error", ""): "type",
    ("primary-key", ""): "primary-key",
}

SPOILED = [
    {},
    {("firm_years", "sales", 0): "-1", ("firm_years", "sales", 1): "x"},
    {("firm_years", "year", 0): "20x0", ("firm_years", "year", 3): "2200"},
    {("firm_years", "year", 1): "2020", ("firm_years", "firm_id", 3): None},
    {("firms", "entity_kind", 0): "company", ("firms", "entity_kind", 1): None},
    {("firms", "firm_id", 2): "01"},
    {("ownership", "share", 0): "60", ("ownership", "share", 1): "-0.1"},
    {("ownership", "owner_seq", 1): "1"},
    {("patents", "main_class", 0): None, ("patents", "filing_year", 0): "1500"},
]


def theirs(table: str, frame: pd.DataFrame) -> Counter[str]:
    schema = Schema.from_descriptor(str(schema_folder() / f"{table}.schema.json"))
    schema.foreign_keys = []
    data = [list(frame.columns), *frame.fillna("").to_numpy().tolist()]
    resource = Resource(data=data, schema=schema)
    counts: Counter[str] = Counter()
    for error in validate(resource).flatten(["type", "note"]):
        kind, note = error
        words = [word for (of, word) in KINDS if of == kind and word and f'"{word}' in note]
        counts[KINDS[kind, words[0] if words else ""]] += 1
    return counts


@pytest.mark.parametrize("spoil", SPOILED, ids=str)
def test_both_count_the_same_failures_of_the_same_kinds(
    frames: Frames, spoil: dict[tuple[str, str, int], str | None]
) -> None:
    for (table, column, row), value in spoil.items():
        frames[table].loc[row, column] = value
    report = ours.validate(frames)
    for table, frame in frames.items():
        if table == "supply_links":
            continue
        found = Counter(
            {
                failure.rule: failure.count
                for failure in report.errors
                if failure.table == table and failure.rule in set(KINDS.values())
            }
        )
        assert found == theirs(table, frame), table
