"""Statistics redrawn without rebuilding anything."""

from itertools import permutations

import numpy as np
import pytest

from spillover.numerics.permute import LinearStatistic, Segments


@pytest.fixture
def statistic(rng: np.random.Generator) -> LinearStatistic:
    shock = rng.choice([0.0, 0.0, 1.0, 3.0], (7, 2))
    return LinearStatistic(rng.normal(size=(2, 7, 2)), shock)


CODES = np.array([0, 1, 0, -1, 1, 1, 0])


def outcomes(statistic: LinearStatistic) -> np.ndarray:
    """The statistics under every exchange of histories within strata."""
    found = []
    for order in permutations(range(7)):
        if all(CODES[a] == CODES[b] and (CODES[a] >= 0 or a == b) for a, b in enumerate(order)):
            g = statistic.shock[list(order)]
            found.append([np.sum(h * g) for h in statistic.loads])
    return np.array(found)


def test_draws_are_those_of_enumeration_and_equally_likely(statistic: LinearStatistic) -> None:
    every = outcomes(statistic)
    drawn = statistic.drawn(CODES, 8000, (1,), replace=False)
    keys, counts = np.unique(every[:, 0].round(9), return_counts=True)
    seen, frequency = np.unique(drawn[:, 0].round(9), return_counts=True)
    np.testing.assert_allclose(seen, keys, atol=1e-8)
    expected = counts / len(every)
    error = np.sqrt(expected * (1 - expected) / 8000)
    assert np.all(np.abs(frequency / 8000 - expected) < 4.5 * error + 1e-12)
    np.testing.assert_allclose(drawn.mean(0), every.mean(0), atol=5 * drawn.std(0).max() / 80)


def test_draws_with_replacement_have_the_moments_of_independent_firms(
    statistic: LinearStatistic,
) -> None:
    drawn = statistic.drawn(CODES, 8000, (1,), replace=True)
    mean, variance = np.zeros(2), np.zeros(2)
    for q in range(2):
        for i, code in enumerate(CODES):
            pool = [j for j in range(7) if CODES[j] == code] if code >= 0 else [i]
            parts = [statistic.loads[q, i] @ statistic.shock[j] for j in pool]
            mean[q] += np.mean(parts)
            variance[q] += np.var(parts)
    np.testing.assert_allclose(drawn.mean(0), mean, atol=5 * np.sqrt(variance.max() / 8000))
    np.testing.assert_allclose(drawn.var(0), variance, rtol=0.1)


def test_draws_depend_on_the_seed_only(
    statistic: LinearStatistic, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = statistic.drawn(CODES, 500, (4,), replace=False)
    assert one.tobytes() == statistic.drawn(CODES, 500, (4,), replace=False).tobytes()
    np.testing.assert_array_equal(one[:64], statistic.drawn(CODES, 64, (4,), replace=False))
    assert one.tobytes() != statistic.drawn(CODES, 500, (5,), replace=False).tobytes()
    big = LinearStatistic(np.ones((1, 40_000, 1)), np.ones((40_000, 1)))
    codes = np.zeros(40_000, np.int32)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    serial = big.drawn(codes, 96, (4,), replace=False)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert serial.tobytes() == big.drawn(codes, 96, (4,), replace=False).tobytes()


def test_segments_hold_the_members_of_each_stratum() -> None:
    segments = Segments.of(CODES)
    assert segments.places.tolist() == [0, 2, 6, 1, 4, 5]
    assert segments.bounds.tolist() == [0, 3, 6]
    mixed = segments.shuffled(np.random.default_rng(0))
    assert sorted(mixed[:3]) == [0, 2, 6]
    nobody = LinearStatistic(np.ones((1, 3, 1)), np.ones((3, 1)))
    assert nobody.drawn(np.full(3, -1), 2, (0,), replace=False).tolist() == [[3.0], [3.0]]
