"""Shift-share exposures against plain loops over a table."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError, SpecificationError, UnknownNameError
from spillover.exposures.contributions import Contributions
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shares import Shares
from spillover.exposures.shift_share import ShiftShare
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.tables.panel import Panel

KINDS = ["x", "y", "z", "v"]


def long_table(
    rng: np.random.Generator, years: list[int], *, complete: bool = False
) -> pd.DataFrame:
    rows = []
    for year in years:
        for unit in "abcde":
            share = rng.dirichlet(np.ones(5))
            parts = share[:4] / (share[:4].sum() if complete else 1.0)
            keep = rng.random(4) < 0.8
            keep[0] |= not keep.any()  # a unit without any row is not in the table
            keep = np.ones(4, bool) if complete else keep
            rows += [
                {"firm_id": unit, "year": year, "industry": kind, "share": part}
                for kind, part, kept in zip(KINDS, parts, keep, strict=True)
                if kept
            ]
    return pd.DataFrame(rows)


def shifts(rng: np.random.Generator, years: list[int]) -> Shock:
    values = rng.normal(size=(len(KINDS), len(years)))
    order = np.argsort(KINDS)
    return Shock("g", np.array(KINDS, object)[order], np.array(years, np.int32), values[order])


@given(st.integers(0, 5000), st.sampled_from(["year", None]), st.integers(0, 1))
def test_exposure_and_sum_of_shares_equal_a_loop(seed: int, year: str | None, lag: int) -> None:
    rng = np.random.default_rng(seed)
    table = long_table(rng, [2001, 2002] if year else [2000])
    shares = Shares.of(table, year=year)
    shock = shifts(rng, [2000, 2001, 2002])
    x = expose(shares, shock, ShiftShare(lag=lag), name="x")
    dates = np.repeat([2001, 2002, 1990], 5)
    panel = Panel.of(pd.DataFrame({"firm_id": [*"abcdq"] * 3, "year": dates}))
    columns = x.columns(panel)
    assert list(columns) == ["x", "x_share_sum"]
    for row in range(len(panel)):
        unit, now = panel.units[panel.codes[row]], panel.years[row]
        if unit == "q" or now == 1990:
            assert np.isnan(columns["x"][row])
            continue
        mine = table[(table.firm_id == unit) & ((table.year == now) | (year is None))]
        at = list(shock.years).index(now - lag)
        values = {k: shock.values[list(shock.units).index(k), at] for k in KINDS}
        expected = sum(s * values[k] for s, k in zip(mine.share, mine.industry, strict=True))
        np.testing.assert_allclose(columns["x"][row], expected, atol=1e-14)
        np.testing.assert_allclose(columns["x_share_sum"][row], mine.share.sum(), atol=1e-14)


@given(st.integers(0, 5000))
def test_stacked_shares_times_stacked_shocks_are_the_exposure(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = Shares.of(long_table(rng, [2001, 2002]), year="year")
    x = expose(shares, shifts(rng, [2001, 2002]), ShiftShare(absent="zero"), name="x")
    panel = Panel.of(pd.DataFrame({"firm_id": [*"aceq"] * 2, "year": [2001] * 4 + [2002] * 4}))
    rows = np.array([0, 2, 3, 5, 6, 7])
    stacked = x.stacked(panel, rows)
    np.testing.assert_allclose(
        stacked.matrix @ stacked.shock, x.columns(panel)["x"][rows], atol=1e-14
    )
    assert np.all(np.asarray(stacked.matrix.sum(axis=0)) > 0)
    assert len(set(stacked.names)) == len(stacked.names)


def test_a_constant_added_to_every_shock_adds_itself_where_shares_are_complete() -> None:
    rng = np.random.default_rng(1)
    shares = Shares.of(long_table(rng, [2000], complete=True))
    shock = shifts(rng, [2000])
    more = Shock("g", shock.units, shock.years, shock.values + 3.0)
    before, after = (expose(shares, g, ShiftShare()).values for g in (shock, more))
    np.testing.assert_allclose(after, before + 3.0, atol=1e-12)


def test_the_missing_category_with_shock_zero_completes_shares_and_changes_nothing() -> None:
    rng = np.random.default_rng(2)
    table = long_table(rng, [2000])
    rest = 1 - table.groupby("firm_id").share.sum()
    extra = pd.DataFrame({"firm_id": rest.index, "industry": "rest", "share": rest.to_numpy()})
    whole = Shares.of(pd.concat([table, extra]))
    shock = shifts(rng, [2000])
    order = np.argsort([*shock.units, "rest"])
    wider = Shock(
        "g",
        np.array([*shock.units, "rest"], object)[order],
        shock.years,
        np.vstack([shock.values, [[0.0]]])[order],
    )
    one = expose(Shares.of(table), shock, ShiftShare())
    two = expose(whole, wider, ShiftShare())
    np.testing.assert_allclose(one.values, two.values, atol=1e-14)
    np.testing.assert_allclose(two.share_sum, 1.0, atol=1e-14)


@given(st.integers(0, 5000), st.sampled_from(["own", "group", "nobody"]))
def test_leaving_out_own_contributions_equals_a_loop(seed: int, leave_out: str) -> None:
    rng = np.random.default_rng(seed)
    shares = Shares.of(long_table(rng, [2000]))
    mask = rng.random((5, 4)) < 0.6
    mask[0] = True
    rows = [
        {
            "firm_id": u,
            "industry": k,
            "year": 2000,
            "growth": rng.normal(),
            "size": rng.random() + 0.1,
        }
        for i, u in enumerate("abcde")
        for j, k in enumerate(KINDS)
        if mask[i, j]
    ]
    group = {"a": "G", "b": "G", "c": "H", "d": None, "e": None}
    table = pd.DataFrame(rows).assign(year=2000, group=lambda f: f.firm_id.map(group))
    own = Contributions.of(table, "growth", "size", group="group")
    x = expose(shares, own, ShiftShare(leave_out=leave_out), name="x")
    alone = 0
    for i, unit in enumerate(shares.units):
        expected, total = 0.0, 0.0
        for k in shares.categories:
            share = shares.matrices[0].toarray()[i, list(shares.categories).index(k)]
            others = table[table.industry == k]
            if leave_out == "own" or (leave_out == "group" and group[unit] is None):
                others = others[others.firm_id != unit]
            elif leave_out == "group":
                others = others[others.group.ne(group[unit])]
            if share and not len(others):
                alone += 1
            elif share:
                expected += share * np.average(others.growth, weights=others["size"])
                total += share
        np.testing.assert_allclose(x.values[i, 0], expected, atol=1e-10)
        np.testing.assert_allclose(x.share_sum[i, 0], total, atol=1e-14)
    assert (f"dropped {alone:,} shares without another contributor" in x.notes) == (alone > 0)


def test_shares_of_partners_give_the_neighbour_exposure() -> None:
    network = assemble("w", list("abcd"), [2000, 2001], [1, 2, 3, 0], [0, 0, 1, 2], [1.0, 3, 1, 1])
    shock = Shock("g", network.firms, network.years, np.arange(8.0).reshape(4, 2))
    shares = Shares.of_partners(network, 2000, exclude_group=False)
    x = expose(shares, shock, ShiftShare())
    rule = Neighbors(isolates="zero", lag=0, exclude="self", weights="base_year", base_year=2000)
    np.testing.assert_allclose(x.values, expose(network, shock, rule).values)


def test_shares_that_are_none_are_refused() -> None:
    table = pd.DataFrame({"firm_id": ["a", "a"], "industry": ["x", "y"], "share": [0.7, 0.4]})
    with pytest.raises(DataError, match=r"sum to at most one.*Found more for 1 units \(a\)"):
        Shares.of(table)
    with pytest.raises(DataError, match="not negative"):
        Shares.of(table.assign(share=[0.7, -0.1]))
    with pytest.raises(DataError, match="once in a year"):
        Shares.of(table.assign(industry="x", share=0.1))
    with pytest.raises(DataError, match="in every row"):
        Shares.of(table.assign(industry=[None, "x"], share=0.1))
    with pytest.raises(UnknownNameError, match="nace"):
        Shares.of(table, category="nace")
    half = table.assign(share=0.5)
    kinds = pd.DataFrame({"industry": ["x"], "sector": ["s"]})
    with pytest.raises(DataError, match="Found none for y"):
        Shares.of(half, categories=kinds)
    with pytest.raises(UnknownNameError, match="sector"):
        Shares.of(half).groups("sector")


def test_shocks_must_cover_the_shares() -> None:
    table = pd.DataFrame({"firm_id": ["a", "a"], "industry": ["x", "y"], "share": [0.5, 0.4]})
    shares = Shares.of(table)
    shock = Shock("g", np.array(["x"], object), np.array([2000], np.int32), np.array([[2.0]]))
    with pytest.raises(DataError, match=r"every category with a share.*\(y\)"):
        expose(shares, shock, ShiftShare())
    x = expose(shares, shock, ShiftShare(unknown="drop"))
    assert x.values[0, 0] == 1.0
    assert x.share_sum[0, 0] == 0.5
    assert x.notes == ("dropped 1 shares whose shock is unknown",)
    dated = Shares.of(table.assign(year=1990), year="year")
    with pytest.raises(DataError, match="at least one year"):
        expose(dated, shock, ShiftShare())


def test_contributions_have_weights_and_one_group_for_each_unit() -> None:
    table = pd.DataFrame(
        {"firm_id": ["a", "a"], "industry": ["x", "y"], "year": 2000, "v": 1.0, "w": [1.0, -1.0]}
    )
    with pytest.raises(DataError, match="zero or more"):
        Contributions.of(table, "v", "w")
    with pytest.raises(SpecificationError, match="one g for each unit"):
        Contributions.of(table.assign(w=1.0, g=["p", "q"]), "v", "w", group="g")
