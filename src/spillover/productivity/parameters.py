"""Parameters: what was estimated on the way to productivity, with its influence function."""

from dataclasses import dataclass, fields

import numpy as np

from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """P estimated parameters: theta_hat - theta = sum of influence over all rows of the panel."""

    names: tuple[str, ...]
    """P names: first-stage coefficients, law of motion, elasticities."""

    values: FloatVector
    """(P,) estimates."""

    influence: FloatMatrix
    """(n, P) influence of each row of the panel; zero for rows that were not used."""

    derivative: FloatMatrix
    """(n, P) derivative of log productivity with respect to the parameters; zero where missing."""

    with_shock: FloatMatrix
    """(n, P) the same for log productivity with the shock, output minus the technology."""

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
