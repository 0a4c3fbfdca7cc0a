"""Sector measures under every option, and pieces of presence, against loops over firms."""

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError
from spillover.exposures.expose import expose
from spillover.exposures.linkages import Backward, Forward, Horizontal, SupplyBackward
from spillover.exposures.origins import split
from spillover.exposures.presence import Presence
from spillover.exposures.shock import Shock
from spillover.networks.connect import connect
from spillover.networks.industries import IndustryFlows
from spillover.tables.foreign import BOP_10
from spillover.tables.panel import Panel
from spillover.tables.tables import Tables

S, YEARS = "ABCD", (2000, 2001, 2003)
Flows = dict[tuple[str, int, str, str], float]


@st.composite
def economies(draw: st.DrawFn) -> tuple[Flows, Panel]:
    """Tables of two years with imports and empty cells; firms with gaps, moves and groups."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    flows: Flows = {}
    for year in (2000, 2001):
        for s in S:
            flows["final", year, s, "F"] = float(rng.integers(1, 5))
            for r in S:
                flows["domestic", year, s, r] = float(rng.integers(0, 4))
                flows["imported", year, s, r] = float(rng.choice([0.0, 0.0, 0.5]))
        flows["domestic", year, "A", "B"] = 2.0
    firms = [f"F{i}" for i in range(draw(st.integers(2, 8)))]
    rows = [(firm, year) for firm in firms for year in YEARS if rng.random() < 0.85]
    frame = pd.DataFrame([*rows, ("K", 2000), ("K", 2001)], columns=["firm_id", "year"])
    n = len(frame)
    frame["industry"] = rng.choice([*"ABCZ"], n)
    frame["sales"] = rng.choice([0.0, 1.0, 2.0, 3.5, np.nan], n, p=[0.15, 0.3, 0.3, 0.2, 0.05])
    frame["employment"] = rng.integers(0, 5, n).astype(float)
    frame["exports"] = rng.choice([0.0, 0.5, 2.5], n)
    frame["share"] = rng.choice([0.0, 1.0, 0.3, np.nan], n, p=[0.4, 0.3, 0.2, 0.1])
    frame["group"] = rng.choice(["g", "h", "none"], n)
    frame["region"] = rng.choice(["x", "y"], n)
    last = {"industry": "A", "sales": 1.0, "employment": 2.0, "exports": 0.0, "share": 1.0}
    for name, value in last.items():
        frame.loc[n - 2 :, name] = value
    frame["group"] = frame["group"].where(frame["group"] != "none")
    frame["cell"] = frame["industry"] + frame["region"]
    return flows, Panel.of(frame)


def table(flows: Flows) -> Tables:
    rows = [
        (
            year,
            s,
            r,
            value,
            "final_demand" if kind == "final" else "industry",
            "domestic" if kind == "final" else kind,
        )
        for (kind, year, s, r), value in flows.items()
        if value
    ]
    columns = ["year", "from_code", "to_code", "flow", "to_kind", "origin"]
    frame = pd.DataFrame(rows, columns=columns).assign(table_id="x", from_kind="industry")
    return Tables({"industry_flows": frame})


def sold(flows: Flows, origin: str, year: int, s: str, r: str) -> float:
    """What r buys of the goods of s."""
    imported = flows["imported", year, s, r] if origin == "total" else 0.0
    return flows["domestic", year, s, r] + imported


def sales_share(flows: Flows, origin: str, year: int, s: str, r: str, of: str) -> float:
    whole = sum(sold(flows, origin, year, s, q) for q in S)
    whole += flows["final", year, s, "F"] if of == "output" else 0.0
    return sold(flows, origin, year, s, r) / whole if whole else 0.0


def input_share(flows: Flows, origin: str, year: int, s: str, r: str, of: str) -> float:
    whole = sum(sold(flows, "total" if of == "inputs" else origin, year, q, s) for q in S)
    return sold(flows, origin, year, r, s) / whole if whole else 0.0


def weight(spec: object, flows: Flows, origin: str, year: int, s: str, r: str) -> float:
    if isinstance(spec, Horizontal):
        return float(s == r)
    if isinstance(spec, SupplyBackward):
        return (s != r) * sum(
            input_share(flows, origin, year, s, q, "inputs")
            * sales_share(flows, origin, year, q, r, "output")
            for q in S
            if q not in (s, r)
        )
    if s == r and spec.own_industry == "excluded":
        return 0.0
    if isinstance(spec, Forward):
        return input_share(flows, origin, year, s, r, spec.denominator)
    share = sales_share(flows, origin, year, s, r, spec.denominator)
    return share * spec.sourcing.get(r, 1.0)


def presence_without(
    rows: list[dict], year: int, industry: str, circle: set[str], *, by: str, net: bool, column: str
) -> float:
    """Foreign share of the weight of an industry, some firms left out; NaN when nobody counts."""
    above = below = 0.0
    for firm in rows:
        if firm["year"] != year or firm[column] != industry or firm["firm_id"] in circle:
            continue
        size = max(firm[by] - firm["exports"], 0.0) if net else firm[by]
        if not np.isnan(size) and not np.isnan(firm["share"]):
            above += firm["share"] * size
            below += size
    return above / below if below > 0 else np.nan


def left_out(rows: list[dict], me: dict, year: int, rule: str) -> set[str]:
    """Firms that do not count for a firm: itself, or its group of the year of the presence."""
    if rule == "none":
        return set()
    then = [firm for firm in rows if firm["firm_id"] == me["firm_id"] and firm["year"] == year]
    if rule == "group" and then and isinstance(then[0]["group"], str):
        same = [f for f in rows if f["year"] == year and f["group"] == then[0]["group"]]
        return {me["firm_id"], *(f["firm_id"] for f in same)}
    return {me["firm_id"]}


LAGS, LEAVE = st.integers(0, 1), st.sampled_from(["firm", "group", "none"])
VINTAGES = st.sampled_from(["first", "yearly", 2001])
OWN = st.sampled_from(["excluded", "included"])
SPECS = st.one_of(
    st.builds(Horizontal, lag=LAGS, leave_out=LEAVE),
    st.builds(
        Backward,
        lag=LAGS,
        vintage=VINTAGES,
        denominator=st.sampled_from(["output", "intermediate"]),
        own_industry=OWN,
        leave_out=LEAVE,
        sourcing=st.dictionaries(st.sampled_from(S), st.sampled_from([0.0, 0.5, 1.0])),
    ),
    st.builds(
        Forward,
        lag=LAGS,
        vintage=VINTAGES,
        denominator=st.sampled_from(["inputs", "table"]),
        own_industry=OWN,
        exports=st.sampled_from(["excluded", "included"]),
        leave_out=LEAVE,
    ),
    st.builds(SupplyBackward, lag=LAGS, vintage=VINTAGES, leave_out=LEAVE),
)


@given(
    economies(),
    SPECS,
    st.sampled_from(["domestic", "total"]),
    st.sampled_from(["sales", "employment"]),
)
def test_every_option_of_a_sector_measure_equals_loops_over_firms(
    drawn: tuple, spec: object, origin: str, by: str
) -> None:
    flows, panel = drawn
    net = isinstance(spec, Forward) and spec.exports == "excluded"
    network = connect(table(flows), IndustryFlows(origin=origin))
    foreign = Shock.of(panel, "share")
    presence = Presence.of(panel, foreign, by, group="group", exports="exports" if net else None)
    found = expose(network, presence, spec, name="x").columns(panel)
    rows = panel.frame.to_dict("records")
    for at, me in enumerate(rows):
        year = me["year"] - spec.lag
        vintage = getattr(spec, "vintage", "first")
        dated = {"first": 2000, "yearly": year}.get(vintage, vintage)
        years = {firm["year"] for firm in rows}
        if me["industry"] not in S or year not in years or dated not in (2000, 2001):
            assert np.isnan(found["x"][at])
            assert np.isnan(found["x_coverage"][at])
            continue
        circle = left_out(rows, me, year, spec.leave_out)
        value = known = total = 0.0
        for r in S:
            w = weight(spec, flows, origin, dated, me["industry"], r)
            h = presence_without(rows, year, r, circle, by=by, net=net, column="industry")
            total += w
            value += 0.0 if np.isnan(h) else w * h
            known += 0.0 if np.isnan(h) else w
        expected = np.nan if total > 0 and known == 0 else value
        np.testing.assert_allclose(found["x"][at], expected, rtol=1e-12, atol=1e-12)
        covered = known / total if total else np.nan
        np.testing.assert_allclose(found["x_coverage"][at], covered, rtol=1e-12, atol=1e-12)


@given(economies(), LAGS, LEAVE)
def test_presence_within_regions_counts_firms_of_the_own_cell(
    drawn: tuple, lag: int, rule: str
) -> None:
    _, panel = drawn
    presence = Presence.of(panel, Shock.of(panel, "share"), "sales", industry="cell", group="group")
    spec = Horizontal(lag=lag, leave_out=rule)
    found = expose(presence.network(), presence, spec, name="x").columns(panel)["x"]
    rows = panel.frame.to_dict("records")
    for at, me in enumerate(rows):
        year = me["year"] - lag
        circle = left_out(rows, me, year, rule)
        expected = presence_without(
            rows, year, me["cell"], circle, by="sales", net=False, column="cell"
        )
        np.testing.assert_allclose(found[at], expected, rtol=1e-12, atol=1e-12)


@given(economies())
def test_the_table_of_presence_counts_firms_and_their_concentration(drawn: tuple) -> None:
    _, panel = drawn
    presence = Presence.of(panel, Shock.of(panel, "share"), "sales", exports="exports")
    cells = defaultdict(list)
    for firm in panel.frame.to_dict("records"):
        size = max(firm["sales"] - firm["exports"], 0.0)
        if size > 0 and not np.isnan(firm["share"]):
            cells[firm["industry"], firm["year"]].append((size, firm["share"] * size))
    frame = presence.frame().set_index(["industry", "year"])
    assert set(frame.index) == set(cells)
    for cell, firms in cells.items():
        foreign = sum(part for _, part in firms)
        expected = {
            "firms": len(firms),
            "foreign_firms": sum(part > 0 for _, part in firms),
            "weight": sum(size for size, _ in firms),
            "presence": foreign / sum(size for size, _ in firms),
            "herfindahl": sum((p / foreign) ** 2 for _, p in firms) if foreign else np.nan,
        }
        np.testing.assert_allclose(
            frame.loc[cell, list(expected)].astype(float), list(expected.values()), rtol=1e-12
        )


@given(st.integers(0, 10_000), st.sampled_from(["owner_country", "entry_mode"]))
def test_a_foreign_firm_belongs_to_whoever_holds_most_of_it_from_abroad(seed: int, by: str) -> None:
    rng = np.random.default_rng(seed)
    n = 14
    stakes = pd.DataFrame(
        {
            "firm_id": [f"F{i}" for i in rng.integers(0, 4, n)],
            "year": rng.integers(2000, 2002, n),
            "owner_country": rng.choice(["USA", "DEU", "JPN"], n),
            "entry_mode": rng.choice(["greenfield", "acquisition", None], n),
            "share": rng.choice([0.04, 0.0625, 0.125, 0.25], n),
        }
    ).assign(owner_seq=lambda f: f.groupby(["firm_id", "year"]).cumcount() + 1)
    stakes = stakes[stakes["owner_seq"] <= 4]
    whole = Shock.of(stakes, "foreign", BOP_10)
    parts = split(stakes, BOP_10, by=by)
    rows = stakes.to_dict("records")
    for i, firm in enumerate(whole.units):
        for t, year in enumerate(whole.years):
            abroad: dict[str, float] = defaultdict(float)
            for stake in rows:
                if (
                    stake["firm_id"] == firm
                    and stake["year"] == year
                    and stake["owner_country"] != "JPN"
                ):
                    abroad[stake[by] if isinstance(stake[by], str) else "unknown"] += stake["share"]
            label = min(abroad, key=lambda name: (-abroad[name], name), default=None)
            for name, part in parts.items():
                assert part.values[i, t] == whole.values[i, t] * (name == label)


def test_presence_refuses_foreign_shares_above_one() -> None:
    rows = {"firm_id": ["a"], "year": [2000], "industry": ["A"], "sales": [1.0], "share": [60.0]}
    panel = Panel.of(pd.DataFrame(rows))
    with pytest.raises(DataError, match="between zero and one"):
        Presence.of(panel, Shock.of(panel, "share"), "sales")
