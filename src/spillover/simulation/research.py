"""R&D of near firms: stocks by perpetual inventory, nearness by what firms patent."""

from dataclasses import dataclass

import numpy as np

from spillover.simulation.channels import Research
from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms
from spillover.simulation.patents import Patent
from spillover.simulation.planted import Term
from spillover.simulation.production import Drawn
from spillover.typing import FloatMatrix, FloatVector

SUBCLASS = 4
"""Characters of a subclass: H01L."""


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """What near firms know and own, as it unfolds."""

    economy: Economy
    """Parameters."""

    research: Research
    """Effects."""

    firms: Firms
    """Firms with their owners."""

    near: FloatMatrix
    """(N, N) nearness; zero for the firm itself and its business group."""

    @property
    def effects(self) -> tuple[tuple[str, float], ...]:
        """Names of the terms with their effects."""
        research = self.research
        return (
            ("log(foreign_rd)", research.foreign),
            ("log(domestic_rd)", research.domestic),
            ("log(foreign_capital)", research.capital),
        )

    def at(self, t: int, drawn: Drawn, sales: FloatMatrix) -> tuple[FloatVector, ...]:
        """Logs of pools of foreign R&D, domestic R&D and foreign capital a year earlier."""
        if t == 0:
            nothing = np.full(len(self.firms), np.nan)
            return nothing, nothing, nothing
        year = self.economy.first_year + t - 1
        alive, foreign = self.firms.alive(year), self.firms.foreign(year)
        stock = self._stocks(t - 1, drawn.rd_expenditure(sales))
        return (
            _log(self.near @ (stock * foreign * alive)),
            _log(self.near @ (stock * ~foreign * alive)),
            _log(self.near @ (drawn.capital[:, t - 1] * foreign * alive)),
        )

    def _stocks(self, last: int, flows: FloatMatrix) -> FloatVector:
        """(N,) R&D stocks at the end of an observed year, firm by firm from its first flow."""
        stocks = np.zeros(len(self.firms))
        kept, growth = 1.0 - self.research.depreciation, self.research.growth
        steady = (1.0 + growth) / (growth + self.research.depreciation)
        for i in range(len(self.firms)):
            begun = False
            for t in range(last + 1):
                if self.firms.alive(self.economy.first_year + t)[i]:
                    stocks[i] = kept * stocks[i] + flows[i, t] if begun else steady * flows[i, t]
                    begun = True
        return stocks

    def neighbourhood(self, drawn: Drawn) -> Term:
        """Firms in fields where foreign firms do much research are better anyway."""
        first = self.economy.first_year
        there = self.firms.foreign(first) & self.firms.alive(first)
        spent = drawn.research[:, 0] * drawn.materials[:, 0] * there
        level = _log(self.near @ spent)
        known = ~np.isnan(level)
        standing = np.zeros(len(level))
        standing[known] = (level[known] - level[known].mean()) / level[known].std()
        values = np.repeat(standing[:, None], self.economy.years, axis=1)
        return Term("neighbourhood", values, self.research.sorting)


def nearness(
    economy: Economy, research: Research, firms: Firms, patents: list[Patent]
) -> FloatMatrix:
    """(N, N) cosine of patents by subclass in the first years, zero within business groups.

    Parameters
    ----------
    economy : Economy
        First year.
    research : Research
        How many years say what a firm does.
    firms : Firms
        Applicants and their groups.
    patents : list of Patent
        Filings.
    """
    last = economy.first_year + research.portfolio - 1
    counts: list[dict[str, float]] = [{} for _ in range(len(firms))]
    for patent in patents:
        if patent.year <= last:
            subclass = patent.ipc[:SUBCLASS]
            for i in {at for kind, at in patent.team if kind == "firm"}:
                counts[i][subclass] = counts[i].get(subclass, 0.0) + 1.0
    length = [float(np.sqrt(sum(count**2 for count in held.values()))) for held in counts]
    near = np.zeros((len(firms), len(firms)))
    group = firms.owners.group
    for i, held in enumerate(counts):
        for j, other in enumerate(counts):
            apart = i != j and (group[i] < 0 or group[i] != group[j])
            if apart and held and other:
                common = sum(count * other.get(subclass, 0.0) for subclass, count in held.items())
                near[i, j] = common / (length[i] * length[j])
    return near


def _log(values: FloatVector) -> FloatVector:
    """Logarithms; NaN where a pool is empty."""
    return np.log(values, out=np.full_like(values, np.nan), where=values > 0)
