"""What a test by draws will compute again, said before it runs."""

from dataclasses import dataclass
from typing import Literal

from spillover.estimation.result import Estimate
from spillover.estimation.scored import is_linear, scored
from spillover.exposures.assignment import Assignment
from spillover.networks.rewiring import Rewirer, Rewiring


@dataclass(frozen=True, slots=True)
class RandomizationPlan:
    """What a test by draws will do, before it does it."""

    draws: int
    """Number of draws."""

    rows: int
    """Rows of the regression."""

    exposures: int
    """Exposures that are built again."""

    absorptions: int
    """Columns from which fixed effects are removed again."""

    kernels: int
    """Sums over dependent rows."""

    swaps: int
    """Attempted swaps of links."""

    def __str__(self) -> str:
        work = [
            (self.exposures, "exposures built again"),
            (self.absorptions, f"absorptions of a column of {self.rows:,} rows"),
            (self.kernels, "sums over dependent rows"),
            (self.swaps, "attempted swaps of links"),
        ]
        done = [f"{count:,} {what}" for count, what in work if count]
        nothing = "one sum over firms for each draw, nothing else is computed twice"
        return f"{self.draws:,} draws: {', '.join(done) or nothing}"


def plan_randomization(
    estimate: Estimate,
    term: str,
    rule: Assignment | Rewiring,
    *,
    statistic: Literal["score", "t"] = "score",
) -> RandomizationPlan:
    """What ``randomize`` will compute again in every draw.

    Parameters
    ----------
    estimate, term, rule, statistic
        As for :func:`~spillover.estimation.randomize.randomize`.
    """
    parts = scored(estimate, term)
    rewiring = isinstance(rule, Rewiring)
    again = statistic == "t" or rewiring or not is_linear(parts.exposure)
    t = statistic == "t"
    attempts = 0
    if isinstance(rule, Rewiring):
        attempts = Rewirer.of(parts.exposure.network, rule).work * (rule.draws + 1)
    effects = bool(parts.solution.effects.codes)
    return RandomizationPlan(
        rule.draws,
        len(parts.firm),
        rule.draws * again,
        (rule.draws + 1) * (t and effects),
        (rule.draws + 1) * t,
        attempts,
    )
