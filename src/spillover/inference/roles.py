"""Which column of a linear solution an exposure is: a regressor, or the instrument of one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.errors import SpecificationError, first_cases
from spillover.numerics.absorb import absorb
from spillover.numerics.instruments import project
from spillover.numerics.solution import Linear, Solution
from spillover.sample import Sample
from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class Roles:
    """Exposures of a solution, with what they are the regressors or instruments of."""

    positions: tuple[int, ...]
    """(k,) positions of the coefficients among all coefficients."""

    controls: FloatMatrix
    """(n, m) other regressors, free of absorbed effects."""

    Z: FloatMatrix
    """(n, k) exposures, free of absorbed effects."""

    D: FloatMatrix
    """(n, k) regressors whose coefficients these are; the exposures themselves without
    instruments."""

    weights: FloatVector | None
    """(n,) observation weights."""

    @property
    def instrumented(self) -> bool:
        """Whether the exposures are instruments."""
        return self.D is not self.Z


def roles(solution: Solution, sample: Sample, names: Sequence[str]) -> Roles:
    """The columns that exposures have in a linear solution.

    Parameters
    ----------
    solution : Solution
        Least squares with the exposures among the regressors, or as many instruments as
        instrumented regressors, all of them exposures.
    sample : Sample
        The rows in use.
    names : sequence of str
        Columns of the exposures.

    Raises
    ------
    SpecificationError
        The solution is not linear in the exposures.
    """
    linear = _linear(solution)
    if linear.Z is None:
        absent = [name for name in names if name not in solution.names]
        if absent:
            raise SpecificationError(
                "Expected the exposure itself among the regressors.",
                f"Found no coefficient of {first_cases(absent)}.",
                "Enter the exposure untransformed, or as the instrument.",
            )
        own = tuple(solution.names.index(name) for name in names)
        others = [j for j in range(linear.X.shape[1]) if j not in own]
        columns = linear.X[:, list(own)]
        return Roles(own, linear.X[:, others], columns, columns, linear.weights)
    own = linear.endogenous
    exogenous = [j for j in range(linear.X.shape[1]) if j not in own]
    controls, excluded = linear.X[:, exogenous], linear.Z[:, len(exogenous) :]
    if not excluded.shape[1] == len(own) == len(names):
        raise SpecificationError(
            "Expected as many exposures as instruments as instrumented regressors.",
            f"Found {excluded.shape[1]} instruments, {len(names)} of them named as exposures, "
            f"for {len(own)} regressors.",
            "Use one exposure as the instrument of each regressor.",
        )
    for name in names:
        _refuse_other(name, sample.column(name), excluded, controls, solution)
    return Roles(own, controls, excluded, linear.X[:, list(own)], linear.weights)


def within(columns: FloatMatrix, solution: Solution, weights: FloatVector | None) -> FloatMatrix:
    """Columns (n, p) or (n,) free of the absorbed effects of a solution."""
    wide = columns.reshape(len(columns), -1)
    return absorb(wide, solution.effects.codes, weights=weights).columns.reshape(columns.shape)


def free(columns: FloatMatrix, controls: FloatMatrix, weights: FloatVector | None) -> FloatMatrix:
    """Columns free of controls, both already free of effects."""
    if not controls.shape[1]:
        return columns
    return columns - controls @ project(columns, controls, weights)


def _linear(solution: Solution) -> Linear:
    if solution.linear is None:
        raise SpecificationError(
            "Expected least squares or instrumental variables.",
            f"Found a design without linear scores for {solution.outcome}.",
            "Use FixedEffects, InstrumentalVariables or ShiftShareIV.",
        )
    return solution.linear


def _refuse_other(
    name: str, column: FloatVector, excluded: FloatMatrix, controls: FloatMatrix, solution: Solution
) -> None:
    """Refuse an exposure that is not among the instruments."""
    weights = None if solution.linear is None else solution.linear.weights
    both = free(np.column_stack([within(column, solution, weights), excluded]), controls, weights)
    gap = np.linalg.norm(both[:, 1:] - both[:, [0]], axis=0)
    if not np.any(gap <= 1e-6 * np.linalg.norm(both[:, 0])):
        raise SpecificationError(
            "Expected the exposure itself as the instrument.",
            f"Found no instrument equal to {name}.",
            "Use the exposure untransformed as the excluded instrument.",
        )
