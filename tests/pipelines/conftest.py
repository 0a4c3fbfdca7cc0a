"""A small study that every test can change, with and without its data."""

import tomllib
from collections.abc import Callable
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
vcov = { type = "AnyOf", of = [{ type = "Cluster", by = "firm_id" }, { type = "Cluster", by = "industry^year" }] }

[[models]]
label = "Pooled"
role = "naive"
remark = "Compares different firms."
design = { type = "FixedEffects", outcome = "log_tfp", regressors = ["backward"] }
vcov = { type = "Cluster", by = "firm_id" }

[report]
confidential = false
truth = "truth.json"
focus = { regressor = "backward" }
"""  # noqa: E501 - a TOML table stands on one line


@pytest.fixture
def text() -> str:
    return STUDY


@pytest.fixture
def data() -> dict[str, Any]:
    return tomllib.loads(STUDY)


@pytest.fixture(scope="session")
def pristine(simulated_study: Callable[..., Path]) -> Path:
    """Folder of a small simulated study; tests copy it."""
    return simulated_study(STUDY, seed=3, firms=150, years=5)
