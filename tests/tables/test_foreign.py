"""Who is foreign under which definition."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError, SpecificationError, UnknownNameError
from spillover.tables.foreign import (
    BOP_10,
    FULL,
    JETRO_ANY,
    MAJORITY,
    METI_THIRD,
    ForeignDefinition,
    classify,
    definition_named,
)

ALL = (BOP_10, METI_THIRD, JETRO_ANY, MAJORITY, FULL)


def stakes(*rows: tuple[object, ...]) -> pd.DataFrame:
    columns = ["firm_id", "year", "owner_id", "owner_country", "share", "path", "scope"]
    return pd.DataFrame(rows, columns=columns)


def one(share: float, country: str | None = "USA", path: str = "direct") -> pd.DataFrame:
    return stakes(("a", 2020, "x", country, share, path, "single_owner"))


def verdict(frame: pd.DataFrame, definition: ForeignDefinition) -> bool | None:
    value = classify(frame, definition)["foreign"].iloc[0]
    return None if pd.isna(value) else bool(value)


@pytest.mark.parametrize(
    ("share", "foreign_under"),
    [
        (0.0, []),
        (0.05, ["JETRO_ANY"]),
        (0.10, ["BOP_10", "JETRO_ANY"]),
        (1 / 3, ["BOP_10", "JETRO_ANY"]),
        (0.334, ["BOP_10", "METI_THIRD", "JETRO_ANY"]),
        (0.50, ["BOP_10", "METI_THIRD", "JETRO_ANY"]),
        (0.51, ["BOP_10", "METI_THIRD", "JETRO_ANY", "MAJORITY"]),
        (1.0, ["BOP_10", "METI_THIRD", "JETRO_ANY", "MAJORITY", "FULL"]),
    ],
)
def test_thresholds_are_reached_or_exceeded_as_each_rule_says(
    share: float, foreign_under: list[str]
) -> None:
    assert [d.name for d in ALL if verdict(one(share), d)] == foreign_under


def test_stakes_of_several_investors_add_up_only_where_the_rule_says_so() -> None:
    frame = stakes(
        ("a", 2020, "x", "USA", 0.2, "direct", "single_owner"),
        ("a", 2020, "y", "DEU", 0.2, "direct", "single_owner"),
        ("a", 2020, "z", "JPN", 0.6, "direct", "single_owner"),
    )
    assert verdict(frame, METI_THIRD) is True
    assert verdict(frame, MAJORITY) is False
    assert classify(frame, METI_THIRD)["share"].tolist() == pytest.approx([0.4])
    assert classify(frame, BOP_10)["share"].tolist() == pytest.approx([0.2])


def test_a_principal_investor_is_a_second_condition() -> None:
    names = [f"x{k}" for k in range(6)]
    frame = stakes(*(("a", 2020, n, "USA", 0.09, "direct", "single_owner") for n in names))
    result = classify(frame, METI_THIRD)
    assert not result["foreign"].iloc[0]
    assert result["reason"].iloc[0] == "no foreign investor with 10 %"


def test_direct_and_indirect_stakes_of_one_owner_add_up() -> None:
    frame = stakes(
        ("a", 2020, "x", "USA", 0.06, "direct", "single_owner"),
        ("a", 2020, "x", "USA", 0.06, "indirect", "single_owner"),
    )
    assert verdict(frame, BOP_10) is True
    assert classify(frame, JETRO_ANY)["share"].tolist() == pytest.approx([0.06])


def test_indirect_stakes_do_not_count_for_any_direct_stake() -> None:
    assert verdict(one(0.8, path="indirect"), JETRO_ANY) is False
    assert verdict(one(0.8, path="indirect"), MAJORITY) is True


def test_owners_without_identifier_are_owners_of_their_own() -> None:
    row = ("a", 2020, None, "USA", 0.06, "direct", "single_owner")
    assert verdict(stakes(row, row), BOP_10) is False
    assert verdict(stakes(row, row), JETRO_ANY) is True


def test_an_owner_of_unknown_country_leaves_the_answer_open_only_where_it_decides() -> None:
    assert verdict(one(0.3, None), BOP_10) is None
    assert verdict(one(0.05, None), BOP_10) is False
    both = pd.concat([one(0.4), one(0.3, None)])
    assert verdict(both, BOP_10) is True
    result = classify(one(0.3, None), BOP_10)
    assert np.isnan(result["share"].iloc[0])
    assert result["reason"].iloc[0] == "owners that are not known decide"


def test_a_total_foreign_share_answers_sums_without_a_principal_and_nothing_else() -> None:
    frame = stakes(("a", 2020, None, None, 0.4, "direct", "total_foreign"))
    assert verdict(frame, JETRO_ANY) is True
    third = ForeignDefinition("third", threshold=1 / 3, strict=True, aggregate="sum")
    assert verdict(frame, third) is True
    for definition in (BOP_10, METI_THIRD, MAJORITY, FULL):
        with pytest.raises(SpecificationError, match=f"{definition.name}.*single investors"):
            classify(frame, definition)


def test_a_total_is_not_added_to_single_owners() -> None:
    total = stakes(("a", 2020, None, None, 0.3, "direct", "total_foreign"))
    frame = pd.concat([one(0.2), total])
    assert classify(frame, JETRO_ANY)["share"].tolist() == pytest.approx([0.3])
    assert verdict(frame, METI_THIRD) is False
    assert verdict(frame, BOP_10) is True


def test_what_a_total_exceeds_single_stakes_by_may_belong_to_one_investor() -> None:
    total = stakes(("a", 2020, None, None, 0.4, "direct", "total_foreign"))
    frame = pd.concat([one(0.05), total])
    assert verdict(frame, BOP_10) is None
    assert verdict(frame, MAJORITY) is False


def test_single_stakes_above_the_total_are_refused() -> None:
    total = stakes(("a", 2020, None, None, 0.1, "direct", "total_foreign"))
    with pytest.raises(DataError, match="a in 2020"):
        classify(pd.concat([one(0.2), total]), JETRO_ANY)


@pytest.mark.parametrize("share", [-0.1, 60.0, np.nan])
def test_shares_outside_zero_and_one_are_refused(share: float) -> None:
    with pytest.raises(DataError, match="between 0 and 1"):
        classify(one(share), BOP_10)


def test_codes_of_another_system_are_refused_because_all_would_look_foreign() -> None:
    with pytest.raises(DataError, match="JP"):
        classify(one(0.5, "JP"), BOP_10)


def test_a_table_without_shares_is_refused_by_column() -> None:
    with pytest.raises(UnknownNameError, match="share"):
        classify(one(0.5).drop(columns="share"), BOP_10)


def test_definitions_say_what_they_are_and_are_found_by_name() -> None:
    assert [definition_named(definition.name) for definition in ALL] == list(ALL)
    assert METI_THIRD.sentence == (
        "METI_THIRD: foreign investors together hold more than 33.3 %, directly or indirectly, "
        "the largest of them at least 10 %"
    )
    with pytest.raises(UnknownNameError, match="BOP_10"):
        definition_named("BOP10")


owners = st.sampled_from(["x", "y", None])
countries = st.sampled_from(["JPN", "USA", "DEU"])
shares = st.sampled_from([0.0, 0.05, 0.1, 0.12, 0.25])
paths = st.sampled_from(["direct", "indirect"])
rows = st.tuples(
    st.sampled_from(["a", "b"]),
    st.sampled_from([2019, 2020]),
    owners,
    countries,
    shares,
    paths,
    st.just("single_owner"),
)


def classified_by_loop(frame: pd.DataFrame, definition: ForeignDefinition) -> dict[tuple, bool]:
    held: dict[tuple, dict[object, float]] = {}
    for position, row in enumerate(frame.itertuples()):
        cell = held.setdefault((row.firm_id, row.year), {})
        counts = definition.include_indirect or row.path == "direct"
        if row.owner_country != "JPN" and counts:
            who = (row.owner_id or position, row.owner_country)
            cell[who[0]] = cell.get(who[0], 0.0) + row.share
    result = {}
    for key, cell in held.items():
        largest, total = max(cell.values(), default=0.0), sum(cell.values())
        share = total if definition.aggregate == "sum" else largest
        near = share + (-1e-9 if definition.strict else 1e-9)
        over = near > definition.threshold if definition.strict else near >= definition.threshold
        result[key] = bool(over and largest + 1e-9 >= definition.principal_minimum)
    return result


@given(st.lists(rows, min_size=1, max_size=8), st.sampled_from(ALL))
def test_classification_equals_a_loop_over_stakes(
    given_rows: list[tuple[object, ...]], definition: ForeignDefinition
) -> None:
    frame = stakes(*given_rows)
    result = classify(frame, definition)
    keys = zip(result["firm_id"], result["year"], strict=True)
    found = dict(zip(keys, result["foreign"].astype(bool), strict=True))
    assert found == classified_by_loop(frame, definition)


@given(st.permutations(range(4)))
def test_classification_does_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    frame = stakes(
        ("b", 2020, "x", "USA", 0.2, "direct", "single_owner"),
        ("a", 2020, "x", "USA", 0.2, "direct", "single_owner"),
        ("a", 2020, "y", "DEU", 0.3, "indirect", "single_owner"),
        ("a", 2019, "z", "JPN", 0.6, "direct", "single_owner"),
    )
    wanted = classify(frame, METI_THIRD)
    pd.testing.assert_frame_equal(classify(frame.iloc[order], METI_THIRD), wanted)
