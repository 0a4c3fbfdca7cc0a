"""Industries that buy from each other, and what foreign presence in them does to firms."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.simulation.channels import Sectors
from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms
from spillover.simulation.production import Drawn
from spillover.typing import FloatMatrix, FloatVector

TABLE = "SIM"
"""Identifier of the simulated input-output table."""

MOST_INPUTS = 0.7
"""Greatest share of output that an industry buys from others."""


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """What industries deliver to each other, and what they make."""

    value: FloatMatrix
    """(S, S) deliveries of row to column, million yen."""

    output: FloatVector
    """(S,) output, million yen."""


def draw_flows(economy: Economy, sectors: Sectors, rng: np.random.Generator) -> Flows:
    """An input-output table: each industry delivers to itself and to a few others.

    Parameters
    ----------
    economy : Economy
        Its classification.
    sectors : Sectors
        How many industries buy.
    rng : Generator
        Source of randomness.
    """
    size = len(economy.classification.codes)
    output = np.round(1e6 * np.exp(0.3 * rng.standard_normal(size)), 0)
    value = np.zeros((size, size))
    for s in range(size):
        others = rng.permutation([r for r in range(size) if r != s])[: sectors.customers]
        shares = rng.uniform(0.4, 0.7) * rng.dirichlet(np.ones(len(others)))
        value[s, s] = 0.1 * output[s]
        for r, share in zip(others, shares, strict=True):
            value[s, r] = share * output[s]
    for r in range(size):
        bought = value[:, r].sum()
        value[:, r] *= min(1.0, MOST_INPUTS * output[r] / bought)
    return Flows(np.round(value, 0), output)


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """Foreign presence in industries as it unfolds."""

    economy: Economy
    """Parameters."""

    sectors: Sectors
    """Effects."""

    firms: Firms
    """Firms with their industries and owners."""

    flows: Flows
    """Who delivers to whom."""

    @property
    def effects(self) -> tuple[tuple[str, float], ...]:
        """Names of the terms with their effects."""
        sectors = self.sectors
        return (
            ("horizontal", sectors.horizontal),
            ("sector_backward", sectors.backward),
            ("sector_forward", sectors.forward),
        )

    def at(self, t: int, drawn: Drawn, sales: FloatMatrix) -> tuple[FloatVector, ...]:
        """Presence a year earlier in the own industry, downstream and upstream."""
        if t == 0:
            nothing = np.full(len(self.firms), np.nan)
            return nothing, nothing, nothing
        year = self.economy.first_year + t - 1
        home = np.maximum(sales - drawn.exports(sales), 0.0)
        return (
            self._horizontal(year, sales[:, t - 1]),
            self._downstream(self._levels(year, sales[:, t - 1])),
            self._upstream(self._levels(year, home[:, t - 1])),
        )

    def _sums(self, year: int, size: FloatVector) -> tuple[FloatVector, FloatVector]:
        """(S,) size of foreign firms and of all firms, firm by firm."""
        alive, foreign = self.firms.alive(year), self.firms.foreign(year)
        above, below = (np.zeros(len(self.flows.output)) for _ in range(2))
        for i in np.flatnonzero(alive):
            below[self.firms.industry[i]] += size[i]
            above[self.firms.industry[i]] += size[i] * foreign[i]
        return above, below

    def _levels(self, year: int, size: FloatVector) -> FloatVector:
        above, below = self._sums(year, size)
        return np.divide(above, below, out=np.zeros_like(above), where=below > 0)

    def _horizontal(self, year: int, size: FloatVector) -> FloatVector:
        """(N,) foreign share in the own industry without the firm; NaN when nobody else is left."""
        above, below = self._sums(year, size)
        alive, foreign = self.firms.alive(year), self.firms.foreign(year)
        result = np.full(len(size), np.nan)
        for i, s in enumerate(self.firms.industry):
            own = size[i] if alive[i] else 0.0
            if below[s] - own > 1e-9 * below[s]:
                result[i] = (above[s] - own * foreign[i]) / (below[s] - own)
        return result

    def _downstream(self, level: FloatVector) -> FloatVector:
        """(N,) presence in the industries that buy, by their shares of output."""
        total = np.zeros(len(level))
        for s in range(len(level)):
            for r in range(len(level)):
                if r != s:
                    total[s] += self.flows.value[s, r] / self.flows.output[s] * level[r]
        return total[self.firms.industry]

    def _upstream(self, level: FloatVector) -> FloatVector:
        """(N,) presence in the industries that supply, by their shares of inputs."""
        total = np.zeros(len(level))
        for s in range(len(level)):
            inputs = self.flows.value[:, s].sum()
            for r in range(len(level)):
                if r != s:
                    total[s] += self.flows.value[r, s] / inputs * level[r]
        return total[self.firms.industry]


def flows_table(economy: Economy, flows: Flows) -> pd.DataFrame:
    """The table ``industry_flows``: deliveries, final demand, value added and output.

    Parameters
    ----------
    economy : Economy
        Its classification and first year.
    flows : Flows
        Deliveries and output.
    """
    codes = economy.classification.codes
    rows = []
    for s, code in enumerate(codes):
        sold, bought = flows.value[s].sum(), flows.value[:, s].sum()
        rows += [
            (code, codes[r], flows.value[s, r], "industry", "industry")
            for r in np.flatnonzero(flows.value[s])
        ]
        rows.append((code, "final", flows.output[s] - sold, "industry", "final_demand"))
        rows.append((code, "output", flows.output[s], "industry", "total_output"))
        rows.append(("added", code, flows.output[s] - bought, "value_added", "industry"))
    columns = ["from_code", "to_code", "flow", "from_kind", "to_kind"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(0, "table_id", TABLE)
    table.insert(1, "year", economy.first_year)
    return table.assign(origin="domestic", valuation="basic", classification="jsic_rev13")
