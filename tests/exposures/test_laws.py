"""Laws of exposures that hold whatever the economy is."""

from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.exposures.assignment import Assignment
from spillover.exposures.expose import expose
from spillover.exposures.linkages import Backward, Forward, Horizontal
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.presence import Presence
from spillover.exposures.recenter import recenter
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.connect import connect
from spillover.networks.geography import GeographicProximity
from spillover.networks.industries import IndustryFlows
from spillover.networks.network import Network
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
