"""Confidence sets that need not be intervals."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

SetKind = Literal["interval", "rays", "line", "empty", "union"]


@dataclass(frozen=True, slots=True)
class ConfidenceSet:
    """The values of one coefficient that a test does not reject: a union of closed intervals."""

    intervals: tuple[tuple[float, float], ...]
    """Disjoint intervals in ascending order; ends may be infinite."""

    level: float = 0.95
    """Confidence level."""

    @property
    def kind(self) -> SetKind:
        """``interval``, ``rays`` (two of them), ``line``, ``empty`` or ``union``."""
        if not self.intervals:
            return "empty"
        infinite = [int(np.isinf(low)) + int(np.isinf(high)) for low, high in self.intervals]
        if infinite == [2]:
            return "line"
        if infinite == [1, 1]:
            return "rays"
        return "interval" if len(infinite) == 1 else "union"

    @property
    def bounded(self) -> bool:
        """Whether no end is infinite."""
        return all(np.isfinite(end) for pair in self.intervals for end in pair)

    def __contains__(self, value: object) -> bool:
        number = float(value)  # type: ignore[arg-type]
        return any(low <= number <= high for low, high in self.intervals)

    def __str__(self) -> str:
        if self.kind == "empty":
            return "empty: every value is rejected"
        if self.kind == "line":
            return "the whole line: no value is rejected"
        return " or ".join(_interval_text(low, high) for low, high in self.intervals)


def _interval_text(low: float, high: float) -> str:
    left = "(-inf" if np.isinf(low) else f"[{low:.6g}"
    return f"{left}, inf)" if np.isinf(high) else f"{left}, {high:.6g}]"


def quadratic_set(a: float, b: float, c: float, level: float = 0.95) -> ConfidenceSet:
    """The values x with a x^2 + b x + c <= 0.

    Parameters
    ----------
    a, b, c : float
        Coefficients of the quadratic.
    level : float
        Confidence level that the set is said to have.

    Examples
    --------
    >>> str(quadratic_set(1.0, 0.0, -4.0))
    '[-2, 2]'
    >>> quadratic_set(-1.0, 0.0, 4.0).kind
    'rays'
    """
    inf = np.inf
    if a == 0:
        if b == 0:
            return ConfidenceSet(((-inf, inf),) if c <= 0 else (), level)
        root = -c / b
        return ConfidenceSet(((-inf, root) if b > 0 else (root, inf),), level)
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return ConfidenceSet(() if a > 0 else ((-inf, inf),), level)
    half = -(b + np.copysign(np.sqrt(discriminant), b)) / 2
    first = half / a
    second = c / half if half else first
    low, high = sorted((float(first), float(second)))
    return ConfidenceSet(((low, high),) if a > 0 else ((-inf, low), (high, inf)), level)
