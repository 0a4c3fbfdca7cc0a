"""SupplyLinks: who sells to whom, from snapshots or spells, as reported by either side."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from spillover.errors import DataError, SpecificationError, first_cases
from spillover.networks.axes import axes
from spillover.networks.build import clean, joined_spells
from spillover.networks.checked import outside_years
from spillover.networks.edges import Edges
from spillover.networks.listed import Listed, listed, observed_years
from spillover.networks.network import Network
from spillover.networks.weights import existence_only, weigh
from spillover.specs import Count, Spec
from spillover.tables.tables import Tables
from spillover.typing import IntVector

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
        years = observed_years(tables, frame)
        base = axes(tables, years, None if "firms" in tables else _ends(frame))
        rows, notes = _matched(listed(frame, base.firms, years), frame, self.unmatched)
        rows, fewer = _reported(rows, self.reports)
        weight = weigh(rows, tables, base.firms, self.weight)
        edges = Edges(rows.supplier, rows.customer, rows.start, rows.end, weight, rows.reporter)
        edges, cleaned = clean(edges, len(base.firms))
        if existence_only(rows, self.weight):
            edges = _flat(edges)
        edges = joined_spells(edges, self.allowed_gap, base.years)
        _refuse_empty(edges, name)
        _arrive(base.present, base.years, edges)
        notes = (*notes, *fewer, *cleaned, *outside_years(edges, base.years))
        return base.network(name, edges, (*notes, *_cap_note(tables, self.cap)))


def _ends(frame: pd.DataFrame) -> np.ndarray:
    both = [frame[side].unique() for side in ("supplier_id", "customer_id")]
    return np.concatenate([np.asarray(side, dtype=object) for side in both])


def _matched(rows: Listed, frame: pd.DataFrame, unmatched: str) -> tuple[Listed, tuple[str, ...]]:
    lost = (rows.supplier < 0) | (rows.customer < 0)
    if not lost.any():
        return rows, ()
    count = int(lost.sum())
    if unmatched == "error":
        absent = [frame.loc[rows.supplier < 0, "supplier_id"].unique()[:4]]
        absent += [frame.loc[rows.customer < 0, "customer_id"].unique()[:4]]
        raise DataError(
            "supply_links: expected both ends of every link in firms.",
            f"Found {count:,} of {len(rows):,} rows with another "
            f"({first_cases(dict.fromkeys([*absent[0], *absent[1]]))}).",
            'Add these firms, or set unmatched = "drop"; dropped links are counted.',
        )
    return rows.take(~lost), (f"dropped {count:,} links with an end that is not in firms",)


def _reported(rows: Listed, reports: str) -> tuple[Listed, tuple[str, ...]]:
    if reports == "union":
        return rows, ()
    if not rows.named:
        raise SpecificationError(
            f"Expected a column reporter in supply_links for reports = {reports!r}.",
            "Found none.",
            'Use reports = "union", or keep who reported each link.',
        )
    link, distinct = pd.factorize(rows.links())
    sides = np.zeros(len(distinct), dtype=np.uint8)
    np.bitwise_or.at(sides, link, rows.reporter)
    kept = np.isin(sides[link], _ACCEPTED[reports])
    count = int((~kept).sum())
    return rows.take(kept), (f"left out {count:,} links that {reports} reports do not hold",)


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
    years = observed_years(tables, frame)
    firms = pd.unique(_ends(frame))
    firms = np.sort(firms.astype(str)).astype(object)
    rows = listed(frame, firms, years)
    own, year, side = _yearly_lists(rows, years)
    keys, listing = np.unique(
        (own.astype(np.int64) * 2 + side) * len(years) + year, return_counts=True
    )
    rest, at = np.divmod(keys, len(years))
    code, which = np.divmod(rest, 2)
    flags = pd.DataFrame(
        {
            "firm_id": firms[code],
            "year": years[at],
            "side": np.array(["customers", "suppliers"], dtype=object)[which],
            "listed": listing,
            "bound": listing >= cap,
        }
    )
    return flags.sort_values(["side", "firm_id", "year"], ignore_index=True)


def _yearly_lists(rows: Listed, years: IntVector) -> tuple[IntVector, IntVector, IntVector]:
    """Owner of the list, position of the year and side of every entry of every list."""
    parts = []
    for at, year in enumerate(years):
        alive = (rows.start <= year) & (rows.end >= year)
        for side, (own, mask) in enumerate(((rows.supplier, 1), (rows.customer, 2))):
            owners = own[alive & ((rows.reporter & mask) > 0)]
            parts.append((owners, np.full(len(owners), at), np.full(len(owners), side)))
    owner, place, which = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return owner, place, which
