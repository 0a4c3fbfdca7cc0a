"""Weights as functions of distance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.numerics.kernels import bartlett_lags, decay, reach_of

SHAPES = ("uniform", "bartlett", "parzen", "tukey", "spherical", "wendland")


@pytest.mark.parametrize("shape", SHAPES)
def test_weights_fall_from_one_to_zero(shape: str) -> None:
    x = np.linspace(0.0, 1.5, 301)
    weights = decay(shape, x)
    assert weights[0] == 1.0
    assert (np.diff(weights) <= 1e-15).all()
    assert (weights[x > 1.0] == 0.0).all()
    assert decay(shape, np.array([np.inf]))[0] == 0.0


@pytest.mark.parametrize(
    ("shape", "half"),
    [
        ("uniform", 1.0),
        ("bartlett", 0.5),
        ("parzen", 0.25),
        ("tukey", 0.5),
        ("spherical", 0.3125),
        ("wendland", 0.1875),
    ],
)
def test_weights_at_half_the_bandwidth_are_those_of_the_formulas(shape: str, half: float) -> None:
    assert decay(shape, np.array([0.5]))[0] == pytest.approx(half, abs=1e-15)


@pytest.mark.parametrize("shape", SHAPES)
@given(b=st.floats(0.1, 20.0))
def test_the_reach_is_the_greatest_distance_with_weight(shape: str, b: float) -> None:
    steps = np.arange(25)
    positive = steps[decay(shape, steps / b) > 0]
    if shape != "uniform" and b == int(b):
        assert positive.max() == b - 1 == reach_of(shape, b)
    assert positive.max() <= reach_of(shape, b)
    assert reach_of(shape, b) - positive.max() <= (b - int(b) < 1e-3)


@given(st.sets(st.integers(1990, 2020), min_size=1, max_size=8), st.integers(0, 12))
def test_bartlett_weights_between_years_are_positive_semidefinite(years: set, lags: int) -> None:
    B = bartlett_lags(np.array(sorted(years)), lags)
    assert (np.diag(B) == 1.0).all()
    assert np.linalg.eigvalsh(B).min() > -1e-12
