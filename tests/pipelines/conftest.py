"""A small study that every test can change."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

STUDY = """
title = "Does it spill over?"
seed = 7
tables = "data"
foreign = "BOP_10"

[networks.supply]
type = "SupplyLinks"
weight = "binary"

[networks.copatent]
type = "JointPatents"
window = {}
decay = 0.15

[productivity]
type = "SolowResidual"

[exposures.backward]
network = "supply.customers"
shock = "foreign"
spec = { type = "Neighbors", lag = 1, isolates = "missing" }

[[sample]]
where = "foreign == 0"
reason = "foreign-owned firms"

[[models]]
label = "Within firm"
design = { type = "FixedEffects", outcome = "log_tfp", regressors = ["backward"], absorb = ["firm_id", "year"] }
vcov = { type = "AnyOf", of = [{ type = "Cluster", by = "firm_id" }, { type = "Cluster", by = "year" }] }

[report]
focus = { regressor = "backward" }
"""  # noqa: E501 - a TOML table stands on one line

TEMPLATES = Path(__file__).parents[2] / "src" / "spillover" / "pipelines" / "templates"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def text() -> str:
    return STUDY


@pytest.fixture
def data() -> dict[str, Any]:
    return tomllib.loads(STUDY)
