"""JointPatents: firms that file patents together, counted within a rolling window."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field
from scipy import sparse

from spillover.errors import DataError, SpecificationError, first_cases
from spillover.networks.axes import axes
from spillover.networks.build import Frame, joined_spells
from spillover.networks.edges import from_years
from spillover.networks.network import Network, codes_in
from spillover.numerics.cooccurrence import cooccurrence
from spillover.specs import NonEmpty, Spec
from spillover.tables.tables import Tables
from spillover.typing import IntVector

Kind = Literal["firm", "person", "university", "public_institute", "government", "other"]

PRUNED = 1e-6
"""Decayed weights below this are dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class _Filings:
    """Applicants of documents as codes."""

    document: IntVector
    """(m,) code of the document, in sorted order of identifiers."""

    code: IntVector
    """(m,) code of the applicant."""

    year: IntVector
    """(m,) filing year."""


@dataclass(frozen=True, slots=True)
class JointPatents(Spec):
    """Joint filings as a symmetric network: sum over documents of a weight for each pair.

    Applicants of other kinds leave a document, and members of one group are put together, before
    its applicants are counted; otherwise filings inside a group, or of a firm with its own
    inventors, would look like collaboration.

    References
    ----------
    Newman (2001), Physical Review E 64, 016132, equation 2: 1/(k-1) for a document of k.

    Examples
    --------
    >>> JointPatents(window=3).counting
    'newman'
    """

    counting: Literal["newman", "full", "fractional"] = "newman"
    """Weight of a pair in a document of k applicants: 1/(k-1), 1 or 1/k."""

    window: Annotated[int, Field(ge=1)] | None = 5
    """Filing years that a link looks back, the own year included; ``None`` with ``decay``."""

    decay: Annotated[float, Field(ge=0, le=1)] | None = None
    """Yearly loss of weight of a joint filing, instead of a window."""

    kinds: tuple[Kind, ...] = ("firm",)
    """Kinds of applicants that stay."""

    unit: NonEmpty = "firm_id"
    """Column of ``applicants`` that tells applicants apart: ``firm_id`` or ``applicant_name``."""

    consolidate_groups: bool = True
    """Whether members of one known business group count as one applicant of a document; no link
    stays within a group, and the members that filed share the weight of the group."""

    max_applicants: Annotated[int, Field(ge=2)] | None = None
    """Documents with more applicants are left out; none by default."""

    type: Literal["JointPatents"] = field(default="JointPatents", kw_only=True, repr=False)

    def rules(self) -> None:
        """Ask for a window or a decay, not both."""
        if (self.window is None) == (self.decay is None):
            raise SpecificationError(
                "JointPatents: expected a window or a decay.",
                f"Found window = {self.window} and decay = {self.decay}.",
                "Write window=None with a decay.",
            )

    def build(self, tables: Tables, name: str) -> Network:
        """The joint-patent network of the tables.

        Raises
        ------
        DataError
            No applicant is left, or no document has two.
        """
        rows, notes = _applicants(tables, self)
        years = np.arange(rows["year"].min(), rows["year"].max() + 1, dtype=np.int32)
        base = _axes(tables, rows, years, self.unit)
        filings, lost = _as_codes(rows, base)
        yearly = [self._year(filings, base, int(year)) for year in years]
        carried = self._windowed(yearly) if self.decay is None else self._decayed(yearly)
        edges = joined_spells(from_years(carried, years))
        if not len(edges):
            raise DataError(
                "Expected a document with two applicants.",
                f"Found none among {rows['patent_id'].nunique():,} documents.",
                "Check the kinds of applicants and the column that identifies them.",
            )
        return base.network(
            name, edges, (*notes, *lost, *self._short_windows(years)), directed=False
        )

    def _year(self, filings: "_Filings", base: Frame, year: int) -> sparse.csr_array:
        """Weights of the filings of one year."""
        rows = filings.year == year
        group = None
        if self.consolidate_groups and "group_id" in base.attributes:
            groups = base.attributes["group_id"]
            group = groups if groups.ndim == 1 else groups[:, int(year - base.years[0])]
        return cooccurrence(
            filings.document[rows], filings.code[rows], len(base.firms), self.counting, group
        )

    def _short_windows(self, years: IntVector) -> tuple[str, ...]:
        """Years whose links look back less than the window because filings begin later."""
        if self.window in (None, 1):
            return ()
        last = min(int(years[0]) + int(self.window or 1) - 2, int(years[-1]))
        return (f"links up to {last} look back less than {self.window} years",)

    def _windowed(self, yearly: list[sparse.csr_array]) -> list[sparse.csr_array]:
        span = self.window if self.window is not None else len(yearly)
        first = [max(0, t - span + 1) for t in range(len(yearly))]
        return [sum(yearly[a + 1 : t + 1], yearly[a]) for t, a in enumerate(first)]

    def _decayed(self, yearly: list[sparse.csr_array]) -> list[sparse.csr_array]:
        kept = 1.0 - (self.decay or 0.0)
        carried = [yearly[0]]
        for flow in yearly[1:]:
            stock = carried[-1] * kept + flow
            stock.data[stock.data < PRUNED] = 0.0
            stock.eliminate_zeros()
            carried.append(stock)
        return carried


def _applicants(tables: Tables, spec: JointPatents) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows of document, applicant and year, each pair once, and what left."""
    frame = tables["applicants"]
    if spec.unit not in frame.columns:
        raise DataError(
            f"Expected a column {spec.unit!r} in applicants.",
            f"Found {first_cases(frame.columns, 8)}.",
            'Match applicants to firms first, or set unit = "applicant_name".',
        )
    notes = []
    if "applicant_kind" in frame.columns:
        other = frame["applicant_kind"].notna() & ~frame["applicant_kind"].isin(spec.kinds)
        if other.any():
            notes.append(f"left out {int(other.sum()):,} applicants of other kinds")
        frame = frame[~other]
    if "role" in frame.columns:
        later = (frame["role"] == "right_holder").to_numpy(dtype=bool, na_value=False)
        if later.any():
            notes.append(f"left out {int(later.sum()):,} right holders who did not file")
        frame = frame[~later]
    named = frame[spec.unit].notna() & (frame[spec.unit].astype("string").str.strip() != "")
    if not named.all():
        notes.append(f"left out {int((~named).sum()):,} applicants without {spec.unit}")
    rows = frame.loc[named, ["patent_id", spec.unit]].rename(columns={spec.unit: "unit"})
    rows = rows.drop_duplicates().merge(_filing_years(tables), on="patent_id", how="inner")
    rows = _small_teams(rows, spec.max_applicants, notes)
    if rows.empty:
        raise DataError(
            "Expected applicants of dated patents.",
            f"Found none of the kinds {', '.join(spec.kinds)}.",
            "Check applicant_kind, and that patents and applicants use the same patent_id.",
        )
    return rows, tuple(notes)


def _as_codes(rows: pd.DataFrame, base: Frame) -> tuple[_Filings, tuple[str, ...]]:
    code = codes_in(base.firms, rows["unit"])
    known = code >= 0
    document = pd.factorize(rows["patent_id"], sort=True)[0]
    filings = _Filings(document[known], code[known], rows["year"].to_numpy(dtype=np.int32)[known])
    lost = int((~known).sum())
    return filings, (f"left out {lost:,} applicants that are not in firms",) if lost else ()


def _small_teams(rows: pd.DataFrame, most: int | None, notes: list[str]) -> pd.DataFrame:
    size = rows.groupby("patent_id")["unit"].transform("size")
    crowded = rows.loc[size > 20, "patent_id"].nunique()
    if crowded:
        notes.append(f"{crowded:,} documents have more than 20 applicants")
    if most is None:
        return rows
    lost = rows.loc[size > most, "patent_id"].nunique()
    if lost:
        notes.append(f"left out {lost:,} documents with more than {most} applicants")
    return rows[size <= most]


def _filing_years(tables: Tables) -> pd.DataFrame:
    patents = tables["patents"]
    if "filing_year" in patents.columns:
        year = patents["filing_year"]
    else:
        year = pd.to_datetime(patents["filing_date"], errors="coerce").dt.year
    dated = pd.DataFrame({"patent_id": patents["patent_id"], "year": year}).dropna()
    return dated.astype({"year": np.int32}).drop_duplicates("patent_id")


def _axes(tables: Tables, rows: pd.DataFrame, years: IntVector, unit: str) -> Frame:
    if unit == "firm_id":
        return axes(tables, years, rows["unit"].to_numpy(dtype=object))
    names = np.sort(rows["unit"].unique().astype(str)).astype(object)
    return Frame(names, years, np.ones((len(names), len(years)), dtype=bool), {})
