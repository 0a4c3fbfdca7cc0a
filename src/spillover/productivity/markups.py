"""Markups from the output elasticity of a variable input and its share in revenue."""

from dataclasses import replace

import numpy as np

from spillover.errors import DataError, SpecificationError, first_cases, unknown_name
from spillover.numerics.stacked import complex_step
from spillover.productivity.ackerberg_caves_frazer import AckerbergCavesFrazer
from spillover.productivity.block import Block
from spillover.productivity.control_function import ControlFunction
from spillover.productivity.inputs import Inputs, read_inputs
from spillover.productivity.ledger import cases
from spillover.productivity.productivity import Productivity
from spillover.tables.evaluate import numbers
from spillover.typing import FloatMatrix, FloatVector

NOTES = (
    "markups need an input without adjustment costs whose price the firm takes",
    (
        "where output is deflated revenue, levels of markups are not informative and comparisons "
        "hold within firms over time at best (Bond, Hashemi, Kaplan and Zoch 2021)"
    ),
)


def markups(
    made: Productivity, variable: str, cost: str, revenue: str, name: str = "log_markup"
) -> Productivity:
    """Log markups, ln mu = ln theta - ln alpha, with alpha = cost / (revenue / e^shock).

    The share is freed of the shock that firms did not know when they chose the input. The result
    is carried like productivity: regressions on it know that theta and the shock were estimated.

    Parameters
    ----------
    made : Productivity
        From a control-function estimator with the variable input inside its technology.
    variable : str
        The input.
    cost, revenue : str
        What the input cost and what output sold for, columns or expressions.
    name : str
        Name of the column that it brings to a sample; the companion ``level`` is mu.

    Raises
    ------
    SpecificationError
        The estimator does not support markups of this input.
    DataError
        Costs or revenues that are not positive, or an elasticity that is not.

    References
    ----------
    De Loecker and Warzynski (2012).
    """
    spec = _checked(made, variable)
    at = made.inputs.index(variable)
    share = _share(made, cost, revenue)
    shock = made.companions["with_shock"] - made.values
    theta = made.elasticities[:, at]
    _refuse_nonpositive(made, theta, f"elasticity of {variable}")
    values = np.log(theta) - np.log(share) - shock
    groups = read_inputs(made.panel, spec.wanted(), spec.by)
    blocks = tuple(
        _block(spec, data, block, at, (values, theta))
        for data, block in zip(groups, made.blocks, strict=True)
    )
    return replace(
        made,
        name=name,
        values=values,
        companions={"level": np.exp(values)},
        blocks=blocks,
        notes=(f"markups on {variable}, {cost} over {revenue}", *NOTES, *made.notes),
    )


def _checked(made: Productivity, variable: str) -> ControlFunction:
    spec = made.spec
    if not isinstance(spec, ControlFunction):
        raise SpecificationError(
            "Expected productivity of a control-function estimator.",
            f"Found {type(spec).__name__}.",
            "GandhiNavarroRivers sets the markup on its own flexible input to one by assumption; "
            "index numbers take shares for elasticities.",
        )
    if variable not in made.inputs:
        raise unknown_name("input of the technology", variable, made.inputs)
    return spec


def _share(made: Productivity, cost: str, revenue: str) -> FloatVector:
    spent, sold = numbers(cost, made.panel), numbers(revenue, made.panel)
    for values, text in ((spent, cost), (sold, revenue)):
        _refuse_nonpositive(made, np.where(np.isnan(made.values), np.nan, values), text)
    return np.asarray(spent / sold)


def _refuse_nonpositive(made: Productivity, values: FloatVector, text: str) -> None:
    bad = np.flatnonzero(values <= 0)
    if len(bad):
        raise DataError(
            f"Expected positive values of {text}.",
            f"Found {len(bad):,} rows that are not ({first_cases(cases(made.panel, bad))}).",
            "Filter these rows before measuring, or choose a technology without them.",
        )


def _block(
    spec: ControlFunction,
    data: Inputs,
    block: Block,
    at: int,
    found: tuple[FloatVector, FloatVector],
) -> Block:
    values, theta = (array[block.rows] for array in found)
    parameters = block.parameters
    shock = parameters.with_shock - parameters.derivative
    moved = _elasticity_gradient(spec, data, block, at) / theta[:, None] - shock
    known = np.where(np.isnan(values)[:, None], 0.0, moved)
    return replace(
        block,
        productivity=values,
        process=None,
        parameters=replace(parameters, derivative=known, with_shock=np.zeros_like(known)),
    )


def _elasticity_gradient(spec: ControlFunction, data: Inputs, block: Block, at: int) -> FloatMatrix:
    """(m, P) derivative of the elasticity of one input with respect to all parameters."""
    gradient = np.zeros((len(block.rows), len(block.parameters.values)))
    if not isinstance(spec, AckerbergCavesFrazer):
        gradient[:, block.technology[at]] = 1.0
        return gradient
    shape = spec.shape(data)
    beta = block.parameters.values[list(block.technology)]
    gradient[:, block.technology] = complex_step(lambda b: shape.elasticities(b)[:, at], beta)
    return gradient
