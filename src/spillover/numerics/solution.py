"""Solution: what an estimator hands to inference."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """The fixed effects that were absorbed, on the rows in use."""

    names: tuple[str, ...] = ()
    """Names as the user wrote them, in canonical spelling."""

    codes: tuple[IntVector, ...] = ()
    """One array of (n,) codes 0..G-1 per effect."""

    levels: tuple[int, ...] = ()
    """Number of levels G per effect."""

    components: int = 1
    """Connected components of the first two effects; 1 with fewer than two."""


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Arrays after absorption, for methods that need more than the influence function."""

    y: FloatVector
    """(n,) outcome."""

    X: FloatMatrix
    """(n, k) regressors, endogenous ones included, in the order of ``Solution.names``."""

    Z: FloatMatrix | None
    """(n, l) all instruments (included and excluded), or ``None`` for least squares."""

    weights: FloatVector | None
    """(n,) positive observation weights, or ``None`` for one."""

    bread: FloatMatrix
    """(k, k) inverse cross-product of the regressors, or of the fitted ones for 2SLS."""

    endogenous: tuple[int, ...] = ()
    """Columns of ``X`` that are instrumented."""


@dataclass(frozen=True, slots=True, eq=False)
class FirstStage:
    """What the estimation of a variable adds to the influence function of a regression on it."""

    rows: IntVector
    """(u,) rows of the panel (not of the sample) on which the variable was estimated."""

    psi: FloatMatrix
    """(u, k) influence of these rows, added to that of the rows in use."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Coefficients with their influence function: beta_hat - beta = sum of psi over rows."""

    names: tuple[str, ...]
    """k names of coefficients."""

    beta: FloatVector
    """(k,) coefficients."""

    psi: FloatMatrix
    """(n, k) influence of each row; sums to zero."""

    residuals: FloatVector
    """(n,) residuals."""

    rows: IntVector
    """(n,) rows of the sample in use, ascending; dropped rows do not appear."""

    outcome: str
    """Expression of the outcome."""

    effects: Effects = field(default_factory=Effects)
    """Absorbed fixed effects."""

    linear: Linear | None = None
    """Arrays after absorption when the design is linear."""

    statistics: Mapping[str, float] = field(default_factory=dict)
    """Named numbers of the fit: ``r2``, ``r2_within``, ``mean_outcome``, ``j`` and the like."""

    dropped: tuple[tuple[str, int], ...] = ()
    """Reasons and counts of sample rows that are not in use, in the order they left."""

    notes: tuple[str, ...] = ()
    """What the reader must know: dropped collinear regressors, separation, repairs."""

    first_stage: FirstStage | None = None
    """Influence of an estimated variable, on rows that need not be in use."""

    bread: FloatMatrix | None = None
    """(k, k) inverse Hessian of a likelihood without a dispersion parameter, else ``None``."""

    by_unit: bool = False
    """Whether the influence of a whole unit stands on one of its rows, whatever the year."""

    parameters: int | None = None
    """Estimated coefficients when the k reported ones are combinations of more, else ``None``."""
