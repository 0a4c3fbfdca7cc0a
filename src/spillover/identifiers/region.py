"""Prefectures (JIS X 0401) and municipalities (JIS X 0402)."""

from collections.abc import Iterable

import numpy as np

from spillover.identifiers.codelists import codelist
from spillover.identifiers.verdict import Verdict, as_text, digits_of
from spillover.typing import IntVector, TextVector

_WEIGHTS = np.array([6, 5, 4, 3, 2], dtype=np.int64)


def check_prefectures(codes: Iterable[object]) -> Verdict:
    """Which codes are prefectures, 01 to 47.

    Parameters
    ----------
    codes : iterable of str
        Two digits each.

    Examples
    --------
    >>> check_prefectures(["01", "1", "48"]).reasons.tolist()
    ['', 'has lost its leading zero', 'not in jis_x_0401']
    """
    return codelist("jis_x_0401").check(as_text(codes))


def municipality_check_digits(codes: Iterable[object]) -> IntVector:
    """Check digit of each five-digit municipality code; -1 where it is not five digits.

    The last digit of 11 minus the sum, weighted 6, 5, 4, 3, 2, modulo 11.

    Parameters
    ----------
    codes : iterable of str
        Five digits: prefecture and three more.

    Examples
    --------
    >>> municipality_check_digits(["13101", "43100", "27100", "01100"])
    array([6, 1, 4, 2])
    """
    digits, readable = digits_of(as_text(codes), 5)
    return np.where(readable, (11 - (digits @ _WEIGHTS) % 11) % 10, -1)


def check_municipalities(codes: Iterable[object]) -> Verdict:
    """Which codes have the form of a municipality: five digits, or six with the check digit.

    Whether a municipality exists depends on the date; see the table ``regions``.

    Parameters
    ----------
    codes : iterable of str
        Codes.

    Examples
    --------
    >>> check_municipalities(["43100", "431001", "431002", "1100"]).reasons.tolist()
    ['', '', 'the check digit does not fit', 'not five or six digits']
    """
    text = as_text(codes)
    five, has_five = digits_of(text, 5)
    six, has_six = digits_of(text, 6)
    base = np.where(has_six[:, None], six[:, :5], five)
    prefecture = 10 * base[:, 0] + base[:, 1]
    wanted = (11 - (base @ _WEIGHTS) % 11) % 10
    return Verdict.where(
        len(text),
        [
            (~has_five & ~has_six, "not five or six digits"),
            ((prefecture < 1) | (prefecture > 47), "does not begin with a prefecture"),
            (has_six & (six[:, 5] != wanted), "the check digit does not fit"),
        ],
    )


def prefectures_of(municipalities: Iterable[object]) -> TextVector:
    """Prefecture of each municipality code; empty where the code is not valid.

    Parameters
    ----------
    municipalities : iterable of str
        Codes of five or six digits.
    """
    text = as_text(municipalities)
    valid = check_municipalities(text).valid
    result = np.full(len(text), "", dtype=object)
    result[valid] = [code[:2] for code in text[valid]]
    return result
