"""Supply links out of tables."""

import numpy as np
import pandas as pd
import pytest

from spillover.errors import DataError, SpecificationError
from spillover.networks.connect import connect
from spillover.networks.supply import SupplyLinks, cap_bound
from spillover.tables.tables import Tables


def tables(links: dict[str, list], **others: dict[str, list]) -> Tables:
    frames = {"supply_links": pd.DataFrame(links)}
    return Tables(frames | {name: pd.DataFrame(columns) for name, columns in others.items()})


REPORTED = {
    "supplier_id": ["a", "a", "b", "b", "c"],
    "customer_id": ["b", "c", "c", "c", "a"],
    "year": [2020] * 5,
    "value": [10.0, 5.0, 4.0, 6.0, 1.0],
    "reporter": ["supplier", "customer", "supplier", "customer", "both"],
}


def support(spec: SupplyLinks) -> set[tuple[int, int]]:
    matrix = connect(tables(REPORTED), spec).suppliers().at(2020)
    return set(zip(*(part.tolist() for part in matrix.tocoo().coords), strict=True))


def test_reports_combine_as_sets() -> None:
    union, both, supplier, customer = (
        support(SupplyLinks(reports=r)) for r in ("union", "intersection", "supplier", "customer")
    )
    assert both == supplier & customer
    assert union == supplier | customer
    assert len(union) == len(supplier) + len(customer) - len(both)
    assert supplier == {(1, 0), (2, 1), (0, 2)}


def test_two_reports_of_one_transaction_are_averaged_and_not_added() -> None:
    matrix = connect(tables(REPORTED), SupplyLinks()).suppliers().at(2020)
    assert matrix[2, 1] == 5.0
    assert matrix[1, 0] == 10.0


def test_existence_counts_once_however_often_it_is_named() -> None:
    matrix = connect(tables(REPORTED), SupplyLinks(weight="binary")).suppliers().at(2020)
    assert set(matrix.data) == {1.0}


def test_values_on_some_links_only_are_refused() -> None:
    mixed = REPORTED | {"value": [1.0, np.nan, 1.0, 1.0, 1.0]}
    with pytest.raises(DataError, match="1 of 5 links"):
        connect(tables(mixed), SupplyLinks())
    with pytest.raises(DataError, match="negative"):
        connect(tables(REPORTED | {"value": [-1.0] * 5}), SupplyLinks())
    empty = REPORTED | {"value": [np.nan] * 5}
    assert set(connect(tables(empty), SupplyLinks()).at(2020).data) == {1.0}


def test_shares_of_purchases_and_of_sales() -> None:
    accounts = {"firm_id": ["a", "b", "c"], "year": [2020] * 3, "sales": [20.0, 50.0, 10.0]}
    accounts["materials"] = [2.0, 40.0, 50.0]
    data = tables(REPORTED, firm_years=accounts)
    bought = connect(data, SupplyLinks(weight="purchases")).suppliers().at(2020)
    sold = connect(data, SupplyLinks(weight="sales")).suppliers().at(2020)
    assert bought[1, 0] == 10.0 / 40.0
    assert sold[1, 0] == 10.0 / 20.0
    logs = connect(data, SupplyLinks(weight="log")).suppliers().at(2020)
    assert logs[1, 0] == pytest.approx(np.log(11.0))
    accounts["materials"] = [2.0, 0.0, 50.0]
    with pytest.raises(DataError, match="positive materials"):
        connect(tables(REPORTED, firm_years=accounts), SupplyLinks(weight="purchases"))


def test_unmatched_ends_are_refused_or_counted() -> None:
    data = tables(REPORTED, firms={"firm_id": ["a", "b"]})
    with pytest.raises(DataError, match="4 of 5 rows"):
        connect(data, SupplyLinks())
    network = connect(data, SupplyLinks(unmatched="drop"))
    assert network.at(2020).nnz == 1
    assert network.notes[0] == "dropped 4 links with an end that is not in firms"
    with pytest.raises(DataError, match="at least one link"):
        connect(tables(REPORTED, firms={"firm_id": ["a"]}), SupplyLinks(unmatched="drop"))


def test_reports_need_a_reporter() -> None:
    links = {k: v for k, v in REPORTED.items() if k != "reporter"}
    with pytest.raises(SpecificationError, match="reporter"):
        connect(tables(links), SupplyLinks(reports="supplier"))
    undated = {k: v for k, v in REPORTED.items() if k != "year"}
    with pytest.raises(DataError, match="valid_from"):
        connect(tables(undated), SupplyLinks())


def test_spells_hold_in_every_year_between_their_dates_and_open_ones_last() -> None:
    spells = {
        "supplier_id": ["a", "b"],
        "customer_id": ["b", "c"],
        "valid_from": ["2001-04-01", "2002-01-01"],
        "valid_to": ["2002-03-31", None],
    }
    accounts = {"firm_id": ["a"] * 4, "year": [2000, 2001, 2002, 2003]}
    network = connect(
        tables(spells, firm_years=accounts, firms={"firm_id": list("abc")}), SupplyLinks()
    )
    assert [network.at(year).nnz for year in network.years] == [0, 1, 2, 1]


def test_a_gap_is_bridged_only_when_asked() -> None:
    links = {
        "supplier_id": ["a", "a", "c"],
        "customer_id": ["b", "b", "b"],
        "year": [2000, 2002, 2001],
    }
    assert connect(tables(links), SupplyLinks()).at(2001).nnz == 1
    bridged = connect(tables(links), SupplyLinks(allowed_gap=1))
    assert bridged.at(2001).nnz == 2
    observed = {"supplier_id": ["a", "a"], "customer_id": ["b", "b"], "year": [2000, 2002]}
    assert len(connect(tables(observed), SupplyLinks()).edges) == 1


def test_presence_follows_accounts_then_lives_then_links() -> None:
    links = {"supplier_id": ["a", "a"], "customer_id": ["b", "b"], "year": [2000, 2001]}
    firms = {
        "firm_id": list("abcd"),
        "founded": [None, None, 2001, None],
        "closed": [None, None, None, 2000],
    }
    network = connect(tables(links, firms=firms), SupplyLinks())
    np.testing.assert_array_equal(network.present[2:], [[False, True], [True, False]])
    accounts = {"firm_id": ["a", "d"], "year": [2000, 2000]}
    network = connect(tables(links, firms=firms, firm_years=accounts), SupplyLinks())
    np.testing.assert_array_equal(network.present[:, 0], [True, True, False, True])
    np.testing.assert_array_equal(network.present[:, 1], [True, True, True, False])
    assert "no firm_years in 2001" in network.notes[0]


def test_full_lists_are_flagged_by_side() -> None:
    flags = cap_bound(tables(REPORTED), cap=2)
    bound = flags[flags["bound"]]
    assert bound[["firm_id", "side", "listed"]].to_numpy().tolist() == [["c", "suppliers", 2]]
    network = connect(tables(REPORTED), SupplyLinks(cap=2))
    assert network.notes[-1] == "1 of 5 lists of partners are full at 2"


def test_groups_come_from_majority_stakes_within_the_year() -> None:
    links = {"supplier_id": ["a", "a"], "customer_id": ["b", "b"], "year": [2000, 2001]}
    stakes = {
        "firm_id": ["a", "b", "c", "b"],
        "year": [2000, 2000, 2000, 2001],
        "owner_id": ["P", "P", "a", "P"],
        "share": [0.6, 0.7, 0.4, 0.9],
    }
    network = connect(
        tables(links, ownership=stakes, firms={"firm_id": list("abc")}), SupplyLinks()
    )
    first, second = network.attribute("group_id", 2000), network.attribute("group_id", 2001)
    assert first[0] == first[1] >= 0
    assert first[2] == -1
    assert second[1] >= 0
    assert second[0] == -1


def test_stakes_without_owners_or_groups_say_nothing_about_groups() -> None:
    stakes = pd.DataFrame({"firm_id": ["a"], "year": [2000], "owner_seq": [1], "share": [1.0]})
    links = pd.DataFrame({"supplier_id": ["a"], "customer_id": ["b"], "year": [2000]})
    network = connect(Tables({"supply_links": links, "ownership": stakes}), SupplyLinks())
    assert "group_id" not in network.attributes
