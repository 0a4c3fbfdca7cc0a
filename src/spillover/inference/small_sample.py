"""Every finite-sample factor, in one table.

N rows in use, k slopes, L_f levels of effect f, q effects, G clusters, T periods.
K = k + sum L_f - redundant - levels of nested effects + number of nested effects, where an effect
is nested when each of its levels lies in one cluster. Nesting is found from codes, not from names.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.errors import IdentificationError
from spillover.numerics.nesting import is_nested
from spillover.numerics.solution import Effects
from spillover.typing import IntVector, SmallSample


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of a variance with the counts that made it."""

    value: float
    """What the variance is multiplied by."""

    parameters: int
    """K that entered the factor."""

    clusters: int | None
    """G or T that entered the factor; ``None`` without clusters."""

    df_t: float
    """Degrees of freedom of t statistics."""


def parameters(
    k: int, effects: Effects, clusters: Sequence[IntVector], *, nested_free: bool
) -> int:
    """Number of parameters K charged against the sample.

    Parameters
    ----------
    k : int
        Number of slopes.
    effects : Effects
        Absorbed effects on the rows in use.
    clusters : sequence of (n,) codes
        Cluster variables; empty without clustering.
    nested_free : bool
        Whether effects nested in a cluster variable are free (one is counted for each).
    """
    q = len(effects.levels)
    if not q:
        return k
    total = k + sum(effects.levels) - (q - 1)
    if not nested_free:
        return total
    nested = [
        levels
        for codes, levels in zip(effects.codes, effects.levels, strict=True)
        if any(is_nested(codes, levels, cluster) for cluster in clusters)
    ]
    return total - sum(nested) + len(nested)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the factors are computed from."""

    rows: int
    """N."""

    slopes: int
    """k."""

    effects: Effects
    """Absorbed effects."""


def independent_factor(counts: Counts, rule: SmallSample) -> Factor:
    """N / (N - K) with all effects counted; 1 without a rule."""
    full = parameters(counts.slopes, counts.effects, (), nested_free=False)
    if rule == "none":
        return Factor(1.0, full, None, np.inf)
    return Factor(_ratio(counts.rows, counts.rows - full), full, None, counts.rows - full)


def cluster_factor(
    counts: Counts, clusters: Sequence[IntVector], groups: int, rule: SmallSample, df_groups: int
) -> Factor:
    """Factor of one clustered term.

    Parameters
    ----------
    counts : Counts
        N, k and effects.
    clusters : sequence of (n,) codes
        All cluster dimensions of the estimate, for nesting.
    groups : int
        G of the term; the smallest G of all dimensions under rules that use it.
    rule : str
        Name of the preset.
    df_groups : int
        G that gives the degrees of freedom of t.
    """
    n = counts.rows
    nonnested = parameters(counts.slopes, counts.effects, clusters, nested_free=True)
    full = parameters(counts.slopes, counts.effects, (), nested_free=False)
    share = _ratio(groups, groups - 1)
    df = float(df_groups - 1)
    if rule in ("fixest", "stata", "petersen"):
        return Factor(share * _ratio(n - 1, n - nonnested), nonnested, groups, df)
    if rule == "xtreg":
        slopes = counts.slopes + 1
        return Factor(share * _ratio(n - 1, n - slopes), slopes, groups, df)
    if rule == "linearmodels":
        return Factor(_ratio(n, n - full), full, groups, float(n - full))
    if rule == "linearmodels_clustered":
        return Factor(share * _ratio(n - 1, n) * _ratio(n, n - full), full, groups, float(n - full))
    return Factor(1.0, nonnested, groups, np.inf)


def serial_factor(counts: Counts, periods: int, rule: SmallSample) -> Factor:
    """T / (T - 1) * (N - 1) / (N - K) with all effects counted; 1 without a rule."""
    full = parameters(counts.slopes, counts.effects, (), nested_free=False)
    n = counts.rows
    if rule == "none":
        return Factor(1.0, full, periods, np.inf)
    if rule.startswith("linearmodels"):
        return Factor(_ratio(n, n - full), full, periods, float(n - full))
    return Factor(
        _ratio(periods, periods - 1) * _ratio(n - 1, n - full), full, periods, float(periods - 1)
    )


def unadjusted_factor(counts: Counts, groups: int | None, rule: SmallSample) -> Factor:
    """A factor of one; t has G - 1 degrees of freedom with groups and N - K without.

    Parameters
    ----------
    counts : Counts
        N, k and effects.
    groups : int, optional
        Clusters or firms that count as independent.
    rule : str
        Name of the preset; ``"none"`` means the normal distribution.
    """
    full = parameters(counts.slopes, counts.effects, (), nested_free=False)
    df = float(counts.rows - full if groups is None else groups - 1)
    return Factor(1.0, full, groups, np.inf if rule == "none" else df)


def _ratio(above: float, below: float) -> float:
    if below <= 0:
        raise IdentificationError(
            "Expected more rows than parameters.",
            f"Found {above - below:,.0f} or more parameters, absorbed effects counted, "
            f"for {above:,.0f} rows.",
            "Absorb fewer effects, drop regressors or use more rows.",
        )
    return above / below
