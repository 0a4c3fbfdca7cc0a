"""Small cells stay hidden, and cannot be computed from what is shown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DisclosureError, SpecificationError
from spillover.reports.disclosure import DisclosureRule
from spillover.reports.firms import band, means

counts = st.lists(st.integers(0, 40), min_size=1, max_size=12)


@given(counts, st.integers(3, 15))
def test_no_cell_with_too_few_firms_is_shown(cells, minimum) -> None:
    cells = np.array(cells)
    hidden = DisclosureRule(minimum_units=minimum).hidden(cells)
    assert not np.any((cells[~hidden] > 0) & (cells[~hidden] < minimum))


@given(counts, st.integers(3, 15))
def test_the_total_minus_the_shown_cells_never_leaves_a_small_group(cells, minimum) -> None:
    cells = np.array(cells)
    hidden = DisclosureRule(minimum_units=minimum).hidden(cells)
    everything = np.array_equal(hidden, cells > 0)
    left = int(cells[hidden].sum())
    assert left == 0 or everything or (left >= minimum and hidden.sum() >= 2)


@given(counts)
def test_nothing_is_hidden_when_every_cell_is_large(cells) -> None:
    assert not DisclosureRule(minimum_units=3).hidden(np.array(cells) + 3).any()


def test_empty_cells_say_nothing_about_a_firm_and_stay() -> None:
    hidden = DisclosureRule(minimum_units=5).hidden(np.array([0, 2, 9, 30]))
    assert hidden.tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("amounts", "dominated"),
    [((51, 49), True), ((40, 30, 30), False), ((45, 45, 10), True), ((0, 0), False)],
)
def test_one_or_two_firms_may_not_dominate_a_total(amounts, dominated) -> None:
    assert DisclosureRule().dominated(np.array(amounts, float)) is dominated


def test_too_few_firms_are_refused_with_the_numbers() -> None:
    with pytest.raises(DisclosureError, match=r"at least 10 firms behind a map. Found 4"):
        DisclosureRule().require(4, "a map")


def test_no_rule_is_weaker_than_three_firms() -> None:
    with pytest.raises(SpecificationError, match="minimum_units"):
        DisclosureRule(minimum_units=2)


def test_means_are_those_of_a_loop_where_they_are_shown(rng) -> None:
    groups = rng.choice(["a", "b", "c", ""], 200).astype(object)
    values = np.where(rng.random(200) < 0.1, np.nan, rng.normal(size=200))
    found = means(values, groups, DisclosureRule(minimum_units=3))
    for key, mean, count in zip(found.keys, found.values, found.counts, strict=True):
        own = [v for v, g in zip(values, groups, strict=True) if g == key and not np.isnan(v)]
        assert count == len(own)
        assert mean == pytest.approx(sum(own) / len(own))
    assert "" not in found.keys


def test_means_of_few_firms_are_missing() -> None:
    groups = np.array(["a"] * 4 + ["b"] * 5 + ["c"] * 20, dtype=object)
    found = means(np.ones(29), groups, DisclosureRule(minimum_units=5))
    assert np.isnan(found.values).tolist() == [True, True, False]
    assert found.hidden == 2


@given(st.integers(1, 300), st.integers(3, 20))
def test_quantiles_leave_enough_firms_outside(n, minimum) -> None:
    values = np.arange(n, dtype=float)
    low, high, share = band(values, DisclosureRule(minimum_units=minimum))
    if share:
        assert np.sum(values <= low) >= minimum
        assert np.sum(values >= high) >= minimum
    else:
        assert np.isnan(low)
        assert n < 4 * minimum
