"""Expressions of coefficients with their gradients, by the rules of differentiation."""

from collections.abc import Callable, Sequence

import numpy as np

from spillover.errors import SpecificationError, first_cases, unknown_name
from spillover.expressions import Call, Literal, Name, Node, Operation, canonical
from spillover.typing import FloatMatrix, FloatVector

Dual = tuple[float, FloatVector]
"""A value with its (k,) gradient in the coefficients."""

_FUNCTIONS: dict[str, Callable[[float], tuple[float, float]]] = {
    "log": lambda x: (float(np.log(x)), 1.0 / x),
    "log1p": lambda x: (float(np.log1p(x)), 1.0 / (1.0 + x)),
    "exp": lambda x: (float(np.exp(x)), float(np.exp(x))),
    "sqrt": lambda x: (float(np.sqrt(x)), 0.5 / float(np.sqrt(x))),
    "square": lambda x: (x * x, 2.0 * x),
    "asinh": lambda x: (float(np.arcsinh(x)), 1.0 / float(np.sqrt(1.0 + x * x))),
}


def values_and_gradients(
    nodes: Sequence[Node], names: tuple[str, ...], beta: FloatVector
) -> tuple[FloatVector, FloatMatrix]:
    """Values (q,) of expressions at ``beta`` and their gradients (q, k).

    Parameters
    ----------
    nodes : sequence of Node
        Parsed expressions. A part whose canonical spelling is the name of a coefficient stands
        for it, so ``log1p(degree)`` may be one; quoted text names a coefficient word for word.
    names : tuple of str
        Names of the k coefficients.
    beta : (k,)
        Coefficients.

    Raises
    ------
    UnknownNameError
        A name is not a coefficient.
    SpecificationError
        The expression is not defined at ``beta``.
    """
    pairs = [_finite(node, _dual(node, names, beta)) for node in nodes]
    values = np.array([value for value, _ in pairs])
    return values, np.array([gradient for _, gradient in pairs]).reshape(len(pairs), len(beta))


def _finite(node: Node, dual: Dual) -> Dual:
    if np.isfinite(dual[0]) and np.isfinite(dual[1]).all():
        return dual
    raise SpecificationError(
        "Expected an expression that is defined and differentiable at the estimates.",
        f"Found {canonical(node)!r}.",
        "Check denominators, logarithms and roots.",
    )


def _dual(node: Node, names: tuple[str, ...], beta: FloatVector) -> Dual:
    spelled = node.value if isinstance(node, Literal) else canonical(node)
    if spelled in names:
        at = names.index(str(spelled))
        return float(beta[at]), np.eye(len(beta))[at]
    if isinstance(node, Name):
        raise unknown_name("coefficient", node.name, names)
    if isinstance(node, Literal):
        return _constant(node, names), np.zeros(len(beta))
    if isinstance(node, Call):
        return _call(node, names, beta)
    return _operation(node, [_dual(operand, names, beta) for operand in node.operands])


def _constant(node: Literal, names: tuple[str, ...]) -> float:
    if isinstance(node.value, str):
        raise unknown_name("coefficient", node.value, names)
    if isinstance(node.value, bool) or not isinstance(node.value, float):
        raise _not_arithmetic(node)
    return node.value


def _call(node: Call, names: tuple[str, ...], beta: FloatVector) -> Dual:
    if node.function not in _FUNCTIONS:
        raise unknown_name("coefficient", canonical(node), names)
    inner, gradient = _dual(node.arguments[0], names, beta)
    with np.errstate(all="ignore"):
        value, slope = _FUNCTIONS[node.function](inner) if _inside(node, inner) else (np.nan, 0.0)
    return value, slope * gradient


def _inside(node: Call, x: float) -> bool:
    least = {"log": 0.0, "sqrt": 0.0, "log1p": -1.0}.get(node.function, -np.inf)
    return x > least


def _operation(node: Operation, operands: list[Dual]) -> Dual:
    a, da = operands[0]
    if node.operator == "negative":
        return -a, -da
    b, db = operands[-1]
    if node.operator in ("+", "-"):
        sign = 1.0 if node.operator == "+" else -1.0
        return a + sign * b, da + sign * db
    if node.operator == "*":
        return a * b, b * da + a * db
    if node.operator == "/":
        return (a / b, da / b - a * db / b**2) if b else (np.nan, da)
    if node.operator == "^" and not db.any() and (a > 0 or (b.is_integer() and b >= 1)):
        return a**b, b * a ** (b - 1) * da
    raise _not_arithmetic(node)


def _not_arithmetic(node: Node) -> SpecificationError:
    return SpecificationError(
        "Expected coefficients and numbers joined by + - * / or ^ with a constant power.",
        f"Found {canonical(node)!r}.",
        f"Functions are {first_cases(sorted(_FUNCTIONS), most=9)}.",
    )
