"""Exposure: values with the network and the shock that made them."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from spillover.exposures.shock import Shock
from spillover.networks.network import Network
from spillover.tables.panel import Panel
from spillover.typing import BoolMatrix, FloatMatrix, FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """What reaches each firm in each year: x_it = sum over j of w_ijt g_jt."""

    name: str
    """Name of the column that it brings to a panel."""

    values: FloatMatrix
    """(N, T) exposure on the firms and years of the network; NaN where it is not defined."""

    isolated: BoolMatrix
    """(N, T) whether an existing firm has no partner after exclusions."""

    degree: FloatMatrix
    """(N, T) number of partners after exclusions; NaN for absent firms."""

    coverage: FloatMatrix
    """(N, T) share of partner weight whose shock is known; NaN without partners."""

    network: Network
    """The network."""

    shock: Shock
    """What the partners carry."""

    spec: Any
    """The specification."""

    notes: tuple[str, ...] = ()
    """What the reader must know: firms without a base year, unknown partners."""

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """Exposure, isolate flag, degree and coverage on the rows of a panel; NaN where unknown.

        Parameters
        ----------
        panel : Panel
            Firm-years; rows of firms or years outside the network are missing.
        """
        isolated = np.where(np.isnan(self.degree), np.nan, self.isolated.astype(np.float64))
        parts = {
            self.name: self.values,
            f"{self.name}_isolated": isolated,
            f"{self.name}_degree": self.degree,
            f"{self.name}_coverage": self.coverage,
        }
        return self.network.on_rows(panel, parts)

    def frame(self) -> pd.DataFrame:
        """One row per existing firm and year: firm_id, year and the four columns."""
        row, column = np.nonzero(self.network.present)
        return pd.DataFrame(
            {
                "firm_id": self.network.firms[row],
                "year": self.network.years[column],
                self.name: self.values[row, column],
                f"{self.name}_isolated": self.isolated[row, column].astype(np.int8),
                f"{self.name}_degree": self.degree[row, column],
                f"{self.name}_coverage": self.coverage[row, column],
            }
        )
