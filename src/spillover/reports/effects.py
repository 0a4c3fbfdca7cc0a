"""The effect of a report in the units a decision is made in."""

import math
from dataclasses import dataclass

from spillover.errors import unknown_name
from spillover.estimation.result import Estimate
from spillover.reports.inputs import Focus


@dataclass(frozen=True, slots=True)
class PolicyEffect:
    """What one step of the regressor goes with: percent of the outcome, or its units."""

    value: float
    """Estimate."""

    low: float
    """Lower end of the 95 % interval; NaN when the set is empty, infinite when unbounded."""

    high: float
    """Upper end."""

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0.0 or self.high < 0.0

    @property
    def empty(self) -> bool:
        """Whether no value is in the confidence set."""
        return math.isnan(self.low) and math.isnan(self.high)

    @property
    def bounded(self) -> bool:
        """Whether the interval has two finite ends."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def holds(self, value: float) -> bool:
        """Whether the interval contains a value."""
        return self.low <= value <= self.high


def policy_effect(estimate: Estimate, focus: Focus) -> PolicyEffect:
    """The effect of one step of the focus.

    Parameters
    ----------
    estimate : Estimate
        An estimate that has the regressor.
    focus : Focus
        The regressor, its step, and whether the outcome is a logarithm.

    Raises
    ------
    UnknownNameError
        The estimate lacks the regressor.
    """
    if focus.regressor not in estimate.names:
        raise unknown_name("term", focus.regressor, estimate.names)
    place = estimate.names.index(focus.regressor)
    interval = estimate.confint().iloc[place]
    ends = sorted(scaled(float(interval[side]), focus) for side in ("low", "high"))
    return PolicyEffect(scaled(float(estimate.beta[place]), focus), ends[0], ends[1])


def scaled(coefficient: float, focus: Focus) -> float:
    """A coefficient as the effect of one step, in percent when the outcome is a logarithm.

    Examples
    --------
    >>> round(scaled(0.3, Focus(regressor="backward", step=0.1)), 3)
    3.045
    """
    change = coefficient * focus.step
    if not focus.log_outcome:
        return change
    return 100.0 * math.expm1(change) if change < 700.0 else math.inf
