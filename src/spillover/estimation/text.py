"""An estimate as text: plain lines for a terminal, escaped HTML for a notebook."""

from collections.abc import Sequence
from html import escape
from typing import TypeAlias

import pandas as pd

Facts: TypeAlias = tuple[tuple[str, str], ...]
_COLUMNS = {
    "estimate": "Estimate",
    "std_error": "Std. error",
    "statistic": "t",
    "p_value": "p",
    "conf_low": "Low",
    "conf_high": "High",
}


def text_page(title: str, facts: Facts, table: pd.DataFrame, notes: Sequence[str]) -> str:
    """Facts, coefficients and notes as plain text.

    Parameters
    ----------
    title : str
        First line; left out when empty.
    facts : tuple of (word, value)
        Lines above the table.
    table : DataFrame
        Result of ``tidy``.
    notes : sequence of str
        Lines below the table.
    """
    width = max(len(word) for word, _ in facts)
    head = [f"{word:<{width}}  {value}" for word, value in facts]
    rows = [["", *_COLUMNS.values()], *([term, *cells] for term, cells in _cells(table))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    body = [_line(row, widths) for row in rows]
    return "\n".join([*([title, ""] if title else []), *head, "", *body, *_listed(notes)])


def _line(row: list[str], widths: list[int]) -> str:
    numbers = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return "  ".join([row[0].ljust(widths[0]), *numbers])


def _listed(notes: Sequence[str]) -> list[str]:
    return ["", *(f"* {note}" for note in notes)] if notes else []


def html_page(title: str, facts: Facts, table: pd.DataFrame, notes: Sequence[str]) -> str:
    """The same as an HTML fragment in which every text is escaped.

    Parameters
    ----------
    title : str
        Heading; left out when empty.
    facts : tuple of (word, value)
        Rows of the first table.
    table : DataFrame
        Result of ``tidy``.
    notes : sequence of str
        List below the tables.
    """
    heading = f"<h4>{escape(title)}</h4>" if title else ""
    head = "".join(
        f"<tr><th style='text-align:left'>{escape(word)}</th><td>{escape(value)}</td></tr>"
        for word, value in facts
    )
    labels = "".join(f"<th>{escape(name)}</th>" for name in ("", *_COLUMNS.values()))
    body = "".join(
        f"<tr><th style='text-align:left'>{escape(term)}</th>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for term, cells in _cells(table)
    )
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f"<div class='spillover-estimate'>{heading}<table>{head}</table>"
        f"<table><thead><tr>{labels}</tr></thead><tbody>{body}</tbody></table>"
        f"{f'<ul>{listed}</ul>' if listed else ''}</div>"
    )


def _cells(table: pd.DataFrame) -> list[tuple[str, list[str]]]:
    return [
        (str(term), [_number(row[name], name) for name in _COLUMNS])
        for term, row in table.iterrows()
    ]


def _number(value: float, column: str) -> str:
    if column == "p_value":
        return "< 0.001" if value < 0.001 else f"{value:.3f}"
    return f"{value:.3f}" if column == "statistic" else f"{value:.5g}"
