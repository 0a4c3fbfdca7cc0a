"""A test over a grid: its size under no effect, its power, and one value of the grid."""

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import DataError, SpecificationError
from spillover.estimation.profile import Profile, profile
from spillover.estimation.sup_test import SupTest, sup_test
from spillover.sample import Sample
from spillover.tables.panel import Panel

DESIGN = FixedEffects("y", ("x",), absorb=("firm_id",))
GRID = [1.0, 3.0, 9.0]


def profiled(seed: int, effect: float, lost: int = 0) -> Profile:
    """An exposure that fades with distance, in firms whose errors stay."""
    rng = np.random.default_rng(seed)
    n, years = 60, 3
    distance = rng.uniform(0, 20, (n * years, 4))
    noise = np.repeat(rng.normal(size=n), years) * np.tile([0.0, 1.0, 2.0], n)
    y = effect * np.exp(-distance / 3.0).sum(axis=1) + noise + 0.3 * rng.normal(size=n * years)
    frame = pd.DataFrame({"firm_id": np.repeat(np.arange(n), years).astype(str), "y": y})
    frame["year"] = np.tile([2000, 2001, 2002], n)
    frame["town"] = np.where(np.arange(len(frame)) < lost, np.nan, np.repeat(np.arange(n), years))

    def at(scale: float) -> Sample:
        return Sample.of(Panel.of(frame.assign(x=np.exp(-distance / scale).sum(axis=1))))

    return profile(at, GRID, DESIGN)


def test_an_effect_is_found_and_the_statistic_is_the_largest() -> None:
    found = sup_test(profiled(1, 2.0), "x", SupTest(cluster="firm_id", draws=199))
    assert found.p_value == 1 / 200
    assert found.statistic == found.pointwise.max()
    assert found.at in GRID
    again = sup_test(profiled(1, 2.0), "x", SupTest(cluster="firm_id", draws=199))
    assert again.p_value == found.p_value


def test_statistics_equal_a_plain_loop_over_firms() -> None:
    found = profiled(2, 0.5)
    fit = found.estimates[1]
    kept, linear = fit.sample.take(fit.solution.rows), fit.solution.linear
    assert linear is not None
    total, squares = 0.0, 0.0
    for firm in np.unique(kept.text("firm_id")):
        rows = kept.text("firm_id") == firm
        score = float(np.sum(linear.X[rows, 0] * linear.y[rows]))
        total += score
        squares += score**2
    result = sup_test(found, "x", SupTest(cluster="firm_id", draws=199))
    assert result.pointwise[1] == pytest.approx(total**2 / squares, rel=1e-10)


def test_rejections_under_no_effect_are_as_rare_as_stated() -> None:
    rule = SupTest(cluster="firm_id", draws=199)
    p = np.array([sup_test(profiled(seed, 0.0), "x", rule).p_value for seed in range(150)])
    assert 0.03 < np.mean(p <= 0.1) < 0.19


def test_rows_without_a_cluster_are_refused() -> None:
    with pytest.raises(DataError, match="3 rows without"):
        sup_test(profiled(1, 0.0, lost=3), "x", SupTest(cluster="town"))


def test_a_coefficient_that_is_not_there_is_refused() -> None:
    with pytest.raises(SpecificationError, match="coefficient of 'z'"):
        sup_test(profiled(1, 0.0), "z")
