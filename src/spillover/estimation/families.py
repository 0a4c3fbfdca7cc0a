"""Several hypotheses at once: step-down p-values from common draws, false discovery rates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.errors import SpecificationError, unknown_name
from spillover.estimation.result import Estimate
from spillover.inference.wild import WildCluster
from spillover.inference.wild_draws import wild_scores
from spillover.numerics.pairs import Groups
from spillover.numerics.resample import enumerable, wild_blocks
from spillover.numerics.wild import Direction, draw
from spillover.tables.evaluate import categories
from spillover.typing import FloatMatrix, FloatVector, IntVector

Hypothesis = tuple[Estimate, str]
"""An estimate and the coefficient that is zero."""


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """p-values of several hypotheses that hold jointly."""

    table: pd.DataFrame
    """One row per hypothesis: model, term, estimate, statistic, p_value, p_adjusted."""

    draws: int
    """Number of common draws."""

    by: str
    """Cluster variable of the draws."""


def romano_wolf(hypotheses: Sequence[Hypothesis], vcov: WildCluster) -> Family:
    """Step-down p-values: the chance of one false rejection in the family is at most the level.

    Every draw weighs a cluster alike in all models, so that dependence between the hypotheses
    counts. p_j is the greatest over larger statistics of the share of draws in which the largest
    statistic of the hypotheses not yet rejected reaches ``|t_j|``, (1 + count) / (1 + draws).

    Parameters
    ----------
    hypotheses : sequence of (Estimate, str)
        The family, declared by the user: least-squares estimates on rows of one panel, each with
        the coefficient that is zero under the hypothesis.
    vcov : WildCluster
        Clusters, draws, seed and weights.

    Raises
    ------
    SpecificationError
        The family is empty, or its panels differ.

    References
    ----------
    Romano and Wolf (2005, 2016); Clarke, Romano and Wolf (2020).
    """
    directions, groups = _directions(hypotheses, vcov.by)
    kind = vcov.law(groups)
    drawn = draw(directions, wild_blocks(groups, vcov.draws, kind, vcov.seed))
    pairs = [one.statistics(0.0, restricted=vcov.restricted) for one in drawn]
    t = np.array([pair[0] for pair in pairs])
    stars = np.abs(np.column_stack([pair[1] for pair in pairs]))
    spare = 0 if enumerable(groups, vcov.draws, kind) else 1
    table = pd.DataFrame(
        {
            "model": [estimate.label or estimate.solution.outcome for estimate, _ in hypotheses],
            "term": [term for _, term in hypotheses],
            "estimate": [one.estimate for one in drawn],
            "statistic": t,
            "p_value": _shares(np.abs(t), stars, spare),
            "p_adjusted": step_down(np.abs(t), stars, spare),
        }
    )
    return Family(table, len(stars), vcov.by)


def step_down(t: FloatVector, stars: FloatMatrix, spare: int = 1) -> FloatVector:
    """Adjusted p-values (m,) of absolute statistics against common draws.

    Parameters
    ----------
    t : (m,)
        Absolute statistics.
    stars : (B, m)
        Absolute statistics of the draws.
    spare : int
        1 counts the data as a draw; 0 when the draws contain it, as all sign vectors do.
    """
    order = np.argsort(-t, kind="stable")
    largest = np.maximum.accumulate(stars[:, order[::-1]], axis=1)[:, ::-1]
    adjusted = np.empty(len(t))
    adjusted[order] = np.maximum.accumulate(_shares(t[order], largest, spare))
    return adjusted


def benjamini_hochberg(p_values: Sequence[float] | FloatVector) -> FloatVector:
    """Expected share of false rejections when each hypothesis and all smaller p are rejected.

    Parameters
    ----------
    p_values : (m,)
        p-values of the family.

    References
    ----------
    Benjamini and Hochberg (1995).

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(3).tolist()
    [0.04, 0.053, 0.053, 0.5]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise SpecificationError(
            "Expected p-values between 0 and 1.",
            f"Found {p[~((p >= 0) & (p <= 1))][0]}.",
            "Leave hypotheses without a p-value out of the family.",
        )
    m = len(p)
    order = np.argsort(-p, kind="stable")
    scaled = np.minimum.accumulate(p[order] * m / np.arange(m, 0, -1))
    found = np.empty(m)
    found[order] = np.minimum(scaled, 1.0)
    return found


def _shares(t: FloatVector, stars: FloatMatrix, spare: int) -> FloatVector:
    reached = np.sum(stars >= t - 1e-10 * np.maximum(t, 1.0), axis=0)
    return np.asarray((reached + spare) / (len(stars) + spare))


def _directions(hypotheses: Sequence[Hypothesis], by: str) -> tuple[list[Direction], int]:
    """One direction per hypothesis, on clusters numbered alike in all models, and G."""
    _refuse_strangers(hypotheses)
    codes, groups = _common_clusters([estimate for estimate, _ in hypotheses], by)
    found: list[Direction] = []
    for estimate, term in hypotheses:
        if term not in estimate.names:
            raise unknown_name("coefficient", term, estimate.names)
        rows = estimate.sample.rows[estimate.solution.rows]
        scores = wild_scores(estimate.solution, Groups(codes[rows], groups))
        found += scores.directions([estimate.names.index(term)])
    return found, groups


def _common_clusters(estimates: Sequence[Estimate], by: str) -> tuple[IntVector, int]:
    """Codes of all panel rows, dense over the clusters that some estimate uses, and their number.

    Rows outside every estimate may carry any code.
    """
    codes, levels = categories(by, estimates[0].sample.panel)
    used = np.zeros(levels, dtype=bool)
    for estimate in estimates:
        rows = estimate.sample.rows[estimate.solution.rows]
        if (codes[rows] < 0).any():
            raise SpecificationError(
                f"Expected a value of {by} in every row in use.",
                "Found rows without.",
                "Fill the variable or filter these rows.",
            )
        used[codes[rows]] = True
    return (np.cumsum(used) - 1)[codes], int(used.sum())


def _refuse_strangers(hypotheses: Sequence[Hypothesis]) -> None:
    panels = [estimate.sample.panel for estimate, _ in hypotheses]
    if not panels or any(
        not np.array_equal(panels[0].years, panel.years)
        or not np.array_equal(panels[0].codes, panel.codes)
        or not np.array_equal(panels[0].units, panel.units)
        for panel in panels[1:]
    ):
        raise SpecificationError(
            "Expected a family of hypotheses on rows of one panel.",
            f"Found {len(panels)} with different units or years." if panels else "Found none.",
            "Estimate all models on samples of one panel.",
        )
