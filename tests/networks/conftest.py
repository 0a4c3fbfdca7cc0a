"""Networks that several tests share."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spillover.networks.build import assemble
from spillover.networks.network import Network


@pytest.fixture(scope="session")
def stored(shared: Path) -> dict:
    """Stored values of networkx, igraph, R and numpy on the forty-firm network."""
    cases = json.loads((shared / "reference" / "network.json").read_text("utf-8"))
    case = cases["graph_measures_toy"]
    return case["values"] | {"brokerage": case["gould_fernandez_sna"]["raw"]}


@pytest.fixture(scope="session")
def toy(shared: Path) -> tuple[Network, pd.DataFrame]:
    """All links of the forty-firm network regardless of date, with the table of firms."""
    folder = shared / "data" / "toy_firmnet"
    nodes = pd.read_csv(folder / "nodes.csv")  # noqa: TID251 - outside the project
    links = pd.read_csv(folder / "edges.csv")  # noqa: TID251 - outside the project
    firms = [f"{i:02d}" for i in nodes["id"]]
    attributes = {"industry": nodes["ind"].to_numpy(np.int32)}
    columns = (links["src"], links["dst"], links["w"])
    return assemble("supply", firms, [2010], *columns, attributes=attributes), nodes
