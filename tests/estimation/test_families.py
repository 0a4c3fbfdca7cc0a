"""Families of hypotheses: step-down p-values and false discovery rates."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import SpecificationError, UnknownNameError
from spillover.estimation.estimate import estimate
from spillover.estimation.families import benjamini_hochberg, romano_wolf, step_down
from spillover.inference.wild import WildCluster
from spillover.numerics.solution import FirstStage
from spillover.sample import Sample
from spillover.tables.panel import Panel

VCOV = WildCluster("firm_id", draws=999, seed=4)
LINE = "y ~ x1 + x2 | firm_id + year"


def test_a_family_of_one_has_the_p_value_of_the_bootstrap(sample: Sample) -> None:
    result = estimate(sample, FixedEffects.formula(LINE), VCOV)
    family = romano_wolf([(result, "x1")], VCOV).table
    share = result.tidy().loc["x1", "p_value"]
    assert family["p_adjusted"].iloc[0] == pytest.approx((999 * share + 1) / 1000)
    assert family["p_adjusted"].iloc[0] == family["p_value"].iloc[0]


def test_all_sign_vectors_count_themselves(sample: Sample) -> None:
    few = WildCluster("region", weights="rademacher", draws=99_999)
    result = estimate(sample, FixedEffects.formula(LINE), few)
    family = romano_wolf([(result, "x1")], few)
    assert family.draws == 2 ** sample.codes("region")[1]
    assert family.table["p_adjusted"].iloc[0] == result.tidy().loc["x1", "p_value"]


def test_models_on_different_rows_share_the_draws(sample: Sample) -> None:
    designs = [LINE, "y ~ x2 | firm_id", "y ~ lag(x1) + x2 | year"]
    results = [estimate(sample, FixedEffects.formula(line), VCOV) for line in designs]
    late = estimate(sample.where("year >= 2004"), FixedEffects.formula(LINE), VCOV)
    pairs = [(results[0], "x1"), (results[1], "x2"), (results[2], "lag(x1)"), (late, "x1")]
    table = romano_wolf(pairs, VCOV).table
    assert (table["p_adjusted"] >= table["p_value"] - 1e-12).all()
    ordered = table.sort_values("statistic", key=abs, ascending=False)["p_adjusted"]
    assert ordered.is_monotonic_increasing
    again = romano_wolf(pairs[::-1], VCOV).table[::-1]
    np.testing.assert_array_equal(again["p_adjusted"], table["p_adjusted"])


def test_the_same_hypothesis_twice_costs_nothing(sample: Sample) -> None:
    """Perfectly dependent statistics: the largest of two equal draws is either of them."""
    result = estimate(sample, FixedEffects.formula(LINE), VCOV)
    once = romano_wolf([(result, "x1")], VCOV).table["p_adjusted"].iloc[0]
    twice = romano_wolf([(result, "x1"), (result, "x1")], VCOV).table["p_adjusted"]
    assert (twice == once).all()


def test_step_down_equals_a_loop() -> None:
    rng = np.random.default_rng(2)
    t, stars = np.abs(rng.normal(size=6) * 2), np.abs(rng.normal(size=(200, 6)))
    found = step_down(t, stars)
    previous, left = 0.0, list(np.argsort(-t))
    while left:
        reached = sum(max(row[left]) >= t[left[0]] for row in stars)
        previous = max(previous, (1 + reached) / 201)
        assert found[left.pop(0)] == pytest.approx(previous)


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_false_discovery_rates_equal_scipy(p: list[float]) -> None:
    found = benjamini_hochberg(p)
    np.testing.assert_allclose(found, stats.false_discovery_control(p), rtol=1e-12)
    assert (found >= np.array(p) - 1e-12).all()


def test_families_that_mean_nothing_are_refused(sample: Sample) -> None:
    result = estimate(sample, FixedEffects.formula(LINE), VCOV)
    with pytest.raises(SpecificationError, match="Found none"):
        romano_wolf([], VCOV)
    with pytest.raises(UnknownNameError, match="Did you mean"):
        romano_wolf([(result, "x11")], VCOV)
    stage = FirstStage(np.zeros((3, 2)), np.arange(3))
    estimated = replace(result, solution=replace(result.solution, first_stage=stage))
    with pytest.raises(SpecificationError, match="itself estimated"):
        romano_wolf([(estimated, "x1")], VCOV)
    other = Sample.of(Panel.of(sample.panel.frame.iloc[:-6]))
    stranger = estimate(other, FixedEffects.formula(LINE), VCOV)
    with pytest.raises(SpecificationError, match="different units or years"):
        romano_wolf([(result, "x1"), (stranger, "x1")], VCOV)
    with pytest.raises(SpecificationError, match="between 0 and 1"):
        benjamini_hochberg([0.2, np.nan])
    holes = sample.panel.frame.assign(area=np.where(np.arange(180) == 20, None, "a"))
    gap = estimate(Sample.of(Panel.of(holes)), FixedEffects.formula(LINE), VCOV)
    with pytest.raises(SpecificationError, match="Found rows without"):
        romano_wolf([(gap, "x1")], WildCluster("area"))
