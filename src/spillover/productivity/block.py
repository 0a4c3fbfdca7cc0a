"""Block: one set of parameters, estimated on the firm-years of one industry or of all."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from spillover.numerics.markov import Law
from spillover.productivity.law import Term
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """P estimated parameters: theta_hat - theta = sum of influence over the rows of the block."""

    names: tuple[str, ...]
    """P names: first-stage coefficients, law of motion, elasticities."""

    values: FloatVector
    """(P,) estimates."""

    influence: FloatMatrix
    """(m, P) influence of each row of the block."""

    derivative: FloatMatrix
    """(m, P) derivative of log productivity with respect to the parameters."""

    with_shock: FloatMatrix
    """(m, P) the same for log productivity with the shock, output minus the technology."""


@dataclass(frozen=True, slots=True)
class Root:
    """A point that solves the moments, or a local minimum that does not."""

    coefficients: tuple[float, ...]
    """Parameters of the technology."""

    exact: bool
    """Whether the moments are zero; a point with a positive objective is not a solution."""

    objective: float
    """Moments in units of their firm-clustered variance, chi-squared at the truth."""

    condition: float
    """Condition number of the derivative of the moments."""

    persistence: float
    """Correlation of implied productivity with its own lag."""

    correlations: tuple[float, ...]
    """Correlation of implied productivity with each free input."""

    spread: float
    """Standard deviation of implied productivity."""

    flags: tuple[str, ...] = ()
    """Signs that the point is not the production function."""


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """An estimated law of motion on the pairs of consecutive years of a block."""

    law: Law
    """Columns of the law."""

    terms: tuple[Term, ...]
    """Terms with productivity, exposures and capacity; dummies follow them."""

    gamma: slice
    """Where its coefficients stand among the parameters."""

    now: IntVector
    """(n2,) positions among the rows of the block."""

    before: IntVector
    """(n2,) positions a calendar year earlier."""

    exposures: FloatMatrix
    """(n2, e) exposures."""

    capacity: FloatMatrix
    """(n2, a) observed capacity."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One estimated production function with the rows it was estimated on."""

    label: str
    """Which industry; empty for all rows."""

    rows: IntVector
    """(m,) rows of the panel, ascending."""

    parameters: Parameters
    """Estimates with influence through all stages."""

    technology: tuple[int, ...]
    """Which parameters describe the technology, in the order they are reported."""

    productivity: FloatVector
    """(m,) log productivity."""

    process: Process | None = None
    """Law of motion; ``None`` for estimators without one."""

    roots: tuple[Root, ...] = ()
    """All exact roots and local minima that were found; empty for linear estimators."""

    statistics: Mapping[str, float] = field(default_factory=dict)
    """Named numbers of the fit."""

    notes: tuple[str, ...] = ()
    """What a table note must say."""

    def __post_init__(self) -> None:
        for owner in (self, self.parameters, self.process):
            if owner is None:
                continue
            for part in fields(owner):
                value = getattr(owner, part.name)
                if isinstance(value, np.ndarray):
                    value.setflags(write=False)
