"""The joint bootstrap: productivity and the regression on it, both drawn with the same weights."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np

from spillover.designs.first_stage import find_measure
from spillover.errors import SpecificationError, SpilloverError
from spillover.estimation.result import Estimate
from spillover.numerics.redraw import Scheme, firm_weights
from spillover.productivity.bootstrap import Draws, Redraws
from spillover.typing import FloatVector

WEIGHT = "__firm_weight"
"""Column that carries the weights of one draw."""


def joint_bootstrap(
    estimate: Estimate,
    draws: int = 999,
    *,
    seed: int,
    measure: str = "log_tfp",
    scheme: Scheme = "multinomial",
    progress: Callable[[int, int], None] | None = None,
) -> Draws:
    """Draws of a regression on estimated productivity, all stages under the same firm weights.

    Parameters
    ----------
    estimate : Estimate
        A linear design without weights of its own on a sample that carries the measure.
    draws : int
        Number of draws.
    seed : int
        Seed of the draws.
    measure : str
        Name of the productivity.
    scheme : {"multinomial", "exponential"}
        How weights are drawn.
    progress : callable, optional
        Called with the draws done and the number of draws.

    Raises
    ------
    SpecificationError
        The design has no weights, or weights of its own.
    """
    sample, made = estimate.sample, find_measure(estimate.sample, measure)
    design = _weighted(estimate.design)
    redraws, at = Redraws.of(made), made.positions(sample.panel)
    units = np.searchsorted(made.panel.units.astype(str), sample.panel.units.astype(str))
    found: list[FloatVector] = []
    for r, child in enumerate(np.random.SeedSequence(seed).spawn(draws)):
        weights = firm_weights(np.random.default_rng(child), len(made.panel.units), scheme)
        one = redraws.at(weights)
        pair = zip((measure, f"{measure}_with_shock"), redraws.values(one), strict=True)
        columns = {n: np.where(at >= 0, v[np.maximum(at, 0)], np.nan) for n, v in pair}
        columns[WEIGHT] = weights[np.minimum(units, len(weights) - 1)][sample.panel.codes]
        panel = sample.panel.with_columns(columns)
        fine = all(each.converged for each in one)
        found.append(_solve(design, replace(sample, panel=panel), estimate.beta, fine=fine))
        if progress is not None:
            progress(r + 1, draws)
    table = np.array(found)
    converged = np.asarray(~np.isnan(table).any(axis=1), dtype=bool)
    return Draws(estimate.names, estimate.beta, table, converged)


def _weighted(design: Any) -> Any:  # noqa: ANN401 - any design with weights
    names = [part.name for part in fields(design)]
    if "weights" not in names or design.weights is not None:
        raise SpecificationError(
            "Expected a design that takes weights and has none of its own.",
            f"Found {type(design).__name__}.",
            "Use FixedEffects without weights.",
        )
    return replace(design, weights=WEIGHT)


def _solve(design: Any, sample: Any, like: FloatVector, *, fine: bool) -> FloatVector:  # noqa: ANN401
    if not fine:
        return np.full(len(like), np.nan)
    try:
        return np.asarray(design.solve(sample).beta)
    except SpilloverError:
        return np.full(len(like), np.nan)
