"""Shapes of technology: Cobb-Douglas, translog and CES, with instruments of the same shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.errors import SpecificationError
from spillover.numerics.ces import CesTechnology
from spillover.numerics.constrained import ShiftedTechnology, UnitTechnology
from spillover.numerics.polynomial import exponents, monomials, slopes
from spillover.numerics.technology import LinearTechnology, Technology
from spillover.typing import FloatMatrix, FloatVector, IntVector

ShapeName = Literal["cobb_douglas", "translog", "ces"]
Returns = Literal["free", "constant"]

WORDS: dict[ShapeName, str] = {
    "cobb_douglas": "Cobb-Douglas",
    "translog": "translog",
    "ces": "CES",
}
"""Shapes as a note writes them."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A technology on given log inputs."""

    name: ShapeName
    """Which shape."""

    inputs: tuple[str, ...]
    """Names of inputs, free ones first."""

    x: FloatMatrix
    """(m, q) log inputs minus their means, so that first-order terms are elasticities there."""

    returns: Returns = "free"
    """``constant``: elasticities sum to one in every row, by substitution: the technology is one
    of inputs per unit of the last input."""

    @property
    def constant(self) -> bool:
        """Whether returns to scale are constant by assumption."""
        return self.returns == "constant"

    def own(self, x: FloatMatrix) -> FloatMatrix:
        """Inputs, or with constant returns inputs per unit of the last one, in logs."""
        return np.asarray(x[:, :-1] - x[:, -1:]) if self.constant else x

    @property
    def powers(self) -> IntVector:
        """Powers of the terms of a polynomial shape."""
        return exponents(self.own(self.x).shape[1], 2 if self.name == "translog" else 1)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        if self.name == "ces":
            return ("returns", f"weight of {self.inputs[1]}", "rho")[self.constant :]
        if not self.constant:
            return tuple(_term(self.inputs, row) for row in self.powers)
        ratios = tuple(f"({name}/{self.inputs[-1]})" for name in self.inputs[:-1])
        return tuple(
            _term(ratios if row.sum() > 1 else self.inputs[:-1], row) for row in self.powers
        )

    def technology(self) -> Technology:
        """f(beta) on the rows."""
        if self.name == "ces":
            ces = CesTechnology(self.x)
            return UnitTechnology(ces) if self.constant else ces
        polynomial = LinearTechnology(monomials(self.own(self.x), self.powers))
        return ShiftedTechnology(self.x[:, -1], polynomial) if self.constant else polynomial

    def terms(self, x: FloatMatrix) -> FloatMatrix:
        """The terms of the technology on other inputs: instruments have the same shape."""
        if self.name == "ces":
            return np.column_stack([self.own(x), (x[:, 0] - x[:, 1]) ** 2])
        return monomials(self.own(x), self.powers)

    def elasticities(self, beta: FloatVector) -> FloatMatrix:
        """(m, q) output elasticities by row."""
        if self.name == "ces":
            every = np.append(1.0, beta) if self.constant else beta
            return CesTechnology(self.x).elasticities(every)
        x = self.own(self.x)
        found = [slopes(x, self.powers, j) @ beta for j in range(x.shape[1])]
        if self.constant:
            found.append(1.0 - np.sum(found, axis=0))
        return np.column_stack(found)

    def start(self, first: FloatVector) -> FloatVector:
        """A starting point whose elasticities at the mean are ``first``."""
        if self.name == "ces":
            total = float(first.sum()) or 1.0
            point = np.array([total, np.clip(first[1] / total, 0.05, 0.95), 0.1])
            return point[1:] if self.constant else point
        first = first[:-1] if self.constant else first
        return np.concatenate([first, np.zeros(len(self.powers) - len(first))])


def _term(names: Sequence[str], powers: IntVector) -> str:
    parts = [n if p == 1 else f"{n}^{p}" for n, p in zip(names, powers, strict=True) if p]
    return "*".join(parts)


def shape_of(
    name: ShapeName, inputs: tuple[str, ...], x: FloatMatrix, returns: Returns = "free"
) -> Shape:
    """A technology on log inputs, centred at their means.

    Raises
    ------
    SpecificationError
        CES with other than two inputs.
    """
    if name == "ces" and len(inputs) != 2:
        raise SpecificationError(
            "Expected one free and one state input for a CES technology.",
            f"Found {', '.join(inputs)}.",
            'Use technology = "translog" for more inputs.',
        )
    return Shape(name, inputs, x - x.mean(axis=0), returns)
