"""Formulas and filters: parsed against a whitelist into frozen syntax trees, never evaluated.

The standard library's ``ast`` does the reading; what it returns is translated node by node, and
anything outside the grammar is refused with its position. Nothing is compiled or executed.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from spillover.errors import SpecificationError, unknown_name

FUNCTIONS: dict[str, tuple[int, int]] = {
    "log": (1, 1),
    "log1p": (1, 1),
    "exp": (1, 1),
    "sqrt": (1, 1),
    "abs": (1, 1),
    "asinh": (1, 1),
    "square": (1, 1),
    "lag": (1, 2),
    "lead": (1, 2),
    "diff": (1, 2),
    "i": (1, 1),
    "year_of": (1, 1),
    "is_missing": (1, 1),
    "clip": (3, 3),
}
"""Functions of the grammar with their least and greatest number of arguments."""

MAX_LENGTH = 2_000
MAX_NODES = 300
MAX_DEPTH = 40

_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^",
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Formula:
    """The parts of ``outcome ~ regressors | effects | endogenous ~ instruments``."""

    outcome: str
    """Expression of the outcome."""

    regressors: tuple[str, ...]
    """Expressions of the exogenous regressors."""

    absorb: tuple[str, ...] = ()
    """Fixed effects; ``industry^year`` joins two columns."""

    endogenous: tuple[str, ...] = ()
    """Regressors to be instrumented."""

    instruments: tuple[str, ...] = ()
    """Excluded instruments."""


def parse(text: str) -> Node:
    """The syntax tree of one expression.

    Parameters
    ----------
    text : str
        For example ``"log1p(degree)"`` or ``"foreign == 0 and year >= 2005"``.

    Raises
    ------
    SpecificationError
        The text is outside the grammar; the message gives the position.

    Examples
    --------
    >>> parse("lag(sales, 2)")
    Call(function='lag', arguments=(Name(name='sales'), Literal(value=2.0)))
    """
    if len(text) > MAX_LENGTH:
        raise SpecificationError(
            f"Expected an expression of at most {MAX_LENGTH:,} characters.",
            f"Found {len(text):,}.",
            "Compute the column before the study and name it here.",
        )
    try:
        tree = ast.parse(_bind_tightly(text.strip()), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        position = getattr(error, "offset", None)
        where = f" at position {position}" if position else ""
        raise SpecificationError(
            "Expected an expression such as log1p(sales) or foreign == 0.",
            f"Could not read {_short(text)!r}{where}.",
            "Check parentheses, quotes and operators.",
        ) from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise SpecificationError(
            f"Expected an expression of at most {MAX_NODES} parts.",
            f"Found more in {_short(text)!r}.",
            "Compute the column before the study and name it here.",
        )
    return _translate(tree.body, text, 0)


def _bind_tightly(text: str) -> str:
    """``^`` as the tightest operator, which Python's own ``^`` is not; quoted text stays."""
    if "**" in text:
        raise SpecificationError(
            "Expected ^ between fixed effects and square(x) for powers.",
            f"Found ** in {_short(text)!r}.",
            "Write square(x), or compute the power as a column.",
        )
    pieces = re.split(r"('[^']*'|\"[^\"]*\")", text)
    return "".join(
        piece if index % 2 else piece.replace("^", "**") for index, piece in enumerate(pieces)
    )


def parse_formula(text: str) -> Formula:
    """The parts of a regression formula.

    Parameters
    ----------
    text : str
        ``y ~ x1 + x2 | firm_id + industry^year``; a third part ``| d ~ z1 + z2`` names
        instrumented regressors and their instruments. ``1`` or ``0`` alone stands for no term.

    Examples
    --------
    >>> parse_formula("log(sales) ~ x + log1p(d)|firm_id+industry ^ year").absorb
    ('firm_id', 'industry^year')
    """
    first, *middle = text.split("|")
    instrumented = [part for part in middle if "~" in part]
    effects = [part for part in middle if "~" not in part]
    if "~" not in first or len(instrumented) > 1 or len(effects) > 1:
        raise _not_a_formula(text)
    outcome, right = first.split("~", 1)
    endogenous, instruments = instrumented[0].split("~", 1) if instrumented else ("", "")
    if bool(instrumented) != bool(endogenous.strip() and instruments.strip()):
        raise _not_a_formula(text)
    return Formula(
        outcome=canonical(parse(outcome)),
        regressors=_terms(right),
        absorb=_terms(effects[0] if effects else ""),
        endogenous=_terms(endogenous),
        instruments=_terms(instruments),
    )


def _not_a_formula(text: str) -> SpecificationError:
    return SpecificationError(
        "Expected a formula such as y ~ x1 + x2 | firm_id + year, with | d ~ z for instruments.",
        f"Found {_short(text)!r}.",
        "Write the outcome, a tilde, the regressors, then | and the fixed effects.",
    )


def _terms(text: str) -> tuple[str, ...]:
    if not text.strip():
        return ()
    nodes = _split_sum(parse(text))
    kept = [
        canonical(node)
        for node in nodes
        if not (isinstance(node, Literal) and node.value in (0, 1))
    ]
    return tuple(dict.fromkeys(kept))


def _split_sum(node: Node) -> Iterator[Node]:
    if isinstance(node, Operation) and node.operator == "+":
        for operand in node.operands:
            yield from _split_sum(operand)
    else:
        yield node


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


def _translate(node: ast.AST, text: str, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise _refusal(node, text, f"more than {MAX_DEPTH} levels of nesting")
    if isinstance(node, ast.Name):
        return Name(node.id)
    if isinstance(node, ast.Constant):
        return Literal(_constant(node, text))
    if isinstance(node, ast.Call):
        return _call(node, text, depth)
    if isinstance(node, ast.Compare):
        return _comparison(node, text, depth)
    return _operation(node, text, depth)


def _operation(node: ast.AST, text: str, depth: int) -> Node:
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        operands = (_translate(node.left, text, depth + 1), _translate(node.right, text, depth + 1))
        return Operation(_ARITHMETIC[type(node.op)], operands)
    if isinstance(node, ast.BoolOp):
        word = "and" if isinstance(node.op, ast.And) else "or"
        return Operation(word, tuple(_translate(value, text, depth + 1) for value in node.values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        operand = _translate(node.operand, text, depth + 1)
        if (
            isinstance(node.op, ast.USub)
            and isinstance(operand, Literal)
            and isinstance(operand.value, float)
        ):
            return Literal(-operand.value)
        return Operation("not" if isinstance(node.op, ast.Not) else "negative", (operand,))
    raise _refusal(node, text, f"a {type(node).__name__.lower()}")


def _call(node: ast.Call, text: str, depth: int) -> Node:
    if not isinstance(node.func, ast.Name) or node.keywords:
        raise _refusal(node, text, "a call that is not a plain function")
    name = node.func.id
    if name not in FUNCTIONS:
        raise unknown_name("function", name, sorted(FUNCTIONS))
    least, most = FUNCTIONS[name]
    if not least <= len(node.args) <= most:
        raise _refusal(node, text, f"{len(node.args)} arguments for {name}")
    return Call(name, tuple(_translate(argument, text, depth + 1) for argument in node.args))


def _comparison(node: ast.Compare, text: str, depth: int) -> Node:
    if len(node.ops) != 1:
        raise _refusal(node, text, "a chain of comparisons; join them with 'and'")
    word = _COMPARISONS.get(type(node.ops[0]))
    if word is None:
        raise _refusal(node, text, "a comparison outside == != < <= > >= in")
    left = _translate(node.left, text, depth + 1)
    right = node.comparators[0]
    if word in ("in", "not in"):
        if not isinstance(right, (ast.List, ast.Tuple)):
            raise _refusal(right, text, "something other than a list of values after 'in'")
        values = tuple(_member(item, text) for item in right.elts)
        return Operation(word, (left, Literal(values)))
    return Operation(word, (left, _translate(right, text, depth + 1)))


def _member(node: ast.AST, text: str) -> float | str | bool:
    parsed = _translate(node, text, 1)
    if isinstance(parsed, Literal) and not isinstance(parsed.value, tuple):
        return parsed.value
    raise _refusal(node, text, "something other than a constant in a list")


def _constant(node: ast.Constant, text: str) -> float | str | bool:
    if isinstance(node.value, bool | str):
        return node.value
    if isinstance(node.value, int | float):
        try:
            return float(node.value)
        except OverflowError:
            pass
    raise _refusal(node, text, f"the constant {_short(repr(node.value))}")


def _refusal(node: ast.AST, text: str, found: str) -> SpecificationError:
    position = getattr(node, "col_offset", 0) + 1
    return SpecificationError(
        "Expected columns, constants, + - * / ^, comparisons, and/or/not and the listed functions.",
        f"Found {found} at position {position} of {_short(text)!r}.",
        f"Functions are {', '.join(sorted(FUNCTIONS))}.",
    )


def _short(text: str, most: int = 60) -> str:
    flat = re.sub(r"\s+", " ", text.strip())
    return flat if len(flat) <= most else f"{flat[: most - 3]}..."
