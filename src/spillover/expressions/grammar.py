"""The grammar: Python's own ``ast`` reads a text, a whitelist translates it node by node.

Nothing is compiled or executed; anything outside the grammar is refused with its position.
"""

import ast
import re

from spillover.errors import SpecificationError, unknown_name
from spillover.expressions.nodes import Call, Literal, Name, Node, Operation, shortened

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
            f"Could not read {shortened(text)!r}{where}.",
            _advice(text),
        ) from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise SpecificationError(
            f"Expected an expression of at most {MAX_NODES} parts.",
            f"Found more in {shortened(text)!r}.",
            "Compute the column before the study and name it here.",
        )
    return _translate(tree.body, text, 0)


def _advice(text: str) -> str:
    if re.search(r"(?<![=!<>])=(?!=)", text):
        return "Write == to compare; a single = means nothing here."
    return "Check parentheses, quotes and operators."


def _bind_tightly(text: str) -> str:
    """``^`` as the tightest operator, which Python's own ``^`` is not; quoted text stays."""
    if "**" in text:
        raise SpecificationError(
            "Expected ^ between fixed effects and square(x) for powers.",
            f"Found ** in {shortened(text)!r}.",
            "Write square(x), or compute the power as a column.",
        )
    pieces = re.split(r"('[^']*'|\"[^\"]*\")", text)
    return "".join(
        piece if index % 2 else piece.replace("^", "**") for index, piece in enumerate(pieces)
    )


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
    raise _refusal(node, text, f"the constant {shortened(repr(node.value))}")


def _refusal(node: ast.AST, text: str, found: str) -> SpecificationError:
    position = getattr(node, "col_offset", 0) + 1
    return SpecificationError(
        "Expected columns, constants, + - * / ^, comparisons, and/or/not and the listed functions.",
        f"Found {found} at position {position} of {shortened(text)!r}.",
        f"Functions are {', '.join(sorted(FUNCTIONS))}.",
    )
