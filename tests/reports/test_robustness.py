"""What was tried against an estimate, in tables and sentences of both languages."""

import re
from dataclasses import replace

import numpy as np
import pytest

from spillover.estimation.caps import CapSensitivity, cap_sensitivity, deletion_sensitivity
from spillover.estimation.placebo import PlaceboLadder, placebo_ladder
from spillover.estimation.randomization_plan import plan_randomization
from spillover.estimation.randomize import randomize
from spillover.exposures.assignment import Assignment
from spillover.numerics.sets import ConfidenceSet
from spillover.reports.compose import compose
from spillover.reports.evidence_files import evidence_files
from spillover.reports.robustness import (
    LinkDeletion,
    evidence_grids,
    reasons,
    section,
    told_set,
)
from spillover.reports.sensitivity_figures import sensitivity_figures
from spillover.reports.words import Words

JAPANESE = Words(
    "ja", {"backward": "外資系の販売先", "industry": "産業", "M": "主な定式化", "log_tfp": "生産性"}
)


@pytest.fixture(scope="module")
def models(inputs):
    fit = inputs.models[0].estimate
    rule = Assignment(within=("industry",), draws=199)
    plan = plan_randomization(fit, "backward", rule, statistic="t")
    found = (
        randomize(fit, "backward", rule),
        plan,
        placebo_ladder(fit, "backward", PlaceboLadder(rewired=3)),
        cap_sensitivity(fit, "backward", (2, 4), draws=2),
        LinkDeletion("backward", deletion_sensitivity(fit, "backward", (0.2,), draws=2)),
    )
    return (replace(inputs.models[0], label="主な定式化", evidence=found),)


def text_of(models, words: Words) -> str:
    grids = evidence_grids(models, words)
    cells = [cell for grid in grids for row in grid.rows for cell in (row.label, *row.cells)]
    heads = [head for grid in grids for line in grid.header for head in line]
    notes = [note for grid in grids for note in (grid.caption, *grid.notes)]
    told = [
        line for block in section(models, words).blocks for line in getattr(block, "paragraphs", ())
    ]
    return " ".join((*cells, *heads, *notes, *told))


def test_nothing_tried_nothing_shown(inputs) -> None:
    assert section(inputs.models, Words()).blocks == ()
    assert evidence_files(inputs.models) == {}


def test_every_piece_of_evidence_has_its_table(models) -> None:
    names = [grid.name for grid in evidence_grids(models, Words())]
    assert names == ["randomization", "placebos", "partner_caps", "lost_links"]
    twice = (replace(models[0], evidence=models[0].evidence * 2),)
    assert len({grid.name for grid in evidence_grids(twice, Words())}) == 7


def test_the_numbers_are_those_of_the_evidence(models) -> None:
    test = models[0].evidence[0]
    grid = evidence_grids(models, Words())[0]
    assert grid.rows[0].cells[3] == f"{test.estimate:.3f}"
    assert "shocks exchanged among firms of the same industry" in grid.rows[0].cells[1]
    assert any("199 exposures built again" in note for note in grid.notes)


def test_a_rung_that_was_not_built_says_why(models) -> None:
    grid = evidence_grids(models, Words())[1]
    small = next(row for row in grid.rows if row.label == "Small domestic partners")
    assert small.cells[-1] == "–"
    assert any("not given" in note for note in grid.notes)
    assert any("size of firms" in why for why in reasons(models))


def test_no_english_is_left_in_japanese_tables(models) -> None:
    assert re.findall(r"[A-Za-z]{2,}", text_of(models, JAPANESE).replace("focal", "")) == []


def test_sets_that_are_no_intervals_are_told_as_they_are() -> None:
    assert told_set(ConfidenceSet(()), Words()) == "none"
    assert told_set(ConfidenceSet(((-np.inf, np.inf),)), Words()) == "all"
    rays = ConfidenceSet(((-np.inf, -1.0), (2.0, np.inf)))
    assert told_set(rays, Words(), 1) == "[−∞, −1.0] or [2.0, ∞]"


def test_cuts_and_losses_are_drawn_beside_the_estimate_as_it_is(models) -> None:
    cuts, losses = sensitivity_figures(models, Words())
    fit = models[0].estimate
    own = fit.beta[fit.names.index("backward")]
    assert cuts.reference == losses.reference == pytest.approx(own)
    cut = next(each for each in models[0].evidence if isinstance(each, CapSensitivity))
    *shown, without_end = cuts.versions
    assert [v.value for v in shown] == pytest.approx(cut.table["estimate"].tolist())
    assert (without_end.value, without_end.low) == (cut.linear, None)
    low, high = fit.confint().loc["backward"]
    assert (shown[-1].low, shown[-1].high) == pytest.approx((low, high))
    assert (losses.versions[0].low, losses.versions[0].high) == pytest.approx((low, high))
    assert [v.label for v in losses.versions] == ["0\N{NO-BREAK SPACE}%", "20\N{NO-BREAK SPACE}%"]
    for figure in (cuts, losses):
        assert b"<svg" in figure.render("svg")
        assert len(figure.grid().rows) == len(figure.versions)


def test_figures_of_lists_are_in_the_report_and_its_files(inputs, models) -> None:
    report = compose(replace(inputs, models=(*models, *inputs.models[1:])))
    names = [figure.name for figure in report.figures]
    assert {"partner_caps", "lost_links"} <= set(names)
    page = report.to_html()
    assert all(figure.caption in page for figure in sensitivity_figures(models, Words()))
    assert sensitivity_figures(models, JAPANESE)[0].caption.startswith("取引先リスト")
