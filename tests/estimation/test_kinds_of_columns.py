"""The kind of a column that holds the same values changes no estimate."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.estimation.estimate import estimate
from spillover.inference.cluster import Cluster
from spillover.sample import Sample
from spillover.tables.panel import Panel


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Firm-years with gaps; identifiers whose order as numbers is not that as text."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"firm_id": np.repeat(np.arange(1, 41), 6), "year": np.tile(np.arange(2000, 2006), 40)}
    )
    frame = frame[rng.random(240) > 0.2].reset_index(drop=True)
    n = len(frame)
    x = rng.normal(size=n).round(3)
    return frame.assign(
        industry=rng.integers(7, 13, n), x=x, y=x + np.sin(frame["firm_id"]) + rng.normal(size=n)
    )


def numbers(data: object) -> np.ndarray:
    design = FixedEffects.formula("y ~ x | firm_id + industry^year")
    found = estimate(Sample.of(Panel.of(data)), design, Cluster("industry") | Cluster("firm_id"))
    return np.concatenate([found.beta, found.std_errors, [found.nobs]])


KINDS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "text": lambda s: s.astype(str),
    "arrow text": lambda s: s.astype(str).astype("string[pyarrow]"),
    "category": lambda s: s.astype(str).astype("category").cat.add_categories("unused"),
    "float": lambda s: s.astype(float),
    "byte": lambda s: s.astype("uint8"),
    "nullable": lambda s: s.astype("Int64"),
    "object": lambda s: s.astype(object),
}


@pytest.mark.parametrize("kind", KINDS)
def test_identifiers_of_any_kind_give_the_same_numbers(frame: pd.DataFrame, kind: str) -> None:
    changed = {name: KINDS[kind](frame[name]) for name in ("firm_id", "industry")}
    np.testing.assert_allclose(numbers(frame.assign(**changed)), numbers(frame), rtol=1e-12)


@pytest.mark.parametrize("of", [pl.from_pandas, pa.Table.from_pandas])
def test_frames_of_any_library_give_the_same_numbers(frame: pd.DataFrame, of: Any) -> None:
    np.testing.assert_array_equal(numbers(of(frame)), numbers(frame))


@pytest.mark.parametrize("scale", [1e-100, 1e-12, 1e12, 1e100])
@pytest.mark.parametrize("column", ["x", "y"])
def test_units_of_any_size_give_the_same_statistic(
    frame: pd.DataFrame, column: str, scale: float
) -> None:
    beta, error, rows = numbers(frame.assign(**{column: frame[column] * scale}))
    plain = numbers(frame)
    assert beta / error == pytest.approx(plain[0] / plain[1], rel=1e-10)
    assert rows == plain[2]


@pytest.mark.parametrize("weight", [1e8, 1e15, 1e18])
def test_a_row_of_boundless_weight_is_a_row_that_is_fitted(
    frame: pd.DataFrame, weight: float
) -> None:
    """The limit: its firm effect fits the row, and the firm's other rows still count."""
    w = np.where(np.arange(len(frame)) == 3, weight, 1.0)
    sample = Sample.of(Panel.of(frame.assign(w=w, own=w > 1)))
    heavy = FixedEffects.formula("y ~ x", weights="w").solve(sample)
    at = sample.panel.frame["own"].to_numpy()
    y, x = (frame[name] - frame[name][at].item() for name in ("y", "x"))
    assert heavy.beta[0] == pytest.approx(float(x @ y / (x @ x)), rel=1e-6)
