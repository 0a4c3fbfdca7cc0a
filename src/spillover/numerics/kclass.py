"""LIML, Fuller and GMM through linearmodels, on arrays free of absorbed effects.

linearmodels gives the constant of LIML and the coefficients and weight matrix of GMM. Degrees of
freedom and influence functions are computed here, because its classes see only the columns that
they are given and know nothing of absorbed effects.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self, TypeVar

import numpy as np

from spillover.errors import ConvergenceError, IdentificationError
from spillover.numerics.instruments import Instrumented, k_class, scaled_inverse
from spillover.typing import FloatMatrix, FloatVector, IntVector

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Arrays of one instrumental-variables problem, free of absorbed effects."""

    y: FloatVector
    """(n,) outcome."""

    X: FloatMatrix
    """(n, k) regressors, endogenous ones included."""

    Z: FloatMatrix
    """(n, l) included and excluded instruments."""

    weights: FloatVector | None
    """(n,) positive weights, or ``None``."""

    endogenous: tuple[int, ...]
    """Columns of ``X`` that are instrumented."""

    excluded: tuple[int, ...]
    """Columns of ``Z`` that are not regressors."""

    @classmethod
    def of(cls, columns: FloatMatrix, p: int, m: int, weights: FloatVector | None) -> Self:
        """The problem whose columns stand side by side.

        Parameters
        ----------
        columns : (n, 1 + p + m + L)
            Outcome, endogenous regressors, exogenous regressors, excluded instruments; ``X`` and
            ``Z`` are views of it, and it cannot be written to any more.
        p, m : int
            Number of endogenous and of exogenous regressors.
        weights : (n,) or None
            Positive weights.
        """
        columns.setflags(write=False)
        X, Z = columns[:, 1 : 1 + p + m], columns[:, 1 + p :]
        y = np.ascontiguousarray(columns[:, 0])
        return cls(y, X, Z, weights, tuple(range(p)), tuple(range(m, Z.shape[1])))

    def with_ones(self, columns: FloatMatrix) -> Self:
        """The problem before centering, with a constant as last exogenous regressor.

        Parameters
        ----------
        columns : (n, 1 + p + m + L)
            The same columns as in :meth:`of`, before centering.
        """
        p, m = len(self.endogenous), len(self.exogenous)
        split = 1 + p + m
        ones = np.ones((len(columns), 1))
        stacked = np.hstack([columns[:, :split], ones, columns[:, split:]])
        return type(self).of(stacked, p, m + 1, self.weights)

    @property
    def exogenous(self) -> tuple[int, ...]:
        """Columns of ``X`` that are their own instruments."""
        return tuple(j for j in range(self.X.shape[1]) if j not in self.endogenous)


def liml(problem: Problem, fuller: float = 0.0, absorbed: int = 0) -> Instrumented:
    """Limited-information maximum likelihood, with Fuller's correction when asked.

    Parameters
    ----------
    problem : Problem
        Arrays.
    fuller : float
        Fuller's constant; kappa is lowered by ``fuller / (n - l - absorbed)``.
    absorbed : int
        Parameters spent on absorbed effects.

    References
    ----------
    Anderson and Rubin (1949); Fuller (1977).
    """
    from linearmodels.iv import IVLIML

    arrays, _ = _plain_units(problem)
    n, width = problem.Z.shape

    def fitted() -> object:
        return IVLIML(*arrays, weights=problem.weights).fit(cov_type="unadjusted")

    fit = _named(fitted)
    smallest = float(getattr(fit, "kappa"))  # noqa: B009 - untyped
    kappa = smallest - fuller / (n - width - absorbed)
    return k_class(
        problem.y, problem.X, problem.Z, problem.weights, problem.endogenous, kappa=kappa
    )


def gmm(problem: Problem, clusters: IntVector | None = None, iterations: int = 2) -> Instrumented:
    """Linear GMM with the efficient weight matrix of independent or clustered moments.

    Parameters
    ----------
    problem : Problem
        Arrays.
    clusters : (n,), optional
        Codes; moments are independent between clusters. ``None`` for independent rows.
    iterations : int
        2 for two steps; more iterate the weight matrix until the coefficients settle.

    References
    ----------
    Hansen (1982).
    """
    from linearmodels.iv import IVGMM

    arrays, lengths = _plain_units(problem)
    kind = "robust" if clusters is None else "clustered"
    config = {} if clusters is None else {"clusters": clusters}

    def fitted() -> object:
        model = IVGMM(*arrays, weights=problem.weights, weight_type=kind, **config)
        return model.fit(iter_limit=iterations, tol=1e-14, cov_type="unadjusted")

    fit = _named(fitted)
    if iterations > 2 and getattr(fit, "iterations") >= iterations:  # noqa: B009 - untyped
        raise ConvergenceError(
            "Expected the weight matrix of iterated GMM to settle.",
            f"Found it moving after {iterations:,} iterations.",
            'Use method = "gmm", which stops after two steps.',
        )
    weight = np.asarray(getattr(fit, "weight_matrix"))  # noqa: B009 - untyped
    return _named(partial(_moments, problem, weight / np.outer(lengths, lengths)))


def _plain_units(problem: Problem) -> tuple[tuple[FloatMatrix | None, ...], FloatVector]:
    """Outcome, exogenous, endogenous and excluded columns at unit length; lengths of instruments.

    linearmodels judges rank in the units that it is given.
    """
    X, Z = (columns / _length(columns) for columns in (problem.X, problem.Z))
    exogenous = X[:, list(problem.exogenous)] if problem.exogenous else None
    arrays = (
        problem.y / _length(problem.y),
        exogenous,
        X[:, list(problem.endogenous)],
        Z[:, list(problem.excluded)],
    )
    return arrays, _length(problem.Z)


def _length(columns: FloatMatrix) -> FloatVector:
    return np.asarray(np.sqrt(np.mean(columns**2, axis=0)))


def _named(fit: Callable[[], Result]) -> Result:
    """The result of a fit, with the first sentence of a failure under a name of our own."""
    try:
        return fit()
    except (ValueError, np.linalg.LinAlgError) as error:
        raise IdentificationError(
            "Expected moments whose covariance has full rank.",
            f"Found that the estimator stops: {str(error).strip().split('. ')[0]}.",
            'Use method = "2sls", fewer instruments, or an outcome that is not fitted exactly.',
        ) from None


def _moments(problem: Problem, weight: FloatMatrix) -> Instrumented:
    """Coefficients and influence under a weight matrix ordered as included, then excluded.

    The bread is the covariance of the coefficients per unit of a common error variance.
    """
    included = [j for j in range(problem.Z.shape[1]) if j not in problem.excluded]
    plain = problem.Z[:, [*included, *problem.excluded]]
    instruments = plain if problem.weights is None else plain * problem.weights[:, None]
    cross = instruments.T @ problem.X
    combine = weight @ cross @ scaled_inverse(cross.T @ weight @ cross)
    bread = combine.T @ (instruments.T @ plain) @ combine
    beta = (instruments.T @ problem.y) @ combine
    beta += (instruments.T @ (problem.y - problem.X @ beta)) @ combine
    residuals = problem.y - problem.X @ beta
    psi = (instruments * residuals[:, None]) @ combine
    return Instrumented(beta, psi, residuals, bread, np.nan)
