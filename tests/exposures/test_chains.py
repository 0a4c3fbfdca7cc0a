"""Chains, shared partners and changes of exposure against dense algebra."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import SpecificationError
from spillover.exposures.chains import Chain, CoPartners, through
from spillover.exposures.decompose import PARTS, decompose
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.network import Network

SEEDS = st.integers(0, 10_000)


def world(seed: int, n: int = 6) -> tuple[Network, Shock]:
    rng = np.random.default_rng(seed)
    m = 16
    start = rng.integers(2000, 2002, m)
    network = assemble(
        "w",
        [f"F{i}" for i in range(n)],
        [2000, 2001],
        rng.integers(0, n, m),
        rng.integers(0, n, m),
        rng.integers(1, 5, m).astype(float),
        start=start,
        end=np.minimum(start + rng.integers(0, 2, m), 2001),
        attributes={"group_id": rng.integers(-1, 3, n).astype(np.int32)},
    )
    values = rng.choice([0.0, 1.0, 0.4, np.nan], (n, 2), p=[0.4, 0.3, 0.2, 0.1])
    return network, Shock("g", network.firms, network.years, values)


def listening(network: Network, year: int, *, group: bool) -> np.ndarray:
    w = network.at(year).toarray()
    g = network.attributes["group_id"]
    if group:
        w[(g[:, None] >= 0) & (g[:, None] == g[None, :])] = 0.0
    return w


@given(SEEDS, st.floats(0, 0.9), st.sampled_from(["group", "self"]))
def test_chains_equal_a_dense_solution(seed: int, decay: float, exclude: str) -> None:
    network, shock = world(seed)
    spec = Chain(isolates="missing", decay=decay, lag=0, exclude=exclude, min_coverage=0.0)
    x = expose(network, shock, spec)
    for t, year in enumerate((2000, 2001)):
        w = listening(network, year, group=exclude == "group")
        p = w / np.where(w.sum(1) > 0, w.sum(1), 1)[:, None]
        g = np.nan_to_num(shock.values[:, t])
        expected = np.linalg.solve(np.eye(6) - decay * p, p @ g)
        expected[w.sum(1) == 0] = np.nan
        np.testing.assert_allclose(x.values[:, t], expected, atol=1e-10)
        np.testing.assert_array_equal(x.degree[:, t], (w > 0).sum(1))


@given(SEEDS)
def test_a_chain_of_foreign_partners_only_meets_one_at_once(seed: int) -> None:
    network, shock = world(seed)
    flags = Shock("f", shock.units, shock.years, np.ones(shock.values.shape))
    spec = Chain(isolates="zero", decay=1.0, stop="foreign", lag=0)
    x = expose(network, flags, spec)
    np.testing.assert_allclose(x.values, (x.degree > 0).astype(float), atol=1e-12)
    ring = assemble("w", list("abc"), [2000], [0, 1, 2], [1, 2, 0])
    g = Shock("g", ring.firms, ring.years, np.ones((3, 1)))
    with pytest.raises(SpecificationError, match="below"):
        expose(ring, g, Chain(isolates="zero", decay=1.0, lag=0, exclude="self"))


@given(SEEDS, st.sampled_from(["group", "self"]), st.sampled_from(["mean", "sum"]))
def test_co_partners_equal_a_loop_over_ways(seed: int, exclude: str, by: str) -> None:
    network, shock = world(seed)
    spec = CoPartners(isolates="missing", by=by, lag=0, exclude=exclude, min_coverage=0.0)
    x = expose(network, shock, spec)
    group = network.attributes["group_id"]
    for t, year in enumerate((2000, 2001)):
        c = listening(network, year, group=exclude == "group") > 0
        for i in range(6):
            ways = [
                k
                for j in range(6)
                for k in range(6)
                if c[i, j] and c[k, j] and i != k
                and not (exclude == "group" and group[i] >= 0 and group[i] == group[k])
            ]  # fmt: skip
            known = [shock.values[k, t] for k in ways if not np.isnan(shock.values[k, t])]
            assert x.degree[i, t] == len(ways)
            if not ways:
                value = 0.0 if by == "sum" else np.nan
            elif by == "sum":
                value = sum(known)
            else:
                value = np.mean(known) if known else np.nan
            np.testing.assert_allclose(x.values[i, t], value, atol=1e-12)


@given(SEEDS)
def test_only_links_to_foreign_partners_are_left(seed: int) -> None:
    network, shock = world(seed)
    foreign = through(network, shock)
    for t, year in enumerate((2000, 2001)):
        w = network.at(year).toarray()
        reached = np.nan_to_num(shock.values[:, t]) >= 0.5
        np.testing.assert_array_equal(foreign.at(year).toarray(), w * reached[None, :])


@given(SEEDS, st.booleans(), st.sampled_from(["mean", "sum", "count"]))
def test_parts_add_up_to_the_change(seed: int, interaction: object, by: str) -> None:
    network, shock = world(seed)
    spec = Neighbors(isolates="zero", lag=0, by=by, exclude="self", min_coverage=0.0)
    x = expose(network, shock, spec)
    table = decompose(x, interaction=bool(interaction))
    np.testing.assert_allclose(table[list(PARTS)].sum(axis=1), table["change"], atol=1e-12)
    w = [network.at(y).toarray() for y in (2000, 2001)]
    for _, row in table.iterrows():
        i = int(row["firm_id"][1])
        if np.array_equal(w[0][i], w[1][i]) and not np.isnan(shock.values).any():
            np.testing.assert_allclose(row[["new", "lost", "kept"]].astype(float), 0, atol=1e-12)
    both = (x.degree > 0).all(axis=1) & ~np.isnan(x.values).any(axis=1)
    assert len(table) == both.sum()


def test_constant_shocks_leave_no_partner_change() -> None:
    network, shock = world(4)
    same = np.repeat(np.nan_to_num(shock.values[:, :1]), 2, axis=1)
    g = Shock("g", shock.units, shock.years, same)
    spec = Neighbors(isolates="zero", lag=0, by="sum", exclude="self")
    table = decompose(expose(network, g, spec))
    np.testing.assert_allclose(table["partners"], 0.0, atol=1e-15)
    assert (table["change"] != 0).any()
    with pytest.raises(SpecificationError, match="weighted sum"):
        decompose(expose(network, g, Neighbors(isolates="zero", lag=0, exclude="self", by="max")))
