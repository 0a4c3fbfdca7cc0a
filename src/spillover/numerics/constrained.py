"""Technologies under a restriction, by substitution: one parameter less, never a penalty."""

from dataclasses import dataclass

import numpy as np

from spillover.numerics.technology import Technology
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class ShiftedTechnology:
    """A known function of the rows plus a technology: one parameter less, by substitution."""

    shift: FloatVector
    """(n,) what is known."""

    base: Technology
    """The rest."""

    def value(self, beta: FloatVector) -> FloatVector:
        """(n,) shift plus the rest."""
        return np.asarray(self.shift + self.base.value(beta))

    def gradient(self, beta: FloatVector) -> FloatMatrix:
        """(n, q) derivatives of the rest."""
        return self.base.gradient(beta)

    def at(self, rows: IntVector) -> "ShiftedTechnology":
        """The same function on some of the rows."""
        return ShiftedTechnology(self.shift[rows], self.base.at(rows))


@dataclass(frozen=True, slots=True, eq=False)
class UnitTechnology:
    """A technology whose first parameter is one."""

    base: Technology
    """The technology with all its parameters."""

    def value(self, beta: FloatVector) -> FloatVector:
        """(n,) f(1, beta)."""
        return self.base.value(np.append(1.0, beta))

    def gradient(self, beta: FloatVector) -> FloatMatrix:
        """(n, q) derivatives with respect to the other parameters."""
        return self.base.gradient(np.append(1.0, beta))[:, 1:]

    def at(self, rows: IntVector) -> "UnitTechnology":
        """The same function on some of the rows."""
        return UnitTechnology(self.base.at(rows))
