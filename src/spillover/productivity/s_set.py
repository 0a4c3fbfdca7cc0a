"""S-sets: which elasticities the moments cannot reject, however weak the identification."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.errors import SpecificationError
from spillover.numerics.control import Fitted
from spillover.numerics.pairs import Groups
from spillover.productivity.ackerberg_caves_frazer import AckerbergCavesFrazer
from spillover.productivity.assemble import Prepared
from spillover.productivity.block import Block
from spillover.productivity.inputs import read_inputs
from spillover.productivity.overidentified import scores_of_moments
from spillover.productivity.productivity import Productivity
from spillover.typing import BoolVector, FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class SSet:
    """Points of a grid with their statistic, and what the accepted ones look like."""

    names: tuple[str, ...]
    """q elasticities."""

    points: FloatMatrix
    """(g, q) grid."""

    statistics: FloatVector
    """(g,) m'V^-1 m with the first stage accounted for, chi-squared with q degrees at the truth."""

    critical: float
    """Value up to which a point is accepted."""

    pieces: int
    """Number of separate pieces of the set; roots that are not the production function are
    usually pieces of their own."""

    open_ended: bool
    """Whether the set reaches the edge of the box, so that it is larger than shown."""

    @property
    def accepted(self) -> BoolVector:
        """(g,) whether a point is in the set."""
        return np.asarray(self.statistics <= self.critical, dtype=bool)

    def table(self) -> pd.DataFrame:
        """Least and greatest accepted value of each elasticity; NaN for an empty set."""
        inside = self.points[self.accepted]
        empty = np.full(len(self.names), np.nan)
        low, high = (inside.min(axis=0), inside.max(axis=0)) if len(inside) else (empty, empty)
        index = pd.Index(self.names, name="term")
        return pd.DataFrame({"conf_low": low, "conf_high": high}, index=index)

    def notes(self) -> tuple[str, ...]:
        """What a reader must know about the shape of the set."""
        share = float(self.accepted.mean())
        found = [f"{share:.1%} of the box accepted, {self.pieces} pieces"]
        if self.open_ended:
            found.append("the set reaches the edge of the box: elasticities are weakly identified")
        if not self.accepted.any():
            found.append("no point is accepted: the timing assumptions are rejected")
        return tuple(found)


def s_set(
    made: Productivity,
    level: float = 0.95,
    box: tuple[float, float] = (0.0, 1.2),
    points: int = 41,
    label: str = "",
) -> SSet:
    """The set of elasticities that the moments do not reject (Stock and Wright 2000).

    Parameters
    ----------
    made : Productivity
        From ``AckerbergCavesFrazer`` with a Cobb-Douglas technology.
    level : float
        Coverage.
    box : tuple of float
        Range of every elasticity.
    points : int
        Grid points per elasticity.
    label : str
        Which industry; empty when all rows were estimated together.

    Raises
    ------
    SpecificationError
        Another estimator, more than three inputs, or more moments than elasticities.
    """
    from scipy import ndimage, stats

    spec = made.spec
    if not isinstance(spec, AckerbergCavesFrazer) or spec.technology != "cobb_douglas":
        raise SpecificationError(
            "Expected productivity of AckerbergCavesFrazer with a Cobb-Douglas technology.",
            f"Found {type(spec).__name__}.",
            "Other estimators do not have the weak points that an S-set shows.",
        )
    if spec.lags == 2:
        raise SpecificationError(
            "Expected as many moments as elasticities.",
            "Found lags = 2, whose combined moments are chosen at the estimate.",
            "Take the set with lags = 1.",
        )
    block, ready = _one(made, spec, label)
    q = len(block.technology)
    if q > 3:
        raise SpecificationError(
            "Expected at most three inputs.", f"Found {q}.", "A grid in more dimensions is too big."
        )
    axis = np.linspace(box[0], box[1], points)
    grid = np.stack(np.meshgrid(*[axis] * q, indexing="ij"), axis=-1).reshape(-1, q)
    psi = block.parameters.influence[:, : ready.stage.H.shape[1]]
    firm = np.unique(made.panel.codes[block.rows], return_inverse=True)[1]
    groups = Groups(firm, int(firm.max()) + 1)
    values = np.array([_statistic(ready.fitted, groups, psi, point) for point in grid])
    critical = float(stats.chi2.ppf(level, q))
    shaped = (values <= critical).reshape((points,) * q)
    edges = [np.take(shaped, end, axis=k).any() for k in range(q) for end in (0, -1)]
    names = tuple(block.parameters.names[j] for j in block.technology)
    pieces = int(ndimage.label(shaped, structure=np.ones((3,) * q))[1])
    return SSet(names, grid, values, critical, pieces, bool(any(edges)))


def _one(made: Productivity, spec: AckerbergCavesFrazer, label: str) -> tuple[Block, Prepared]:
    groups = read_inputs(made.panel, spec.wanted(), spec.by)
    for data, block in zip(groups, made.blocks, strict=True):
        if block.label == label:
            return block, spec.prepare(data)
    raise SpecificationError(
        "Expected the label of an industry.",
        f"Found {label!r}.",
        f"Labels are {', '.join(block.label for block in made.blocks)}.",
    )


def _statistic(fitted: Fitted, groups: Groups, psi: FloatMatrix, beta: FloatVector) -> float:
    """m'V^-1 m, moments orthogonal to the scores of the law and moved by the first stage."""
    instruments = fitted.problem.Z
    assert instruments is not None  # noqa: S101 - moments have them
    total = instruments.T @ fitted.residual(beta).r
    scores = scores_of_moments(fitted, psi, beta)
    return float(total @ np.linalg.solve(groups.sum(scores), total))
