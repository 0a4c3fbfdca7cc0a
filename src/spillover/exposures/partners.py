"""Who counts as a partner: exclusions on the entries of a year's matrix, kept for reuse."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from spillover.errors import SpecificationError, unknown_name
from spillover.networks.network import Network
from spillover.numerics.aggregate import selected
from spillover.numerics.csr import keep, lookup, row_normalized, row_sums, rows_of, support
from spillover.typing import FloatVector, IntVector

NOBODY = np.zeros(0, dtype=np.int32)
"""An empty array of labels: no condition."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Which entries of a matrix count."""

    apart: bool = True
    """Whether firms of the own business group are left out."""

    within: str | None = None
    """Only partners with the same value of this firm column."""

    outside: str | None = None
    """Only partners with another value of this firm column."""

    one_way: bool = False
    """Whether partners that also listen to the firm are left out."""

    def own_only(self) -> "Rules":
        """The same rules without conditions on firm columns, for steps on the way."""
        return Rules(self.apart)


def check_rules(network: Network, rules: Rules) -> None:
    """Refuse exclusions that need firm columns the network does not carry.

    Raises
    ------
    SpecificationError
        Own groups are to be left out, but groups are unknown.
    UnknownNameError
        The column of ``within`` or ``outside`` is not on the network.
    """
    if rules.apart and "group_id" not in network.attributes:
        raise SpecificationError(
            f"Expected business groups on {network.name!r} to leave out the own group.",
            "Found neither group_id nor owners in firms and ownership.",
            'Fill group_id or owner_id in ownership, or write exclude = "self" in the rule.',
        )
    for name in (rules.within, rules.outside):
        if name is not None and name not in network.attributes:
            raise unknown_name("firm column on the network", name, sorted(network.attributes))


def labels(network: Network, year: int, rules: Rules) -> tuple[IntVector, IntVector, IntVector]:
    """Labels that must not, must, and must differently match; empty without a condition."""
    apart = network.attribute("group_id", year) if rules.apart else NOBODY
    same = NOBODY if rules.within is None else network.attribute(rules.within, year)
    differ = NOBODY if rules.outside is None else network.attribute(rules.outside, year)
    return tuple(np.ascontiguousarray(part) for part in (apart, same, differ))  # type: ignore[return-value]


def partners(network: Network, year: int, rules: Rules) -> sparse.csr_array:
    """The weights of a year with only the entries that count; computed once."""
    return network.derived(("partners", int(year), rules), lambda: _partners(network, year, rules))


def pattern(network: Network, year: int, rules: Rules) -> sparse.csr_array:
    """Ones where a partner counts; computed once."""
    return network.derived(
        ("pattern", int(year), rules), lambda: support(partners(network, year, rules))
    )


def shares(network: Network, year: int, rules: Rules) -> sparse.csr_array:
    """Weights of partners that sum to one in each row; computed once."""
    return network.derived(
        ("shares", int(year), rules), lambda: row_normalized(partners(network, year, rules))
    )


def totals(network: Network, year: int, rules: Rules) -> FloatVector:
    """(N,) weight of all partners that count; computed once."""
    return network.derived(
        ("totals", int(year), rules), lambda: row_sums(partners(network, year, rules))
    )


def _partners(network: Network, year: int, rules: Rules) -> sparse.csr_array:
    matrix = network.at(year)
    if rules.one_way:
        back = lookup(matrix, matrix.indices, rows_of(matrix))
        matrix = keep(matrix, back == 0.0)
    return allowed(matrix, labels(network, year, rules))


def allowed(
    matrix: sparse.csr_array, conditions: tuple[IntVector, IntVector, IntVector]
) -> sparse.csr_array:
    """The matrix with only the entries whose ends meet the conditions of :func:`labels`."""
    apart, same, differ = conditions
    rows = rows_of(matrix)
    mask = np.ones(matrix.nnz, dtype=bool)
    if np.any(apart >= 0):
        mask &= ~selected(rows, matrix.indices, apart, same=True)
    if len(same):
        mask &= selected(rows, matrix.indices, same, same=True)
    if len(differ):
        mask &= selected(rows, matrix.indices, differ, same=False)
    return matrix if mask.all() else keep(matrix, mask)
