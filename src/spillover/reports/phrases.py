"""Fixed text in English and Japanese."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from spillover.errors import unknown_name

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")


@cache
def phrases(language: Language) -> Mapping[str, str]:
    """All fixed text of a language, by dotted key.

    Parameters
    ----------
    language : str
        ``en`` or ``ja``.
    """
    text = files("spillover.reports").joinpath("language", f"{language}.toml").read_text("utf-8")
    return {
        f"{section}.{key}": value
        for section, entries in tomllib.loads(text).items()
        for key, value in entries.items()
    }


def phrase(language: Language, key: str, gaps: Mapping[str, object] | None = None) -> str:
    """One phrase with its gaps filled.

    Parameters
    ----------
    language : str
        ``en`` or ``ja``.
    key : str
        Dotted key, such as ``"table.outcome"``.
    gaps : mapping of str to object, optional
        Text for the gaps.

    Examples
    --------
    >>> phrase("en", "table.outcome", {"outcome": "log_tfp"})
    'Outcome: log_tfp'
    """
    known = phrases(language)
    if key not in known:
        raise unknown_name("phrase", key, sorted(known))
    return known[key].format_map(gaps or {})
