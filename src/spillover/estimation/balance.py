"""Whether luck in an exposure predicts what it cannot have caused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import IdentificationError, SpecificationError
from spillover.estimation.estimate import estimate as fit_of
from spillover.estimation.result import Estimate
from spillover.estimation.scored import Scored, is_linear, linear_scores, redrawn_columns, scored
from spillover.estimation.shift_share import refuse_controls
from spillover.exposures.assignment import Assignment
from spillover.exposures.exposure import Exposure
from spillover.exposures.lottery import Lottery
from spillover.exposures.recenter import Recentered, recenter
from spillover.expressions import names_in, parse
from spillover.inference.roles import free, within
from spillover.numerics.solution import Linear
from spillover.sample import Sample
from spillover.typing import FloatMatrix, FloatVector

PARTS = ("exposure", "expected", "recentered")
"""The exposure, its expectation, and what is left: luck."""


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Covariates on an exposure, on its expectation and on the luck in it."""

    term: str
    """Name of the exposure."""

    table: pd.DataFrame
    """One row per covariate: ``covariate``; slopes on ``exposure``, ``expected`` and
    ``recentered``, in standard deviations of both, each with ``_p`` from the dependence of the
    estimate; ``drawn_p``, the p-value of ``recentered`` over draws."""

    joint_p: float
    """P-value over draws of the hypothesis that luck predicts none of the covariates."""

    rows: int
    """Rows on which every covariate is known."""

    draws: int
    """Number of draws."""

    design_share: float
    """Mean variance over assignments relative to the variance of the exposure over the rows."""

    without: int
    """Rows whose exposure could not have been another."""

    firms_without: int
    """Firms all of whose rows are such."""


def exposure_balance(
    estimate: Estimate, term: str, covariates: Sequence[str], rule: Assignment | None = None
) -> Balance:
    """The balance table of a recentred exposure, with a joint test by draws.

    Every covariate is regressed on the exposure, on its expectation and on their difference, each
    alone, with the effects and controls of the estimate. Well-connected firms differ, so the first
    two may predict; the difference should not. The joint statistic is d' S⁻¹ d for the products d
    of the covariates with the exposure around their mean over draws, and S their covariance over
    the draws and the actual assignment.

    Parameters
    ----------
    estimate : Estimate
        Its rows, effects, controls, weights and dependence are used; fixed effects of firms take
        out covariates that do not change, so test those on an estimate without.
    term : str
        Name of the exposure.
    covariates : sequence of str
        Expressions that were determined before the shock.
    rule : Assignment, optional
        How the shock might have fallen; that of the recentred exposure in the sample by default.

    Raises
    ------
    SpecificationError
        There is no covariate or no rule, or effects and controls determine a covariate.

    References
    ----------
    Borusyak and Hull (2023), Econometrica 91, section 4.
    """
    if not covariates:
        raise SpecificationError(
            "Expected at least one covariate.",
            "Found none.",
            "Name variables that were determined before the shock.",
        )
    luck = _luck(estimate, term, rule)
    sample = _known(_with_columns(estimate, luck), term, covariates)
    lines, fits = [], []
    for text in covariates:
        found = {part: _regression(estimate, sample, text, term, part) for part in PARTS}
        fits.append(found["recentered"])
        lines.append({"covariate": text} | _slopes(found, sample, text, term))
    main = next(fit for fit in fits if fit is not None)
    parts = replace(scored(main, term), both=_residuals(main, covariates))
    drawn, mean = _scores(parts, luck.assignment)
    own, joint = _p_values(drawn - mean)
    table = pd.DataFrame(lines).assign(drawn_p=own)
    return Balance(term, table, joint, main.nobs, len(drawn) - 1, *_variation(main, luck, term))


def _luck(estimate: Estimate, term: str, rule: Assignment | None) -> Recentered:
    """The recentred exposure of the sample, or a new one under the rule."""
    carriers: list[Any] = [*estimate.sample.measures, *estimate.sample.exposures]
    named = [c for c in carriers if getattr(c, "name", None) == term]
    if rule is not None:
        plain = [c for c in named if isinstance(c, Exposure)]
        plain += [c.exposure for c in named if isinstance(c, Recentered)]
        if plain:
            return recenter(plain[0], rule)
    ready = [c for c in named if isinstance(c, Recentered)]
    if not ready:
        raise SpecificationError(
            f"Expected an exposure {term!r} and a rule how its shock might have fallen.",
            "Found none of them recentred in the sample.",
            "Pass rule=Assignment(...), or put recenter(...) into the sample.",
        )
    return ready[0]


def _with_columns(estimate: Estimate, luck: Recentered) -> Sample:
    """The rows in use with exposure, expectation and luck."""
    sample = estimate.sample.take(estimate.solution.rows)
    name, panel = luck.name, sample.panel
    columns = {**luck.columns(panel), name: luck.exposure.columns(panel)[name]}
    return replace(sample, panel=panel.with_columns(columns))


def _known(sample: Sample, term: str, covariates: Sequence[str]) -> Sample:
    columns = (term, f"{term}_expected", *covariates)
    known = ~np.any([np.isnan(sample.column(text)) for text in columns], axis=0)
    if not known.any():
        raise IdentificationError(
            "Expected rows on which every covariate is known.",
            f"Found none of {len(sample):,}.",
            "Leave out the covariate that is missing, or test it on other rows.",
        )
    return sample.take(np.flatnonzero(known))


def _regression(
    estimate: Estimate, sample: Sample, text: str, term: str, part: str
) -> Estimate | None:
    """A covariate on one column; nothing where effects and controls determine the column."""
    design: Any = estimate.design
    own = {term, *(f"{term}_{end}" for end in ("expected", "recentered", "spread"))}
    controls = [r for r in getattr(design, "regressors", ()) if not own & _names(r)]
    column = term if part == "exposure" else f"{term}_{part}"
    regression = FixedEffects(
        text,
        (column, *(c for c in controls if c != text)),
        getattr(design, "absorb", ()),
        getattr(design, "weights", None),
    )
    try:
        return fit_of(sample, regression, estimate.vcov)
    except IdentificationError as reason:
        if part == "expected":
            return None
        raise IdentificationError(
            f"Expected {text} and {column} to vary within effects and controls. {reason.expected}",
            reason.found,
            "Test what effects determine on an estimate without them.",
        ) from reason


def _names(regressor: str) -> set[str]:
    try:
        return set(names_in(parse(regressor)))
    except SpecificationError:
        return set()


def _slopes(
    found: dict[str, Estimate | None], sample: Sample, text: str, term: str
) -> dict[str, float]:
    """Slopes in standard deviations with their p-values; missing where there is none."""
    size = float(np.std(sample.column(text)))
    line: dict[str, float] = {}
    for part, fit in found.items():
        line[part] = line[f"{part}_p"] = np.nan
        if fit is not None:
            column = term if part == "exposure" else f"{term}_{part}"
            line[part] = float(fit.beta[0] * np.std(sample.column(column)) / size)
            line[f"{part}_p"] = float(fit.tidy()["p_value"].iloc[0])
    return line


def _residuals(main: Estimate, covariates: Sequence[str]) -> FloatMatrix:
    """(n, q) covariates free of effects and controls, times the weights."""
    kept, solution = main.sample.take(main.solution.rows), main.solution
    linear: Linear = solution.linear  # type: ignore[assignment]
    columns = np.column_stack([kept.column(text) for text in covariates])
    clean = within(columns, solution, linear.weights)
    left = free(clean, linear.X[:, 1:], linear.weights)
    refuse_controls(covariates, left, columns)
    return left if linear.weights is None else left * linear.weights[:, None]


def _scores(parts: Scored, rule: Assignment) -> tuple[FloatMatrix, FloatVector]:
    """(R + 1, q) products of covariates and exposure, the actual one first, and their mean."""
    lottery = Lottery.of(parts.exposure, rule, rule.exchange, layers=parts.layers)
    if is_linear(parts.exposure):
        return linear_scores(parts, lottery, rule.draws, rule.seed)
    actual = parts.on_rows(parts.exposure.values)[:, None]
    blocks = chain([actual], redrawn_columns(parts, lottery, rule.draws, rule.seed))
    drawn = np.vstack([parts.filled(block).T @ parts.both for block in blocks])
    return drawn, drawn.mean(axis=0)


def _p_values(around: FloatMatrix) -> tuple[FloatVector, float]:
    """Of every covariate alone, and of all together; the actual assignment is the first row."""
    scale = np.sqrt(np.mean(around**2, axis=0))
    if not np.all(scale > 0):
        raise SpecificationError(
            "Expected draws that change the exposure.",
            "Found none.",
            "Choose coarser strata.",
        )
    even = around / scale
    inverse = np.linalg.pinv(even.T @ even / len(even), rcond=1e-10, hermitian=True)
    joint = np.einsum("bi,ij,bj->b", even, inverse, even)
    own = np.mean(np.abs(even) >= np.abs(even[0]) * (1 - 1e-10), axis=0)
    return own, float(np.mean(joint >= joint[0] * (1 - 1e-10)))


def _variation(main: Estimate, luck: Recentered, term: str) -> tuple[float, int, int]:
    """Share of the variance that is design, and rows and firms without any."""
    kept = main.sample.take(main.solution.rows)
    spread, between = kept.column(f"{luck.name}_spread"), float(np.var(kept.column(term)))
    still = ~(spread > 0)
    moving = np.unique(kept.units[~still])
    firms = len(np.unique(kept.units)) - len(moving)
    share = float(np.mean(np.nan_to_num(spread) ** 2) / between) if between else 0.0
    return share, int(still.sum()), firms
