"""SupplyLinks: who sells to whom, from snapshots or spells, as reported by either side."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from spillover.errors import DataError, SpecificationError, first_cases
from spillover.networks.axes import axes, calendar_years
from spillover.networks.build import clean, joined_spells
from spillover.networks.edges import Edges
from spillover.networks.network import Network, codes_in
from spillover.networks.weights import existence_only, weigh
from spillover.specs import Count, Spec
from spillover.tables.tables import Tables
from spillover.typing import IntVector

REPORTERS = {"supplier": 1, "customer": 2, "both": 3}
"""Codes of who reported a link."""

_ACCEPTED = {"union": (1, 2, 3), "supplier": (1, 3), "customer": (2, 3), "intersection": (3,)}


@dataclass(frozen=True, slots=True)
class SupplyLinks(Spec):
    """Supplier-customer links: a link exists when either side names the other.

    The table ``supply_links`` holds snapshots (``year``) or spells (``valid_from``,
    ``valid_to``, both inclusive, open when empty). Lists of partners are often cut at a cap, and
    a hub lost from its own list is still named by its partners: hence the union of reports.

    References
    ----------
    Griffith (2022), Journal of Labor Economics, on capped lists of partners.

    Examples
    --------
    >>> SupplyLinks(weight="binary").reports
    'union'
    """

    weight: Literal["auto", "value", "binary", "purchases", "sales", "log"] = "auto"
    """``auto`` takes values when every link has one and existence when none has; ``purchases``
    divides by the purchases of the customer, ``sales`` by the sales of the supplier."""

    reports: Literal["union", "intersection", "supplier", "customer"] = "union"
    """Whose word makes a link."""

    cap: Annotated[int, Field(ge=1)] | None = None
    """Most partners that a list can hold; by default what the source declares."""

    allowed_gap: Count = 0
    """Number of missing years that a spell bridges: a partner that drops off a list and returns
    did not die."""

    unmatched: Literal["error", "drop"] = "error"
    """What happens to links with an end that is not in ``firms``."""

    type: Literal["SupplyLinks"] = field(default="SupplyLinks", kw_only=True, repr=False)

    def build(self, tables: Tables, name: str) -> Network:
        """The supply network of the tables.

        Raises
        ------
        DataError
            An end is unknown, some links have values and others none, or no link is left.
        """
        frame = tables["supply_links"]
        ends = np.concatenate([frame["supplier_id"].to_numpy(), frame["customer_id"].to_numpy()])
        base = axes(tables, _years(tables, frame), ends)
        frame, notes = _matched(frame, base.firms, self.unmatched)
        frame, fewer = _reported(frame, self.reports)
        frame, weight = weigh(frame, tables, self.weight)
        edges = _edges(frame, base.firms, base.years, weight)
        edges, cleaned = clean(edges, len(base.firms))
        if existence_only(frame, self.weight):
            edges = _flat(edges)
        edges = joined_spells(edges, self.allowed_gap, base.years)
        _refuse_empty(edges, name)
        _arrive(base.present, base.years, edges)
        capped = _cap_note(tables, self.cap)
        return base.network(name, edges, (*notes, *fewer, *cleaned, *capped))


def _years(tables: Tables, frame: pd.DataFrame) -> IntVector:
    if "year" in frame.columns:
        return np.unique(frame["year"].to_numpy(dtype=np.int32))
    if "valid_from" not in frame.columns:
        raise DataError(
            "Expected a column year, or valid_from and valid_to, in supply_links.",
            f"Found {first_cases(frame.columns, 8)}.",
            "Date the links: undated links cannot meet a panel.",
        )
    if "firm_years" in tables and len(tables["firm_years"]):
        seen = tables["firm_years"]["year"]
    else:
        seen = pd.concat([calendar_years(frame[c]) for c in ("valid_from", "valid_to")]).dropna()
    return np.arange(int(seen.min()), int(seen.max()) + 1, dtype=np.int32)


def _matched(
    frame: pd.DataFrame, firms: np.ndarray, unmatched: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    lost = np.zeros(len(frame), dtype=bool)
    cases: list[object] = []
    for column in ("supplier_id", "customer_id"):
        absent = codes_in(firms, frame[column].to_numpy(dtype=object)) < 0
        cases += list(frame.loc[absent, column].unique()[:4])
        lost |= absent
    if not lost.any():
        return frame, ()
    if unmatched == "error":
        raise DataError(
            "supply_links: expected both ends of every link in firms.",
            f"Found {int(lost.sum()):,} of {len(frame):,} rows with another "
            f"({first_cases(cases)}).",
            'Add these firms, or set unmatched = "drop"; dropped links are counted.',
        )
    return frame[~lost], (f"dropped {int(lost.sum()):,} links with an end that is not in firms",)


def _reported(frame: pd.DataFrame, reports: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if reports == "union":
        return frame, ()
    if "reporter" not in frame.columns:
        raise SpecificationError(
            f"Expected a column reporter in supply_links for reports = {reports!r}.",
            "Found none.",
            'Use reports = "union", or keep who reported each link.',
        )
    keys = ["supplier_id", "customer_id"] + [
        c for c in ("year", "valid_from", "valid_to") if c in frame.columns
    ]
    code = reporter_codes(frame)
    sides = frame[keys].assign(one=code & 1, two=code & 2)
    named = sides.groupby(keys, dropna=False)[["one", "two"]].transform("max").sum(axis=1)
    kept = named.isin(_ACCEPTED[reports]).to_numpy()
    count = int((~kept).sum())
    return frame[kept], (f"left out {count:,} links that {reports} reports do not hold",)


def reporter_codes(frame: pd.DataFrame) -> np.ndarray:
    """(m,) who reported each link: 1 supplier, 2 customer, 3 both or unknown."""
    if "reporter" not in frame.columns:
        return np.full(len(frame), 3, dtype=np.uint8)
    return np.asarray(frame["reporter"].map(REPORTERS).fillna(3).to_numpy(dtype=np.uint8))


def spell_years(frame: pd.DataFrame, years: IntVector) -> tuple[np.ndarray, np.ndarray]:
    """First and last year of every row; an open spell begins or ends with the observed years."""
    if "year" in frame.columns:
        year = frame["year"].to_numpy(dtype=np.int16)
        return year, year.copy()
    start = calendar_years(frame["valid_from"]).fillna(int(years[0]))
    end = calendar_years(frame["valid_to"]).fillna(int(years[-1]))
    return start.to_numpy(dtype=np.int16), end.to_numpy(dtype=np.int16)


def _edges(frame: pd.DataFrame, firms: np.ndarray, years: IntVector, weight: np.ndarray) -> Edges:
    start, end = spell_years(frame, years)
    return Edges(
        codes_in(firms, frame["supplier_id"].to_numpy(dtype=object)),
        codes_in(firms, frame["customer_id"].to_numpy(dtype=object)),
        start,
        end,
        weight,
        reporter_codes(frame),
    )


def _flat(edges: Edges) -> Edges:
    """The links with weight one: a link named twice exists once."""
    ones = np.ones(len(edges))
    return Edges(edges.src, edges.dst, edges.start, edges.end, ones, edges.reporter)


def _arrive(present: np.ndarray, years: IntVector, edges: Edges) -> None:
    """A firm with a link in a year exists in that year."""
    for column, year in enumerate(years):
        alive = (edges.start <= year) & (edges.end >= year)
        present[edges.src[alive], column] = True
        present[edges.dst[alive], column] = True


def _refuse_empty(edges: Edges, name: str) -> None:
    if not len(edges):
        raise DataError(
            f"Expected at least one link in {name!r}.",
            "Found none after matching ends and reports.",
            "Check the identifiers and the weights: a weight of zero everywhere is no network.",
        )


def _cap_note(tables: Tables, cap: int | None) -> tuple[str, ...]:
    limit = cap if cap is not None else tables.declared.get("partner_cap")
    if limit is None:
        return ()
    flags = cap_bound(tables, int(str(limit)))
    bound = int(flags["bound"].sum())
    return (f"{bound:,} of {len(flags):,} lists of partners are full at {limit}",)


def cap_bound(tables: Tables, cap: int = 24) -> pd.DataFrame:
    """Which lists of partners are full, and so may hide further partners.

    Parameters
    ----------
    tables : Tables
        ``supply_links`` with ``year`` or spells; ``reporter`` tells whose list a link is on.
    cap : int
        Most partners that a list can hold.

    Returns
    -------
    DataFrame
        Columns firm_id, year, side (``customers`` or ``suppliers``), listed, bound: one row per
        list with at least one partner.
    """
    frame = tables["supply_links"]
    if "year" not in frame.columns:
        frame = _yearly_rows(tables, frame)
    code = reporter_codes(frame)
    lists = []
    for side, own, mask in (("customers", "supplier_id", 1), ("suppliers", "customer_id", 2)):
        named = frame[(code & mask) > 0]
        counts = named.groupby([own, "year"], sort=True).size().reset_index(name="listed")
        counts.insert(2, "side", side)
        lists.append(counts.rename(columns={own: "firm_id"}))
    flags = pd.concat(lists, ignore_index=True)
    return flags.assign(bound=flags["listed"] >= cap)


def _yearly_rows(tables: Tables, frame: pd.DataFrame) -> pd.DataFrame:
    years = _years(tables, frame)
    start, end = spell_years(frame, years)
    start, end = np.maximum(start, years[0]), np.minimum(end, years[-1])
    length = np.maximum(end.astype(np.int64) - start + 1, 0)
    row = np.repeat(np.arange(len(frame)), length)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
    return frame.iloc[row].assign(year=start[row] + offset)
