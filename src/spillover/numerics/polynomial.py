"""Complete polynomials in a few variables, centred and scaled so that units do not matter."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Centre and spread of each variable, frozen at the start of a solve."""

    centre: FloatVector
    """(q,) means."""

    spread: FloatVector
    """(q,) standard deviations; one for a constant."""

    @classmethod
    def of(cls, x: FloatMatrix) -> "Scale":
        """Mean and standard deviation of the columns of ``x`` (n, q)."""
        spread = x.std(axis=0)
        return cls(x.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def apply(self, x: FloatMatrix) -> FloatMatrix:
        """(n, q) centred and scaled columns."""
        return np.asarray((x - self.centre) / self.spread)


def exponents(variables: int, degree: int, least: int = 1) -> IntVector:
    """Powers of all monomials of total degree ``least`` to ``degree``, by rising degree.

    Parameters
    ----------
    variables, degree : int
        Number of variables and greatest total degree.
    least : int
        Smallest total degree; 0 includes the constant.

    Returns
    -------
    (h, variables) powers.

    Examples
    --------
    >>> exponents(2, 2).tolist()
    [[1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    """
    found = [e for e in product(range(degree + 1), repeat=variables) if least <= sum(e) <= degree]
    found.sort(key=lambda e: (sum(e), tuple(-power for power in e)))
    return np.array(found, dtype=np.int64).reshape(-1, variables)


def monomials(x: FloatMatrix, powers: IntVector) -> FloatMatrix:
    """Products of powers of the columns of ``x``.

    Parameters
    ----------
    x : (n, q)
        Variables.
    powers : (h, q)
        Powers of each monomial.

    Returns
    -------
    (n, h) values.
    """
    top = int(powers.max(initial=0))
    ladder = np.empty((top + 1, x.shape[1], len(x)), dtype=x.dtype)
    ladder[0] = 1.0
    for power in range(1, top + 1):
        ladder[power] = ladder[power - 1] * x.T
    out = np.ones((len(powers), len(x)), dtype=x.dtype)
    for j in range(x.shape[1]):
        out *= ladder[powers[:, j], j]
    return out.T


def slopes(x: FloatMatrix, powers: IntVector, variable: int) -> FloatMatrix:
    """(n, h) derivatives of the monomials with respect to one variable."""
    lower = powers.copy()
    lower[:, variable] = np.maximum(lower[:, variable] - 1, 0)
    return monomials(x, lower) * powers[:, variable]
