"""Weights of dependence as a function of distance over bandwidth."""

from typing import Literal

import numpy as np

from spillover.typing import FloatVector, IntVector

Shape = Literal["uniform", "bartlett", "parzen", "tukey", "spherical", "wendland"]


def decay(shape: Shape, x: FloatVector) -> FloatVector:
    """Weight at a distance relative to the bandwidth: one at zero, zero beyond one.

    Parameters
    ----------
    shape : str
        ``uniform`` 1, ``bartlett`` 1 - x, ``parzen`` 1 - 6x^2 + 6x^3 up to a half and 2(1 - x)^3
        above, ``tukey`` (1 + cos pi x)/2, ``spherical`` 1 - 1.5x + 0.5x^3, ``wendland``
        (1 - x)^4 (4x + 1). The last two are positive semidefinite in distances of three
        dimensions.
    x : (m,)
        Distances over bandwidth, not negative; infinite when there is no path.
    """
    inside = x <= 1.0
    r = np.where(inside, x, 1.0)
    if shape == "uniform":
        weight = np.ones(len(r))
    elif shape == "bartlett":
        weight = 1.0 - r
    elif shape == "parzen":
        weight = np.where(r <= 0.5, 1.0 - 6.0 * r**2 + 6.0 * r**3, 2.0 * (1.0 - r) ** 3)
    elif shape == "tukey":
        weight = 0.5 * (1.0 + np.cos(np.pi * r))
    elif shape == "spherical":
        weight = 1.0 - 1.5 * r + 0.5 * r**3
    else:
        weight = (1.0 - r) ** 4 * (4.0 * r + 1.0)
    return np.asarray(np.where(inside, weight, 0.0))


def bartlett_lags(times: IntVector, lags: int) -> np.ndarray:
    """Weights 1 - |t - s| / (L + 1) between all pairs of periods, zero beyond L.

    Parameters
    ----------
    times : (T,)
        Calendar labels; a gap counts as its length.
    lags : int
        L, the greatest distance with positive weight.

    References
    ----------
    Newey and West (1987), equation 3.
    """
    apart = np.abs(np.subtract.outer(times, times)).astype(np.float64)
    return np.asarray(np.maximum(1.0 - apart / (lags + 1.0), 0.0))


def reach_of(shape: Shape, bandwidth: float) -> int:
    """Greatest whole distance with positive weight: floor(b) if uniform, else ceil(b) - 1."""
    return int(np.floor(bandwidth)) if shape == "uniform" else int(np.ceil(bandwidth)) - 1
