"""Tail probabilities and critical values of the reference distributions."""

import numpy as np
from scipy.special import chdtrc, chdtri, fdtrc, fdtri, stdtr, stdtrit

from spillover.typing import FloatVector


def two_sided(t: FloatVector, df: float) -> FloatVector:
    """Probability that a t variable exceeds each value in absolute size.

    Parameters
    ----------
    t : (k,)
        Statistics; NaN stays NaN.
    df : float
        Degrees of freedom; infinite for the normal distribution.
    """
    return np.asarray(2.0 * stdtr(df, -np.abs(t)))


def critical(level: float, df: float) -> float:
    """The value that a t variable exceeds in absolute size with probability 1 - level.

    Parameters
    ----------
    level : float
        Confidence level, for example 0.95.
    df : float
        Degrees of freedom; infinite for the normal distribution.
    """
    return float(stdtrit(df, 0.5 + level / 2))


def f_tail(statistic: float, numerator: int, denominator: float) -> float:
    """Probability that an F variable exceeds a value; chi-squared over its degrees at infinity.

    Parameters
    ----------
    statistic : float
        F statistic.
    numerator : int
        Number of restrictions.
    denominator : float
        Denominator degrees of freedom.
    """
    if np.isinf(denominator):
        return float(chdtrc(numerator, statistic * numerator))
    return float(fdtrc(numerator, denominator, statistic))


def chi2_tail(statistic: float, df: int) -> float:
    """Probability that a chi-squared variable exceeds a value.

    Parameters
    ----------
    statistic : float
        Wald statistic.
    df : int
        Number of restrictions.
    """
    return float(chdtrc(df, statistic))


def f_quantile(level: float, numerator: int, denominator: float) -> float:
    """The value that an F variable exceeds with probability 1 - level.

    Parameters
    ----------
    level : float
        Probability below the value, for example 0.95.
    numerator : int
        Number of restrictions.
    denominator : float
        Denominator degrees of freedom; chi-squared over its degrees at infinity.
    """
    if np.isinf(denominator):
        return float(chdtri(numerator, 1 - level)) / numerator
    return float(fdtri(numerator, denominator, level))
