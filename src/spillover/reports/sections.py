"""The sections of a report, each from what it shows."""

import json

from spillover.reports.assumptions import changes
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
from spillover.reports.checklist import checklist
from spillover.reports.cite import Citations
from spillover.reports.described import (
    hidden_cells,
    remarks,
    sources,
    specifications,
    variables,
    variation,
)
from spillover.reports.disclosure import Suppressed
from spillover.reports.evidence import Evidence
from spillover.reports.figures.figure import Figure
from spillover.reports.grid import simple_grid
from spillover.reports.inputs import ReportInputs
from spillover.reports.methods import Paragraph
from spillover.reports.portrait import Portrait
from spillover.reports.report import Opening
from spillover.reports.restrictions import restrictions
from spillover.reports.result_table import ResultTable
from spillover.reports.shift_share import shock_grids
from spillover.reports.story import Story
from spillover.reports.strength import strengths
from spillover.reports.summary import headline, key_numbers, paragraphs
from spillover.reports.words import Words


def opening(inputs: ReportInputs, story: Story) -> Opening:
    """Title, question, headline and banner."""
    banner = "" if inputs.truth is None else story.words.say("report.simulated")
    return Opening(inputs.title, headline(story), inputs.question, banner)


def summary(story: Story) -> Section:
    """Key numbers, what they mean, and what would change the conclusion."""
    words = story.words
    blocks: tuple[Block, ...] = (
        Numbers(key_numbers(story)),
        Prose(paragraphs(story)),
        Points(changes(story), words.say("summary.change_heading")),
    )
    return Section("summary", words.say("report.summary"), blocks)


def results(inputs: ReportInputs, table: ResultTable, pictures: tuple[Figure, ...]) -> Section:
    """Figures of the effect, the table of all specifications, what they vary, and tests."""
    words, colon = inputs.words, inputs.words.say("join.colon")
    blocks: list[Block] = [*map(Picture, pictures), Table(table.grid())]
    checks = (m for m in inputs.models if m.remark and m.role != "naive")
    varied = tuple(f"{m.label}{colon}{m.remark}" for m in checks)
    if varied:
        blocks.append(Points(varied, words.say("report.varied")))
    tests = restrictions(inputs.models, words)
    if tests is not None:
        blocks.append(Table(tests))
    return Section("results", words.say("report.results"), tuple(blocks))


def data(inputs: ReportInputs, story: Story, flow: Figure) -> Section:
    """Where the rows came from, which ones left, and what the variables look like."""
    words = story.words
    minimum = {"minimum": inputs.protection.rule.minimum_units}
    tables: list[Block] = [Prose((words.say("report.hidden", minimum),)), Picture(flow)]
    if inputs.provenance:
        tables.append(Table(sources(inputs.provenance, words)))
    else:
        tables.append(Prose((words.say("data.missing"),)))
    tables.append(Table(variables(story.main.estimate, words)))
    return Section("data", words.say("report.data"), tuple(tables))


def network(words: Words, portraits: list[Portrait]) -> Section:
    """Networks in tables and figures."""
    blocks: list[Block] = []
    for each in portraits:
        blocks.append(Table(each.table))
        blocks += [Picture(figure) for figure in each.figures]
    return Section("network", words.say("report.network"), tuple(blocks))


def exposures(words: Words, figures: tuple[Figure, ...]) -> Section:
    """Exposures over time, by region and on the map."""
    return Section("exposures", words.say("report.exposures"), tuple(map(Picture, figures)))


def methods(paragraphs: tuple[Paragraph, ...], words: Words) -> Section:
    """The methods as paragraphs with citations."""
    gap = " " if words.language == "en" else ""
    texts = tuple(gap.join(one.plain(words.language) for one in told) for told in paragraphs)
    return Section("methods", words.say("method.heading"), (Prose(texts),))


def diagnostics(inputs: ReportInputs, story: Story) -> Section:
    """What each specification compares, the variation in use, and every remark."""
    words = story.words
    blocks: list[Block] = [Table(specifications(inputs.models, words))]
    facts = variation(story)
    if facts:
        header = (words.say("diagnostics.fact"), story.main.label)
        caption = words.say("diagnostics.variation")
        blocks.append(Table(simple_grid("variation", header, facts, caption=caption)))
    instruments = strengths(inputs.models, words)
    if instruments is not None:
        blocks.append(Table(instruments))
    blocks += map(Table, shock_grids(inputs.models, words))
    said = remarks(inputs.models, words) or (words.say("diagnostics.none"),)
    blocks.append(Points(said, words.say("diagnostics.warnings")))
    return Section("diagnostics", words.say("report.diagnostics"), tuple(blocks))


def referee(inputs: ReportInputs, story: Story) -> Section:
    """The referee checklist."""
    lines = Checks(checklist(Evidence(story, inputs)))
    return Section("checklist", story.words.say("report.checklist"), (lines,))


def provenance(
    inputs: ReportInputs, suppressed: tuple[Suppressed, ...], figures: tuple[Figure, ...]
) -> Section:
    """What is not shown, and the manifest."""
    words, captions = inputs.words, {figure.name: figure.caption for figure in figures}
    text = json.dumps(inputs.manifest, indent=2, ensure_ascii=False, default=str, sort_keys=False)
    hidden: Block = Prose((words.say("provenance.nothing"),))
    if suppressed:
        hidden = Table(hidden_cells(suppressed, captions, words))
    blocks: tuple[Block, ...] = (
        Prose((words.say("provenance.text"),)),
        hidden,
        Source(words.say("provenance.manifest"), text),
    )
    return Section("provenance", words.say("report.provenance"), blocks)


def references(found: Citations, words: Words) -> Section:
    """Software, methods and data to cite."""
    groups = ("software", "methods", "data")
    points = [Points(getattr(found, key), words.say(f"cite.{key}")) for key in groups]
    kept = tuple(block for block in points if block.items)
    return Section("cite", words.say("report.cite"), (Prose((words.say("cite.note"),)), *kept))
