"""Figures of what estimates become with shorter lists of partners, or with links lost."""

from collections.abc import Sequence
from dataclasses import replace

from spillover.estimation.caps import CapSensitivity
from spillover.numerics.tails import critical
from spillover.reports.figures.sensitivity import Sensitivity, SensitivityWords, Version
from spillover.reports.inputs import ReportedModel
from spillover.reports.numbers import count, decimals_for, fixed
from spillover.reports.robustness import LinkDeletion, each
from spillover.reports.words import Words

LEVEL = 0.95


def sensitivity_figures(models: Sequence[ReportedModel], words: Words) -> tuple[Sensitivity, ...]:
    """A figure for every list of cuts and of lost shares, in the order of their tables.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates with their evidence.
    words : Words
        How terms are written.
    """
    found: list[Sensitivity] = []
    for kind in (CapSensitivity, LinkDeletion):
        drawn = [_figure(model, one, words) for model, one in each(models, kind)]
        found += [
            figure if k == 1 else replace(figure, name=f"{figure.name}_{k}")
            for k, figure in enumerate(drawn, start=1)
        ]
    return tuple(found)


def _figure(model: ReportedModel, one: CapSensitivity | LinkDeletion, words: Words) -> Sensitivity:
    caps = isinstance(one, CapSensitivity)
    name = "partner_caps" if caps else "lost_links"
    reference = float(one.table["estimate"].iloc[-1 if caps else 0])
    digits = decimals_for(one.table["std_error"], 3)
    versions = _versions(model, one, words)
    gaps = {
        "model": model.label,
        "name": words.of(one.term),
        "outcome": words.of(model.estimate.solution.outcome),
        "value": fixed(reference, digits),
        "list": words.parts(f"{v.label} {fixed(v.value, digits)}" for v in versions),
    }
    told = SensitivityWords(
        words.say("sensitivity.axis", gaps),
        words.say(f"sensitivity.{name}"),
        words.say(f"sensitivity.{name}_reference", gaps),
        (words.say("figure.estimate"), words.say("figure.low"), words.say("figure.high")),
        digits,
    )
    caption = words.say(f"sensitivity.{name}_caption", gaps)
    alt = words.say("sensitivity.alt", gaps)
    return Sensitivity(name, caption, alt, versions, reference, told)


def _versions(
    model: ReportedModel, one: CapSensitivity | LinkDeletion, words: Words
) -> tuple[Version, ...]:
    """Estimates with intervals from the mean standard error, and lists without end."""
    reach = critical(LEVEL, model.estimate.covariance.df_t)
    caps, found = isinstance(one, CapSensitivity), []
    for at, line in zip(one.table.index, one.table.to_dict("records"), strict=True):
        share = words.say("summary.percent", {"number": fixed(100.0 * float(at), 0)})
        value, half = line["estimate"], reach * line["std_error"]
        label = count(float(at)) if caps else share
        found.append(Version(label, value, value - half, value + half))
    if isinstance(one, CapSensitivity):
        last = found[-1]
        as_it_is = words.say("sensitivity.as_it_is", {"cap": last.label})
        found[-1] = replace(last, label=as_it_is)
        found.append(Version(words.say("sensitivity.without_end"), one.linear))
    return tuple(found)
