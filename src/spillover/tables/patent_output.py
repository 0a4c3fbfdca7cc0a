"""PatentOutput: patents of firms by year, filed alone or jointly, weighted by citations or not."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from spillover.errors import DataError
from spillover.specs import Spec
from spillover.tables.panel import Panel
from spillover.tables.tables import Tables
from spillover.typing import FloatVector

SUBCLASS = 4
"""Characters of a class within which citations are compared: H01L."""


@dataclass(frozen=True, slots=True)
class PatentOutput(Spec):
    """Patents that a firm files in a year, every applicant of a joint filing counting it once.

    A patent that is filed ``alone`` names one applicant of any kind: what a firm can do by itself
    is told apart from credit that it shares. A firm without a patent in a year that the table
    covers has zero.

    Examples
    --------
    >>> PatentOutput(filed="alone", counts="citations").filed
    'alone'
    """

    filed: Literal["all", "alone", "jointly"] = "all"
    """Which filings count: all, those of one applicant, or those of several."""

    counts: Literal["patents", "citations", "relative_citations"] = "patents"
    """What is added up: patents, citations received, or citations over their mean among patents
    of the same class and filing year."""

    type: Literal["PatentOutput"] = field(default="PatentOutput", kw_only=True, repr=False)

    def on(self, tables: Tables, panel: Panel) -> FloatVector:
        """(n,) patents of each firm-year of a panel; NaN in years without any filing.

        Parameters
        ----------
        tables : Tables
            ``patents`` and ``applicants``.
        panel : Panel
            Firm-years.

        Raises
        ------
        DataError
            No filing of a firm is left, or citations are not there.
        """
        documents = self._documents(tables)
        applicants = tables["applicants"][["patent_id", "firm_id"]].dropna().drop_duplicates()
        rows = applicants.merge(documents, on="patent_id")
        if rows.empty:
            raise DataError(
                f"Expected patents of firms filed {self.filed}.",
                "Found none.",
                "Check that applicants are matched to firms and that patents are dated.",
            )
        sums = rows.groupby(["firm_id", "year"])["value"].sum()
        keys = pd.MultiIndex.from_arrays([panel.units[panel.codes], panel.years])
        counted = sums.reindex(keys).fillna(0.0).to_numpy(dtype=np.float64)
        covered = tables["patents"]["filing_year"].dropna().to_numpy(dtype=np.int64)
        return np.where(np.isin(panel.years, covered), counted, np.nan)

    def _documents(self, tables: Tables) -> pd.DataFrame:
        """Patents that count, with their year and what they add."""
        patents = tables["patents"]
        team = tables["applicants"].groupby("patent_id")["applicant_seq"].nunique()
        size = patents["patent_id"].map(team).fillna(0).to_numpy(dtype=np.float64)
        found = pd.DataFrame(
            {
                "patent_id": patents["patent_id"],
                "year": patents["filing_year"],
                "value": self._value(patents),
            }
        )
        kept = {"all": size > 0, "alone": size == 1, "jointly": size > 1}[self.filed]
        dated: pd.DataFrame = found.loc[kept & found["year"].notna().to_numpy(dtype=bool)]
        return dated.assign(year=dated["year"].to_numpy(dtype=np.int64))

    def _value(self, patents: pd.DataFrame) -> FloatVector:
        if self.counts == "patents":
            return np.ones(len(patents))
        if "citations_received" not in patents.columns:
            raise DataError(
                f"Expected citations_received in patents for counts = {self.counts!r}.",
                "Found no such column.",
                'Bring citations, or write counts = "patents".',
            )
        cited = patents["citations_received"].astype("Float64").fillna(0.0)
        if self.counts == "relative_citations":
            label = patents["main_class"].astype("string").str.strip().str.slice(0, SUBCLASS)
            mean = cited.groupby([label.fillna(""), patents["filing_year"]]).transform("mean")
            cited = (cited / mean.where(mean > 0, 1.0)).fillna(0.0)
        return np.asarray(cited.to_numpy(dtype=np.float64))
