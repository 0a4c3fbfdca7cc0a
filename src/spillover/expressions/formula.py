"""Regression formulas: outcome, regressors, effects and instruments."""

from collections.abc import Iterator
from dataclasses import dataclass

from spillover.errors import SpecificationError
from spillover.expressions.grammar import parse
from spillover.expressions.nodes import Literal, Node, Operation, canonical, shortened


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
        f"Found {shortened(text)!r}.",
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


def _takes_away(node: Node) -> bool:
    """Whether a number is subtracted, as ``- 1`` is in other languages to drop the constant."""
    if isinstance(node, Literal):
        return isinstance(node.value, float) and node.value < 0
    if isinstance(node, Operation) and node.operator == "-":
        return isinstance(node.operands[1], Literal)
    return False


def _split_sum(node: Node) -> Iterator[Node]:
    if isinstance(node, Operation) and node.operator == "+":
        for operand in node.operands:
            yield from _split_sum(operand)
    elif _takes_away(node):
        raise SpecificationError(
            "Expected terms joined by +.",
            f"Found {canonical(node)!r}.",
            "A term is left out by not naming it; without absorbed effects there is a constant.",
        )
    else:
        yield node
