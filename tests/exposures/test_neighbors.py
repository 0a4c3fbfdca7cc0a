"""Neighbour exposures against plain loops on random small networks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.errors import SpecificationError, UnknownNameError
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.network import Network
from spillover.tables.panel import Panel

YEARS = [2000, 2001, 2003]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Network, Shock]:
    """A small network with isolates, groups, absent firms, re-entry and unknown shocks."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n = draw(st.integers(2, 8))
    m = draw(st.integers(0, 25))
    start = rng.integers(2000, 2004, m)
    values = rng.choice([0.0, 1.0, 0.5, 0.3, np.nan], (n, 3), p=[0.3, 0.2, 0.2, 0.2, 0.1])
    network = assemble(
        "supply",
        [f"F{i}" for i in range(n)],
        YEARS,
        src=rng.integers(0, n, m),
        dst=rng.integers(0, n, m),
        weight=rng.integers(0, 5, m).astype(float),
        start=start,
        end=start + rng.integers(0, 3, m),
        present=rng.random((n, 3)) < 0.85,
        attributes={
            "group_id": rng.integers(-1, 3, (n, 3) if draw(st.booleans()) else n).astype(np.int32),
            "prefecture": rng.integers(-1, 2, n).astype(np.int32),
        },
    )
    turned = network.customers() if draw(st.booleans()) else network.suppliers()
    return turned, Shock("g", network.firms, network.years, values)


@st.composite
def specifications(draw: st.DrawFn) -> Neighbors:
    tier = draw(st.sampled_from([1, 2, "distinct", "walks"]))
    walks = tier == "walks"
    exclude = ["group", "self", "mutual", "group_mutual"]
    aggregates = ["mean", "sum", "gap"] if walks else ["mean", "sum", "gap", "count", "any", "max"]
    weights = draw(st.sampled_from(["lagged", "current", "base_year", "status_fixed"]))
    return Neighbors(
        isolates=draw(st.sampled_from(["missing", "zero"])),
        by=draw(st.sampled_from(aggregates)),
        tier=tier,
        lag=draw(st.integers(0, 2)),
        weights=weights,
        base_year=2000 if weights in ("base_year", "status_fixed") else None,
        exclude=draw(st.sampled_from(exclude if tier == 1 else exclude[:2])),
        within=None if walks else draw(st.sampled_from([None, "prefecture"])),
        outside=None if walks else draw(st.sampled_from([None, "prefecture"])),
        unknown=draw(st.sampled_from(["drop", "zero", "missing"])),
        min_coverage=draw(st.sampled_from([0.0, 0.5, 0.9])),
    )


def may_hear(network: Network, spec: Neighbors, year: int, i: int, k: int) -> bool:
    group, place = network.attributes["group_id"], network.attributes["prefecture"]
    group = group[:, YEARS.index(year)] if group.ndim == 2 else group
    if i == k or ("group" in spec.exclude and group[i] >= 0 and group[i] == group[k]):
        return False
    if spec.within and not (place[i] >= 0 and place[i] == place[k]):
        return False
    return not (spec.outside and (place[i] < 0 or place[k] < 0 or place[i] == place[k]))


def listened(network: Network, spec: Neighbors, year: int, i: int) -> list[tuple[int, float]]:
    """Partners of firm i with weights, by loops over the edge table."""
    n = len(network.firms)
    w = np.zeros((n, n))
    e = network.edges
    for m in range(len(e)):
        if e.start[m] <= year <= e.end[m]:
            row, col = e.dst[m], e.src[m]
            if network.orientation == "customers":
                row, col = col, row
            w[row, col] += e.weight[m]
    if spec.tier == 1:
        return [
            (k, w[i, k])
            for k in range(n)
            if w[i, k] > 0
            and may_hear(network, spec, year, i, k)
            and not ("mutual" in spec.exclude and w[k, i] > 0)
        ]
    plain = Neighbors(isolates="missing", exclude=spec.exclude)
    for a in range(n):
        for b in range(n):
            if not may_hear(network, plain, year, a, b):
                w[a, b] = 0.0
    if spec.tier != "walks":
        reached = {k for j in range(n) if w[i, j] > 0 for k in range(n) if w[j, k] > 0} - {i}
        if spec.tier == 2:
            reached -= {k for k in range(n) if w[i, k] > 0}
        return [(k, 1.0) for k in sorted(reached) if may_hear(network, spec, year, i, k)]
    if spec.by in ("mean", "gap"):
        w = w / np.where(w.sum(1) > 0, w.sum(1), 1.0)[:, None]
    return [
        (k, w[i, j] * w[j, k])
        for j in range(n)
        for k in range(n)
        if w[i, j] * w[j, k] > 0 and may_hear(network, spec, year, i, k)
    ]


def by_loops(network: Network, g: np.ndarray, spec: Neighbors, t: int, i: int) -> tuple:
    """Value, number of partners; NaN when there is none to speak of."""
    year = YEARS[t]
    links = source = year - spec.lag
    if spec.weights == "current":
        links = year
    elif spec.weights == "base_year":
        links = 2000
    elif spec.weights == "status_fixed":
        source = 2000
    if links not in YEARS or source not in YEARS:
        return np.nan, np.nan
    if not (network.present[i, t] and network.present[i, YEARS.index(links)]):
        return np.nan, np.nan
    shock = g[:, YEARS.index(source)]
    heard = [(w, 0.0 if spec.unknown == "zero" and np.isnan(shock[k]) else shock[k])
             for k, w in listened(network, spec, links, i)]  # fmt: skip
    if spec.by in ("count", "any"):
        heard = [(1.0, np.nan if np.isnan(x) else float(x >= 0.5)) for _, x in heard]
    if not heard:
        empty = np.nan if spec.by in ("mean", "gap") and spec.isolates == "missing" else 0.0
        return empty, 0.0
    known = [(w, x) for w, x in heard if not np.isnan(x)]
    covered = sum(w for w, _ in known) / sum(w for w, _ in heard)
    degree = float(len(heard))
    if covered < (0.999999 if spec.unknown == "missing" else spec.min_coverage):
        return np.nan, degree
    total = sum(w * x for w, x in known)
    if spec.by in ("mean", "gap"):
        if not known:
            return np.nan, degree
        own = shock[i] if spec.by == "gap" else 0.0
        return total / sum(w for w, _ in known) - own, degree
    if spec.by == "any":
        return float(total > 0), degree
    if spec.by == "max":
        return max((x for _, x in known), default=0.0), degree
    return total, degree


@settings(max_examples=60)
@given(worlds(), specifications())
def test_exposure_equals_a_plain_loop(world: tuple[Network, Shock], spec: Neighbors) -> None:
    network, shock = world
    exposure = expose(network, shock, spec, name="x")
    for i in range(len(network.firms)):
        for t in range(len(YEARS)):
            value, degree = by_loops(network, shock.values, spec, t, i)
            np.testing.assert_allclose(exposure.values[i, t], value, rtol=1e-12, atol=1e-12)
            np.testing.assert_array_equal(exposure.degree[i, t], degree)
            assert exposure.isolated[i, t] == (degree == 0)


@given(worlds())
def test_a_mean_lies_between_the_extremes_and_a_count_below_the_degree(
    world: tuple[Network, Shock],
) -> None:
    network, shock = world
    mean, count, any_, level = (
        expose(network, shock, Neighbors(isolates="missing", by=by, lag=0))
        for by in ("mean", "count", "any", "sum")
    )
    known = ~np.isnan(mean.values)
    assert np.all((mean.values[known] >= 0) & (mean.values[known] <= 1))
    both = ~np.isnan(count.values)
    assert np.all(count.values[both] <= count.degree[both])
    np.testing.assert_array_equal(any_.values[both], (count.values[both] > 0).astype(float))
    zero = level.values == 0
    np.testing.assert_array_equal(mean.values[zero & known], 0.0)


@given(worlds(), st.floats(-3, 3))
def test_a_constant_shock_gives_the_constant_at_any_tier(
    world: tuple[Network, Shock], constant: float
) -> None:
    network, shock = world
    flat = Shock("c", shock.units, shock.years, np.full(shock.values.shape, constant))
    for tier in (1, 2, "distinct", "walks"):
        spec = Neighbors(isolates="missing", tier=tier, lag=0)
        exposure = expose(network, flat, spec)
        heard = exposure.degree > 0
        np.testing.assert_allclose(exposure.values[heard], constant, atol=1e-12)
        assert np.isnan(exposure.values[~heard]).all()


@given(worlds())
def test_a_partner_split_in_two_halves_changes_neither_mean_nor_sum(
    world: tuple[Network, Shock],
) -> None:
    network, shock = world
    e, n = network.edges, len(network.firms)
    old = e.src == 0
    src = np.concatenate([e.src, np.full(old.sum(), n)])
    dst, start, end = (np.concatenate([c, c[old]]) for c in (e.dst, e.start, e.end))
    weight = np.concatenate([np.where(old, e.weight / 2, e.weight), e.weight[old] / 2])
    twins = assemble("w", [*network.firms, "F9"], YEARS, src, dst, weight, start=start, end=end)
    values = np.vstack([shock.values, shock.values[:1]])
    for by in ("mean", "sum"):
        spec = Neighbors(isolates="missing", lag=0, exclude="self", by=by)
        one = assemble("w", network.firms, YEARS, e.src, e.dst, e.weight, start=e.start, end=e.end)
        before = expose(one, shock, spec).values
        after = expose(twins, Shock("g", twins.firms, twins.years, values), spec).values
        np.testing.assert_allclose(after[:n], before, rtol=1e-12, atol=1e-12)


@given(worlds(), st.floats(-2, 2), st.floats(-2, 2))
def test_a_sum_is_linear_in_the_shock_and_parts_of_a_mean_add_up(
    world: tuple[Network, Shock], a: float, b: float
) -> None:
    network, shock = world
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, *shock.values.shape))

    def exposed(values: np.ndarray, by: str) -> np.ndarray:
        spec = Neighbors(isolates="zero", lag=0, by=by)
        return expose(network, Shock("g", shock.units, shock.years, values), spec).values

    for by in ("sum", "mean"):
        whole = exposed(a * first + b * second, by)
        parts = a * exposed(first, by) + b * exposed(second, by)
        np.testing.assert_allclose(whole, parts, atol=1e-11)


def test_nobody_left_to_hear_makes_an_isolate() -> None:
    network = chain()
    everyone = {"group_id": np.zeros(4, np.int32), "country": np.array([0, 1, 2, 3], np.int32)}
    owned = assemble("w", network.firms, [2020, 2021], [0, 1], [1, 2], attributes=everyone)
    g = Shock("g", network.firms, network.years, np.ones((4, 2)))
    spec = Neighbors(isolates="zero", lag=0)
    assert expose(owned, g, spec).isolated.all()
    apart = Neighbors(isolates="zero", lag=0, exclude="self", outside="country")
    plain = Neighbors(isolates="zero", lag=0, exclude="self")
    np.testing.assert_array_equal(expose(owned, g, apart).values, expose(owned, g, plain).values)


def chain() -> Network:
    """a supplies b supplies c; d stands alone."""
    return assemble("supply", ["a", "b", "c", "d"], [2020, 2021], src=[0, 1], dst=[1, 2])


def test_directions_are_exchanged_by_the_name_of_the_method() -> None:
    network = chain()
    g = Shock("g", network.firms, network.years, np.tile([[1.0], [2.0], [4.0], [8.0]], 2))
    spec = Neighbors(isolates="missing", lag=0, exclude="self")
    to_customers = expose(network.customers(), g, spec).values[:, 0]
    from_suppliers = expose(network.suppliers(), g, spec).values[:, 0]
    np.testing.assert_array_equal(to_customers, [2.0, 4.0, np.nan, np.nan])
    np.testing.assert_array_equal(from_suppliers, [np.nan, 1.0, 2.0, np.nan])


def test_columns_follow_the_rows_of_a_panel_and_lag_by_calendar_year() -> None:
    network = chain()
    g = Shock("g", network.firms, network.years, np.array([[1.0, 5], [2, 6], [4, 7], [8, 9]]))
    exposure = expose(
        network.suppliers(), g, Neighbors(isolates="zero", exclude="self"), name="peers"
    )
    panel = Panel.of(
        pd.DataFrame({"firm_id": ["b", "b", "z", "d", "c"], "year": [2021, 2020, 2021, 2021, 2025]})
    )
    columns = exposure.columns(panel)
    assert list(columns) == ["peers", "peers_isolated", "peers_degree", "peers_coverage"]
    np.testing.assert_array_equal(columns["peers"], [np.nan, 1.0, np.nan, 0.0, np.nan])
    np.testing.assert_array_equal(columns["peers_isolated"], [np.nan, 0.0, np.nan, 1.0, np.nan])
    assert len(exposure.frame()) == 8


def test_unknown_groups_must_be_waived_by_name() -> None:
    network = chain()
    g = Shock("g", network.firms, network.years, np.ones((4, 2)))
    with pytest.raises(SpecificationError, match='exclude = "self"'):
        expose(network, g, Neighbors(isolates="missing"))
    with pytest.raises(UnknownNameError, match="country"):
        expose(network, g, Neighbors(isolates="missing", exclude="self", within="country"))


def test_contradictory_fields_are_refused() -> None:
    with pytest.raises(SpecificationError, match="base_year"):
        Neighbors(isolates="missing", weights="base_year")
    with pytest.raises(SpecificationError, match="over walks"):
        Neighbors(isolates="missing", by="max", tier="walks")
    with pytest.raises(SpecificationError, match="direct partners"):
        Neighbors(isolates="missing", exclude="mutual", tier=2)
    with pytest.raises(TypeError):
        Neighbors()
