"""Exposures of the forty-firm network against stored values.

The values were computed with numpy and scipy from the formulas in the file (tolerance 1e-10).
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.network import Network

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def case(shared: Path) -> dict:
    stored = json.loads((shared / "reference" / "network.json").read_text("utf-8"))
    return stored["graph_measures_toy"]["values"]["exposure"]


@pytest.fixture(scope="module")
def toy(shared: Path) -> tuple[Network, Shock]:
    """All links regardless of date, and the foreign flag."""
    folder = shared / "data" / "toy_firmnet"
    nodes = pd.read_csv(folder / "nodes.csv")  # noqa: TID251 - outside the project
    links = pd.read_csv(folder / "edges.csv")  # noqa: TID251 - outside the project
    firms = [f"{i:02d}" for i in nodes["id"]]
    attributes = {"industry": nodes["ind"].to_numpy(np.int32)}
    supply = assemble(
        "supply", firms, [2010], links["src"], links["dst"], links["w"], attributes=attributes
    )
    foreign = Shock("foreign", supply.firms, supply.years, nodes[["foreign"]].to_numpy(float))
    return supply.suppliers(), foreign


def heard(toy: tuple[Network, Shock], **fields: object) -> np.ndarray:
    network, foreign = toy
    spec = Neighbors(**{"isolates": "zero", "lag": 0, "exclude": "self"} | fields)
    return expose(network, foreign, spec).values[:, 0]


def flat(toy: tuple[Network, Shock]) -> tuple[Network, Shock]:
    """The same links with weight one."""
    network, foreign = toy
    e = network.edges
    return assemble(
        "w", network.firms, network.years, e.src, e.dst, attributes=network.attributes
    ), foreign


def stored(values: list) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], float)


def test_shares_and_counts_of_foreign_suppliers(case: dict, toy: tuple[Network, Shock]) -> None:
    close = {"atol": 1e-12, "rtol": 0}
    share, count = case["share_foreign_suppliers_weighted"], case["share_foreign_suppliers_count"]
    np.testing.assert_allclose(heard(toy), share, **close)
    np.testing.assert_allclose(heard(flat(toy)), count, **close)
    np.testing.assert_array_equal(heard(toy, by="count"), case["n_foreign_suppliers"])


def test_exact_second_tier(case: dict, toy: tuple[Network, Shock]) -> None:
    expected = stored(case["second_tier_exact_distance_share"])
    np.testing.assert_allclose(heard(toy, tier=2, isolates="missing"), expected, atol=1e-12)


def test_partners_that_listen_back_and_partners_of_the_own_industry(
    case: dict, toy: tuple[Network, Shock]
) -> None:
    one_way = heard(flat(toy), exclude="mutual", isolates="missing")
    np.testing.assert_allclose(one_way, stored(case["exclude_backlinks_share"]), atol=1e-12)
    other = heard(flat(toy), outside="industry", isolates="missing")
    np.testing.assert_allclose(other, stored(case["other_industry_share"]), atol=1e-12)
