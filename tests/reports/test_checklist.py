"""Lines of the referee checklist say what was found, and nothing is ticked by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.instruments import InstrumentalVariables
from spillover.designs.poisson import PoissonFixedEffects
from spillover.estimation.caps import CapSensitivity
from spillover.estimation.estimate import estimate
from spillover.estimation.placebo import Placebos
from spillover.estimation.randomize import randomize
from spillover.exposures.assignment import Assignment
from spillover.exposures.recenter import recenter
from spillover.inference.cluster import Cluster
from spillover.reports.checklist import LINES, checklist
from spillover.reports.evidence import Evidence
from spillover.reports.inputs import ReportedModel
from spillover.reports.story import Story
from spillover.reports.strength import strengths
from spillover.reports.words import Words
from spillover.sample import Sample
from spillover.tables.provenance import Provenance


def lines(inputs, models: tuple[ReportedModel, ...] | None = None) -> dict:
    chosen = inputs if models is None else replace(inputs, models=models)
    story = Story(chosen.models, chosen.focus, chosen.words)
    return {check.number: check for check in checklist(Evidence(story, chosen))}


def refitted(inputs, design, **changes) -> ReportedModel:
    sample = inputs.models[0].estimate.sample
    return ReportedModel("other", estimate(sample, design, Cluster("firm_id")), **changes)


@pytest.fixture(scope="module")
def recentred(inputs):
    """The main model with the luck of the exposure beside the exposure."""
    main = inputs.models[0].estimate
    rule = Assignment(within=("industry",), draws=199)
    luck = recenter(inputs.exposures[0], rule)
    sample = Sample.of(main.sample.panel.with_columns({}), luck, networks=main.sample.networks)
    sample = replace(sample, exposures=main.sample.exposures, rows=main.sample.rows)
    design = FixedEffects.formula("log_tfp ~ backward + backward_expected | firm_id + year")
    fit = estimate(sample, design, Cluster("firm_id"))
    test = randomize(main, "backward", rule)
    return ReportedModel("Luck", fit), test


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_line_is_there_and_says_why_where_nothing_was_found(inputs, language) -> None:
    told = replace(inputs, words=replace(inputs.words, language=language))
    found = lines(told)
    assert list(found) == list(range(1, LINES + 1))
    assert all(len(line.finding) > 5 for line in found.values())
    assert [found[n].status for n in (7, 8, 9)] == ["open", "absent", "absent"]
    assert len({found[n].finding for n in (6, 7, 8, 9)}) == 4


def test_a_study_without_links_between_firms_has_no_partners_to_control_for(inputs) -> None:
    main = inputs.models[0]
    bare = replace(main.estimate.sample, exposures=(), networks=())
    estimated = replace(main.estimate, sample=bare)
    found = lines(replace(inputs, exposures=()), (replace(main, estimate=estimated),))
    assert {found[n].status for n in (1, 2, 4, 5, 19)} == {"absent"}


def test_controls_beside_exposed_firms_are_counted(inputs) -> None:
    """Firm by firm: no exposure, and a customer or supplier that has some."""
    main, exposure = inputs.models[0].estimate, inputs.exposures[0]
    network = exposure.network
    rows = main.sample.panel.frame.iloc[main.sample.rows[main.solution.rows]]
    at = {firm: k for k, firm in enumerate(network.firms)}
    beside = untouched = 0
    for firm, year in zip(rows["firm_id"], rows["year"], strict=True):
        place = network.position(int(year))
        if exposure.values[at[firm], place] != 0:
            continue
        links = network.at(int(year)).toarray()
        partners = np.flatnonzero(links[at[firm]] + links[:, at[firm]])
        untouched += 1
        beside += any(exposure.values[partner, place] > 0 for partner in partners)
    finding = lines(inputs)[19].finding
    assert f"of {untouched:,} firm-years" in finding
    assert (
        f"{100 * beside / untouched:.0f}\N{NO-BREAK SPACE}% have a partner that is exposed"
        in finding
    )


def test_what_cannot_apply_is_not_called_missing(inputs) -> None:
    assert lines(inputs)[3].status == "absent"


def test_one_definition_is_partly_and_two_are_done(inputs) -> None:
    assert lines(inputs)[1].status == "partly"
    other = inputs.models[0]
    exposure = inputs.exposures[0]
    half = replace(exposure.shock.definition, name="HALF", threshold=0.5)
    shock = replace(exposure.shock, definition=half)
    sample = replace(other.estimate.sample, exposures=(replace(exposure, shock=shock),))
    second = replace(other, label="half", estimate=replace(other.estimate, sample=sample))
    found = lines(inputs, (*inputs.models, second))[1]
    assert found.status == "done"
    assert "HALF" in found.finding
    assert "BOP_10" in found.finding


def test_recentring_alone_is_partly_and_with_a_randomisation_test_done(inputs, recentred) -> None:
    model, test = recentred
    assert lines(inputs)[6].status == "open"
    assert lines(inputs, (model,))[6].status == "partly"
    found = lines(inputs, (replace(model, evidence=(test,)),))[6]
    assert found.status == "done"
    assert f"p-value {test.p_value:.3f}" in found.finding


def test_placebos_are_counted_by_what_they_show(inputs) -> None:
    table = pd.DataFrame(
        {"agrees": [None, True, False, None, True]},
        index=["main", "future links", "small", "superstars", "opposite direction"],
    )
    main = replace(inputs.models[0], evidence=(Placebos("backward", table, {}),))
    found = lines(inputs, (main,))[7]
    assert found.status == "partly"
    assert "2 of 3 placebos" in found.finding
    assert "1 could not be built" in found.finding


def test_a_cut_that_was_studied_fills_the_line_on_truncation(inputs) -> None:
    cut = CapSensitivity("backward", pd.DataFrame(), 0.4321, None)
    found = lines(inputs, (replace(inputs.models[0], evidence=(cut,)),))[15]
    assert found.status == "done"
    assert "0.432" in found.finding


def test_full_lists_and_lost_rows_are_reported(inputs) -> None:
    exposure = inputs.exposures[0]
    note = "12 of 90 lists of partners are full at 24"
    network = replace(exposure.network, notes=(note,))
    main = inputs.models[0]
    sample = replace(main.estimate.sample, exposures=(replace(exposure, network=network),))
    model = replace(main, estimate=replace(main.estimate, sample=sample))
    lost = Provenance("supply_links", "l.csv", "", 90, 80, (("supplier_id not in firms", 10),))
    found = lines(replace(inputs, models=(model,), provenance=(lost,)))
    assert found[15].status == "partly"
    assert note in found[15].finding
    assert "supply_links 10" in found[15].finding
    assert note in found[4].finding
    assert "10 rows" in found[21].finding


def test_productivity_by_accounting_has_no_first_step(inputs) -> None:
    found = lines(inputs)[11]
    assert found.status == "partly"
    assert "index" in found.finding


def test_the_share_of_rows_beyond_what_was_observed_is_that_of_a_loop(inputs) -> None:
    main = inputs.models[0].estimate
    values = main.sample.column("backward")[main.solution.rows]
    beyond = sum(value + 0.1 > max(values) for value in values)
    assert f"{100 * beyond / len(values):.1f}" in lines(inputs)[16].finding


def test_counts_are_called_multiplicative(inputs) -> None:
    sample = inputs.models[0].estimate.sample
    panel = sample.panel.with_columns({"filings": np.arange(len(sample.panel)) % 5.0})
    design = PoissonFixedEffects("filings", ("backward",), ("year",))
    fit = estimate(replace(sample, panel=panel), design, Cluster("firm_id"))
    found = lines(inputs, (ReportedModel("counts", fit),))
    assert "Poisson" in found[17].finding
    both = (inputs.models[0], ReportedModel("counts", fit, "robustness"))
    assert "filings" in lines(inputs, both)[10].finding


def test_instruments_bring_their_strength(inputs) -> None:
    sample = inputs.models[0].estimate.sample
    rng = np.random.default_rng(5)
    noise = rng.normal(size=len(sample.panel)) * 0.05
    panel = sample.panel.with_columns({"z": sample.panel.numbers("backward") + noise})
    design = InstrumentalVariables.formula("log_tfp ~ 1 | firm_id + year | backward ~ z")
    fit = estimate(replace(sample, panel=panel), design, Cluster("firm_id"))
    model = ReportedModel("IV", fit)
    assert "Effective F" in lines(inputs, (model,))[20].finding
    grid = strengths((*inputs.models, model), Words())
    assert [row.label for row in grid.rows] == ["IV"]
    assert float(grid.rows[0].cells[1].replace(",", "")) > 10
    assert strengths(inputs.models, Words()) is None


def test_restrictions_and_dependences_are_counted(inputs) -> None:
    main = replace(inputs.models[0], tests=("backward = 0", "backward = 1"))
    found = lines(inputs, (main, inputs.models[1]))
    assert "2" in found[18].finding
    assert found[12].status == "done"
    assert lines(inputs, (main,))[12].status == "partly"
