"""Expected exposures against enumeration, simulation and stored values."""

import json
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError, SpecificationError, UnknownNameError
from spillover.exposures.assignment import Assignment
from spillover.exposures.expose import expose
from spillover.exposures.lottery import Lottery, redrawn
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.operator import operator
from spillover.exposures.recenter import recenter
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.network import Network
from spillover.tables.panel import Panel


def world(seed: int, n: int = 6) -> tuple[Network, Shock]:
    rng = np.random.default_rng(seed)
    m = 14
    network = assemble(
        "w",
        [f"F{i}" for i in range(n)],
        [2000, 2001],
        rng.integers(0, n, m),
        rng.integers(0, n, m),
        rng.integers(1, 5, m).astype(float),
        attributes={
            "industry": rng.integers(-1, 2, n).astype(np.int32),
            "group_id": rng.integers(-1, 3, n).astype(np.int32),
        },
    )
    values = rng.choice([0.0, 1.0, np.nan], (n, 2), p=[0.5, 0.4, 0.1])
    values[:2, :] = [[1.0], [0.0]]
    return network, Shock("g", network.firms, network.years, values)


def assignments(network: Network, g: np.ndarray) -> list[np.ndarray]:
    """All ways to exchange shocks within industries, one by one."""
    place = network.attributes["industry"]
    moving = [i for i in range(len(g)) if place[i] >= 0 and not np.isnan(g[i])]
    found = []
    for order in permutations(moving):
        if all(place[a] == place[b] for a, b in zip(moving, order, strict=True)):
            drawn = g.copy()
            drawn[moving] = g[list(order)]
            found.append(drawn)
    return found


KINDS = [(by, tier) for by in ("mean", "sum", "count", "any") for tier in (1, 2, "distinct")]
LINEAR = st.builds(
    lambda kind, isolates, lag, exclude, unknown: Neighbors(
        isolates=isolates,
        by=kind[0],
        tier=kind[1],
        lag=lag,
        exclude=exclude,
        unknown=unknown,
        min_coverage=0.0,
    ),
    kind=st.sampled_from([*KINDS, ("mean", "walks"), ("sum", "walks")]),
    isolates=st.sampled_from(["missing", "zero"]),
    lag=st.integers(0, 1),
    exclude=st.sampled_from(["group", "self"]),
    unknown=st.sampled_from(["drop", "zero", "missing"]),
)


@given(st.integers(0, 5000), LINEAR)
def test_the_operator_times_the_shock_is_the_exposure(seed: int, spec: Neighbors) -> None:
    network, shock = world(seed)
    exposure = expose(network, shock, spec)
    for at in range(2):
        found = operator(exposure, at)
        x = exposure.values[:, at]
        if found is None:
            assert np.isnan(x).all()
            continue
        carried = found.matrix @ found.shock
        if spec.by == "any":
            carried = (carried > 0).astype(float)
        known = ~np.isnan(x)
        np.testing.assert_allclose(carried[known], x[known], atol=1e-12)


@given(st.integers(0, 5000), LINEAR, st.sampled_from(["given", "random"]))
def test_moments_equal_those_over_all_assignments(seed: int, spec: Neighbors, own: str) -> None:
    network, shock = world(seed)
    exposure = expose(network, shock, spec, name="x")
    assignment = Assignment(within=("industry",), own_status=own)
    try:
        found = recenter(exposure, assignment)
    except SpecificationError:
        found = None
    spreads = []
    source = 0
    at = spec.lag
    drawn = assignments(network, shock.values[:, source])
    exposures = []
    for g in drawn:
        values = shock.values.copy()
        values[:, source] = g
        moved = Shock("g", shock.units, shock.years, values)
        exposures.append(expose(network, moved, spec).values[:, at])
    for i in range(len(network.firms)):
        if np.isnan(exposure.values[i, at]):
            continue
        own_value = shock.values[i, source]
        kept = [
            x[i]
            for x, g in zip(exposures, drawn, strict=True)
            if own == "random" or np.isnan(own_value) or g[i] == own_value
        ]
        spreads.append(np.std(kept))
        if found is not None:
            np.testing.assert_allclose(found.expected[i, at], np.mean(kept), atol=1e-12)
            np.testing.assert_allclose(found.spread[i, at], np.std(kept), atol=1e-7)
    if found is None:
        assert max(spreads, default=0.0) < 1e-12


@given(st.integers(0, 5000))
def test_exchanging_shocks_within_strata_leaves_the_expectation(seed: int) -> None:
    network, shock = world(seed)
    spec = Neighbors(isolates="zero", lag=0, exclude="self", min_coverage=0.0)
    assignment = Assignment(within=(), own_status="random")
    exposure = expose(network, shock, spec)
    drawn = Lottery.of(exposure, assignment).draw(np.random.default_rng(seed))
    moved = redrawn(exposure, drawn)
    np.testing.assert_array_equal(np.isnan(moved.values), np.isnan(shock.values))
    before = recenter(exposure, assignment).expected
    after = recenter(expose(network, moved, spec), assignment).expected
    np.testing.assert_allclose(before, after, atol=1e-12)


def test_one_stratum_and_complete_shares_expect_the_mean_of_the_others() -> None:
    network, shock = world(3)
    full = Shock("g", shock.units, shock.years, np.nan_to_num(shock.values))
    spec = Neighbors(isolates="missing", lag=0, exclude="self")
    exposure = expose(network, full, spec)
    free = recenter(exposure, Assignment(within=(), own_status="random"))
    known = ~np.isnan(exposure.values)
    means = np.broadcast_to(full.values.mean(axis=0), exposure.values.shape)
    np.testing.assert_allclose(free.expected[known], means[known])
    given_own = recenter(exposure, Assignment(within=()))
    others = (full.values.sum(axis=0) - full.values) / 5
    np.testing.assert_allclose(given_own.expected[known], others[known])


def test_independent_draws_have_binomial_moments() -> None:
    network = assemble("w", list("abcd"), [2000], [1, 2, 3], [0, 0, 0], [1.0, 1.0, 2.0])
    shock = Shock("g", network.firms, network.years, np.array([[0.0], [1.0], [0.0], [0.0]]))
    assignment = Assignment(within=(), process="bernoulli", own_status="random")

    def moments(by: str) -> tuple[float, float]:
        spec = Neighbors(isolates="missing", lag=0, exclude="self", by=by)
        found = recenter(expose(network, shock, spec), assignment)
        return found.expected[0, 0], found.spread[0, 0] ** 2

    chance = 0.25
    assert moments("mean") == pytest.approx((chance, (1 + 1 + 4) / 16 * chance * 0.75))
    some = 1 - 0.75**3
    assert moments("any") == pytest.approx((some, some * (1 - some)))
    amounts = Shock("g", network.firms, network.years, np.array([[0.0], [2.0], [0.0], [0.0]]))
    spec = Neighbors(isolates="missing", lag=0, exclude="self")
    with pytest.raises(SpecificationError, match="zeros and ones"):
        recenter(expose(network, amounts, spec), assignment)


@pytest.mark.parametrize("own", ["given", "random"])
def test_draws_agree_with_enumeration_within_their_error(own: str) -> None:
    network, shock = world(12)
    spec = Neighbors(isolates="zero", lag=0, exclude="self", by="max", min_coverage=0.0)
    exposure = expose(network, shock, spec)
    assignment = Assignment(within=("industry",), own_status=own, draws=999, seed=5)
    found = recenter(exposure, assignment)
    drawn = assignments(network, shock.values[:, 0])
    for i in range(6):
        kept = []
        for g in drawn:
            values = np.column_stack([g, shock.values[:, 1]])
            own_value = shock.values[i, 0]
            if own == "random" or np.isnan(own_value) or g[i] == own_value:
                moved = Shock("g", shock.units, shock.years, values)
                kept.append(expose(network, moved, spec).values[i, 0])
        assert abs(found.expected[i, 0] - np.mean(kept)) <= 4 * found.error[i, 0] + 1e-12
    again = recenter(exposure, assignment)
    assert again.expected.tobytes() == found.expected.tobytes()


def test_columns_follow_a_panel_and_strata_must_vary() -> None:
    network, shock = world(3)
    exposure = expose(network, shock, Neighbors(isolates="missing", lag=0, exclude="self"), "bw")
    found = recenter(exposure, Assignment(within=()))
    panel = Panel.of(pd.DataFrame({"firm_id": ["F0", "F9", "F3"], "year": [2000, 2000, 2005]}))
    columns = found.columns(panel)
    assert list(columns) == ["bw_recentered", "bw_expected", "bw_spread"]
    assert columns["bw_expected"][0] == found.expected[0, 0]
    assert np.isnan(columns["bw_expected"][1:]).all()
    assert set(found.frame()["year"]) == {2000, 2001}
    flat = Shock("g", network.firms, network.years, np.ones((6, 2)))
    with pytest.raises(SpecificationError, match="coarser strata"):
        recenter(expose(network, flat, exposure.spec), Assignment(within=()))
    with pytest.raises(UnknownNameError, match="prefecture"):
        recenter(exposure, Assignment(within=("prefecture",)))


@pytest.mark.reference
def test_stored_expectations(shared: Path) -> None:
    """numpy and scipy from the formulas, confirmed by 20,000 permutations; tolerance 1e-10."""
    case = json.loads((shared / "reference" / "network.json").read_text("utf-8"))
    values = case["recentering_toy"]["values"]
    folder = shared / "data" / "toy_firmnet"
    nodes = pd.read_csv(folder / "nodes.csv")  # noqa: TID251 - outside the project
    links = pd.read_csv(folder / "edges.csv")  # noqa: TID251 - outside the project
    network = assemble(
        "w",
        [f"{i:02d}" for i in nodes["id"]],
        [2010],
        links["src"],
        links["dst"],
        links["w"],
        attributes={"industry": nodes["ind"].to_numpy(np.int32)},
    ).suppliers()
    shock = Shock("foreign", network.firms, network.years, nodes[["foreign"]].to_numpy(float))
    assignment = Assignment(within=("industry",), own_status="random")
    share = Neighbors(isolates="zero", lag=0, exclude="self")
    found = recenter(expose(network, shock, share), assignment)
    close = {"atol": 1e-12, "rtol": 0}
    np.testing.assert_allclose(found.exposure.values[:, 0], values["z"], **close)
    np.testing.assert_allclose(found.expected[:, 0], values["mu_linear"], **close)
    np.testing.assert_allclose(found.spread[:, 0] ** 2, values["var_linear"], **close)
    some = Neighbors(isolates="zero", lag=0, exclude="self", by="any")
    chance = recenter(expose(network, shock, some), assignment).expected[:, 0]
    np.testing.assert_allclose(chance, values["prob_any_foreign"], **close)
    y, z = nodes["y"].to_numpy(), found.exposure.values[:, 0]
    x = np.column_stack([np.ones(40), z, found.expected[:, 0]])
    coefficient = np.linalg.lstsq(x, y, rcond=None)[0][1]
    assert coefficient == pytest.approx(values["ols_controlling_mu_coef"], abs=1e-10)
    moved = found.values[:, 0]
    ratio = (moved @ y) / (moved @ z)
    assert ratio == pytest.approx(values["iv_recentered_coef_no_const"], abs=1e-10)


@given(st.integers(0, 5000), LINEAR)
def test_own_chances_give_the_moments_of_all_independent_draws(seed: int, spec: Neighbors) -> None:
    network, shock = world(seed)
    n, at = len(network.firms), spec.lag
    values = np.random.default_rng(seed).uniform(0.1, 0.9, (n, 2))
    values[2] = np.nan
    chance = Shock("p", network.firms, network.years, values)
    exposure = expose(network, shock, spec, name="x")
    rule = Assignment(within=(), process="bernoulli", chance="p")
    try:
        found = recenter(exposure, rule, chance)
    except SpecificationError:
        return
    own = shock.values[:, 0]
    moving = [i for i in range(n) if not np.isnan(own[i]) and not np.isnan(values[i, 0])]
    mean, square = np.zeros(n), np.zeros(n)
    for draw in product((0.0, 1.0), repeat=len(moving)):
        drawn = shock.values.copy()
        drawn[moving, 0] = draw
        p = values[moving, 0]
        weight = float(np.prod(np.where(np.array(draw) == 1.0, p, 1.0 - p)))
        x = expose(network, Shock("g", shock.units, shock.years, drawn), spec).values[:, at]
        mean += weight * np.nan_to_num(x)
        square += weight * np.nan_to_num(x) ** 2
    known = ~np.isnan(exposure.values[:, at])
    np.testing.assert_allclose(found.expected[known, at], mean[known], atol=1e-10)
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    np.testing.assert_allclose(found.spread[known, at], spread[known], atol=1e-6)


def test_own_chances_are_refused_where_they_mean_nothing() -> None:
    network, shock = world(3)
    exposure = expose(network, shock, Neighbors(isolates="zero", lag=0, exclude="self"))
    with pytest.raises(SpecificationError, match="bernoulli"):
        Assignment(within=(), chance="p")
    rule = Assignment(within=(), process="bernoulli", chance="p")
    with pytest.raises(SpecificationError, match="own chances"):
        recenter(exposure, rule)
    with pytest.raises(SpecificationError, match="strata for draws"):
        Lottery.of(exposure, rule)
    wrong = Shock("p", network.firms, network.years, np.full((6, 2), 1.5))
    with pytest.raises(DataError, match="between zero and one"):
        recenter(exposure, rule, wrong)
