"""Logit by Newton steps, refusing perfect prediction."""

import numpy as np

from spillover.errors import ConvergenceError
from spillover.typing import FloatMatrix, FloatVector

STEPS = 50
"""Newton steps after which a logit has no maximum."""


def fit_logit(
    columns: FloatMatrix, outcome: FloatVector, where: str
) -> tuple[FloatVector, FloatMatrix]:
    """Fitted probabilities and the influence of each row on the coefficients.

    Parameters
    ----------
    columns : (m, p)
        Regressors with a constant.
    outcome : (m,)
        Zero or one.
    where : str
        The comparison, for messages.

    Returns
    -------
    probability : (m,)
        Fitted probabilities.
    influence : (m, p)
        Inverse Hessian times the score of each row.

    Raises
    ------
    ConvergenceError
        The likelihood has no maximum: the regressors predict some outcomes perfectly.
    """
    coefficients = np.zeros(columns.shape[1])
    for _ in range(STEPS):
        index = columns @ coefficients
        if np.abs(index).max() > 30.0:
            break
        p = 1.0 / (1.0 + np.exp(-index))
        hessian = columns.T @ (columns * (p * (1.0 - p))[:, None])
        if np.linalg.cond(hessian) > 1e14:
            break
        step = np.linalg.solve(hessian, columns.T @ (outcome - p))
        if np.abs(columns @ step).max() < 1e-10:
            scores = columns * (outcome - p)[:, None]
            return p, np.asarray(scores @ np.linalg.inv(hessian), dtype=np.float64)
        coefficients = coefficients + step
    raise ConvergenceError(
        f"Expected treated and control units with overlapping covariates ({where}).",
        "Found covariates that predict treatment perfectly or depend on each other.",
        'Use fewer covariates, a larger control group, or method="reg".',
    )
