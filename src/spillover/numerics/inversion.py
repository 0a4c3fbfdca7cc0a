"""p-values from draws of a statistic, and intervals by inverting them."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from spillover.typing import FloatVector

TIE = 1e-10
"""Relative difference up to which two t statistics count as equal."""

FARTHEST = 10_000.0
"""Number of standard errors beyond which the end of an interval is called infinite."""


def p_value(t: float, drawn: FloatVector, *, equal_tail: bool = False) -> float:
    """Share of draws at least as extreme as a statistic.

    Parameters
    ----------
    t : float
        The statistic.
    drawn : (B,)
        Its draws under the hypothesis.
    equal_tail : bool
        Twice the smaller tail instead of the share in absolute value.
    """
    tie = TIE * max(abs(t), 1.0)
    if not equal_tail:
        return float(np.mean(np.abs(drawn) >= abs(t) - tie))
    above, below = float(np.mean(drawn >= t - tie)), float(np.mean(drawn <= t + tie))
    return min(1.0, 2 * min(above, below))


def invert(
    p: Callable[[float], float], center: float, unit: float, level: float, halvings: int = 50
) -> tuple[float, float]:
    """Ends of the values around a center that a test does not reject; infinite when none is found.

    On each side the first rejected value is found by doubling, then by bisection.

    Parameters
    ----------
    p : callable
        p-value of a hypothetical value.
    center : float
        A value that is not rejected, usually the estimate.
    unit : float
        First step, usually the standard error.
    level : float
        Confidence level.
    halvings : int
        Number of bisections, each of which halves the error.
    """

    def accepted(steps: float) -> bool:
        return p(center + steps * unit) > 1 - level + 1e-12

    low, high = (center + _end(accepted, side, halvings) * unit for side in (-1.0, 1.0))
    return low, high


def _end(accepted: Callable[[float], bool], side: float, halvings: int) -> float:
    inside, outside = 0.0, 1.0
    while accepted(side * outside):
        inside, outside = outside, 2 * outside
        if outside > FARTHEST:
            return side * np.inf
    for _ in range(halvings):
        middle = (inside + outside) / 2
        if accepted(side * middle):
            inside = middle
        else:
            outside = middle
    return side * (inside + outside) / 2


class Drawn:
    """A coefficient with draws of its t statistic under any hypothesis."""

    __slots__ = ()

    HALVINGS: ClassVar[int] = 50
    """Number of bisections for the end of an interval."""

    def known(self) -> tuple[float, float]:
        """The coefficient and its standard error."""
        raise NotImplementedError

    def statistics(self, r: float, *, restricted: bool = True) -> tuple[float, FloatVector]:
        """The t statistic of the hypothesis that the coefficient is r, and draws of it, (B,)."""
        raise NotImplementedError

    def p_value(
        self, r: float = 0.0, *, restricted: bool = True, equal_tail: bool = False
    ) -> float:
        """Share of draws whose t statistic is at least as extreme as that of beta_j = r.

        Parameters
        ----------
        r : float
            Hypothetical value.
        restricted : bool
            Whether the draws impose it.
        equal_tail : bool
            Twice the smaller tail instead of the share in absolute value.
        """
        t, drawn = self.statistics(r, restricted=restricted)
        return p_value(t, drawn, equal_tail=equal_tail)

    def interval(
        self, level: float, *, restricted: bool = True, equal_tail: bool = False
    ) -> tuple[float, float]:
        """Ends of the values of beta_j that are not rejected; infinite when none is found.

        Parameters
        ----------
        level : float
            Confidence level.
        restricted, equal_tail : bool
            As for the p-value.
        """

        def p(r: float) -> float:
            return self.p_value(r, restricted=restricted, equal_tail=equal_tail)

        return invert(p, *self.known(), level, self.HALVINGS)
