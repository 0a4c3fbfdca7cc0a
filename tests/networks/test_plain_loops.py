"""Measures, stages, summaries and links out of tables, in loops over dictionaries."""

from collections import defaultdict
from itertools import pairwise
from math import log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.networks.build import assemble
from spillover.networks.connect import connect
from spillover.networks.describe import KATZ_DECAY, MEASURES, describe
from spillover.networks.network import Network
from spillover.networks.normalize import normalize
from spillover.networks.ownership import OwnershipLinks
from spillover.networks.propagate import (
    downstreamness,
    first_encounter,
    total_requirements,
    upstreamness,
)
from spillover.networks.summary import summarize
from spillover.networks.supply import SupplyLinks, cap_bound
from spillover.numerics.series import spectral_radius
from spillover.tables.tables import Tables

YEARS = [2000, 2001, 2003]
SEEDS = st.integers(0, 10_000)
Rows = dict[int, dict[int, float]]


def world(seed: int, kind: str, n: int = 8) -> Network:
    """Isolates, absent firms, re-entry, duplicate and own links, weights of zero, a gap year."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(0, 30))
    start = rng.integers(2000, 2004, m)
    src, dst = rng.integers(0, n - 1, m), rng.integers(0, n - 1, m)
    end = start + rng.integers(0, 3, m)
    present = rng.random((n, 3)) < 0.6
    for t, year in enumerate(YEARS):
        alive = (start <= year) & (year <= end)
        present[src[alive], t] = present[dst[alive], t] = True
    network = assemble(
        "w",
        [f"F{i}" for i in range(n)],
        YEARS,
        src,
        dst,
        rng.integers(0, 5, m).astype(float),
        start=start,
        end=end,
        present=present,
        attributes={"prefecture": rng.integers(-1, 2, n).astype(np.int32)},
        directed=kind != "partners",
    )
    return network.customers() if kind == "customers" else network


KINDS = st.sampled_from(["suppliers", "customers", "partners"])


def rows_of(network: Network, year: int) -> Rows:
    """Weight of each partner for each firm, from the edge table."""
    found: Rows = {i: {} for i in range(len(network.firms))}
    e = network.edges
    for at in range(len(e)):
        if e.start[at] <= year <= e.end[at]:
            i, j = int(e.dst[at]), int(e.src[at])
            if network.orientation == "customers":
                i, j = j, i
            found[i][j] = found[i].get(j, 0.0) + float(e.weight[at])
    return found


def both_ways(w: Rows, *, directed: bool) -> Rows:
    ties: Rows = {i: {} for i in w}
    for i, partners in w.items():
        for j, weight in partners.items():
            ties[i][j] = ties[i].get(j, 0.0) + weight
            if directed:
                ties[j][i] = ties[j].get(i, 0.0) + weight
    return ties


def constraint(ties: Rows, i: int) -> float:
    p = {a: {b: w / sum(row.values()) for b, w in row.items()} for a, row in ties.items()}
    return sum(
        (p[i][j] + sum(p[i][q] * p[q].get(j, 0.0) for q in ties[i] if q != j)) ** 2 for j in ties[i]
    )


def effective_size(ties: Rows, i: int) -> float:
    whole = sum(ties[i].values())
    return sum(
        1
        - sum(
            ties[i][q] / whole * ties[j].get(q, 0.0) / max(ties[j].values())
            for q in ties[i]
            if q != j
        )
        for j in ties[i]
    )


def core(ties: Rows, i: int) -> int:
    """Largest k whose pruning leaves the firm."""
    k = 0
    while True:
        left = set(ties)
        while weak := {a for a in left if sum(b in left for b in ties[a]) < k + 1}:
            left -= weak
        if i not in left:
            return k
        k += 1


def page_rank(w: Rows, here: list[int]) -> dict[int, float]:
    x = dict.fromkeys(here, 1 / len(here))
    for _ in range(230):
        idle = sum(x[i] for i in here if not w[i])
        new = dict.fromkeys(here, (0.85 * idle + 0.15) / len(here))
        for i in here:
            for j, weight in w[i].items():
                new[j] += 0.85 * x[i] * weight / sum(w[i].values())
        x = new
    return x


def katz_centrality(w: Rows) -> dict[int, float]:
    x = dict.fromkeys(w, 1.0)
    for _ in range(400):
        new = dict.fromkeys(w, 1.0)
        for i, partners in w.items():
            for j, weight in partners.items():
                new[j] += KATZ_DECAY * weight * x[i]
        x = new
    return x


def expected_measures(network: Network, w: Rows, i: int) -> dict[str, float]:
    ties = both_ways(w, directed=network.directed)
    place = network.attributes["prefecture"]
    mine, all_ = w[i], sum(w[i].values())
    near = list(ties[i])
    pairs = len(near) * (len(near) - 1) / 2
    closed = sum(b in ties[a] for k, a in enumerate(near) for b in near[k + 1 :])
    known = [j for j in mine if place[i] >= 0 and place[j] >= 0]
    size = effective_size(ties, i) if near else np.nan
    return {
        "degree": len(mine),
        "log_degree": log(1 + len(mine)),
        "strength": all_,
        "concentration": sum((v / all_) ** 2 for v in mine.values()) if mine else np.nan,
        "reciprocity": sum(i in w[j] for j in mine) / len(mine) if mine else np.nan,
        "constraint": constraint(ties, i) if near else np.nan,
        "effective_size": size,
        "efficiency": size / len(near) if near else np.nan,
        "ego_density": closed / pairs if pairs else np.nan,
        "bridges": sum(not set(ties[i]) & set(ties[j]) for j in near),
        "core": core(ties, i),
        "long_ties": sum(place[j] != place[i] for j in known) / len(known) if known else np.nan,
    }


@settings(max_examples=18)
@given(SEEDS, KINDS)
def test_every_measure_of_every_firm_and_year_equals_a_loop(seed: int, kind: str) -> None:
    network = world(seed, kind)
    names = [name for name in MEASURES if name != "katz"]
    found = dict(zip(names, describe(network, names).values, strict=True))
    for t, year in enumerate(YEARS):
        w = rows_of(network, year)
        here = [i for i in w if network.present[i, t]]
        rank = page_rank(w, here) if here else {}
        for i in w:
            if i not in here:
                assert all(np.isnan(values[i, t]) for values in found.values())
                continue
            expected = expected_measures(network, w, i) | {"page_rank": rank[i]}
            assert expected.keys() == found.keys()
            for name, value in expected.items():
                np.testing.assert_allclose(
                    found[name][i, t], value, rtol=1e-12, atol=1e-12, err_msg=name
                )


@given(SEEDS)
def test_katz_centrality_equals_a_loop_over_rounds(seed: int) -> None:
    """Weights of at most one and few partners keep the sum over walks finite."""
    rng = np.random.default_rng(seed)
    src, dst = rng.integers(0, 7, 18), rng.integers(0, 7, 18)
    network = assemble("w", [*"abcdefgh"], [2000], src, dst, rng.random(18)).suppliers()
    found = describe(network, ["katz"]).values[0][:, 0]
    x = katz_centrality(rows_of(network, 2000))
    np.testing.assert_allclose(found, [x[i] for i in range(8)], rtol=1e-11)


@given(SEEDS, KINDS)
def test_the_table_of_years_equals_loops(seed: int, kind: str) -> None:
    network = world(seed, kind)
    table = summarize(network).to_dict("records")
    for t, (year, line) in enumerate(zip(YEARS, table, strict=True)):
        w = rows_of(network, year)
        ties = both_ways(w, directed=network.directed)
        here = [i for i in w if network.present[i, t]]
        pairs = {(i, j) for i in w for j in w[i]}
        degrees = sorted(len(w[i]) for i in here)
        seen: set[int] = set()
        sizes = [0]
        for i in here:
            part, queue = set(), [i]
            while queue:
                a = queue.pop()
                if a not in part | seen:
                    part.add(a)
                    queue += list(ties[a])
            seen |= part
            sizes.append(len(part))
        expected = {
            "firms": len(here),
            "links": len(pairs),
            "mean_degree": sum(degrees) / len(here) if here else np.nan,
            "median_degree": np.median(degrees) if here else np.nan,
            "max_degree": max(degrees, default=0),
            "isolated": sum(not ties[i] for i in here) / max(len(here), 1),
            "giant": max(sizes) / max(len(here), 1),
            "reciprocity": sum((j, i) in pairs for i, j in pairs) / len(pairs) if pairs else np.nan,
            "survival": np.nan,
            "created": np.nan,
        }
        if t < 2:
            later = rows_of(network, YEARS[t + 1])
            risk = [p for p in pairs if network.present[list(p), t + 1].all()]
            if risk:
                expected["survival"] = sum(j in later[i] for i, j in risk) / len(risk)
        if t and pairs:
            before = rows_of(network, YEARS[t - 1])
            expected["created"] = sum(j not in before[i] for i, j in pairs) / len(pairs)
        for name, value in expected.items():
            np.testing.assert_allclose(line[name], value, rtol=1e-12, err_msg=name)


@given(SEEDS)
def test_stages_of_production_equal_rounds_of_deliveries(seed: int) -> None:
    """Random tables with own deliveries, industries without output and zero rows."""
    rng = np.random.default_rng(seed)
    n = 5
    z = rng.integers(0, 4, (n, n)) * (rng.random((n, n)) < 0.6)
    final = rng.integers(1, 6, n).astype(float)
    z[-1] = z[:, -1] = 0
    final[-1] = 0.0
    output = z.sum(axis=1) + final
    supplied, bought = np.nonzero(z * ~np.eye(n, dtype=bool))
    totals = {"output": output[:, None], "own": np.diag(z).astype(float)[:, None]}
    network = assemble(
        "io", [*"abcde"], [2000], supplied, bought, z[supplied, bought].astype(float), totals=totals
    )
    up, down = [1.0] * n, [1.0] * n
    for _ in range(500):
        up = [1 + sum(z[i, j] * up[j] for j in range(n)) / (output[i] or 1) for i in range(n)]
    np.testing.assert_allclose(upstreamness(network, 2000), up, rtol=1e-9)
    assert min(up) >= 1
    short = {"output": (z.sum(axis=0) + final)[:, None], "own": totals["own"]}
    made = assemble(
        "io", [*"abcde"], [2000], supplied, bought, z[supplied, bought].astype(float), totals=short
    )
    foreign = rng.integers(0, 2, n).astype(float)
    whole, content = z.sum(axis=0) + final, list(foreign)
    for _ in range(500):
        down = [1 + sum(z[i, j] * down[i] for i in range(n)) / (whole[j] or 1) for j in range(n)]
        content = [
            foreign[j] + sum(z[i, j] * content[i] for i in range(n)) / (whole[j] or 1)
            for j in range(n)
        ]
    np.testing.assert_allclose(downstreamness(made, 2000), down, rtol=1e-9)
    np.testing.assert_allclose(total_requirements(made, 2000, foreign), content, rtol=1e-9)


@given(SEEDS, st.floats(0, 0.95), st.sampled_from([0.3, 0.5]))
def test_the_first_foreign_partner_is_met_as_in_a_walk(
    seed: int, decay: float, threshold: float
) -> None:
    network = world(seed, "suppliers")
    status = np.random.default_rng(seed).choice([0.0, 0.4, 1.0], 8)
    w = rows_of(network, 2001)
    chance = dict.fromkeys(w, 0.0)
    for _ in range(700):
        chance = {
            i: sum(
                v / sum(w[i].values()) * (1.0 if status[j] >= threshold else decay * chance[j])
                for j, v in w[i].items()
            )
            for i in w
        }
    found = first_encounter(network.at(2001), status, decay, threshold)
    np.testing.assert_allclose(found, [chance[i] for i in range(8)], rtol=1e-11, atol=1e-11)


@given(SEEDS, KINDS, st.sampled_from(["none", "row", "column", "max_row", "symmetric", "share"]))
def test_normalised_entries_equal_loops_with_zero_rows(seed: int, kind: str, rule: str) -> None:
    network = world(seed, kind)
    w = rows_of(network, 2001)
    out = {i: sum(row.values()) for i, row in w.items()}
    into = {j: sum(w[i].get(j, 0.0) for i in w) for j in w}
    most = max(out.values())
    if most == 0:
        return
    amount = np.array([out[i] + i for i in range(8)])
    totals = {"output": np.column_stack([amount] * 3)}
    e = network.edges
    network = Network(
        "w", network.firms, network.years, network.present, e, network.orientation,
        network.directed, totals=totals,
    )  # fmt: skip
    found = normalize(network, 2001, rule).toarray()
    for i in range(8):
        for j in range(8):
            entry = w[i].get(j, 0.0)
            expected = 0.0
            if entry:
                by = {
                    "none": 1.0,
                    "row": out[i],
                    "column": into[j],
                    "max_row": most,
                    "symmetric": sqrt((out[i] or 1) * (out[j] or 1)),
                    "share": amount[i],
                }
                expected = entry / by[rule]
            np.testing.assert_allclose(found[i, j], expected, rtol=1e-12)
    if spectral_radius(network.at(2001)) > 1e-6:
        ours = normalize(network, 2001, "spectral")
        assert spectral_radius(ours) == pytest.approx(1.0, abs=1e-9)


SIDES = {"supplier": {"supplier"}, "customer": {"customer"}, "both": {"supplier", "customer"}}


@given(
    SEEDS,
    st.sampled_from(["value", "binary", "purchases", "sales", "log"]),
    st.sampled_from(["union", "intersection", "supplier", "customer"]),
)
def test_links_out_of_reports_equal_loops_over_rows(seed: int, weight: str, reports: str) -> None:
    """Pairs listed by one side, both, or twice; a firm with itself; values of zero; a gap year."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 30))
    rows = pd.DataFrame(
        {
            "supplier_id": rng.choice([*"abcd"], m),
            "customer_id": rng.choice([*"abcd"], m),
            "year": rng.choice(YEARS, m),
            "value": rng.integers(0, 6, m).astype(float),
            "reporter": rng.choice(list(SIDES), m),
        }
    )
    # two links that every rule keeps, so that there is always a network of all years
    rows.loc[m] = ["a", "b", 2000, 3.0, "both"]
    rows.loc[m + 1] = ["a", "b", 2003, 3.0, "both"]
    accounts = pd.DataFrame([(f, y) for f in "abcde" for y in YEARS], columns=["firm_id", "year"])
    accounts["sales"] = rng.integers(20, 40, len(accounts)).astype(float)
    accounts["purchases"] = rng.integers(20, 40, len(accounts)).astype(float)
    tables = Tables({"supply_links": rows, "firm_years": accounts})
    network = connect(tables, SupplyLinks(weight=weight, reports=reports)).suppliers()
    listed: dict = defaultdict(list)
    for s, c, year, value, reporter in rows.itertuples(index=False):
        listed[s, c, year].append((value, reporter))
    size = accounts.set_index(["firm_id", "year"])
    for year in network.years:
        found = network.at(int(year)).toarray()
        for i, c in enumerate("abcde"):
            for j, s in enumerate("abcde"):
                named = listed.get((s, c, int(year)), [])
                told = set().union(*(SIDES[reporter] for _, reporter in named))
                kept = {
                    "union": bool(told),
                    "intersection": len(told) == 2,
                    "supplier": "supplier" in told,
                    "customer": "customer" in told,
                }[reports]
                expected = 0.0
                if kept and s != c:
                    expected = sum(v for v, _ in named) / len({reporter for _, reporter in named})
                    if weight == "binary":
                        expected = 1.0
                    elif weight == "log":
                        expected = log(1 + expected)
                    elif weight == "purchases":
                        expected /= size.loc[(c, year), "purchases"]
                    elif weight == "sales":
                        expected /= size.loc[(s, year), "sales"]
                np.testing.assert_allclose(found[i, j], expected, rtol=1e-12)


@given(SEEDS, st.integers(0, 2))
def test_reports_are_sets_and_gaps_are_bridged_pair_by_pair(seed: int, gap: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [(s, c, y) for s in "abc" for c in "abc" for y in range(2000, 2006) if s != c]
    kept = [pair for pair in pairs if rng.random() < 0.4]
    rows = pd.DataFrame([*kept, ("a", "b", 2000), ("a", "b", 2005)]).drop_duplicates()
    rows = rows.set_axis(["supplier_id", "customer_id", "year"], axis=1)
    tables = Tables({"supply_links": rows})
    network = connect(tables, SupplyLinks(allowed_gap=gap)).suppliers()
    observed = [int(year) for year in network.years]
    for i, c in enumerate("abc"):
        for j, s in enumerate("abc"):
            seen = rows[(rows.supplier_id == s) & (rows.customer_id == c)]["year"]
            at = sorted(observed.index(year) for year in seen)
            holds = set(at)
            for first, last in pairwise(at):
                if last - first - 1 <= gap:
                    holds |= set(range(first, last))
            found = [network.at(year)[i, j] for year in observed]
            assert found == [float(k in holds) for k in range(len(observed))]


@given(SEEDS, st.integers(1, 4))
def test_full_lists_are_those_of_a_loop(seed: int, cap: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [(s, c, y) for s in "abcd" for c in "abcd" for y in (2000, 2002) if s != c]
    rows = pd.DataFrame(
        [
            (*pair, rng.choice(list(SIDES)))
            for pair in pairs
            if rng.random() < 0.5 or pair == pairs[0]
        ],
        columns=["supplier_id", "customer_id", "year", "reporter"],
    )
    lists: dict = defaultdict(int)
    for s, c, year, reporter in rows.itertuples(index=False):
        lists[s, "customers", year] += "supplier" in SIDES[reporter]
        lists[c, "suppliers", year] += "customer" in SIDES[reporter]
    flags = cap_bound(Tables({"supply_links": rows}), cap=cap)
    found = {(f, s, y): (k, b) for f, y, s, k, b in flags.itertuples(index=False)}
    assert found == {key: (k, k >= cap) for key, k in lists.items() if k}


@given(SEEDS)
def test_groups_are_firms_joined_by_majorities_step_by_step(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [
        (firm, owner, year, float(rng.choice([0.2, 0.5, 0.51, 0.9])))
        for year in (2000, 2001)
        for firm in "abcde"
        for owner in [*"abcdeXY"]
        if firm != owner and rng.random() < 0.12
    ]
    rows += [("a", "b", year, 0.9) for year in (2000, 2001)]
    stakes = pd.DataFrame(rows, columns=["firm_id", "owner_id", "year", "share"])
    tables = Tables({"ownership": stakes, "firms": pd.DataFrame({"firm_id": [*"abcde"]})})
    network = connect(tables, OwnershipLinks(kind="group"))
    for year in (2000, 2001):
        group = {name: {name} for name in "abcdeXY"}
        for firm, owner, when, share in rows:
            if when == year and share > 0.5 and group[firm] is not group[owner]:
                group[firm] |= group[owner]
                for name in group[firm]:
                    group[name] = group[firm]
        found = network.at(year).toarray()
        for i, a in enumerate("abcde"):
            for j, b in enumerate("abcde"):
                assert found[i, j] == float(i != j and b in group[a])
