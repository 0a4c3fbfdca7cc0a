"""Productivity as an index number: nothing is estimated, shares stand for elasticities."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spillover.numerics.index import chained_index, group_means, multilateral_index
from spillover.productivity.accounts import Accounts, Bookkeeping, read_accounts
from spillover.productivity.productivity import Productivity
from spillover.tables.panel import Panel
from spillover.typing import FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True)
class SolowResidual(Bookkeeping):
    """Log output minus share-weighted log inputs, omega = y - sum over j of s_j x_j.

    In levels, shares are means over the comparison set, so that firms of one set use the same
    weights; the companion ``growth`` takes a firm's own shares, averaged over two calendar
    years. Levels of firms in different sets depend on the units of inputs: compare within.

    References
    ----------
    Solow (1957); shares of cost rather than revenue, Hall (1990).

    Examples
    --------
    >>> SolowResidual(costs=("wages", "0.08 * capital", "materials")).shares
    'cost'
    """

    type: Literal["SolowResidual"] = field(default="SolowResidual", kw_only=True, repr=False)

    def measure(self, panel: Panel) -> Productivity:
        """Log productivity of the rows on which accounts are known.

        Raises
        ------
        DataError
            Values that are not positive, or shares outside (0, 1).
        """
        accounts = read_accounts(panel, self)
        shares = group_means(accounts.shares, accounts.group, accounts.levels)[accounts.group]
        level = accounts.y - np.einsum("ij,ij->i", shares, accounts.x)
        return _productivity(self, panel, accounts, level, shares)


@dataclass(frozen=True, slots=True)
class MultilateralIndex(Bookkeeping):
    """Each firm-year against a representative firm, with transitive comparisons.

    ``chain = "pooled"`` compares all rows of a set with their mean; ``"chained"`` has one
    representative firm for each year and links the years.

    References
    ----------
    Caves, Christensen and Diewert (1982); Good, Nadiri and Sickles (1997).

    Examples
    --------
    >>> MultilateralIndex(within=None).chain
    'chained'
    """

    chain: Literal["chained", "pooled"] = "chained"
    """One representative firm for each year, or one for all years."""

    type: Literal["MultilateralIndex"] = field(
        default="MultilateralIndex", kw_only=True, repr=False
    )

    def measure(self, panel: Panel) -> Productivity:
        """Log productivity relative to the representative firm of the first year, or of all.

        Raises
        ------
        DataError
            Values that are not positive, shares outside (0, 1), a year without firms.
        """
        accounts = read_accounts(panel, self)
        a = accounts
        if self.chain == "pooled":
            level = multilateral_index(a.y, a.x, a.shares, a.group, a.levels)
        else:
            level = chained_index(a.y, a.x, a.shares, panel.years[a.rows], (a.group, a.levels))
        return _productivity(self, panel, a, level, a.shares)


def _productivity(
    spec: SolowResidual | MultilateralIndex,
    panel: Panel,
    accounts: Accounts,
    level: FloatVector,
    shares: FloatMatrix,
) -> Productivity:
    q = len(spec.inputs)
    values, elasticities = np.full(len(panel), np.nan), np.full((len(panel), q), np.nan)
    values[accounts.rows], elasticities[accounts.rows] = level, shares
    return Productivity(
        "log_tfp",
        panel,
        values,
        spec,
        spec.inputs,
        elasticities,
        companions={"growth": _growth(panel, accounts)},
        statistics=_statistics(spec, accounts),
        losses=accounts.losses,
        notes=_notes(spec),
    )


def _growth(panel: Panel, accounts: Accounts) -> FloatVector:
    """Change in output minus change in inputs, shares averaged over the two years."""
    full = np.full((len(panel), 1 + 2 * accounts.x.shape[1]), np.nan)
    full[accounts.rows] = np.column_stack([accounts.y, accounts.x, accounts.shares])
    q = accounts.x.shape[1]
    growth = panel.diff(full[:, 0])
    for j in range(1, q + 1):
        share = 0.5 * (full[:, q + j] + panel.lag(full[:, q + j]))
        growth = growth - share * panel.diff(full[:, j])
    return growth


def _statistics(spec: Bookkeeping, accounts: Accounts) -> dict[str, float]:
    means = accounts.shares.mean(axis=0)
    shares = {f"share of {name}": float(s) for name, s in zip(spec.inputs, means, strict=True)}
    return {"rows": float(len(accounts.rows)), "comparison_sets": float(accounts.levels)} | shares


def _notes(spec: SolowResidual | MultilateralIndex) -> tuple[str, ...]:
    shares = {
        "cost": "cost shares",
        "revenue": f"revenue shares; {spec.inputs[-1]} has the rest, which needs constant returns "
        "and price taking",
        "given": "given shares",
    }[spec.shares]
    compared = "all firms" if spec.within is None else f"firms within {spec.within}"
    costs, inputs = ", ".join(spec.costs), ", ".join(spec.inputs)
    made = f"{type(spec).__name__} of {spec.output} on {inputs}, {shares} from {costs}"
    return (f"{made}; compares {compared}.",)
