"""Formulas and filters: parsed against a whitelist into frozen syntax trees, never evaluated."""

from spillover.expressions.formula import Formula, parse_formula
from spillover.expressions.grammar import FUNCTIONS, parse
from spillover.expressions.nodes import (
    Call,
    Literal,
    Name,
    Node,
    Operation,
    canonical,
    names_in,
)

__all__ = [
    "FUNCTIONS",
    "Call",
    "Formula",
    "Literal",
    "Name",
    "Node",
    "Operation",
    "canonical",
    "names_in",
    "parse",
    "parse_formula",
]
