"""Verdict: which values are valid, and why the others are not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from spillover.typing import BoolVector, TextVector


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """Validity of n values, with a reason for each that is not valid."""

    reasons: TextVector
    """(n,) why a value is not valid; empty where it is."""

    def __len__(self) -> int:
        return len(self.reasons)

    @property
    def valid(self) -> BoolVector:
        """(n,) whether each value is valid."""
        return np.asarray(self.reasons == "", dtype=bool)

    @classmethod
    def where(cls, n: int, cases: Sequence[tuple[BoolVector, str]]) -> Self:
        """A verdict from conditions in order; the first that holds gives the reason.

        Parameters
        ----------
        n : int
            Number of values.
        cases : sequence of (mask, reason)
            Masks are true where a value is wrong.
        """
        reasons = np.full(n, "", dtype=object)
        for mask, reason in reversed(cases):
            reasons[mask] = reason
        return cls(reasons)


def as_text(values: Iterable[object]) -> TextVector:
    """Values as an array of strings; missing values become empty strings.

    Parameters
    ----------
    values : iterable
        Strings, with ``None`` or NaN for missing.
    """
    listed = list(values)
    text = np.empty(len(listed), dtype=object)
    text[:] = listed
    text[pd.isna(text)] = ""
    text[:] = [str(value) for value in text]
    return text


def digits_of(values: TextVector, width: int) -> tuple[np.ndarray, BoolVector]:
    """Digits of strings that consist of exactly ``width`` ASCII digits.

    Parameters
    ----------
    values : (n,)
        Strings.
    width : int
        Number of digits.

    Returns
    -------
    digits : (n, width)
        Digits as integers; rows that are not made of digits are zero.
    readable : (n,)
        Whether a string has that form.
    """
    letters = np.asarray(values, dtype=f"U{width + 1}")
    codes = letters.view(np.uint32).reshape(len(values), width + 1)
    digits = codes.astype(np.int64) - ord("0")
    inside = (digits[:, :width] >= 0) & (digits[:, :width] <= 9)
    readable = inside.all(axis=1) & (codes[:, width] == 0)
    return np.where(readable[:, None], digits[:, :width], 0), readable


def rewritten(values: Iterable[object], rule: Callable[[str], str]) -> tuple[TextVector, int]:
    """Values as a rule writes them, and how many it changed.

    Parameters
    ----------
    values : iterable
        Strings, with ``None`` or NaN for missing.
    rule : callable
        The spelling of one value.
    """
    text = as_text(values)
    result = np.empty(len(text), dtype=object)
    result[:] = [rule(value) for value in text]
    return result, int(np.count_nonzero(result != text))
