"""Stochastic frontiers: y = x'beta + v - u with normal v and one-sided u.

Likelihoods are written for real or complex parameters, so that gradients are complex steps and
exact. Parameters are ordered beta, then sigma^2 = var u + var v, gamma = var u / sigma^2, then
mu (truncated), delta (u ~ N+(z'delta, var u)) or eta (u_it = e^(-eta (t - T)) u_i).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import special

from spillover.errors import ConvergenceError
from spillover.numerics.least_squares import newton
from spillover.numerics.stacked import complex_step
from spillover.numerics.technology import times
from spillover.typing import FloatMatrix, FloatVector, IntVector

Kind = Literal[
    "half_normal", "truncated", "at_bound", "exponential", "panel", "decaying", "explained"
]
LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class FrontierData:
    """What a frontier is estimated on."""

    y: FloatVector
    """(n,) log output."""

    X: FloatMatrix
    """(n, k) constant and log inputs."""

    Z: FloatMatrix
    """(n, z) constant and explanations of inefficiency; no columns unless ``explained``."""

    firm: IntVector
    """(n,) firm of each row, 0..G-1."""

    time: FloatVector
    """(n,) years before the last year of the panel, zero or negative."""

    bound: float = -2.0
    """Mean of inefficiency before the cut in units of its spread, for ``at_bound``."""


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """The distribution of u (or of the firm's u) given the residuals: normal cut at zero."""

    mean: Any
    """(n,) mean before the cut."""

    spread: Any
    """(n,) standard deviation before the cut."""

    decay: Any
    """(n,) what the firm's u is multiplied by in a row."""

    def efficiency(self) -> FloatVector:
        """(n,) E[exp(-u) | residuals]."""
        ratio = self.mean / self.spread
        moved = special.log_ndtr(ratio - self.spread * self.decay) - special.log_ndtr(ratio)
        shift = -self.mean * self.decay + 0.5 * (self.spread * self.decay) ** 2
        return np.asarray(np.exp(shift + moved))


def log_likelihood(kind: Kind, data: FrontierData, theta: Any) -> Any:  # noqa: ANN401 - real or complex
    """Contributions to the log-likelihood, by row, or by firm for ``panel`` and ``decaying``."""
    return _parts(kind, data, theta)[0]


def conditional(kind: Kind, data: FrontierData, theta: Any) -> Conditional:  # noqa: ANN401
    """The distribution of inefficiency given the residuals."""
    return _parts(kind, data, theta)[1]


def _parts(kind: Kind, data: FrontierData, theta: Any) -> tuple[Any, Conditional]:  # noqa: ANN401
    k = data.X.shape[1]
    e, total, share = data.y - times(data.X, theta[:k]), theta[k], theta[k + 1]
    own, noise = share * total, (1.0 - share) * total
    if kind in ("panel", "decaying"):
        eta = theta[k + 2] if kind == "decaying" else 0.0
        return _panel(data, e, own, noise, eta)
    if kind == "exponential":
        return _exponential(e, own, noise)
    mean: Any = 0.0
    if kind == "truncated":
        mean = theta[k + 2]
    elif kind == "at_bound":
        mean = data.bound * np.sqrt(own)
    elif kind == "explained":
        mean = times(data.Z, theta[k + 2 :])
    return _cut_normal(e, own, noise, mean)


def _cut_normal(e: Any, own: Any, noise: Any, mean: Any) -> tuple[Any, Conditional]:  # noqa: ANN401
    total = own + noise
    centre, spread = (noise * mean - own * e) / total, np.sqrt(own * noise / total)
    value = -0.5 * (LOG_2PI + np.log(total)) - (e + mean) ** 2 / (2 * total)
    value = value + special.log_ndtr(centre / spread) - special.log_ndtr(mean / np.sqrt(own))
    return value, Conditional(centre, spread, 1.0)


def _exponential(e: Any, own: Any, noise: Any) -> tuple[Any, Conditional]:  # noqa: ANN401
    rate, spread = np.sqrt(own), np.sqrt(noise)
    centre = -e - noise / rate
    value = -np.log(rate) + noise / (2 * own) + e / rate + special.log_ndtr(centre / spread)
    return value, Conditional(centre, spread, 1.0)


def _panel(data: FrontierData, e: Any, own: Any, noise: Any, eta: Any) -> tuple[Any, Conditional]:  # noqa: ANN401
    """Battese and Coelli (1992), equation A.7, with mean zero before the cut."""
    decay = np.exp(-eta * data.time)
    squares, cross, error = (_firm_sums(data.firm, part) for part in (decay**2, decay * e, e**2))
    rows = np.bincount(data.firm)
    scale = noise + own * squares
    centre, spread = -own * cross / scale, np.sqrt(own * noise / scale)
    value = -0.5 * rows * LOG_2PI - 0.5 * (rows - 1) * np.log(noise) - 0.5 * np.log(scale)
    value = value + np.log(2.0) + special.log_ndtr(centre / spread)
    value = value - error / (2 * noise) + 0.5 * (centre / spread) ** 2
    return value, Conditional(centre[data.firm], spread[data.firm], decay)


def _firm_sums(firm: IntVector, values: Any) -> Any:  # noqa: ANN401 - real or complex
    values = np.broadcast_to(values, firm.shape)
    if np.iscomplexobj(values):
        imaginary = np.bincount(firm, weights=values.imag)
        return np.bincount(firm, weights=values.real) + 1j * imaginary
    return np.bincount(firm, weights=values)


def scores(kind: Kind, data: FrontierData, theta: FloatVector) -> FloatMatrix:
    """Derivatives of the contributions with respect to the parameters, by complex steps."""
    return complex_step(lambda at: log_likelihood(kind, data, at), theta)


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """A frontier at the maximum of its likelihood."""

    theta: FloatVector
    """(P,) parameters."""

    log_likelihood: float
    """Its value."""

    hessian: FloatMatrix
    """(P, P) second derivatives."""


def fit_frontier(kind: Kind, data: FrontierData) -> Frontier:
    """The frontier of greatest likelihood.

    Parameters
    ----------
    kind : str
        Distribution of inefficiency.
    data : FrontierData
        Arrays.

    Raises
    ------
    ConvergenceError
        The likelihood has no interior maximum that steps reach.
    """
    from scipy import optimize

    k = data.X.shape[1]

    def natural(free: FloatVector) -> FloatVector:
        theta = free.copy()
        theta[k], theta[k + 1] = np.exp(free[k]), special.expit(free[k + 1])
        return theta

    def negative(free: FloatVector) -> tuple[float, FloatVector]:
        theta = natural(free)
        slope = scores(kind, data, theta).sum(axis=0)
        slope[k] *= theta[k]
        slope[k + 1] *= theta[k + 1] * (1 - theta[k + 1])
        return -float(np.sum(log_likelihood(kind, data, theta))), -slope

    best = None
    for start in _starts(kind, data):
        with np.errstate(all="ignore"):
            found = optimize.minimize(negative, start, jac=True, method="BFGS")
        if np.isfinite(found.fun) and (best is None or found.fun < best.fun - 1e-8):
            best = found
    if best is None or abs(best.x[k + 1]) > 15:
        raise _no_maximum(kind)
    theta = newton(lambda at: scores(kind, data, at).sum(axis=0), natural(best.x), 40)
    value = float(np.sum(log_likelihood(kind, data, theta)))
    hessian = _hessian(lambda at: scores(kind, data, at).sum(axis=0), theta)
    settled = np.abs(scores(kind, data, theta).sum(axis=0)).max() < 1e-5 * len(data.y)
    if not np.isfinite(value) or value < -best.fun - 1e-6 or not settled:
        raise _no_maximum(kind)
    return Frontier(theta, value, hessian)


def _starts(kind: Kind, data: FrontierData) -> list[FloatVector]:
    """Corrected moments of the least-squares residuals, at several shares of inefficiency."""
    beta = np.linalg.lstsq(data.X, data.y, rcond=None)[0]
    variance = float(np.mean((data.y - data.X @ beta) ** 2))
    extra = {"truncated": 1, "decaying": 1, "explained": data.Z.shape[1]}.get(kind, 0)
    found = []
    for share in (0.3, 0.6, 0.9):
        total = variance / (1 - 2 * share / np.pi)
        moved = beta.copy()
        moved[0] += np.sqrt(2 * share * total / np.pi)
        tail = [np.log(total), special.logit(share)]
        found.append(np.concatenate([moved, tail, np.zeros(extra)]))
    return found


def _hessian(gradient: Callable[[FloatVector], FloatVector], theta: FloatVector) -> FloatMatrix:
    steps = np.diag(1e-5 * np.maximum(1e-2, np.abs(theta)))
    columns = [(gradient(theta + h) - gradient(theta - h)) / (2 * h.max()) for h in steps]
    matrix = np.column_stack(columns)
    return np.asarray((matrix + matrix.T) / 2)


def _no_maximum(kind: Kind) -> ConvergenceError:
    return ConvergenceError(
        f"Expected the likelihood of the {kind.replace('_', '-')} frontier to have a maximum.",
        "Found that steps run to a share of inefficiency of zero or one.",
        "Look at the skewness of least-squares residuals, or choose another distribution.",
    )
