"""Corporate numbers (hojin bango): thirteen digits, of which the first is the check digit."""

import unicodedata
from collections.abc import Iterable

import numpy as np

from spillover.identifiers.verdict import Verdict, as_text, digits_of, rewritten
from spillover.typing import IntVector, TextVector

_WEIGHTS = np.array([2, 1] * 6, dtype=np.int64)
"""Weights of the twelve base digits from left to right: one at odd places from the right."""


def check_digits(bases: Iterable[object]) -> IntVector:
    """Check digit of each base number; 0, which no number has, where it is not twelve digits.

    ``9 - (sum of P_n Q_n mod 9)`` with P_n the n-th digit from the right and Q_n one for odd n,
    two for even n.

    Parameters
    ----------
    bases : iterable of str
        Twelve digits each.

    Examples
    --------
    >>> check_digits(["011001098993", "010705000725"])
    array([4, 7])
    """
    digits, readable = digits_of(as_text(bases), 12)
    return np.where(readable, 9 - (digits @ _WEIGHTS) % 9, 0)


def check(numbers: Iterable[object]) -> Verdict:
    """Which corporate numbers have the right form and check digit.

    The digit detects every error in one digit except 0 for 9, and every swap of neighbors except
    0 and 9. A right digit does not prove that the number was given to anyone.

    Parameters
    ----------
    numbers : iterable of str
        Corporate numbers.

    Examples
    --------
    >>> check(["7010705000725", "7010705000752", "T7010705000725"]).reasons.tolist()
    ['', 'the check digit does not fit', 'not thirteen digits']
    """
    text = as_text(numbers)
    digits, readable = digits_of(text, 13)
    wanted = 9 - (digits[:, 1:] @ _WEIGHTS) % 9
    return Verdict.where(
        len(text),
        [
            (~readable, "not thirteen digits"),
            (digits[:, 0] == 0, "begins with 0"),
            (digits[:, 0] != wanted, "the check digit does not fit"),
        ],
    )


def entity_kinds(numbers: Iterable[object]) -> TextVector:
    """Kind of entity that a number was given to, from its base number; empty when not valid.

    A base that begins with ``00`` belongs to national or local government, one with ``7`` to a
    body without commercial registration, any other to a registered corporation.

    Parameters
    ----------
    numbers : iterable of str
        Corporate numbers.

    Examples
    --------
    >>> entity_kinds(["4000012090001", "1180301018771"]).tolist()
    ['government', 'registered_corporation']
    """
    text = as_text(numbers)
    valid = check(text).valid
    digits, _ = digits_of(text, 13)
    government = (digits[:, 1] == 0) & (digits[:, 2] == 0)
    kinds = np.select(
        [~valid, government, digits[:, 1] == 7],
        ["", "government", "unregistered_body"],
        default="registered_corporation",
    )
    return kinds.astype(object)


def normalize(numbers: Iterable[object]) -> tuple[TextVector, int]:
    """Numbers in canonical form, and how many were changed.

    Full-width digits become ASCII, blanks and hyphens go, and the T of an invoice registration
    number is taken off. Nothing is padded.

    Parameters
    ----------
    numbers : iterable of str
        Numbers as a source writes them.

    Examples
    --------
    >>> normalize(["T7010705000725", "４０１１００１０９８９９３"])
    (array(['7010705000725', '4011001098993'], dtype=object), 2)
    """
    return rewritten(numbers, _canonical)


def _canonical(number: str) -> str:
    plain = unicodedata.normalize("NFKC", number).strip().replace("-", "").replace(" ", "")
    return plain[1:] if plain.startswith("T") and len(plain) == 14 else plain
