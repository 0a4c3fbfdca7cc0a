"""Industry codes in the revision that gives them their meaning."""

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np

from spillover.identifiers.codelists import codelist
from spillover.identifiers.verdict import Verdict, as_text
from spillover.typing import TextVector

_NUMBERED = {"JIP2006": 108, "JIP2015": 100}
"""Classifications that are numbered from 1."""


def check(codes: Iterable[object], revisions: Iterable[object]) -> Verdict:
    """Which industry codes exist in the revision beside them.

    Codes of the Japan Standard Industrial Classification (``rev12``, ``rev13``, ``rev14``) are a
    division letter or two, three or four digits whose first two are a group of the revision.
    JIP industries are numbered. Codes of other classifications only have to be there.

    Parameters
    ----------
    codes : iterable of str
        Industry codes.
    revisions : iterable of str
        Revision of each code, from the codelist ``industry_revisions``.

    Examples
    --------
    >>> check(["E", "24", "2451", "00", "E"], ["rev13"] * 4 + ["rev7"]).reasons.tolist()
    ['', '', '', 'no such group in rev13: 00', 'revision is not known: rev7']
    """
    text, revision = as_text(codes), as_text(revisions)
    reasons = np.empty(len(text), dtype=object)
    reasons[:] = [_reason(code, rev) for code, rev in zip(text, revision, strict=True)]
    return Verdict(reasons)


def _reason(code: str, revision: str) -> str:
    known = codelist("industry_revisions")
    if not code:
        return "empty"
    if revision not in known:
        return f"revision is not known: {revision}" if revision else "no revision beside it"
    if revision in _NUMBERED:
        return _numbered(code, revision)
    listed = known.rows[revision]["codelist"]
    return _standard(code, revision, listed) if listed else ""


def _numbered(code: str, revision: str) -> str:
    most = _NUMBERED[revision]
    inside = code.isascii() and code.isdigit() and 1 <= int(code) <= most
    return "" if inside else f"not between 1 and {most}"


def _standard(code: str, revision: str, listed: str) -> str:
    if code in codelist(listed):
        return ""
    if not (code.isascii() and code.isdigit() and 2 <= len(code) <= 4):
        return "not a division letter or two to four digits"
    return "" if code[:2] in groups(listed) else f"no such group in {revision}: {code[:2]}"


@cache
def groups(listed: str) -> Mapping[str, str]:
    """Division of each two-digit group of a codelist of divisions.

    Parameters
    ----------
    listed : str
        For example ``"jsic_rev13"``.
    """
    divisions = codelist(listed).rows
    return {
        f"{number:02d}": letter
        for letter, row in divisions.items()
        for number in range(int(row["first_group"]), int(row["last_group"]) + 1)
    }


def divisions_of(codes: Iterable[object], revision: str) -> TextVector:
    """Division letter of each code; empty where the code does not exist in the revision.

    Parameters
    ----------
    codes : iterable of str
        Codes of any depth.
    revision : str
        ``rev12``, ``rev13`` or ``rev14``.

    Examples
    --------
    >>> divisions_of(["2451", "E", "00"], "rev13").tolist()
    ['E', 'E', '']
    """
    text = as_text(codes)
    valid = check(text, [revision] * len(text)).valid
    listed = codelist("industry_revisions").rows[revision]["codelist"]
    letters = groups(listed)
    result = np.full(len(text), "", dtype=object)
    result[valid] = [code if code.isalpha() else letters[code[:2]] for code in text[valid]]
    return result
