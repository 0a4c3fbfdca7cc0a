"""Names of columns in words of the reader."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from spillover.reports.phrases import Language, phrase, phrases
from spillover.reports.sentences import recognised

_UNION = re.compile(r"(?<!,) (or|and) ")
"""Between the members of a union or an intersection of dependences."""

_COLUMN = re.compile(r"\b[A-Za-z_]\w*\b(?!\()")
"""A name inside an expression that is not a function."""


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
        if re.fullmatch(r"\w+", name):
            return phrases(self.language).get(f"word.{name}", name)
        return _COLUMN.sub(lambda found: self.of(found[0]), name)

    def told(self, text: str) -> str:
        """A note, a reason of the ledger or a definition in the language of the report.

        Parameters
        ----------
        text : str
            As it was said; what the study says itself stays as it is.

        Examples
        --------
        >>> Words(given={"backward": "foreign customers"}).told("missing backward")
        'unknown: foreign customers'
        """
        found = recognised(text)
        if found is None:
            return text
        sentence, gaps = found
        filled = {gap: self._gap(gap, value) for gap, value in gaps.items()}
        return sentence.in_language(self.language).format_map(filled)

    def sentence(self, text: str) -> str:
        """The same as a whole sentence.

        Examples
        --------
        >>> Words().sentence("dropped 3 links of weight 0")
        'Dropped 3 links of weight 0.'
        """
        told = self.told(text)
        end = "." if self.language == "en" else "。"
        upper = told[:1].upper() + told[1:] if self.language == "en" else told
        return upper if upper.endswith((".", "。")) else f"{upper}{end}"

    def quoted(self, name: str) -> str:
        """A name in words and in quotation marks.

        Examples
        --------
        >>> Words("ja").quoted("industry")
        '「産業」'
        """
        return self.say("join.quoted", {"text": self.of(name)})

    def listed(self, texts: Iterable[str]) -> str:
        """Texts with commas between them and a word before the last.

        Examples
        --------
        >>> Words().listed(["a", "b", "c"])
        'a, b and c'
        """
        found = list(texts)
        first = [self.say("join.list").join(found[:-1])] if len(found) > 1 else []
        return self.say("join.and").join([*first, *found[-1:]])

    def parts(self, texts: Iterable[str]) -> str:
        """Texts that have commas of their own, one after the other.

        Examples
        --------
        >>> Words().parts(["a, b", "c"])
        'a, b; c'
        """
        return self.say("join.parts").join(texts)

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
        parts = _UNION.split(label)
        joints = iter(self.say(f"join.{joint}") for joint in parts[1::2])
        members = [self.told(part) for part in parts[::2]]
        return members[0] + "".join(f"{next(joints)}{member}" for member in members[1:])

    def _gap(self, gap: str, value: str) -> str:
        if gap.startswith("text"):
            return self.told(value)
        if gap.startswith("names"):
            names = re.split(r", | or | and ", value)
            join = "join.list" if ", " in value else "join.or"
            return self.say(join).join(map(self.inside, names))
        if gap.startswith("name"):
            return self.inside(value)
        return value if self.language == "en" else value.replace(" %", "％")

    def inside(self, name: str) -> str:
        """A name in the middle of a sentence: a capitalised English word becomes small."""
        text = self.of(name)
        small = self.language == "en" and text[1:2].islower()
        return text[0].lower() + text[1:] if small else text
