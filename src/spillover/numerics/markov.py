"""The residual kernel: a law of motion concentrated out, with the Jacobian of its residual.

Every control-function estimator of productivity reduces to one function of (target, lag): the
residual r of regressing the target on G, where column c of G is z^a_c q^b_c m_c for the scaled
lag z, an optional second generated variable q and fixed multipliers m.
"""

from dataclasses import dataclass, replace

import numpy as np

from spillover.errors import IdentificationError
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """Columns of a law of motion on the rows that have a lag."""

    powers: IntVector
    """(c,) powers of lagged productivity."""

    multipliers: FloatMatrix
    """(n2, c) what each power is multiplied by: ones, exposures, dummies."""

    second: IntVector
    """(c,) powers of the second generated variable; zeros without one."""

    names: tuple[str, ...]
    """c names."""

    centre: float = 0.0
    """What is subtracted from lagged productivity, frozen during a solve."""

    scale: float = 1.0
    """What it is divided by; the span of G, and so the residual, do not depend on either."""

    @classmethod
    def polynomial(cls, rows: int, degree: int) -> "Law":
        """1, omega, ..., omega^degree."""
        names = ("1", "omega", *(f"omega^{power}" for power in range(2, degree + 1)))
        powers = np.arange(degree + 1)
        return cls(powers, np.ones((rows, degree + 1)), np.zeros_like(powers), names)

    def scaled(self, lag: FloatVector) -> "Law":
        """The same law with centre and scale from values of the lag."""
        spread = float(lag.std())
        return replace(self, centre=float(lag.mean()), scale=spread if spread > 0 else 1.0)

    def columns(
        self, lag: FloatVector, second: FloatVector | None = None
    ) -> tuple[FloatMatrix, FloatMatrix]:
        """G and its derivative with respect to the lag, both (n2, c)."""
        z = (lag - self.centre) / self.scale
        ladder = powers_of(z, int(self.powers.max(initial=0)))
        fixed = self.multipliers.T
        if second is not None:
            fixed = fixed * powers_of(second, int(self.second.max(initial=0)))[self.second]
        down = (self.powers / self.scale)[:, None] * ladder[np.maximum(self.powers - 1, 0)]
        return (ladder[self.powers] * fixed).T, (down * fixed).T


def powers_of(z: FloatVector, top: int) -> FloatMatrix:
    """(top + 1, n) powers 0..top of a vector."""
    ladder = np.empty((top + 1, len(z)), dtype=z.dtype)
    ladder[0] = 1.0
    for power in range(1, top + 1):
        np.multiply(ladder[power - 1], z, out=ladder[power])
    return ladder


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """A target freed of its law of motion."""

    r: FloatVector
    """(n2,) residual, orthogonal to G under the weights."""

    coefficients: FloatVector
    """(c,) coefficients of G."""

    slope: FloatVector
    """(n2,) derivative of the law with respect to lagged productivity."""

    G: FloatMatrix
    """(n2, c) columns of the law."""

    rise: FloatMatrix
    """(n2, c) derivatives of G with respect to the lag."""

    weights: FloatVector | None
    """(n2,) weights of rows."""

    weighted: FloatMatrix
    """(n2, c) G times weights."""

    gram: FloatMatrix
    """(c, c) G'wG."""

    def jacobian(self, d_target: FloatMatrix, d_lag: FloatMatrix) -> FloatMatrix:
        """(n2, q) derivatives of r when target and lag move by ``d_target`` and ``d_lag``.

        The last term, the move of the projection itself, vanishes only where r is zero.
        """
        moved, back = self.moves(d_target, d_lag)
        return np.asarray(moved - self.G @ back)

    def moves(self, d_target: FloatMatrix, d_lag: FloatMatrix) -> tuple[FloatMatrix, FloatMatrix]:
        """Move of the target net of the law (n2, q), and of the coefficients (c, q)."""
        moved = d_target - self.slope[:, None] * d_lag
        back = np.linalg.solve(self.gram, self.weighted.T @ moved + self.turn(d_lag))
        return moved, np.asarray(back)

    def turn(self, d_lag: FloatMatrix) -> FloatMatrix:
        """(c, q) move of G'wr that comes from the columns of G."""
        r = self.r if self.weights is None else self.r * self.weights
        return np.asarray(self.rise.T @ (r[:, None] * d_lag))


def weigh(columns: FloatMatrix, weights: FloatVector | None) -> FloatMatrix:
    """Columns times weights."""
    return columns if weights is None else columns * weights[:, None]


def concentrate(
    target: FloatVector,
    lag: FloatVector,
    law: Law,
    weights: FloatVector | None = None,
    second: FloatVector | None = None,
) -> Residual:
    """The residual of a target on its law of motion.

    Parameters
    ----------
    target, lag : (n2,)
        Productivity and its value a calendar year earlier, possibly with noise in the target.
    law : Law
        Columns of the law; the first is the constant.
    weights : (n2,), optional
        Weights of rows, zero or positive.
    second : (n2,), optional
        Second generated variable.

    Raises
    ------
    IdentificationError
        The columns of the law are collinear.
    """
    G, rise = law.columns(lag, second)
    weighted = weigh(G, weights)
    gram = weighted.T @ G
    try:
        first = np.linalg.solve(gram, weighted.T @ target)
        again = np.linalg.solve(gram, weighted.T @ (target - G @ first))
    except np.linalg.LinAlgError as error:
        raise collinear_law(law) from error
    coefficients: FloatVector = np.asarray(first + again)
    r = target - G @ coefficients
    return Residual(r, coefficients, rise @ coefficients, G, rise, weights, weighted, gram)


def collinear_law(law: Law) -> IdentificationError:
    """The error for a law of motion whose columns are collinear."""
    return IdentificationError(
        "Expected columns of the law of motion that are not collinear.",
        f"Found {', '.join(law.names)} without full rank on {len(law.multipliers):,} rows.",
        "Lower its degree or drop a column.",
    )
