"""Covariance matrices made positive semidefinite, with a record of what changed."""

from dataclasses import dataclass

import numpy as np

from spillover.typing import FloatMatrix, FloatVector

TOLERANCE = 1e-14
"""Eigenvalues above minus this share of the largest one count as zero."""


@dataclass(frozen=True, slots=True, eq=False)
class Repaired:
    """A positive semidefinite matrix and the eigenvalue that made a repair necessary."""

    matrix: FloatMatrix
    """(k, k) symmetric matrix; the input itself when nothing was wrong."""

    least: float
    """Smallest eigenvalue before the repair, on the scale where the largest is one; 0 if none."""

    @property
    def touched(self) -> bool:
        """Whether the matrix was changed."""
        return self.least < 0


def clip(matrix: FloatMatrix, scale: FloatVector) -> Repaired:
    """The nearest matrix without negative eigenvalues, in units of ``scale``.

    Eigenvalues depend on units of measurement, so the matrix is divided by ``scale`` on both
    sides before they are taken; rescaling a regressor then rescales its standard error exactly.

    Parameters
    ----------
    matrix : (k, k)
        Symmetric matrix.
    scale : (k,)
        Positive units of the coefficients, for example their standard errors under independence.

    References
    ----------
    Cameron, Gelbach and Miller (2011), section 2.3.
    """
    units = np.outer(scale, scale)
    values, vectors = np.linalg.eigh(matrix / units)
    largest = float(np.max(np.abs(values), initial=0.0))
    if not len(values) or values[0] >= -TOLERANCE * largest:
        return Repaired(matrix, 0.0)
    kept = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return Repaired((kept + kept.T) / 2 * units, float(values[0]) / largest)
