"""Tests of restrictions in a report: every number is that of the estimate."""

from collections.abc import Callable

import pytest

from spillover.estimation.result import Estimate
from spillover.reports.effects import policy_effect
from spillover.reports.inputs import Focus, ReportedModel
from spillover.reports.restrictions import in_words, restrictions, verdicts
from spillover.reports.words import Words

Maker = Callable[..., Estimate]
EQUAL = "near = far"


def model(make: Maker, near: float) -> ReportedModel:
    return ReportedModel("Same firm", make(beta={"near": near, "far": 0.1}), tests=(EQUAL,))


@pytest.mark.parametrize(("near", "verdict"), [(0.4, "rejected"), (0.12, "not rejected")])
def test_a_restriction_is_shown_with_its_verdict(make: Maker, near: float, verdict: str) -> None:
    one = model(make, near)
    words = Words(given={"near": "Near", "far": "Far"})
    grid = restrictions([one], words)
    assert grid is not None
    (row,) = grid.rows
    assert row.label == "Same firm"
    assert row.cells[0] == "Near = Far"
    assert row.cells[1] == f"{one.estimate.test(EQUAL).f:.2f}"
    assert row.cells[2] == "1, 26"
    assert row.cells[-1] == verdict
    assert ("does not show" in verdicts(one, words)) == (verdict == "not rejected")


def test_a_report_without_tests_has_no_table_of_them(make: Maker) -> None:
    one = ReportedModel("Same firm", make())
    assert restrictions([one], Words()) is None
    assert verdicts(one, Words()) == ""


@pytest.mark.parametrize("language", ["en", "ja"])
def test_both_languages_have_the_words(make: Maker, language: str) -> None:
    for near in (0.4, 0.12):
        assert "near = far" in verdicts(model(make, near), Words(language))


def test_a_term_alone_is_zero() -> None:
    assert in_words("second_tier", Words()) == "second_tier = 0"
    assert in_words("'log1p(d)' = 0", Words(given={"log1p(d)": "Number"})) == "Number = 0"


def test_a_model_may_name_the_term_that_stands_for_the_focus(make: Maker) -> None:
    focus = Focus(regressor="own_out", step=1.0, log_outcome=False)
    naive = ReportedModel("Own firm in", make(beta={"own_in": -0.2}), "naive", term="own_in")
    assert policy_effect(naive.estimate, naive.focus(focus)).value == pytest.approx(-0.2)
    assert ReportedModel("Same firm", make()).focus(focus) is focus
