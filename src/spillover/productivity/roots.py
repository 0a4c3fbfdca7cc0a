"""Roots: what each solution of the moments implies, and which one is the production function."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import IdentificationError
from spillover.numerics.control import Fitted
from spillover.numerics.least_squares import Stationary
from spillover.numerics.pairs import Groups
from spillover.productivity.block import Root
from spillover.productivity.inputs import Inputs
from spillover.productivity.shape import Shape
from spillover.specs import Spec
from spillover.typing import FloatMatrix, FloatVector

Flag = Literal[
    "low_persistence",
    "negative_labour_correlation",
    "outside_bounds",
    "near_unit_labour",
    "weakly_identified",
]

EXACT = 1e-8
"""A point is a root when its moments, in units of their variance, are below this."""


@dataclass(frozen=True, slots=True)
class RootRule(Spec):
    """How exact roots are told apart; every threshold is visible and can be declared."""

    select: Literal["persistence", "shares", "error"] = "persistence"
    """Among unflagged roots take the one with the most persistent productivity, or the one
    nearest ``shares``; or refuse when more than one is left."""

    shares: tuple[float, ...] | None = None
    """Cost shares of the inputs, free ones first; a starting point, and the target of
    ``select = "shares"``."""

    low_persistence: float = 0.2
    """Correlation of productivity with its lag below which a root is flagged; a process of truly
    low persistence must be declared here."""

    bounds: tuple[float, float] = (0.0, 1.2)
    """Range of mean elasticities."""

    unit: Annotated[float, Field(ge=0, lt=0.5)] = 0.05
    """How near (1, 0, ...) elasticities may come before they are flagged as the first-order
    condition of labor."""

    condition: float = 1e6
    """Condition number of the derivative of the moments from which a root is weakly identified."""

    ignore: tuple[Flag, ...] = ()
    """Flags that the caller vouches for: they are still listed but rule nothing out."""

    type: Literal["RootRule"] = field(default="RootRule", kw_only=True, repr=False)


def describe(
    fitted: Fitted, shape: Shape, data: Inputs, found: Sequence[Stationary], rule: RootRule
) -> list[tuple[Root, FloatVector]]:
    """Every stationary point with what it implies for productivity."""
    return [(_root(fitted, shape, data, one, rule), one.point) for one in found]


def _root(fitted: Fitted, shape: Shape, data: Inputs, one: Stationary, rule: RootRule) -> Root:
    p = fitted.problem
    omega = fitted.productivity(one.point)
    correlations = tuple(_correlation(omega[p.now], free) for free in data.free.values[p.now].T)
    objective = clustered_objective(fitted, data, one.point)
    root = Root(
        tuple(float(value) for value in one.point),
        objective < EXACT,
        objective,
        one.condition,
        _correlation(omega[p.now], omega[p.before]),
        correlations,
        float(omega.std()),
    )
    return replace(root, flags=_flags(root, shape.elasticities(one.point).mean(axis=0), rule))


def _correlation(a: FloatVector, b: FloatVector) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def clustered_objective(fitted: Fitted, data: Inputs, beta: FloatVector) -> float:
    """m'V^-1 m with V the firm-clustered variance of the moments, law of motion concentrated."""
    p = fitted.problem
    fit = fitted.residual(beta)
    instruments = p.Z if p.Z is not None else np.zeros((len(p.now), 0))
    weighted = fit.G if fit.weights is None else fit.G * fit.weights[:, None]
    own = instruments - fit.G @ np.linalg.solve(fit.gram, weighted.T @ instruments)
    scores = own * fit.r[:, None]
    total = instruments.T @ fit.r
    codes = np.unique(data.panel.codes[data.rows[p.now]], return_inverse=True)[1]
    variance = Groups(codes, int(codes.max()) + 1).sum(scores)
    scale = np.sqrt(np.maximum(np.diag(variance), 1e-300))
    inner = np.linalg.lstsq(variance / np.outer(scale, scale), total / scale, rcond=None)[0]
    return float(total / scale @ inner)


def _flags(root: Root, elasticities: FloatVector, rule: RootRule) -> tuple[str, ...]:
    low, high = rule.bounds
    unit = np.zeros(len(elasticities))
    unit[0] = 1.0
    tests = {
        "low_persistence": root.persistence < rule.low_persistence,
        "negative_labour_correlation": min(root.correlations) < 0,
        "outside_bounds": bool(np.any((elasticities <= low) | (elasticities >= high))),
        "near_unit_labour": bool(np.abs(elasticities - unit).max() < rule.unit),
        "weakly_identified": root.condition > rule.condition,
    }
    return tuple(name for name, failed in tests.items() if failed)


def choose(
    found: Sequence[tuple[Root, FloatVector]], shape: Shape, rule: RootRule, where: str
) -> tuple[FloatVector, str]:
    """The root that is the production function, and words for the table note.

    Raises
    ------
    IdentificationError
        No exact root, only flagged ones, or several when ``select`` is ``"error"``.
    """
    exact = [(root, point) for root, point in found if root.exact]
    clean = [(root, point) for root, point in exact if not set(root.flags) - set(rule.ignore)]
    if not clean or (len(clean) > 1 and rule.select == "error"):
        raise _unresolved(found, where)
    if rule.select == "shares" and rule.shares is not None:
        target = np.array(rule.shares)
        gaps = [np.abs(shape.elasticities(p).mean(axis=0) - target).max() for _, p in clean]
        best = clean[int(np.argmin(gaps))]
        how = "nearest the cost shares"
    else:
        best = max(clean, key=lambda one: one[0].persistence)
        how = "of highest persistence"
    note = f"{len(exact)} exact roots{where}, {len(clean)} without flags, taken: the one {how}"
    alone = f"one exact root{where}, without flags"
    return best[1], alone if len(exact) == 1 else note


def _unresolved(found: Sequence[tuple[Root, FloatVector]], where: str) -> IdentificationError:
    exact = [root for root, _ in found if root.exact]
    listed = [
        f"({', '.join(f'{value:.3f}' for value in root.coefficients)}: "
        f"{', '.join(root.flags) or 'no flag'})"
        for root in exact
    ]
    if not exact:
        least = min((root.objective for root, _ in found), default=float("nan"))
        text = f"Found none; the least objective at a local minimum is {least:.3g}."
    else:
        text = f"Found {len(exact)} exact roots: {'; '.join(listed)}."
    return IdentificationError(
        f"Expected one exact root of the moments that looks like a production function{where}.",
        text,
        "Give cost shares in RootRule(shares = ..., select = 'shares'), vouch for a flag with "
        "RootRule(ignore = [...]), or use another estimator.",
    )


def scaled_instruments(instruments: FloatMatrix) -> FloatMatrix:
    """Instruments turned so that their cross-product is one: moments of equal scale."""
    return np.asarray(np.linalg.qr(instruments)[0])
