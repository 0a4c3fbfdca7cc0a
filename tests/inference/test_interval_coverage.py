"""Intervals hold the truth when errors have the dependence, and naive ones do not."""

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "interval_coverage.py"


def benchmark():
    spec = importlib.util.spec_from_file_location("interval_coverage", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["interval_coverage"] = module
    spec.loader.exec_module(module)
    return module


MODULE = benchmark()


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULE.WORLDS)
def test_intervals_hold_the_truth_and_naive_ones_hold_it_too_seldom(name: str) -> None:
    """100 draws: a coverage of 95 % has a standard error of 2.2 points."""
    found = MODULE.coverage(MODULE.WORLDS[name](), draws=100, seed=12)
    assert 0.88 <= found.robust <= 1.0
    assert found.naive <= found.robust - 0.03
