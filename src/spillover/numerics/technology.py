"""Production functions in logs: value, gradient and elasticities."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spillover.typing import FloatMatrix, FloatVector, IntVector


class Technology(Protocol):
    """f(x; beta) on fixed rows, for real or complex parameters."""

    def value(self, beta: FloatVector) -> FloatVector:
        """(n,) log output net of productivity."""
        ...

    def gradient(self, beta: FloatVector) -> FloatMatrix:
        """(n, q) derivatives with respect to beta."""
        ...

    def at(self, rows: IntVector) -> "Technology":
        """The same function on some of the rows."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LinearTechnology:
    """f = F beta: Cobb-Douglas with F the log inputs, translog with their squares and products."""

    F: FloatMatrix
    """(n, q) regressors."""

    def value(self, beta: FloatVector) -> FloatVector:
        """(n,) F beta."""
        return times(self.F, beta)

    def gradient(self, beta: FloatVector) -> FloatMatrix:  # noqa: ARG002 - the protocol's signature
        """(n, q) F."""
        return self.F

    def at(self, rows: IntVector) -> "LinearTechnology":
        """The same function on some of the rows."""
        return LinearTechnology(np.ascontiguousarray(self.F[rows]))


def times(matrix: FloatMatrix, vector: FloatVector) -> FloatVector:
    """Matrix times vector, without a complex copy of a real matrix."""
    if np.iscomplexobj(vector) and not np.iscomplexobj(matrix):
        return np.asarray(matrix @ vector.real + 1j * (matrix @ vector.imag))
    return np.asarray(matrix @ vector)
