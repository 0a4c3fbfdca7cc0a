"""Texts of an author: plain, or side by side in every language of reports."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

from spillover.reports.phrases import Language
from spillover.specs import NonEmpty, Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Bilingual(Spec):
    """One text in English and in Japanese; the language of the report chooses.

    Examples
    --------
    >>> Bilingual(en="Same firm", ja="同一企業内").in_language("ja")
    '同一企業内'
    """

    en: NonEmpty
    """The text in English."""

    ja: NonEmpty
    """The same in Japanese."""

    def __str__(self) -> str:
        return self.en

    def in_language(self, language: Language) -> str:
        """The text in one language."""
        return self.en if language == "en" else self.ja


Text: TypeAlias = str | Bilingual
"""A text that reports show as it is, or one for each language."""

Heading: TypeAlias = NonEmpty | Bilingual
"""A text that cannot be empty."""


def spoken(value: Any, language: Language) -> Any:  # noqa: ANN401 - specifications of any kind
    """The value with every text in one language, and in no other.

    Parameters
    ----------
    value : specification, mapping, tuple or constant
        What holds the texts, at any depth.
    language : str
        ``en`` or ``ja``.
    """
    if isinstance(value, Bilingual):
        return value.in_language(language)
    if isinstance(value, Mapping):
        return {name: spoken(item, language) for name, item in value.items()}
    if isinstance(value, tuple):
        return tuple(spoken(item, language) for item in value)
    if isinstance(value, Spec):
        return _replaced(value, language)
    return value


def _replaced(spec: Any, language: Language) -> Any:  # noqa: ANN401 - any specification
    """A specification is built anew only where one of its texts changes."""
    held = {f.name: getattr(spec, f.name) for f in fields(spec) if f.init}
    said = {name: spoken(item, language) for name, item in held.items()}
    changed = {name: item for name, item in said.items() if item != held[name]}
    return replace(spec, **changed) if changed else spec
