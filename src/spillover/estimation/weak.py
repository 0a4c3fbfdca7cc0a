"""How strong instruments are, under the dependence of the estimate that they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.errors import IdentificationError, SpecificationError
from spillover.estimation.moments import Moments
from spillover.estimation.result import Estimate
from spillover.numerics.anderson_rubin import confidence_set, statistic
from spillover.numerics.instruments import project, scaled_inverse
from spillover.numerics.regression import least_squares
from spillover.numerics.sets import ConfidenceSet
from spillover.numerics.solution import Linear
from spillover.numerics.tails import f_quantile, f_tail
from spillover.numerics.weak import (
    Meat,
    Reduced,
    conditional_f,
    cragg_donald,
    effective_f,
    effective_f_critical,
    first_stage_covariance,
    over_identification,
    rank_test,
    reduce,
    wald,
)
from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True)
class TestResult:
    """A statistic with its p-value."""

    statistic: float
    """Value of the statistic."""

    df: tuple[int, float]
    """Degrees of freedom of F; the second is infinite for chi-squared over its degrees."""

    p_value: float
    """Probability of a larger value under the null hypothesis."""

    def __str__(self) -> str:
        q, rest = self.df
        return (
            f"{self.statistic:.4g} with {q} and {rest:g} degrees of freedom, p = {self.p_value:.4g}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class FirstStage:
    """Strength, validity and relevance of the instruments of one estimate."""

    table: pd.DataFrame
    """One row per endogenous regressor: partial_r2, f, conditional_f."""

    effective_f: float | None
    """Effective F of Montiel Olea and Pflueger (2013); ``None`` with several regressors."""

    effective_f_critical: float | None
    """Its critical value for a bias of 10 % of the worst case, at 5 %."""

    kleibergen_paap: TestResult
    """rk test that the first stage is rank deficient, Wald form, as F."""

    kleibergen_paap_lm: TestResult
    """rk test, Lagrange multiplier form, chi-squared."""

    cragg_donald: float
    """Smallest eigenvalue statistic, for comparison under one common variance."""

    over_identification: TestResult | None
    """Hansen's J (Sargan's under one common variance); ``None`` when just identified, NaN when
    the covariance of moments is singular, as with fewer clusters than instruments."""

    endogeneity: TestResult
    """Wu-Hausman test that least squares would do, by control functions."""

    label: str
    """The dependence in words."""

    def __str__(self) -> str:
        tests = {
            "Kleibergen-Paap, Wald": self.kleibergen_paap,
            "Kleibergen-Paap, Lagrange multiplier": self.kleibergen_paap_lm,
            "Over-identification": self.over_identification,
            "Wu-Hausman": self.endogeneity,
        }
        lines = [self.table.to_string(float_format="{:.4g}".format)]
        if self.effective_f is not None and self.effective_f_critical is not None:
            critical = f"critical value {self.effective_f_critical:.4g}"
            lines.append(f"Effective F: {self.effective_f:.4g}, {critical}")
        lines += [f"{words}: {test}" for words, test in tests.items() if test is not None]
        return "\n".join([*lines, f"Dependence: {self.label}"])


def first_stage(estimate: Estimate) -> FirstStage:
    """Diagnostics of an instrumental-variables estimate under its own dependence.

    Parameters
    ----------
    estimate : Estimate
        An estimate of ``InstrumentalVariables``.

    Raises
    ------
    SpecificationError
        The estimate has no instruments, or its covariance is not a kernel.

    References
    ----------
    Kleibergen and Paap (2006); Montiel Olea and Pflueger (2013); Sanderson and Windmeijer (2016);
    Hansen (1982); Wu (1973); Hausman (1978).
    """
    linear, parts, instruments = _parts(estimate)
    width = instruments.shape[1]
    moments = Moments.of(estimate)
    meat, df = moments.meat(width)
    plain, _ = moments.meat(0, adjusted=False)
    L, p = parts.Z.shape[1], parts.D.shape[1]
    slopes, V = first_stage_covariance(parts, meat)
    fs = [wald(slopes[:, j], V[j * L : (j + 1) * L, j * L : (j + 1) * L]) / L for j in range(p)]
    rank = rank_test(parts, meat)
    lm = rank_test(parts, plain).lm
    names = [estimate.names[j] for j in linear.endogenous]
    columns = {
        "partial_r2": _partial_r2(parts),
        "f": fs,
        "conditional_f": [conditional_f(parts, j, meat) for j in range(p)],
    }
    table = pd.DataFrame(columns, index=pd.Index(names, name="endogenous"))
    return FirstStage(
        table=table,
        effective_f=effective_f(parts, slopes[:, 0], V) if p == 1 else None,
        effective_f_critical=effective_f_critical(parts, V) if p == 1 else None,
        kleibergen_paap=_test(rank.f * L / rank.df, rank.df, df),
        kleibergen_paap_lm=_test(lm / rank.df, rank.df, np.inf),
        cragg_donald=cragg_donald(parts, estimate.nobs - moments.parameters(width)),
        over_identification=_j(estimate, parts, plain) if p < L else None,
        endogeneity=_wu_hausman(moments, linear, instruments, df),
        label=estimate.covariance.label,
    )


def anderson_rubin(estimate: Estimate, values: Sequence[float] | None = None) -> TestResult:
    """A test of the endogenous coefficients that is valid however weak the instruments are.

    The outcome minus the hypothesised effect is regressed on the instruments; under the null
    hypothesis they explain nothing.

    Parameters
    ----------
    estimate : Estimate
        An estimate of ``InstrumentalVariables``.
    values : sequence of float, optional
        Hypothesised coefficients of the endogenous regressors; zeros by default.

    References
    ----------
    Anderson and Rubin (1949).
    """
    _, parts, instruments = _parts(estimate)
    p, L = parts.D.shape[1], parts.Z.shape[1]
    wanted = np.zeros(p) if values is None else np.asarray(values, dtype=np.float64)
    if wanted.shape != (p,):
        raise SpecificationError(
            f"Expected {p} hypothesised values.",
            f"Found {len(np.atleast_1d(wanted))}.",
            "Give one value for each endogenous regressor.",
        )
    g, V, df = _reduced_form(estimate, parts, instruments.shape[1])
    return _test(_statistic(estimate, g, V, wanted) / L, L, df)


def anderson_rubin_set(estimate: Estimate, level: float = 0.95) -> ConfidenceSet:
    """Every value of the endogenous coefficient that the Anderson-Rubin test does not reject.

    The set may be an interval, two rays, the whole line or empty, and says which.

    Parameters
    ----------
    estimate : Estimate
        An estimate with one endogenous regressor.
    level : float
        Confidence level.

    References
    ----------
    Anderson and Rubin (1949); Mikusheva (2010) for the quadratic case.
    """
    _, parts, instruments = _parts(estimate)
    if parts.D.shape[1] != 1:
        raise SpecificationError(
            "Expected one endogenous regressor for a confidence set.",
            f"Found {parts.D.shape[1]}.",
            "Test joint hypotheses with anderson_rubin(estimate, values).",
        )
    g, V, df = _reduced_form(estimate, parts, instruments.shape[1])
    L = parts.Z.shape[1]
    _statistic(estimate, g, V, np.zeros(1))
    return confidence_set(g, V, L * f_quantile(level, L, df), level)


def _statistic(estimate: Estimate, g: FloatMatrix, V: FloatMatrix, b: FloatVector) -> float:
    found = statistic(g, V, b)
    if np.isnan(found):
        raise IdentificationError(
            "Expected a covariance of the reduced form that has full rank.",
            f"Found a singular or indefinite one for {len(g)} instruments, "
            f"{estimate.covariance.label}.",
            "Use fewer instruments, more clusters, or a single dependence in place of a union.",
        )
    return found


def _parts(estimate: Estimate) -> tuple[Linear, Reduced, FloatMatrix]:
    """Arrays of the estimate, the same reduced to excluded instruments, and all instruments."""
    linear = estimate.solution.linear
    if linear is None or linear.Z is None:
        raise SpecificationError(
            "Expected an estimate with instruments.",
            f"Found {type(estimate.design).__name__}.",
            "Estimate InstrumentalVariables first.",
        )
    parts = reduce(linear.y, linear.X, linear.Z, linear.weights, linear.endogenous)
    return linear, parts, linear.Z


def _reduced_form(
    estimate: Estimate, parts: Reduced, width: int
) -> tuple[FloatMatrix, FloatMatrix, float]:
    """Outcome and endogenous regressors on instruments, and the covariance of all coefficients."""
    meat, df = Moments.of(estimate).meat(width)
    left = np.column_stack([parts.y, parts.D])
    g = project(left, parts.Z, parts.weights)
    spread = np.kron(np.eye(left.shape[1]), scaled_inverse(parts.gram))
    return g, spread @ meat(parts.Z, left - parts.Z @ g) @ spread, df


def _partial_r2(parts: Reduced) -> np.ndarray:
    errors = parts.D - parts.Z @ parts.first_stage
    weights = 1.0 if parts.weights is None else parts.weights[:, None]
    left, whole = (np.sum(weights * columns**2, axis=0) for columns in (errors, parts.D))
    return np.asarray(1 - left / whole)


def _j(estimate: Estimate, parts: Reduced, meat: Meat) -> TestResult:
    df = parts.Z.shape[1] - parts.D.shape[1]
    try:
        found = over_identification(parts, estimate.solution.residuals, meat)
    except np.linalg.LinAlgError:  # fewer clusters than instruments
        return TestResult(np.nan, (df, np.inf), np.nan)
    return _test(found / df, df, np.inf)


def _wu_hausman(
    moments: Moments, linear: Linear, instruments: FloatMatrix, df: float
) -> TestResult:
    """A Wald test of first-stage residuals added to the least-squares regression."""
    X, p = linear.X, len(linear.endogenous)
    endogenous = X[:, list(linear.endogenous)]
    errors = endogenous - instruments @ project(endogenous, instruments, linear.weights)
    both = np.hstack([X, errors])
    fit = least_squares(linear.y, both, linear.weights)
    meat, _ = moments.meat(both.shape[1])
    whole = fit.bread @ meat(both, fit.residuals[:, None]) @ fit.bread
    return _test(wald(fit.beta[-p:], whole[-p:, -p:]) / p, p, df)


def _test(value: float, df: int, df_error: float) -> TestResult:
    return TestResult(value, (df, df_error), f_tail(value, df, df_error))
