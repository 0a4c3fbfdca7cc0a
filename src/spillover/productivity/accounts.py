"""Accounts: logs of output and inputs with their shares, on the rows where all are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.errors import DataError, IdentificationError, SpecificationError, first_cases
from spillover.productivity.ledger import Ledger, cases, refuse_infinite
from spillover.specs import NonEmpty, Spec
from spillover.tables.evaluate import categories, numbers
from spillover.tables.panel import Panel
from spillover.tables.provenance import Loss
from spillover.typing import BoolVector, FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True)
class Bookkeeping(Spec):
    """Base of index numbers: which columns are output, inputs and costs, and what shares are."""

    output: NonEmpty = "sales"
    """Output, a column or an expression such as ``"sales / price_index"``."""

    inputs: tuple[NonEmpty, ...] = ("employment", "capital", "materials")
    """Quantities of inputs."""

    costs: tuple[NonEmpty, ...] = ("wages", "0.12 * capital", "materials")
    """What each input costs in a year, in the order of ``inputs`` and in one currency; capital
    costs its stock times a yearly user cost, 12 % unless you write another number."""

    shares: Literal["cost", "revenue", "given"] = "cost"
    """``cost`` divides by total cost, which needs no assumption on markups; ``revenue`` divides
    by ``revenue`` and gives the last input the rest, which needs constant returns and price
    taking; ``given`` takes ``costs`` as shares that sum to one."""

    revenue: NonEmpty | None = None
    """Revenue in the currency of the costs, for ``shares = "revenue"``; the default is
    ``output``."""

    within: NonEmpty | None = "industry"
    """Firms that are compared share a value of this column, or columns joined by ``^``; ``None``
    compares all."""

    nonpositive: Literal["error", "drop"] = "error"
    """What happens to rows whose output, inputs or costs are zero or negative; dropped rows are
    counted."""

    def rules(self) -> None:
        """Refuse lists that do not match."""
        if len(self.inputs) != len(self.costs) or not self.inputs:
            raise SpecificationError(
                f"{type(self).__name__}: expected one cost for each input.",
                f"Found {len(self.inputs)} inputs and {len(self.costs)} costs.",
                "Write them in the same order.",
            )
        if len(set(self.inputs)) < len(self.inputs):
            raise SpecificationError(
                f"{type(self).__name__}: expected each input once.",
                f"Found {', '.join(self.inputs)}.",
                "Remove the repetition; its share would be counted twice.",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """Logs and shares of the rows in use."""

    rows: IntVector
    """(m,) rows of the panel in use, ascending."""

    y: FloatVector
    """(m,) log output."""

    x: FloatMatrix
    """(m, q) log inputs."""

    shares: FloatMatrix
    """(m, q) shares, each in (0, 1), rows sum to one."""

    group: IntVector
    """(m,) code of the comparison set."""

    levels: int
    """Number of comparison sets."""

    losses: tuple[Loss, ...]
    """Rows that are not in use, by reason."""


def read_accounts(panel: Panel, spec: Bookkeeping) -> Accounts:
    """Logs and shares of the rows on which everything is known and positive.

    Raises
    ------
    DataError
        A value is not positive, or a share lies outside (0, 1).
    IdentificationError
        No row is left.
    """
    ledger = Ledger.start(panel)
    named = {text: numbers(text, panel) for text in _columns(spec)}
    for text, values in named.items():
        refuse_infinite(ledger, values, text)
        ledger = ledger.drop(np.isnan(values), f"missing {text}")
    for text, values in named.items():
        ledger = _positive(ledger, values, text, spec.nonpositive)
    group, levels = _groups(panel, spec.within)
    ledger = ledger.drop(group < 0, f"missing {spec.within}")
    rows = ledger.rows
    if not len(rows):
        raise IdentificationError(
            "Expected a firm-year with output, inputs and costs.",
            f"Found none of {len(panel):,} ({'; '.join(loss.reason for loss in ledger.losses)}).",
            "Check the columns named in the specification.",
        )
    shares = _shares(np.column_stack([named[text][rows] for text in spec.costs]), named, rows, spec)
    _refuse_outside(shares, rows, spec, panel)
    logs = np.log(np.column_stack([named[text][rows] for text in spec.inputs]))
    return Accounts(
        rows, np.log(named[spec.output][rows]), logs, shares, group[rows], levels, ledger.losses
    )


def _columns(spec: Bookkeeping) -> Sequence[str]:
    revenue = (spec.revenue,) if spec.revenue and spec.shares == "revenue" else ()
    return tuple(dict.fromkeys((spec.output, *spec.inputs, *spec.costs, *revenue)))


def _positive(
    ledger: Ledger, values: FloatVector, text: str, rule: Literal["error", "drop"]
) -> Ledger:
    bad: BoolVector = ledger.kept & ~(values > 0)
    if rule == "error" and bad.any():
        raise DataError(
            f"Expected positive values of {text}, because logs are taken.",
            f"Found {int(bad.sum()):,} rows that are zero or negative ({ledger.cases(bad)}).",
            'Correct them, or set nonpositive = "drop" to leave these rows out and count them.',
        )
    return ledger.drop(bad, f"{text} zero or negative")


def _groups(panel: Panel, within: str | None) -> tuple[IntVector, int]:
    if within is None:
        return np.zeros(len(panel), dtype=np.int32), 1
    return categories(within, panel)


def _shares(
    costs: FloatMatrix, named: dict[str, FloatVector], rows: IntVector, spec: Bookkeeping
) -> FloatMatrix:
    if spec.shares == "given":
        return costs
    if spec.shares == "cost":
        return np.asarray(costs / costs.sum(axis=1, keepdims=True))
    shares = costs / named[spec.revenue or spec.output][rows][:, None]
    shares[:, -1] = 1.0 - shares[:, :-1].sum(axis=1)
    return np.asarray(shares)


def _refuse_outside(shares: FloatMatrix, rows: IntVector, spec: Bookkeeping, panel: Panel) -> None:
    single = shares.shape[1] == 1 and spec.shares != "given"
    outside = np.zeros(len(shares), bool) if single else ((shares <= 0) | (shares >= 1)).any(axis=1)
    uneven = np.abs(shares.sum(axis=1) - 1.0) > 1e-6
    if outside.any() or uneven.any():
        bad = outside if outside.any() else uneven
        at = first_cases(cases(panel, rows[bad]))
        found = "a share outside (0, 1)" if outside.any() else "shares that do not sum to one"
        raise DataError(
            f"Expected {spec.shares} shares of {', '.join(spec.inputs)} between 0 and 1 "
            "that sum to one.",
            f"Found {int(bad.sum()):,} rows with {found} ({at}).",
            "Check the units of costs and revenue; costs above revenue rule revenue shares out.",
        )
