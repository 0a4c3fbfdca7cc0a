"""randomize: what the estimate would have been had shocks or links fallen otherwise."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.errors import SpecificationError
from spillover.estimation.result import LEVEL, Estimate
from spillover.estimation.scored import (
    Scored,
    is_linear,
    linear_scores,
    redrawn_columns,
    rewired_columns,
    scored,
)
from spillover.estimation.studentised import Studentiser
from spillover.exposures.assignment import Assignment
from spillover.exposures.lottery import Lottery
from spillover.networks.rewiring import Rewirer, Rewiring, refuse_frozen
from spillover.numerics.rank_test import RankTest
from spillover.numerics.sets import ConfidenceSet
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector

Statistic = Literal["score", "t"]


@dataclass(frozen=True, slots=True, eq=False)
class Randomization:
    """A test that needs no approximation: the actual assignment among others drawn like it."""

    term: str
    """Name of the exposure."""

    estimate: float
    """Coefficient at which the actual statistic is zero."""

    p_value: float
    """Share of assignments, the actual one included, at least as extreme under a zero effect."""

    interval: ConfidenceSet
    """Coefficients that are not rejected."""

    statistic: float
    """Actual statistic under a zero effect: a score around its mean, or t."""

    drawn: FloatVector
    """(R,) the statistic in every draw."""

    hypothesis: str
    """What is tested, in words."""

    rule: Assignment | Rewiring
    """Strata, number of draws and seed."""

    test: RankTest
    """The statistics as functions of the coefficient."""

    notes: tuple[str, ...] = ()
    """Firms that no draw can change, links that stayed, rows that a draw leaves undefined."""

    def p_at(self, value: float) -> float:
        """The p-value of a hypothesised coefficient."""
        return float(self.test.p_values(np.array([value]))[0])

    def __str__(self) -> str:
        return (
            f"{self.term}: {self.estimate:.4g}, p = {self.p_value:.4g} over {len(self.drawn):,} "
            f"draws, {100 * self.interval.level:g} % set {self.interval}"
        )


def randomize(
    estimate: Estimate,
    term: str,
    rule: Assignment | Rewiring,
    level: float = LEVEL,
    *,
    statistic: Statistic = "score",
    focal: float | None = None,
) -> Randomization:
    """Randomisation inference for an exposure in a linear regression.

    Under the sharp null the outcome would have been the same wherever the shock had fallen, so
    outcome, other regressors and fixed effects are worked out once. For exposures that are sums
    over partners a draw of the score then costs one exchange of shocks; ``plan_randomization``
    says what another statistic costs before it runs.

    Parameters
    ----------
    estimate : Estimate
        Least squares with the exposure or its recentred column among the regressors, or
        instrumental variables with it as the instrument.
    term : str
        Name of the exposure.
    rule : Assignment or Rewiring
        Strata within which shocks change firms, or links change ends; number of draws and seed.
    level : float
        Level of the set, found by inverting the test without a grid.
    statistic : {"score", "t"}
        The score around its mean, or the score over its standard error under the dependence of
        the estimate, which stays valid approximately when effects differ between firms.
    focal : float, optional
        Share of the firms in use that are drawn to keep their own shock and to be the only rows
        of the test. Exact when the own shock has an effect too, at a cost in power.

    Raises
    ------
    SpecificationError
        The exposure is not in the regression as it is, or nothing could have been otherwise.

    References
    ----------
    Fisher (1935); Imbens and Rosenbaum (2005); Athey, Eckles and Imbens (2018) for focal units;
    Wu and Ding (2021) for studentised statistics; Besag and Clifford (1989) for rewired links.
    """
    parts, stay = _parts(estimate, term, rule, focal)
    if isinstance(rule, Rewiring):
        test, facts = _rewired(estimate, parts, rule, statistic)
        said = "who is linked to whom does not matter, given numbers of partners"
    else:
        test, facts = _reassigned(estimate, parts, rule, statistic, stay)
        said, own = _hypothesis(parts, rule, stay)
        facts = (*facts, *own)
    _refuse_still(test, parts)
    at_zero = test.squared(np.zeros(1))[:, 0]
    signs = np.sqrt(at_zero) * np.sign(test.a)
    return Randomization(
        term,
        test.estimate,
        float(test.p_values(np.zeros(1))[0]),
        test.confidence_set(level),
        float(signs[0]),
        signs[1:],
        said,
        rule,
        test,
        facts,
    )


def _parts(
    estimate: Estimate, term: str, rule: Assignment | Rewiring, focal: float | None
) -> tuple[Scored, BoolVector | None]:
    """The regression, restricted to focal firms when there are any, and the firms that stay."""
    parts = scored(estimate, term)
    if focal is None:
        return parts, None
    if isinstance(rule, Rewiring) or not 0 < focal < 1:
        raise SpecificationError(
            "Expected a share of focal firms between zero and one, with an Assignment.",
            f"Found {focal} with {type(rule).__name__}.",
            "Leave focal out, or set it to one half.",
        )
    firms = np.unique(parts.firm)
    rng = np.random.default_rng([rule.seed, len(firms)])
    chosen = rng.choice(firms, max(1, round(focal * len(firms))), replace=False)
    stay = np.zeros(len(parts.exposure.network.firms), dtype=bool)
    stay[chosen] = True
    rows = estimate.solution.rows[stay[parts.firm]]
    return scored(estimate, term, rows), stay


Found = tuple[RankTest, tuple[str, ...]]


def _reassigned(
    estimate: Estimate,
    parts: Scored,
    rule: Assignment,
    statistic: Statistic,
    stay: BoolVector | None,
) -> Found:
    """The test under redrawn shocks."""
    layers = parts.layers
    lottery = Lottery.of(parts.exposure, rule, rule.exchange, stay=stay, layers=layers)
    idle = lottery.idle
    facts = (f"{idle:,} of {len(lottery.values):,} firms keep their shock in every draw",)
    if statistic == "score" and is_linear(parts.exposure):
        return RankTest.centred(*linear_scores(parts, lottery, rule.draws, rule.seed)), facts
    blocks = redrawn_columns(parts, lottery, rule.draws, rule.seed)
    test, undefined = _collected(estimate, parts, blocks, statistic)
    return test, facts + undefined


def _rewired(estimate: Estimate, parts: Scored, rule: Rewiring, statistic: Statistic) -> Found:
    """The same under rewired links, every draw one chain away from a common start.

    The start is itself one chain away from the actual network, which makes the actual network
    one of the draws as far as order goes (Besag and Clifford 1989).
    """
    first = Rewirer.of(parts.exposure.network, rule)
    start = first.draw(np.random.default_rng([rule.seed, rule.draws]))
    refuse_frozen(start, rule)
    facts = (
        f"{start.accepted:.0%} of attempted swaps made, {start.left:.0%} of links left in place",
    )
    blocks = rewired_columns(parts, start.onward, rule.draws, rule.seed)
    test, undefined = _collected(estimate, parts, blocks, statistic)
    return test, facts + undefined


def _collected(
    estimate: Estimate, parts: Scored, blocks: Iterable[FloatMatrix], statistic: Statistic
) -> Found:
    """The test, and in how many rows a draw left the exposure undefined."""
    actual = parts.filled(parts.on_rows(parts.exposure.values)[:, None])
    lacking = np.zeros(len(actual), dtype=np.int64)
    drawn = _known(parts, blocks, lacking)
    if statistic == "t":
        student = Studentiser.of(parts, estimate)
        found = np.vstack([student.statistics([actual]), student.statistics(drawn)])
        return RankTest(found[:, 0], found[:, 1], found[:, 2:]), _undefined(lacking)
    found = np.vstack([actual.T @ parts.both, *(block.T @ parts.both for block in drawn)])
    return RankTest.centred(found), _undefined(lacking)


def _known(
    parts: Scored, blocks: Iterable[FloatMatrix], lacking: IntVector
) -> Iterator[FloatMatrix]:
    """Blocks without gaps; ``lacking`` counts, for each row, the draws that had one."""
    for block in blocks:
        lacking += np.isnan(block).sum(axis=1)
        yield parts.filled(block)


def _undefined(lacking: IntVector) -> tuple[str, ...]:
    rows = int(np.count_nonzero(lacking))
    if not rows:
        return ()
    often = f"at most in {int(lacking.max()):,}: there they take the mean of the others"
    return (f"{rows:,} of {len(lacking):,} rows have no exposure in some draws, {often}",)


def _hypothesis(
    parts: Scored, rule: Assignment, stay: BoolVector | None
) -> tuple[str, tuple[str, ...]]:
    """The hypothesis in words, and whether own shocks move with those of partners."""
    moved = " and ".join(rule.within) or "all firms"
    said = f"the shock of partners does not matter (exchanged within {moved})"
    if stay is not None:
        return said, (f"{int(stay.sum()):,} focal firms keep their own shock",)
    own = f"own shocks of the {len(np.unique(parts.firm)):,} firms in use move too"
    advice = "otherwise let some firms keep their own shock (focal)"
    return said, (f"{own}: exact if they have no effect of their own, {advice}",)


def _refuse_still(test: RankTest, parts: Scored) -> None:
    x = parts.filled(parts.on_rows(parts.exposure.values)[:, None])
    size = float(np.linalg.norm(parts.both[:, 0]) * np.linalg.norm(x))
    if not np.any(np.abs(test.a[1:] - test.a[0]) > 1e-12 * size):
        raise SpecificationError(
            f"Expected strata in which the shock behind {parts.exposure.name!r} differs.",
            "Found the same statistic in every draw.",
            "Choose coarser strata.",
        )
