"""Redrawn shocks: what changes places and what does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.exposures.assignment import Assignment
from spillover.exposures.expose import expose
from spillover.exposures.exposure import Exposure
from spillover.exposures.lottery import Lottery
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble


def exposure(seed: int, n: int = 12) -> Exposure:
    rng = np.random.default_rng(seed)
    network = assemble(
        "w",
        [f"F{i:02d}" for i in range(n)],
        [2000, 2001, 2002],
        rng.integers(0, n, 30),
        rng.integers(0, n, 30),
        present=rng.random((n, 3)) < 0.85,
        attributes={"industry": rng.integers(-1, 2, n).astype(np.int32)},
    )
    values = rng.choice([0.0, 1.0, 2.0, np.nan], (n, 3), p=[0.4, 0.3, 0.2, 0.1])
    shock = Shock("g", network.firms, network.years, values)
    return expose(network, shock, Neighbors(isolates="zero", lag=0, exclude="self"))


@given(st.integers(0, 5000), st.sampled_from(["histories", "years"]))
def test_a_draw_exchanges_shocks_within_strata_and_moves_nothing_else(seed: int, how: str) -> None:
    x = exposure(seed)
    lottery = Lottery.of(x, Assignment(within=("industry",)), how)
    drawn = lottery.draw(np.random.default_rng(seed))
    before, place = lottery.values, x.network.attributes["industry"]
    known = ~np.isnan(before) & x.network.present
    np.testing.assert_array_equal(np.isnan(drawn), np.isnan(before))
    still = ~known | (place < 0)[:, None]
    np.testing.assert_array_equal(drawn[still], before[still])
    for kind in (0, 1):
        for at in range(3):
            rows = known[:, at] & (place == kind)
            np.testing.assert_array_equal(np.sort(drawn[rows, at]), np.sort(before[rows, at]))
    if how == "histories":
        pool = {(place[i], *known[i], *np.where(known[i], before[i], -1)) for i in range(12)}
        for i in np.flatnonzero((place >= 0) & known.any(axis=1)):
            assert (place[i], *known[i], *np.where(known[i], drawn[i], -1)) in pool


def test_firms_that_stay_keep_their_shock_and_years_that_do_not_matter_do_not_divide() -> None:
    x = exposure(3)
    rule = Assignment(within=())
    stay = np.arange(12) < 6
    lottery = Lottery.of(x, rule, "histories", stay=stay)
    for seed in range(5):
        drawn = lottery.draw(np.random.default_rng(seed))
        np.testing.assert_array_equal(drawn[stay], lottery.values[stay])
    narrow = Lottery.of(x, rule, "histories", layers=np.array([0]))
    wide = Lottery.of(x, rule, "histories")
    assert len(narrow.segments[0].bounds) < len(wide.segments[0].bounds)


def test_every_firm_is_equally_likely_to_get_every_history() -> None:
    network = assemble("w", list("abcd"), [2000], [0], [1])
    shock = Shock("g", network.firms, network.years, np.arange(4.0)[:, None])
    x = expose(network, shock, Neighbors(isolates="zero", lag=0, exclude="self"))
    lottery = Lottery.of(x, Assignment(within=()), "histories")
    rng = np.random.default_rng(0)
    draws = np.array([lottery.draw(rng)[:, 0] for _ in range(4000)])
    for value in range(4):
        share = np.mean(draws == value, axis=0)
        np.testing.assert_allclose(share, 0.25, atol=4 * np.sqrt(0.25 * 0.75 / 4000))
    again = Lottery.of(x, Assignment(within=(), process="bernoulli"), "histories")
    counts = np.array([np.sum(again.draw(rng) == 0.0) for _ in range(4000)])
    assert np.mean(counts) == pytest.approx(1.0, abs=0.06)
    assert np.var(counts) == pytest.approx(0.75, abs=0.1)


def test_firms_without_another_shock_to_get_are_counted() -> None:
    network = assemble("w", list("abcde"), [2000, 2001], [0], [1])
    values = np.array([[1, 1], [1, 1], [0, 1], [0, 0], [0, 0]], float)
    shock = Shock("g", network.firms, network.years, values)
    x = expose(network, shock, Neighbors(isolates="zero", lag=0, exclude="self"))
    assert Lottery.of(x, Assignment(within=()), "histories").idle == 0
    network.attributes.update({"industry": np.array([0, 0, 1, 1, 1], np.int32)})
    assert Lottery.of(x, Assignment(within=("industry",)), "years").idle == 2
