"""Terms of a formula as columns: expressions, dummies i(x) and their products with a slope."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.errors import IdentificationError, SpecificationError
from spillover.expressions import (
    Call,
    Formula,
    Literal,
    Name,
    Node,
    Operation,
    canonical,
    parse,
    parse_formula,
)
from spillover.sample import Sample
from spillover.typing import FloatMatrix, IntVector


@dataclass(frozen=True, slots=True)
class Term:
    """One term among the regressors."""

    text: str
    """The term in canonical spelling."""

    slope: str | None
    """Expression that the term multiplies; ``None`` for plain dummies."""

    factor: str | None = None
    """Column whose values become dummies, or ``None``."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Terms on the rows of a sample."""

    names: tuple[str, ...]
    """k names, ``year=2005`` for a dummy and ``year=2005 * x`` for its product."""

    values: FloatMatrix
    """(n, k) values."""

    notes: tuple[str, ...]
    """Reference categories."""


def read_formula(text: str) -> Formula:
    """The parts of a formula without instruments.

    Parameters
    ----------
    text : str
        ``y ~ x1 + x2 | firm_id + industry^year``.

    Raises
    ------
    SpecificationError
        The formula names instruments, or asks for no constant where nothing is absorbed.
    """
    formula = parse_formula(text)
    if formula.instruments:
        raise SpecificationError(
            "Expected a formula without instruments.",
            f"Found {' + '.join(formula.endogenous)} ~ {' + '.join(formula.instruments)}.",
            "Use InstrumentalVariables.formula(...) for instruments.",
        )
    if not formula.absorb and _asks_for_no_constant(text):
        raise SpecificationError(
            "Expected a regression with a constant or with fixed effects.",
            f"Found the term 0 in {text.strip()!r}.",
            "Leave 0 out, or name the effects to absorb after |.",
        )
    return formula


def _asks_for_no_constant(text: str) -> bool:
    right = text.split("|", maxsplit=1)[0].split("~", 1)[1]
    terms = _summands(parse(right)) if right.strip() else []
    return any(isinstance(node, Literal) and node.value == 0 for node in terms)


def _summands(node: Node) -> list[Node]:
    if isinstance(node, Operation) and node.operator == "+":
        return [part for operand in node.operands for part in _summands(operand)]
    return [node]


def read_terms(texts: Sequence[str]) -> tuple[Term, ...]:
    """Terms in canonical spelling.

    Parameters
    ----------
    texts : sequence of str
        Expressions, ``i(x)`` for dummies, ``i(x) * z`` for a slope of z in each value of x.
    """
    return tuple(_term(parse(text)) for text in texts)


def _term(node: Node) -> Term:
    text = canonical(node)
    if _is_factor(node):
        return Term(text, None, _factor(node))
    if isinstance(node, Operation) and node.operator == "*":
        left, right = node.operands
        if _is_factor(right):
            left, right = right, left
        if _is_factor(left):
            return Term(text, canonical(right), _factor(left))
    return Term(text, text)


def _is_factor(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "i"


def _factor(node: Node) -> str:
    argument = node.arguments[0] if isinstance(node, Call) else node
    if not isinstance(argument, Name):
        raise SpecificationError(
            "Expected a column inside i(...).",
            f"Found {canonical(node)!r}.",
            "Compute the categories as a column and name it here.",
        )
    return argument.name


def needs(terms: Sequence[Term]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Numeric expressions and category columns that the terms read.

    Parameters
    ----------
    terms : sequence of Term
        Terms of a design.
    """
    slopes = dict.fromkeys(term.slope for term in terms if term.slope)
    factors = dict.fromkeys(term.factor for term in terms if term.factor)
    return tuple(slopes), tuple(factors)


def expand(sample: Sample, terms: Sequence[Term]) -> Columns:
    """Terms as columns on the rows of a sample.

    Parameters
    ----------
    sample : Sample
        Rows in use.
    terms : sequence of Term
        Terms of a design; dummies leave out the first value, which the note names.

    Raises
    ------
    IdentificationError
        A category column has a single value.
    """
    parts = [_columns(sample, term) for term in terms]
    values = [part.values for part in parts] or [np.zeros((len(sample), 0))]
    return Columns(
        tuple(name for part in parts for name in part.names),
        np.hstack(values),
        tuple(note for part in parts for note in part.notes),
    )


def _columns(sample: Sample, term: Term) -> Columns:
    if term.factor is None:
        return Columns((term.text,), sample.column(term.text)[:, None], ())
    codes, levels = sample.codes(term.factor)
    labels = _labels(sample, term.factor, codes, levels)
    dummies = (codes[:, None] == np.arange(levels)).astype(np.float64)
    if term.slope is not None:
        names = tuple(f"{term.factor}={label} * {term.slope}" for label in labels)
        return Columns(names, dummies * sample.column(term.slope)[:, None], ())
    if levels < 2:
        raise IdentificationError(
            f"Expected at least two values of {term.factor} for {term.text}.",
            f"Found {levels} in the rows in use.",
            "Drop the term, or check the filters.",
        )
    names = tuple(f"{term.factor}={label}" for label in labels[1:])
    note = f"{names[0].split('=', 1)[0]}={labels[0]} is the reference of {term.text}"
    return Columns(names, dummies[:, 1:], (note,))


def _labels(sample: Sample, name: str, codes: IntVector, levels: int) -> tuple[str, ...]:
    first = np.zeros(levels, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return tuple(_label(value) for value in sample.text(name)[first])


def _label(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
