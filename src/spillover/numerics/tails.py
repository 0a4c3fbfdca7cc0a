"""Tail probabilities and critical values of the reference distributions."""

import numpy as np
from scipy.special import chdtrc, chdtri, fdtrc, fdtri, stdtr, stdtrit

from spillover.errors import SpecificationError
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

    Raises
    ------
    SpecificationError
        The level is not between 0 and 1.
    """
    refuse_level(level)
    return float(stdtrit(df, 0.5 + level / 2))


def refuse_level(level: float) -> None:
    """Refuse a confidence level that is no share, such as 95."""
    if not 0 < level < 1:
        raise SpecificationError(
            "Expected a confidence level between 0 and 1.",
            f"Found {level:g}.",
            "Write 0.95 for 95 per cent.",
        )


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

    Raises
    ------
    SpecificationError
        The level is not between 0 and 1.
    """
    refuse_level(level)
    if np.isinf(denominator):
        return float(chdtri(numerator, 1 - level)) / numerator
    return float(fdtri(numerator, denominator, level))
