"""IndustryFlows: input-output tables as networks of industries."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from spillover.errors import DataError, SpecificationError, first_cases, unknown_name
from spillover.networks.build import Frame, clean, joined_spells
from spillover.networks.edges import Edges
from spillover.networks.network import Network, codes_in
from spillover.specs import NonEmpty, Share, Spec
from spillover.tables.tables import Tables
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True)
class IndustryFlows(Spec):
    """Deliveries between industries: the seller is the supplier, the buyer the customer.

    The network also carries, as ``totals``, the ``output`` of industries (all deliveries, final
    demand included), their ``inputs`` (all purchases from industries, imports included where the
    table has them) and what they deliver to themselves (``own``), which no link can show.

    Examples
    --------
    >>> IndustryFlows().origin
    'domestic'
    """

    table_id: NonEmpty | None = None
    """Which table, when there are several."""

    origin: Literal["domestic", "total"] = "domestic"
    """Only goods made at home, or imports as well: customers that buy abroad do not buy from
    local suppliers."""

    tolerance: Share = 0.05
    """Greatest gap between output and the deliveries that should add up to it."""

    type: Literal["IndustryFlows"] = field(default="IndustryFlows", kw_only=True, repr=False)

    def build(self, tables: Tables, name: str) -> Network:
        """The network of industries.

        Raises
        ------
        DataError
            A flow is unknown or one between industries negative, or deliveries do not add up to
            output, as in a table whose rows and columns were exchanged.
        """
        table = _chosen(tables["industry_flows"], self.table_id)
        _refuse_unknown(table)
        rows = _of_origin(table, self.origin)
        is_input = _kind(rows, "from_kind", "industry")
        flows = rows[is_input & _kind(rows, "to_kind", "industry")]
        _refuse_negative(flows)
        codes = (_text(rows[is_input], "from_code"), _text(flows, "to_code"))
        industries = np.unique(np.concatenate(codes)).astype(object)
        years = np.unique(rows["year"].to_numpy(dtype=np.int32))
        sums = _Sums(industries, years)
        margins = _Margins(
            sums.of(flows, "from_code"),
            sums.of(flows, "to_code"),
            sums.of(rows[is_input & _kind(rows, "to_kind", "final_demand")], "from_code"),
            sums.of(rows[is_input & _kind(rows, "to_kind", "total_output")], "from_code"),
            sums.of(rows[_kind(rows, "from_kind", "value_added")], "to_code"),
        )
        output, notes = _output(margins, self.tolerance)
        _refuse_less_than_nothing(output, industries)
        within = flows["from_code"].to_numpy(dtype=object) == flows["to_code"].to_numpy(
            dtype=object
        )
        network = _network(name, industries, years, flows[~within])
        totals = {
            "output": output,
            "inputs": sums.of(_inputs(table), "to_code"),
            "own": sums.of(flows[within], "from_code"),
        }
        return replace(network, totals=totals, notes=(*network.notes, *notes))


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Sums of flows by industry and year."""

    industries: np.ndarray
    """(S,) sorted codes."""

    years: IntVector
    """(T,) years."""

    def of(self, rows: pd.DataFrame, side: str) -> FloatMatrix:
        """(S, T) sums over the rows in which an industry stands on one side."""
        result = np.zeros((len(self.industries), len(self.years)))
        row = codes_in(self.industries, _text(rows, side))
        column = np.searchsorted(self.years, rows["year"].to_numpy(dtype=np.int32))
        known = row >= 0
        flow = rows["flow"].to_numpy(dtype=np.float64)
        np.add.at(result, (row[known], column[known]), flow[known])
        return result


@dataclass(frozen=True, slots=True, eq=False)
class _Margins:
    """Sums of a table by industry and year, (S, T) each."""

    sold: FloatMatrix
    """Deliveries to industries."""

    bought: FloatMatrix
    """Purchases from industries."""

    final: FloatMatrix
    """Deliveries to final demand."""

    stated: FloatMatrix
    """Output as the table states it; zero where it does not."""

    added: FloatMatrix
    """Value added."""


def _text(rows: pd.DataFrame, name: str) -> np.ndarray:
    return rows[name].to_numpy(dtype=object).astype(str)


def _chosen(frame: pd.DataFrame, table_id: str | None) -> pd.DataFrame:
    if "table_id" not in frame.columns:
        return frame
    known = sorted(frame["table_id"].dropna().unique())
    if table_id is None and len(known) > 1:
        raise SpecificationError(
            "Expected one input-output table.",
            f"Found {len(known)} ({first_cases(known)}).",
            f'Choose one, for example IndustryFlows(table_id="{known[0]}").',
        )
    if table_id is not None and table_id not in known:
        raise SpecificationError(
            f"Expected an input-output table {table_id!r}.",
            f"Found {first_cases(known)}.",
            "Check table_id in industry_flows.",
        )
    return frame if table_id is None else frame[frame["table_id"] == table_id]


def _of_origin(frame: pd.DataFrame, origin: str) -> pd.DataFrame:
    """Rows of goods made at home, or of goods from everywhere, each flow once."""
    if "origin" not in frame.columns or frame["origin"].isna().all():
        if origin == "total":
            return frame
        raise DataError(
            "Expected a column origin in industry_flows to tell domestic goods from imports.",
            "Found none.",
            'Bring the domestic table, or write origin = "total" to say that imports count.',
        )
    made = frame["origin"].fillna("").to_numpy(dtype=object)
    other = ~_kind(frame, "from_kind", "industry") | _kind(frame, "to_kind", "total_output")
    if origin == "domestic":
        return frame[np.asarray((made == "domestic") | other, dtype=bool)]
    cells = ["year", "from_code", "to_code"]
    whole = pd.MultiIndex.from_frame(frame.loc[made == "total", cells])
    covered = pd.MultiIndex.from_frame(frame[cells]).isin(whole)
    return frame[np.asarray((made == "total") | ~covered | other, dtype=bool)]


def _inputs(table: pd.DataFrame) -> pd.DataFrame:
    """Flows between industries from everywhere."""
    rows = _of_origin(table, "total")
    return rows[_kind(rows, "from_kind", "industry") & _kind(rows, "to_kind", "industry")]


def _kind(rows: pd.DataFrame, column: str, kind: str) -> BoolVector:
    """Rows of a kind; without the column every code is an industry."""
    if column not in rows.columns:
        return np.full(len(rows), kind == "industry")
    return np.asarray(rows[column].fillna("industry").to_numpy(dtype=object) == kind)


def _refuse_unknown(table: pd.DataFrame) -> None:
    """Refuse rows that say not who delivers, who receives, when or how much."""
    needed = ("year", "from_code", "to_code", "flow")
    for name in needed:
        if name not in table.columns:
            known = [str(column) for column in table.columns]
            raise unknown_name("column of industry_flows", name, known)
    flow = table["flow"].to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = table[list(needed[:3])].isna().any(axis=1).to_numpy() | ~np.isfinite(flow)
    if wrong.any():
        raise DataError(
            "Expected year, from_code, to_code and a finite flow in every row of industry_flows.",
            f"Found {int(wrong.sum()):,} rows without "
            f"(rows {first_cases(np.flatnonzero(wrong)[:4] + 1)}).",
            "Write 0 for what is not delivered, and remove rows that are not known.",
        )


def _refuse_negative(flows: pd.DataFrame) -> None:
    wrong = flows[flows["flow"].to_numpy(dtype=np.float64) < 0]
    if len(wrong):
        cases = [f"{a} to {b}" for a, b in zip(wrong["from_code"], wrong["to_code"], strict=True)]
        raise DataError(
            "Expected flows between industries of zero or more.",
            f"Found {len(wrong):,} below zero ({first_cases(cases)}).",
            "Move scrap and by-products to the industry that makes them.",
        )


def _refuse_less_than_nothing(output: FloatMatrix, industries: np.ndarray) -> None:
    wrong = industries[(output < 0).any(axis=1)]
    if len(wrong):
        raise DataError(
            "Expected outputs of zero or more.",
            f"Found less in {len(wrong):,} industries ({first_cases(wrong[:4])}).",
            "Check the signs of final demand: only changes of inventories can be negative.",
        )


def _output(margins: "_Margins", tolerance: float) -> tuple[FloatMatrix, tuple[str, ...]]:
    """Output of industries, and what the accounting identities say."""
    delivered = margins.sold + margins.final
    turned = margins.bought + margins.final
    if margins.stated.any():
        gap = _refuse_transposed((margins.stated, delivered), (margins.stated, turned), tolerance)
        if gap > tolerance:
            return margins.stated, (f"deliveries miss the stated output by {100 * gap:.1f} %",)
        return margins.stated, ()
    if not margins.final.any():
        return delivered, ("no final demand: output is what industries deliver to each other",)
    if margins.added.any():
        made, made_turned = margins.bought + margins.added, margins.sold + margins.added
        _refuse_transposed((made, delivered), (made_turned, turned), tolerance)
        return delivered, ()
    unsure = "neither output nor value added is stated: that from_code delivers is not checked"
    return delivered, (unsure,)


def _refuse_transposed(
    stands: tuple[FloatMatrix, FloatMatrix],
    turned: tuple[FloatMatrix, FloatMatrix],
    tolerance: float,
) -> float:
    """The gap in the identity as the table stands, unless it closes when a year is turned."""
    gap, other = (_gaps(*pair) for pair in (stands, turned))
    wrong = np.flatnonzero((gap > tolerance) & (other < gap / 10))
    if len(wrong):
        at = wrong[0]
        raise DataError(
            "Expected deliveries of each industry to add up to its output.",
            f"Found a gap of {100 * gap[at]:.0f} % as the table stands and of "
            f"{100 * other[at]:.1g} % with rows and columns exchanged, in {len(wrong)} of "
            f"{len(gap)} years.",
            "Exchange from_code and to_code of the flows between industries: from delivers, "
            "to receives.",
        )
    return float(gap.max(initial=0.0))


def _gaps(first: FloatMatrix, second: FloatMatrix) -> FloatVector:
    """(T,) gap of each year relative to the first side."""
    whole = np.abs(first).sum(axis=0)
    return np.asarray(np.abs(first - second).sum(axis=0) / np.where(whole > 0, whole, 1.0))


def _network(name: str, industries: np.ndarray, years: IntVector, flows: pd.DataFrame) -> Network:
    year = flows["year"].to_numpy(dtype=np.int16)
    edges = Edges(
        codes_in(industries, _text(flows, "from_code")),
        codes_in(industries, _text(flows, "to_code")),
        year,
        year.copy(),
        flows["flow"].to_numpy(dtype=np.float64, copy=True),
        np.full(len(flows), 3, dtype=np.uint8),
    )
    edges, notes = clean(edges, len(industries))
    present = np.ones((len(industries), len(years)), dtype=bool)
    frame = Frame(industries, years, present, {})
    return frame.network(name, joined_spells(edges), notes)
