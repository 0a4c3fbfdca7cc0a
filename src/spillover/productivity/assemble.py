"""From a solved estimator to productivity by row, with influence through all stages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spillover.numerics.control import Fitted
from spillover.numerics.probit import Probit
from spillover.numerics.scores import Influences
from spillover.productivity.block import Block, Parameters, Process
from spillover.productivity.first_stage import FirstStage
from spillover.productivity.inputs import Inputs, Pairs
from spillover.productivity.law import Term
from spillover.productivity.productivity import Productivity
from spillover.tables.panel import Panel
from spillover.tables.provenance import Loss
from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """A block with what it says about each of its rows."""

    block: Block
    """The estimated production function."""

    with_shock: FloatVector
    """(m,) output minus technology, productivity with the shock."""

    innovation: FloatVector
    """(m,) innovation of productivity; NaN without a lag."""

    elasticities: FloatMatrix
    """(m, q) output elasticities."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A control-function estimator just before its second stage."""

    data: Inputs
    """Logs of the rows in use."""

    stage: FirstStage
    """Design of the first stage."""

    pairs: Pairs
    """Pairs of consecutive years."""

    terms: tuple[Term, ...]
    """Terms of the law of motion."""

    fitted: Fitted
    """The problem with its first stage solved."""

    probit: Probit | None = None
    """Survival probit, for estimators that correct for exit."""

    words: tuple[dict[str, float], tuple[str, ...]] = field(default_factory=lambda: ({}, ()))
    """Statistics and notes that were found on the way."""


def derivatives(
    fitted: Fitted, found: Influences, beta: FloatVector
) -> tuple[FloatMatrix, FloatMatrix]:
    """(m, P) derivatives of productivity, and of productivity with the shock."""
    p, blocks = fitted.problem, found.blocks
    gradient = p.technology.gradient(beta)
    alone, with_shock = np.zeros(found.psi.shape), np.zeros(found.psi.shape)
    alone[:, blocks.delta] = np.where(p.kept, p.H, 0.0)
    with_shock[:, blocks.delta] = np.where(p.kept, 0.0, -p.H)
    alone[:, blocks.beta] = with_shock[:, blocks.beta] = -gradient
    return alone, with_shock


def estimated(
    data: Inputs,
    stage: FirstStage,
    fitted: Fitted,
    found: Influences,
    parts: tuple[Block, FloatMatrix],
) -> Estimated:
    """A block with productivity, shock and innovation filled in from a solved problem."""
    template, elasticities = parts
    beta = found.theta[found.blocks.beta]
    alone, with_shock = derivatives(fitted, found, beta)
    pairs = fitted.problem
    omega = fitted.productivity(beta)
    innovation = np.full(len(omega), np.nan)
    residual = fitted.residual(beta).r
    lagged = fitted.error[pairs.now] if pairs.kind == "joint" else 0.0
    innovation[pairs.now] = residual - lagged
    names = (*stage.names, *template.parameters.names)
    parameters = Parameters(names, found.theta, found.psi, alone, with_shock)
    block = Block(
        data.label,
        data.rows,
        parameters,
        template.technology,
        omega,
        template.process,
        template.roots,
        template.statistics,
        template.notes,
    )
    return Estimated(block, omega + fitted.error, innovation, elasticities)


def process_of(fitted: Fitted, found: Influences, terms: tuple[Term, ...], pairs: Pairs) -> Process:
    """The law of motion with where its coefficients stand."""
    law = fitted.problem.law
    return Process(
        law, terms, found.blocks.gamma, pairs.now, pairs.before, pairs.exposures, pairs.capacity
    )


def assemble(
    spec: Any,  # noqa: ANN401 - any specification with a concept
    panel: Panel,
    inputs: tuple[str, ...],
    found: Sequence[Estimated],
    losses: tuple[Loss, ...],
) -> Productivity:
    """Productivity of all blocks on the rows of the panel."""
    n, q = len(panel), found[0].elasticities.shape[1]
    columns = {name: np.full(n, np.nan) for name in ("values", "with_shock", "innovation")}
    elasticities = np.full((n, q), np.nan)
    for one in found:
        rows = one.block.rows
        columns["values"][rows] = one.block.productivity
        columns["with_shock"][rows] = one.with_shock
        columns["innovation"][rows] = one.innovation
        elasticities[rows] = one.elasticities
    values = columns.pop("values")
    blocks = tuple(one.block for one in found)
    own = [note for one in found for note in (*one.block.notes, *_warnings(one, inputs))]
    notes = tuple(dict.fromkeys(own))
    return Productivity(
        "log_tfp",
        panel,
        values,
        spec,
        inputs,
        elasticities,
        companions=columns,
        blocks=blocks,
        statistics=_statistics(blocks, values),
        losses=losses,
        notes=(f"{type(spec).__name__}, {spec.concept.replace('_', ' ')}", *notes),
    )


def _warnings(one: Estimated, inputs: tuple[str, ...]) -> Iterator[str]:
    """Signs that a technology or a law of motion is not one."""
    where = f" in {one.block.label}" if one.block.label else ""
    for name, share in zip(inputs, (one.elasticities < 0).mean(axis=0), strict=True):
        if share > 0:
            yield f"the elasticity of {name} is negative in {share:.1%} of rows{where}"
    persistence = one.block.statistics.get("persistence", 0.0)
    if abs(persistence) >= 1:
        yield f"productivity does not revert to its mean{where}: persistence {persistence:.2f}"


def _statistics(blocks: Sequence[Block], values: FloatVector) -> dict[str, float]:
    total = {
        "rows": float(np.isfinite(values).sum()),
        "pairs": float(sum(block.statistics.get("pairs", 0.0) for block in blocks)),
        "blocks": float(len(blocks)),
    }
    return total | (dict(blocks[0].statistics) if len(blocks) == 1 else {})
