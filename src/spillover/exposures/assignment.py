"""Assignment: how the shock might have fallen otherwise, within strata of comparable firms."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import DataError, SpecificationError
from spillover.networks.network import Network
from spillover.specs import NonEmpty, Spec
from spillover.typing import BoolVector, FloatVector, IntVector


@dataclass(frozen=True, slots=True)
class Assignment(Spec):
    """The shock is exchanged among firms of one stratum and year.

    Which shocks could have fallen elsewhere is an assumption about the world, so strata have no
    default. They are columns of firms that were fixed before the shock, such as industry and
    prefecture; firms with an unknown column keep their shock.

    References
    ----------
    Borusyak and Hull (2023), Econometrica 91.

    Examples
    --------
    >>> Assignment(within=("industry", "prefecture")).process
    'permutation'
    """

    within: tuple[NonEmpty, ...]
    """Columns of firms whose combinations are the strata; an empty tuple makes one stratum."""

    process: Literal["permutation", "bernoulli"] = "permutation"
    """Shocks change places, so that their number is fixed; or every firm of a stratum draws with
    the chance that its share of ones shows."""

    chance: NonEmpty | None = None
    """Column or expression with the own chance of every firm, such as a propensity score, in place
    of the share of its stratum; for independent draws without strata."""

    own_status: Literal["given", "random"] = "given"
    """Whether the own shock of a firm is held fixed while others exchange theirs: yes when the
    sample is chosen by it, as domestic firms are."""

    exchange: Literal["histories", "years"] = "histories"
    """What a randomisation test exchanges: the shocks of all years together, among firms that
    exist and are known in the same years, because shocks last; or those of each year apart."""

    draws: Annotated[int, Field(ge=199)] = 999
    """Draws of a randomisation test, and for expectations without a closed form."""

    seed: int = 0
    """Seed of the draws."""

    type: Literal["Assignment"] = field(default="Assignment", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse own chances beside strata, or where shocks change places."""
        if self.chance is not None and (self.within or self.process != "bernoulli"):
            raise SpecificationError(
                'Assignment: expected a chance beside process = "bernoulli" and within = ().',
                f"Found process = {self.process!r} and within = {self.within!r}.",
                "Put the strata into the model of the chance, or leave chance out.",
            )

    def strata(self, network: Network, year: int) -> IntVector:
        """(N,) codes of strata; -1 for firms with an unknown column.

        Raises
        ------
        UnknownNameError
            The network does not carry a column.
        """
        code = np.zeros(len(network.firms), dtype=np.int64)
        known = np.ones(len(network.firms), dtype=bool)
        for name in self.within:
            part = network.attribute(name, year).astype(np.int64)
            known &= part >= 0
            code = code * (part.max(initial=0) + 1) + part
        _, dense = np.unique(np.where(known, code, -1), return_inverse=True)
        return np.where(known, dense, -1).astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """Firms that may exchange their shocks in one year, with the moments of each stratum."""

    code: IntVector
    """(N,) stratum of each firm; -1 for firms that keep their shock."""

    size: FloatVector
    """(G,) firms."""

    total: FloatVector
    """(G,) sum of shocks."""

    squares: FloatVector
    """(G,) sum of squared shocks."""

    order: IntVector
    """(k,) firms that exchange, by stratum."""

    @classmethod
    def of(cls, code: IntVector, shock: FloatVector, known: BoolVector) -> "Strata":
        """Strata of the firms with a known shock."""
        code = np.where(known, code, -1)
        levels = int(code.max(initial=-1)) + 1
        inside = code >= 0

        def sums(part: FloatVector) -> FloatVector:
            return np.bincount(code[inside], part[inside], levels).astype(np.float64)

        order = np.flatnonzero(inside)
        order = order[np.argsort(code[order], kind="stable")]
        return cls(code, sums(np.ones(len(code))), sums(shock), sums(shock**2), order)

    @classmethod
    def alone(cls, chance: FloatVector, known: BoolVector) -> "Strata":
        """Every firm with a known chance (N,) of a one as a stratum of its own."""
        moves = known & ~np.isnan(chance)
        if np.any((chance[moves] < 0) | (chance[moves] > 1)):
            raise DataError(
                "Expected chances between zero and one.",
                f"Found {int(np.sum((chance[moves] < 0) | (chance[moves] > 1))):,} others.",
                "Use fitted probabilities, for example of a logit.",
            )
        code = np.where(moves, np.arange(len(chance)), -1).astype(np.int32)
        expected = np.where(moves, chance, 0.0)
        return cls(code, np.ones(len(chance)), expected, expected, np.flatnonzero(moves))

    @property
    def mean(self) -> FloatVector:
        """(G,) mean shock."""
        return self.total / np.maximum(self.size, 1.0)
