"""What a report says follows from the numbers and from the design, in both languages."""

from dataclasses import replace

import numpy as np
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.instruments import InstrumentalVariables
from spillover.estimation.estimate import estimate
from spillover.exposures.assignment import Assignment
from spillover.exposures.recenter import recenter
from spillover.inference.cluster import Cluster
from spillover.reports.assumptions import assumption, changes, comparison
from spillover.reports.effects import PolicyEffect
from spillover.reports.inputs import Focus, ReportedModel
from spillover.reports.story import Story
from spillover.reports.summary import headline, paragraphs
from spillover.reports.words import Words
from spillover.sample import Sample

WITHIN = FixedEffects.formula("log_tfp ~ backward | firm_id + year")


def told(make, beta: float, error: float, **focus) -> Story:
    estimate_ = make("Same firm", {"backward": beta}, {"backward": error})
    return Story(
        (ReportedModel("Same firm", estimate_),), Focus(regressor="backward", **focus), Words()
    )


def fitted(inputs, design, sample=None) -> Story:
    rows = inputs.models[0].estimate.sample if sample is None else sample
    model = ReportedModel("main", estimate(rows, design, Cluster("firm_id")))
    return Story((model,), inputs.focus, inputs.words)


def test_a_share_moves_by_percentage_points(make) -> None:
    story = replace(told(make, 0.3, 0.03, step=0.05), shares=frozenset({"backward"}))
    assert "by 5 percentage points" in story.step
    assert "by 0.05" in told(make, 0.3, 0.03, step=0.05).step


def test_a_level_keeps_the_unit_of_its_outcome(make) -> None:
    story = told(make, 30.0, 3.0, step=0.1, log_outcome=False, unit_words="million yen")
    assert "3.000\u00a0million yen higher" in headline(story)
    assert "%" not in headline(story)
    assert paragraphs(story)[0].count("%") == 1


def test_a_plural_outcome_has_a_plural_verb(make) -> None:
    story = told(make, 0.3, 0.03, outcome_words="citations", plural=True)
    assert "citations are 3.0\u00a0% higher" in headline(story)


def test_an_empty_confidence_set_speaks_against_the_specification(make, monkeypatch) -> None:
    nothing = PolicyEffect(1.0, float("nan"), float("nan"))
    monkeypatch.setattr(Story, "effect", nothing)
    assert nothing.empty
    assert "empty" in headline(told(make, 0.3, 0.03))


def test_a_null_result_is_never_said_to_go_together(make) -> None:
    text = " ".join(paragraphs(told(make, 0.01, 0.03)))
    assert "go together" not in text
    assert "No difference stands out" in text
    assert "ruled out" in text


@pytest.mark.parametrize(
    ("design", "kind", "said"),
    [
        (WITHIN, "within", "would have developed like"),
        (FixedEffects.formula("log_tfp ~ backward | year"), "across", "alike in whatever else"),
        (FixedEffects.formula("log_tfp ~ backward"), "across", "alike in whatever else"),
    ],
)
def test_every_comparison_has_an_assumption_of_its_own(inputs, design, kind, said) -> None:
    story = fitted(inputs, design)
    assert comparison(story) == kind
    assert said in assumption(story)
    assert ("developed differently" in changes(story)[0]) is (kind == "within")


def test_instruments_are_named_where_their_exclusion_is_assumed(inputs) -> None:
    sample = inputs.models[0].estimate.sample
    noise = np.random.default_rng(5).normal(size=len(sample.panel)) * 0.05
    panel = sample.panel.with_columns({"z": sample.panel.numbers("backward") + noise})
    design = InstrumentalVariables.formula("log_tfp ~ 1 | firm_id + year | backward ~ z")
    story = fitted(inputs, design, replace(sample, panel=panel))
    assert "“z” moves" in assumption(story)
    assert "another way" in changes(story)[0]


def test_recentring_assumes_luck_within_its_strata(inputs) -> None:
    main = inputs.models[0].estimate.sample
    luck = recenter(inputs.exposures[0], Assignment(within=("industry",), draws=199))
    sample = replace(Sample.of(main.panel, luck), rows=main.rows, exposures=main.exposures)
    design = FixedEffects.formula("log_tfp ~ backward + backward_expected | firm_id + year")
    story = fitted(inputs, design, sample)
    assert comparison(story) == "luck"
    assert "within industry" in assumption(story)
    assert comparison(fitted(inputs, WITHIN, sample)) == "within"


def test_prices_are_a_doubt_about_productivity_only(inputs) -> None:
    assert any("Prices" in text for text in changes(fitted(inputs, WITHIN)))
    other = FixedEffects.formula("log(sales) ~ backward | firm_id + year")
    assert not any("Prices" in text for text in changes(fitted(inputs, other)))


def test_a_naive_figure_near_the_main_one_is_not_called_wrong(make) -> None:
    main = ReportedModel("Same firm", make("m", {"backward": 0.31}, {"backward": 0.03}))
    near = ReportedModel("Pooled", make("p", {"backward": 0.33}, {"backward": 0.03}), "naive")
    far = ReportedModel("Raw", make("r", {"backward": 0.80}, {"backward": 0.03}), "naive")
    story = Story((main, near, far), Focus(regressor="backward"), Words())
    text = paragraphs(story)
    assert any("“Pooled”, says" in part and "not far" in part for part in text)
    assert any("“Raw”, would say" in part for part in text)
