"""The verb compose: estimates, exposures and provenance in, a report out."""

import json
from dataclasses import replace

from spillover.errors import SpecificationError
from spillover.networks.network import Network
from spillover.reports.blocks import (
    Block,
    Checks,
    Numbers,
    Picture,
    Points,
    Prose,
    Section,
    Source,
    Table,
)
from spillover.reports.checklist import Evidence, checklist
from spillover.reports.cite import citations
from spillover.reports.described import (
    hidden_cells,
    sample_flow,
    sources,
    specifications,
    variables,
    variation,
)
from spillover.reports.disclosure import Suppressed, refuse_identifiers
from spillover.reports.effect_figures import coefficient_plot, specification_curve
from spillover.reports.ego import check_ego, ego_network
from spillover.reports.exposure_figures import Scene, exposure_figures
from spillover.reports.facts import units_of
from spillover.reports.figures.figure import Figure
from spillover.reports.grid import simple_grid
from spillover.reports.inputs import ReportInputs
from spillover.reports.portrait import Portrait, portrait
from spillover.reports.report import Opening, Report
from spillover.reports.restrictions import restrictions
from spillover.reports.result_table import ResultTable
from spillover.reports.summary import Story, changes, headline, key_numbers, paragraphs
from spillover.reports.tabulate import tabulate
from spillover.reports.words import Words


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
    words = inputs.words
    story = _story(inputs, words)
    main = story.main.estimate
    _protect(inputs)
    scene = Scene(main.sample, words, inputs.protection.rule, inputs.events)
    drawn, hidden = exposure_figures(scene, inputs.exposures)
    portraits = [_portrait(inputs, network, words) for network in networks_of(inputs)]
    suppressed = (*hidden, *(cell for each in portraits for cell in each.suppressed))
    table = _main_table(inputs, words)
    flow, plot, curve = (
        sample_flow(main, words),
        coefficient_plot(story),
        specification_curve(story),
    )
    told = (plot,) if curve is None else (plot, curve)
    sections = (
        _summary(story),
        _results(inputs, words, table, told),
        _data(inputs, story, flow),
        _network(words, portraits),
        _pictures("exposures", words, drawn),
        _diagnostics(inputs, story),
        Section(
            "checklist",
            words.say("report.checklist"),
            (Checks(checklist(Evidence(story, inputs))),),
        ),
        _provenance(inputs, words, suppressed),
        _cite(inputs, words),
    )
    return Report(
        _opening(inputs, story),
        tuple(section for section in sections if section.blocks),
        (table,),
        (*told, flow, *(f for each in portraits for f in each.figures), *drawn),
        words.language,
        suppressed,
        citations(inputs).text(),
    )


def _portrait(inputs: ReportInputs, network: Network, words: Words) -> Portrait:
    """A network in figures, the chosen firm among them."""
    panel = inputs.models[0].estimate.sample.panel
    found = portrait(network, panel, words, inputs.protection.rule)
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
        "reasons of lost rows": [loss.reason for one in estimates for loss in one.losses],
        "words": [inputs.title, inputs.question, *inputs.words.given.values()],
    }
    for where, texts in notes.items():
        refuse_identifiers(texts, units, where)
    for model in inputs.models:
        inputs.protection.rule.require(units_of(model.estimate), f"the model {model.label!r}")


def _story(inputs: ReportInputs, words: Words) -> Story:
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
    return Story(usable, inputs.focus, words, truth)


def networks_of(inputs: ReportInputs) -> tuple[Network, ...]:
    """Networks of the exposures and samples, each name once, in order of appearance."""
    listed = [
        *(exposure.network for exposure in inputs.exposures),
        *(network for model in inputs.models for network in model.estimate.sample.networks),
    ]
    return tuple({network.name: network for network in reversed(listed)}.values())[::-1]


def _main_table(inputs: ReportInputs, words: Words) -> ResultTable:
    estimates = {model.label: model.estimate for model in inputs.models}
    caption = words.say("report.table_main")
    return tabulate(estimates, words=words, truth=inputs.truth, caption=caption, name="estimates")


def _opening(inputs: ReportInputs, story: Story) -> Opening:
    banner = "" if inputs.truth is None else story.words.say("report.simulated")
    return Opening(inputs.title, headline(story), inputs.question, banner)


def _summary(story: Story) -> Section:
    words = story.words
    blocks: tuple[Block, ...] = (
        Numbers(key_numbers(story)),
        Prose(paragraphs(story)),
        Points(changes(story), words.say("summary.change_heading")),
    )
    return Section("summary", words.say("report.summary"), blocks)


def _results(
    inputs: ReportInputs, words: Words, table: ResultTable, told: tuple[Figure, ...]
) -> Section:
    pictures = tuple(Picture(figure) for figure in told)
    tests = restrictions(inputs.models, words)
    blocks: tuple[Block, ...] = (*pictures, Table(table.grid()))
    if tests is not None:
        blocks = (*blocks, Table(tests))
    return Section("results", words.say("report.results"), blocks)


def _data(inputs: ReportInputs, story: Story, flow: Figure) -> Section:
    words = story.words
    minimum = {"minimum": inputs.protection.rule.minimum_units}
    tables: list[Block] = [Prose((words.say("report.hidden", minimum),)), Picture(flow)]
    if inputs.provenance:
        tables.append(Table(sources(inputs.provenance, words)))
    else:
        tables.append(Prose((words.say("data.missing"),)))
    tables.append(Table(variables(story.main.estimate, words)))
    return Section("data", words.say("report.data"), tuple(tables))


def _network(words: Words, portraits: list[Portrait]) -> Section:
    blocks: list[Block] = []
    for each in portraits:
        blocks.append(Table(each.table))
        blocks += [Picture(figure) for figure in each.figures]
    return Section("network", words.say("report.network"), tuple(blocks))


def _pictures(key: str, words: Words, figures: tuple[Figure, ...]) -> Section:
    return Section(key, words.say(f"report.{key}"), tuple(Picture(figure) for figure in figures))


def _diagnostics(inputs: ReportInputs, story: Story) -> Section:
    words = story.words
    blocks: list[Block] = [Table(specifications(inputs.models, words))]
    facts = variation(story)
    if facts:
        header = (words.say("diagnostics.fact"), story.main.label)
        blocks.append(Table(simple_grid("variation", header, facts)))
    remarks = tuple(
        f"{model.label}: {note}" for model in inputs.models for note in model.estimate.notes
    )
    heading = words.say("diagnostics.warnings")
    blocks.append(Points(remarks or (words.say("diagnostics.none"),), heading))
    return Section("diagnostics", words.say("report.diagnostics"), tuple(blocks))


def _provenance(inputs: ReportInputs, words: Words, suppressed: tuple[Suppressed, ...]) -> Section:
    text = json.dumps(inputs.manifest, indent=2, ensure_ascii=False, default=str, sort_keys=False)
    hidden: Block = Prose((words.say("provenance.nothing"),))
    if suppressed:
        hidden = Table(hidden_cells(suppressed, words))
    blocks: tuple[Block, ...] = (
        Prose((words.say("provenance.text"),)),
        hidden,
        Source(words.say("provenance.manifest"), text),
    )
    return Section("provenance", words.say("report.provenance"), blocks)


def _cite(inputs: ReportInputs, words: Words) -> Section:
    found = citations(inputs)
    groups = ("software", "methods", "data")
    points = [Points(getattr(found, key), words.say(f"cite.{key}")) for key in groups]
    kept = tuple(block for block in points if block.items)
    return Section("cite", words.say("report.cite"), (Prose((words.say("cite.note"),)), *kept))


def with_manifest(report: Report, inputs: ReportInputs, manifest: dict[str, object]) -> Report:
    """The same report with another manifest in its provenance.

    Parameters
    ----------
    report : Report
        A report composed from ``inputs``.
    inputs : ReportInputs
        What it was composed from.
    manifest : dict
        The manifest to show, for example with the suppressed cells of the report.
    """
    words = inputs.words
    section = _provenance(replace(inputs, manifest=manifest), words, report.suppressed)
    sections = tuple(section if old.key == section.key else old for old in report.sections)
    return replace(report, sections=sections)
