"""Lines of the checklist about outcomes, comparisons, errors and what is reported."""

from typing import TypeGuard

import numpy as np

from spillover.designs.endogenous_productivity import EndogenousProductivity
from spillover.designs.poisson import PoissonFixedEffects
from spillover.productivity.productivity import Productivity
from spillover.reports.evidence import Evidence, Finding, capital
from spillover.reports.numbers import count, fixed
from spillover.reports.shift_share import effective_shocks


def outcomes(evidence: Evidence) -> Finding:
    """Line 10: whether other outcomes stand beside productivity."""
    names = dict.fromkeys(m.estimate.solution.outcome for m in evidence.inputs.models)
    if len(names) < 2:
        return "open", evidence.say("lacking10", {"name": evidence.named(names)})
    return "partly", evidence.say("outcomes", {"names": evidence.named(names)})


def first_step(evidence: Evidence) -> Finding | None:
    """Line 11: exposures in the law of motion, and the uncertainty of estimated productivity."""
    measured = [m for m in evidence.measures if isinstance(m, Productivity)]
    if not measured:
        return None
    texts, status = [], "open"
    for one in measured:
        law = getattr(getattr(one.spec, "law", None), "exposures", ())
        if law:
            status = "partly"
            texts.append(evidence.say("in_the_law", {"names": evidence.named(law)}))
        name = evidence.named([one.name])
        if not one.blocks:
            status = "partly"
            texts.append(evidence.say("accounting", {"name": name}))
            continue
        known = _propagated(evidence, one.name) or _inside(evidence, one.name)
        status = "done" if known and law else "partly" if known or law else status
        texts.append(evidence.say("propagated" if known else "taken_as_known", {"name": name}))
        texts.append(_roots(evidence, one))
    return status, evidence.together(texts)  # type: ignore[return-value]


def _propagated(evidence: Evidence, name: str) -> bool:
    """Whether the standard errors of the headline know that a variable was estimated."""
    notes = evidence.story.main.estimate.notes
    return any(note.startswith("standard errors know that") and name in note for note in notes)


def _inside(evidence: Evidence, name: str) -> bool:
    """Whether a model reads effects from the law of motion, with errors through all stages."""
    designs = (model.estimate.design for model in evidence.inputs.models)
    return any(isinstance(d, EndogenousProductivity) and d.measure == name for d in designs)


def _roots(evidence: Evidence, measured: Productivity) -> str:
    """How many roots the moment conditions had."""
    notes = [evidence.words.sentence(n) for n in measured.notes if "exact root" in n]
    return evidence.together(dict.fromkeys(notes))


def errors(evidence: Evidence) -> Finding:
    """Line 12: the dependences of the models."""
    labels = dict.fromkeys(
        evidence.words.errors(m.estimate.covariance.label) for m in evidence.inputs.models
    )
    main = evidence.words.errors(evidence.story.main.estimate.covariance.label)
    others = [label for label in labels if label != main]
    if not others:
        return "partly", evidence.say("errors_only", {"label": main})
    return "done", evidence.say("errors", {"label": main, "others": evidence.words.parts(others)})


def attrition(evidence: Evidence) -> Finding:
    """Line 13: rows in use, and whether exit is modelled."""
    losses = evidence.story.main.estimate.losses
    gaps = {"rows": count(losses[-1].remaining), "all": count(losses[0].remaining)}
    notes = [n for m in evidence.measures for n in getattr(m, "notes", ())]
    corrected = [evidence.words.sentence(n) for n in notes if n.startswith("exit correction")]
    last = corrected or [evidence.say("exit_open")]
    return "partly", evidence.together([evidence.say("exit", gaps), *last])


def location(evidence: Evidence) -> Finding:
    """Line 14: what stands at the locations."""
    frame = evidence.story.main.estimate.sample.panel.frame
    if "location_kind" not in frame.columns:
        return "open", evidence.say("location_unknown")
    kinds = sorted({str(kind) for kind in frame["location_kind"].dropna().unique()})
    named = ", ".join(evidence.words.of(kind) for kind in kinds)
    return "partly", evidence.say("location", {"kind": named})


def policy(evidence: Evidence) -> Finding:
    """Line 16: the effect in policy units, and how often the step leaves what was observed."""
    story = evidence.story
    gaps = {"step": capital(story.step), "size": story.size(story.effect.value)}
    told = [evidence.say("policy", gaps)]
    share = _outside(evidence)
    if share is not None:
        percent = story.words.say("summary.percent", {"number": fixed(100.0 * share, 1)})
        told.append(evidence.say("support", {"share": percent}))
    return "done", evidence.together(told)


def _outside(evidence: Evidence) -> float | None:
    """Share of rows that the step would take beyond every value observed."""
    estimate, focus = evidence.story.main.estimate, evidence.story.focus
    if focus.regressor not in estimate.sample.panel.frame.columns:
        return None
    values = estimate.sample.column(focus.regressor)[estimate.solution.rows]
    moved = values + focus.step
    return float(np.mean((moved > values.max()) | (moved < values.min())))


def form(evidence: Evidence) -> Finding:
    """Line 17: levels, logs or a multiplicative model."""
    if isinstance(evidence.story.main.estimate.design, PoissonFixedEffects):
        return "done", evidence.say("multiplicative")
    return "done", evidence.say("log" if evidence.story.focus.log_outcome else "level")


def several(evidence: Evidence) -> Finding | None:
    """Line 18: restrictions that were tested."""
    tests = [text for model in evidence.inputs.models for text in model.tests]
    if not tests:
        return None
    return "partly", evidence.say("restrictions", {"n": len(tests)})


def clusters(evidence: Evidence) -> Finding:
    """Line 20: clusters, the reference distribution, and the strength of instruments."""
    estimate = evidence.story.main.estimate
    found = estimate.covariance
    label = capital(evidence.words.errors(found.label))
    strength = evidence.together([_strength(evidence), _shocks(evidence)])
    if not _finite(found.clusters, found.df_t):
        return "partly", evidence.together(
            [evidence.say("no_clusters", {"label": label}), strength]
        )
    gaps = {"label": label, "n": count(found.clusters), "df": count(found.df_t)}
    return "done", evidence.together([evidence.say("clusters", gaps), strength])


def _finite(clusters: int | None, df: float) -> TypeGuard[int]:
    return clusters is not None and bool(np.isfinite(df))


def _strength(evidence: Evidence) -> str:
    """Effective F of the first stage of the headline; empty without instruments."""
    from spillover.reports.strength import strength

    found = strength(evidence.story.main.estimate)
    if found is None or found.effective_f is None or found.effective_f_critical is None:
        return ""
    gaps = {"f": fixed(found.effective_f, 1), "critical": fixed(found.effective_f_critical, 1)}
    return evidence.say("first_stage", gaps)


def _shocks(evidence: Evidence) -> str:
    """Effective number of shocks of the headline; empty for other designs than shift-shares."""
    found = effective_shocks(evidence.story.main)
    return "" if found is None else evidence.say("shocks", {"n": fixed(found, 1)})


def access(evidence: Evidence) -> Finding:
    """Line 22: seed, files and disclosure control."""
    rule = evidence.inputs.protection.rule
    seed = evidence.inputs.manifest.get("seed", "–")
    return "done", evidence.say("access", {"seed": seed, "minimum": rule.minimum_units})
