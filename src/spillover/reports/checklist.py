"""The referee checklist: each line filled from the results, or marked as not done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from spillover.exposures.exposure import Exposure
from spillover.reports.blocks import Check, Status
from spillover.reports.facts import foreign_definitions
from spillover.reports.inputs import ReportInputs
from spillover.reports.numbers import count
from spillover.reports.summary import Story

LINES = 22
Finding = tuple[Status, str]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the lines of the checklist are filled from."""

    story: Story
    """The headline and the other models."""

    inputs: ReportInputs
    """Everything of the report."""

    def say(self, key: str, gaps: Mapping[str, object] | None = None) -> str:
        """A phrase of the checklist."""
        return self.story.words.say(f"check.{key}", gaps)


def checklist(evidence: Evidence) -> tuple[Check, ...]:
    """All lines in order.

    Parameters
    ----------
    evidence : Evidence
        Models, exposures, protection and manifest.
    """
    not_done: Finding = ("open", evidence.say("open"))
    lines = []
    for number in range(1, LINES + 1):
        fill = _FILLED.get(number)
        found = None if fill is None else fill(evidence)
        status, finding = found or not_done
        lines.append(Check(number, evidence.say(f"q{number:02d}"), finding, status))
    return tuple(lines)


def _definition(evidence: Evidence) -> Finding | None:
    found = foreign_definitions(evidence.story.main.estimate)
    if not found:
        return None
    return "partly", evidence.say("definition", {"definition": "; ".join(found)})


def _named(evidence: Evidence, exposures: list[Exposure]) -> str:
    return _capital(", ".join(evidence.story.words.inside(one.name) for one in exposures))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _own_group(evidence: Evidence) -> Finding | None:
    known = [e for e in evidence.inputs.exposures if getattr(e.spec, "exclude", None)]
    out = [e for e in known if "group" in e.spec.exclude]
    kept = [e for e in known if "group" not in e.spec.exclude]
    texts = [("own_left_out", out), ("own_kept", kept)]
    told = [evidence.say(key, {"names": _named(evidence, es)}) for key, es in texts if es]
    return ("partly" if kept else "done", " ".join(told)) if told else None


def _degree(evidence: Evidence) -> Finding | None:
    terms = [term for term in evidence.story.main.estimate.names if "degree" in term]
    if not terms:
        return "open", evidence.say("degree_out")
    named = ", ".join(evidence.story.words.inside(term) for term in terms)
    return "done", evidence.say("degree_in", {"terms": named})


def _lags(evidence: Evidence) -> Finding | None:
    by_lag: dict[int, list[Exposure]] = {}
    for exposure in evidence.inputs.exposures:
        lag = getattr(exposure.spec, "lag", None)
        if isinstance(lag, int):
            by_lag.setdefault(lag, []).append(exposure)
    texts = [
        evidence.say("lagged" if lag else "current", {"names": _named(evidence, es), "lag": lag})
        for lag, es in sorted(by_lag.items())
    ]
    if not texts:
        return None
    return "open" if 0 in by_lag else "partly", " ".join(texts)


def _errors(evidence: Evidence) -> Finding:
    words = evidence.story.words
    labels = list(
        dict.fromkeys(words.errors(m.estimate.covariance.label) for m in evidence.inputs.models)
    )
    main = words.errors(evidence.story.main.estimate.covariance.label)
    others = [label for label in labels if label != main]
    if not others:
        return "partly", evidence.say("errors_only", {"label": main})
    return "done", evidence.say("errors", {"label": main, "others": "; ".join(others)})


def _exit(evidence: Evidence) -> Finding:
    losses = evidence.story.main.estimate.losses
    gaps = {"rows": count(losses[-1].remaining), "all": count(losses[0].remaining)}
    return "partly", evidence.say("exit", gaps)


def _location(evidence: Evidence) -> Finding | None:
    frame = evidence.story.main.estimate.sample.panel.frame
    if "location_kind" not in frame.columns:
        return "open", evidence.say("location_unknown")
    kinds = sorted({str(kind) for kind in frame["location_kind"].dropna().unique()})
    named = ", ".join(kind.replace("_", " ") for kind in kinds)
    return "partly", evidence.say("location", {"kind": named})


def _truncation(evidence: Evidence) -> Finding | None:
    notes = [note for exposure in evidence.inputs.exposures for note in exposure.network.notes]
    caps = dict.fromkeys(_capital(note) for note in notes if "full at" in note)
    return ("partly", evidence.say("truncation", {"notes": "; ".join(caps)})) if caps else None


def _policy(evidence: Evidence) -> Finding:
    story = evidence.story
    gaps = {"step": story.step, "size": story.size(story.effect.value)}
    return "done", evidence.say("policy", gaps)


def _form(evidence: Evidence) -> Finding:
    return "done", evidence.say("log" if evidence.story.focus.log_outcome else "level")


def _clusters(evidence: Evidence) -> Finding:
    found = evidence.story.main.estimate.covariance
    label = _capital(evidence.story.words.errors(found.label))
    if found.clusters is None or not np.isfinite(found.df_t):
        return "partly", evidence.say("no_clusters", {"label": label})
    gaps = {"label": label, "n": count(found.clusters), "df": count(found.df_t)}
    return "done", evidence.say("clusters", gaps)


def _access(evidence: Evidence) -> Finding:
    rule = evidence.inputs.protection.rule
    seed = evidence.inputs.manifest.get("seed", "–")
    return "done", evidence.say("access", {"seed": seed, "minimum": rule.minimum_units})


_FILLED: Mapping[int, Callable[[Evidence], Finding | None]] = {
    1: _definition,
    2: _own_group,
    4: _degree,
    5: _lags,
    12: _errors,
    13: _exit,
    14: _location,
    15: _truncation,
    16: _policy,
    17: _form,
    20: _clusters,
    22: _access,
}
