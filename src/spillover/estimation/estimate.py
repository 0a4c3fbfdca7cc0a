"""The two verbs of estimation: a design meets a dependence, or an estimate meets another one."""

from typing import Any, Literal

import numpy as np

from spillover.designs.first_stage import with_first_stage
from spillover.errors import SpecificationError
from spillover.estimation.result import Estimate
from spillover.inference.covariance import CovarianceMethod, covariance
from spillover.inference.dependence import Dependence
from spillover.inference.independent import Heteroskedastic
from spillover.numerics.solution import Solution
from spillover.sample import Sample

PERFECT = 1e-10
"""Size of residuals relative to the outcome below which they are rounding errors."""


def estimate(
    sample: Sample,
    design: Any,  # noqa: ANN401 - any design; the protocol lives beside the designs
    vcov: Any = None,  # noqa: ANN401 - a dependence or a method with its own covariance
    label: str = "",
    first_stage: Literal["correct", "ignore"] = "correct",
) -> Estimate:
    """Coefficients of a design with a covariance.

    Parameters
    ----------
    sample : Sample
        Rows with their columns.
    design : Design
        The comparison, for example ``FixedEffects(...)``.
    vcov : Dependence or CovarianceMethod, optional
        Which rows may be dependent; the default is ``Heteroskedastic("HC1")``, which firm panels
        rarely deserve.
    label : str
        Heading of the column in a table.
    first_stage : {"correct", "ignore"}
        Whether standard errors know that a productivity in the regression was itself estimated;
        ``"ignore"`` is said in the notes.

    Raises
    ------
    SpecificationError
        ``design`` or ``vcov`` is not what its name says.
    """
    if isinstance(design, type) or not callable(getattr(design, "solve", None)):
        raise SpecificationError(
            "Expected a design such as FixedEffects(...).",
            f"Found {design!r}.",
            "Pass one of the types of spillover.designs, built with its arguments.",
        )
    chosen = _checked(Heteroskedastic("HC1") if vcov is None else vcov)
    solution = with_first_stage(design.solve(sample), sample, first_stage)
    return _meet(solution, sample, design, chosen, label)


def infer(estimate: Estimate, vcov: Any) -> Estimate:  # noqa: ANN401 - see estimate
    """The same coefficients with another covariance; nothing is estimated again.

    Parameters
    ----------
    estimate : Estimate
        An estimate, which stays as it is.
    vcov : Dependence or CovarianceMethod
        Which rows may be dependent.
    """
    chosen = _checked(vcov)
    return _meet(estimate.solution, estimate.sample, estimate.design, chosen, estimate.label)


def _meet(solution: Solution, sample: Sample, design: Any, vcov: Any, label: str) -> Estimate:  # noqa: ANN401 - see estimate
    found = covariance(solution, sample.take(solution.rows), vcov)
    warnings = (*_rounding(solution), *found.warnings)
    return Estimate(solution, found, sample, design, vcov, label, warnings)


def _rounding(solution: Solution) -> tuple[str, ...]:
    """A warning when nothing but rounding errors is left of a linear fit."""
    if solution.linear is None:
        return ()
    y = solution.linear.y
    if np.linalg.norm(solution.residuals) > PERFECT * np.linalg.norm(y - y.mean()):
        return ()
    said = "is fitted up to rounding errors, and so are its standard errors and p-values"
    return (f"{solution.outcome} {said}",)


def _checked(vcov: Any) -> Any:  # noqa: ANN401 - see estimate
    if isinstance(vcov, Dependence | CovarianceMethod) and not isinstance(vcov, type):
        return vcov
    raise SpecificationError(
        'Expected a dependence such as Cluster("firm_id").',
        f"Found {vcov!r}.",
        "Pass one of the types of spillover.inference, built with its arguments.",
    )
