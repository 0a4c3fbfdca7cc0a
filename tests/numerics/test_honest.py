"""Critical values of the larger of two t variables, and intervals under bounded bias."""

import numpy as np
import pytest

from spillover.numerics.honest import BoundedBias, pair_critical
from spillover.numerics.tails import critical

# Event times -4, -3, -2 and 0 (base -1) of teen employment (R package did, data mpdta): change of
# log employment since the base year, never treated controls, clustered by county.
BETA = np.array([0.003306357, 0.025021830, 0.024458745, -0.019931817])
MATRIX = 1e-4 * np.array(
    [
        [5.978940905, 3.359073548, 2.108153226, 0.284213133],
        [3.359073548, 3.282952872, 1.771513077, 0.382262676],
        [2.108153226, 1.771513077, 2.026751479, 0.332679318],
        [0.284213133, 0.382262676, 0.332679318, 1.398628868],
    ]
)
STEPS = np.array([[-1.0, 1.0, 0.0, 0.0], [0.0, -1.0, 1.0, 0.0], [0.0, 0.0, -1.0, 0.0]])
TARGET = np.array([0.0, 0.0, 0.0, 1.0])


def counties(df: float = np.inf) -> BoundedBias:
    return BoundedBias(BETA, MATRIX, TARGET, STEPS, df)


@pytest.mark.parametrize("df", [7.0, 40.0, np.inf])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_the_ends_are_one_and_two_sided_values(level: float, df: float) -> None:
    found = pair_critical(level, df, np.array([1.0, -1.0]))
    assert found == pytest.approx([critical(2 * level - 1, df), critical(level, df)], rel=1e-9)


@pytest.mark.parametrize("df", [6.0, np.inf])
def test_the_larger_of_two_exceeds_its_value_as_often_as_it_should(df: float) -> None:
    rng = np.random.default_rng(1)
    first, other = rng.standard_normal((2, 400_000))
    scale = 1.0 if np.isinf(df) else np.sqrt(rng.chisquare(df, len(first)) / df)
    for correlation in (-0.9, -0.3, 0.0, 0.6):
        second = correlation * first + np.sqrt(1 - correlation**2) * other
        value = pair_critical(0.95, df, np.array([correlation]))
        assert np.mean(np.maximum(first, second) / scale > value) == pytest.approx(0.05, abs=1.5e-3)


def test_intervals_are_those_of_honestdid() -> None:
    # honestdid 0.1.1 (port of R HonestDiD), computeConditionalCS_DeltaRM with hybrid_kappa = alpha,
    # which is the least favourable test alone, 2,000,000 draws, grid of 0.00006.
    low, high = counties().interval(np.array([0.0, 0.5, 1.0, 2.0]), 0.95)
    assert low == pytest.approx([-0.04304, -0.05798, -0.07917, -0.12549], abs=1.3e-4)
    assert high == pytest.approx([0.00316, 0.02154, 0.04380, 0.09062], abs=1.3e-4)


@pytest.mark.parametrize("df", [11.0, np.inf])
def test_without_violations_it_is_the_plain_interval(df: float) -> None:
    low, high = counties(df).interval(np.array([0.0]), 0.95)
    reach = critical(0.95, df) * np.sqrt(MATRIX[3, 3])
    assert [low[0], high[0]] == pytest.approx([BETA[3] - reach, BETA[3] + reach], rel=1e-9)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_it_holds_the_effect_when_the_trend_after_is_the_worst_allowed(sign: float) -> None:
    """True effect zero; the step after treatment is the largest one before it, times the bound."""
    rng, bound, truth = np.random.default_rng(5), 1.5, np.array([0.0, 0.06, 0.03, 0.0])
    truth[3] = sign * bound * np.abs(STEPS @ truth).max()
    held = 0
    for beta in rng.multivariate_normal(truth, MATRIX, size=500):
        problem = BoundedBias(beta, MATRIX, TARGET, STEPS, np.inf)
        low, high = problem.interval(np.array([bound]), 0.95)
        held += bool(low[0] <= 0.0 <= high[0])
    assert held / 500 > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 500)
