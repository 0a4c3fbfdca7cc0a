"""Chains, shared partners, changes, shares of partners and expectations, firm by firm in loops."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.errors import SpecificationError
from spillover.exposures.assignment import Assignment
from spillover.exposures.chains import Chain, CoPartners, through
from spillover.exposures.decompose import PARTS, decompose
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.recenter import recenter
from spillover.exposures.shares import Shares
from spillover.exposures.shift_share import ShiftShare
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.network import Network
from spillover.tables.panel import Panel

YEARS = [2000, 2001, 2003]
SEEDS = st.integers(0, 10_000)
Weights = dict[tuple[int, int], float]


def world(seed: int, n: int = 7, m: int = 24) -> tuple[Network, Shock]:
    """Isolates, absent firms, re-entry, duplicate and own links, groups that change, a gap year."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(0, m))
    start = rng.integers(2000, 2004, m)
    network = assemble(
        "w",
        [f"F{i}" for i in range(n)],
        YEARS,
        rng.integers(0, n - 1, m),
        rng.integers(0, n - 1, m),
        rng.integers(0, 5, m).astype(float),
        start=start,
        end=start + rng.integers(0, 3, m),
        present=rng.random((n, 3)) < 0.85,
        attributes={
            "group_id": rng.integers(-1, 3, (n, 3)).astype(np.int32),
            "industry": rng.integers(-1, 2, n).astype(np.int32),
        },
    )
    values = rng.choice([0.0, 1.0, 0.5, np.nan], (n, 3), p=[0.4, 0.3, 0.2, 0.1])
    values[0] = [0.0, 1.0, 0.5]
    return network if seed % 2 else network.customers(), Shock(
        "g", network.firms, network.years, values
    )


def links(network: Network, year: int, *, group: bool) -> Weights:
    """Weight of each partner j for each firm i, from the edge table, own group left out."""
    found: Weights = {}
    e, label = network.edges, network.attributes["group_id"][:, YEARS.index(year)]
    for row in range(len(e)):
        if e.start[row] <= year <= e.end[row]:
            i, j = int(e.dst[row]), int(e.src[row])
            if network.orientation == "customers":
                i, j = j, i
            if not (group and label[i] >= 0 and label[i] == label[j]):
                found[i, j] = found.get((i, j), 0.0) + float(e.weight[row])
    return found


def row(weights: Weights, i: int) -> dict[int, float]:
    return {j: w for (a, j), w in weights.items() if a == i}


def along(steps: Weights, ends: list[float], through_firm: list[float], n: int) -> list[float]:
    """Sums over chains of any length: a step to an end, or through a firm and on."""
    whole, term = [0.0] * n, ends
    for _ in range(220):
        new = [0.0] * n
        for (i, j), w in steps.items():
            new[i] += w * term[j]
        whole = [a + b for a, b in zip(whole, new, strict=True)]
        term = [f * x for f, x in zip(through_firm, new, strict=True)]
    return whole


@given(
    SEEDS,
    st.floats(0, 0.8),
    st.sampled_from(["group", "self"]),
    st.sampled_from(["never", "foreign"]),
    st.sampled_from(["drop", "zero"]),
    st.integers(0, 1),
    st.sampled_from([0.0, 0.5, 0.9]),
)
def test_chains_equal_sums_over_steps(  # noqa: PLR0917 - one option each
    seed: int, decay: float, exclude: str, stop: str, unknown: str, lag: int, least: float
) -> None:
    network, shock = world(seed)
    spec = Chain("missing", decay, stop, 0.5, lag, exclude, unknown, least)
    x = expose(network, shock, spec)
    n = len(network.firms)
    for t, year in enumerate(YEARS):
        if year - lag not in YEARS:
            assert np.isnan(x.values[:, t]).all()
            continue
        at = YEARS.index(year - lag)
        w = links(network, year - lag, group=exclude == "group")
        sums = [sum(row(w, i).values()) for i in range(n)]
        steps = {(i, j): v / sums[i] for (i, j), v in w.items()}
        g = [0.0 if np.isnan(v) else float(v) for v in shock.values[:, at]]
        if stop == "foreign":
            met = [float(v >= 0.5) for v in g]
            expected = along(steps, met, [decay * (1 - v) for v in met], n)
        else:
            expected = along(steps, g, [decay] * n, n)
        seen = [float(unknown == "zero" or not np.isnan(v)) for v in shock.values[:, at]]
        fade = [min(decay, 0.5)] * n
        known, all_ = along(steps, seen, fade, n), along(steps, [1.0] * n, fade, n)
        for i in range(n):
            here = network.present[i, t] and network.present[i, at]
            if not here or sums[i] == 0 or known[i] / all_[i] < least - 1e-9:
                assert np.isnan(x.values[i, t])
            else:
                np.testing.assert_allclose(x.values[i, t], expected[i], rtol=1e-12, atol=1e-11)
                np.testing.assert_allclose(x.coverage[i, t], known[i] / all_[i], rtol=1e-9)
                assert x.degree[i, t] == len(row(w, i))


AGGREGATES = {
    "mean": lambda heard: sum(heard) / len(heard) if heard else np.nan,
    "sum": sum,
    "count": lambda heard: float(sum(v >= 0.5 for v in heard)),
    "any": lambda heard: float(any(v >= 0.5 for v in heard)),
    "max": lambda heard: max(heard, default=0.0),
}


@given(SEEDS, st.sampled_from([None, "within", "outside"]))
def test_first_tiers_equal_sums_under_every_exclusion(seed: int, place: str | None) -> None:
    network, shock = world(seed, n=7, m=60)
    label, kind = network.attributes["group_id"], network.attributes["industry"]
    for exclude in ("self", "group", "mutual", "group_mutual"):
        rule = {} if place is None else {place: "industry"}
        spec = Neighbors("zero", "sum", lag=0, exclude=exclude, min_coverage=0.0, **rule)
        x = expose(network, shock, spec)
        for t, year in enumerate(YEARS):
            w = links(network, year, group=False)
            for i in np.flatnonzero(network.present[:, t]).tolist():
                value, degree = 0.0, 0
                for j, weight in row(w, i).items():
                    own = "group" in exclude and label[i, t] >= 0 and label[i, t] == label[j, t]
                    back = "mutual" in exclude and (j, i) in w
                    known = kind[i] >= 0 and kind[j] >= 0
                    near = known and (kind[i] == kind[j]) == (place == "within")
                    if not own and not back and (place is None or near):
                        degree += 1
                        value += (
                            0.0 if np.isnan(shock.values[j, t]) else weight * shock.values[j, t]
                        )
                assert x.degree[i, t] == degree
                np.testing.assert_allclose(x.values[i, t], value, atol=1e-12, err_msg=exclude)


def ways(w: Weights, i: int, tier: object, *, shared: bool) -> list[tuple[int, float]]:
    """Ends and weights of the ways of one or two steps from a firm."""
    if tier == 1:
        return list(row(w, i).items())
    sums = {a: sum(row(w, a).values()) if shared else 1.0 for a, _ in w}
    return [
        (k, v / sums[i] * u / sums[j])
        for j, v in row(w, i).items()
        for k, u in row(w, j).items()
        if k != i
    ]


def summed(heard: list[tuple[float, float]], spec: Neighbors, own: float) -> float:
    """The exposure from weights and shocks of everyone heard, NaN where a shock is unknown."""
    if spec.unknown == "zero":
        heard = [(w, 0.0 if np.isnan(g) else g) for w, g in heard]
    known = [(w, g) for w, g in heard if not np.isnan(g)]
    if not heard:
        return np.nan if spec.by in ("mean", "gap") and spec.isolates == "missing" else 0.0
    covered = sum(w for w, _ in known) / sum(w for w, _ in heard)
    if covered < (1 if spec.unknown == "missing" else spec.min_coverage) - 1e-9:
        return np.nan
    if spec.by == "max":
        return max((g for _, g in known), default=0.0)
    if spec.by == "sum":
        return sum(w * g for w, g in known)
    if not known:
        return np.nan
    mean = sum(w * g for w, g in known) / sum(w for w, _ in known)
    return mean - own if spec.by == "gap" else mean


RULES = list(product(("mean", "sum", "gap", "max"), ("drop", "zero", "missing"), (0.0, 0.5, 0.9)))


@given(SEEDS, st.sampled_from([1, "walks"]), st.sampled_from(["missing", "zero"]))
def test_what_is_unknown_of_partners_counts_as_the_rule_says(
    seed: int, tier: object, isolates: str
) -> None:
    """Amounts below zero as well, so that an unknown one is no zero by accident."""
    network, flags = world(seed, n=6, m=40)
    values = np.where(flags.values == 0.5, -1.5, flags.values - 0.25)
    values[np.random.default_rng(seed).random(values.shape) < 0.3] = np.nan
    values[0, 0] = 2.0
    shock = Shock("g", flags.units, flags.years, values)
    for by, unknown, least in RULES:
        if tier == "walks" and by == "max":
            continue
        spec = Neighbors(
            isolates, by, tier, lag=0, exclude="self", unknown=unknown, min_coverage=least
        )
        x = expose(network, shock, spec)
        for t, year in enumerate(YEARS):
            w = links(network, year, group=False)
            g = np.where(np.isnan(values[:, t]) & (unknown == "zero"), 0.0, values[:, t])
            for i in np.flatnonzero(network.present[:, t]).tolist():
                ends = ways(w, i, tier, shared=by in ("mean", "gap"))
                heard = [(v, float(g[k])) for k, v in ends]
                expected = summed(heard, spec, float(values[i, t]))
                np.testing.assert_allclose(x.values[i, t], expected, atol=1e-12, err_msg=str(spec))
                if heard:
                    known = sum(v for v, h in heard if not np.isnan(h))
                    covered = known / sum(v for v, _ in heard)
                    np.testing.assert_allclose(x.coverage[i, t], covered, atol=1e-12)


@given(SEEDS, st.sampled_from(["group", "self"]), st.sampled_from([2, "distinct"]))
def test_second_tiers_equal_sets_under_every_aggregate(
    seed: int, exclude: str, tier: object
) -> None:
    """Partners of partners once each, never the own firm, and with ``2`` no direct partner."""
    network, shock = world(seed, n=8, m=50)
    label = network.attributes["group_id"]
    for by, aggregate in AGGREGATES.items():
        spec = Neighbors("zero", by, tier, lag=0, exclude=exclude, min_coverage=0.0)
        x = expose(network, shock, spec)
        for t, year in enumerate(YEARS):
            w = links(network, year, group=exclude == "group")
            for i in np.flatnonzero(network.present[:, t]).tolist():
                direct = set(row(w, i))
                reached = {k for j in direct for k in row(w, j)} - {i}
                if tier == 2:
                    reached -= direct
                if exclude == "group" and label[i, t] >= 0:
                    reached = {k for k in reached if label[k, t] != label[i, t]}
                heard = [shock.values[k, t] for k in reached if not np.isnan(shock.values[k, t])]
                expected = aggregate(heard) if reached else 0.0
                assert x.degree[i, t] == len(reached)
                np.testing.assert_allclose(x.values[i, t], expected, atol=1e-12, err_msg=by)


@given(
    SEEDS,
    st.booleans(),
    st.sampled_from(["mean", "sum"]),
    st.sampled_from(["group", "self"]),
    st.sampled_from(["drop", "zero"]),
    st.sampled_from(["missing", "zero"]),
    st.integers(0, 1),
    st.sampled_from([0.0, 0.5, 0.9]),
)
def test_co_partners_equal_loops_over_hubs(  # noqa: PLR0917 - one option each
    seed: int,
    hubs: object,
    by: str,
    exclude: str,
    unknown: str,
    isolates: str,
    lag: int,
    least: float,
) -> None:
    network, shock = world(seed)
    if hubs:
        network = through(network, shock, 0.5)
    spec = CoPartners(isolates, by, lag, exclude, unknown, least)
    x = expose(network, shock, spec)
    base, n = world(seed)[0], len(network.firms)
    for t, year in enumerate(YEARS):
        if year - lag not in YEARS:
            assert np.isnan(x.values[:, t]).all()
            continue
        at = YEARS.index(year - lag)
        g, label = shock.values[:, at], network.attributes["group_id"][:, at]
        w = links(base, year - lag, group=exclude == "group")
        if hubs:
            w = {(i, j): v for (i, j), v in w.items() if g[j] >= 0.5}
        for i in range(n):
            ends = []
            for j in row(w, i):
                for k in range(n):
                    same = exclude == "group" and label[i] >= 0 and label[i] == label[k]
                    if k != i and (k, j) in w and not same:
                        ends.append(0.0 if unknown == "zero" and np.isnan(g[k]) else g[k])
            known = [v for v in ends if not np.isnan(v)]
            if not (network.present[i, t] and network.present[i, at]):
                expected = np.nan
            elif not ends:
                expected = np.nan if by == "mean" and isolates == "missing" else 0.0
            elif len(known) / len(ends) < least or (by == "mean" and not known):
                expected = np.nan
            else:
                expected = sum(known) / (len(known) if by == "mean" else 1)
            np.testing.assert_allclose(x.values[i, t], expected, rtol=1e-12, atol=1e-12)


def heard(network: Network, shock: Shock, spec: Neighbors, year: int) -> tuple | None:
    """Weights on partners with a known shock, shocks, and which are known; None without a year."""
    if year - spec.lag not in YEARS:
        return None
    w = links(network, year - spec.lag, group=spec.exclude == "group")
    g = {j: float(v) for j, v in enumerate(shock.values[:, YEARS.index(year - spec.lag)])}
    if spec.unknown == "zero":
        g = {j: 0.0 if np.isnan(v) else v for j, v in g.items()}
    if spec.by == "count":
        w = dict.fromkeys(w, 1.0)
        g = {j: v if np.isnan(v) else float(v >= 0.5) for j, v in g.items()}
    w = {(i, j): v for (i, j), v in w.items() if not np.isnan(g[j])}
    if spec.by == "mean":
        sums = {i: sum(row(w, i).values()) for i, _ in w}
        w = {(i, j): v / sums[i] for (i, j), v in w.items()}
    return w, g


@given(
    SEEDS,
    st.booleans(),
    st.sampled_from(["mean", "sum", "count"]),
    st.sampled_from(["group", "self"]),
    st.sampled_from(["drop", "zero"]),
    st.integers(0, 1),
)
def test_each_part_of_a_change_is_its_own_sum(
    seed: int,
    interaction: object,
    by: str,
    exclude: str,
    unknown: str,
    lag: int,
) -> None:
    network, shock = world(seed, n=5, m=40)
    spec = Neighbors("missing", by, lag=lag, exclude=exclude, unknown=unknown, min_coverage=0.0)
    x = expose(network, shock, spec)
    table = decompose(x, interaction=bool(interaction)).set_index(["firm_id", "year"])
    rows = 0
    for t in (1, 2):
        before, after = (heard(network, shock, spec, YEARS[s]) for s in (t - 1, t))
        if before is None or after is None:
            continue
        for i in range(5):
            pair = x.values[i, [t - 1, t]]
            if np.isnan(pair).any() or (x.degree[i, [t - 1, t]] == 0).any():
                continue
            rows += 1
            old, new = row(before[0], i), row(after[0], i)
            parts = dict.fromkeys(PARTS, 0.0)
            for j in old.keys() | new.keys():
                f, h = before[1][j], after[1][j]
                f, h = (h if np.isnan(f) else f), (f if np.isnan(h) else h)
                v, w = old.get(j, 0.0), new.get(j, 0.0)
                level = f if interaction else (f + h) / 2
                parts["partners"] += (v if interaction else (v + w) / 2) * (h - f)
                kind = "new" if j not in old else "lost" if j not in new else "kept"
                parts[kind] += (w - v) * level
                parts["interaction"] += (w - v) * (h - f) if interaction else 0.0
            found = table.loc[f"F{i}", YEARS[t]]
            np.testing.assert_allclose(found[list(PARTS)], list(parts.values()), atol=1e-12)
            np.testing.assert_allclose(found["change"], sum(parts.values()), atol=1e-12)
    assert len(table) == rows


@given(SEEDS, st.booleans(), st.sampled_from(["missing", "zero"]), st.integers(0, 1))
def test_shares_of_partners_carry_shocks_as_a_loop_does(
    seed: int,
    group: object,
    absent: str,
    lag: int,
) -> None:
    network, shock = world(seed)
    shares = Shares.of_partners(network, 2001, exclude_group=bool(group))
    x = expose(shares, shock, ShiftShare(lag=lag, unknown="drop", absent=absent), name="x")
    rows = [(f, y) for f in (*network.firms, "Z") for y in (2000, 2001, 2002, 2003)]
    panel = Panel.of(pd.DataFrame(rows, columns=["firm_id", "year"]))
    found = x.columns(panel)
    w = links(network, 2001, group=bool(group))
    for at, (firm, year) in enumerate(zip(panel.frame["firm_id"], panel.years, strict=True)):
        if year - lag not in YEARS:
            assert np.isnan(found["x"][at])
            continue
        if firm == "Z":
            np.testing.assert_equal(found["x"][at], np.nan if absent == "missing" else 0.0)
            continue
        partners = row(w, int(firm[1]))
        value = kept = 0.0
        for j, weight in partners.items():
            g = shock.values[j, YEARS.index(year - lag)]
            if not np.isnan(g):
                value += weight / sum(partners.values()) * g
                kept += weight / sum(partners.values())
        np.testing.assert_allclose(found["x"][at], value, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(found["x_share_sum"][at], kept, rtol=1e-12, atol=1e-12)


def strata(network: Network, shock: Shock, at: int) -> dict[int, list[int]]:
    """Firms that exist, have a known industry and a known shock, by industry."""
    found: dict[int, list[int]] = {}
    for i, kind in enumerate(network.attributes["industry"]):
        if kind >= 0 and network.present[i, at] and not np.isnan(shock.values[i, at]):
            found.setdefault(int(kind), []).append(i)
    return found


@settings(max_examples=15)
@given(
    SEEDS,
    st.sampled_from([("mean", 1), ("sum", 1), ("count", 2), ("any", 1), ("any", 2), ("mean", 2)]),
    st.sampled_from(["given", "random"]),
    st.sampled_from(["drop", "zero"]),
)
def test_independent_draws_have_the_moments_of_all_outcomes(
    seed: int, kind: tuple, own: str, unknown: str
) -> None:
    """Every firm draws one with the share of ones in its stratum, over all 2^n outcomes."""
    network, shock = world(seed, n=6)
    flags = Shock("g", shock.units, shock.years, np.where(shock.values == 0.5, 1.0, shock.values))
    spec = Neighbors(
        "zero", kind[0], kind[1], lag=0, exclude="self", unknown=unknown, min_coverage=0.0
    )
    x = expose(network, flags, spec)
    try:
        found = recenter(x, Assignment(within=("industry",), process="bernoulli", own_status=own))
    except SpecificationError:
        return
    drawn = {}
    movers = [i for firms in strata(network, flags, 0).values() for i in firms]
    for outcome in product((0.0, 1.0), repeat=len(movers)):
        values = flags.values.copy()
        values[movers, 0] = outcome
        moved = Shock("g", flags.units, flags.years, values)
        drawn[outcome] = expose(network, moved, spec).values[:, 0]
    for i in range(6):
        if np.isnan(x.values[i, 0]):
            continue
        chance = {}
        for firms in strata(network, flags, 0).values():
            others = [j for j in firms if j != i or own == "random"]
            for j in firms:
                share = sum(flags.values[k, 0] for k in others) / max(len(others), 1)
                chance[j] = flags.values[i, 0] if j == i and own == "given" else share
        mean = square = 0.0
        for outcome, values in drawn.items():
            p = 1.0
            for j, one in zip(movers, outcome, strict=True):
                p *= chance[j] if one else 1 - chance[j]
            if p:
                mean += p * values[i]
                square += p * values[i] ** 2
        np.testing.assert_allclose(found.expected[i, 0], mean, atol=1e-12)
        spread = np.sqrt(max(square - mean**2, 0.0))
        np.testing.assert_allclose(found.spread[i, 0], spread, atol=1e-7)


@pytest.mark.parametrize("by", ["mean", "sum", "count", "any"])
def test_firms_whose_shock_is_unknown_exchange_nothing_when_they_count_as_zero(by: str) -> None:
    """a hears b and c; c is unknown, so that only b, d and e can exchange their shocks."""
    network = assemble("w", list("abcde"), [2000], [1, 2], [0, 0])
    values = np.array([[np.nan], [1.0], [np.nan], [0.0], [0.0]])
    shock = Shock("g", network.firms, network.years, values)
    spec = Neighbors("missing", by, lag=0, exclude="self", unknown="zero")
    found = recenter(expose(network, shock, spec), Assignment(within=(), own_status="random"))
    weight = 0.5 if by == "mean" else 1.0
    assert found.expected[0, 0] == pytest.approx(weight / 3)
    assert found.spread[0, 0] == pytest.approx(weight * np.sqrt(2) / 3)
