"""Patent classes, IPC or CPC, in the form ``H01L 21/336``."""

import re
import unicodedata
from collections.abc import Callable, Iterable

import numpy as np

from spillover.identifiers.codelists import codelist
from spillover.identifiers.verdict import Verdict, as_text, rewritten
from spillover.typing import TextVector

_CANONICAL = re.compile(r"([A-HY])(\d{2})([A-Z])(?: (\d{1,4})/(\d{2,6}))?", re.ASCII)
_LOOSE = re.compile(r"([A-HY]\d{2}[A-Z])\s*(?:(\d{1,4})\s*/\s*(\d{2,6}))?", re.ASCII)


def check(classes: Iterable[object]) -> Verdict:
    """Which classes are a subclass, or a subclass and a group, in canonical form.

    Parameters
    ----------
    classes : iterable of str
        Classes.

    Examples
    --------
    >>> check(["H01L", "H01L 21/336", "H01L  21/336", "J01L"]).reasons.tolist()
    ['', '', 'not in the form H01L 21/336', 'no such section: J']
    """
    text = as_text(classes)
    reasons = np.empty(len(text), dtype=object)
    reasons[:] = [_reason(value) for value in text]
    return Verdict(reasons)


def _reason(value: str) -> str:
    if _CANONICAL.fullmatch(value):
        return ""
    if _LOOSE.fullmatch(_plain(value)):
        return "not in the form H01L 21/336"
    first = value[:1]
    if first.isascii() and first.isalpha() and first.upper() not in codelist("ipc_sections"):
        return f"no such section: {first}"
    return "not a section, class and subclass such as H01L"


def normalize(classes: Iterable[object]) -> tuple[TextVector, int]:
    """Classes in canonical form, and how many were changed; what is not a class stays.

    Full-width letters become ASCII, small letters capital, and one blank stands between subclass
    and group.

    Parameters
    ----------
    classes : iterable of str
        Classes as a source writes them.

    Examples
    --------
    >>> normalize(["H01L  21/336", "H01L21/336", "unknown"])
    (array(['H01L 21/336', 'H01L 21/336', 'unknown'], dtype=object), 2)
    """
    return rewritten(classes, _canonical)


def _plain(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip().upper()


def _canonical(value: str) -> str:
    match = _LOOSE.fullmatch(_plain(value))
    if match is None:
        return value
    subclass, main, sub = match.groups()
    return subclass if main is None else f"{subclass} {main}/{sub}"


def sections(classes: Iterable[object]) -> TextVector:
    """Section of each class, such as ``H``; empty where the class is not valid."""
    return _cut(classes, lambda value: value[:1])


def main_classes(classes: Iterable[object]) -> TextVector:
    """Class of each class symbol, such as ``H01``; empty where it is not valid."""
    return _cut(classes, lambda value: value[:3])


def subclasses(classes: Iterable[object]) -> TextVector:
    """Subclass of each class symbol, such as ``H01L``; empty where it is not valid."""
    return _cut(classes, lambda value: value[:4])


def _cut(classes: Iterable[object], part: Callable[[str], str]) -> TextVector:
    text = as_text(classes)
    valid = check(text).valid
    result = np.full(len(text), "", dtype=object)
    result[valid] = [part(value) for value in text[valid]]
    return result
