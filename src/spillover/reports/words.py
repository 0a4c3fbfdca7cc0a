"""Names of columns in words of the reader."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from spillover.reports.phrases import Language, phrase, phrases


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
