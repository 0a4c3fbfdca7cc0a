"""Intervals cover the truth when errors have the dependence that is allowed for."""

import runpy
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "coverage_clusters.py"
DRAWS = 250


@pytest.mark.slow
@pytest.mark.parametrize("name", ["variances", "firms", "firms and years", "ten regions"])
def test_the_right_interval_covers_and_the_naive_one_fails(name: str) -> None:
    """Three Monte Carlo standard errors at 250 draws are 4 per cent."""
    right, naive = runpy.run_path(str(BENCHMARK))["coverage"](name, DRAWS)
    assert 0.91 <= right <= 0.99
    assert naive < 0.9
