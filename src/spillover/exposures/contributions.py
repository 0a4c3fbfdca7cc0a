"""Contributions: shocks that are averages of the units' own changes, so that one can leave out."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from spillover.errors import DataError, SpecificationError, first_cases, unknown_name
from spillover.networks.checked import YEARS, whole_numbers
from spillover.networks.network import codes_in
from spillover.numerics.located import located
from spillover.typing import BoolVector, FloatVector, IntVector, TextVector


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """g_n = sum of e_kn g_kn / sum of e_kn over units k; without unit i it is the shock for i."""

    name: str
    """Name of the variable that is averaged."""

    units: TextVector
    """(N,) sorted identifiers of units that contribute."""

    categories: TextVector
    """(M,) sorted identifiers of categories."""

    years: IntVector
    """(T,) years, ascending."""

    unit: IntVector
    """(m,) unit of each contribution."""

    category: IntVector
    """(m,) category of each contribution."""

    at: IntVector
    """(m,) position of the year of each contribution."""

    weight: FloatVector
    """(m,) weight e of each contribution."""

    value: FloatVector
    """(m,) own change of each contribution."""

    group: IntVector
    """(N,) group of each unit; every unit its own when groups are unknown."""

    @classmethod
    def of(  # noqa: PLR0913 - the columns of a long table
        cls,
        frame: pd.DataFrame,
        value: str,
        weight: str,
        *,
        unit: str = "firm_id",
        category: str = "industry",
        year: str = "year",
        group: str | None = None,
    ) -> Self:
        """Contributions from a long table, one row per unit, category and year.

        Parameters
        ----------
        frame : DataFrame
            Rows without a value or weight do not contribute.
        value, weight : str
            Columns of the own change and of its weight in the average.
        unit, category, year : str
            Key columns.
        group : str, optional
            Column of the group that is left out together.

        Raises
        ------
        DataError
            A weight is negative, a number infinite, a year has a fraction, or a unit contributes
            twice to a category in a year.
        """
        keys = [unit, category, year, value, weight, *([] if group is None else [group])]
        for name in keys:
            if name not in frame.columns:
                raise unknown_name("column", name, [str(column) for column in frame.columns])
        rows = frame[keys].dropna(subset=[unit, category, year, value, weight])
        _refuse_impossible(rows, [unit, category, year], value, weight)
        units, own = _codes(rows[unit].to_numpy(dtype=object))
        categories, kind = _codes(rows[category].to_numpy(dtype=object))
        dates = whole_numbers(rows[year], f"years in {year!r}", *YEARS)
        years, at = np.unique(dates, return_inverse=True)
        return cls(
            value,
            units,
            categories,
            years,
            own,
            kind,
            at,
            rows[weight].to_numpy(dtype=np.float64),
            rows[value].to_numpy(dtype=np.float64),
            _groups(rows, group, own, len(units)),
        )

    def places(self, categories: TextVector) -> IntVector:
        """(M,) position of other categories among these; -1 where they are not."""
        return codes_in(self.categories, categories)

    def means(
        self, unit: IntVector, category: IntVector, year: int, leave_out: str
    ) -> tuple[FloatVector, FloatVector, BoolVector]:
        """Mean of every category, and means without the own contribution.

        Parameters
        ----------
        unit, category : (m,)
            Pairs for which a mean is asked; -1 for units or categories that are not here.
        year : int
            Year of the shocks.
        leave_out : str
            ``own``, ``group`` or ``nobody``.

        Returns
        -------
        whole : (M,)
            Mean over all contributors; NaN without one.
        without : (m,)
            Mean without the own contribution; NaN when nobody else contributes.
        some : (m,)
            Whether anybody contributes.
        """
        here = self.at == int(np.searchsorted(self.years, year))
        kind, weight, value = self.category[here], self.weight[here], self.value[here]
        size = len(self.categories)
        total, sums = (
            np.bincount(kind, part, size).astype(np.float64) for part in (weight, weight * value)
        )
        safe = np.maximum(category, 0)
        some = (category >= 0) & (total[safe] > 0)
        own_total, own_sums = np.zeros(len(unit)), np.zeros(len(unit))
        if leave_out != "nobody":
            label = self.group if leave_out == "group" else np.arange(len(self.units))
            pairs = label[self.unit[here]].astype(np.int64) * size + kind
            wanted = np.where(unit >= 0, label[unit] * np.int64(size) + safe, -1)
            own_total = _summed(pairs, weight, wanted)
            own_sums = _summed(pairs, weight * value, wanted)
        left = total[safe] - own_total
        others = some & (left > 1e-12 * total[safe])
        return _ratio(sums, total, total > 0), _ratio(sums[safe] - own_sums, left, others), some


def _refuse_impossible(rows: pd.DataFrame, keys: list[str], value: str, weight: str) -> None:
    wrong = (rows[weight] < 0) | np.isinf(rows[weight]) | np.isinf(rows[value])
    twice = rows.duplicated(keys, keep=False)
    for found, expected, action in (
        (
            wrong,
            f"finite {value}, and finite {weight} of zero or more",
            "Correct or remove these rows.",
        ),
        (twice, "each unit once in a category and year", "Sum or average what belongs together."),
    ):
        if found.any():
            cases = rows.loc[found, keys].astype(str).agg("/".join, axis=1).head(4)
            raise DataError(
                f"Expected {expected}.",
                f"Found {int(found.sum()):,} rows with others ({first_cases(cases)}).",
                action,
            )


def _codes(labels: np.ndarray) -> tuple[TextVector, IntVector]:
    names, codes = np.unique(labels.astype(str), return_inverse=True)
    return names.astype(object), codes


def _groups(rows: pd.DataFrame, group: str | None, own: IntVector, size: int) -> IntVector:
    codes = np.arange(size)
    if group is None:
        return codes
    labels = pd.factorize(rows[group], sort=True)[0]
    known = labels >= 0
    codes[own[known]] = labels[known] + size
    if np.any(codes[own[known]] != labels[known] + size):
        raise SpecificationError(
            f"Expected one {group} for each unit.",
            "Found units in several groups.",
            "Fix the groups of units before the shocks.",
        )
    return codes


def _summed(keys: IntVector, values: FloatVector, wanted: IntVector) -> FloatVector:
    """Sums of values by key at the wanted keys; zero where a key does not occur."""
    known, at = np.unique(keys, return_inverse=True)
    if not len(known):
        return np.zeros(len(wanted))
    sums = np.bincount(at, values, len(known))
    place = located(known, wanted)
    return np.where(place >= 0, sums[place], 0.0)


def _ratio(above: FloatVector, below: FloatVector, where: BoolVector) -> FloatVector:
    return np.where(where, above / np.where(where, below, 1.0), np.nan)
