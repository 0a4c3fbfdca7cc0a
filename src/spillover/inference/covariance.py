"""Covariance of coefficients: influence functions met with a dependence."""

from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from spillover.errors import IdentificationError, SpecificationError, first_cases
from spillover.inference.dependence import Dependence, Part
from spillover.inference.small_sample import (
    Counts,
    Factor,
    cluster_factor,
    independent_factor,
    serial_factor,
    unadjusted_factor,
)
from spillover.numerics.regression import sum_of_squares
from spillover.numerics.repair import clip
from spillover.numerics.sets import ConfidenceSet
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.typing import FloatMatrix, FloatVector, SmallSample

OWN_FACTORS = ("petersen", "linearmodels", "linearmodels_clustered")
"""Rules that give each term of a union its own factor; the others use the largest for all."""


@dataclass(frozen=True, slots=True, eq=False)
class Covariance:
    """Covariance of the coefficients with everything that made it."""

    matrix: FloatMatrix
    """(k, k) covariance, read-only."""

    label: str
    """The dependence in words, for table notes."""

    df_t: float
    """Degrees of freedom of t statistics; infinite for the normal distribution."""

    parameters: int | None = None
    """K that entered the small-sample factor."""

    clusters: int | None = None
    """Clusters, periods or firms that entered the factor or the degrees of freedom."""

    notes: tuple[str, ...] = ()
    """What the reader must know: neighbours per row, bandwidth, draws."""

    repaired: str = ""
    """How the matrix was made positive semidefinite; empty when it was untouched."""

    p_values: FloatVector | None = None
    """(k,) p-values of zero coefficients when they do not come from the t distribution."""

    intervals: tuple[ConfidenceSet, ...] | None = None
    """Confidence sets when they do not come from the t distribution."""

    warnings: tuple[str, ...] = ()
    """Reasons to doubt the result, such as few clusters."""

    factors: tuple[float, ...] = ()
    """Small-sample factors in use: one for all terms, or one for each."""

    def __post_init__(self) -> None:
        for array in (self.matrix, self.p_values):
            if array is not None:
                array.setflags(write=False)


@runtime_checkable
class CovarianceMethod(Protocol):
    """A covariance that is not a kernel on influence functions, such as the wild bootstrap."""

    def covariance(self, solution: Solution, sample: Sample) -> Covariance:
        """The covariance of a solution on the rows in use."""
        ...


def covariance(solution: Solution, sample: Sample, vcov: Any) -> Covariance:  # noqa: ANN401 - a dependence or a method with its own covariance
    """The covariance of a solution under a dependence: c sum over i, j of K_ij psi_i psi_j'.

    Parameters
    ----------
    solution : Solution
        Coefficients with their influence function.
    sample : Sample
        The rows in use, ``sample.take(solution.rows)``.
    vcov : Dependence or CovarianceMethod
        Which rows may be dependent, or a method with a covariance of its own.

    Raises
    ------
    SpecificationError
        ``vcov`` is neither, or does not apply to this solution.
    IdentificationError
        A variance is not positive.
    """
    if isinstance(vcov, CovarianceMethod):
        _refuse_estimated(solution, vcov)
        return vcov.covariance(solution, sample)
    if not isinstance(vcov, Dependence):
        raise SpecificationError(
            'Expected a dependence such as Cluster("firm_id").',
            f"Found {vcov!r}.",
            "Pass one of the types of spillover.inference.",
        )
    parts = vcov.parts(sample)
    factors = term_factors(parts, _counts(solution), vcov.small_sample)
    psi, wide = widen(vcov.influence(solution), solution, sample)
    parts = parts if wide is sample else vcov.parts(wide)
    sums = [part.kernel.sum(psi) for part in parts]
    terms = [f.value * found for found, f in zip(sums, factors, strict=True)]
    matrix, repaired = _definite(parts, terms, psi, getattr(vcov, "repair", "clip"))
    if solution.by_unit:
        _refuse_years(parts, wide, psi, sums)
    _refuse_no_variance(matrix, psi, solution.names)
    return replace(_describe(parts, factors), matrix=matrix, repaired=repaired)


def widen(psi: FloatMatrix, solution: Solution, sample: Sample) -> tuple[FloatMatrix, Sample]:
    """Influence on the union of the rows in use and those of an estimated variable.

    Parameters
    ----------
    psi : (n, k)
        Influence on the rows in use.
    solution : Solution
        With the influence of the first stage, if there is one.
    sample : Sample
        The rows in use.
    """
    stage = solution.first_stage
    if stage is None:
        return psi, sample
    rows = np.union1d(sample.rows, stage.rows)
    total = np.zeros((len(rows), psi.shape[1]))
    total[np.searchsorted(rows, sample.rows)] += psi
    np.add.at(total, np.searchsorted(rows, stage.rows), stage.psi)
    return total, replace(sample, rows=rows)


def _refuse_estimated(solution: Solution, vcov: object) -> None:
    if solution.first_stage is not None:
        raise SpecificationError(
            "Expected a dependence, because a variable of the regression was itself estimated.",
            f"Found {type(vcov).__name__}, which does not know the first stage.",
            'Use a kernel such as Cluster("firm_id"), or estimate(..., first_stage="ignore").',
        )


def term_factors(parts: tuple[Part, ...], counts: Counts, rule: SmallSample) -> tuple[Factor, ...]:
    """The small-sample factor of each signed term.

    Parameters
    ----------
    parts : tuple of Part
        Signed terms of one dependence.
    counts : Counts
        N, k and effects.
    rule : str
        Name of the preset. Rules in ``OWN_FACTORS`` give each clustered term its own factor;
        all others give every term the largest factor of the plain terms, which for clusters is
        the factor of the smallest G.
    """
    plain = [part for part in parts if part.sign > 0 and part.clusters]
    clusters = tuple(codes for part in plain for codes in part.clusters)
    own = tuple(_factor(part, counts, clusters, rule) for part in parts)
    members = [f for part, f in zip(parts, own, strict=True) if part.member]
    least_df = min(factor.df_t for factor in members)
    if rule in OWN_FACTORS and all(part.factor == "cluster" for part in parts):
        return tuple(replace(factor, df_t=least_df) for factor in own)
    largest = max(members, key=lambda factor: factor.value)
    return (replace(largest, df_t=least_df),) * len(parts)


def _factor(part: Part, counts: Counts, clusters: tuple[Any, ...], rule: SmallSample) -> Factor:
    if part.factor == "independent":
        return independent_factor(counts, rule)
    if part.groups is not None and part.factor == "cluster":
        return cluster_factor(counts, clusters, part.groups, rule, part.groups)
    if part.groups is not None and part.factor == "serial":
        return serial_factor(counts, part.groups, rule)
    return unadjusted_factor(counts, part.groups, rule)


def _counts(solution: Solution) -> Counts:
    slopes = len(solution.beta) if solution.parameters is None else solution.parameters
    return Counts(len(solution.rows), slopes, solution.effects)


def _describe(parts: tuple[Part, ...], factors: tuple[Factor, ...]) -> Covariance:
    """Everything but the matrix, in the order of the members."""
    members = [part for part in parts if part.member]
    values = tuple(factor.value for factor in factors)
    return Covariance(
        matrix=np.zeros((0, 0)),
        label=" or ".join(part.label for part in members),
        df_t=factors[0].df_t,
        parameters=factors[0].parameters,
        clusters=min((f.clusters for f in factors if f.clusters is not None), default=None),
        notes=tuple(note for part in members for note in part.notes),
        warnings=tuple(text for part in members for text in part.warnings),
        factors=values if len(set(values)) > 1 else values[:1],
    )


def _definite(
    parts: tuple[Part, ...], terms: list[FloatMatrix], psi: FloatMatrix, mode: str
) -> tuple[FloatMatrix, str]:
    """The sum of signed terms, positive semidefinite if the mode asks for it, and what changed."""
    raw = np.sum([part.sign * term for part, term in zip(parts, terms, strict=True)], axis=0)
    raw = (raw + raw.T) / 2
    scale = np.sqrt(sum_of_squares(psi, None))
    clipped = clip(raw, np.where(scale > 0, scale, 1.0))
    if mode == "none" or not clipped.touched:
        return raw, ""
    share = f"least eigenvalue {clipped.least:.2g} of the largest"
    if mode == "clip":
        return clipped.matrix, f"negative eigenvalues set to zero ({share})"
    kept = np.sum([t for part, t in zip(parts, terms, strict=True) if part.member], axis=0)
    again = clip((kept + kept.T) / 2, np.where(scale > 0, scale, 1.0))
    return again.matrix, f"subtracted terms left out ({share})"


def _refuse_years(
    parts: tuple[Part, ...], sample: Sample, psi: FloatMatrix, sums: list[FloatMatrix]
) -> None:
    """Raise when it matters on which of its rows the influence of a unit stands."""
    unit = np.unique(sample.units, return_inverse=True)[1]
    last = np.zeros(int(unit.max()) + 1, dtype=np.intp)
    np.maximum.at(last, unit, np.arange(len(unit)))
    moved = np.zeros_like(psi)
    np.add.at(moved, last[unit], psi)
    floor = 1e-9 * float(sum_of_squares(psi, None).max())
    for part, found in zip(parts, sums, strict=True):
        if np.abs(part.kernel.sum(moved) - found).max() > max(floor, 1e-9 * np.abs(found).max()):
            raise SpecificationError(
                "Expected a dependence between units, because the influence is that of units.",
                f"Found one that depends on the year of a row ({part.label}).",
                'Cluster by unit or by what does not change over time; give Conley across="all".',
            )


def _refuse_no_variance(matrix: FloatMatrix, psi: FloatMatrix, names: tuple[str, ...]) -> None:
    """Raise when a variance is negative, was before a repair, or scores cancel in every group."""
    variances = np.diag(matrix)
    floor = 1e-12 * sum_of_squares(psi, None)
    bad = [name for name, v, f in zip(names, variances, floor, strict=True) if v < 0 or v < f]
    if bad:
        raise IdentificationError(
            "Expected a positive variance of every coefficient.",
            f"Found none for {first_cases(bad)} under this dependence.",
            "Drop a regressor that only one group identifies, use a narrower dependence, or "
            'repair="drop", which leaves subtracted terms out.',
        )
