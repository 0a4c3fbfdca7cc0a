"""Countries: ISO 3166-1 alpha-3, with the older and the shorter codes that sources use."""

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np

from spillover.identifiers.codelists import codelist
from spillover.identifiers.verdict import Verdict, as_text
from spillover.typing import FloatVector, TextVector


def check(codes: Iterable[object], years: FloatVector | None = None) -> Verdict:
    """Which codes are countries in alpha-3, in use in their year.

    Parameters
    ----------
    codes : iterable of str
        Codes.
    years : (n,), optional
        Year of each code; NaN asks for none.

    Examples
    --------
    >>> check(["JPN", "JP", "SUN"], np.array([2020.0, 2020.0, 2020.0])).reasons.tolist()
    ['', 'a shorter code: write JPN', 'in use only until 1992']
    """
    text = as_text(codes)
    reasons = codelist("iso_3166_1").check(text, years).reasons.copy()
    for at in np.flatnonzero(np.isin(text, list(_translations())) & (reasons != "")):
        reasons[at] = f"a shorter code: write {_translations()[text[at]]}"
    for at in np.flatnonzero(np.isin(text, list(codelist("patent_offices").rows))):
        reasons[at] = "a patent office, not a country"
    return Verdict(reasons)


def to_alpha_3(codes: Iterable[object]) -> tuple[TextVector, int]:
    """Codes in alpha-3, and how many were translated; what is not known stays.

    Parameters
    ----------
    codes : iterable of str
        Alpha-2, alpha-3 or three-digit numeric codes.

    Examples
    --------
    >>> to_alpha_3(["JP", "840", "DEU", "EP"])
    (array(['JPN', 'USA', 'DEU', 'EP'], dtype=object), 2)
    """
    text = as_text(codes)
    table = _translations()
    result = np.empty(len(text), dtype=object)
    result[:] = [table.get(code, code) for code in text]
    return result, int(np.count_nonzero(result != text))


@cache
def _translations() -> Mapping[str, str]:
    """Alpha-3 code of every shorter code that means one country; codes in use come first."""
    claims: dict[str, list[tuple[bool, str]]] = {}
    for code, row in codelist("iso_3166_1").rows.items():
        for short in filter(None, (row["alpha_2"], row["numeric"])):
            claims.setdefault(short, []).append((row["kind"] == "current", code))
    chosen = {short: _only(claim) for short, claim in claims.items()}
    return {short: code for short, code in chosen.items() if code}


def _only(claims: list[tuple[bool, str]]) -> str:
    """The one country in use, or the one historical country; empty when there are two."""
    current = [code for in_use, code in claims if in_use] or [code for _, code in claims]
    return current[0] if len(current) == 1 else ""
