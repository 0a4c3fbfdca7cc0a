"""The verb compose: estimates, exposures and provenance in, a report out."""

from dataclasses import replace

from spillover.errors import SpecificationError
from spillover.networks.network import Network
from spillover.reports import robustness, sections
from spillover.reports.cite import citations
from spillover.reports.described import sample_flow, variables
from spillover.reports.disclosure import refuse_identifiers
from spillover.reports.effect_figures import coefficient_plot, specification_curve
from spillover.reports.ego import check_ego, ego_network
from spillover.reports.event_study import event_figures, event_terms
from spillover.reports.exposure_figures import Scene, exposure_figures
from spillover.reports.facts import units_of
from spillover.reports.grid import Grid
from spillover.reports.inputs import ReportInputs
from spillover.reports.measured import is_share
from spillover.reports.methods import methods_of
from spillover.reports.paper import Paper
from spillover.reports.portrait import Portrait, portrait
from spillover.reports.report import Report
from spillover.reports.restrictions import restrictions
from spillover.reports.result_table import ResultTable
from spillover.reports.sensitivity_figures import sensitivity_figures
from spillover.reports.shift_share import shock_grids
from spillover.reports.story import Story
from spillover.reports.strength import strengths
from spillover.reports.summary import headline, paragraphs
from spillover.reports.table_data import TableLayout
from spillover.reports.tabulate import tabulate


def compose(inputs: ReportInputs) -> Report:
    """A report from everything a study found.

    Parameters
    ----------
    inputs : ReportInputs
        Models, exposures, provenance, truth, protection, manifest.

    Raises
    ------
    SpecificationError
        No main model has the regressor of the focus, or two models share a label.
    """
    story, words = _story(inputs), inputs.words
    main = story.main.estimate
    _protect(inputs)
    scene = Scene(main.sample, words, inputs.protection.rule, inputs.events)
    drawn, hidden = exposure_figures(scene, inputs.exposures)
    portraits = [_portrait(inputs, network) for network in networks_of(inputs)]
    suppressed = (*hidden, *(cell for each in portraits for cell in each.suppressed))
    table, flow, found = _main_table(inputs), sample_flow(main, words), citations(inputs)
    curve, methods = specification_curve(story), methods_of(inputs, story)
    events = event_figures(inputs.models, words)
    told = (coefficient_plot(story), *(() if curve is None else (curve,)), *events)
    tried = sensitivity_figures(inputs.models, words)
    figures = (*told, *tried, flow, *(f for each in portraits for f in each.figures), *drawn)
    parts = (
        sections.summary(story),
        sections.results(inputs, table, told),
        robustness.section(inputs.models, words, tried),
        sections.data(inputs, story, flow),
        sections.network(words, portraits),
        sections.exposures(words, drawn),
        sections.methods(methods, words),
        sections.diagnostics(inputs, story),
        sections.referee(inputs, story),
        sections.provenance(inputs, suppressed, figures),
        sections.references(found, words),
    )
    grids = (table.grid(), *_described(inputs, story), *(each.table for each in portraits))
    summary = (headline(story), *paragraphs(story))
    paper = Paper(inputs.title, summary, methods, grids, figures, found, words)
    return Report(
        sections.opening(inputs, story),
        tuple(section for section in parts if section.blocks),
        (table,),
        figures,
        words.language,
        suppressed,
        found.text(),
        paper.files(),
    )


def _described(inputs: ReportInputs, story: Story) -> tuple[Grid, ...]:
    """Tables that a manuscript takes beside the main one."""
    found = (
        variables(story.main.estimate, inputs.words),
        strengths(inputs.models, inputs.words),
        restrictions(inputs.models, inputs.words),
    )
    tried = robustness.evidence_grids(inputs.models, inputs.words)
    rests = shock_grids(inputs.models, inputs.words)
    return (*(grid for grid in found if grid is not None), *rests, *tried)


def _portrait(inputs: ReportInputs, network: Network) -> Portrait:
    """A network in figures, the chosen firm among them."""
    panel = inputs.models[0].estimate.sample.panel
    found = portrait(network, panel, inputs.words, inputs.protection.rule)
    ego = ego_network(inputs, network)
    return found if ego is None else replace(found, figures=(*found.figures, ego))


def _protect(inputs: ReportInputs) -> None:
    """Refuse what names a firm, when the report is confidential."""
    check_ego(inputs, networks_of(inputs))
    if not inputs.protection.confidential:
        return
    units = [str(unit) for unit in inputs.models[0].estimate.sample.panel.units]
    estimates = [model.estimate for model in inputs.models]
    notes = {
        "notes of estimates": [note for one in estimates for note in one.notes],
        "notes of networks": [note for each in networks_of(inputs) for note in each.notes],
        "reasons of placebos": robustness.reasons(inputs.models),
        "reasons of lost rows": [loss.reason for one in estimates for loss in one.losses],
        "words": [inputs.title, inputs.question, *inputs.words.given.values()],
    }
    for where, texts in notes.items():
        refuse_identifiers(texts, units, where)
    for model in inputs.models:
        inputs.protection.rule.require(units_of(model.estimate), f"the model {model.label!r}")


def _story(inputs: ReportInputs) -> Story:
    labels = [model.label for model in inputs.models]
    if len(set(labels)) != len(labels):
        raise SpecificationError("Expected each model label once.", f"Found {labels}.")
    usable = tuple(m for m in inputs.models if m.focus(inputs.focus).regressor in m.estimate.names)
    if not any(model.role == "main" for model in usable):
        raise SpecificationError(
            f"Expected a main model with the term {inputs.focus.regressor!r}.",
            f"Found {len(inputs.models)} models, none of them main with that term.",
            "Name a term of the main model as the regressor of the report's focus.",
        )
    truth = None if inputs.truth is None else inputs.truth.get(inputs.focus.regressor)
    shares = frozenset(one.name for one in inputs.linked if is_share(one))
    return Story(usable, inputs.focus, inputs.words, truth, shares)


def networks_of(inputs: ReportInputs) -> tuple[Network, ...]:
    """Networks of the exposures and samples, each name once, in order of appearance."""
    listed = [
        *(exposure.network for exposure in inputs.linked),
        *(network for model in inputs.models for network in model.estimate.sample.networks),
    ]
    return tuple({network.name: network for network in reversed(listed)}.values())[::-1]


def _main_table(inputs: ReportInputs) -> ResultTable:
    """All estimates; effects by years since treatment beside another headline are in a figure."""
    main = next(model for model in inputs.models if model.role == "main").estimate
    others = {name for model in inputs.models for name in event_terms(model.estimate)}
    estimates = {model.label: model.estimate for model in inputs.models}
    return tabulate(
        estimates,
        TableLayout(drop=tuple(sorted(others - set(main.names)))),
        words=inputs.words,
        truth=inputs.truth,
        caption=inputs.words.say("report.table_main"),
        name="estimates",
    )
