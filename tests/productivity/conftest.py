"""Reference data of production functions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def stored(shared: Path) -> dict[str, Any]:
    """Stored values, from reference/productivity.json."""
    return json.loads((shared / "reference" / "productivity.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def numbers_of(shared: Path) -> Callable[[str], pd.DataFrame]:
    """A reader of purely numeric reference files."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(shared / "data" / "productivity" / name)  # noqa: TID251 - no text inside

    return read
