"""Productivity as distance to a stochastic frontier."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from spillover.errors import IdentificationError, SpecificationError
from spillover.numerics.frontier import (
    Conditional,
    Frontier,
    FrontierData,
    Kind,
    conditional,
    fit_frontier,
    scores,
)
from spillover.numerics.stacked import complex_step
from spillover.productivity.assemble import Estimated, assemble
from spillover.productivity.block import Block, Parameters
from spillover.productivity.first_stage import refuse_constant
from spillover.productivity.inputs import Inputs, Wanted, read_inputs
from spillover.productivity.productivity import Productivity
from spillover.productivity.refusals import (
    refuse_alike,
    refuse_exact_output,
    refuse_few_firms,
    refuse_quantities,
)
from spillover.specs import NonEmpty, Positive, Spec
from spillover.tables.panel import Panel
from spillover.typing import FloatVector

TAILS: dict[Kind, tuple[str, ...]] = {"truncated": ("mu",), "decaying": ("eta",)}
"""Names of parameters after sigma^2 and gamma."""


@dataclass(frozen=True, slots=True)
class StochasticFrontier(Spec):
    """y = x'beta + v - u: noise v on both sides, inefficiency u on one.

    Log productivity is the constant plus the log of expected efficiency, ln E[exp(-u)]; output
    minus technology, noise included, is the companion ``with_shock``.

    References
    ----------
    Aigner, Lovell and Schmidt (1977); Battese and Coelli (1992, 1995).

    Examples
    --------
    >>> StochasticFrontier("sales", ("employment", "capital", "materials")).inefficiency
    'half_normal'
    """

    output: NonEmpty
    """Output, a column or an expression."""

    quantities: tuple[NonEmpty, ...]
    """Quantities of inputs."""

    inefficiency: Literal[
        "half_normal", "truncated", "exponential", "panel", "decaying", "explained"
    ] = "half_normal"
    """``half_normal``, ``truncated`` and ``exponential`` draw u anew in every row. ``panel``: one
    u for each firm; ``decaying``: it shrinks at a rate (Battese and Coelli 1992). ``explained``:
    its mean depends on ``explain`` (Battese and Coelli 1995)."""

    explain: tuple[NonEmpty, ...] = ()
    """Columns that move mean inefficiency, such as an exposure; for ``explained`` only. Never
    regress estimated efficiency on them in a second step."""

    mean_bound: Positive = 2.0
    """For ``truncated``: greatest distance of the mean from zero in standard deviations of u
    before the cut; beyond it mean and spread are not told apart."""

    by: NonEmpty | None = None
    """Column, or columns joined by ``^``: one frontier each."""

    in_logs: bool = False
    """Whether output and inputs are natural logs already."""

    nonpositive: Literal["error", "drop"] = "error"
    """What happens to rows without a logarithm."""

    type: Literal["StochasticFrontier"] = field(
        default="StochasticFrontier", kw_only=True, repr=False
    )

    def rules(self) -> None:
        """Refuse explanations without the model that takes them, and lists that cannot be."""
        refuse_quantities("StochasticFrontier", self.quantities)
        if bool(self.explain) != (self.inefficiency == "explained"):
            raise SpecificationError(
                "StochasticFrontier: expected explain together with inefficiency = 'explained'.",
                f"Found inefficiency = {self.inefficiency!r} and {len(self.explain)} columns.",
                "A second-step regression of efficiency on them would be biased.",
            )

    def inputs(self) -> tuple[str, ...]:
        """Inputs of the technology."""
        return self.quantities

    @property
    def concept(self) -> str:
        """What is estimated."""
        return f"{self.inefficiency.replace('_', ' ')} inefficiency"

    def measure(self, panel: Panel) -> Productivity:
        """Log productivity of the firm-years on which inputs are known.

        Raises
        ------
        DataError
            Values without a logarithm.
        ConvergenceError
            The likelihood has no interior maximum.
        """
        drop = self.nonpositive == "drop"
        wanted = Wanted(self.output, (), self.quantities, (), self.explain, (), self.in_logs, drop)
        groups = read_inputs(panel, wanted, self.by)
        found = [_fit(self, data) for data in groups]
        made = assemble(self, panel, self.inputs(), found, groups[0].losses)
        efficiency = np.exp(made.values - _constants(made))
        kept = {k: v for k, v in made.companions.items() if k != "innovation"}
        return replace(made, companions=kept | {"efficiency": efficiency})


def _constants(made: Productivity) -> FloatVector:
    """(n,) constant of the frontier of each row."""
    found = np.full(len(made.panel), np.nan)
    for block in made.blocks:
        found[block.rows] = block.parameters.values[0]
    return found


def _fit(spec: StochasticFrontier, data: Inputs) -> Estimated:
    x = data.state.values
    _refuse(spec, data)
    design = np.column_stack([np.ones(len(x)), x])
    explain = np.column_stack([np.ones(len(x)), data.controls.values])
    years = data.panel.years[data.rows]
    arrays = FrontierData(
        data.y,
        design,
        explain if spec.inefficiency == "explained" else np.zeros((len(x), 0)),
        np.unique(data.panel.codes[data.rows], return_inverse=True)[1],
        (years - years.max()).astype(np.float64),
    )
    beta: FloatVector = np.asarray(np.linalg.lstsq(design, data.y, rcond=None)[0])
    residual = data.y - design @ beta
    skew = float(np.mean(residual**3) / residual.std() ** 3)
    if skew >= 0 and spec.inefficiency in ("half_normal", "truncated", "exponential"):
        return _least_squares(data, arrays, beta, skew)
    kind, arrays, found = _bounded(spec, arrays)
    return _estimated(data, arrays, kind, found, skew)


def _refuse(spec: StochasticFrontier, data: Inputs) -> None:
    """What rules a frontier out before its likelihood is looked at."""
    x, years = data.state.values, data.panel.years[data.rows]
    own, names = data.controls.values, data.controls.names
    for values, listed in ((x, data.state.names), (own, names)):
        refuse_constant(values, listed, data)
        refuse_alike(values, listed, data)
    refuse_exact_output(data.y, x, data)
    refuse_few_firms(data, x.shape[1] + own.shape[1] + 3)
    if spec.inefficiency == "decaying" and np.ptp(years) == 0:
        raise IdentificationError(
            f"Expected several years, over which inefficiency can shrink{data.where}.",
            f"Found {years[0]} alone.",
            'Use inefficiency = "panel" or "half_normal".',
        )


def _bounded(spec: StochasticFrontier, arrays: FrontierData) -> tuple[Kind, FrontierData, Frontier]:
    """The maximum, on the bound of the mean when it would lie beyond."""
    kind: Kind = spec.inefficiency
    found = fit_frontier(kind, arrays)
    k = arrays.X.shape[1]
    if kind == "truncated":
        ratio = found.theta[k + 2] / np.sqrt(found.theta[k] * found.theta[k + 1])
        if abs(ratio) > spec.mean_bound:
            arrays = replace(arrays, bound=float(np.sign(ratio) * spec.mean_bound))
            return "at_bound", arrays, fit_frontier("at_bound", arrays)
    return kind, arrays, found


def _estimated(
    data: Inputs, arrays: FrontierData, kind: Kind, found: Frontier, skew: float
) -> Estimated:
    theta, k = found.theta, arrays.X.shape[1]
    score = scores(kind, arrays, theta)
    if kind in ("panel", "decaying"):
        score = (score / np.bincount(arrays.firm)[:, None])[arrays.firm]
    psi = np.asarray(-np.linalg.solve(found.hessian, score.T).T)

    def log_tfp(at: FloatVector) -> FloatVector:
        moved: Conditional = conditional(kind, arrays, at)
        return np.asarray(at[0] + np.log(moved.efficiency()))

    explained = ("constant", *data.controls.names)
    tail = TAILS.get(kind, tuple(f"inefficiency: {name}" for name in explained))
    names = ("constant", *data.state.names, "sigma^2", "gamma", *tail)[: len(theta)]
    with_shock = np.zeros((len(data.y), len(theta)))
    with_shock[:, 1:k] = -arrays.X[:, 1:]
    values = log_tfp(theta)
    statistics = {
        "rows": float(len(data.y)),
        "log_likelihood": found.log_likelihood,
        "mean_efficiency": float(np.exp(values - theta[0]).mean()),
        "skewness": skew,
        "returns_to_scale": float(theta[1:k].sum()),
    }
    note = ("the mean of inefficiency is at its bound",) if kind == "at_bound" else ()
    parameters = Parameters(names, theta, psi, complex_step(log_tfp, theta), with_shock)
    shown = (*range(1, k), *range(k, len(theta)))
    block = Block(
        data.label, data.rows, parameters, shown, values, statistics=statistics, notes=note
    )
    return Estimated(
        block,
        data.y - arrays.X[:, 1:] @ theta[1:k],
        np.full(len(values), np.nan),
        np.tile(theta[1:k], (len(values), 1)),
    )


def _least_squares(data: Inputs, arrays: FrontierData, beta: FloatVector, skew: float) -> Estimated:
    """Least squares, where residuals are skewed to the wrong side for inefficiency."""
    design = arrays.X
    residual = data.y - design @ beta
    psi = (design * residual[:, None]) @ np.linalg.inv(design.T @ design)
    alone, with_shock = np.zeros_like(design), -design.copy()
    alone[:, 0], with_shock[:, 0] = 1.0, 0.0
    note = (
        f"least-squares residuals are skewed to the right ({skew:.2f}), so that no inefficiency is "
        "found: least squares, efficiency one, productivity constant; use log_tfp_with_shock"
    )
    names = ("constant", *data.state.names)
    block = Block(
        data.label,
        data.rows,
        Parameters(names, beta, psi, alone, with_shock),
        tuple(range(1, len(beta))),
        np.full(len(residual), beta[0]),
        statistics={"rows": float(len(residual)), "skewness": skew, "mean_efficiency": 1.0},
        notes=(note,),
    )
    return Estimated(
        block,
        residual + beta[0],
        np.full(len(residual), np.nan),
        np.tile(beta[1:], (len(residual), 1)),
    )
