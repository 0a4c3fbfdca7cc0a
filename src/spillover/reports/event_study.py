"""Effects of staggered adoption: words of their terms, a figure, and a line of the checklist."""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from spillover.estimation.hypotheses import simultaneous
from spillover.estimation.result import Estimate
from spillover.reports.evidence import Evidence, Finding
from spillover.reports.figures.event_time import EventTime, EventWords, Moment
from spillover.reports.inputs import ReportedModel
from spillover.reports.numbers import p_value
from spillover.reports.words import Words

EVENT = "event="


def is_staggered(design: object) -> bool:
    """Whether a design compares units that are treated from different years on.

    Parameters
    ----------
    design : design
        As given to an estimate.
    """
    return hasattr(design, "cohort") and hasattr(design, "aggregate")


def event_words(estimates: Iterable[Estimate], words: Words) -> dict[str, str]:
    """Terms of staggered designs in words: event times, cohorts and averages.

    Parameters
    ----------
    estimates : iterable of Estimate
        All estimates of a report; others have no such terms.
    words : Words
        Language.
    """
    found: dict[str, str] = {}
    for one in estimates:
        if is_staggered(one.design):
            found |= {name: _term(name, words) for name in one.names}
    return {name: text for name, text in found.items() if text != name}


def _term(name: str, words: Words) -> str:
    if name in ("average", "att"):
        return words.say(f"staggered.{name}")
    parts = [re.fullmatch(r"(event|cohort|year)=(-?\d+)", part) for part in name.split(", ")]
    if not all(parts):
        return name
    told = [words.say(f"staggered.{p[1]}", {"k": p[2].replace("-", "−")}) for p in parts if p]
    return words.say("join.list").join(told)


def event_figures(models: Sequence[ReportedModel], words: Words) -> tuple[EventTime, ...]:
    """A figure for every model that reports effects by years since treatment.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates.
    words : Words
        How terms are written.
    """
    shown = [model for model in models if _events(model.estimate)]
    return tuple(_figure(model, at, words) for at, model in enumerate(shown, start=1))


def event_terms(estimate: Estimate) -> tuple[str, ...]:
    """Names of the effects by years since treatment.

    Parameters
    ----------
    estimate : Estimate
        Any estimate.
    """
    if not is_staggered(estimate.design):
        return ()
    return tuple(name for name in estimate.names if name.startswith(EVENT))


def has_events(estimate: Estimate) -> bool:
    """Whether an estimate reports effects by years since treatment.

    Parameters
    ----------
    estimate : Estimate
        Any estimate.
    """
    return bool(_events(estimate))


def _events(estimate: Estimate) -> list[str]:
    """Terms of event times whose error is known, in their order."""
    if not is_staggered(estimate.design):
        return []
    errors = dict(zip(estimate.names, np.asarray(estimate.std_errors), strict=True))
    named = [name for name in estimate.names if name.startswith(EVENT) and errors[name] > 0]
    return sorted(named, key=_event)


def _event(name: str) -> int:
    return int(name.removeprefix(EVENT))


def _figure(model: ReportedModel, at: int, words: Words) -> EventTime:
    estimate = model.estimate
    names = _events(estimate)
    band = simultaneous(estimate, names).table.loc[names].to_numpy(dtype=np.float64)
    alone = estimate.confint().loc[names, ["low", "high"]].to_numpy(dtype=np.float64)
    moments = tuple(
        Moment(_event(name), float(joint[0]), (own[0], own[1]), (joint[1], joint[2]))
        for name, joint, own in zip(names, band.tolist(), alone.tolist(), strict=True)
    )
    outcome = words.of(estimate.solution.outcome)
    gaps = {"model": model.label, "outcome": outcome, "n": len(moments)}
    told = EventWords(
        words.say("staggered.axis", gaps),
        words.say("staggered.years"),
        words.say("staggered.begins"),
        tuple(words.say(f"staggered.{k}") for k in ("estimate", "low", "high", "least", "most")),
    )
    caption, alt = words.say("staggered.caption", gaps), words.say("staggered.alt", gaps)
    name = "event_time" if at == 1 else f"event_time_{at}"
    return EventTime(name, caption, alt, moments, told)


def event_time(evidence: Evidence) -> Finding | None:
    """Line 8: event times with controls not treated yet and a band, and a test of the leads.

    Parameters
    ----------
    evidence : Evidence
        Models of the report.
    """
    shown = [model for model in evidence.inputs.models if _events(model.estimate)]
    if not shown:
        return None
    told = [text for model in shown for text in _told(evidence, model)]
    done = any(_not_yet(model.estimate.design) and _leads(model.estimate) for model in shown)
    return "done" if done else "partly", evidence.together(told)


def _told(evidence: Evidence, model: ReportedModel) -> list[str]:
    estimate, names = model.estimate, _events(model.estimate)
    gaps: Mapping[str, object] = {
        "model": model.label,
        "n": len(names),
        "first": _event(names[0]),
        "last": _event(names[-1]),
    }
    controls = "not_yet" if _not_yet(estimate.design) else "never"
    leads = _leads(estimate)
    if not leads:
        return [evidence.say(f"events_{controls}", gaps), evidence.say("no_leads")]
    p = estimate.test([f"'{name}' = 0" for name in leads]).p_value
    return [
        evidence.say(f"events_{controls}", gaps),
        evidence.say("leads", {"n": len(leads), "p": p_value(p)}),
    ]


def _leads(estimate: Estimate) -> list[str]:
    """Event times before treatment may act."""
    early = int(getattr(estimate.design, "anticipation", 0))
    return [name for name in _events(estimate) if _event(name) < -early]


def _not_yet(design: object) -> bool:
    """Whether units that are treated later serve as controls until they are."""
    kind = type(design).__name__
    return kind == "Imputation" or getattr(design, "controls", "") == "not_yet"
