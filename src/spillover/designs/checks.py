"""Refusals that designs share: regressors that say nothing, and too few rows."""

from collections.abc import Sequence

import numpy as np

from spillover.errors import IdentificationError, SpecificationError, first_cases
from spillover.expressions import canonical, parse
from spillover.numerics.instruments import canonical_correlations
from spillover.numerics.regression import Collinearity
from spillover.numerics.solution import Effects
from spillover.specs import Spec
from spillover.typing import FloatMatrix

LEAST_CORRELATION = 1e-10
"""Squared canonical correlation below which instruments leave a combination unidentified."""

LISTS = {
    "endogenous": "endogenous regressor",
    "instruments": "instrument",
    "regressors": "regressor",
    "absorb": "fixed effect",
}
"""Fields of designs that hold expressions, and what an expression in them is."""


def respell(design: Spec, outcome: str) -> None:
    """Give the expressions of a design one spelling, in lists each at most once.

    Parameters
    ----------
    design : Spec
        A design while it checks its fields.
    outcome : str
        Its outcome as the user wrote it.

    Raises
    ------
    SpecificationError
        An expression is outside the grammar, or occurs twice in a list.
    """
    for name, kind in LISTS.items():
        if hasattr(design, name):
            object.__setattr__(design, name, _spelled(getattr(design, name), kind))
    object.__setattr__(design, "outcome", canonical(parse(outcome)))


def _spelled(texts: Sequence[str], kind: str) -> tuple[str, ...]:
    spelled = tuple(canonical(parse(text)) for text in texts)
    twice = [text for text in dict.fromkeys(spelled) if spelled.count(text) > 1]
    if twice:
        raise SpecificationError(
            f"Expected each {kind} once.",
            f"Found {first_cases(twice)} more than once.",
            "Leave the repetitions out.",
        )
    return spelled


def refuse_outcome_on_the_right(outcome: str, regressors: Sequence[str]) -> None:
    """Refuse a design that explains the outcome by itself."""
    if outcome in regressors:
        raise SpecificationError(
            "Expected regressors other than the outcome.",
            f"Found {outcome} on both sides.",
            "Drop it from the regressors, or use lag(...) of it.",
        )


def refuse_collinear(names: Sequence[str], found: Collinearity, effects: Effects) -> None:
    """Refuse regressors that effects or other regressors explain entirely.

    Parameters
    ----------
    names : k names of the regressors
    found : Collinearity
        What least squares found after absorption.
    effects : Effects
        Absorbed effects; without any, a column without variation repeats the constant.
    """
    if found.absorbed:
        raise _absorbed(names, found, effects)
    if found.dependent:
        sets = [_sentence(names, columns) for columns in found.dependent]
        raise IdentificationError(
            "Expected regressors that are not linear combinations of each other.",
            f"Found {first_cases(sets)}.",
            "Drop one regressor of each set; which one is a choice about the model.",
        )


def _absorbed(names: Sequence[str], found: Collinearity, effects: Effects) -> IdentificationError:
    listed = first_cases(
        f"{names[j]}: {100 * max(found.shares[j], 0.0):.1f} %" for j in found.absorbed
    )
    if not effects.names:
        return IdentificationError(
            "Expected regressors that vary over the rows in use.",
            f"Found {first_cases(names[j] for j in found.absorbed)} constant.",
            "Drop it; the constant of the regression already stands for it.",
        )
    by = " and ".join(effects.names)
    return IdentificationError(
        f"Expected regressors that vary within {by}.",
        f"Found regressors absorbed by the fixed effects (share of variance left: {listed}).",
        "Use a regressor with variation inside the effects, or absorb coarser effects.",
    )


def _sentence(names: Sequence[str], columns: tuple[int, ...]) -> str:
    others = first_cases((names[j] for j in columns[1:]), most=6)
    return f"{names[columns[0]]} is a combination of {others.replace(', ', ' and ')}"


def refuse_no_freedom(n: int, parameters: int) -> None:
    """Refuse a fit with as many parameters as rows."""
    if n <= parameters:
        raise IdentificationError(
            "Expected more rows than parameters.",
            f"Found {n:,} rows for {parameters:,} parameters, fixed effects included.",
            "Drop regressors or absorb coarser effects.",
        )


def refuse_many_instruments(n: int, instruments: int, others: int) -> None:
    """Refuse a first stage with as many parameters as rows.

    Parameters
    ----------
    n : int
        Rows in use.
    instruments : int
        Excluded instruments.
    others : int
        Exogenous regressors and parameters of absorbed effects.
    """
    if n <= instruments + others:
        raise IdentificationError(
            "Expected more rows than instruments, exogenous regressors and effects together.",
            f"Found {n:,} rows for {instruments:,} instruments and {others:,} other parameters.",
            "Use fewer instruments, or more rows: with as many, two stages are least squares.",
        )


def refuse_flat_outcome(outcome: str, share: float, effects: Effects) -> None:
    """Refuse an outcome without variation after absorption."""
    if not share > 1e-14:
        by = " and ".join(effects.names)
        within = f" within {by}" if by else ""
        raise IdentificationError(
            f"Expected an outcome that varies{within}.",
            f"Found {outcome} with {100 * np.nan_to_num(share):.1f} % of its variance left.",
            "Choose another outcome, or absorb coarser effects.",
        )


def refuse_two_roles(
    endogenous: Sequence[str], instruments: Sequence[str], regressors: Sequence[str]
) -> None:
    """Refuse a column in two roles, and fewer instruments than endogenous regressors.

    Parameters
    ----------
    endogenous, instruments, regressors : sequences of str
        Expressions in canonical spelling.
    """
    twice = [text for text in (*endogenous, *instruments) if text in regressors]
    twice += [text for text in endogenous if text in instruments]
    if twice:
        raise SpecificationError(
            "Expected each column as endogenous regressor, instrument or exogenous regressor.",
            f"Found {first_cases(twice)} in two roles.",
            "An exogenous regressor is its own instrument: name it among the regressors only.",
        )
    dummies = any(text.startswith("i(") for text in instruments)
    if len(instruments) < len(endogenous) and not dummies:
        raise IdentificationError(
            "Expected at least as many instruments as endogenous regressors.",
            f"Found {len(instruments)} for {len(endogenous)}.",
            "Add instruments, or treat a regressor as exogenous and say so.",
        )


def refuse_unidentified(gram: FloatMatrix, names: Sequence[str], m: int) -> None:
    """Refuse instruments that do not move some combination of the endogenous regressors.

    Parameters
    ----------
    gram : (p + m + L, p + m + L)
        Cross-products of endogenous regressors, exogenous ones and excluded instruments.
    names : p names
        Names of the endogenous regressors.
    m : int
        Number of exogenous regressors.
    """
    least = canonical_correlations(gram, len(names), m)[0]
    if least < LEAST_CORRELATION:
        raise IdentificationError(
            f"Expected instruments that move {' and '.join(names)} "
            "beyond effects and exogenous regressors.",
            f"Found a smallest squared canonical correlation of {least:.1e} "
            f"with {len(gram) - len(names) - m} instruments.",
            "Use other instruments, or fewer endogenous regressors.",
        )
