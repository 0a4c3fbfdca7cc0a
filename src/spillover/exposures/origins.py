"""Foreign status by origin or entry mode of the investor, in parts that add up."""

import numpy as np
import pandas as pd

from spillover.errors import unknown_name
from spillover.exposures.shock import Shock
from spillover.networks.network import codes_in
from spillover.tables.foreign import ForeignDefinition, classify


def split(
    stakes: pd.DataFrame, definition: ForeignDefinition, by: str = "owner_country"
) -> dict[str, Shock]:
    """The foreign flag by an attribute of the largest foreign investor.

    The flags add up to the flag of all foreign firms, so exposures to them add up as well as long
    as they share one denominator: never normalise within an origin.

    Parameters
    ----------
    stakes : DataFrame
        The table ``ownership``.
    definition : ForeignDefinition
        What makes a firm foreign.
    by : str
        Column of the stakes: ``owner_country``, ``entry_mode``. Investors without a value form
        the part ``unknown``; equal stakes go to the value that comes first in the alphabet.

    Raises
    ------
    UnknownNameError
        The stakes have no such column.

    Examples
    --------
    >>> from spillover.tables.foreign import BOP_10
    >>> stakes = pd.DataFrame(
    ...     {
    ...         "firm_id": ["a", "b"],
    ...         "year": 2020,
    ...         "owner_seq": 1,
    ...         "share": [0.5, 0.2],
    ...         "owner_country": ["USA", "DEU"],
    ...     }
    ... )
    >>> sorted(split(stakes, BOP_10))
    ['DEU', 'USA']
    """
    if by not in stakes.columns:
        raise unknown_name("column of ownership", by, [str(column) for column in stakes.columns])
    whole = Shock.of(stakes, "foreign", definition)
    verdict = classify(stakes, definition)
    foreign = verdict[verdict["foreign"].eq(other=True).to_numpy(dtype=bool, na_value=False)]
    largest = _largest(stakes, definition.home, by)
    decided = foreign.merge(largest, on=["firm_id", "year"], how="left")
    label = decided["label"].fillna("unknown").to_numpy(dtype=object)
    return {
        str(name): _part(whole, decided[label == name], f"foreign_{name}")
        for name in sorted(set(label))
    }


def _largest(stakes: pd.DataFrame, home: str, by: str) -> pd.DataFrame:
    """The value of ``by`` that holds most of each firm and year from abroad."""
    counted = (stakes["owner_country"] != home).to_numpy(dtype=bool, na_value=True)
    if "scope" in stakes.columns:
        counted = counted & (stakes["scope"] != "total_foreign").to_numpy(dtype=bool, na_value=True)
    rows = stakes.loc[counted, ["firm_id", "year", "share"]]
    rows["label"] = stakes.loc[counted, by].fillna("unknown").astype(str)
    keys = ["firm_id", "year"]
    sums = rows.groupby([*keys, "label"], as_index=False).agg(share=("share", "sum"))
    ranked = sums.sort_values(["share", "label"], ascending=[False, True], kind="stable")
    return ranked.drop_duplicates(keys)[[*keys, "label"]]


def _part(whole: Shock, rows: pd.DataFrame, name: str) -> Shock:
    """The flag of the given firm-years; zero elsewhere, unknown where the whole is unknown."""
    values = np.where(np.isnan(whole.values), np.nan, 0.0)
    row = codes_in(whole.units, rows["firm_id"])
    column = np.searchsorted(whole.years, rows["year"].to_numpy(dtype=np.int32))
    values[row, column] = 1.0
    return Shock(name, whole.units, whole.years, values, whole.definition, whole.absent)
