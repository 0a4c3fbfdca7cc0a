"""Syntax trees on the columns of a panel."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from spillover.errors import SpecificationError
from spillover.expressions import Call, Literal, Name, Node, Operation, canonical, parse
from spillover.numerics.degrees import dense_codes
from spillover.tables.panel import Panel
from spillover.tables.sorts import category_column, holds_text, named_column, text_column, year_of
from spillover.typing import BoolVector, FloatVector, IntVector

_UNARY: dict[str, Callable[[FloatVector], FloatVector]] = {
    "log": lambda x: _inside(np.log, x, x > 0),
    "log1p": lambda x: _inside(np.log1p, x, x > -1),
    "sqrt": lambda x: _inside(np.sqrt, x, x >= 0),
    "exp": lambda x: _inside(np.exp, x, x < 709),
    "abs": np.abs,
    "asinh": np.arcsinh,
    "square": lambda x: _arithmetic("*", x, x),
}
_COMPARE: dict[str, Callable[[object, object], object]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}


def numbers(text: str, panel: Panel) -> FloatVector:
    """An expression as float64, one value per row; NaN where it is missing or undefined.

    Parameters
    ----------
    text : str
        An expression of the grammar; ``log`` of a number that is not positive is missing.
    panel : Panel
        The rows; lags look at the whole panel, not at a subsample.
    """
    return _numbers(parse(text), panel)


def condition(text: str, panel: Panel) -> BoolVector:
    """A filter as truth values, one per row; a comparison with a missing value is false.

    Parameters
    ----------
    text : str
        A comparison or several joined by ``and``, ``or``, ``not``.
    panel : Panel
        The rows.
    """
    return _truth(parse(text), panel)


def categories(text: str, panel: Panel) -> tuple[IntVector, int]:
    """Integer codes of a column or of columns joined by ``^``, and the number of levels.

    Parameters
    ----------
    text : str
        ``"firm_id"`` or ``"industry^year"``.
    panel : Panel
        The rows.

    Returns
    -------
    codes : (n,)
        0..G-1 in sorted order of the values; -1 where a part is missing or blank text.
    levels : int
        G.
    """
    parts = [_one_category(name, panel) for name in _joined(parse(text))]
    codes, levels = parts[0]
    for other, count in parts[1:]:
        missing = (codes < 0) | (other < 0)
        combined = codes.astype(np.int64) * count + other
        combined[missing] = -1
        codes, levels = dense_codes(combined)
    return codes.astype(np.int32), levels


def _joined(node: Node) -> list[str]:
    if isinstance(node, Name):
        return [node.name]
    if isinstance(node, Operation) and node.operator == "^":
        return [name for operand in node.operands for name in _joined(operand)]
    if isinstance(node, Call) and node.function == "i" and isinstance(node.arguments[0], Name):
        return [node.arguments[0].name]
    raise SpecificationError(
        "Expected a column or columns joined by ^, such as industry^year.",
        f"Found {canonical(node)!r}.",
        "Compute the grouping as a column and name it here.",
    )


def _one_category(name: str, panel: Panel) -> tuple[IntVector, int]:
    if name == panel.entity:
        return panel.codes, len(panel.units)
    codes, values = pd.factorize(category_column(name, panel), sort=True)
    return codes.astype(np.int32), len(values)


def _numbers(node: Node, panel: Panel) -> FloatVector:
    if isinstance(node, Name):
        return panel.numbers(node.name)
    if isinstance(node, Literal):
        return np.full(len(panel), _scalar(node))
    if isinstance(node, Call):
        return _call(node, panel)
    if node.operator in ("+", "-", "*", "/"):
        left, right = (_numbers(operand, panel) for operand in node.operands)
        return _arithmetic(node.operator, left, right)
    if node.operator == "negative":
        return -_numbers(node.operands[0], panel)
    if node.operator == "^":
        raise SpecificationError(
            "Expected ^ between fixed effects only.",
            f"Found {canonical(node)!r} used as a number.",
            "Write square(x) for a power of two.",
        )
    true, false = _verdict(node, panel)
    return np.where(true, 1.0, np.where(false, 0.0, np.nan))


def _arithmetic(operator: str, left: FloatVector, right: FloatVector) -> FloatVector:
    if operator == "/":
        safe = np.where(right == 0, 1.0, right)
        with np.errstate(over="ignore", invalid="ignore"):
            return np.where(right == 0, np.nan, left / safe)
    with np.errstate(over="ignore", invalid="ignore"):
        return {"+": np.add, "-": np.subtract, "*": np.multiply}[operator](left, right)


def _call(node: Call, panel: Panel) -> FloatVector:
    if node.function in _UNARY:
        return _UNARY[node.function](_numbers(node.arguments[0], panel))
    if node.function in ("lag", "lead", "diff"):
        return _shifted(node, panel)
    if node.function == "clip":
        low, high = (_scalar(argument) for argument in node.arguments[1:])
        if low > high:
            raise _crossed(node)
        return np.clip(_numbers(node.arguments[0], panel), low, high)
    if node.function == "is_missing":
        return _is_missing(node.arguments[0], panel).astype(np.float64)
    if node.function == "year_of":
        return year_of(_joined(node.arguments[0])[0], panel)
    raise SpecificationError(
        f"Expected {node.function}(...) among regressors of a formula.",
        f"Found {canonical(node)!r} inside an expression.",
        "Use it as a term of its own.",
    )


def _crossed(node: Call) -> SpecificationError:
    return SpecificationError(
        "Expected clip(x, low, high) with low at most high.",
        f"Found {canonical(node)!r}.",
        "Swap the limits.",
    )


def _shifted(node: Call, panel: Panel) -> FloatVector:
    values = _numbers(node.arguments[0], panel)
    wanted = _scalar(node.arguments[1]) if len(node.arguments) > 1 else 1.0
    if not wanted.is_integer():
        raise SpecificationError(
            f"Expected a whole number of years in {node.function}(...).",
            f"Found {canonical(node)!r}.",
            "Lags are calendar years.",
        )
    periods = int(wanted)
    if node.function == "diff":
        return panel.diff(values, periods)
    return panel.lag(values, -periods if node.function == "lead" else periods)


def _scalar(node: Node) -> float:
    if isinstance(node, Literal) and isinstance(node.value, float | bool):
        return float(node.value)
    raise SpecificationError(
        "Expected a number.",
        f"Found {canonical(node)!r}.",
        "Write a plain number here; text belongs into comparisons.",
    )


def _truth(node: Node, panel: Panel) -> BoolVector:
    if isinstance(node, Operation):
        if node.operator in ("and", "or"):
            parts = [_truth(operand, panel) for operand in node.operands]
            join = np.logical_and if node.operator == "and" else np.logical_or
            return np.asarray(join.reduce(parts), dtype=bool)
        if node.operator == "not":
            return ~_truth(node.operands[0], panel)
        if node.operator in ("in", "not in"):
            return _member(node, panel)
        if node.operator in _COMPARE:
            return _compare(node, panel)
    values = _numbers(node, panel)
    return np.asarray((values != 0) & ~np.isnan(values))


def _verdict(node: Node, panel: Panel) -> tuple[BoolVector, BoolVector]:
    """Where a condition is true and where it is false; neither where a missing value decides."""
    if isinstance(node, Operation):
        if node.operator in ("and", "or"):
            pairs = [_verdict(operand, panel) for operand in node.operands]
            yes, no = [one for one, _ in pairs], [other for _, other in pairs]
            if node.operator == "and":
                return _all(yes), ~_all([~side for side in no])
            return ~_all([~side for side in yes]), _all(no)
        if node.operator == "not":
            true, false = _verdict(node.operands[0], panel)
            return false, true
        missing = [_is_missing(side, panel) for side in node.operands if not _is_quoted(side)]
        true = _truth(node, panel)
        return true, ~true & ~np.logical_or.reduce(missing)
    values = _numbers(node, panel)
    return (values != 0) & ~np.isnan(values), values == 0


def _all(sides: Sequence[BoolVector]) -> BoolVector:
    return np.asarray(np.logical_and.reduce(sides), dtype=bool)


def _is_quoted(node: Node) -> bool:
    return isinstance(node, Literal) and not isinstance(node.value, float)


def _compare(node: Operation, panel: Panel) -> BoolVector:
    left, right = node.operands
    if isinstance(left, Literal) and isinstance(left.value, str):
        left, right = right, left
        if node.operator not in ("==", "!="):
            raise _ordered_text(node)
    if isinstance(right, Literal) and isinstance(right.value, str):
        if node.operator not in ("==", "!=") or not isinstance(left, Name):
            raise _ordered_text(node)
        column = text_column(left.name, panel)
        known = column.notna().to_numpy()
        same = (column.astype(object) == right.value).to_numpy(dtype=bool, na_value=False)
        return known & (same if node.operator == "==" else ~same)
    if all(isinstance(side, Name) and holds_text(side.name, panel) for side in (left, right)):
        return _compare_texts(node, panel)
    a, b = _numbers(left, panel), _numbers(right, panel)
    return np.asarray(_COMPARE[node.operator](a, b)) & ~np.isnan(a) & ~np.isnan(b)


def _compare_texts(node: Operation, panel: Panel) -> BoolVector:
    """Two columns of text, equal or not; false where one is missing."""
    if node.operator not in ("==", "!="):
        raise _ordered_text(node)
    left, right = (named_column(canonical(operand), panel) for operand in node.operands)
    known = (left.notna() & right.notna()).to_numpy(dtype=bool)
    same = (left == right).to_numpy(dtype=bool, na_value=False)
    return np.asarray(known & (same if node.operator == "==" else ~same))


def _ordered_text(node: Operation) -> SpecificationError:
    return SpecificationError(
        "Expected == or != between a column and a quoted text, or between columns of text.",
        f"Found {canonical(node)!r}.",
        "Text has no order here; list the values after 'in'.",
    )


def _member(node: Operation, panel: Panel) -> BoolVector:
    left, right = node.operands
    values = right.value if isinstance(right, Literal) and isinstance(right.value, tuple) else ()
    if any(isinstance(value, str) for value in values):
        if not isinstance(left, Name):
            raise _ordered_text(node)
        column = text_column(left.name, panel)
        known, inside = column.notna().to_numpy(), column.isin(list(values)).to_numpy()
    else:
        column_values = _numbers(left, panel)
        known = ~np.isnan(column_values)
        inside = np.isin(column_values, np.array(values, dtype=np.float64))
    return known & (inside if node.operator == "in" else ~inside)


def _is_missing(node: Node, panel: Panel) -> BoolVector:
    if isinstance(node, Name):
        return named_column(node.name, panel).isna().to_numpy(dtype=bool)
    return np.isnan(_numbers(node, panel))


def _inside(
    function: Callable[[FloatVector], FloatVector], x: FloatVector, valid: BoolVector
) -> FloatVector:
    result = np.full(len(x), np.nan)
    result[valid] = function(x[valid])
    return result
