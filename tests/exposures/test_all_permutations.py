"""Randomisation tests on economies so small that every assignment is listed by a loop."""

from itertools import permutations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import IdentificationError, SpecificationError
from spillover.estimation.estimate import estimate
from spillover.estimation.randomize import Randomization, randomize
from spillover.exposures.assignment import Assignment
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.recenter import recenter
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.numerics.rank_test import RankTest
from spillover.sample import Sample
from spillover.tables.panel import Panel

N, DRAWS = 6, 1999
Links = dict[tuple[int, int], float]


def economy(seed: int) -> tuple[Links, list[int], list[float], list[float]]:
    """Links with duplicates and isolates, strata, shocks and outcomes of six firms in one year."""
    rng = np.random.default_rng(seed)
    links: Links = {}
    for i, j, w in rng.integers(0, [N - 1, N, 4], (12, 3)):
        if i != j and w > 0:
            links[int(i), int(j)] = links.get((int(i), int(j)), 0.0) + float(w)
    place = rng.permutation([0, 0, 0, 0, 1, 1]).tolist()
    shock = rng.choice([0.0, 1.0, 3.0], N).tolist()
    return links, place, shock, rng.normal(size=N).round(3).tolist()


def exposed(links: Links, shock: list[float], by: str) -> list[float]:
    x = []
    for i in range(N):
        mine = {j: w for (a, j), w in links.items() if a == i}
        if by == "count":
            x.append(float(sum(shock[j] >= 0.5 for j in mine)))
            continue
        level = sum(w * shock[j] for j, w in mine.items())
        x.append(level / sum(mine.values()) if by == "mean" and mine else level)
    return x


def assignments(place: list[int], shock: list[float]) -> list[list[float]]:
    """The shock under every exchange within strata, the actual one first."""
    return [
        [shock[a] for a in order]
        for order in permutations(range(N))
        if all(place[a] == place[b] for a, b in enumerate(order))
    ]


def scores(links: Links, place: list[int], shock: list[float], y: list[float], by: str) -> list:
    """Products of outcome and actual exposure, around their means, with every other exposure."""
    x = exposed(links, shock, by)
    centre = (sum(y) / N, sum(x) / N)
    around = [[v - centre[0] for v in y], [v - centre[1] for v in x]]
    found = []
    for drawn in assignments(place, shock):
        other = exposed(links, drawn, by)
        found.append([sum(a * b for a, b in zip(part, other, strict=True)) for part in around])
    return found


def exact_p(found: list, value: float) -> float:
    """Share of assignments whose score is at least as far from the mean as the actual one."""
    left = [a - value * c for a, c in found]
    mean = sum(left) / len(left)
    far = abs(left[0] - mean)
    tie = 1e-12 * max(abs(a) + abs(value * c) for a, c in found)
    return sum(abs(t - mean) >= far - tie for t in left) / len(left)


def randomized(seed: int, by: str, level: float) -> tuple[Randomization, list] | None:
    """The test of the library and all scores of the loop; None when nothing can vary."""
    links, place, shock, y = economy(seed)
    ends = list(links)
    network = assemble(
        "w",
        [f"F{i}" for i in range(N)],
        [2000],
        [j for _, j in ends],
        [i for i, _ in ends],
        list(links.values()),
        attributes={"industry": np.array(place, np.int32)},
    )
    carried = Shock("g", network.firms, network.years, np.array(shock)[:, None])
    x = expose(network, carried, Neighbors("zero", by, lag=0, exclude="self"), name="x")
    np.testing.assert_allclose(x.values[:, 0], exposed(links, shock, by), atol=1e-12)
    panel = Panel.of(pd.DataFrame({"firm_id": network.firms, "year": 2000, "y": y}))
    rule = Assignment(within=("industry",), draws=DRAWS, seed=seed)
    try:
        fit = estimate(Sample.of(panel, exposures=[x]), FixedEffects("y", ("x",)))
        found = randomize(fit, "x", rule, level)
    except (SpecificationError, IdentificationError):
        return None
    return found, scores(links, place, shock, y, by)


KINDS = st.sampled_from(["mean", "sum", "count"])


@given(st.integers(0, 5000), KINDS)
def test_p_values_are_shares_of_all_assignments_up_to_the_error_of_drawing(
    seed: int, by: str
) -> None:
    both = randomized(seed, by, 0.8)
    if both is None:
        return
    found, every = both
    known = np.isfinite(found.estimate)
    for value in (0.0, -0.7, 0.4, 2.0, *([found.estimate] if known else [])):
        exact = exact_p(every, value)
        error = 5 * np.sqrt(exact * (1 - exact) / DRAWS) + 2 / DRAWS
        assert abs(found.p_at(value) - exact) <= error
    assert found.p_value == found.p_at(0.0)
    assert not known or found.p_at(found.estimate) == 1.0


@given(st.integers(0, 5000), KINDS, st.sampled_from([0.6, 0.8, 0.9]))
def test_the_inverted_set_is_that_of_a_grid(seed: int, by: str, level: float) -> None:
    both = randomized(seed, by, level)
    if both is None:
        return
    found, every = both
    centre = found.estimate if np.isfinite(found.estimate) else 0.0
    for value in (*(centre + np.linspace(-3, 3, 61)), -50.0, 50.0):
        if len({found.p_at(float(value) + step) for step in (-1e-7, 0.0, 1e-7)}) > 1:
            continue  # a draw meets the actual assignment here
        held = value in found.interval
        assert held == (found.p_at(float(value)) > (1 - level) * (1 + 1e-9))
        exact = exact_p(every, float(value))
        error = 5 * np.sqrt(exact * (1 - exact) / DRAWS) + 2 / DRAWS
        if abs(exact - (1 - level)) > error:
            assert held == (exact > 1 - level)


@given(st.integers(0, 5000), KINDS)
def test_with_every_assignment_listed_the_test_is_exact(seed: int, by: str) -> None:
    links, place, shock, y = economy(seed)
    every = scores(links, place, shock, y, by)
    test = RankTest.centred(np.array(every))
    values = np.linspace(-2, 2, 21) + 0.00123
    exact = [exact_p(every, float(value)) for value in values]
    if test.c[0] == 0 or np.ptp(test.a) < 1e-9:
        return
    np.testing.assert_allclose(test.p_values(values), exact, atol=1e-12)
    interval = test.confidence_set(0.8)
    for value, p in zip(values, exact, strict=True):
        if abs(p - 0.2) > 1e-9:
            assert (value in interval) == (p > 0.2)


@settings(max_examples=15)
@given(st.integers(0, 5000), KINDS)
def test_luck_has_mean_zero_over_all_assignments(seed: int, by: str) -> None:
    """Recentred by the expectation in closed form, for every firm."""
    links, place, shock, _ = economy(seed)
    ends = list(links)
    network = assemble(
        "w", [f"F{i}" for i in range(N)], [2000], [j for _, j in ends], [i for i, _ in ends],
        list(links.values()), attributes={"industry": np.array(place, np.int32)},
    )  # fmt: skip
    carried = Shock("g", network.firms, network.years, np.array(shock)[:, None])
    x = expose(network, carried, Neighbors("zero", by, lag=0, exclude="self"), name="x")
    try:
        found = recenter(x, Assignment(("industry",), own_status="random"))
    except SpecificationError:
        return
    drawn = np.array([exposed(links, other, by) for other in assignments(place, shock)])
    np.testing.assert_allclose((drawn - found.expected[:, 0]).mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(found.spread[:, 0], drawn.std(axis=0), atol=1e-7)
