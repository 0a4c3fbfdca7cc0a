"""Shares: how much each unit depends on each category, fixed before the shocks or dated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy import sparse

from spillover.errors import DataError, first_cases, unknown_name
from spillover.exposures.partners import Rules, check_rules, partners
from spillover.networks.checked import YEARS, whole_numbers
from spillover.networks.network import Network, codes_in
from spillover.numerics.csr import row_normalized, row_sums
from spillover.tables.panel import Panel
from spillover.typing import IntVector, TextVector

MOST = 1.0 + 1e-6
"""Greatest sum of the shares of a unit; above it they are not shares of one total."""


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Rows of shares s_in of units i in categories n: industries, countries or partners."""

    name: str
    """Name of the shares."""

    units: TextVector
    """(N,) sorted identifiers of units."""

    categories: TextVector
    """(M,) sorted identifiers of categories, over which shocks are defined."""

    years: IntVector
    """(T,) years of the shares, ascending; empty when shares of a base period hold always."""

    matrices: tuple[sparse.csr_array, ...]
    """(N, M) shares: one matrix for each year, or one that holds always."""

    attributes: Mapping[str, TextVector] = field(default_factory=dict)
    """Columns of categories, (M,), such as the industry group that clusters shocks."""

    notes: tuple[str, ...] = ()
    """What happened on construction."""

    def __post_init__(self) -> None:
        sums = [row_sums(matrix) for matrix in self.matrices]
        over = np.unique(np.concatenate([np.flatnonzero(total > MOST) for total in sums]))
        if len(over):
            raise DataError(
                f"Expected shares of each unit in {self.name!r} that sum to at most one.",
                f"Found more for {len(over):,} units ({first_cases(self.units[over[:4]])}).",
                "Divide by the total of the unit, with categories that are not listed included.",
            )
        for array in (self.units, self.categories, self.years):
            array.setflags(write=False)

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        unit: str = "firm_id",
        category: str = "industry",
        share: str = "share",
        *,
        year: str | None = None,
        categories: pd.DataFrame | None = None,
    ) -> Self:
        """Shares from a long table, one row per unit, category and year.

        Parameters
        ----------
        frame : DataFrame
            Rows with a positive or zero share; pairs that are not listed have share zero.
        unit, category, share : str
            Names of columns.
        year : str, optional
            Column of calendar years; without it the shares are those of a base period.
        categories : DataFrame, optional
            One row per category with the column ``category`` and further columns, such as the
            group of industries whose shocks move together.

        Raises
        ------
        DataError
            There are no rows; a year is none; a share is missing, negative or listed twice; or
            the shares of a unit sum above one.

        Examples
        --------
        >>> rows = {"firm_id": ["a", "a", "b"], "industry": ["x", "y", "y"], "share": [0.5, 0.5, 1]}
        >>> Shares.of(pd.DataFrame(rows)).matrices[0].toarray()
        array([[0.5, 0.5],
               [0. , 1. ]])
        """
        for name in (unit, category, share, *([] if year is None else [year])):
            if name not in frame.columns:
                raise unknown_name("column", name, [str(column) for column in frame.columns])
        if not len(frame):
            raise DataError("Expected rows of shares.", "Found none.", "Check the filter or file.")
        units, row = _codes(frame[unit])
        names, column = _codes(frame[category])
        value = frame[share].to_numpy(dtype=np.float64, na_value=np.nan)
        dates = np.zeros(len(frame), dtype=np.int32) if year is None else _years(frame[year])
        years, at = np.unique(dates, return_inverse=True)
        _check(row, column, at, value, names)
        shape = (len(units), len(names))
        matrices = tuple(
            _matrix(row[at == t], column[at == t], value[at == t], shape) for t in range(len(years))
        )
        dated = years.astype(np.int32) if year is not None else np.zeros(0, dtype=np.int32)
        return cls(share, units, names, dated, matrices, _attributes(categories, category, names))

    @classmethod
    def of_partners(cls, network: Network, year: int, *, exclude_group: bool = True) -> Self:
        """Shares of partners in the links of a base year; every partner is a category.

        Parameters
        ----------
        network : Network
            For example ``supply.customers()``.
        year : int
            Base year.
        exclude_group : bool
            Whether members of the own business group are left out.
        """
        rules = Rules(apart=exclude_group)
        check_rules(network, rules)
        matrix = row_normalized(partners(network, year, rules))
        empty = np.zeros(0, dtype=np.int32)
        return cls(network.name, network.firms, network.firms, empty, (matrix,))

    def at(self, year: int) -> sparse.csr_array | None:
        """(N, M) shares that hold in a year; None when there are none."""
        if not len(self.years):
            return self.matrices[0]
        place = int(np.searchsorted(self.years, year))
        known = place < len(self.years) and self.years[place] == year
        return self.matrices[place] if known else None

    def groups(self, name: str | None) -> IntVector:
        """(M,) codes of a column of categories; every category its own without a name."""
        if name is None:
            return np.arange(len(self.categories), dtype=np.int32)
        if name not in self.attributes:
            raise unknown_name("column of categories", name, sorted(self.attributes))
        return pd.factorize(self.attributes[name], sort=True)[0].astype(np.int32)

    def codes(self, panel: Panel) -> IntVector:
        """(n,) position in ``units`` of the unit of every row; -1 where it has no shares."""
        return codes_in(self.units, panel.units)[panel.codes]


def _years(column: "pd.Series[Any]") -> IntVector:
    return whole_numbers(column, f"years in {column.name!r}", *YEARS)


def _codes(column: "pd.Series[Any]") -> tuple[TextVector, IntVector]:
    if column.isna().any():
        raise DataError(
            f"Expected {column.name!r} in every row of shares.",
            f"Found {int(column.isna().sum()):,} rows without.",
            "Fill them or remove these rows.",
        )
    names, codes = np.unique(column.to_numpy(dtype=object).astype(str), return_inverse=True)
    return names.astype(object), codes


def _check(
    row: IntVector, column: IntVector, at: IntVector, value: np.ndarray, names: TextVector
) -> None:
    wrong = ~(value >= 0) | np.isinf(value)
    if wrong.any():
        raise DataError(
            "Expected shares that are known, finite and not negative.",
            f"Found {int(wrong.sum()):,} others (rows {first_cases(np.flatnonzero(wrong) + 1)}).",
            "Correct or remove these rows.",
        )
    key = (at.astype(np.int64) * (int(row.max(initial=0)) + 1) + row) * len(names) + column
    if len(np.unique(key)) < len(key):
        raise DataError(
            "Expected each pair of unit and category once in a year.",
            f"Found {len(key) - len(np.unique(key)):,} repetitions.",
            "Sum the shares of repeated pairs.",
        )


def _matrix(
    row: IntVector, column: IntVector, value: np.ndarray, shape: tuple[int, int]
) -> sparse.csr_array:
    positive = value > 0
    entries = (value[positive], (row[positive], column[positive]))
    matrix = sparse.csr_array(entries, shape=shape)
    matrix.sort_indices()
    return matrix


def _attributes(
    table: pd.DataFrame | None, category: str, names: TextVector
) -> dict[str, TextVector]:
    if table is None:
        return {}
    keyed = table.assign(**{category: table[category].astype(str)}).set_index(category)
    absent = [name for name in names if name not in keyed.index]
    if absent or keyed.index.has_duplicates:
        raise DataError(
            "Expected one row for every category.",
            f"Found none for {first_cases(absent)}." if absent else "Found several for some.",
            "Complete the table of categories.",
        )
    chosen = keyed.loc[list(names)]
    return {str(name): chosen[name].to_numpy(dtype=object) for name in chosen.columns}
