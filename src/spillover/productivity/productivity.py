"""Productivity: values by firm and year with what is needed to know how sure they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from spillover.numerics.pairs import Groups
from spillover.productivity.block import Block
from spillover.tables.panel import Panel
from spillover.tables.provenance import Loss
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Productivity:
    """Log productivity of firm-years, with the elasticities and parameters that made it."""

    name: str
    """Name of the column that it brings to a panel; companions carry it as a prefix."""

    panel: Panel
    """The firm-years on which it was measured, all rows."""

    values: FloatVector
    """(n,) log productivity by row of the panel; NaN where an input is missing."""

    spec: Any
    """The specification."""

    inputs: tuple[str, ...] = ()
    """q names of inputs."""

    elasticities: FloatMatrix = field(default_factory=lambda: np.zeros((0, 0)))
    """(n, q) output elasticity (or share) of each input by row; NaN where not used."""

    companions: Mapping[str, FloatVector] = field(default_factory=dict)
    """Further (n,) columns by suffix: ``growth``, ``with_shock``, ``innovation``."""

    blocks: tuple[Block, ...] = ()
    """Estimated parameters with their influence, by industry; empty when nothing was estimated."""

    statistics: Mapping[str, float] = field(default_factory=dict)
    """Named numbers of the fit, such as ``rows``, ``returns_to_scale`` and ``persistence``."""

    losses: tuple[Loss, ...] = ()
    """The ledger, from the rows of the panel to the rows with a value."""

    notes: tuple[str, ...] = ()
    """What a table note must say: concept, shares, roots, warnings."""

    def __post_init__(self) -> None:
        arrays = [getattr(self, part.name) for part in fields(self)]
        for value in (*arrays, *self.companions.values()):
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """Log productivity and its companions on the rows of a panel; NaN where unknown.

        Parameters
        ----------
        panel : Panel
            Firm-years; those that were not measured are missing.
        """
        at = self.positions(panel)
        names = {self.name: self.values} | {
            f"{self.name}_{suffix}": values for suffix, values in self.companions.items()
        }
        return {name: _aligned(values, at) for name, values in names.items()}

    def coefficients(self) -> pd.DataFrame:
        """Parameters of the technology by industry, with firm-clustered standard errors.

        The errors go through all stages: V = G/(G-1) times the sum over firms of psi psi'.
        """
        rows = [
            (block.label, block.parameters.names[j], block.parameters.values[j], error)
            for block in self.blocks
            for j, error in zip(block.technology, _clustered(block, self.panel), strict=True)
        ]
        table = pd.DataFrame(rows, columns=["block", "term", "estimate", "std_error"])
        return table.set_index(["block", "term"])

    def positions(self, panel: Panel) -> IntVector:
        """(m,) row of the measured panel for each row of another one; -1 where there is none."""
        own = self.panel
        if panel is own or _same_rows(panel, own):
            return np.arange(len(own))
        return panel.rows_in(own)


def _clustered(block: Block, panel: Panel) -> FloatVector:
    psi = block.parameters.influence[:, list(block.technology)]
    firms, codes = np.unique(panel.codes[block.rows], return_inverse=True)
    groups = len(firms)
    squares = np.diag(Groups(codes, groups).sum(psi))
    return np.asarray(np.sqrt(groups / max(groups - 1, 1) * squares))


def _same_rows(first: Panel, second: Panel) -> bool:
    return (
        len(first) == len(second)
        and np.array_equal(first.codes, second.codes)
        and np.array_equal(first.years, second.years)
        and np.array_equal(first.units, second.units)
    )


def _aligned(values: FloatVector, at: IntVector) -> FloatVector:
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan)
