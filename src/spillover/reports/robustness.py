"""What was tried against the estimates: tests by draws, placebos, other lists of partners."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from spillover.estimation.caps import CapSensitivity
from spillover.estimation.placebo import RUNGS, Placebos
from spillover.estimation.randomization_plan import RandomizationPlan
from spillover.estimation.randomize import Randomization
from spillover.networks.rewiring import Rewiring
from spillover.numerics.sets import ConfidenceSet
from spillover.reports.balance import balance_grids
from spillover.reports.blocks import Block, Picture, Prose, Section, Table
from spillover.reports.evidence import capital
from spillover.reports.figures.figure import Figure
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.inputs import ReportedModel
from spillover.reports.numbers import count, decimals_for, fixed, p_value
from spillover.reports.trends import trend_grids
from spillover.reports.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class LinkDeletion:
    """Estimates on networks from which a random share of pairs was lost."""

    term: str
    """Name of the exposure."""

    table: pd.DataFrame
    """One row per share, as ``deletion_sensitivity`` returns it."""


def section(
    models: Sequence[ReportedModel], words: Words, figures: Sequence[Figure] = ()
) -> Section:
    """Sentences, figures and tables of everything that was tried; empty when nothing was.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates with their evidence.
    words : Words
        How terms are written.
    figures : sequence of Figure
        Figures of what was tried, before the tables.
    """
    grids = evidence_grids(models, words)
    told = _sentences(models, words)
    said: list[Block] = [Prose(told)] if told else []
    blocks = (*said, *map(Picture, figures), *map(Table, grids))
    return Section("robustness", words.say("robustness.heading"), blocks)


def evidence_grids(models: Sequence[ReportedModel], words: Words) -> tuple[Grid, ...]:
    """Tables of everything that was tried.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates with their evidence.
    words : Words
        How terms are written.
    """
    tests = _randomized(models, words)
    ladders = [_ladder(model, one, words) for model, one in each(models, Placebos)]
    cuts = [_changed(model, one, words) for model, one in each(models, CapSensitivity)]
    losses = [_changed(model, one, words) for model, one in each(models, LinkDeletion)]
    trends = trend_grids(models, words)
    tried = (balance_grids(models, words), ladders, cuts, losses, trends)
    return (*tests, *(grid for grids in tried for grid in _numbered(grids)))


def reasons(models: Sequence[ReportedModel]) -> list[str]:
    """Why placebos could not be built, as their errors said it.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates with their evidence.
    """
    return [why for _, one in each(models, Placebos) for why in one.table["why"] if why]


def each(models: Sequence[ReportedModel], kind: type[Any]) -> list[tuple[ReportedModel, Any]]:
    """Evidence of one kind with its model.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates with their evidence.
    kind : type
        Kind of evidence.
    """
    return [(m, one) for m in models for one in m.evidence if isinstance(one, kind)]


def _numbered(grids: list[Grid]) -> list[Grid]:
    """Grids of one kind with names of their own."""
    return [
        grid if k == 1 else replace(grid, name=f"{grid.name}_{k}")
        for k, grid in enumerate(grids, 1)
    ]


def _sentences(models: Sequence[ReportedModel], words: Words) -> tuple[str, ...]:
    told = []
    for _, test in each(models, Randomization):
        gaps = {
            "name": capital(words.inside(test.term)),
            "how": how_drawn(test, words),
            "draws": count(len(test.drawn)),
            "p": p_value(test.p_value),
        }
        told.append(words.say("robustness.randomized", gaps))
    for _, ladder in each(models, Placebos):
        tried = ladder.table["agrees"].dropna()
        gaps = {
            "name": capital(words.inside(ladder.term)),
            "agree": count(tried.astype(bool).sum()),
            "n": count(len(tried)),
        }
        told.append(words.say("check.placebos", gaps))
    return tuple(told)


def how_drawn(test: Randomization, words: Words) -> str:
    """What a test by draws changes, in words.

    Parameters
    ----------
    test : Randomization
        The test.
    words : Words
        How columns are written.
    """
    strata = words.listed(map(words.inside, test.rule.within))
    kind = "links" if isinstance(test.rule, Rewiring) else "shocks"
    return words.say(
        f"robustness.{kind}_within" if strata else f"robustness.{kind}", {"strata": strata}
    )


def _randomized(models: Sequence[ReportedModel], words: Words) -> list[Grid]:
    found = each(models, Randomization)
    if not found:
        return []
    costs = [plan for _, plan in each(models, RandomizationPlan)]
    rows = [_test_row(m, test, words) for m, test in found]
    keys = ("model", "exposure", "changed", "draws", "estimate", "p_value", "set")
    notes = dict.fromkeys(words.sentence(note) for _, test in found for note in test.notes)
    paid = dict.fromkeys(_cost(plan, words) for plan in costs)
    return [_grid("randomization", keys, rows, words, (*notes, *paid))]


def _test_row(model: ReportedModel, test: Randomization, words: Words) -> tuple[str, ...]:
    return (
        model.label,
        words.of(test.term),
        how_drawn(test, words),
        count(len(test.drawn)),
        fixed(test.estimate, 3),
        p_value(test.p_value),
        told_set(test.interval, words),
    )


def told_set(found: ConfidenceSet, words: Words, decimals: int = 3) -> str:
    """A confidence set as text, rays and unions included.

    Parameters
    ----------
    found : ConfidenceSet
        The set.
    words : Words
        Language.
    decimals : int
        Digits after the point.
    """
    if found.kind in ("empty", "line"):
        return words.say(f"robustness.{found.kind}")
    pairs = [f"[{fixed(low, decimals)}, {fixed(high, decimals)}]" for low, high in found.intervals]
    return words.say("join.or").join(pairs)


def _cost(plan: RandomizationPlan, words: Words) -> str:
    """What the draws computed again."""
    parts = ("exposures", "absorptions", "kernels", "swaps")
    done = [
        words.say(
            f"robustness.cost_{part}", {"n": count(getattr(plan, part)), "rows": count(plan.rows)}
        )
        for part in parts
        if getattr(plan, part)
    ]
    again = words.say("join.list").join(done) or words.say("robustness.cost_nothing")
    return words.say("robustness.cost", {"draws": count(plan.draws), "again": again})


def _ladder(model: ReportedModel, ladder: Placebos, words: Words) -> Grid:
    table = ladder.table
    digits = decimals_for(table["std_error"].dropna(), 3)
    rows = [_rung(str(rung), table.loc[rung], digits, words) for rung in table.index]
    columns = {f"{ladder.term}_{short}": _named(rung, words) for rung, (short, _) in RUNGS.items()}
    knowing = replace(words, given={**columns, **words.given})
    missing = [
        words.say(
            "robustness.not_built", {"rung": _named(str(rung), words), "why": _told(why, knowing)}
        )
        for rung, why in table["why"].items()
        if why
    ]
    keys = ("rung", "expectation", "estimate", "std_error", "p_value", "main", "nobs", "agrees")
    gaps = _about(model, ladder.term, words)
    notes = (words.say("robustness.placebos_note"), *missing)
    return _grid("placebos", keys, rows, words, notes, gaps)


def _told(why: str, words: Words) -> str:
    """What was expected and what was found; what to do about it is said to who writes the study."""
    parts = re.split(r"(?<=\.)\s+(?=[A-Z])", why)[:2]
    known = [part for part in parts if not re.fullmatch(r"Found none\.", part)]
    return (" " if words.language == "en" else "").join(words.told(part) for part in known)


def _rung(name: str, row: Any, digits: int, words: Words) -> tuple[str, ...]:  # noqa: ANN401 - a row
    agrees, main = row["agrees"], name == "main"
    known = None if agrees is None or pd.isna(agrees) else bool(agrees)
    verdict = "–" if known is None else words.say("table.yes" if known else "table.no")
    return (
        _named(name, words),
        "–" if main else words.say(f"robustness.{row['expectation']}"),
        fixed(row["estimate"], digits),
        fixed(row["std_error"], digits),
        p_value(row["p_value"]),
        fixed(row["main"], digits),
        count(row["nobs"]) if row["nobs"] else "–",
        verdict,
    )


def _share(value: float, decimals: int, words: Words) -> str:
    return words.say("summary.percent", {"number": fixed(100 * value, decimals)})


def _named(rung: str, words: Words) -> str:
    return words.say(f"robustness.rung_{rung.replace(' ', '_')}")


def _changed(model: ReportedModel, one: CapSensitivity | LinkDeletion, words: Words) -> Grid:
    """The estimate by the length of lists, or by the share of links that is lost."""
    table, caps = one.table, isinstance(one, CapSensitivity)
    digits = decimals_for(table["std_error"], 3)
    rows = [
        (
            count(float(at)) if caps else _share(float(at), 0, words),
            _share(line["links"], 1, words),
            fixed(line["estimate"], digits),
            fixed(line["between"], digits),
            fixed(line["std_error"], digits),
            count(line["nobs"]),
        )
        for at, line in zip(table.index, table.to_dict("records"), strict=True)
    ]
    name = "partner_caps" if caps else "lost_links"
    keys = ("cap" if caps else "lost", "links_kept", "estimate", "between", "std_error", "nobs")
    notes = [words.say(f"robustness.{name}_note")]
    if isinstance(one, CapSensitivity):
        notes.append(words.say("robustness.linear", {"value": fixed(one.linear, digits)}))
    return _grid(name, keys, rows, words, tuple(notes), _about(model, one.term, words))


def _about(model: ReportedModel, term: str, words: Words) -> dict[str, str]:
    return {"model": model.label, "name": words.of(term)}


def _grid(
    name: str,
    keys: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    words: Words,
    notes: tuple[str, ...],
    gaps: Mapping[str, str] | None = None,
) -> Grid:
    header = tuple(words.say(f"robustness.{key}") for key in keys)
    caption = words.say(f"robustness.{name}", gaps or {})
    return simple_grid(name, header, rows, caption=caption, notes=notes)
