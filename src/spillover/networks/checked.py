"""Numbers of links that cannot be: refused before anything is sorted, summed or cut short."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spillover.errors import DataError, first_cases
from spillover.networks.edges import Edges
from spillover.typing import BoolVector, FloatVector, IntVector

YEARS = (1, 9_999)
"""Least and greatest calendar year: 202104 is a month."""


def whole_numbers(values: ArrayLike, what: str, least: int, most: int) -> IntVector:
    """(n,) whole numbers within bounds, as int32.

    Parameters
    ----------
    values : (n,)
        Numbers of any kind.
    what : str
        What they are, for the message.
    least, most : int
        Bounds, both included.

    Raises
    ------
    DataError
        A number is missing, has a fraction or is out of bounds.
    """
    given: Any = values
    numbers = np.asarray(given) if not hasattr(given, "to_numpy") else _numbers(given)
    if numbers.dtype.kind not in "iu":
        numbers = _read(numbers, what)
        wrong = ~(np.floor(numbers) == numbers) | ~(numbers >= least) | ~(numbers <= most)
    else:
        wrong = (numbers < least) | (numbers > most)
    if wrong.any():
        cases = [f"{numbers[row]:g} in row {row + 1}" for row in np.flatnonzero(wrong)[:4]]
        raise DataError(
            f"Expected {what} as whole numbers from {least} to {most}.",
            f"Found {int(wrong.sum()):,} others ({first_cases(cases)}).",
            "Correct or remove these rows.",
        )
    return numbers.astype(np.int32)


def _read(values: np.ndarray, what: str) -> np.ndarray:
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as reason:
        raise DataError(
            f"Expected {what} as numbers.",
            f"Found {reason}.",
            "Write years as 2004 and codes as 0, 1, 2.",
        ) from None


def _numbers(column: Any) -> np.ndarray:  # noqa: ANN401 - a column of pandas
    if column.dtype.kind in "iu" and not column.isna().any():
        return np.asarray(column.to_numpy(dtype=np.int64))
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def refuse_impossible(edges: Edges, size: int) -> None:
    """Refuse raw links that cleaning would turn into something else.

    Parameters
    ----------
    edges : Edges
        Links in any order.
    size : int
        Number of firms.

    Raises
    ------
    DataError
        A code is out of range, a link ends before it starts, or a weight is negative or not
        finite.
    """
    if not len(edges):
        return
    _refuse(
        _outside(edges, size),
        "links between firms of the list",
        "with another firm",
        "Check the codes of firms: they run from 0 to N-1.",
    )
    _refuse(
        edges.start > edges.end,
        "links that end no earlier than they start",
        "that end before they start",
        "Exchange the dates, or remove these rows.",
    )
    low, high = float(edges.weight.min()), float(edges.weight.max())
    if not (low >= 0.0 and high < np.inf):
        _refuse(
            ~(edges.weight >= 0.0) | np.isinf(edges.weight),
            "weights of links that are known, finite and not negative",
            f"with others (weights {_first(edges.weight)})",
            "Correct or remove these rows.",
        )


def _outside(edges: Edges, size: int) -> BoolVector:
    low = min(int(edges.src.min()), int(edges.dst.min()))
    high = max(int(edges.src.max()), int(edges.dst.max()))
    if low >= 0 and high < size:
        return np.zeros(0, dtype=bool)
    return np.asarray((edges.src < 0) | (edges.dst < 0) | (edges.src >= size) | (edges.dst >= size))


def _first(weight: FloatVector) -> str:
    wrong = weight[~(weight >= 0.0) | np.isinf(weight)]
    return first_cases([f"{value:g}" for value in wrong[:4]])


def _refuse(wrong: BoolVector, expected: str, found: str, action: str) -> None:
    if wrong.any():
        rows = first_cases(np.flatnonzero(wrong)[:4] + 1)
        raise DataError(
            f"Expected {expected}.", f"Found {int(wrong.sum()):,} {found} (rows {rows}).", action
        )


def outside_years(edges: Edges, years: IntVector) -> tuple[str, ...]:
    """A note on links that hold in none of the observed years, because they lie beyond them.

    Parameters
    ----------
    edges : Edges
        Links.
    years : (T,)
        Observed years, ascending.
    """
    beyond = int(np.sum((edges.end < years[0]) | (edges.start > years[-1])))
    if not beyond:
        return ()
    return (f"{beyond:,} links hold only before {years[0]} or after {years[-1]}",)
