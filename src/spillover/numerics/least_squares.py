"""Roots and minima of small nonlinear systems on many rows, from many starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import TypeAlias

import numpy as np

from spillover.errors import ConvergenceError
from spillover.typing import FloatMatrix, FloatVector

System: TypeAlias = Callable[[FloatVector], tuple[FloatVector, FloatMatrix]]


@dataclass(frozen=True, slots=True, eq=False)
class Stationary:
    """A point where the sum of squares of a system does not fall any more."""

    point: FloatVector
    """(q,) parameters."""

    objective: float
    """Sum of squares of the system."""

    slope: float
    """Greatest absolute derivative of the objective, relative to its scale."""

    condition: float
    """Condition number of the Jacobian."""


def levenberg_marquardt(
    system: System, start: FloatVector, known: Sequence[FloatVector] = (), most: int = 60
) -> Stationary | None:
    """The stationary point that damped Gauss-Newton steps reach from one start.

    Parameters
    ----------
    system : callable
        Values (m,) and Jacobian (m, q) at a point.
    start : (q,)
        Where to begin.
    known : sequence of (q,)
        Points found before; the search ends without a result when it comes close to one.
    most : int
        Greatest number of evaluations.

    Returns
    -------
    Stationary or None
        ``None`` near a known point, and when no stationary point was reached.

    References
    ----------
    Levenberg (1944); Marquardt (1963).
    """
    point, damping, slow = np.asarray(start, dtype=np.float64), 1e-3, 0
    values, J = system(point)
    objective = float(values @ values)
    for _ in range(most):
        if _near(point, known):
            return None
        gram, gradient = J.T @ J, J.T @ values
        if objective < 1e-28 or slow > 3 or damping > 1e8 or not np.isfinite(objective):
            break
        damped = gram + damping * np.diag(np.diag(gram) + 1e-300)
        step = np.linalg.solve(damped, -gradient)
        step /= max(1.0, float(np.abs(step).max()))
        trial, trial_J = system(point + step)
        better = float(trial @ trial)
        if better < objective:
            slow = slow + 1 if better > 0.9 * objective else 0
            point, values, J, objective = point + step, trial, trial_J, better
            damping = max(damping / 10, 1e-15)
        else:
            damping *= 10
    return _settled(system, Stationary(point, objective, _slope(J, values), _condition(J)), known)


def _near(point: FloatVector, known: Sequence[FloatVector], within: float = 1e-3) -> bool:
    return any(np.abs(point - other).max() < within for other in known)


def _condition(J: FloatMatrix) -> float:
    return float(np.linalg.cond(J)) if np.all(np.isfinite(J)) else np.inf


def _settled(system: System, rough: Stationary, known: Sequence[FloatVector]) -> Stationary | None:
    """A root as it is; a minimum above zero after Newton steps on its gradient."""
    if rough.objective < 1e-24 or not np.isfinite(rough.objective):
        return rough if np.isfinite(rough.objective) else None

    def gradient(point: FloatVector) -> FloatVector:
        values, J = system(point)
        return np.asarray(J.T @ values)

    try:
        point = newton(gradient, rough.point, 12)
    except np.linalg.LinAlgError:
        return None
    if np.abs(point - rough.point).max() > 0.5 or _near(point, known):
        return None
    values, J = system(point)
    found = Stationary(point, float(values @ values), _slope(J, values), _condition(J))
    lower = found.objective <= rough.objective * (1 + 1e-9)
    return found if found.slope < 1e-6 and lower else None


def _slope(J: FloatMatrix, values: FloatVector) -> float:
    scale = np.sqrt(np.maximum(np.sum(J**2, axis=0), 1e-300))
    norm = max(float(np.sqrt(values @ values)), 1e-300)
    return float(np.abs(J.T @ values / scale).max() / norm)


def starts(q: int, extra: Sequence[FloatVector] = ()) -> list[FloatVector]:
    """Points to begin from.

    ``extra`` comes first, then a grid of [0, 1]^q (beyond three dimensions Sobol's sequence),
    then points far outside in which one parameter is 3 and another -2, because roots with
    elasticities of opposite sign lie there.

    Examples
    --------
    >>> len(starts(2))
    11
    """
    if q <= 3:
        grid = [np.array(point) for point in product((0.0, 0.5, 1.0), repeat=q)]
    else:
        from scipy.stats import qmc

        grid = list(qmc.Sobol(q, scramble=False).random_base2(5))
    unit = np.eye(q)
    far = [3 * unit[i] - 2 * unit[j] for i, j in permutations(range(q), 2)]
    return [*extra, *grid, *far]


def all_stationary(system: System, points: Sequence[FloatVector]) -> list[Stationary]:
    """All distinct stationary points that the starts reach, in the order of their parameters."""
    found: list[Stationary] = []
    for start in points:
        one = levenberg_marquardt(system, start, [other.point for other in found])
        if one is not None and not _near(one.point, [other.point for other in found], 1e-5):
            found.append(one)
    return sorted(found, key=lambda one: tuple(np.round(one.point, 6)))


Criterion: TypeAlias = Callable[[FloatVector], tuple[float, FloatVector]]


def local_minima(criterion: Criterion, q: int) -> list[tuple[FloatVector, float]]:
    """All local minima that a grid shows, refined until the gradient is zero, lowest first.

    Parameters
    ----------
    criterion : callable
        Value and gradient (q,) at a point.
    q : int
        Number of parameters; one is profiled on (-1, 2), several start from a coarse grid.

    Raises
    ------
    ConvergenceError
        No minimum is inside.
    """
    found = _scalar_minima(criterion) if q == 1 else _vector_minima(criterion, q)
    if not found:
        raise ConvergenceError(
            "Expected a minimum of the criterion inside the grid from -1 to 2.",
            "Found that it falls towards an end.",
            "Check the units of the state inputs, or lower the degree of the law of motion.",
        )
    return sorted(found, key=lambda one: (one[1], tuple(one[0])))


def _scalar_minima(criterion: Criterion) -> list[tuple[FloatVector, float]]:
    from scipy import optimize

    grid = np.linspace(-1.0, 2.0, 61)
    slopes = [float(criterion(np.array([x]))[1][0]) for x in grid]
    found = []
    for k in range(len(grid) - 1):
        if slopes[k] < 0 <= slopes[k + 1]:
            root = optimize.brentq(
                lambda x: float(criterion(np.array([x]))[1][0]), grid[k], grid[k + 1], xtol=1e-14
            )
            found.append((np.array([root]), criterion(np.array([root]))[0]))
    return found


def _vector_minima(criterion: Criterion, q: int) -> list[tuple[FloatVector, float]]:
    from scipy import optimize

    found: list[tuple[FloatVector, float]] = []
    for start in starts(q):
        rough = optimize.minimize(criterion, start, jac=True, method="BFGS")
        point = newton(lambda x: criterion(x)[1], rough.x)
        new = all(np.abs(point - other).max() > 1e-5 for other, _ in found)
        if new and np.all(np.isfinite(point)):
            found.append((point, criterion(point)[0]))
    return found


def newton(
    gradient: Callable[[FloatVector], FloatVector], start: FloatVector, most: int = 40
) -> FloatVector:
    """A zero of a gradient near ``start``: central differences once, then Broyden's updates."""
    point = np.array(start, dtype=np.float64)
    steps = np.diag(1e-5 * np.maximum(1.0, np.abs(point)))
    columns = [(gradient(point + h) - gradient(point - h)) / (2 * h.max()) for h in steps]
    B, value = np.column_stack(columns), gradient(point)
    for _ in range(most):
        change = np.linalg.solve(B, -value)
        point, before = point + change, value
        value = gradient(point)
        if np.abs(change).max() < 1e-13 * max(1.0, float(np.abs(point).max())):
            break
        B = B + np.outer(value - before - B @ change, change) / (change @ change)
    return point
