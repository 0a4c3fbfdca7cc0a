"""LawOfMotion: how productivity depends on its past, on exposures and on other shifters."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import SpecificationError
from spillover.numerics.markov import Law
from spillover.specs import NonEmpty, Spec
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True)
class LawOfMotion(Spec):
    """omega_t = g(omega_t-1, exposures, capacity, effects) + xi_t, with g a polynomial.

    References
    ----------
    De Loecker (2013); Doraszelski and Jaumandreu (2013).

    Examples
    --------
    >>> LawOfMotion(exposures=("backward",), shifters=()).degree
    3
    """

    degree: Annotated[int, Field(ge=1, le=5)] = 3
    """Greatest power of lagged productivity; kept beside exposures so that curvature of g is not
    read as heterogeneity of their effect."""

    exposures: tuple[NonEmpty, ...] = ()
    """Columns or expressions that shift productivity."""

    interactions: bool = True
    """Whether each exposure is also multiplied by lagged productivity: absorptive capacity."""

    squares: bool = False
    """Whether each exposure enters squared."""

    capacity: tuple[NonEmpty, ...] = ()
    """Observed capacity, such as own research a year earlier: enters by itself and times each
    exposure."""

    effects: tuple[NonEmpty, ...] = ()
    """Columns, or columns joined by ``^``, with one dummy per value, such as ``"year"``."""

    timing: Literal["previous", "same"] = "previous"
    """``previous`` takes exposures and capacity from the row a calendar year earlier. ``same``
    takes them from the row itself, which is right only for a column that already looks a year
    back, such as an exposure with ``lag = 1``; then the caller vouches that it is
    predetermined."""

    shifters: tuple[NonEmpty, ...] | None = None
    """Columns that change the demand for the proxy at given productivity, and so enter the
    control function. There is no default beside exposures: write them, or ``()`` for none."""

    type: Literal["LawOfMotion"] = field(default="LawOfMotion", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse exposures without a word on shifters, and capacity without exposures."""
        if self.exposures and self.shifters is None:
            raise SpecificationError(
                "LawOfMotion: expected shifters beside exposures.",
                "Found none.",
                "Write shifters = [...] with the columns that change the demand for the proxy at "
                "given productivity (often the exposures themselves), or shifters = [].",
            )
        if self.capacity and not self.exposures:
            raise SpecificationError(
                "LawOfMotion: expected exposures beside capacity.",
                f"Found capacity {', '.join(self.capacity)} alone.",
                "Capacity says how strongly a firm responds to an exposure: name the exposure.",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One column of a law: omega^power times an exposure^by times a capacity."""

    name: str
    """Name of the column."""

    power: int = 0
    """Power of lagged productivity."""

    exposure: int = -1
    """Which exposure; -1 for none."""

    by: int = 0
    """Power of the exposure."""

    capacity: int = -1
    """Which capacity; -1 for none."""

    second: int = 0
    """Power of the second generated variable."""


def law_terms(spec: LawOfMotion, *, survival: bool = False) -> tuple[Term, ...]:
    """Terms of a law, without dummies.

    Parameters
    ----------
    spec : LawOfMotion
        The specification.
    survival : bool
        Whether the complete polynomial in productivity and the survival probability enters.
    """
    top = spec.degree
    terms = [Term(_power("omega", p) or "1", p) for p in range(top + 1)]
    if survival:
        both = [(a, b) for b in range(1, top + 1) for a in range(top + 1 - b)]
        terms += [Term(_join(_power("omega", a), _power("P", b)), a, second=b) for a, b in both]
    for j, name in enumerate(spec.exposures):
        terms.append(Term(name, 0, j, 1))
        if spec.interactions:
            terms.append(Term(f"omega*{name}", 1, j, 1))
        if spec.squares:
            terms.append(Term(f"{name}^2", 0, j, 2))
    for k, own in enumerate(spec.capacity):
        terms.append(Term(own, capacity=k))
        terms += [Term(f"{s}*{own}", 0, j, 1, k) for j, s in enumerate(spec.exposures)]
    return tuple(terms)


def _power(name: str, power: int) -> str:
    return "" if power == 0 else name if power == 1 else f"{name}^{power}"


def _join(*parts: str) -> str:
    return "*".join(part for part in parts if part)


def multiplier(
    term: Term, exposures: FloatMatrix, capacity: FloatMatrix, rows: int, *, slope: bool = False
) -> FloatVector:
    """What the power of productivity is multiplied by in one term, or its slope in the exposure.

    Parameters
    ----------
    term : Term
        The term.
    exposures, capacity : (n2, e), (n2, a)
        Values.
    rows : int
        n2.
    slope : bool
        Derivative with respect to the term's exposure instead of the value.
    """
    out = np.ones(rows)
    if term.exposure >= 0:
        value = exposures[:, term.exposure]
        out = out * (term.by * value ** (term.by - 1) if slope else value**term.by)
    if term.capacity >= 0:
        out = out * capacity[:, term.capacity]
    return out


def build_law(
    terms: tuple[Term, ...],
    exposures: FloatMatrix,
    capacity: FloatMatrix,
    dummies: FloatMatrix,
    names: tuple[str, ...],
) -> Law:
    """Columns of a law on the pairs.

    Parameters
    ----------
    terms : tuple of Term
        Terms with productivity, exposures and capacity.
    exposures, capacity, dummies : (n2, e), (n2, a), (n2, g)
        Values on the pairs.
    names : tuple of str
        Names of the dummies.
    """
    rows = len(exposures)
    columns = [multiplier(term, exposures, capacity, rows) for term in terms]
    zeros = np.zeros(len(names), dtype=np.int64)
    powers: IntVector = np.concatenate([[term.power for term in terms], zeros]).astype(np.int64)
    second: IntVector = np.concatenate([[term.second for term in terms], zeros]).astype(np.int64)
    multipliers = np.column_stack([*columns, dummies])
    return Law(powers, multipliers, second, (*(term.name for term in terms), *names))
