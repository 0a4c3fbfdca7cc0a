"""Dependence: which rows may be correlated, as a kernel, and the union of two dependences."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal, TypeAlias

from spillover.errors import SpecificationError
from spillover.numerics.meet import meet
from spillover.numerics.pairs import AnyKernel
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.specs import Spec
from spillover.typing import FloatMatrix, IntVector, SmallSample

Repair: TypeAlias = Literal["clip", "drop", "none"]
FactorKind: TypeAlias = Literal["independent", "cluster", "serial", "none"]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One dependence met with the data: a kernel and the facts its factor needs."""

    kernel: AnyKernel
    """Dependence between the rows of the sample."""

    factor: FactorKind
    """Which small-sample factor applies."""

    clusters: tuple[IntVector, ...] = ()
    """Cluster codes, for nesting of effects."""

    groups: int | None = None
    """Number of clusters or periods."""

    label: str = ""
    """Words for the table note."""

    notes: tuple[str, ...] = ()
    """What the reader must know: neighbours per row, rows without coordinates."""

    sign: int = 1
    """+1, or -1 for a term subtracted by inclusion-exclusion."""

    member: bool = True
    """Whether this is a dependence that was asked for rather than an intersection."""

    warnings: tuple[str, ...] = ()
    """Reasons to doubt the result, such as few clusters."""


class Dependence(Spec):
    """Base of dependences that are kernels; ``A | B`` allows for either.

    A subclass implements :meth:`bind` and has the field ``small_sample``.
    """

    __slots__ = ()

    small_sample: SmallSample

    def bind(self, sample: Sample) -> Part:
        """The kernel on the rows of ``sample``, which is restricted to the rows in use."""
        raise NotImplementedError

    def parts(self, sample: Sample) -> tuple[Part, ...]:
        """The signed terms of the kernel; one for a plain dependence."""
        return (self.bind(sample),)

    def columns(self) -> tuple[str, ...]:
        """Columns that must be known on every row, for example cluster variables."""
        return ()

    def influence(self, solution: Solution) -> FloatMatrix:
        """(n, k) rows that the kernel sums over; the influence function unless overridden."""
        return solution.psi

    def is_kernel_on_psi(self) -> bool:
        """Whether the covariance needs the influence function only, so that ``|`` is possible."""
        return True

    def __or__(self, other: object) -> "AnyOf":
        if not isinstance(other, Dependence):
            raise not_a_kernel(other)
        return AnyOf((*_members(self), *_members(other)))

    def __ror__(self, other: object) -> "AnyOf":
        raise not_a_kernel(other)


def not_a_kernel(method: object) -> SpecificationError:
    """The error for a method joined by ``|`` although it is not a kernel."""
    return SpecificationError(
        "Expected a dependence that is a kernel on both sides of |.",
        f"Found {type(method).__name__}, which computes its covariance in another way.",
        "Report it in a column of its own.",
    )


def _members(dependence: Dependence) -> tuple[Any, ...]:
    return dependence.of if isinstance(dependence, AnyOf) else (dependence,)


@dataclass(frozen=True, slots=True)
class AnyOf(Dependence):
    """Rows may be dependent when any of several dependences says so.

    The kernel is the union by inclusion and exclusion: K_A + K_B - K_A K_B, elementwise
    (Cameron, Gelbach and Miller 2011 for clusters).
    """

    of: tuple[Any, ...]
    """Two to four dependences."""

    small_sample: SmallSample = "fixest"
    """Software whose small-sample factors are matched."""

    repair: Repair = "clip"
    """What happens to a covariance that is not positive semidefinite: ``clip`` sets negative
    eigenvalues to zero, ``drop`` omits the subtracted terms, ``none`` leaves it as it is."""

    type: Literal["AnyOf"] = field(default="AnyOf", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse members that are not kernels, and more than four of them."""
        unique = tuple(dict.fromkeys(self.of))
        if not all(isinstance(m, Dependence) and m.is_kernel_on_psi() for m in unique):
            raise SpecificationError(
                "Expected dependences that are kernels on the influence function.",
                f"Found {', '.join(repr(member) for member in unique)}.",
                "Report methods that are not such kernels in columns of their own.",
            )
        if not 1 <= len(unique) <= 4:
            raise SpecificationError(
                "Expected one to four dependences in a union.",
                f"Found {len(unique)}.",
                "Drop those that are contained in others.",
            )
        object.__setattr__(self, "small_sample", _common_rule(unique, self.small_sample))
        object.__setattr__(self, "of", unique)

    def columns(self) -> tuple[str, ...]:
        """Columns of all members."""
        return tuple(dict.fromkeys(name for member in self.of for name in member.columns()))

    def parts(self, sample: Sample) -> tuple[Part, ...]:
        """Signed terms over all non-empty subsets of the members."""
        bound = [member.bind(sample) for member in self.of]
        subsets = [
            chosen for size in range(1, len(bound) + 1) for chosen in combinations(bound, size)
        ]
        return tuple(_intersection(chosen) for chosen in subsets)


def _common_rule(members: Sequence[Any], own: SmallSample) -> SmallSample:
    """The rule of the union: that of its members, or its own when they have the default."""
    rules = {member.small_sample for member in members} - {"fixest"} | ({own} - {"fixest"})
    if len(rules) > 1:
        raise SpecificationError(
            "Expected one small-sample rule in a union.",
            f"Found {', '.join(sorted(rules))}.",
            "Give every member the same small_sample.",
        )
    return rules.pop() if rules else "fixest"


def _intersection(chosen: Sequence[Part]) -> Part:
    kernel = chosen[0].kernel
    for other in chosen[1:]:
        kernel = meet(kernel, other.kernel)
    if len(chosen) == 1:
        return chosen[0]
    levels = getattr(kernel, "levels", None)
    kinds = {part.factor for part in chosen}
    return Part(
        kernel=kernel,
        factor=kinds.pop() if len(kinds) == 1 else "cluster" if levels else "none",
        clusters=(),
        groups=levels,
        label=" and ".join(part.label for part in chosen),
        sign=(-1) ** (len(chosen) + 1),
        member=False,
    )
