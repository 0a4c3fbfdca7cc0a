"""More moments than elasticities: efficient weights, local minima, and Hansen's test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spillover.errors import IdentificationError
from spillover.numerics.control import Fitted
from spillover.numerics.lags import previous
from spillover.numerics.least_squares import Stationary, System, all_stationary
from spillover.numerics.pairs import Groups
from spillover.productivity.block import Root
from spillover.productivity.inputs import Inputs, Pairs
from spillover.productivity.roots import RootRule, describe
from spillover.productivity.shape import Shape
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Overidentified:
    """The least of the unflagged minima of the efficient criterion."""

    beta: FloatVector
    """(q,) parameters."""

    fitted: Fitted
    """The problem with instruments combined as the efficient weights do, as many as parameters."""

    roots: tuple[Root, ...]
    """All minima; ``objective`` is Hansen's statistic there."""

    statistics: dict[str, float]
    """``j``, its degrees of freedom and p-value."""

    note: str
    """Words for the table note."""


def with_two_lags(data: Inputs, pairs: Pairs) -> tuple[Pairs, IntVector]:
    """Pairs whose firm is in use two years earlier as well, and the positions of that year."""
    older = previous(data.panel.codes[data.rows], data.panel.years[data.rows])[pairs.before]
    at = np.flatnonzero(older >= 0)
    if not len(at):
        raise IdentificationError(
            f"Expected firms with three consecutive calendar years{data.where}.",
            f"Found none among {len(data.rows):,} firm-years.",
            "Set lags = 1, or check gaps in the years.",
        )
    names = ("now", "before", "exposures", "capacity", "dummies")
    kept = {name: getattr(pairs, name)[at] for name in names}
    return replace(pairs, **kept), older[at]


def scores_of_moments(fitted: Fitted, psi: FloatMatrix, beta: FloatVector) -> FloatMatrix:
    """(n, L) scores of the moments, orthogonal to those of the law and moved by the first stage.

    Parameters
    ----------
    fitted : Fitted
        The problem.
    psi : (n, h)
        Influence of the first stage.
    beta : (q,)
        Parameters.
    """
    p = fitted.problem
    instruments = p.Z if p.Z is not None else np.zeros((len(p.now), 0))
    fit = fitted.residual(beta)
    own = instruments - fit.G @ np.linalg.solve(fit.gram, fit.weighted.T @ instruments)
    design = np.where(p.kept, p.H, 0.0)
    moved, back = fit.moves(design[p.now], design[p.before])
    slope = instruments.T @ moved - (instruments.T @ fit.G) @ back
    scores = psi @ slope.T
    scores[p.now] += own * fit.r[:, None]
    return np.asarray(scores)


def variance_of_moments(fitted: Fitted, data: Inputs, beta: FloatVector) -> FloatMatrix:
    """(L, L) firm-clustered variance, law of motion and first stage accounted for."""
    basis, triangle = np.linalg.qr(fitted.problem.H)
    psi = np.linalg.solve(triangle, (basis * fitted.error[:, None]).T).T
    codes = np.unique(data.panel.codes[data.rows], return_inverse=True)[1]
    return Groups(codes, int(codes.max()) + 1).sum(scores_of_moments(fitted, psi, beta))


def solve_overidentified(
    fitted: Fitted, shape: Shape, data: Inputs, points: Sequence[FloatVector], rule: RootRule
) -> Overidentified:
    """Two-step GMM: equal weights on orthonormal instruments, then efficient ones.

    Parameters
    ----------
    fitted : Fitted
        The problem, with more instruments than parameters.
    shape : Shape
        The technology.
    data : Inputs
        Logs.
    points : sequence of (q,)
        Where searches start.
    rule : RootRule
        Which minima are flagged.

    Raises
    ------
    IdentificationError
        Every minimum is flagged.
    """
    from scipy.special import chdtrc

    first, _, _ = _least(fitted, shape, data, all_stationary(_system(fitted, None), points), rule)
    root = np.linalg.cholesky(np.linalg.inv(variance_of_moments(fitted, data, first)))
    found = all_stationary(_system(fitted, root.T), [first, *points])
    beta, j, roots = _least(fitted, shape, data, found, rule)
    p = fitted.problem
    instruments = p.Z if p.Z is not None else np.zeros((len(p.now), 0))
    _, slope = fitted.system()(beta)
    combined = instruments @ (root @ (root.T @ slope))
    degrees = instruments.shape[1] - len(beta)
    p_value = float(chdtrc(degrees, j))
    alone = "one minimum" if len(roots) == 1 else f"{len(roots)} minima, taken: the least unflagged"
    note = f"{alone}; Hansen's J({degrees}) = {j:.2f}, p = {p_value:.3f}"
    exact = replace(fitted, problem=replace(p, Z=np.linalg.qr(combined)[0]))
    statistics = {"j": j, "j_degrees": float(degrees), "j_p": p_value}
    return Overidentified(beta, exact, roots, statistics, note)


def _system(fitted: Fitted, root: FloatMatrix | None) -> System:
    """Moments turned by a root of their weights."""
    moments = fitted.system()

    def system(beta: FloatVector) -> tuple[FloatVector, FloatMatrix]:
        values, slope = moments(beta)
        return (values, slope) if root is None else (root @ values, root @ slope)

    return system


def _least(
    fitted: Fitted, shape: Shape, data: Inputs, found: Sequence[Stationary], rule: RootRule
) -> tuple[FloatVector, float, tuple[Root, ...]]:
    """The unflagged minimum with the least objective, its objective, and all minima."""
    listed = describe(fitted, shape, data, found, rule)
    roots = tuple(
        replace(root, objective=one.objective, exact=False)
        for (root, _), one in zip(listed, found, strict=True)
    )
    clean = [k for k, root in enumerate(roots) if not set(root.flags) - set(rule.ignore)]
    if not clean:
        words = "; ".join(
            f"({', '.join(f'{b:.3f}' for b in root.coefficients)}: {', '.join(root.flags)})"
            for root in roots
        )
        raise IdentificationError(
            f"Expected a minimum that looks like a production function{data.where}.",
            f"Found {len(roots)} minima: {words or 'none was reached'}.",
            "Vouch for a flag with RootRule(ignore = [...]), or use another estimator.",
        )
    best = min(clean, key=lambda k: found[k].objective)
    return found[best].point, found[best].objective, roots
