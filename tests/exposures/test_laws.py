"""Laws of exposures that hold whatever the economy is."""

from dataclasses import replace
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.exposures.adoption import adoption
from spillover.exposures.assignment import Assignment
from spillover.exposures.chains import Chain
from spillover.exposures.expose import expose
from spillover.exposures.inventory import PerpetualInventory, accumulate
from spillover.exposures.knowledge import others
from spillover.exposures.linkages import (
    Backward,
    Forward,
    Horizontal,
    input_shares,
    sales_shares,
)
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.presence import Presence
from spillover.exposures.recenter import recenter
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.connect import connect
from spillover.networks.geography import GeographicProximity
from spillover.networks.industries import IndustryFlows
from spillover.networks.network import Network
from spillover.networks.normalize import normalize
from spillover.networks.portfolio import Portfolio
from spillover.tables.panel import Panel
from spillover.tables.tables import Tables

SEEDS = st.integers(0, 10_000)


def drawn(seed: int, n: int = 9, m: int = 16) -> Network:
    rng = np.random.default_rng(seed)
    return assemble(
        "w", [f"F{i}" for i in range(n)], [2000], rng.integers(0, n, m), rng.integers(0, n, m)
    )


def carried(network: Network, values: np.ndarray) -> Shock:
    return Shock("g", network.firms, network.years, values[:, None].astype(float))


@given(SEEDS, st.sampled_from([0.0, 1.0]))
def test_partners_that_are_all_alike_give_their_value_and_isolates_what_was_asked(
    seed: int, value: float
) -> None:
    network = drawn(seed)
    shock = carried(network, np.full(9, value))
    panel = Panel.of(pd.DataFrame({"firm_id": network.firms, "year": 2000}))
    alone = (network.at(2000).toarray() * ~np.eye(9, dtype=bool)).sum(axis=1) == 0
    for isolates in ("missing", "zero"):
        spec = Neighbors(isolates=isolates, lag=0, exclude="self")
        columns = expose(network, shock, spec, name="x").columns(panel)
        np.testing.assert_array_equal(columns["x_isolated"] == 1.0, alone)
        np.testing.assert_array_equal(columns["x"][~alone], value)
        assert np.isnan(columns["x"][alone]).all() if isolates == "missing" else True
        assert (columns["x"][alone] == 0).all() if isolates == "zero" else True


@given(SEEDS)
def test_a_higher_threshold_never_finds_more_foreign_partners(seed: int) -> None:
    network = drawn(seed)
    stakes = np.random.default_rng(seed).random(9)
    counts = [
        expose(
            network,
            carried(network, stakes >= threshold),
            Neighbors(isolates="zero", by="count", lag=0, exclude="self"),
        ).values[:, 0]
        for threshold in (0.1, 1 / 3, 0.5, 1.0)
    ]
    assert (np.diff(counts, axis=0) <= 0).all()


@given(SEEDS)
def test_rings_add_up_to_the_disc(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = pd.DataFrame(
        {
            "firm_id": [f"F{i}" for i in range(9)],
            "latitude": 35 + rng.random(9),
            "longitude": 139 + rng.random(9),
        }
    )
    years = places[["firm_id"]].assign(year=2000)
    tables = Tables({"firms": places, "firm_years": years})
    shock_values = rng.random(9)

    def pool(inner: float, radius: float) -> np.ndarray:
        network = connect(tables, GeographicProximity(radius=radius, inner=inner))
        matrix = network.at(network.years[0]).toarray()
        return matrix @ shock_values

    parts = pool(0.0, 30.0) + pool(30.0, 60.0)
    np.testing.assert_allclose(parts, pool(0.0, 60.0), rtol=1e-12)


@given(SEEDS)
def test_new_codes_of_industries_change_no_linkage(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes, n = np.array([*"ABCD"]), 12
    flows = rng.integers(1, 5, (4, 4)).astype(float)
    rows = pd.DataFrame(
        {
            "firm_id": [f"F{i:02d}" for i in range(n)],
            "year": 2000,
            "industry": rng.choice(codes, n),
            "sales": rng.integers(1, 5, n).astype(float),
            "share": rng.random(n).round(2),
        }
    )

    def measured(names: np.ndarray) -> np.ndarray:
        cells = [(names[i], names[j], flows[i, j], "industry") for i, j in np.ndindex(4, 4)]
        cells += [(name, "F", 2.0, "final_demand") for name in names]
        table = pd.DataFrame(cells, columns=["from_code", "to_code", "flow", "to_kind"]).assign(
            year=2000, origin="domestic", table_id="x", from_kind="industry"
        )
        network = connect(Tables({"industry_flows": table}), IndustryFlows())
        panel = Panel.of(rows.assign(industry=names[np.searchsorted(codes, rows.industry)]))
        presence = Presence.of(panel, Shock.of(panel, "share"), "sales")
        found = []
        for spec in (Horizontal(lag=0), Backward(lag=0), Forward(lag=0, exports="included")):
            over = presence.network() if isinstance(spec, Horizontal) else network
            found.append(expose(over, presence, spec, name="x").columns(panel)["x"])
        return np.array(found)

    np.testing.assert_allclose(measured(codes), measured(codes[[2, 0, 3, 1]]), rtol=1e-12)


def test_a_stratum_without_variation_adds_no_variance() -> None:
    network = assemble(
        "w", list("abcdef"), [2000], [1, 2, 3], [0, 0, 0],
        attributes={"industry": np.array([0, 0, 0, 1, 1, 1], dtype=np.int32)},
    )  # fmt: skip
    assignment = Assignment(within=("industry",), own_status="random")
    spec = Neighbors(isolates="missing", by="sum", lag=0, exclude="self")
    some = recenter(
        expose(network, carried(network, np.array([1, 0, 0, 1, 1, 1])), spec), assignment
    )
    alone = assemble("w", list("abcdef"), [2000], [1, 2], [0, 0], attributes=network.attributes)
    without = recenter(
        expose(alone, carried(alone, np.array([1, 0, 0, 1, 1, 1])), spec), assignment
    )
    assert some.spread[0, 0] == pytest.approx(without.spread[0, 0])
    assert some.expected[0, 0] == pytest.approx(without.expected[0, 0] + 1.0)


@pytest.mark.parametrize("foreign", [1, 2, 5])
def test_the_chance_of_any_foreign_partner_is_hypergeometric(foreign: int) -> None:
    n = 8
    values = np.r_[np.ones(foreign), np.zeros(n - foreign)]
    spec = Neighbors(isolates="missing", by="any", lag=0, exclude="self")
    free = Assignment(within=(), own_status="random")

    def chance(partners: int) -> float:
        src, dst = np.arange(1, partners + 1), np.zeros(partners, dtype=int)
        network = assemble("w", [f"F{i}" for i in range(n)], [2000], src, dst)
        return float(recenter(expose(network, carried(network, values), spec), free).expected[0, 0])

    assert chance(1) == pytest.approx(foreign / n)
    assert chance(3) == pytest.approx(1.0 - comb(n - foreign, 3) / comb(n, 3))


@pytest.mark.parametrize("foreign", [1, 5])
def test_a_firm_that_hears_a_whole_stratum_hears_a_foreign_one_for_sure(foreign: int) -> None:
    """Firm 0 listens to everyone of the only stratum, firm 7 to one of them, firm 8 to none."""
    n = 6
    network = assemble(
        "w", [f"F{i}" for i in range(n + 3)], [2000], [*range(1, n + 1), 1], [*[0] * n, n + 1],
        attributes={"industry": np.array([-1, *[0] * n, -1, -1], np.int32)},
    )  # fmt: skip
    values = np.array([0.0, *[1.0] * foreign, *[0.0] * (n - foreign), 0.0, 0.0])
    spec = Neighbors(isolates="zero", by="any", lag=0, exclude="self")
    exposure = expose(network, carried(network, values), spec)
    found = recenter(exposure, Assignment(within=("industry",), own_status="random"))
    np.testing.assert_allclose(found.expected[[0, n + 1, n + 2], 0], [1.0, foreign / n, 0.0])
    np.testing.assert_allclose(found.spread[[0, n + 2], 0], 0.0)


def test_in_a_large_stratum_exchange_and_independent_draws_agree() -> None:
    n = 4000
    network = assemble("w", [f"F{i:04d}" for i in range(n)], [2000], [1, 2, 3], [0, 0, 0])
    values = (np.arange(n) % 4 == 0).astype(float)
    exposure = expose(
        network, carried(network, values), Neighbors("missing", "any", lag=0, exclude="self")
    )
    chances = [
        recenter(exposure, Assignment(within=(), process=process, own_status="random")).expected[
            0, 0
        ]
        for process in ("permutation", "bernoulli")
    ]
    assert chances[1] == pytest.approx(1 - 0.75**3, abs=1e-12)
    assert chances[0] == pytest.approx(chances[1], abs=3 / n)


@given(SEEDS)
def test_a_sum_is_the_mean_times_the_weight_of_partners(seed: int) -> None:
    network, rng = drawn(seed), np.random.default_rng(seed)
    shock = carried(network, rng.normal(size=9))
    mean, level = (
        expose(network, shock, Neighbors("zero", by, lag=0, exclude="self")).values
        for by in ("mean", "sum")
    )
    strength = network.at(2000).sum(axis=1)
    np.testing.assert_allclose(level[:, 0], mean[:, 0] * strength, atol=1e-12)


@given(SEEDS, st.floats(0, 0.9), st.floats(-3, 3))
def test_a_chain_of_equal_values_sums_the_rows_of_its_powers(
    seed: int, decay: float, value: float
) -> None:
    network = drawn(seed)
    spec = Chain("zero", decay, lag=0, exclude="self")
    found = expose(network, carried(network, np.full(9, value)), spec).values[:, 0]
    p = normalize(network, 2000, "row").toarray()
    total, power = np.zeros(9), np.ones(9)
    for q in range(400):
        power = p @ power
        total += decay**q * power
    np.testing.assert_allclose(found, value * total, rtol=1e-11, atol=1e-11)


@given(SEEDS)
def test_shares_of_sales_leave_final_demand_and_shares_of_inputs_are_complete(seed: int) -> None:
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 4, (4, 4)).astype(float)
    cells = [
        (a, b, z[i, j], "industry") for i, a in enumerate("ABCD") for j, b in enumerate("ABCD")
    ]
    cells += [(a, "F", float(i), "final_demand") for i, a in enumerate("ABCD")]
    cells.append(("A", "B", 1.0, "industry"))  # listed in two rows, which add up
    table = pd.DataFrame(cells, columns=["from_code", "to_code", "flow", "to_kind"]).assign(
        year=2000, origin="domestic", from_kind="industry"
    )
    z[0, 1] += 1.0
    network = connect(Tables({"industry_flows": table}), IndustryFlows())
    sold = sales_shares(network, 2000).sum(axis=1)
    whole = z.sum(axis=1) + np.arange(4)
    np.testing.assert_allclose(sold, z.sum(axis=1) / np.where(whole > 0, whole, 1), rtol=1e-12)
    assert (sold <= 1 + 1e-12).all()
    np.testing.assert_allclose(input_shares(network, 2000).sum(axis=1), z.sum(axis=0) > 0)


@pytest.mark.parametrize("timing", ["end", "beginning"])
def test_a_constant_flow_keeps_the_stock_where_depreciation_eats_it(timing: str) -> None:
    panel = Panel.of(pd.DataFrame({"firm_id": "a", "year": range(2000, 2030), "rd": 3.0}))
    steady = accumulate(panel, PerpetualInventory("rd", growth=0.0, timing=timing), "s").values
    np.testing.assert_allclose(steady, 3.0 / 0.15, rtol=1e-12)
    low = accumulate(panel, PerpetualInventory("rd", growth=0.10, timing=timing), "s").values[0]
    gap = np.abs(low - 3.0 / 0.15)
    np.testing.assert_allclose(gap[1:], 0.85 * gap[:-1], rtol=1e-9)


@given(SEEDS, st.floats(0.5, 20))
def test_pools_ignore_how_much_a_firm_patents_and_unrelated_classes_make_them_jaffe(
    seed: int, times: float
) -> None:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {"firm_id": [f"F{i}" for i in range(8)], "class": rng.choice([*"XYZ"], 8), "n": 1.0}
    )
    several = pd.DataFrame(
        {"firm_id": [f"F{i}" for i in rng.integers(0, 8, 20)], "class": rng.choice([*"XYZ"], 20)}
    ).assign(n=1.0)
    stocks = rng.gamma(1.0, 1.0, (8, 2))
    p = Portfolio.of(pd.concat([rows, several]), "class", "n")
    more = p.counts.copy()
    more.data[more.indptr[2] : more.indptr[3]] *= times
    for measure in ("cosine", "covariance", "mahalanobis"):
        before = others(p, stocks, measure, group=False)
        np.testing.assert_allclose(
            others(replace(p, counts=more), stocks, measure, group=False), before, rtol=1e-11
        )
    apart = Portfolio.of(rows, "class", "n")
    plain, related = (others(apart, stocks, m, group=False) for m in ("cosine", "mahalanobis"))
    np.testing.assert_allclose(related, plain, rtol=1e-12, atol=1e-12)


@given(SEEDS)
def test_endless_reach_gives_the_sum_over_the_radius(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = pd.DataFrame(
        {
            "firm_id": [f"F{i}" for i in range(7)],
            "latitude": 35 + rng.random(7),
            "longitude": 139 + rng.random(7),
        }
    )
    tables = Tables({"firms": places, "firm_years": places[["firm_id"]].assign(year=2000)})
    disc, fading = (
        connect(tables, spec).at(2000).toarray()
        for spec in (
            GeographicProximity(radius=60.0),
            GeographicProximity(radius=60.0, kernel="exponential", scale=1e15),
        )
    )
    np.testing.assert_allclose(fading, disc, rtol=1e-12)


@given(SEEDS)
def test_first_treatment_moves_with_earlier_links_only_and_later_with_a_higher_threshold(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        [(f"F{i}", year) for i in range(6) for year in range(2000, 2006) if rng.random() < 0.9],
        columns=["firm_id", "year"],
    )
    frame["x"] = rng.choice([0.0, 0.0, 0.2, 0.6, np.nan], len(frame))
    found = {
        least: adoption(Panel.of(frame), f"x >= {least}", switching="first")
        for least in (0.1, 0.5, 0.9)
    }
    never = {least: np.where(a.first == 0, np.inf, a.first) for least, a in found.items()}
    assert (never[0.1] <= never[0.5]).all()
    assert (never[0.5] <= never[0.9]).all()
    base = found[0.1]
    for i, firm in enumerate(base.units):
        mine = frame["firm_id"] == firm
        years = [y for y, x in frame.loc[mine, ["year", "x"]].itertuples(index=False) if x >= 0.1]
        assert base.first[i] == min(years, default=0)
        if not years:
            continue
        later = frame.assign(x=frame["x"].where(~(mine & (frame["year"] > years[0])), 0.6))
        assert adoption(Panel.of(later), "x >= 0.1", switching="first").first[i] == years[0]
        fewer = frame.assign(x=frame["x"].where(~(mine & (frame["year"] == years[0])), 0.0))
        after = adoption(Panel.of(fewer), "x >= 0.1", switching="first").first[i]
        assert after == 0 or after > years[0]


@given(SEEDS, st.sampled_from([1, "walks"]))
def test_coverage_is_full_whatever_rounding_does_to_sums_of_weights(
    seed: int, tier: object
) -> None:
    """Firm 0 is the only unknown one, and no way ends at the own firm: it misses nothing."""
    rng = np.random.default_rng(seed)
    src, dst = rng.integers(0, 9, 60), rng.integers(0, 9, 60)
    network = assemble("w", [f"F{i}" for i in range(10)], [2000], src, dst, rng.random(60))
    shock = carried(network, np.append(np.nan, rng.random(9)))
    spec = Neighbors("zero", "mean", tier, lag=0, exclude="self", unknown="missing")
    assert not np.isnan(expose(network, shock, spec).values[0, 0])
