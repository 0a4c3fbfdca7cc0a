"""The effect of an exposure inside the law of motion of productivity."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.designs.first_stage import find_measure, gather
from spillover.errors import SpecificationError
from spillover.numerics.solution import FirstStage, Solution
from spillover.productivity.block import Block
from spillover.productivity.effects import Effects, effects_of
from spillover.productivity.productivity import Productivity
from spillover.productivity.responses import Path, responses_of
from spillover.sample import Sample
from spillover.specs import NonEmpty, Share, Spec
from spillover.typing import FloatVector


@dataclass(frozen=True, slots=True)
class EndogenousProductivity(Spec):
    """What exposures do to productivity when they are part of its law of motion.

    The sample carries productivity measured with ``LawOfMotion(exposures = ...)``; nothing is
    estimated again. Coefficients are mean short-run effects, effects in the long run (short run
    over one minus mean persistence), the cross derivative with past productivity (positive when
    strong firms gain more), effects at quantiles of past productivity, and responses over the
    years for ``horizons``. Standard errors go through the first stage, the law of motion and the
    elasticities.

    References
    ----------
    De Loecker (2013); Doraszelski and Jaumandreu (2013).

    Examples
    --------
    >>> EndogenousProductivity().measure
    'log_tfp'
    """

    measure: NonEmpty = "log_tfp"
    """Name under which productivity was measured."""

    quantiles: tuple[Share, ...] = (0.1, 0.5, 0.9)
    """Quantiles of past productivity at which effects are reported."""

    horizons: tuple[Annotated[int, Field(ge=1, le=100)], ...] = ()
    """Years after the exposure for which responses of productivity are reported as well: two
    paths without further news, one with the exposure changed, from the same past productivity."""

    change: float = 1.0
    """Change of the exposure in these responses."""

    lasting: bool = False
    """Whether the exposure stays changed, or for one year only."""

    type: Literal["EndogenousProductivity"] = field(
        default="EndogenousProductivity", kw_only=True, repr=False
    )

    def solve(self, sample: Sample) -> Solution:
        """Effects with influence through all stages.

        Raises
        ------
        UnknownNameError
            The sample carries no productivity of that name.
        SpecificationError
            Its law of motion has no exposures.
        """
        made = find_measure(sample, self.measure)
        exposures = made.spec.law.exposures if hasattr(made.spec, "law") else ()
        found = [self._effects(block, exposures) for block in made.blocks]
        if not found:
            raise SpecificationError(
                "Expected productivity that was estimated with a law of motion.",
                f"Found {type(made.spec).__name__}, which estimates nothing.",
                "Measure it with AckerbergCavesFrazer or another control-function estimator.",
            )
        pairs = np.array([block.statistics["pairs"] for block in made.blocks])
        weights = pairs / pairs.sum()
        beta = np.sum([w * one.values for w, one in zip(weights, found, strict=True)], axis=0)
        parts = [
            (block.rows, w * one.influence)
            for w, block, one in zip(weights, made.blocks, found, strict=True)
        ]
        unstable = float(weights @ np.array([one.unstable for one in found]))
        return _solution(
            made, sample, (found[0].names, beta), gather(made, sample, parts), unstable
        )

    def _effects(self, block: Block, exposures: tuple[str, ...]) -> Effects:
        own = effects_of(block, exposures, self.quantiles)
        if not self.horizons:
            return own
        path = Path(self.horizons, self.change, self.lasting, self.quantiles)
        later = responses_of(block, exposures, path)
        return replace(
            own,
            names=(*own.names, *later.names),
            values=np.append(own.values, later.values),
            influence=np.hstack([own.influence, later.influence]),
        )


def _solution(
    made: Productivity,
    sample: Sample,
    estimates: tuple[tuple[str, ...], FloatVector],
    first_stage: FirstStage,
    unstable: float,
) -> Solution:
    """Effects on the rows of the sample that have a lag; their influence is all first stage."""
    names, beta = estimates
    innovation = made.columns(sample.panel)[f"{made.name}_innovation"][sample.rows]
    rows = np.flatnonzero(~np.isnan(innovation))
    lost = len(sample) - len(rows)
    return Solution(
        names=names,
        beta=beta,
        psi=np.zeros((len(rows), len(beta))),
        residuals=innovation[rows],
        rows=rows,
        outcome=made.name,
        statistics={"share of pairs without mean reversion": unstable, **dict(made.statistics)},
        dropped=(("no lag in the law of motion", lost),) if lost else (),
        notes=made.notes,
        first_stage=first_stage,
    )
