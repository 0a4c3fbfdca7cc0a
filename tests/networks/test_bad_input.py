"""Tables that cannot be a network are refused with what was expected, found and to do."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.errors import DataError, SpilloverError
from spillover.networks.build import assemble
from spillover.networks.checked import whole_numbers

LINKS = {"supplier_id": ["a", "b"], "customer_id": ["b", "c"]}
PLACES = {"firm_id": ["a", "b"], "latitude": [34.0, 35.0], "longitude": [139.0, 139.0]}
STAKES = {"firm_id": ["a", "b"], "owner_id": ["b", "c"], "year": 2000, "share": [0.5, 0.5]}
CODES = ("A", "B", "C", "D")
FLOWS = np.array([[1.0, 9, 0, 0], [2, 1, 3, 0], [0, 0, 0, 8], [1, 0, 0, 0]])
FINAL = np.array([1.0, 5, 2, 8])


def tables(**columns: object) -> sp.Tables:
    return sp.Tables({name: pd.DataFrame(rows) for name, rows in columns.items()})


def supply(**columns: object) -> sp.Network:
    return sp.connect(tables(supply_links={**LINKS, **columns}), sp.SupplyLinks())


def raw(**columns: object) -> sp.Network:
    years = columns.pop("years", [2000, 2001])
    return assemble("w", ["a", "b"], years, **{"src": [0, 0], "dst": [1, 1], **columns})


def near(**columns: object) -> sp.Network:
    frames = {"firms": {**PLACES, **columns}, "firm_years": {"firm_id": ["a", "b"], "year": 2000}}
    return sp.connect(tables(**frames), sp.GeographicProximity(radius=500))


def owned(**columns: object) -> sp.Network:
    frames = {"ownership": {**STAKES, **columns}, "firms": {"firm_id": ["a", "b", "c"]}}
    return sp.connect(tables(**frames), sp.OwnershipLinks())


def flow_table(
    flows: np.ndarray, year: int = 2000, added: np.ndarray | None = None
) -> pd.DataFrame:
    """A table in long form: deliveries, final demand and, if given, value added."""
    rows = [
        ("industry", a, "industry", b, flows[i, j])
        for i, a in enumerate(CODES)
        for j, b in enumerate(CODES)
    ]
    rows += [("industry", a, "final_demand", "F", FINAL[i]) for i, a in enumerate(CODES)]
    if added is not None:
        rows += [("value_added", "V", "industry", a, added[i]) for i, a in enumerate(CODES)]
    names = ["from_kind", "from_code", "to_kind", "to_code", "flow"]
    return pd.DataFrame(rows, columns=names).assign(year=year, origin="domestic", table_id="x")


def industries(table: pd.DataFrame) -> sp.Network:
    return sp.connect(sp.Tables({"industry_flows": table}), sp.IndustryFlows())


def changed(row: int, value: object, column: str = "flow") -> sp.Network:
    table = flow_table(FLOWS)
    table.loc[row, column] = value
    return industries(table)


ADDED = FLOWS.sum(axis=1) + FINAL - FLOWS.sum(axis=0)

CASES: dict[str, tuple[Callable[[], object], str]] = {
    "spells that end before they start": (
        lambda: supply(valid_from=[2005, 2001], valid_to=[2003, 2002]),
        "2005 to 2003 in row 1",
    ),
    "links that end before they start": (
        lambda: raw(start=[2001, 2000], end=[2000, 2001]),
        "end no earlier",
    ),
    "codes beyond the list": (lambda: raw(src=[5, 0]), "from 0 to 1"),
    "codes below zero": (lambda: raw(src=[-1, -1]), "-1 in row 1, -1 in row 2"),
    "codes with a fraction": (lambda: raw(src=[0.7, 0]), "0.7 in row 1"),
    "an unknown weight": (lambda: raw(weight=[np.nan, 1.0]), "weights nan"),
    "a negative weight": (lambda: raw(weight=[-1.0, 3.0]), "weights -1"),
    "an endless weight": (lambda: raw(weight=[np.inf, 1.0]), "weights inf"),
    "columns of two lengths": (lambda: raw(weight=[1.0]), "one length"),
    "months for years": (lambda: raw(years=[202001]), "202001"),
    "months for years of links": (lambda: supply(year=[202001, 202001]), "202001 in row 1"),
    "a year that is missing": (lambda: supply(year=[2001, None]), "nan in row 2"),
    "a year with a fraction": (lambda: supply(year=[2001.5, 2001]), "2001.5"),
    "a reporter nobody knows": (
        lambda: supply(year=2001, reporter=["supplyer", "both"]),
        "supplyer",
    ),
    "an endless value": (lambda: supply(year=2001, value=[np.inf, 1.0]), "rows 1"),
    "a negative value": (lambda: supply(year=2001, value=[-1.0, 1.0]), "zero or more"),
    "values of zero only": (lambda: supply(year=2001, value=[0.0, 0.0]), "at least one link"),
    "a table without rows": (
        lambda: sp.connect(
            sp.Tables({"supply_links": pd.DataFrame(columns=["supplier_id", "customer_id"])}),
            sp.SupplyLinks(),
        ),
        "one row in supply_links",
    ),
    "an unknown firm": (
        lambda: sp.connect(
            tables(supply_links={**LINKS, "year": 2000}, firms={"firm_id": ["a", "b"]}),
            sp.SupplyLinks(),
        ),
        r"\(c\)",
    ),
    "no column of suppliers": (
        lambda: sp.connect(
            tables(supply_links={"supplier": ["a"], "customer_id": ["b"], "year": [2000]}),
            sp.SupplyLinks(),
        ),
        "Did you mean supplier",
    ),
    "a latitude beyond the pole": (lambda: near(latitude=[95.0, 35.0]), r"\(a\)"),
    "a longitude beyond the date line": (lambda: near(longitude=[500.0, 139.0]), r"\(a\)"),
    "an endless latitude": (lambda: near(latitude=[np.inf, 35.0]), r"\(a\)"),
    "no coordinates at all": (lambda: near(latitude=[np.nan, np.nan]), "none"),
    "no columns of coordinates": (
        lambda: sp.connect(tables(firms={"firm_id": ["a"]}), sp.GeographicProximity(radius=1)),
        "latitude",
    ),
    "a stake in per cent": (lambda: owned(share=[51.0, 0.5]), "per cent"),
    "a negative stake": (lambda: owned(share=[-0.5, 0.5]), r"\(a\)"),
    "a negative flow": (lambda: changed(1, -1.0), "A to B"),
    "a negative flow within an industry": (lambda: changed(0, -1.0), "A to A"),
    "an unknown flow": (lambda: changed(1, np.nan), "rows 2"),
    "an unknown flow within an industry": (lambda: changed(0, np.nan), "rows 1"),
    "unknown final demand": (lambda: changed(16, np.nan), "rows 17"),
    "a flow from nowhere": (lambda: changed(1, None, "from_code"), "rows 2"),
    "output below zero": (lambda: changed(16, -100.0), "less in 1 industries"),
    "no column of flows": (
        lambda: industries(flow_table(FLOWS).drop(columns="flow")),
        "column of industry_flows",
    ),
    "a table on its side": (
        lambda: industries(flow_table(FLOWS.T, added=ADDED)),
        "rows and columns exchanged",
    ),
    "one year on its side": (
        lambda: industries(
            pd.concat([flow_table(FLOWS, 2000, ADDED), flow_table(FLOWS.T, 2001, ADDED)])
        ),
        "in 1 of 2 years",
    ),
    "a rule nobody knows": (lambda: sp.normalize(raw(), 2000, "rows"), "Did you mean row"),
    "a year outside": (lambda: sp.normalize(raw(), 1999, "row"), "2000 to 2001"),
    "a cap of nothing": (lambda: sp.recap(raw(), 0, 1), "1 or more"),
    "more than everything lost": (lambda: sp.thin(raw(), 2.0, 1), "0 to below 1"),
    "an empty layer": (
        lambda: sp.union([raw(), raw(src=[], dst=[])], "both"),
        "Leave the layer out",
    ),
    "a decay at the limit": (
        lambda: sp.katz(raw(src=[0, 1], dst=[1, 0]).at(2000), np.ones(2), 1.0),
        "below 1",
    ),
    "identifiers twice": (
        lambda: sp.Shock(
            "g", np.array(["a", "a"], object), np.array([2000], np.int32), np.ones((2, 1))
        ).on(raw()),
        "several of a",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_a_network_is_refused_in_three_parts(case: str) -> None:
    make, fact = CASES[case]
    with pytest.raises(SpilloverError, match=fact) as caught:
        make()
    assert caught.value.expected
    assert caught.value.found
    assert caught.value.action


def test_what_is_mended_is_counted() -> None:
    own = tables(supply_links={"supplier_id": ["a", "a"], "customer_id": ["a", "b"], "year": 2000})
    assert sp.connect(own, sp.SupplyLinks()).notes == ("dropped 1 links of a firm with itself",)
    twice = raw(years=[2000], weight=[1.0, 2.0])
    assert twice.notes == ("summed 1 duplicate rows of a pair in a year",)
    assert twice.at(2000).toarray()[1, 0] == 3.0
    (beyond,) = raw(src=[0], dst=[1], start=[1990], end=[1995]).notes
    assert "before 2000" in beyond


def test_a_table_that_cannot_be_checked_says_so() -> None:
    (*_, said) = industries(flow_table(FLOWS.T)).notes
    assert "not checked" in said
    assert not any(
        "not checked" in note for note in industries(flow_table(FLOWS, added=ADDED)).notes
    )


def test_a_firm_without_patents_is_near_nobody_and_flagged() -> None:
    rows = pd.DataFrame({"firm_id": ["a", "a", "b"], "ipc": ["X", "Y", "X"]})
    portfolio = sp.Portfolio.of(rows, "ipc", firms=np.array(["a", "b", "c"], dtype=object))
    for measure in ("cosine", "covariance", "min_complement", "jensen_shannon", "mahalanobis"):
        near_c = sp.proximity(portfolio, measure)[2]
        assert np.array_equal(near_c, np.zeros(3))
    assert portfolio.empty.tolist() == [False, False, True]
    with pytest.raises(SpilloverError, match="measure"):
        sp.proximity(portfolio, "jaffe")


def test_words_instead_of_years_are_refused_by_name() -> None:
    with pytest.raises(DataError, match="years as numbers"):
        whole_numbers(["2000", "spring"], "years", 1, 9_999)
