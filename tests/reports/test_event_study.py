"""Effects by years since treatment: figure, words and line of the checklist."""

from dataclasses import replace

import pytest

from spillover.designs.callaway_santanna import CallawaySantAnna
from spillover.designs.imputation import Imputation
from spillover.designs.sun_abraham import SunAbraham
from spillover.estimation.estimate import estimate
from spillover.estimation.honest import honest_intervals
from spillover.estimation.hypotheses import simultaneous
from spillover.exposures.adoption import adoption
from spillover.inference.cluster import Cluster
from spillover.reports.checklist import checklist
from spillover.reports.event_study import event_figures, event_words
from spillover.reports.evidence import Evidence
from spillover.reports.inputs import Focus, ReportedModel
from spillover.reports.numbers import fixed
from spillover.reports.story import Story
from spillover.reports.trends import trend_grids
from spillover.reports.words import Words
from spillover.sample import Sample


def fitted(inputs, design) -> ReportedModel:
    panel = inputs.models[0].estimate.sample.panel
    begun = adoption(panel, "backward > 0", "first_link", "first")
    fit = estimate(Sample.of(panel, begun), design, Cluster("firm_id"))
    return ReportedModel(type(design).__name__, fit)


@pytest.fixture(scope="module")
def model(inputs) -> ReportedModel:
    return fitted(inputs, CallawaySantAnna("log_tfp", cohort="first_link"))


def line(inputs, model: ReportedModel, number: int = 8):
    focus = Focus(regressor=model.estimate.names[-1], step=1.0)
    chosen = replace(inputs, models=(model,), focus=focus)
    return checklist(Evidence(Story((model,), focus, Words()), chosen))[number - 1]


def test_the_band_of_the_figure_is_the_simultaneous_one(model) -> None:
    figure = event_figures((model,), Words())[0]
    names = [f"event={m.event}" for m in figure.moments]
    band = simultaneous(model.estimate, names).table
    assert [m.band[0] for m in figure.moments] == pytest.approx(band["low"].tolist())
    for moment in figure.moments:
        assert moment.band[0] < moment.interval[0] < moment.value < moment.interval[1]
    assert b"<svg" in figure.render("svg")
    assert len(figure.grid().rows) == len(names)


def test_models_without_event_times_have_no_such_figure(inputs) -> None:
    assert event_figures(inputs.models, Words()) == ()
    total = fitted(inputs, CallawaySantAnna("log_tfp", cohort="first_link", aggregate="simple"))
    assert event_figures((total,), Words()) == ()
    assert line(inputs, total).status == "absent"


def test_line_eight_is_done_with_controls_not_yet_treated_and_leads(inputs, model) -> None:
    found = line(inputs, model)
    leads = [n for n in model.estimate.names if n.startswith("event=-")]
    p = model.estimate.test([f"'{name}' = 0" for name in leads]).p_value
    assert found.status == "done"
    assert f"p-value {p:.3f}" in found.finding
    assert "not treated yet" in found.finding


def test_line_nine_has_the_interval_under_unequal_trends_and_its_breakdown(inputs, model) -> None:
    found, honest = line(inputs, model, 9), honest_intervals(model.estimate)
    assert found.status == "done"
    low, high = honest.table.loc[1.0]
    assert f"from {fixed(low)} to {fixed(high)}" in found.finding
    said = "already" if honest.breakdown == 0.0 else f"{honest.breakdown:.2f} times"
    assert said in found.finding
    (grid,) = trend_grids((model,), Words())
    assert [row.label for row in grid.rows] == ["0", "0.5", "1", "2"]
    plain = model.estimate.confint().loc["average"]
    assert grid.rows[0].cells == (fixed(plain["low"]), fixed(plain["high"]))


def test_line_nine_says_what_is_missing_without_effects_before_treatment(inputs) -> None:
    found = line(inputs, fitted(inputs, Imputation("log_tfp", cohort="first_link")), 9)
    assert found.status == "open"
    assert "does not report effects in every year before treatment" in found.finding


@pytest.mark.parametrize("design", [SunAbraham, Imputation])
def test_line_eight_is_partly_done_without_leads_or_such_controls(inputs, design) -> None:
    found = line(inputs, fitted(inputs, design("log_tfp", cohort="first_link")))
    assert found.status == "partly"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_terms_are_written_in_words(model, language) -> None:
    found = event_words([model.estimate], Words(language))
    assert set(found) == set(model.estimate.names)
    assert "event" not in "".join(found.values())
