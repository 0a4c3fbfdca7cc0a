"""The Monte Carlo table on estimators whose behavior is known."""

import numpy as np
import pytest

from spillover.errors import SpecificationError
from spillover.simulation.monte_carlo import MonteCarloTable, monte_carlo


def mean_of_forty(rng: np.random.Generator) -> tuple[float, float]:
    values = rng.normal(1.0, 2.0, 40)
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(40))


def test_an_unbiased_estimator_with_right_errors_covers() -> None:
    table = monte_carlo(2000, 7, mean_of_forty, truth=1.0)
    assert abs(table.bias) < 3 * table.spread / np.sqrt(2000)
    assert table.spread == pytest.approx(2 / np.sqrt(40), rel=0.06)
    assert table.mean_error == pytest.approx(table.spread, rel=0.06)
    assert 0.925 < table.coverage < 0.96


def test_a_shifted_estimator_shows_its_bias_and_loses_coverage() -> None:
    table = monte_carlo(500, 7, lambda rng: (mean_of_forty(rng)[0] + 1.0, 0.32), truth=1.0)
    assert table.bias == pytest.approx(1.0, abs=0.05)
    assert table.coverage < 0.3


def test_rejection_counts_intervals_without_zero() -> None:
    table = MonteCarloTable(1.0, np.array([0.1, 1.0, -3.0]), np.array([1.0, 0.1, 1.0]))
    assert table.rejection == pytest.approx(2 / 3)
    assert table.coverage == pytest.approx(2 / 3)


def test_every_draw_has_its_own_stream_that_does_not_move_with_their_number() -> None:
    few, many = (monte_carlo(n, 3, mean_of_forty, truth=1.0) for n in (5, 9))
    assert np.array_equal(few.estimates, many.estimates[:5])
    assert len(set(many.estimates)) == 9


def test_the_text_shows_bias_and_coverage() -> None:
    table = MonteCarloTable(0.3, np.array([0.3, 0.4]), np.array([0.1, 0.1]))
    text = table.text("within firm")
    assert "within firm: 2 draws, truth 0.300" in text
    assert "0.0500" in text
    assert "100.0%" in text


def test_one_draw_is_refused() -> None:
    with pytest.raises(SpecificationError, match="two draws"):
        monte_carlo(1, 1, mean_of_forty, truth=1.0)
