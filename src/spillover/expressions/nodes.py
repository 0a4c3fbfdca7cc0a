"""Syntax trees of formulas and filters, and their one spelling."""

import re
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Name:
    """A column."""

    name: str
    """Name of the column."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a quoted text, a truth value or, after ``in``, a list of them."""

    value: float | str | bool | tuple[float | str | bool, ...]
    """The constant."""


@dataclass(frozen=True, slots=True)
class Call:
    """A whitelisted function applied to arguments."""

    function: str
    """Name of the function."""

    arguments: tuple["Node", ...]
    """Arguments in order."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator applied to one or more operands."""

    operator: str
    """``+ - * / ^``, a comparison, ``and``, ``or``, ``not`` or ``negative``."""

    operands: tuple["Node", ...]
    """Operands from left to right."""


Node: TypeAlias = Name | Literal | Call | Operation


def names_in(node: Node) -> frozenset[str]:
    """The columns an expression reads.

    Parameters
    ----------
    node : Node
        A parsed expression.
    """
    if isinstance(node, Name):
        return frozenset({node.name})
    children = node.arguments if isinstance(node, Call) else getattr(node, "operands", ())
    return frozenset().union(*(names_in(child) for child in children))


def canonical(node: Node) -> str:
    """One spelling for each expression, whatever blanks the user wrote.

    Parameters
    ----------
    node : Node
        A parsed expression.

    Examples
    --------
    >>> from spillover.expressions.grammar import parse
    >>> canonical(parse("lag( x,2 )+1"))
    'lag(x, 2) + 1'
    """
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Literal):
        return _constant_text(node.value)
    if isinstance(node, Call):
        return f"{node.function}({', '.join(canonical(argument) for argument in node.arguments)})"
    return _operation_text(node)


def _operation_text(node: Operation) -> str:
    inner = [
        f"({canonical(child)})"
        if isinstance(child, Operation) and child.operator != "^"
        else canonical(child)
        for child in node.operands
    ]
    if node.operator == "not":
        return f"not {inner[0]}"
    if node.operator == "negative":
        return f"-{inner[0]}"
    return ("^" if node.operator == "^" else f" {node.operator} ").join(inner)


def _constant_text(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_constant_text(item) for item in value)}]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def shortened(text: str, most: int = 60) -> str:
    """A text on one line, cut with an ellipsis when it is long."""
    flat = re.sub(r"\s+", " ", text.strip())
    return flat if len(flat) <= most else f"{flat[: most - 3]}..."
