"""Sector measures against triple loops, and their identities."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError, SpecificationError
from spillover.exposures.expose import expose
from spillover.exposures.linkages import Backward, Forward, Horizontal, SupplyBackward
from spillover.exposures.origins import split
from spillover.exposures.presence import Presence
from spillover.exposures.shock import Shock
from spillover.networks.connect import connect
from spillover.networks.industries import IndustryFlows
from spillover.networks.network import Network
from spillover.tables.foreign import BOP_10
from spillover.tables.panel import Panel
from spillover.tables.tables import Tables

S = list("ABCD")
YEARS = (2000, 2001, 2003)


def io_table(z: np.ndarray, final: np.ndarray, year: int = 2000, codes: list = S) -> pd.DataFrame:
    rows = [
        (year, a, b, z[i, j], "industry", "domestic")
        for i, a in enumerate(codes)
        for j, b in enumerate(codes)
        if z[i, j]
    ]
    rows += [(year, a, "F", final[i], "final_demand", "domestic") for i, a in enumerate(codes)]
    columns = ["year", "from_code", "to_code", "flow", "to_kind", "origin"]
    return pd.DataFrame(rows, columns=columns).assign(table_id="x", from_kind="industry")


@st.composite
def economies(draw: st.DrawFn) -> tuple[Network, Panel, np.ndarray, np.ndarray]:
    """Flows with empty cells, firms that move between industries, gaps, groups, unknown output."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    z = rng.integers(0, 4, (4, 4)).astype(float)
    z[0, 1] = 2.0
    final = rng.integers(1, 5, 4).astype(float)
    flows = connect(Tables({"industry_flows": io_table(z, final)}), IndustryFlows(), name="io")
    rows = [
        {
            "firm_id": f"F{i}",
            "year": year,
            "industry": str(rng.choice([*"ABC", "Z"])),
            "sales": float(rng.choice([0.0, 1.0, 2.0, 3.5])),
            "exports": float(rng.choice([0.0, 0.5, 2.5])),
            "share": float(rng.choice([0.0, 1.0, 0.3, np.nan], p=[0.4, 0.3, 0.2, 0.1])),
            "group": str(rng.choice(["g", "h", "none"])),
        }
        for i in range(draw(st.integers(2, 9)))
        for year in YEARS
        if rng.random() < 0.85
    ]
    rows.append(
        {"firm_id": "K", "year": 2000, "industry": "A", "sales": 1.0, "exports": 0.0, "share": 1.0}
    )
    frame = pd.DataFrame(rows)
    frame["group"] = frame["group"].where(frame["group"] != "none")
    return flows, Panel.of(frame), z, final


def shares(z: np.ndarray, final: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    alpha, sigma = np.zeros((4, 4)), np.zeros((4, 4))
    for s in range(4):
        for r in range(4):
            alpha[s, r] = z[s, r] / (z[s].sum() + final[s])
            sigma[s, r] = z[r, s] / z[:, s].sum() if z[:, s].sum() else 0.0
    return alpha, sigma


def weights(spec: object, z: np.ndarray, final: np.ndarray) -> np.ndarray:
    alpha, sigma = shares(z, final)
    m = np.zeros((4, 4))
    for s in range(4):
        for r in range(4):
            if isinstance(spec, Horizontal):
                m[s, r] = float(s == r)
            elif isinstance(spec, SupplyBackward):
                if s != r:
                    m[s, r] = sum(sigma[s, q] * alpha[q, r] for q in range(4) if q not in (s, r))
            elif s != r or spec.own_industry == "included":
                m[s, r] = alpha[s, r] if isinstance(spec, Backward) else sigma[s, r]
    return m


def by_loops(panel: Panel, spec: object, m: np.ndarray, row: int, *, net: bool) -> tuple:
    """Exposure and coverage of one row; firms of the own circle left out one by one."""
    f = panel.frame
    me = f.iloc[row]
    year = me["year"] - spec.lag
    if me["industry"] not in S or year not in set(f["year"]):
        return np.nan, np.nan
    then = f[(f["firm_id"] == me["firm_id"]) & (f["year"] == year)]
    value = known = 0.0
    s = S.index(me["industry"])
    for r, code in enumerate(S):
        above = below = 0.0
        for _, other in f[(f["year"] == year) & (f["industry"] == code)].iterrows():
            same = other["firm_id"] == me["firm_id"]
            if spec.leave_out == "group" and len(then) and isinstance(other["group"], str):
                same |= other["group"] == then.iloc[0]["group"]
            if (same and spec.leave_out != "none") or np.isnan(other["share"]):
                continue
            size = max(other["sales"] - other["exports"], 0.0) if net else other["sales"]
            above += other["share"] * size
            below += size
        if below > 0:
            value += m[s, r] * above / below
            known += m[s, r]
    total = m[s].sum()
    if total == 0:
        return 0.0, np.nan
    return (value if known > 0 else np.nan), known / total


SPECS = st.one_of(
    st.builds(
        Horizontal, lag=st.integers(0, 1), leave_out=st.sampled_from(["firm", "group", "none"])
    ),
    st.builds(
        Backward,
        lag=st.integers(0, 1),
        own_industry=st.sampled_from(["excluded", "included"]),
        leave_out=st.sampled_from(["firm", "group", "none"]),
    ),
    st.builds(
        Forward,
        lag=st.integers(0, 1),
        own_industry=st.sampled_from(["excluded", "included"]),
        leave_out=st.sampled_from(["firm", "group", "none"]),
    ),
    st.builds(SupplyBackward, lag=st.integers(0, 1), leave_out=st.sampled_from(["group", "none"])),
)


@given(economies(), SPECS)
def test_sector_measures_equal_loops_over_firms(drawn: tuple, spec: object) -> None:
    flows, panel, z, final = drawn
    net = isinstance(spec, Forward)
    presence = Presence.of(
        panel,
        Shock.of(panel, "share"),
        "sales",
        group="group",
        exports="exports" if net else None,
    )
    columns = expose(flows, presence, spec, name="x").columns(panel)
    m = weights(spec, z, final)
    for row in range(len(panel)):
        value, coverage = by_loops(panel, spec, m, row, net=net)
        np.testing.assert_allclose(columns["x"][row], value, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(columns["x_coverage"][row], coverage, rtol=1e-12, atol=1e-12)


def market() -> tuple[Network, Panel, Presence]:
    z = np.array([[1.0, 2, 0, 0], [0, 1, 3, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    flows = connect(Tables({"industry_flows": io_table(z, np.full(4, 4.0))}), IndustryFlows())
    rows = [
        ("a", "A", 3.0, 0.0), ("b", "A", 1.0, 1.0), ("c", "A", 6.0, 0.0),
        ("d", "B", 5.0, 1.0), ("e", "B", 5.0, 0.0), ("f", "C", 2.0, 0.4),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["firm_id", "industry", "sales", "share"]).assign(year=2000)
    panel = Panel.of(frame)
    return flows, panel, Presence.of(panel, Shock.of(panel, "share"), "sales")


def test_leaving_out_a_domestic_firm_rescales_presence_by_the_output_of_the_others() -> None:
    _, panel, presence = market()
    columns = expose(presence.network(), presence, Horizontal(lag=0), name="h").columns(panel)
    whole = 1.0 / 10.0
    np.testing.assert_allclose(columns["h"][[0, 2]], [whole * 10 / 7, whole * 10 / 4])
    assert columns["h"][3] == 0.0
    assert columns["h"][4] == 1.0
    assert np.isnan(columns["h"][5])


def test_one_customer_industry_gives_its_presence_times_its_share_of_sales() -> None:
    flows, panel, presence = market()
    x = expose(flows, presence, Backward(lag=0), name="bw").columns(panel)["bw"]
    np.testing.assert_allclose(x[:3], 0.5 * 2 / 7)
    np.testing.assert_allclose(x[3:5], 0.4 * 3 / 8)
    assert x[5] == 0.0
    scaled = Backward(lag=0, sourcing={"B": 0.5, "C": 1.0})
    half = expose(flows, presence, scaled, name="bw").columns(panel)["bw"]
    np.testing.assert_allclose(half[:3], x[:3] / 2)
    ones = Backward(lag=0, sourcing=dict.fromkeys("ABCD", 1.0))
    np.testing.assert_array_equal(expose(flows, presence, ones, name="bw").columns(panel)["bw"], x)


def test_exchanging_rows_and_columns_exchanges_backward_and_forward() -> None:
    _, panel, presence = market()
    rng = np.random.default_rng(1)
    z = rng.integers(1, 9, (4, 4)).astype(float)
    zero = np.zeros(4)
    there, back = (
        connect(Tables({"industry_flows": io_table(part, zero)}), IndustryFlows())
        for part in (z, z.T)
    )
    one = expose(there, presence, Backward(lag=0, denominator="intermediate"), name="x")
    two = expose(back, presence, Forward(lag=0, denominator="table", exports="included"), name="x")
    np.testing.assert_allclose(one.columns(panel)["x"], two.columns(panel)["x"], rtol=1e-14)


def test_parts_by_origin_add_up() -> None:
    flows, panel, _ = market()
    stakes = pd.DataFrame(
        {
            "firm_id": ["b", "d", "f", "f"],
            "year": 2000,
            "owner_seq": [1, 1, 1, 2],
            "owner_country": ["USA", "DEU", "USA", "JPN"],
            "share": [0.6, 1.0, 0.3, 0.7],
        }
    )
    whole = Presence.of(panel, Shock.of(stakes, "foreign", BOP_10), "sales")
    pieces = whole.split(split(stakes, BOP_10))
    assert sorted(pieces) == ["DEU", "USA"]
    for spec in (Horizontal(lag=0), Backward(lag=0), Horizontal(lag=0, leave_out="none")):
        parts = [expose(flows, p, spec, name="x").columns(panel)["x"] for p in pieces.values()]
        total = expose(flows, whole, spec, name="x").columns(panel)["x"]
        np.testing.assert_allclose(sum(parts), total, rtol=1e-14)
    with pytest.raises(DataError, match="add up"):
        whole.split({"DEU": split(stakes, BOP_10)["DEU"]})


def test_the_table_of_the_year_or_of_a_base_year() -> None:
    _, panel, presence = market()
    later = panel.frame.assign(year=2005)
    both = Panel.of(pd.concat([panel.frame, later, later.assign(year=2006)]))
    presence = Presence.of(both, Shock.of(both, "share"), "sales")
    z = np.array([[0.0, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1], [1, 0, 0, 0]])
    table = pd.concat([io_table(z, np.full(4, 4.0)), io_table(3 * z, np.full(4, 4.0), 2005)])
    flows = connect(Tables({"industry_flows": table}), IndustryFlows())

    def a(vintage: object) -> np.ndarray:
        spec = Backward(lag=0, vintage=vintage)
        return expose(flows, presence, spec, name="x").columns(both)["x"][:3]

    np.testing.assert_allclose(a("first"), 0.5 * 2 / 6)
    np.testing.assert_allclose(a(2005), 0.5 * 6 / 10)
    np.testing.assert_allclose(a("yearly"), [0.5 * 2 / 6, 0.5 * 6 / 10, np.nan])
    frame = expose(flows, presence, Backward(vintage="yearly"), name="x").frame()
    assert sorted(frame["year"].unique()) == [2001, 2006]


def test_an_exchanged_table_is_found_out() -> None:
    z = np.array([[1.0, 9, 0, 0], [2, 1, 3, 0], [0, 0, 0, 8], [1, 0, 0, 0]])
    final = np.array([1.0, 5, 2, 8])
    output = z.sum(1) + final
    added = output - z.sum(0)

    def table(flows: np.ndarray, *, stated: bool) -> Tables:
        rows = io_table(flows, final)
        extra = [(2000, a, "X", output[i], "total_output") for i, a in enumerate(S)]
        if not stated:
            extra = [(2000, "V", a, added[i], "industry") for i, a in enumerate(S)]
        more = pd.DataFrame(extra, columns=["year", "from_code", "to_code", "flow", "to_kind"])
        more["from_kind"] = "industry" if stated else "value_added"
        return Tables({"industry_flows": pd.concat([rows, more.assign(table_id="x")])})

    for stated in (True, False):
        good = connect(table(z, stated=stated), IndustryFlows())
        np.testing.assert_allclose(good.total("output", 2000), output)
        with pytest.raises(DataError, match="rows and columns exchanged"):
            connect(table(z.T, stated=stated), IndustryFlows())


def test_imports_count_only_when_asked_and_never_twice() -> None:
    z = np.array([[1.0, 2, 0, 0], [0, 1, 3, 0], [0, 0, 0, 2], [1, 0, 0, 0]])
    home = io_table(z, np.full(4, 4.0))
    abroad = io_table(z / 2, np.zeros(4)).assign(origin="imported")
    abroad = abroad[abroad["to_kind"] == "industry"]
    tables = Tables({"industry_flows": pd.concat([home, abroad])})
    domestic = connect(tables, IndustryFlows())
    np.testing.assert_array_equal(domestic.customers().at(2000).toarray(), z - np.diag(np.diag(z)))
    np.testing.assert_array_equal(domestic.total("own", 2000), np.diag(z))
    np.testing.assert_array_equal(domestic.total("inputs", 2000), 1.5 * z.sum(0))
    total = connect(tables, IndustryFlows(origin="total"))
    np.testing.assert_array_equal(total.total("own", 2000), 1.5 * np.diag(z))
    summed = pd.concat([home, abroad, io_table(1.5 * z, np.zeros(4)).assign(origin="total")])
    again = connect(Tables({"industry_flows": summed}), IndustryFlows(origin="total"))
    np.testing.assert_array_equal(
        again.customers().at(2000).toarray(), total.customers().at(2000).toarray()
    )


def test_wrong_tables_and_presences_are_refused() -> None:
    flows, panel, presence = market()
    table = io_table(np.ones((4, 4)), np.ones(4))
    with pytest.raises(DataError, match="below zero"):
        connect(Tables({"industry_flows": table.assign(flow=-1.0)}), IndustryFlows())
    with pytest.raises(DataError, match="origin"):
        connect(Tables({"industry_flows": table.drop(columns="origin")}), IndustryFlows())
    two = pd.concat([table, table.assign(table_id="y")])
    with pytest.raises(SpecificationError, match="one input-output table"):
        connect(Tables({"industry_flows": two}), IndustryFlows())
    with pytest.raises(SpecificationError, match="sales at home"):
        expose(flows, presence, Forward())
    with pytest.raises(SpecificationError, match="'Q'"):
        expose(flows, presence, Backward(sourcing={"Q": 1.0}))
    other = connect(
        Tables({"industry_flows": io_table(np.ones((2, 2)), np.ones(2), codes=["X", "Y"])}),
        IndustryFlows(),
    )
    with pytest.raises(DataError, match="one classification"):
        expose(other, presence, Backward())
    with pytest.raises(DataError, match="zero or more"):
        Presence.of(panel, Shock.of(panel, "share"), "0 - sales")


def test_presence_remembers_what_makes_a_firm_foreign() -> None:
    panel = Panel.of(
        pd.DataFrame({"firm_id": ["a", "b"], "year": 2000, "industry": "A", "sales": [1.0, 3.0]})
    )
    stakes = pd.DataFrame(
        {"firm_id": ["a"], "year": 2000, "owner_seq": 1, "share": 0.5, "owner_country": "USA"}
    )
    foreign = Shock.of(stakes, "foreign", definition=BOP_10)
    assert Presence.of(panel, foreign, "sales").definition is BOP_10
    of_column = Shock.of(panel.with_columns({"own": np.ones(2)}), "own")
    assert Presence.of(panel, of_column, "sales").definition is None
