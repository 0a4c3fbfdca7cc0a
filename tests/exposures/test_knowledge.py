"""Stocks and pools against loops over years and pairs."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError, SpecificationError
from spillover.exposures.expose import expose
from spillover.exposures.inventory import PerpetualInventory, accumulate
from spillover.exposures.knowledge import KnowledgePool, others
from spillover.exposures.shock import Shock
from spillover.networks.portfolio import Portfolio
from spillover.networks.proximity import proximity
from spillover.tables.panel import Panel

SEEDS = st.integers(0, 10_000)


def drawn(seed: int, n: int = 7, c: int = 5) -> tuple[Portfolio, Shock]:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 4, (n, c)) * (rng.random((n, c)) < 0.6)
    counts[0, 0] = 1
    firm, kind = np.nonzero(counts)
    rows = pd.DataFrame(
        {
            "firm_id": [f"F{i}" for i in firm],
            "class": [f"C{k}" for k in kind],
            "amount": counts[firm, kind],
        }
    )
    firms = np.array([f"F{i}" for i in range(n)], object)
    p = Portfolio.of(rows, "class", "amount", firms=firms)
    group = rng.integers(-1, 3, n).astype(np.int32)
    group[:2] = 0
    stocks = rng.gamma(1.0, 2.0, (n, 3))
    stocks[rng.random((n, 3)) < 0.2] = np.nan
    p = Portfolio(p.name, p.firms, p.classes, p.counts, group)
    return p, Shock("rd", firms, np.array([2000, 2001, 2003], np.int32), stocks)


@given(
    SEEDS,
    st.sampled_from(["cosine", "covariance", "mahalanobis"]),
    st.sampled_from(["group", "self"]),
)
def test_pools_equal_sums_over_all_pairs(seed: int, measure: str, exclude: str) -> None:
    p, rd = drawn(seed)
    pool = expose(p, rd, KnowledgePool(measure=measure, exclude=exclude, lag=1), name="pool")
    weights = proximity(p, measure)
    for i in range(7):
        for t in range(3):
            value = known = total = 0.0
            for j in range(7):
                same = p.group[i] >= 0 and p.group[i] == p.group[j]
                if i == j or (exclude == "group" and same):
                    continue
                total += weights[i, j]
                if not np.isnan(rd.values[j, t]):
                    value += weights[i, j] * rd.values[j, t]
                    known += weights[i, j]
            np.testing.assert_allclose(pool.values[i, t], value, rtol=1e-12, atol=1e-12)
            expected = known / total if total > 1e-14 else np.nan
            np.testing.assert_allclose(pool.coverage[i, t], expected, rtol=1e-9)
    np.testing.assert_array_equal(pool.years, [2001, 2002, 2004])


@given(SEEDS)
def test_pools_are_linear_and_their_parts_add_up(seed: int) -> None:
    p, rd = drawn(seed)
    g = np.nan_to_num(rd.values)
    part = g * (np.arange(7) % 2 == 0)[:, None]
    for measure in ("cosine", "mahalanobis"):
        whole = others(p, g, measure, group=True)
        halves = others(p, part, measure, group=True), others(p, g - part, measure, group=True)
        np.testing.assert_allclose(sum(halves), whole, atol=1e-11)
        np.testing.assert_allclose(others(p, 3 * g, measure, group=True), 3 * whole, atol=1e-11)


@given(SEEDS)
def test_a_merger_removes_exactly_the_mutual_term(seed: int) -> None:
    p, rd = drawn(seed)
    g = np.nan_to_num(rd.values[:, :1])
    alone = Portfolio(p.name, p.firms, p.classes, p.counts, np.full(7, -1, np.int32))
    merged = Portfolio(p.name, p.firms, p.classes, p.counts, np.array([5, 5, *[-1] * 5], np.int32))
    change = others(alone, g, "cosine", group=True) - others(merged, g, "cosine", group=True)
    near = proximity(p, "cosine")[0, 1]
    expected = np.array([near * g[1, 0], near * g[0, 0], *[0.0] * 5])
    np.testing.assert_allclose(change[:, 0], expected, atol=1e-12)


def test_a_firm_without_patents_has_no_pool_and_a_flag() -> None:
    p, rd = drawn(3)
    empty = int(np.flatnonzero(p.empty)[0]) if p.empty.any() else None
    rows = [("F0", 2001), ("Z", 2001), ("F0", 2009)]
    if empty is not None:
        rows.append((f"F{empty}", 2001))
    panel = Panel.of(pd.DataFrame(rows, columns=["firm_id", "year"]))
    pool = expose(p, rd, KnowledgePool(exclude="self"), name="pool")
    columns = pool.columns(panel)
    assert list(columns) == ["pool", "pool_isolated", "pool_coverage"]
    at = {(f, y): k for k, (f, y) in enumerate(zip(panel.frame.firm_id, panel.years, strict=True))}
    assert columns["pool"][at["Z", 2001]] == 0.0
    assert columns["pool_isolated"][at["Z", 2001]] == 1.0
    assert columns["pool_isolated"][at["F0", 2001]] == 0.0
    assert np.isnan(columns["pool"][at["F0", 2009]])
    nobody = Portfolio(p.name, p.firms, p.classes, p.counts, np.full(7, -1, np.int32))
    with pytest.raises(SpecificationError, match='exclude = "self"'):
        expose(nobody, rd, KnowledgePool())


def by_loop(flows: list, spec: PerpetualInventory, growth: float) -> list[float]:
    """One firm, year by year, with nan for missing flows."""
    kept, stocks, carried, seen = 1 - spec.depreciation, [], np.nan, False
    for r in flows:
        if not seen and not np.isnan(r):
            seen = True
            if spec.timing == "end":
                carried = r * (1 + growth) / (growth + spec.depreciation)
                stocks.append(carried)
                continue
            carried = r / (growth + spec.depreciation)
        elif spec.timing == "end":
            carried = kept * carried + r
        stocks.append(carried)
        if spec.timing == "beginning" and seen:
            carried = kept * carried + r
    return stocks


@given(SEEDS, st.sampled_from(["end", "beginning"]), st.floats(0.01, 0.5), st.floats(0, 0.2))
def test_stocks_equal_a_loop_over_years(
    seed: int, timing: str, depreciation: float, growth: float
) -> None:
    rng = np.random.default_rng(seed)
    flows = rng.choice([np.nan, 0.0, 1.0, 2.5], (3, 8), p=[0.15, 0.15, 0.3, 0.4])
    keep = rng.random((3, 8)) < 0.9
    keep[0, [0, 7]] = True
    rows = [(f"F{i}", 2000 + t, flows[i, t]) for i in range(3) for t in range(8) if keep[i, t]]
    panel = Panel.of(pd.DataFrame(rows, columns=["firm_id", "year", "rd"]))
    spec = PerpetualInventory("rd", depreciation=depreciation, growth=growth, timing=timing)
    stock = accumulate(panel, spec, "stock")
    for row, firm in enumerate(panel.units):
        i = int(firm[1])
        seen = np.where(keep[i], flows[i], np.nan)
        np.testing.assert_allclose(stock.values[row], by_loop(seen, spec, growth), rtol=1e-12)


@pytest.mark.parametrize("timing", ["end", "beginning"])
def test_steady_growth_stays_steady(timing: str) -> None:
    flow = 3.0 * 1.04 ** np.arange(12)
    panel = Panel.of(pd.DataFrame({"firm_id": "a", "year": range(2000, 2012), "rd": flow}))
    spec = PerpetualInventory("rd", growth=0.04, timing=timing)
    ratio = accumulate(panel, spec, "s").values[0] / flow
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)
    own = PerpetualInventory("rd", growth="own", timing=timing)
    np.testing.assert_allclose(accumulate(panel, own, "s").values[0] / flow, ratio, rtol=1e-12)
    assert ratio[0] == pytest.approx((1.04 if timing == "end" else 1.0) / 0.19)


def test_gaps_stop_or_are_closed_as_asked() -> None:
    years = [2000, 2001, 2004, 2008]
    panel = Panel.of(pd.DataFrame({"firm_id": "a", "year": years, "rd": [1.0, 1.0, 4.0, 4.0]}))

    def stock(gap: str) -> np.ndarray:
        spec = PerpetualInventory("rd", depreciation=1.0, growth=0.0, gap=gap)
        return accumulate(panel, spec, "s").values[0]

    nan = np.nan
    np.testing.assert_array_equal(stock("stop"), [1, 1, nan, nan, nan, nan, nan, nan, nan])
    np.testing.assert_array_equal(stock("interpolate"), [1, 1, 2, 3, 4, nan, nan, nan, nan])
    np.testing.assert_array_equal(stock("zero"), [1, 1, 0, 0, 4, 0, 0, 0, 4])
    with pytest.raises(DataError, match="below zero"):
        accumulate(panel, PerpetualInventory("0 - rd"), "s")
    with pytest.raises(SpecificationError, match="above zero"):
        PerpetualInventory("rd", growth=-0.2)
