"""Terms of effects inside the law of motion in words of a report."""

import re
from collections.abc import Iterable

from spillover.designs.endogenous_productivity import EndogenousProductivity
from spillover.estimation.result import Estimate
from spillover.reports.words import Words

_FORMS = {
    "long": re.compile(r"(?P<name>.+) in the long run"),
    "quantile": re.compile(r"(?P<name>.+) at quantile (?P<q>[\d.]+)"),
    "after": re.compile(r"(?P<name>.+) after (?P<years>\d+) years?"),
    "lasting": re.compile(r"lasting (?P<name>.+)"),
    "times": re.compile(r"(?P<name>.+) \* productivity"),
    "persistence": re.compile(r"persistence"),
}
"""How terms are named, by the phrase that says them."""


def law_words(estimates: Iterable[Estimate], words: Words) -> dict[str, str]:
    """Terms of effects inside the law of motion in words.

    Parameters
    ----------
    estimates : iterable of Estimate
        All estimates of a report; others have no such terms.
    words : Words
        Language, and words of exposures.
    """
    inside = [one for one in estimates if isinstance(one.design, EndogenousProductivity)]
    found = {name: _term(name, words) for one in inside for name in one.names}
    return {name: text for name, text in found.items() if text != name}


def _term(name: str, words: Words) -> str:
    for key, form in _FORMS.items():
        found = form.fullmatch(name)
        if found:
            gaps = found.groupdict()
            if "name" in gaps:
                gaps["name"] = _term(gaps["name"], words)
            return words.say(f"law.{key}", gaps)
    return words.of(name)
