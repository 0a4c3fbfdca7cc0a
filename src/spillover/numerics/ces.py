"""CES production functions, normalized at the geometric means of the inputs."""

from dataclasses import dataclass

import numpy as np

from spillover.typing import FloatMatrix, FloatVector, IntVector

NEAR = 1e-3
"""Below this absolute rho the expansion around Cobb-Douglas is used."""


@dataclass(frozen=True, slots=True, eq=False)
class CesTechnology:
    """f = -(nu / rho) ln(delta e^(-rho k) + (1 - delta) e^(-rho l)), beta = (nu, delta, rho).

    The elasticity of substitution is 1 / (1 + rho).
    """

    x: FloatMatrix
    """(n, 2) logs of labor and capital, centred."""

    def value(self, beta: FloatVector) -> FloatVector:
        """(n,) f."""
        nu, delta, rho = beta
        labour, capital = self.x.T
        if abs(rho) < NEAR:
            mean, second, third = self._cumulants(delta)
            return np.asarray(nu * (mean - rho * second / 2 + rho**2 * third / 6))
        a, b = delta * np.exp(-rho * capital), (1 - delta) * np.exp(-rho * labour)
        with np.errstate(invalid="ignore", divide="ignore"):  # weights outside (0, 1)
            return np.asarray(-nu / rho * np.log(a + b))

    def gradient(self, beta: FloatVector) -> FloatMatrix:
        """(n, 3) derivatives with respect to nu, delta and rho."""
        nu, delta, rho = beta
        labour, capital = self.x.T
        gap = capital - labour
        if abs(rho) < NEAR:
            _, second, third = self._cumulants(delta)
            by_delta = gap - rho * (1 - 2 * delta) * gap**2 / 2
            by_delta = by_delta + rho**2 * (1 - 6 * delta + 6 * delta**2) * gap**3 / 6
            by_rho = -second / 2 + rho * third / 3
            return np.column_stack([self.value(beta) / nu, nu * by_delta, nu * by_rho])
        high, low = np.exp(-rho * capital), np.exp(-rho * labour)
        total = delta * high + (1 - delta) * low
        slope = (capital * delta * high + labour * (1 - delta) * low) / total
        with np.errstate(invalid="ignore", divide="ignore"):
            log = np.log(total)
        by_rho = nu * log / rho**2 + nu / rho * slope
        return np.column_stack([-log / rho, -nu / rho * (high - low) / total, by_rho])

    def elasticities(self, beta: FloatVector) -> FloatMatrix:
        """(n, 2) output elasticities of labor and capital."""
        nu, delta, rho = beta
        labour, capital = self.x.T
        share = delta / (delta + (1 - delta) * np.exp(rho * (capital - labour)))
        return np.column_stack([nu * (1 - share), nu * share])

    def at(self, rows: IntVector) -> "CesTechnology":
        """The same function on some of the rows."""
        return CesTechnology(self.x[rows])

    def _cumulants(self, delta: float) -> tuple[FloatVector, FloatVector, FloatVector]:
        labour, capital = self.x.T
        gap, spread = capital - labour, delta * (1 - delta)
        mean = delta * capital + (1 - delta) * labour
        return mean, spread * gap**2, spread * (1 - 2 * delta) * gap**3
