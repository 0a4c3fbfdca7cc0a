"""Lines of the checklist about exposures, networks and the tables behind them."""

from spillover.estimation.caps import CapSensitivity
from spillover.estimation.placebo import Placebos
from spillover.estimation.randomize import Randomization
from spillover.exposures.exposure import Exposure
from spillover.exposures.linkage import Linkage
from spillover.exposures.recenter import Recentered
from spillover.reports.evidence import Evidence, Finding, capital
from spillover.reports.facts import foreign_definitions
from spillover.reports.numbers import count, fixed, p_value


def definition(evidence: Evidence) -> Finding | None:
    """Line 1: definitions of foreign firms among the models."""
    found = dict.fromkeys(
        sentence
        for model in evidence.inputs.models
        for sentence in foreign_definitions(model.estimate)
    )
    if not found:
        return None
    told = capital(evidence.words.parts(map(evidence.words.told, found)))
    return "done" if len(found) > 1 else "partly", evidence.say("definition", {"definition": told})


def own_group(evidence: Evidence) -> Finding | None:
    """Line 2: whether the own firm and its group are left out."""
    known = {e.name: _left_out(e) for e in evidence.exposures if _left_out(e)}
    out = [name for name, rule in known.items() if rule == "group"]
    kept = [name for name, rule in known.items() if rule != "group"]
    texts = [("own_left_out", out), ("own_kept", kept)]
    told = [evidence.say(key, {"names": evidence.named(names)}) for key, names in texts if names]
    return ("partly" if kept else "done", evidence.together(told)) if told else None


def _left_out(exposure: object) -> str:
    spec = getattr(exposure, "spec", None)
    rule = getattr(spec, "exclude", None) or getattr(spec, "leave_out", None)
    return "" if rule is None else "group" if "group" in rule else str(rule)


def industry_table(evidence: Evidence) -> Finding:
    """Line 3: year and weights of the industry table, where one is in use."""
    linkages = [e for e in evidence.exposures if isinstance(e, Linkage)]
    if not linkages:
        return "absent", evidence.say("no_industry_table")
    told = []
    for one in linkages:
        vintage = getattr(one.spec, "vintage", None)
        first, last = int(one.network.years[0]), int(one.network.years[-1])
        year = {"first": str(first), "yearly": f"{first}–{last}"}.get(str(vintage), str(vintage))
        gaps = {"names": evidence.named([one.name]), "year": year if vintage else str(first)}
        told.append(evidence.say("industry_table", gaps))
    return "partly", evidence.together(told)


def degree(evidence: Evidence) -> Finding:
    """Line 4: the number of partners as a control, and lists that are full."""
    if not any(isinstance(one, Exposure) for one in evidence.exposures):
        return "absent", evidence.say("no_partners")
    estimate = evidence.story.main.estimate
    terms = [t for t in (*estimate.names, *estimate.solution.effects.names) if "degree" in t]
    caps = _caps(evidence)
    if not terms:
        return "open", evidence.together([evidence.say("degree_out"), caps])
    told = evidence.say("degree_in", {"terms": evidence.listed(terms)})
    return "done", evidence.together([told, caps])


def dated(evidence: Evidence) -> Finding | None:
    """Line 5: years between links, shocks and the outcome."""
    lagged: dict[int, list[str]] = {}
    fixed_links: dict[int, list[str]] = {}
    for exposure in evidence.exposures:
        spec = exposure.spec
        if getattr(spec, "weights", "") == "base_year":
            fixed_links.setdefault(spec.base_year, []).append(exposure.name)
        elif isinstance(getattr(spec, "lag", None), int):
            lagged.setdefault(spec.lag, []).append(exposure.name)
    texts = [
        evidence.say("base_year", {"names": evidence.named(names), "year": year})
        for year, names in sorted(fixed_links.items())
    ]
    texts += [
        evidence.say("lagged" if lag else "current", {"names": evidence.named(names), "lag": lag})
        for lag, names in sorted(lagged.items())
    ]
    if not texts:
        return None
    status = "open" if 0 in lagged else "partly" if lagged else "done"
    return status, evidence.together(texts)  # type: ignore[return-value]


def recentred(evidence: Evidence) -> Finding | None:
    """Line 6: recentred exposures in the models, and randomisation tests."""
    ready = [m.name for m in evidence.measures if isinstance(m, Recentered)]
    suffixes = ("_recentered", "_expected")
    used = [
        model.label
        for model in evidence.inputs.models
        if any(f"{name}{end}" in term for name in ready for end in suffixes for term in _on(model))
    ]
    tests: list[Randomization] = evidence.found(Randomization)
    told = [
        evidence.say("randomized", {"name": evidence.named([t.term]), "p": p_value(t.p_value)})
        for t in tests
    ]
    if used:
        told.insert(0, evidence.say("recentred", {"models": evidence.say("between").join(used)}))
    if not told:
        return None
    return "done" if used and tests else "partly", evidence.together(told)


def _on(model: object) -> tuple[str, ...]:
    """Terms and instruments of a model."""
    estimate = model.estimate  # type: ignore[attr-defined]
    return (*estimate.names, *getattr(estimate.design, "instruments", ()))


def placebos(evidence: Evidence) -> Finding | None:
    """Line 7: rungs of the placebo ladder that agree with what they should show."""
    found: list[Placebos] = evidence.found(Placebos)
    if not found:
        return None
    told, lost = [], 0
    for one in found:
        rungs = one.table[one.table.index != "main"]
        tried = rungs["agrees"].notna()
        gaps = {
            "name": evidence.named([one.term]),
            "agree": int((rungs["agrees"][tried] == True).sum()),  # noqa: E712 - three-valued
            "n": int(tried.sum()),
        }
        told.append(evidence.say("placebos", gaps))
        lost += int((~tried).sum())
    if lost:
        told.append(evidence.say("not_built", {"n": lost}))
    return "partly" if lost else "done", evidence.together(told)


def truncation(evidence: Evidence) -> Finding | None:
    """Line 15: full lists of partners, rows that tables lost, and what a cut does."""
    lost = [
        f"{record.table} {count(sum(rows for _, rows in record.dropped))}"
        for record in evidence.inputs.provenance
        if record.dropped
    ]
    dropped = evidence.say("lost_rows", {"tables": ", ".join(lost)}) if lost else ""
    cuts: list[CapSensitivity] = evidence.found(CapSensitivity)
    extrapolated = [
        evidence.say("cap", {"name": evidence.named([one.term]), "value": fixed(one.linear, 3)})
        for one in cuts
    ]
    told = evidence.together([_caps(evidence), dropped, *extrapolated])
    return ("done" if cuts else "partly", told) if told else None


def _caps(evidence: Evidence) -> str:
    shown = [e.network for e in evidence.exposures if hasattr(e, "network")]
    networks = {id(each): each for each in shown}.values()
    notes = [note for network in networks for note in network.notes if "full at" in note]
    told = evidence.words.parts(map(evidence.words.told, dict.fromkeys(notes)))
    return evidence.say("truncation", {"notes": capital(told)}) if told else ""


def matching(evidence: Evidence) -> Finding | None:
    """Line 21: rows whose firm was not found."""
    records = evidence.inputs.provenance
    if not records:
        return None
    lost = sum(
        rows for record in records for reason, rows in record.dropped if " not in " in reason
    )
    if lost:
        return "partly", evidence.say("unmatched", {"rows": count(lost)})
    return "partly", evidence.say("all_matched")
