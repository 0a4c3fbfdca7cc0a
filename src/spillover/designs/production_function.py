"""Parameters of an estimated production function under any dependence."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spillover.designs.first_stage import find_measure, gather
from spillover.errors import SpecificationError, unknown_name
from spillover.numerics.solution import Solution
from spillover.productivity.block import Block
from spillover.sample import Sample
from spillover.specs import NonEmpty, Spec
from spillover.typing import FloatMatrix, IntVector


@dataclass(frozen=True, slots=True)
class ProductionFunction(Spec):
    """Elasticities and other parameters that were estimated on the way to productivity.

    Nothing is estimated again: the sample carries productivity with the influence of each row on
    each parameter, so that elasticities can be clustered by industry, correlated in space or
    along a network like any other coefficient.

    Examples
    --------
    >>> ProductionFunction().measure
    'log_tfp'
    """

    measure: NonEmpty = "log_tfp"
    """Name under which productivity was measured."""

    parameters: tuple[NonEmpty, ...] = ()
    """Names of parameters; none means those of the technology."""

    type: Literal["ProductionFunction"] = field(
        default="ProductionFunction", kw_only=True, repr=False
    )

    def solve(self, sample: Sample) -> Solution:
        """Parameters with influence through all stages, the industry before the colon.

        Raises
        ------
        UnknownNameError
            The sample carries no such measure, or a parameter is not there.
        SpecificationError
            Nothing was estimated.
        """
        made = find_measure(sample, self.measure)
        if not made.blocks:
            raise SpecificationError(
                "Expected productivity that was estimated.",
                f"Found {type(made.spec).__name__}, which estimates nothing.",
                "Measure it with one of the estimators of production functions.",
            )
        names: list[str] = []
        values: list[float] = []
        parts: list[tuple[IntVector, FloatMatrix]] = []
        chosen = [self._positions(block) for block in made.blocks]
        width = sum(len(at) for at in chosen)
        for block, at in zip(made.blocks, chosen, strict=True):
            before = f"{block.label}: " if block.label else ""
            psi = np.zeros((len(block.rows), width))
            psi[:, len(names) : len(names) + len(at)] = block.parameters.influence[:, at]
            names += [before + block.parameters.names[j] for j in at]
            values += [float(block.parameters.values[j]) for j in at]
            parts.append((block.rows, psi))
        known = np.flatnonzero(~np.isnan(made.columns(sample.panel)[made.name][sample.rows]))
        lost = len(sample) - len(known)
        return Solution(
            names=tuple(names),
            beta=np.array(values),
            psi=np.zeros((len(known), width)),
            residuals=np.zeros(len(known)),
            rows=known,
            outcome=made.name,
            statistics=dict(made.statistics),
            dropped=(("no estimated productivity", lost),) if lost else (),
            notes=made.notes,
            first_stage=gather(made, sample, parts),
        )

    def _positions(self, block: Block) -> IntVector:
        if not self.parameters:
            return np.array(block.technology)
        known = block.parameters.names
        for name in self.parameters:
            if name not in known:
                raise unknown_name("parameter", name, known)
        return np.array([known.index(name) for name in self.parameters])
