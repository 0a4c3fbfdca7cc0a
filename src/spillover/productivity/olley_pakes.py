"""Productivity from investment, with a correction for exit (Olley and Pakes 1996)."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spillover.errors import DataError, first_cases
from spillover.numerics.polynomial import Scale, exponents, monomials
from spillover.numerics.probit import Probit, fit_probit
from spillover.productivity.inputs import Inputs, Pairs
from spillover.productivity.ledger import cases
from spillover.productivity.two_step import ExitRule, TwoStep
from spillover.specs import NonEmpty
from spillover.tables.evaluate import numbers
from spillover.typing import FloatVector, IntVector


@dataclass(frozen=True, slots=True)
class OlleyPakes(TwoStep):
    """Elasticities of free inputs from a regression that holds investment fixed.

    As in Levinsohn and Petrin, with investment as the proxy. Firms leave when productivity is
    low, so survivors with little capital are better than average; with ``survival`` the law of
    motion takes the probability of surviving from t-1 to t, known at t-1, beside productivity.

    References
    ----------
    Olley and Pakes (1996).

    Examples
    --------
    >>> spec = OlleyPakes("value_added", "value_added", "employment", "capital", "investment")
    >>> spec.survival is None
    True
    """

    survival: NonEmpty | None = None
    """``None`` for no correction; ``"next_year"``: a row for the next calendar year exists;
    ``"ever_again"``: a later row exists, so that a gap is not an exit; ``"last_year_of_firm"``
    repeats the timing of some packages, one year off, and is meant for comparison only; any
    other text is a column that is 1 when the firm lives on to the next year."""

    type: Literal["OlleyPakes"] = field(default="OlleyPakes", kw_only=True, repr=False)

    def exit_rule(self, data: Inputs, pairs: Pairs) -> ExitRule | None:
        """A probit of survival on a polynomial of states and proxy a year earlier."""
        if self.survival is None:
            return None
        off = self.survival == "last_year_of_firm"
        outcome, rows = _last_year(data, pairs) if off else _survival(data, self.survival)
        at = pairs.before if off else rows
        names = (*data.state.names, *data.proxy.names)
        x = np.column_stack([data.state.values, data.proxy.values])
        powers = exponents(x.shape[1], 2 if off else self.degree, least=0)
        columns = monomials(Scale.of(x).apply(x), powers)
        pi = fit_probit(columns[at], outcome, names)
        probit = Probit(columns, outcome, rows, at, pi)
        fitted = float(probit.probability(pairs.before).mean())
        exits = float(outcome.mean()) if off else 1.0 - float(outcome.mean())
        statistics = {"exit_rate": exits, "mean_probability": fitted}
        warning = ("survival one year off, for comparison with other software only",)
        note = f"exit correction by {self.survival}"
        return ExitRule(probit, statistics, (note, *warning) if off else (note,))


def _survival(data: Inputs, rule: str) -> tuple[FloatVector, IntVector]:
    """Whether a firm lives on, and the rows on which that is known."""
    panel, rows = data.panel, data.rows
    if rule == "next_year":
        lives = ~np.isnan(panel.lag(np.ones(len(panel)), -1))
    elif rule == "ever_again":
        lives = panel.years < _last(data)[panel.codes]
    else:
        lives = _flag(rule, data)
    known = np.flatnonzero((panel.years[rows] < panel.years.max()) & ~np.isnan(lives[rows]))
    return lives[rows[known]].astype(np.float64), known


def _flag(rule: str, data: Inputs) -> FloatVector:
    """A column of zeros and ones, missing where survival is not known."""
    lives = numbers(rule, data.panel)
    bad = data.rows[~np.isin(lives[data.rows], (0.0, 1.0)) & ~np.isnan(lives[data.rows])]
    if len(bad):
        raise DataError(
            f"Expected zeros and ones in {rule}, 1 for firms that live on to the next year.",
            f"Found {len(bad):,} other values ({first_cases(cases(data.panel, bad))}).",
            "Leave it missing where survival is not known; such rows are not in the probit.",
        )
    return lives


def _last(data: Inputs) -> IntVector:
    """(N,) last year of each firm in the panel."""
    last = np.zeros(len(data.panel.units), dtype=np.int64)
    np.maximum.at(last, data.panel.codes, data.panel.years)
    return last


def _last_year(data: Inputs, pairs: Pairs) -> tuple[FloatVector, IntVector]:
    """The indicator of other software: the last year of a firm that is not the last of all."""
    panel, now = data.panel, data.rows[pairs.now]
    ends = panel.years[now] == _last(data)[panel.codes[now]]
    return (ends & (panel.years[now] < panel.years.max())).astype(np.float64), pairs.now
