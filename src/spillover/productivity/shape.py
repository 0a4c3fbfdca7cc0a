"""Shapes of technology: Cobb-Douglas, translog and CES, with instruments of the same shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.errors import SpecificationError
from spillover.numerics.ces import CesTechnology
from spillover.numerics.polynomial import exponents, monomials, slopes
from spillover.numerics.technology import LinearTechnology, Technology
from spillover.typing import FloatMatrix, FloatVector, IntVector

ShapeName = Literal["cobb_douglas", "translog", "ces"]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A technology on given log inputs."""

    name: ShapeName
    """Which shape."""

    inputs: tuple[str, ...]
    """Names of inputs, free ones first."""

    x: FloatMatrix
    """(m, q) log inputs minus their means, so that first-order terms are elasticities there."""

    @property
    def powers(self) -> IntVector:
        """Powers of the terms of a polynomial shape."""
        return exponents(self.x.shape[1], 2 if self.name == "translog" else 1)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        if self.name == "ces":
            return ("returns", f"weight of {self.inputs[1]}", "rho")
        return tuple(_term(self.inputs, row) for row in self.powers)

    def technology(self) -> Technology:
        """f(beta) on the rows."""
        if self.name == "ces":
            return CesTechnology(self.x)
        return LinearTechnology(monomials(self.x, self.powers))

    def terms(self, x: FloatMatrix) -> FloatMatrix:
        """The terms of the technology on other inputs: instruments have the same shape."""
        if self.name == "ces":
            return np.column_stack([x, (x[:, 0] - x[:, 1]) ** 2])
        return monomials(x, self.powers)

    def elasticities(self, beta: FloatVector) -> FloatMatrix:
        """(m, q) output elasticities by row."""
        if self.name == "ces":
            return CesTechnology(self.x).elasticities(beta)
        return np.column_stack([tilt @ beta for tilt in self.tilts()])

    def tilts(self) -> list[FloatMatrix]:
        """For each input, the (m, p) derivative of its elasticity with respect to beta."""
        return [slopes(self.x, self.powers, j) for j in range(self.x.shape[1])]

    def start(self, first: FloatVector) -> FloatVector:
        """A starting point whose elasticities at the mean are ``first``."""
        if self.name == "ces":
            total = float(first.sum()) or 1.0
            return np.array([total, np.clip(first[1] / total, 0.05, 0.95), 0.1])
        return np.concatenate([first, np.zeros(len(self.powers) - len(first))])


def _term(names: Sequence[str], powers: IntVector) -> str:
    parts = [n if p == 1 else f"{n}^{p}" for n, p in zip(names, powers, strict=True) if p]
    return "*".join(parts)


def shape_of(name: ShapeName, inputs: tuple[str, ...], x: FloatMatrix) -> Shape:
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
    return Shape(name, inputs, x - x.mean(axis=0))
