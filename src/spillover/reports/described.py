"""Tables that describe: sources, variables, specifications, what was lost."""

from collections.abc import Mapping

import numpy as np

from spillover.estimation.result import Estimate
from spillover.reports.disclosure import Suppressed
from spillover.reports.figures.flow import SampleFlow, Step
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.inputs import ReportedModel
from spillover.reports.numbers import count, fixed
from spillover.reports.phrases import phrases
from spillover.reports.story import Story
from spillover.reports.words import Words
from spillover.tables.provenance import Provenance


def sample_flow(estimate: Estimate, words: Words) -> SampleFlow:
    """From the rows of the panel to the rows in use.

    Parameters
    ----------
    estimate : Estimate
        Its ledger.
    words : Words
        How reasons are written.
    """
    steps = tuple(
        Step(words.told(loss.reason), loss.rows, loss.remaining) for loss in estimate.losses
    )
    gaps = {
        "first": count(steps[0].remaining),
        "last": count(steps[-1].remaining),
        "steps": len(steps) - 1,
    }
    heads = (words.say("figure.step"), words.say("figure.left"), words.say("figure.remain"))
    caption, alt = words.say("figure.flow"), words.say("figure.flow_alt", gaps)
    return SampleFlow("sample_flow", caption, alt, steps, heads)


def sources(provenance: tuple[Provenance, ...], words: Words) -> Grid:
    """Tables with their files and counts of rows."""
    header = tuple(words.say(f"data.{key}") for key in ("table", "source", "read", "kept"))
    rows = [
        (one.table, one.source, count(one.rows_read), count(one.rows_kept)) for one in provenance
    ]
    notes = tuple(dict.fromkeys(words.sentence(note) for one in provenance for note in one.notes))
    return simple_grid("sources", header, rows, caption=words.say("data.tables"), notes=notes)


def variables(estimate: Estimate, words: Words) -> Grid:
    """Mean and spread of the outcome and the terms on the rows in use."""
    first = estimate.solution.effects.names[:1]
    header = [words.say("data.variable"), words.say("data.mean"), words.say("data.deviation")]
    if first:
        header.append(words.say("data.within", {"effect": words.inside(first[0])}))
    rows = []
    for name in (estimate.solution.outcome, *estimate.names):
        values = _values(estimate, name)
        if values is None:
            continue
        cells = [words.of(name), fixed(float(values.mean()), 3), fixed(float(values.std()), 3)]
        if first:
            cells.append(fixed(_within(estimate, values, first[0]), 3))
        rows.append(tuple(cells))
    return simple_grid("variables", tuple(header), rows, caption=words.say("data.variables"))


def _values(estimate: Estimate, name: str) -> np.ndarray | None:
    """A variable on the rows in use; nothing for a constant or a dummy of the design."""
    from spillover.errors import SpilloverError

    try:
        values = estimate.sample.column(name)[estimate.solution.rows]
    except SpilloverError:
        return None
    return values if np.isfinite(values).all() else None


def _within(estimate: Estimate, values: np.ndarray, effect: str) -> float:
    codes = estimate.sample.take(estimate.solution.rows).codes(effect)[0]
    sums, sizes = np.bincount(codes, weights=values), np.bincount(codes)
    return float((values - (sums / np.maximum(sizes, 1))[codes]).std())


def specifications(models: tuple[ReportedModel, ...], words: Words) -> Grid:
    """What each specification compares, one column each."""
    rows = [
        ("outcome", [words.of(m.estimate.solution.outcome) for m in models]),
        ("design", [design_words(m.estimate.design, words) for m in models]),
        ("small", [str(getattr(m.estimate.vcov, "small_sample", "–")) for m in models]),
        ("df", [count(m.estimate.covariance.df_t) for m in models]),
    ]
    lines = [(words.say(f"diagnostics.{key}"), *cells) for key, cells in rows]
    header = (words.say("diagnostics.fact"), *(m.label for m in models))
    caption = words.say("diagnostics.models")
    return simple_grid("specifications", header, lines, caption=caption)


def design_words(design: object, words: Words) -> str:
    """The kind of a design in words.

    Parameters
    ----------
    design : design
        As given to an estimate.
    words : Words
        Language.
    """
    name = type(design).__name__
    return phrases(words.language).get(f"design.{name}", name)


def remarks(models: tuple[ReportedModel, ...], words: Words) -> tuple[str, ...]:
    """What estimates, measures and exposures remark, each with its name."""
    sample = models[0].estimate.sample
    said = [(model.label, note) for model in models for note in model.estimate.notes]
    carriers = (*sample.measures, *sample.exposures)
    said += [(words.of(c.name), n) for c in carriers for n in getattr(c, "notes", ())]
    colon = words.say("join.colon")
    return tuple(dict.fromkeys(f"{name}{colon}{words.sentence(note)}" for name, note in said))


def variation(story: Story) -> tuple[tuple[str, str], ...]:
    """How much of the regressor the comparison uses: movers, variance left after effects."""
    estimate, words = story.main.estimate, story.words
    values = _values(estimate, story.focus.regressor)
    if values is None:
        return ()
    named = {"regressor": story.regressor}
    units = estimate.sample.units[estimate.solution.rows]
    moves = len(np.unique(units[_moving(values, units)]))
    gaps = {"movers": count(moves), "units": count(len(np.unique(units)))}
    found = [
        (
            words.say("diagnostics.movers", named),
            words.say("diagnostics.movers_of", gaps),
        )
    ]
    linear, total = estimate.solution.linear, float(values.var())
    if linear is not None and linear.weights is None and total > 0.0:
        left = float(linear.X[:, estimate.names.index(story.focus.regressor)].var()) / total
        label = words.say("diagnostics.remaining", named)
        found.append((label, words.say("summary.percent", {"number": fixed(100.0 * left, 1)})))
    return tuple(found)


def _moving(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """(n,) whether the value differs from the smallest one of its unit."""
    codes = np.unique(units, return_inverse=True)[1]
    low = np.full(codes.max() + 1, np.inf)
    np.minimum.at(low, codes, values)
    return np.asarray(values > low[codes])


def hidden_cells(
    suppressed: tuple[Suppressed, ...], captions: Mapping[str, str], words: Words
) -> Grid:
    """What is not shown, and why; figures are called by their captions."""
    header = tuple(words.say(f"provenance.{key}") for key in ("where", "cells", "reason"))
    rows = [
        (captions.get(one.where, one.where), count(one.cells), one.reason) for one in suppressed
    ]
    return simple_grid("suppressed", header, rows, caption=words.say("provenance.suppressed"))
