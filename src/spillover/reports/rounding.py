"""A result table as rounded text and as unrounded numbers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spillover.reports.grid import Grid, Row
from spillover.reports.numbers import MISSING, count, decimals_for, fixed, p_value, stars
from spillover.reports.phrases import phrase
from spillover.reports.table_data import Cell, Line, Statistic, TableData

if TYPE_CHECKING:
    import pandas as pd

COUNTS = ("nobs", "units", "clusters", "years")
_QUANTITIES = ("estimate", "std_error", "statistic", "p_value", "low", "high")
_NAMES = {"low": "conf_low", "high": "conf_high"}


def grid_of(table: TableData) -> Grid:
    """The table as text, rounded row by row.

    Parameters
    ----------
    table : TableData
        Unrounded numbers.
    """
    rows = tuple(row for line in table.lines for row in _rows(table, line))
    facts = tuple(tuple(_fact(fact, table) for fact in group) for group in table.statistics)
    groups = tuple(group for group in (rows, *facts) if group)
    return Grid(table.name, table.caption, _header(table), groups, table.notes, alignment="center")


def _header(table: TableData) -> tuple[tuple[str, ...], ...]:
    truth = (phrase(table.language, "table.truth"),) if _has_truth(table) else ()
    blank = ("",) * len(truth)
    numbers = tuple(f"({k})" for k in range(1, len(table.columns) + 1))
    same = len(set(table.outcomes)) == 1
    corner = phrase(table.language, "table.outcome", {"outcome": table.outcomes[0]}) if same else ""
    lines = [("", *blank, *numbers), (corner, *truth, *table.columns)]
    if not same:
        lines.append((phrase(table.language, "table.outcomes"), *blank, *table.outcomes))
    return tuple(lines)


def _has_truth(table: TableData) -> bool:
    return any(line.truth is not None for line in table.lines)


def _rows(table: TableData, line: Line) -> Iterator[Row]:
    layout = table.layout
    shown = [cell for cell in line.cells if cell is not None]
    decimals = decimals_for((cell.std_error for cell in shown), layout.digits)
    truth = (line.truth,) if _has_truth(table) else ()
    planted = tuple("" if value is None else fixed(value, decimals) for value in truth)
    estimates = tuple(_estimate(cell, decimals, stars_on=layout.stars) for cell in line.cells)
    yield Row(line.label or line.term, planted + estimates)
    if layout.below != "nothing":
        blank = ("",) * len(planted)
        yield Row("", blank + tuple(_below(cell, table, decimals) for cell in line.cells))


def _estimate(cell: Cell | None, decimals: int, *, stars_on: bool) -> str:
    if cell is None:
        return ""
    return fixed(cell.estimate, decimals) + (stars(cell.p_value) if stars_on else "")


def _below(cell: Cell | None, table: TableData, decimals: int) -> str:
    if cell is None:
        return ""
    if table.layout.below == "interval":
        return f"[{fixed(cell.low, decimals)}, {fixed(cell.high, decimals)}]"
    texts = {
        "std_error": fixed(cell.std_error, decimals),
        "statistic": fixed(cell.statistic, 2),
        "p_value": p_value(cell.p_value),
    }
    return f"({texts[table.layout.below]})"


def _fact(fact: Statistic, table: TableData) -> Row:
    digits = 0 if fact.name in COUNTS else table.layout.digits
    cells = tuple(_value(value, digits) for value in fact.values)
    return Row(fact.label, ("",) * _has_truth(table) + cells)


def _value(value: float | str | None, digits: int) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return MISSING
    return count(value) if digits == 0 else fixed(value, digits)


def frame_of(table: TableData) -> "pd.DataFrame":
    """Unrounded numbers, indexed by term and quantity, with one column per estimate.

    Parameters
    ----------
    table : TableData
        Unrounded numbers.
    """
    import pandas as pd

    keys: list[tuple[str, str]] = []
    rows: list[list[float | str | None]] = []
    for line in table.lines:
        for quantity in _QUANTITIES:
            keys.append((line.term, _NAMES.get(quantity, quantity)))
            rows.append([None if cell is None else getattr(cell, quantity) for cell in line.cells])
        if line.truth is not None:
            keys.append((line.term, "truth"))
            rows.append([line.truth] * len(line.cells))
    for fact in (fact for group in table.statistics for fact in group):
        keys.append((fact.name, "statistic"))
        rows.append(list(fact.values))
    index = pd.MultiIndex.from_tuples(keys, names=["term", "quantity"])
    return pd.DataFrame(rows, index=index, columns=list(table.columns), dtype=object)
