"""Instrumental variables with any number of endogenous regressors and absorbed effects."""

from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias

import numpy as np

from spillover.designs.checks import refuse_outcome_on_the_right, refuse_two_roles, respell
from spillover.designs.formula import needs, read_terms
from spillover.designs.instrumenting import Instrumenting
from spillover.designs.rows import Needs, Singletons, rows_in_use
from spillover.errors import IdentificationError, SpecificationError
from spillover.expressions import parse_formula
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.specs import NonEmpty, NonNegative, Spec
from spillover.typing import IntVector

Method: TypeAlias = Literal["2sls", "liml", "fuller", "gmm", "gmm_iterated"]


@dataclass(frozen=True, slots=True)
class InstrumentalVariables(Spec):
    """Endogenous regressors instrumented, exogenous ones and fixed effects partialled out.

    The two-stage least squares estimator is (X'P_Z X)^-1 X'P_Z y; LIML and Fuller replace P_Z by
    I - kappa M_Z, GMM weighs moments by the inverse of their covariance. Coefficients of the
    endogenous regressors come first. ``InstrumentalVariables.formula("y ~ x | firm_id + year |
    d ~ z1 + z2")`` says the same in one line.

    References
    ----------
    Theil (1958); Anderson and Rubin (1949); Fuller (1977); Hansen (1982).

    Examples
    --------
    >>> InstrumentalVariables.formula("y ~ x | firm_id | d ~ z").instruments
    ('z',)
    """

    outcome: NonEmpty
    """Expression of the outcome."""

    endogenous: tuple[NonEmpty, ...]
    """Expressions of the regressors to be instrumented."""

    instruments: tuple[NonEmpty, ...]
    """Expressions of the excluded instruments, at least as many as endogenous regressors."""

    regressors: tuple[NonEmpty, ...] = ()
    """Expressions of exogenous regressors; ``i(x)`` for dummies."""

    absorb: tuple[NonEmpty, ...] = ()
    """Fixed effects; ``industry^year`` joins two columns."""

    weights: NonEmpty | None = None
    """Expression of observation weights, inversely proportional to the error variance."""

    method: Method = "2sls"
    """Two-stage least squares, LIML, Fuller, or GMM in two steps or iterated."""

    fuller: NonNegative = 1.0
    """Fuller's constant; used by ``method = "fuller"`` only."""

    gmm_cluster: NonEmpty | None = None
    """Column between whose values the moments of GMM are independent; rows by default."""

    singletons: Singletons = "drop"
    """Whether rows that are alone in a level of an effect leave."""

    type: Literal["InstrumentalVariables"] = field(
        default="InstrumentalVariables", kw_only=True, repr=False
    )

    @classmethod
    def formula(cls, formula: str, weights: str | None = None, method: Method = "2sls") -> Self:
        """A design from a formula.

        Parameters
        ----------
        formula : str
            ``outcome ~ x | firm_id + year | d ~ z1 + z2``; effects may be left out.
        weights : str, optional
            Expression of observation weights.
        method : str
            Estimator.
        """
        parts = parse_formula(formula)
        if not parts.instruments:
            raise SpecificationError(
                "Expected a last part with instruments, such as | d ~ z1 + z2.",
                f"Found none in {formula.strip()!r}.",
                "Use FixedEffects.formula(...) for a regression without instruments.",
            )
        return cls(
            parts.outcome,
            parts.endogenous,
            parts.instruments,
            parts.regressors,
            parts.absorb,
            weights,
            method,
        )

    def rules(self) -> None:
        """Spell every expression in one way and refuse designs that cannot be identified."""
        respell(self, self.outcome)
        refuse_outcome_on_the_right(
            self.outcome, (*self.endogenous, *self.regressors, *self.instruments)
        )
        refuse_two_roles(self.endogenous, self.instruments, self.regressors)
        if self.gmm_cluster is not None and not self.method.startswith("gmm"):
            raise SpecificationError(
                "Expected gmm_cluster with a GMM method only.",
                f"Found it with method = {self.method!r}.",
                "Cluster the standard errors with vcov=Cluster(...) instead.",
            )

    def solve(self, sample: Sample) -> Solution:
        """Coefficients with their influence function.

        Parameters
        ----------
        sample : Sample
            Rows to choose from; those with missing values and singletons leave with a count.

        Raises
        ------
        IdentificationError
            Too few or irrelevant instruments, absorbed or collinear columns, or no row left.
        ConvergenceError
            The effects could not be removed to the tolerance.
        """
        lists = (self.endogenous, self.regressors, self.instruments)
        slopes, factors = needs([term for part in lists for term in read_terms(part)])
        wanted = Needs((self.outcome, *slopes), factors, self.absorb, self.weights, self.singletons)
        used = rows_in_use(sample, wanted)
        kept = sample.take(used.rows)
        clusters = None if self.gmm_cluster is None else _clusters(kept, self.gmm_cluster)
        return Instrumenting(self, kept, used, clusters).solution()


def _clusters(kept: Sample, name: str) -> IntVector:
    codes, levels = kept.codes(name)
    if (codes < 0).any() or levels < 2:
        raise IdentificationError(
            f"Expected at least two values of {name}, known in every row, for the moments of GMM.",
            f"Found {levels} values and {int(np.sum(codes < 0)):,} rows without.",
            "Filter rows without a value, or leave gmm_cluster out.",
        )
    return codes
