"""Inputs: logs of output, inputs and proxies on the rows in use, and their pairs of years."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spillover.errors import DataError, IdentificationError
from spillover.expressions import Call, parse
from spillover.numerics.lags import previous
from spillover.productivity.law import LawOfMotion
from spillover.productivity.ledger import Ledger, refuse_infinite, refuse_not_logs
from spillover.tables.evaluate import categories, numbers
from spillover.tables.panel import Panel
from spillover.tables.provenance import Loss
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Named columns on the rows in use."""

    names: tuple[str, ...]
    """Names as the user wrote them."""

    values: FloatMatrix
    """(m, k) values."""

    def take(self, rows: IntVector) -> "Columns":
        """The same columns on some of the rows."""
        return Columns(self.names, self.values[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What an estimator of production functions sees."""

    panel: Panel
    """The panel."""

    rows: IntVector
    """(m,) rows of the panel in use, ascending."""

    label: str
    """Which industry; empty for all rows."""

    y: FloatVector
    """(m,) log output."""

    free: Columns
    """Log inputs chosen in the year itself."""

    state: Columns
    """Log inputs chosen a year earlier."""

    proxy: Columns
    """Log proxies."""

    controls: Columns
    """Controls and dummies of the first stage."""

    shifters: Columns
    """Columns that enter the control function beside states and proxies."""

    losses: tuple[Loss, ...]
    """The ledger of the whole panel."""

    def take(self, at: IntVector, label: str) -> "Inputs":
        """The inputs of some of the rows."""
        names = ("free", "state", "proxy", "controls", "shifters")
        parts = {name: getattr(self, name).take(at) for name in names}
        return replace(self, rows=self.rows[at], y=self.y[at], label=label, **parts)

    @property
    def where(self) -> str:
        """Words for messages: in which industry."""
        return f" in {self.label}" if self.label else ""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Rows in use whose firm is in use a calendar year earlier."""

    now: IntVector
    """(n2,) positions among the rows in use."""

    before: IntVector
    """(n2,) positions of the same firm a calendar year earlier."""

    exposures: FloatMatrix
    """(n2, e) exposures of the law of motion."""

    capacity: FloatMatrix
    """(n2, a) observed capacity."""

    dummies: FloatMatrix
    """(n2, g) dummies of the law of motion, first value left out."""

    dummy_names: tuple[str, ...]
    """g names."""

    lost: int
    """Pairs without a known exposure, capacity or effect."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which expressions play which role."""

    output: str
    """Output."""

    free: tuple[str, ...]
    """Free inputs."""

    state: tuple[str, ...]
    """State inputs."""

    proxy: tuple[str, ...]
    """Proxies."""

    controls: tuple[str, ...] = ()
    """Controls; ``i(column)`` for dummies."""

    shifters: tuple[str, ...] = ()
    """Shifters of the control function."""

    in_logs: bool = False
    """Whether output, inputs and proxies are logs already."""

    drop: bool = False
    """Whether rows without a logarithm are dropped rather than refused."""


def read_inputs(panel: Panel, wanted: Wanted, by: str | None) -> list[Inputs]:
    """Inputs by industry, or of all rows at once.

    Raises
    ------
    DataError
        A value is zero or negative and has no logarithm.
    IdentificationError
        No row is left.
    """
    ledger = Ledger.start(panel)
    logged = (wanted.output, *wanted.free, *wanted.state, *wanted.proxy)
    levels = {text: numbers(text, panel) for text in dict.fromkeys((*logged, *wanted.shifters))}
    controls = [_control(text, panel) for text in wanted.controls]
    for text, values in levels.items():
        refuse_infinite(ledger, values, text)
        ledger = ledger.drop(np.isnan(values), f"missing {text}")
    for text, one in zip(wanted.controls, controls, strict=True):
        refuse_infinite(ledger, one.values.sum(axis=1), text)
        ledger = ledger.drop(_unknown(one.values), f"missing {text}")
    for text in dict.fromkeys(logged):
        if wanted.in_logs:
            refuse_not_logs(ledger, levels[text], text)
        else:
            ledger = _logarithm(ledger, levels[text], text, drop=wanted.drop)
    codes, groups = (np.zeros(len(panel), np.int32), 1) if by is None else categories(by, panel)
    ledger = ledger.drop(codes < 0, f"missing {by}")
    rows = ledger.rows
    if not len(rows):
        raise IdentificationError(
            "Expected a firm-year with output, inputs and proxies.",
            f"Found none of {len(panel):,} ({'; '.join(loss.reason for loss in ledger.losses)}).",
            "Check the columns named in the specification.",
        )
    every = _inputs(panel, rows, levels, wanted, controls, ledger.losses)
    if by is None:
        return [every]
    found = [np.flatnonzero(codes[rows] == g) for g in range(groups)]
    return [every.take(at, _label(panel, by, int(rows[at[0]]))) for at in found if len(at)]


def _inputs(
    panel: Panel,
    rows: IntVector,
    levels: dict[str, FloatVector],
    wanted: Wanted,
    controls: Sequence[Columns],
    losses: tuple[Loss, ...],
) -> Inputs:
    def stack(names: tuple[str, ...], *, logs: bool) -> Columns:
        columns = [levels[name][rows] for name in names]
        values = np.column_stack(columns) if columns else np.zeros((len(rows), 0))
        return Columns(names, np.log(values) if logs else values)

    logs = not wanted.in_logs
    names = tuple(name for one in controls for name in one.names)
    dummies = [one.values[rows] for one in controls]
    return Inputs(
        panel,
        rows,
        "",
        stack((wanted.output,), logs=logs).values[:, 0],
        stack(wanted.free, logs=logs),
        stack(wanted.state, logs=logs),
        stack(wanted.proxy, logs=logs),
        Columns(names, np.column_stack(dummies) if dummies else np.zeros((len(rows), 0))),
        stack(wanted.shifters, logs=False),
        losses,
    )


def _logarithm(ledger: Ledger, values: FloatVector, text: str, *, drop: bool) -> Ledger:
    bad = ledger.kept & ~(values > 0)
    if bad.any() and not drop:
        raise DataError(
            f"Expected positive values of {text}, because logs are taken.",
            f"Found {int(bad.sum()):,} rows that are zero or negative ({ledger.cases(bad)}).",
            'Correct them, set nonpositive = "drop" to leave these rows out and count them, or '
            "in_logs = true when the columns are logs already.",
        )
    return ledger.drop(bad, f"{text} zero or negative")


def _control(text: str, panel: Panel) -> Columns:
    node = parse(text)
    if not (isinstance(node, Call) and node.function == "i"):
        return Columns((text,), numbers(text, panel)[:, None])
    return dummies_of(text, panel, np.arange(len(panel)))


def dummies_of(text: str, panel: Panel, rows: IntVector) -> Columns:
    """Dummies of a column or of columns joined by ``^`` on some rows, first value left out."""
    codes, _ = categories(text, panel)
    values, first, dense = np.unique(codes[rows], return_index=True, return_inverse=True)
    at = np.arange(1, len(values))
    columns = (dense[:, None] == at).astype(np.float64)
    columns[codes[rows] < 0] = np.nan
    name = text.removeprefix("i(").removesuffix(")")
    labels = tuple(f"{name}={_label(panel, name, int(rows[first[k]]))}" for k in at)
    return Columns(labels, columns)


def _label(panel: Panel, by: str, row: int) -> str:
    names = [name.strip() for name in by.split("^")]
    return "^".join(str(panel.frame[name].iloc[row]) for name in names)


def read_pairs(data: Inputs, law: LawOfMotion) -> Pairs:
    """Pairs of consecutive calendar years, with what the law of motion needs.

    Raises
    ------
    IdentificationError
        No firm has two consecutive years.
    """
    panel, rows = data.panel, data.rows
    before = previous(panel.codes[rows], panel.years[rows])
    now = np.flatnonzero(before >= 0)
    dated = before[now] if law.timing == "previous" else now
    exposures, capacity = (
        np.column_stack([np.zeros((len(now), 0)), *_values(names, panel, rows[dated])])
        for names in (law.exposures, law.capacity)
    )
    for name, column in zip(
        (*law.exposures, *law.capacity), (*exposures.T, *capacity.T), strict=True
    ):
        refuse_infinite(Ledger.start(panel), _on(panel, rows[dated], column), name)
    known = ~_unknown(np.column_stack([exposures, capacity]))
    for text in law.effects:
        known &= categories(text, panel)[0][rows[now]] >= 0
    lost, now = int((~known).sum()), now[known]
    if not len(now):
        raise IdentificationError(
            f"Expected firms with two consecutive calendar years{data.where}.",
            f"Found none among {len(rows):,} firm-years"
            + (f" ({lost:,} pairs lack an exposure)." if lost else "."),
            "A lag is the year before, never the row before: check gaps in the years.",
        )
    every = [dummies_of(text, panel, rows[now]) for text in law.effects]
    dummies = np.column_stack([np.zeros((len(now), 0)), *(one.values for one in every)])
    names = tuple(name for one in every for name in one.names)
    return Pairs(now, before[now], exposures[known], capacity[known], dummies, names, lost)


def _on(panel: Panel, rows: IntVector, values: FloatVector) -> FloatVector:
    full = np.full(len(panel), np.nan)
    full[rows] = values
    return full


def _unknown(values: FloatMatrix) -> BoolVector:
    return np.asarray(np.isnan(values).any(axis=1), dtype=bool)


def _values(names: tuple[str, ...], panel: Panel, rows: IntVector) -> Iterator[FloatMatrix]:
    return (numbers(name, panel)[rows][:, None] for name in names)
