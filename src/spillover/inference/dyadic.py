"""Rows are pairs of firms; two rows may be dependent when they share a firm."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from scipy import sparse

from spillover.errors import (
    DataError,
    IdentificationError,
    SpecificationError,
    first_cases,
    unknown_name,
)
from spillover.inference.dependence import Dependence, Part
from spillover.inference.serial import periods
from spillover.numerics.overlap import Overlap
from spillover.numerics.pairs import UnitTime
from spillover.sample import Sample
from spillover.specs import Count, NonEmpty
from spillover.tables.sorts import without_blanks
from spillover.typing import FloatMatrix, IntVector, SmallSample

FEW_FIRMS = 30
"""Number of firms below which dyadic errors rest on too few independent pieces."""


@dataclass(frozen=True, slots=True)
class Dyadic(Dependence):
    """Rows are pairs of firms and may be dependent when they share one (Fafchamps and Gubert 2007).

    The sum over all such pairs of rows is U'U - P'P, where U sums scores by firm over all rows the
    firm is part of and P sums them by unordered pair: rows of one pair are in U'U twice. Direction
    does not matter. Clustering by both firms is not the same: it misses a firm that is first in
    one row and second in another.

    References
    ----------
    Aronow, Samii and Assenova (2015), equation 8; Cameron and Miller (2014).

    Examples
    --------
    >>> Dyadic("supplier_id", "customer_id").form
    'exact'
    """

    first: NonEmpty
    """Column of one firm of the pair."""

    second: NonEmpty
    """Column of the other firm, with identifiers of the same kind."""

    lags: Count | None = None
    """Greatest distance in calendar years between dependent rows; ``None`` allows any."""

    form: Literal["exact", "jackknife"] = "exact"
    """``jackknife`` leaves P'P in: positive semidefinite and conservative, not for unions."""

    small_sample: SmallSample = "fixest"
    """``none`` means the normal distribution, every other rule t with N - 1 degrees of freedom
    for N firms; the factor is one in either case."""

    type: Literal["Dyadic"] = field(default="Dyadic", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse a pair of one column with itself."""
        if self.first == self.second:
            raise SpecificationError(
                "Dyadic: expected the columns of two firms.",
                f"Found {self.first!r} twice.",
                "Name the columns of both firms of a pair, or use Cluster for one.",
            )

    def columns(self) -> tuple[str, ...]:
        """The two firms of the pair."""
        return (self.first, self.second)

    def bind(self, sample: Sample) -> Part:
        """Pairs that share a firm, times a kernel between periods.

        Raises
        ------
        IdentificationError
            A firm is missing, or there are fewer than three.
        DataError
            The two columns hold different kinds of identifiers.
        """
        ends, firms = self._ends(sample)
        pair, shared = sharing(ends, firms)
        years, time = periods(sample)
        kernel = UnitTime(Overlap(shared, self.form == "exact"), self._periods(years), pair, time)
        note = f"{len(sample):,} rows, {shared.shape[0]:,} pairs, {firms:,} firms"
        few = f"only {firms} firms: dyadic errors need about {FEW_FIRMS}"
        return Part(
            kernel,
            "none",
            groups=firms,
            label=self._label(),
            notes=(note,),
            warnings=(few,) if firms < FEW_FIRMS else (),
        )

    def _periods(self, years: IntVector) -> FloatMatrix:
        apart = np.abs(np.subtract.outer(years, years))
        return np.asarray(apart <= (np.inf if self.lags is None else self.lags), dtype=np.float64)

    def _ends(self, sample: Sample) -> tuple[IntVector, int]:
        """(2, n) codes of both firms from one list, and its length."""
        columns = [_column(sample, name) for name in (self.first, self.second)]
        kinds = [is_numeric_dtype(column) for column in columns]
        if kinds[0] != kinds[1]:
            raise DataError(
                f"Expected identifiers of one kind in {self.first} and {self.second}.",
                "Found numbers and text, which never name the same firm.",
                "Read both columns as text.",
            )
        firms = without_blanks(pd.concat(columns, ignore_index=True))
        codes, known = pd.factorize(firms, sort=False)
        if (codes < 0).any():
            missing = np.flatnonzero((codes < 0).reshape(2, -1).any(axis=0))
            raise IdentificationError(
                f"Expected {self.first} and {self.second} in every row.",
                f"Found {len(missing):,} rows without (rows {first_cases(missing)}).",
                "Fill them or filter these rows, so that the sample flow counts them.",
            )
        if len(known) < 3:
            raise IdentificationError(
                "Expected at least three firms for dyadic errors.",
                f"Found {len(known)}.",
                "Use Heteroskedastic() or Cluster() instead.",
            )
        return codes.reshape(2, -1), len(known)

    def _label(self) -> str:
        years = "" if self.lags is None else f", within {self.lags} years"
        return f"dyadic by {self.first} and {self.second}{years}" + (
            " (jackknife)" if self.form == "jackknife" else ""
        )


def _column(sample: Sample, name: str) -> "pd.Series[Any]":
    frame = sample.panel.frame
    if name not in frame.columns:
        raise unknown_name("column", name, sample.panel.columns)
    return frame[name].iloc[sample.rows]


def sharing(ends: IntVector, firms: int) -> tuple[IntVector, sparse.csr_array]:
    """The unordered pair of each row, and which firms each pair holds.

    Parameters
    ----------
    ends : (2, n)
        Codes of both firms; equal for a firm with itself.
    firms : int
        N.

    Returns
    -------
    pair : (n,)
        Codes 0..D-1 of unordered pairs.
    shared : (D, N)
        Ones at the firms of each pair.
    """
    low, high = np.minimum(*ends), np.maximum(*ends)
    pair, joint = pd.factorize(low * firms + high, sort=False)
    members = np.stack((joint // firms, joint % firms), axis=1)
    listed = np.ones(members.shape, dtype=bool)
    listed[:, 1] = members[:, 0] != members[:, 1]
    bounds = np.concatenate(([0], np.cumsum(listed.sum(axis=1))))
    entries = (np.ones(int(bounds[-1])), members[listed].astype(np.int32), bounds)
    return pair, sparse.csr_array(entries, shape=(len(joint), firms))
