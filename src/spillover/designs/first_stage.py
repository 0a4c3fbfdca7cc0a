"""Regressions on estimated productivity: what its estimation adds to the influence function.

With b = (X'X)^-1 X'y after absorption, moving the parameters theta of productivity moves b by
B (X'(dy - dX b) + dX'e), so psi_b gains that times the influence of theta, on all rows on which
theta was estimated.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from spillover.errors import DataError, SpecificationError, first_cases, unknown_name
from spillover.expressions import Call, Name, Node, Operation, names_in, parse
from spillover.numerics.solution import FirstStage, Linear, Solution
from spillover.productivity.block import Block
from spillover.productivity.productivity import Productivity
from spillover.sample import Sample
from spillover.tables.evaluate import numbers
from spillover.typing import FloatMatrix, FloatVector, IntVector


def find_measure(sample: Sample, name: str) -> Productivity:
    """The productivity of that name that a sample carries."""
    known = {m.name: m for m in sample.measures if isinstance(m, Productivity)}
    if name not in known:
        raise unknown_name("measure", name, sorted(known))
    return known[name]


def gather(
    made: Productivity, sample: Sample, parts: Sequence[tuple[IntVector, FloatMatrix]]
) -> FirstStage:
    """Influence by rows of the measured panel, brought to the rows of the sample's panel.

    Raises
    ------
    DataError
        Productivity was measured on firm-years that the sample's panel does not have.
    """
    at = made.positions(sample.panel)
    back = np.full(len(made.panel), -1, dtype=np.int64)
    back[at[at >= 0]] = np.flatnonzero(at >= 0)
    rows = np.concatenate([rows for rows, _ in parts])
    psi = np.concatenate([psi for _, psi in parts])
    outside = back[rows] < 0
    if outside.any():
        panel = made.panel
        cases = (f"{panel.units[panel.codes[r]]} in {panel.years[r]}" for r in rows[outside][:4])
        raise DataError(
            f"Expected the firm-years on which {made.name} was estimated in the sample's panel.",
            f"Found {int(outside.sum()):,} that are not ({first_cases(cases)}).",
            "Measure productivity on the panel of the sample, and filter with Sample.where.",
        )
    order = np.argsort(back[rows], kind="stable")
    return FirstStage(back[rows][order], psi[order])


def corrected(solution: Solution, sample: Sample) -> Solution:
    """A solution whose influence knows that outcome or regressors were estimated.

    Solutions of other variables come back as they are.

    Parameters
    ----------
    solution : Solution
        From a linear design.
    sample : Sample
        The sample as given to the design.

    Raises
    ------
    SpecificationError
        The design is not linear, or a measure enters through an expression that is not linear.
    """
    parts = [
        (made, names)
        for made in sample.measures
        if isinstance(made, Productivity) and made.blocks
        for names in [_used(made, solution)]
        if names
    ]
    if not parts or solution.first_stage is not None:
        return solution
    linear = solution.linear
    if linear is None:
        raise SpecificationError(
            "Expected a linear design, because the outcome or a regressor was itself estimated.",
            f"Found {parts[0][1][0]} in a design whose first stage cannot be followed.",
            'Use FixedEffects, or estimate(..., first_stage="ignore"), which the table note says.',
        )
    stages = [_stage(made, solution, sample, linear) for made, _ in parts]
    rows = np.concatenate([stage.rows for stage in stages])
    psi = np.concatenate([stage.psi for stage in stages])
    order = np.argsort(rows, kind="stable")
    note = f"standard errors know that {', '.join(made.name for made, _ in parts)} was estimated"
    return replace(
        solution,
        first_stage=FirstStage(rows[order], psi[order]),
        notes=(*solution.notes, note),
    )


def with_first_stage(
    solution: Solution, sample: Sample, rule: Literal["correct", "ignore"]
) -> Solution:
    """A solution corrected for estimated variables, or with a note that it is not.

    Parameters
    ----------
    solution : Solution
        From any design.
    sample : Sample
        The sample as given to the design.
    rule : {"correct", "ignore"}
        Whether the first stage is followed.
    """
    if rule == "correct":
        return corrected(solution, sample)
    ignored = [
        made.name
        for made in sample.measures
        if isinstance(made, Productivity) and made.blocks and _used(made, solution)
    ]
    note = f"standard errors take the estimated {', '.join(ignored)} as known"
    return replace(solution, notes=(*solution.notes, note)) if ignored else solution


def _used(made: Productivity, solution: Solution) -> list[str]:
    """Outcome and coefficients that contain productivity or one of its companions."""
    own = {made.name, *(f"{made.name}_{suffix}" for suffix in made.companions)}
    texts = [solution.outcome, *solution.names]
    return [text for text in texts if own & set(_names(text))]


def _names(text: str) -> Sequence[str]:
    try:
        return tuple(names_in(parse(text)))
    except SpecificationError:
        return ()


def _stage(made: Productivity, solution: Solution, sample: Sample, linear: Linear) -> FirstStage:
    """The first-stage influence that one measure brings."""
    used = set(_used(made, solution))
    parts = [
        (block.rows, _one(made, block, solution, sample, (linear, used))) for block in made.blocks
    ]
    return gather(made, sample, parts)


def _one(
    made: Productivity,
    block: Block,
    solution: Solution,
    sample: Sample,
    parts: tuple[Linear, set[str]],
) -> FloatMatrix:
    linear, used = parts
    rows = sample.rows[solution.rows]
    size = len(block.parameters.values)
    weights = np.ones(len(rows)) if linear.weights is None else linear.weights
    regressors, projected = _fitted(linear, weights)
    e = weights * solution.residuals
    _refuse_other_estimators(solution, (regressors * e[:, None]) @ linear.bread)
    k = len(solution.beta)
    move = np.zeros((k, size))
    for j in range(size):
        change = _changed(made, block, sample, j)
        dy = change(solution.outcome, rows) if solution.outcome in used else np.zeros(len(rows))
        for c, name in enumerate(solution.names):
            if name in used:
                dx = change(name, rows)
                dy = dy - solution.beta[c] * dx
                move[c, j] += dx @ projected(e)
        move[:, j] += regressors.T @ (weights * dy)
    return np.asarray(block.parameters.influence @ (linear.bread @ move).T)


def _refuse_other_estimators(solution: Solution, psi: FloatMatrix) -> None:
    scale = np.abs(solution.psi).max(axis=0)
    if np.any(np.abs(psi - solution.psi).max(axis=0) > 1e-6 * scale):
        raise SpecificationError(
            "Expected least squares or two-stage least squares, because the outcome or a "
            "regressor was itself estimated.",
            "Found another estimator, whose first stage cannot be followed.",
            'Use method = "2sls", or estimate(..., first_stage="ignore"), which the table note '
            "says.",
        )


def _fitted(
    linear: Linear, weights: FloatVector
) -> tuple[FloatMatrix, Callable[[FloatVector], FloatVector]]:
    """Regressors as fitted by the instruments, and the same projection of any vector."""
    if linear.Z is None:
        return linear.X, lambda vector: vector
    instruments = linear.Z
    gram = instruments.T @ (instruments * weights[:, None])

    def project(vector: FloatVector) -> FloatVector:
        moments = instruments.T @ vector
        return np.asarray(weights * (instruments @ np.linalg.solve(gram, moments)))

    slopes = np.linalg.solve(gram, instruments.T @ (linear.X * weights[:, None]))
    return instruments @ slopes, project


def _changed(
    made: Productivity, block: Block, sample: Sample, at: int
) -> Callable[[str, IntVector], FloatVector]:
    """How an expression on rows of the sample's panel moves with one parameter."""
    own = {
        made.name: block.parameters.derivative[:, at],
        f"{made.name}_with_shock": block.parameters.with_shock[:, at],
    }
    measured = made.positions(sample.panel)
    moved = {}
    for name, values in own.items():
        full = np.zeros(len(made.panel))
        full[block.rows] = values
        moved[name] = np.where(measured >= 0, full[np.maximum(measured, 0)], 0.0)
    panel = sample.panel.with_columns(moved)
    still = sample.panel.with_columns({name: np.zeros(len(measured)) for name in moved})

    def change(text: str, rows: IntVector) -> FloatVector:
        _refuse_curved(text, made)
        return np.asarray((numbers(text, panel) - numbers(text, still))[rows])

    return change


def _refuse_curved(text: str, made: Productivity) -> None:
    own = {made.name, f"{made.name}_with_shock"}
    companions = {f"{made.name}_{suffix}" for suffix in made.companions} - own
    node = parse(text)
    if companions & names_in(node) or not _is_linear(node, own):
        raise SpecificationError(
            f"Expected {made.name} to enter regressions linearly: itself, lagged, differenced, "
            "or times another column.",
            f"Found {text!r}, whose first stage cannot be followed.",
            'Write a linear expression, or estimate(..., first_stage="ignore"), which the table '
            "note says.",
        )


def _is_linear(node: Node, own: set[str]) -> bool:
    if not own & names_in(node) or isinstance(node, Name):
        return True
    if isinstance(node, Call):
        return node.function in ("lag", "lead", "diff") and _is_linear(node.arguments[0], own)
    if not isinstance(node, Operation):
        return False
    inside = [operand for operand in node.operands if own & names_in(operand)]
    if node.operator in ("+", "-", "negative"):
        return all(_is_linear(operand, own) for operand in inside)
    numerator = node.operator == "*" or (node.operator == "/" and node.operands[0] is inside[0])
    return numerator and len(inside) == 1 and _is_linear(inside[0], own)
