"""Laws of networks and their measures that hold whatever the links are."""

from itertools import combinations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from spillover.networks.brokerage import brokerage
from spillover.networks.build import assemble
from spillover.networks.connect import connect
from spillover.networks.copatent import JointPatents
from spillover.networks.counterfactual import recap
from spillover.networks.describe import MEASURES, describe
from spillover.networks.geography import pairs_within
from spillover.networks.network import Network
from spillover.networks.normalize import normalize
from spillover.networks.portfolio import Portfolio
from spillover.networks.propagate import downstreamness, katz, upstreamness
from spillover.networks.proximity import proximity
from spillover.networks.summary import summarize
from spillover.networks.supply import SupplyLinks
from spillover.numerics.csr import transposed
from spillover.tables.tables import Tables

SEEDS = st.integers(0, 10_000)


def links(seed: int, n: int = 9, m: int = 24) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, n, m), rng.integers(0, n, m), rng.integers(1, 5, m).astype(float)


def drawn(seed: int, names: list[str] | None = None) -> Network:
    src, dst, weight = links(seed)
    return assemble("w", names or [f"F{i}" for i in range(9)], [2000, 2001], src, dst, weight)


@given(SEEDS)
def test_new_names_of_firms_permute_every_measure_and_nothing_else(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(9)
    src, dst, weight = links(seed)
    before = drawn(seed)
    after = assemble("w", before.firms, [2000, 2001], order[src], order[dst], weight)
    names = [name for name in MEASURES if name != "long_ties"]
    first, second = (describe(network, names).values for network in (before, after))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(other[order], one, rtol=1e-9, atol=1e-10)


@given(SEEDS)
def test_a_cap_above_the_longest_list_changes_nothing(seed: int) -> None:
    network = drawn(seed)
    cut = recap(network, 99, seed)
    for year in network.years:
        np.testing.assert_array_equal(cut.at(year).toarray(), network.at(year).toarray())


@given(SEEDS)
def test_classes_that_no_firm_combines_make_mahalanobis_the_cosine(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {"firm_id": [f"F{i}" for i in range(8)], "class": rng.choice([*"XYZ"], 8), "amount": 1.0}
    )
    p = Portfolio.of(rows, "class", "amount")
    np.testing.assert_allclose(proximity(p, "mahalanobis"), proximity(p, "cosine"), atol=1e-12)


@given(SEEDS)
def test_chains_without_patience_are_the_first_tier(seed: int) -> None:
    matrix = drawn(seed).at(2000)
    values = np.random.default_rng(seed).normal(size=9)
    np.testing.assert_allclose(katz(matrix, values, 1e-12), matrix @ values, atol=1e-8)


@given(SEEDS)
def test_cores_are_within_degrees_and_shrink_with_every_lost_link(seed: int) -> None:
    src, dst, weight = links(seed)
    keep = np.random.default_rng(seed).random(len(src)) < 0.7
    firms = [f"F{i}" for i in range(9)]
    whole = assemble("w", firms, [2000], src, dst, weight)
    part = assemble("w", firms, [2000], src[keep], dst[keep], weight[keep])
    cores = [describe(network, ["core"]).values[0][:, 0] for network in (whole, part)]
    w = whole.at(2000).toarray()
    degree = ((w + w.T) > 0).sum(axis=1)
    assert (cores[0] <= degree).all()
    assert (cores[1] <= cores[0]).all()


@given(SEEDS)
def test_links_that_stay_all_survive(seed: int) -> None:
    table = summarize(drawn(seed))
    assert table["survival"].iloc[0] == 1.0
    assert table["created"].iloc[1] == 0.0


@given(SEEDS)
def test_turning_a_network_transposes_it_and_keeps_its_amounts(seed: int) -> None:
    network = drawn(seed)
    there, back = network.suppliers().at(2000), network.customers().at(2000)
    np.testing.assert_array_equal(there.toarray(), back.toarray().T)
    np.testing.assert_array_equal(transposed(there).toarray(), back.toarray())
    assert there.sum() == back.sum()


@given(SEEDS)
def test_rows_sum_to_one_or_to_zero_and_never_to_anything_else(seed: int) -> None:
    sums = normalize(drawn(seed), 2000, "row").sum(axis=1)
    assert np.all((np.abs(sums - 1) < 1e-15 * 8) | (sums == 0))


@given(SEEDS)
def test_documents_of_two_weigh_two_halves_under_every_counting(seed: int) -> None:
    rng = np.random.default_rng(seed)
    teams = [rng.choice(5, 2, replace=False) for _ in range(8)]
    rows = [(p, f"F{a}") for p, team in enumerate(teams) for a in team]
    tables = Tables(
        {
            "applicants": pd.DataFrame(rows, columns=["patent_id", "firm_id"]),
            "patents": pd.DataFrame({"patent_id": range(8), "filing_year": 2000}),
        }
    )
    full, newman, half = (
        connect(tables, JointPatents(counting=counting, window=1)).at(2000).toarray()
        for counting in ("full", "newman", "fractional")
    )
    np.testing.assert_array_equal(full, newman)
    np.testing.assert_array_equal(full, 2 * half)


@given(SEEDS)
def test_distance_is_zero_at_one_place_and_the_same_there_and_back(seed: int) -> None:
    rng = np.random.default_rng(seed)
    here, there = (np.array([rng.uniform(-90, 90), rng.uniform(-180, 180)]) for _ in range(2))
    round_earth = 21_000.0
    assert pairs_within(np.array([here, here]), 1.0)[2][0] == 0.0
    out, back = (pairs_within(np.array(p), round_earth)[2] for p in ([here, there], [there, here]))
    np.testing.assert_allclose(out, back, rtol=1e-14)
    moved = np.array([here, there]) + np.array([0.0, 360.0 * (here[1] < 0)])
    np.testing.assert_allclose(pairs_within(moved, round_earth)[2], out, rtol=1e-9, atol=1e-6)


@given(st.integers(2, 9))
def test_a_hub_is_free_and_a_clique_is_closed_whatever_their_size(n: int) -> None:
    firms = [f"F{i}" for i in range(n + 1)]
    star = assemble("w", firms, [2000], range(1, n + 1), [0] * n)
    hub = describe(star, ["constraint", "effective_size", "ego_density"]).frame().iloc[0]
    np.testing.assert_allclose(hub[["constraint", "effective_size"]].astype(float), [1 / n, n])
    assert hub["ego_density"] == 0
    first, second = np.array(list(combinations(range(n + 1), 2))).T
    clique = assemble("w", firms, [2000], first, second)
    everyone = describe(clique, ["ego_density", "effective_size", "core"]).frame()
    np.testing.assert_allclose(everyone[["ego_density", "effective_size"]], 1.0, atol=1e-12)
    assert (everyone["core"] == n).all()


@given(st.integers(2, 9))
def test_a_chain_has_as_many_stages_as_it_is_long(n: int) -> None:
    firms = [f"F{i}" for i in range(n)]
    chain = assemble(
        "w", firms, [2000], range(n - 1), range(1, n), totals={"output": np.ones((n, 1))}
    )
    np.testing.assert_allclose(upstreamness(chain, 2000), np.arange(n, 0, -1))
    np.testing.assert_allclose(downstreamness(chain, 2000), np.arange(1, n + 1))


@given(SEEDS)
def test_survival_is_a_share_among_links_whose_firms_go_on(seed: int) -> None:
    """Whoever leaves takes links out of the numerator and the denominator."""
    rng = np.random.default_rng(seed)
    src, dst, weight = links(seed)
    stays = rng.random(9) < 0.7
    end = np.where(stays[src] & stays[dst], 2001, 2000)
    network = assemble(
        "w", [f"F{i}" for i in range(9)], [2000, 2001], src, dst, weight,
        start=np.full(len(src), 2000), end=end, present=np.column_stack([np.ones(9, bool), stays]),
    )  # fmt: skip
    survival = summarize(network)["survival"].iloc[0]
    assert survival == 1.0 or np.isnan(survival)
    assert np.isnan(survival) == (not np.any((end == 2001) & (src != dst)))


@given(SEEDS)
def test_brokers_beside_hubs_are_counted_like_all_others(seed: int) -> None:
    """Two firms tell everybody, so that brokers look their few hearers up in a long list."""
    rng = np.random.default_rng(seed)
    n = 40
    src, dst = [0] * (n - 1) + [1] * (n - 1), [*range(1, n), 0, *range(2, n)]
    network = assemble(
        "w", [f"F{i:02d}" for i in range(n)], [2000],
        [*src, *rng.integers(2, n, 30)], [*dst, *rng.integers(0, n, 30)],
    )  # fmt: skip
    group = rng.integers(0, 3, n)
    hears = [set(row.nonzero()[0]) for row in network.at(2000).toarray()]
    roles = ["coordinator", "itinerant", "representative", "gatekeeper", "liaison"]
    expected = np.zeros((n, 5), int)
    for d in range(n):
        for b in hears[d]:
            for a in hears[b] - {d} - hears[d]:
                one, own, other = group[a], group[b], group[d]
                if one == other:
                    role = 0 if one == own else 1
                else:
                    role = 2 if one == own else 3 if own == other else 4
                expected[b, role] += 1
    found = brokerage(network, 2000, group)
    np.testing.assert_array_equal(found[roles].to_numpy(), expected)


@given(SEEDS)
def test_long_spells_that_hold_short_ones_are_summed_year_by_year(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, years = 14, range(2000, 2010)
    src, dst, start = rng.integers(0, 3, m), rng.integers(0, 3, m), rng.integers(2000, 2008, m)
    end = np.minimum(start + rng.choice([0, 0, 1, 7], m), 2009)
    weight = rng.integers(1, 5, m).astype(float)
    network = assemble("w", [*"abc"], years, src, dst, weight, start=start, end=end)
    for year in years:
        expected = np.zeros((3, 3))
        for i, j, first, last, w in zip(dst, src, start, end, weight, strict=True):
            expected[i, j] += w if i != j and first <= year <= last else 0.0
        np.testing.assert_array_equal(network.at(year).toarray(), expected)


@given(SEEDS)
def test_a_link_that_both_sides_name_in_rows_of_their_own_is_no_one_sided_link(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "supplier_id": rng.choice([*"abc"], 12),
            "customer_id": rng.choice([*"def"], 12),
            "year": rng.integers(2000, 2002, 12),
            "reporter": rng.choice(["supplier", "customer", "both"], 12),
        }
    )
    told: dict = {}
    for s, c, year, reporter in rows.itertuples(index=False):
        named = {"supplier", "customer"} if reporter == "both" else {reporter}
        told[s, c, year] = told.get((s, c, year), set()) | named
    table = summarize(connect(Tables({"supply_links": rows}), SupplyLinks(weight="binary")))
    for year, share in zip(table["year"], table["one_sided"], strict=True):
        sides = [len(named) for (_, _, when), named in told.items() if when == year]
        assert share == np.mean([count == 1 for count in sides])
