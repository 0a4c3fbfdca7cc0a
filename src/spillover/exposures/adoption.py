"""The year from which a unit is treated, from a condition on its rows."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.errors import DataError, first_cases
from spillover.tables.evaluate import condition
from spillover.tables.panel import Panel
from spillover.typing import FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Adoption:
    """Years of first treatment of units, as a carrier that brings a column to a sample."""

    name: str
    """Name of the column."""

    condition: str
    """What being treated means."""

    units: tuple[str, ...]
    """N identifiers of units in sorted order."""

    first: FloatVector
    """(N,) year of first treatment; 0 for units that are never treated."""

    interrupted: int
    """Units whose treatment ends again; they count as treated from their first year on."""

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """The year of first treatment on the rows of a panel, NaN for unknown units.

        Parameters
        ----------
        panel : Panel
            Rows to which the column is brought.
        """
        known = dict(zip(self.units, self.first, strict=True))
        of_unit = np.array([known.get(str(unit), np.nan) for unit in panel.units])
        return {self.name: of_unit[panel.codes]}


def adoption(
    panel: Panel,
    treated: str,
    name: str = "cohort",
    switching: Literal["refuse", "first"] = "refuse",
) -> Adoption:
    """The first year in which a condition holds for each unit.

    Parameters
    ----------
    panel : Panel
        Firm-years; ``sample.panel`` has the columns of exposures too.
    treated : str
        A condition such as ``"foreign_customers > 0"``; it does not hold where a value is missing.
    name : str
        Name of the column with the year of first treatment, 0 for never.
    switching : {"refuse", "first"}
        What happens to units whose treatment ends again: an error, or treated from the first
        year on, which measures the effect of having begun.

    Raises
    ------
    DataError
        The treatment of a unit ends and ``switching`` is ``"refuse"``.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"firm_id": ["a", "a", "b", "b"], "year": [1, 2, 1, 2], "links": [0, 3, 0, 0]}
    >>> adoption(Panel.of(pd.DataFrame(rows)), "links > 0").first.tolist()
    [2.0, 0.0]
    """
    holds = condition(treated, panel)
    first = np.full(len(panel.units), np.inf)
    np.minimum.at(first, panel.codes[holds], panel.years[holds].astype(np.float64))
    ended = np.unique(panel.codes[~holds & (panel.years > first[panel.codes])])
    if len(ended) and switching == "refuse":
        raise _ends(panel, ended, treated)
    first = np.where(np.isfinite(first), first, 0.0)
    first.setflags(write=False)
    units = tuple(str(unit) for unit in panel.units)
    return Adoption(name, treated, units, first, len(ended))


def _ends(panel: Panel, ended: IntVector, treated: str) -> DataError:
    return DataError(
        f"Expected units that stay treated once {treated} holds.",
        f"Found {len(ended):,} that do not (units {first_cases(panel.units[ended])}).",
        'Use switching="first" for the effect of having begun, or a design for treatments that '
        "switch on and off.",
    )
