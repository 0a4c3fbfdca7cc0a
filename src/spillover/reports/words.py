"""Names of columns in words of the reader."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from spillover.reports.phrases import Language, phrase, phrases

_LOSSES = (
    (re.compile(r"rows of the panel"), "panel"),
    (re.compile(r"no partners in (.+)"), "isolated"),
    (re.compile(r"missing (.+)"), "missing"),
    (re.compile(r"only row of its (.+)"), "single"),
    (re.compile(r"not (.+)"), "filter"),
)
"""Reasons of the ledger, and the phrase of each."""

_ERRORS = (
    (re.compile(r"clustered by ([\w^]+)"), "cluster"),
    (re.compile(r"wild cluster bootstrap by ([\w^]+)"), "wild"),
    (re.compile(r"heteroskedasticity-robust \((\w+)\)"), "robust"),
    (re.compile(r"homoskedastic"), "homoskedastic"),
)
"""Standard errors in words, and the phrase of each."""


@dataclass(frozen=True, slots=True)
class Words:
    """How names are written: words of the study first, then known columns, then the name."""

    language: Language = "en"
    """Language of the fixed text."""

    given: Mapping[str, str] = field(default_factory=dict)
    """Words of the study by name."""

    def say(self, key: str, gaps: Mapping[str, object] | None = None) -> str:
        """A fixed phrase with its gaps filled."""
        return phrase(self.language, key, gaps)

    def of(self, name: str) -> str:
        """A term, column or fixed effect in words.

        Parameters
        ----------
        name : str
            Name such as ``backward``; ``industry^year`` is put together from its parts.

        Examples
        --------
        >>> Words().of("industry^year")
        'industry × year'
        """
        if name in self.given:
            return self.given[name]
        if re.fullmatch(r"\w+(\^\w+)+", name):
            return " × ".join(self.of(part) for part in name.split("^"))
        return phrases(self.language).get(f"word.{name}", name)

    def loss(self, reason: str) -> str:
        """A reason of the ledger in the language of the report.

        Parameters
        ----------
        reason : str
            As the sample or the design gave it; reasons of the study stay as they are.

        Examples
        --------
        >>> Words(given={"backward": "foreign customers"}).loss("missing backward")
        'unknown: foreign customers'
        """
        return self._translated(reason, "loss", _LOSSES)

    def errors(self, label: str) -> str:
        """Standard errors in words of the report.

        Parameters
        ----------
        label : str
            Label of a covariance.

        Examples
        --------
        >>> Words().errors("clustered by firm_id or clustered by year")
        'clustered by firm or clustered by year'
        """
        for joint in ("or", "and"):
            parts = label.split(f" {joint} ")
            if len(parts) > 1:
                return self.say(f"loss.{joint}").join(map(self.errors, parts))
        return self._translated(label, "errors", _ERRORS)

    def _translated(
        self, text: str, section: str, patterns: tuple[tuple[re.Pattern[str], str], ...]
    ) -> str:
        for pattern, key in patterns:
            found = pattern.fullmatch(text)
            if found:
                names = found[1].split(" or ") if pattern.groups else []
                named = self.say("loss.or").join(self.inside(name) for name in names)
                return self.say(f"{section}.{key}", {"name": named})
        return text

    def inside(self, name: str) -> str:
        """A name in the middle of a sentence: a capitalised English word becomes small."""
        text = self.of(name)
        small = self.language == "en" and text[1:2].islower()
        return text[0].lower() + text[1:] if small else text
