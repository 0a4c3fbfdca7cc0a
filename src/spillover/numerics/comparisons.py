"""Treated against control units: regression, weighting and doubly robust differences.

Formulas of Sant'Anna and Zhao (2020) for panels, with the influence of estimated nuisances.
"""

from typing import Literal

import numpy as np

from spillover.errors import IdentificationError
from spillover.numerics.logit import fit_logit
from spillover.numerics.regression import least_squares
from spillover.typing import BoolVector, FloatMatrix, FloatVector

Method = Literal["dr", "reg", "ipw"]
"""Doubly robust, outcome regression, or inverse probability weighting."""


def compare(
    change: FloatVector, treated: BoolVector, columns: FloatMatrix, method: Method, where: str
) -> tuple[float, FloatVector]:
    """The mean effect on treated units and the influence of each unit.

    Parameters
    ----------
    change : (m,)
        Outcome minus outcome in the base year.
    treated : (m,)
        True for treated units, false for controls; both occur.
    columns : (m, p)
        A constant, then covariates in the base year; their level and unit do not matter.
    method : {"dr", "reg", "ipw"}
        How controls are made comparable; with a constant alone all three are differences of means.
    where : str
        The comparison, for messages.

    Raises
    ------
    IdentificationError
        There are not more controls than covariates, or covariates are collinear among controls.
    ConvergenceError
        Treatment is predicted perfectly.
    """
    d, n1 = treated.astype(np.float64), float(treated.sum())
    if columns.shape[1] == 1:
        mean1, mean0 = change[treated].mean(), change[~treated].mean()
        psi = np.where(treated, (change - mean1) / n1, (mean0 - change) / (len(change) - n1))
        return float(mean1 - mean0), psi
    columns = _standardised(columns)
    left, psi_beta = _regressed(change, treated, columns, method, where)
    odds, psi_gamma = _odds(treated, columns, method, where)
    total = odds.sum()
    mean1 = left[treated].mean()
    mean0 = float(odds @ left / total) if method != "reg" else 0.0
    psi = d * (left - mean1) / n1
    if method != "reg":
        psi -= odds * (left - mean0) / total
        psi -= psi_gamma @ (columns.T @ (odds * (left - mean0)) / total)
    if method != "ipw":
        across = columns[treated].mean(axis=0)
        if method == "dr":
            across = across - odds @ columns / total
        psi -= psi_beta @ across
    return float(mean1 - mean0), psi


def _standardised(columns: FloatMatrix) -> FloatMatrix:
    """A constant, then covariates with mean zero and unit variance; zero if they do not vary."""
    values = columns[:, 1:]
    apart = values - values.mean(axis=0)
    spread = apart.std(axis=0)
    varies = spread > 1e-12 * np.abs(values).max(axis=0)
    scaled = np.where(varies, apart, 0.0) / np.where(varies, spread, 1.0)
    return np.column_stack([columns[:, 0], scaled])


def _regressed(
    change: FloatVector, treated: BoolVector, columns: FloatMatrix, method: Method, where: str
) -> tuple[FloatVector, FloatMatrix]:
    """Change less its regression among controls, and the influence on the coefficients."""
    if method == "ipw":
        return change, np.zeros(columns.shape)
    among = columns[~treated]
    gram = among.T @ among
    scale = np.sqrt(np.diag(gram))
    flat = not (scale > 0).all() or np.linalg.cond(gram / np.outer(scale, scale)) > 1e14
    if len(among) <= columns.shape[1] or flat:
        raise IdentificationError(
            f"Expected more controls than covariates, and covariates that vary ({where}).",
            f"Found {len(among)} controls for {columns.shape[1]} coefficients.",
            "Use fewer covariates or a larger control group.",
        )
    fit = least_squares(change[~treated], among, None)
    psi = np.zeros(columns.shape)
    psi[~treated] = fit.psi
    return change - columns @ fit.beta, psi


def _odds(
    treated: BoolVector, columns: FloatMatrix, method: Method, where: str
) -> tuple[FloatVector, FloatMatrix]:
    """Odds of treatment for controls, zero for treated units, and influence on the logit."""
    if method == "reg":
        return np.where(treated, 0.0, 1.0), np.zeros(columns.shape)
    p, psi = fit_logit(columns, treated.astype(np.float64), where)
    return np.where(treated, 0.0, p / (1.0 - p)), psi
