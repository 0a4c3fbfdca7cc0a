"""Hypotheses about coefficients: Wald tests, combinations by the delta method, sup-t bands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd

from spillover.errors import IdentificationError, SpecificationError, first_cases, unknown_name
from spillover.estimation.gradients import values_and_gradients
from spillover.expressions import Literal, Node, Operation, canonical, parse
from spillover.inference.covariance import Covariance
from spillover.numerics.tails import chi2_tail, critical, f_tail, two_sided
from spillover.typing import FloatMatrix, FloatVector

FEWEST_DRAWS = 1_000
"""Least number of draws from which a joint critical value is taken."""


class Estimated(Protocol):
    """Coefficients with a covariance: an estimate, or combinations of its coefficients."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        ...

    @property
    def beta(self) -> FloatVector:
        """(k,) coefficients."""
        ...

    @property
    def covariance(self) -> Covariance:
        """Covariance of the coefficients."""
        ...


@dataclass(frozen=True, slots=True)
class WaldTest:
    """A joint test of q restrictions."""

    restrictions: tuple[str, ...]
    """The restrictions in canonical spelling."""

    f: float
    """Wald statistic over q."""

    p_value: float
    """From F(q, df_t); from chi-squared when df_t is infinite."""

    chi2: float
    """Wald statistic."""

    p_value_chi2: float
    """From chi-squared with q degrees of freedom."""

    df: tuple[int, float]
    """q and df_t."""

    def __str__(self) -> str:
        text = "; ".join(self.restrictions)
        q, denominator = self.df
        return f"{text}: F({q}, {denominator:g}) = {self.f:.4g}, p = {self.p_value:.4g}"


@dataclass(frozen=True, slots=True, eq=False)
class Combination:
    """Functions of coefficients with their covariance by the delta method."""

    names: tuple[str, ...]
    """The expressions in canonical spelling."""

    beta: FloatVector
    """(m,) values at the estimates."""

    covariance: Covariance
    """(m, m) covariance G V G' in ``matrix``, G the gradient at the estimates."""

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """One row per expression, with the columns of ``Estimate.tidy``.

        Parameters
        ----------
        level : float
            Confidence level.
        """
        errors = np.sqrt(np.maximum(np.diag(self.covariance.matrix), 0.0))
        t = np.divide(self.beta, errors, out=np.full(len(errors), np.nan), where=errors > 0)
        reach = critical(level, self.covariance.df_t) * errors
        columns = {
            "estimate": self.beta,
            "std_error": errors,
            "statistic": t,
            "p_value": two_sided(t, self.covariance.df_t),
            "conf_low": self.beta - reach,
            "conf_high": self.beta + reach,
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="term"))


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Intervals that hold jointly with a given probability."""

    table: pd.DataFrame
    """Columns estimate, low and high by term."""

    critical: float
    """Number of standard errors on each side."""

    level: float
    """Probability that all intervals hold."""


def wald(estimate: Estimated, restrictions: str | Sequence[str]) -> WaldTest:
    """A Wald test of one or more restrictions, linear or not.

    Parameters
    ----------
    estimate : Estimate or Combination
        Coefficients with a covariance.
    restrictions : str or sequence of str
        For example ``"backward = forward"``; a bare expression means that it is zero.

    Raises
    ------
    IdentificationError
        The restrictions are redundant under this covariance.
    """
    texts = (restrictions,) if isinstance(restrictions, str) else tuple(restrictions)
    if not texts:
        raise SpecificationError("Expected at least one restriction.", "Found none.", "")
    nodes = [restriction(text) for text in texts]
    r, R = values_and_gradients(nodes, estimate.names, estimate.beta)  # noqa: N806 - as in the literature
    statistic = _quadratic(r, R @ estimate.covariance.matrix @ R.T)
    q, df = len(r), estimate.covariance.df_t
    return WaldTest(
        tuple(f"{canonical(node)} = 0" for node in nodes),
        statistic / q,
        f_tail(statistic / q, q, df),
        statistic,
        chi2_tail(statistic, q),
        (q, df),
    )


def combine(estimate: Estimated, expressions: str | Sequence[str]) -> Combination:
    """Functions of coefficients, with covariances by the delta method.

    Parameters
    ----------
    estimate : Estimate or Combination
        Coefficients with a covariance.
    expressions : str or sequence of str
        For example ``"backward / (1 - lag(log_tfp))"``.
    """
    texts = (expressions,) if isinstance(expressions, str) else tuple(expressions)
    nodes = [parse(text) for text in texts]
    values, gradient = values_and_gradients(nodes, estimate.names, estimate.beta)
    with np.errstate(over="ignore", invalid="ignore"):
        matrix = gradient @ estimate.covariance.matrix @ gradient.T
    if not np.isfinite(matrix).all():
        raise SpecificationError(
            "Expected an expression with a finite variance at the estimates.",
            f"Found none for {first_cases(texts)}.",
            "Change the unit of the coefficients, or take logarithms.",
        )
    found = replace(estimate.covariance, matrix=matrix, p_values=None, intervals=None)
    values.setflags(write=False)
    return Combination(tuple(canonical(node) for node in nodes), values, found)


def simultaneous(
    estimate: Estimated,
    names: Sequence[str] | None = None,
    *,
    level: float = 0.95,
    draws: int = 100_000,
    seed: int = 0,
) -> Band:
    """Sup-t intervals: all of them hold jointly with probability ``level``.

    The critical value is the quantile of the largest absolute component of a multivariate t
    vector with the estimated correlations, found by simulation.

    Parameters
    ----------
    estimate : Estimate or Combination
        Coefficients with a covariance.
    names : sequence of str, optional
        Coefficients of the family; the default is all of them.
    level : float
        Joint confidence level.
    draws, seed : int
        Size and seed of the simulation.

    References
    ----------
    Montiel Olea and Plagborg-Moller (2019), algorithm 1.
    """
    chosen = tuple(estimate.names if names is None else names)
    at = [_position(name, estimate.names) for name in chosen]
    matrix = estimate.covariance.matrix[np.ix_(at, at)]
    errors = np.sqrt(np.diag(matrix))
    if not (errors > 0).all():
        raise IdentificationError(
            "Expected a positive variance of every coefficient of a band.",
            "Found a variance of zero.",
            "Leave that coefficient out.",
        )
    reach = _sup_t(matrix / np.outer(errors, errors), estimate.covariance.df_t, level, draws, seed)
    beta = estimate.beta[at]
    columns = {"estimate": beta, "low": beta - reach * errors, "high": beta + reach * errors}
    return Band(pd.DataFrame(columns, index=pd.Index(chosen, name="term")), reach, level)


def _sup_t(correlation: FloatMatrix, df: float, level: float, draws: int, seed: int) -> float:
    pointwise = critical(level, df)
    if len(correlation) == 1:
        return pointwise
    if draws < FEWEST_DRAWS:
        raise SpecificationError(
            f"Expected at least {FEWEST_DRAWS:,} draws for a band.",
            f"Found {draws:,}.",
            "The critical value is simulated; leave draws out for 100,000.",
        )
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    rng = np.random.default_rng(seed)
    largest = np.abs(rng.standard_normal((draws, len(values))) @ root.T).max(axis=1)
    if np.isfinite(df):
        largest /= np.sqrt(rng.chisquare(df, draws) / df)
    return float(np.quantile(largest, level))


def _position(name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise unknown_name("coefficient", name, names)
    return names.index(name)


def restriction(text: str) -> Node:
    """The expression that a restriction sets to zero.

    Parameters
    ----------
    text : str
        One equation, or an expression that is zero.

    Raises
    ------
    SpecificationError
        It is not one equation.
    """
    sides = _sides(text)
    if len(sides) > 2 or any(not side.strip() for side in sides):
        raise SpecificationError(
            "Expected a restriction such as backward = forward.",
            f"Found {text!r}.",
            "Write one equation; give several as a list.",
        )
    left, *right = (parse(side) for side in sides)
    if not right or right[0] == Literal(0.0):
        return left
    return Operation("-", (left, right[0]))


def _sides(text: str) -> list[str]:
    """What stands around equality signs outside quoted text."""
    plain = re.sub(r"'[^']*'|\"[^\"]*\"", lambda quoted: "_" * len(quoted[0]), text)
    signs = [sign.span() for sign in re.finditer(r"(?<![<>!=])={1,2}(?!=)", plain)]
    starts, ends = [0, *(end for _, end in signs)], [*(start for start, _ in signs), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _quadratic(r: FloatVector, covariance: FloatMatrix) -> float:
    scale = np.sqrt(np.diag(covariance))
    if (scale > 0).all():
        correlation = covariance / np.outer(scale, scale)
        if np.linalg.eigvalsh(correlation)[0] > 1e-10:
            z = r / scale
            return float(z @ np.linalg.solve(correlation, z))
    raise IdentificationError(
        "Expected restrictions of which none follows from the others.",
        "Found a singular covariance of the restrictions.",
        "Leave redundant restrictions out; with few clusters, test fewer at once.",
    )
