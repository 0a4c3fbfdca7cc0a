"""Rows in use: missing values, weights and singletons, each loss with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.errors import DataError, IdentificationError, first_cases
from spillover.numerics.degrees import components, dense_codes, singletons
from spillover.numerics.solution import Effects
from spillover.sample import Sample
from spillover.typing import BoolVector, FloatVector, IntVector

Singletons = Literal["drop", "keep"]

LARGEST = 1e120
"""Size up to which sums of squares and their products stay finite."""

SMALLEST = 1e-120
"""Size down to which they stay above zero."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be known on every row of a design."""

    expressions: tuple[str, ...]
    """Outcome, regressors, instruments: numeric expressions."""

    factors: tuple[str, ...] = ()
    """Columns that become dummies."""

    absorb: tuple[str, ...] = ()
    """Fixed effects."""

    weights: str | None = None
    """Expression of the observation weights."""

    singletons: Singletons = "drop"
    """What happens to rows that are alone in a level of an effect."""


@dataclass(frozen=True, slots=True, eq=False)
class RowsInUse:
    """The rows a design uses, with weights and effects on them."""

    rows: IntVector
    """(n,) positions in the sample, ascending."""

    weights: FloatVector | None
    """(n,) positive weights, or ``None``."""

    effects: Effects
    """Fixed effects on these rows."""

    dropped: tuple[tuple[str, int], ...]
    """Reasons and counts of the other rows, in the order they left."""


def rows_in_use(sample: Sample, needs: Needs) -> RowsInUse:
    """The rows on which a design can be estimated.

    Parameters
    ----------
    sample : Sample
        Rows to choose from.
    needs : Needs
        Expressions, effects and weights that must be known.

    Raises
    ------
    DataError
        A weight is negative, or a value is infinite.
    IdentificationError
        No row is left.
    """
    weights = () if needs.weights is None else (needs.weights,)
    mask, dropped = sample.complete((*needs.expressions, *weights), (*needs.factors, *needs.absorb))
    refuse_empty(mask, sample, dropped)
    _refuse_infinite(sample, mask, needs.expressions)
    values = None
    if needs.weights is not None:
        values = sample.column(needs.weights)
        mask, dropped = _positive(needs.weights, values, mask, dropped)
    rows = np.flatnonzero(mask)
    codes = [sample.codes(name)[0][rows] for name in needs.absorb]
    if needs.singletons == "drop" and codes:
        kept = singletons(codes)
        rows, codes = rows[kept], [code[kept] for code in codes]
        if not kept.all():
            dropped = (*dropped, (lonely(needs.absorb), int(np.sum(~kept))))
        refuse_empty(kept, sample, dropped)
    rows.setflags(write=False)
    return RowsInUse(
        rows, None if values is None else values[rows], effects_of(needs.absorb, codes), dropped
    )


def lonely(absorb: Sequence[str]) -> str:
    """The reason for which singletons leave."""
    return f"only row of its {' or '.join(absorb)}"


def restrict(used: RowsInUse, kept: BoolVector, reason: str) -> RowsInUse:
    """The rows in use for which ``kept`` (n,) is true, with the loss counted.

    Parameters
    ----------
    used : RowsInUse
        Rows so far.
    kept : (n,)
        True for rows that stay.
    reason : str
        Why the others leave.
    """
    if kept.all():
        return used
    rows = used.rows[kept]
    rows.setflags(write=False)
    counts = dict(used.dropped)
    counts[reason] = counts.get(reason, 0) + int(np.sum(~kept))
    return RowsInUse(
        rows,
        None if used.weights is None else used.weights[kept],
        effects_of(used.effects.names, [codes[kept] for codes in used.effects.codes]),
        tuple(counts.items()),
    )


def effects_of(names: Sequence[str], codes: Sequence[IntVector]) -> Effects:
    """Fixed effects with dense codes, levels and components.

    Parameters
    ----------
    names : q names
    codes : q arrays of (n,)
        Integer codes, possibly with empty levels.
    """
    dense = [dense_codes(code) for code in codes]
    arrays = tuple(code for code, _ in dense)
    for array in arrays:
        array.setflags(write=False)
    linked = components(arrays[0], arrays[1]) if len(arrays) > 1 else 1
    return Effects(tuple(names), arrays, tuple(levels for _, levels in dense), linked)


def _positive(
    name: str, values: FloatVector, mask: BoolVector, dropped: tuple[tuple[str, int], ...]
) -> tuple[BoolVector, tuple[tuple[str, int], ...]]:
    negative = np.flatnonzero(mask & ((values < 0) | np.isinf(values)))
    if len(negative):
        raise DataError(
            f"Expected weights {name} that are finite and not negative.",
            f"Found {len(negative):,} others ({first_cases(values[negative][:4])}).",
            "Correct the weights or filter these rows.",
        )
    kept = mask & (values > 0)
    lost = int(np.sum(mask & ~kept))
    if not kept.any():
        raise IdentificationError(
            f"Expected at least one positive weight {name}.",
            f"Found zero in all {lost:,} rows.",
            "Choose another weight or leave weights out.",
        )
    return kept, (*dropped, (f"zero weight {name}", lost)) if lost else dropped


def refuse_empty(mask: BoolVector, sample: Sample, dropped: tuple[tuple[str, int], ...]) -> None:
    """Refuse a sample of which no row is left, with the reasons.

    Parameters
    ----------
    mask : (n,)
        True for rows that are left.
    sample : Sample
        All rows.
    dropped : tuple of (reason, count)
        Why the others left.
    """
    if not mask.any():
        reasons = first_cases(f"{reason}: {count:,}" for reason, count in dropped)
        raise IdentificationError(
            "Expected at least one row on which the design can be estimated.",
            f"Found none of {len(sample):,} ({reasons or 'the sample is empty'}).",
            "Drop the term that is missing, or check the filters and the fixed effects.",
        )


def _refuse_infinite(sample: Sample, mask: BoolVector, expressions: Sequence[str]) -> None:
    for text in expressions:
        size = np.abs(sample.column(text), where=mask, out=np.zeros(len(mask)))
        if not size.max(initial=0.0) <= LARGEST:
            rows = np.flatnonzero(size > LARGEST)
            kind = "infinite ones" if np.isinf(size[rows]).any() else f"above {LARGEST:.0e} in size"
            raise DataError(
                f"Expected finite values of {text}.",
                f"Found {len(rows):,} {kind} (rows {first_cases(rows)}).",
                "Correct the values, change their unit or filter these rows.",
            )
        if 0 < size.max(initial=0.0) < SMALLEST:
            raise DataError(
                f"Expected values of {text} whose squares are not lost to rounding.",
                f"Found none above {size.max():.0e} in size.",
                "Change the unit.",
            )
