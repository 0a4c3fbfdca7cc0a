"""Portfolio: what each firm does, as counts over classes of technology or products."""

from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from scipy import sparse

from spillover.errors import DataError, first_cases, unknown_name
from spillover.networks.groups import group_codes
from spillover.networks.network import codes_in
from spillover.numerics.csr import row_normalized, row_sums
from spillover.specs import Spec
from spillover.tables.tables import Tables
from spillover.typing import BoolVector, IntVector, TextVector

_CHARACTERS = {"section": 1, "class": 3, "subclass": 4, "group": None}


@dataclass(frozen=True, slots=True, eq=False)
class Portfolio:
    """Counts of firms over classes, fixed for a window of years."""

    name: str
    """What is counted."""

    firms: TextVector
    """(N,) sorted identifiers."""

    classes: TextVector
    """(C,) sorted classes that some firm has."""

    counts: sparse.csr_array
    """(N, C) counts or amounts; an empty row is a firm without any."""

    group: IntVector
    """(N,) business group; -1 where unknown."""

    notes: tuple[str, ...] = ()
    """What was left out."""

    @property
    def shares(self) -> sparse.csr_array:
        """(N, C) rows that sum to one, or to zero for firms without any."""
        return row_normalized(self.counts)

    @property
    def empty(self) -> BoolVector:
        """(N,) whether the firm has nothing in any class."""
        return np.asarray(row_sums(self.counts) == 0.0)

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        category: str,
        amount: str | None = None,
        *,
        unit: str = "firm_id",
        group: str | None = None,
        firms: TextVector | None = None,
    ) -> Self:
        """A portfolio from a long table.

        Parameters
        ----------
        frame : DataFrame
            One row per firm and class, or several that are added.
        category : str
            Column of classes: products, patent classes.
        amount : str, optional
            Column of amounts such as sales; rows are counted without it.
        unit : str
            Column of firms.
        group : str, optional
            Column of business groups.
        firms : (N,), optional
            All firms, those without a row included.

        Raises
        ------
        DataError
            An amount is negative or infinite.

        Examples
        --------
        >>> rows = pd.DataFrame({"firm_id": ["a", "a", "b"], "ipc": ["H01L", "G06F", "H01L"]})
        >>> Portfolio.of(rows, "ipc").shares.toarray()
        array([[0.5, 0.5],
               [0. , 1. ]])
        """
        columns = [unit, category, *(name for name in (amount, group) if name is not None)]
        for name in columns:
            if name not in frame.columns:
                raise unknown_name("column", name, [str(column) for column in frame.columns])
        rows = frame[columns].dropna(subset=columns[: 2 + (amount is not None)])
        size = np.ones(len(rows)) if amount is None else rows[amount].to_numpy(dtype=np.float64)
        wrong = (size < 0) | np.isinf(size)
        if wrong.any():
            raise DataError(
                f"Expected finite {amount} of zero or more.",
                f"Found {int(wrong.sum()):,} rows below zero or infinite "
                f"({first_cases(rows.loc[wrong, unit].head(4))}).",
                "Net corrections against the amounts they belong to.",
            )
        everyone = rows[unit].unique() if firms is None else firms
        names = np.sort(np.asarray(everyone, dtype=object).astype(str)).astype(object)
        classes = np.unique(rows[category].to_numpy(dtype=object).astype(str)).astype(object)
        place = (codes_in(names, rows[unit]), codes_in(classes, rows[category].astype(str)))
        inside = place[0] >= 0
        counts = sparse.coo_array(
            (size[inside], (place[0][inside], place[1][inside])), (len(names), len(classes))
        ).tocsr()
        groups = np.full(len(names), -1, dtype=np.int32)
        if group is not None:
            groups[place[0][inside]] = pd.factorize(rows[group], sort=True)[0][inside]
        lost = len(frame) - int(inside.sum())
        notes = (f"left out {lost:,} rows without a firm or class",) if lost else ()
        return cls(category, names, classes, sparse.csr_array(counts), groups, notes)


@dataclass(frozen=True, slots=True)
class PatentClasses(Spec):
    """Patents of firms by class of technology, filed in a window before the outcome.

    Portfolios that follow the outcome year by year respond to it; a window that ends before the
    first year of the sample does not.

    Examples
    --------
    >>> PatentClasses(first=1995, last=2004).level
    'subclass'
    """

    first: int | None = None
    """First filing year; the first one that there is by default."""

    last: int | None = None
    """Last filing year; the last one that there is by default."""

    level: Literal["section", "class", "subclass", "group"] = "subclass"
    """How much of ``main_class`` tells classes apart: H, H01, H01L or everything."""

    type: Literal["PatentClasses"] = field(default="PatentClasses", kw_only=True, repr=False)


def within_window(
    year: "pd.Series[Any]", first: int | None = None, last: int | None = None
) -> BoolVector:
    """(n,) which known years lie in a window; ``None`` leaves an end open.

    Parameters
    ----------
    year : (n,)
        Calendar years.
    first, last : int, optional
        Ends of the window, both inclusive.
    """
    values = year.to_numpy(dtype=np.float64, na_value=np.nan)
    low = -np.inf if first is None else first
    high = np.inf if last is None else last
    return np.asarray((values >= low) & (values <= high))


def portfolio(tables: Tables, spec: PatentClasses) -> Portfolio:
    """The patent portfolios of all firms; each applicant of a joint filing counts it once.

    Parameters
    ----------
    tables : Tables
        ``patents`` with main_class and filing_year, ``applicants`` with firm_id.
    spec : PatentClasses
        Window and level.

    Raises
    ------
    DataError
        No patent of a firm was filed in the window.
    """
    patents = tables["patents"]
    year = patents["filing_year"]
    filed = within_window(year, spec.first, spec.last)
    label = patents["main_class"].astype("string").str.strip().str.slice(0, _CHARACTERS[spec.level])
    classed = pd.DataFrame({"patent_id": patents["patent_id"], "main_class": label})
    classed = classed[filed].dropna()
    applicants = tables["applicants"][["patent_id", "firm_id"]].dropna().drop_duplicates()
    rows = applicants.merge(classed.drop_duplicates("patent_id"), on="patent_id")
    if rows.empty:
        raise DataError(
            "Expected patents of firms in the window.",
            f"Found none among {len(patents):,} (years {first_cases(sorted(set(year.dropna())))}).",
            "Check the window, main_class, and that applicants are matched to firms.",
        )
    firms = tables.firms["firm_id"].to_numpy(dtype=object) if "firms" in tables else None
    result = Portfolio.of(rows, "main_class", firms=firms)
    years = np.array([spec.last if spec.last is not None else int(year.max())], dtype=np.int32)
    codes = group_codes(tables, result.firms, years)
    if codes is None:
        return result
    group = codes if codes.ndim == 1 else codes[:, 0]
    return Portfolio("patents", result.firms, result.classes, result.counts, group, result.notes)
