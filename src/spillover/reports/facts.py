"""Rows and notes below the coefficients: effects, errors, counts, fit, warnings."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from spillover.errors import UnknownNameError
from spillover.estimation.result import LEVEL, Estimate
from spillover.reports.formats.plain import width
from spillover.reports.phrases import phrases
from spillover.reports.table_data import Statistic, TableLayout
from spillover.reports.words import Words

LONGEST_LABEL = 24
"""Width of a standard error in words that still fits a column; a Japanese character counts two."""

Facts = tuple[tuple[Statistic, ...], ...]


def facts_of(
    estimates: Sequence[Estimate], layout: TableLayout, words: Words
) -> tuple[Facts, tuple[str, ...]]:
    """Groups of rows below the coefficients, and the notes.

    Parameters
    ----------
    estimates : sequence of Estimate
        Columns.
    layout : TableLayout
        Statistics to show.
    words : Words
        How names are written.

    Raises
    ------
    UnknownNameError
        No estimate has a statistic that the layout names.
    """
    comparison = (*_effects(estimates, words), _errors(estimates, words))
    numbers = tuple(_number(name, estimates, words) for name in layout.statistics)
    shown = tuple(fact for fact in numbers if fact is not None)
    return (comparison, shown), _notes(estimates, layout, words)


def units_of(estimate: Estimate) -> int:
    """Number of distinct units among the rows in use."""
    return len(np.unique(estimate.sample.units[estimate.solution.rows]))


def years_of(estimate: Estimate) -> tuple[int, int]:
    """First and last year among the rows in use."""
    years = estimate.sample.years[estimate.solution.rows]
    return int(years.min()), int(years.max())


def _effects(estimates: Sequence[Estimate], words: Words) -> tuple[Statistic, ...]:
    names = dict.fromkeys(name for one in estimates for name in one.solution.effects.names)
    yes, no = words.say("table.yes"), words.say("table.no")
    return tuple(
        Statistic(
            f"effect {name}",
            words.say("table.effect", {"effect": words.inside(name)}),
            tuple(yes if name in one.solution.effects.names else no for one in estimates),
        )
        for name in names
    )


def _errors(estimates: Sequence[Estimate], words: Words) -> Statistic:
    """Standard errors in words, or a letter each that a note explains when words are long."""
    letters = _letters(estimates, words)
    shown = (words.errors(one.covariance.label) for one in estimates)
    labels = tuple(letters.get(label, label) for label in shown)
    return Statistic("vcov", words.say("table.errors"), labels)


def _letters(estimates: Sequence[Estimate], words: Words) -> dict[str, str]:
    labels = list(dict.fromkeys(words.errors(one.covariance.label) for one in estimates))
    if len(estimates) == 1 or max(map(width, labels)) <= LONGEST_LABEL:
        return {}
    return {label: chr(ord("a") + position) for position, label in enumerate(labels)}


def _mean_outcome(estimate: Estimate) -> float | None:
    known = estimate.solution.statistics.get("mean_outcome")
    if known is not None:
        return known
    values = estimate.sample.column(estimate.solution.outcome)[estimate.solution.rows]
    return float(np.mean(values))


def _years(estimate: Estimate) -> float:
    first, last = years_of(estimate)
    return last - first + 1


def _rows(estimate: Estimate) -> float:
    return estimate.nobs


def _clusters(estimate: Estimate) -> float | None:
    return estimate.covariance.clusters


_COMPUTED: Mapping[str, Callable[[Estimate], float | None]] = {
    "nobs": _rows,
    "units": units_of,
    "years": _years,
    "mean_outcome": _mean_outcome,
    "clusters": _clusters,
}
_MAY_BE_ABSENT = ("clusters", "r2_within", "r2")


def _number(name: str, estimates: Sequence[Estimate], words: Words) -> Statistic | None:
    compute = _COMPUTED.get(name)
    values = tuple(
        one.solution.statistics.get(name) if compute is None else compute(one) for one in estimates
    )
    if all(value is None for value in values):
        if name in _MAY_BE_ABSENT:
            return None
        known = sorted({*_COMPUTED, *(key for one in estimates for key in one.solution.statistics)})
        raise UnknownNameError(
            "Expected statistics that a design reports.",
            f"Found {name!r} in none of the estimates.",
            f"Known names are {', '.join(known)}.",
        )
    return Statistic(name, phrases(words.language).get(f"table.{name}", words.of(name)), values)


def _notes(estimates: Sequence[Estimate], layout: TableLayout, words: Words) -> tuple[str, ...]:
    notes = []
    if layout.below != "nothing":
        level = f"{100 * (LEVEL if layout.level is None else layout.level):g}"
        notes.append(words.say(f"table.{layout.below}", {"level": level}))
    comma = words.say("join.list")
    letters = [f"{letter}{comma}{label}" for label, letter in _letters(estimates, words).items()]
    if letters:
        notes.append(words.say("table.letters", {"letters": words.parts(letters)}))
    if layout.stars:
        notes.append(words.say("table.stars"))
    definitions = dict.fromkeys(
        sentence for one in estimates for sentence in foreign_definitions(one)
    )
    notes += [words.say("table.foreign", {"definition": words.told(each)}) for each in definitions]
    return (*notes, *_remarks(estimates, words))


def foreign_definitions(estimate: Estimate) -> tuple[str, ...]:
    """What makes a firm foreign, in words, for every exposure that an estimate could use."""
    definitions = (exposure.shock.definition for exposure in estimate.sample.exposures)
    sentences = (getattr(each, "sentence", "") for each in definitions)
    return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))


def _remarks(estimates: Sequence[Estimate], words: Words) -> tuple[str, ...]:
    """Notes of the estimates, each once, with the numbers of its columns unless all have it."""
    columns: dict[str, list[int]] = {}
    for position, one in enumerate(estimates, start=1):
        for note in one.notes:
            columns.setdefault(note, []).append(position)
    told = {words.sentence(note): where for note, where in columns.items()}
    return tuple(
        note if len(where) == len(estimates) else f"({', '.join(map(str, where))}) {note}"
        for note, where in told.items()
    )
