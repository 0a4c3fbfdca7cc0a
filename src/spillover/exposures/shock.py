"""Shock: a dated variable of firms, carried along links."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pandas as pd

from spillover.errors import DataError, SpecificationError, first_cases
from spillover.networks.network import Network, codes_in
from spillover.numerics.located import located
from spillover.tables.evaluate import numbers
from spillover.tables.foreign import ForeignDefinition, classify
from spillover.tables.panel import Panel
from spillover.typing import FloatMatrix, FloatVector, IntVector, TextVector

_FROM_OWNERSHIP = {"foreign": "foreign", "foreign_share": "share"}
"""Shocks that are derived from stakes, and the column of the classification that holds them."""


@dataclass(frozen=True, slots=True, eq=False)
class Shock:
    """What partners carry: one number per unit and year, missing where unknown."""

    name: str
    """Name of the variable."""

    units: TextVector
    """(N,) distinct identifiers."""

    years: IntVector
    """(T,) years that the source covers, ascending."""

    values: FloatMatrix
    """(N, T) values; NaN where unknown."""

    definition: ForeignDefinition | None = None
    """What makes a firm foreign, when the shock was derived from stakes."""

    absent: float = float("nan")
    """Value, in covered years, of units that the source does not list."""

    memo: dict[int, tuple[TextVector, IntVector]] = field(
        default_factory=dict, init=False, repr=False
    )
    """Places of the firms of networks met before; not part of the value."""

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.units), len(self.years)):
            raise DataError(
                f"Expected values of shape ({len(self.units)}, {len(self.years)}).",
                f"Found {self.values.shape} in shock {self.name!r}.",
                "Give one value per unit and year.",
            )
        if np.any(np.diff(self.years) <= 0):
            raise DataError(
                f"Expected years of shock {self.name!r} in ascending order, each once.",
                f"Found {first_cases(self.years)}.",
                "Sort years and the columns of values together.",
            )
        endless = self.units[np.isinf(self.values).any(axis=1)]
        if len(endless):
            raise DataError(
                f"Expected finite values of shock {self.name!r}, NaN where unknown.",
                f"Found infinite ones for {len(endless):,} units ({first_cases(endless[:4])}).",
                "Look for logs of zero and divisions by zero.",
            )
        for array in (self.units, self.years, self.values):
            array.setflags(write=False)

    @classmethod
    def of(
        cls,
        source: Panel | pd.DataFrame,
        column: str,
        definition: ForeignDefinition | None = None,
    ) -> Self:
        """A shock from a panel or from ownership stakes.

        Parameters
        ----------
        source : Panel or DataFrame
            A panel, or the table ``ownership``.
        column : str
            A numeric column or expression of the panel such as ``log(rd_stock)``. For ownership
            ``foreign`` (one or zero) or ``foreign_share``.
        definition : ForeignDefinition, optional
            What makes a firm foreign; needed with ownership. A firm without a stake in a year
            that the table covers is domestic: its value is zero.

        Raises
        ------
        SpecificationError
            Ownership without a definition, or a definition without ownership.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"firm_id": ["a", "b"], "year": [2020, 2020], "rd": [1.0, 3.0]})
        >>> Shock.of(Panel.of(frame), "rd").values.ravel()
        array([1., 3.])
        """
        if isinstance(source, pd.DataFrame) and _stakes_of(source, column):
            return cls._of_stakes(source, column, definition)
        if definition is not None:
            raise SpecificationError(
                "Expected ownership stakes for a definition of foreign firms.",
                f"Found a definition with column {column!r} of another source.",
                "Pass tables.ownership with 'foreign' or 'foreign_share', or no definition.",
            )
        panel = source if isinstance(source, Panel) else Panel.of(source)
        years = np.unique(panel.years).astype(np.int32)
        values = np.full((len(panel.units), len(years)), np.nan)
        values[panel.codes, np.searchsorted(years, panel.years)] = numbers(column, panel)
        return cls(column, panel.units, years, values)

    @classmethod
    def _of_stakes(
        cls, stakes: pd.DataFrame, column: str, definition: ForeignDefinition | None
    ) -> Self:
        if definition is None:
            raise SpecificationError(
                f"Expected a definition of foreign firms for {column!r}.",
                "Found none.",
                "Pass definition=BOP_10, METI_THIRD or a ForeignDefinition of your own.",
            )
        classified = classify(stakes, definition)
        years = np.unique(stakes["year"].to_numpy(dtype=np.int32))
        units = np.unique(classified["firm_id"].to_numpy(dtype=object).astype(str)).astype(object)
        values = np.zeros((len(units), len(years)))
        row = codes_in(units, classified["firm_id"].to_numpy(dtype=object))
        at = np.searchsorted(years, classified["year"].to_numpy(dtype=np.int32))
        numbers_of = classified[_FROM_OWNERSHIP[column]].to_numpy(dtype=np.float64, na_value=np.nan)
        values[row, at] = numbers_of
        return cls(column, units, years, values, definition, absent=0.0)

    def on(self, network: Network) -> FloatMatrix:
        """(N, T) values on the firms and years of a network; NaN where unknown.

        Raises
        ------
        DataError
            No unit, or no year, of the shock is in the network.
        """
        row = self._places(network.firms)
        if not np.any(row >= 0):
            raise DataError(
                f"Expected firms of {network.name!r} among the units of shock {self.name!r}.",
                "Found none.",
                "Check that both use the same identifiers.",
            )
        if not np.isin(self.years, network.years).any():
            raise DataError(
                f"Expected years of {network.name!r} among those of shock {self.name!r}.",
                f"Found {self.years[0]} to {self.years[-1]} for the shock and "
                f"{network.years[0]} to {network.years[-1]} for the links.",
                "Bring both for the same years.",
            )
        return self._at(row[:, None], network.years[None, :])

    def _places(self, firms: TextVector) -> IntVector:
        """(N,) position of each firm among the units; found once for a network."""
        if self.units is firms:
            return np.arange(len(firms), dtype=np.int32)
        known = self.memo.get(id(firms))
        if known is None or known[0] is not firms:
            known = (firms, codes_in(self.units, firms))
            self.memo[id(firms)] = known
        return known[1]

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """The shock on the rows of a panel, under its own name; NaN where unknown.

        A firm without a stake is domestic, zero, in every year that the ownership table covers;
        in other years its status is unknown.

        Parameters
        ----------
        panel : Panel
            Firm-years.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"firm_id": ["a", "b"], "year": [2020, 2020], "rd": [1.0, 3.0]})
        >>> panel = Panel.of(frame)
        >>> Shock.of(panel, "log(rd)").columns(panel)["log(rd)"].round(2)
        array([0. , 1.1])
        """
        row = codes_in(self.units, panel.units)
        return {self.name: self._at(row[panel.codes], panel.years)}

    def _at(self, row: IntVector, year: IntVector) -> FloatMatrix:
        """Values at rows of units (-1 for units that are not listed) and calendar years."""
        column = located(self.years, year)
        listed = np.where(row >= 0, self.values[row, column], self.absent)
        return np.where(column >= 0, listed, np.nan)


def _stakes_of(source: pd.DataFrame, column: str) -> bool:
    return column in _FROM_OWNERSHIP and {"share", "owner_seq"} & set(source.columns) != set()
