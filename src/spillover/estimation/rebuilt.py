"""The same estimate with another exposure in place of its own."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from spillover.errors import SpecificationError, first_cases, unknown_name
from spillover.estimation.estimate import estimate
from spillover.estimation.result import Estimate
from spillover.exposures.exposure import Exposure
from spillover.exposures.recenter import Recentered, recenter
from spillover.sample import Sample


def own_exposure(fit: Estimate, term: str) -> Exposure:
    """The exposure of an estimate.

    Parameters
    ----------
    fit : Estimate
        An estimate whose sample has the exposure.
    term : str
        Name of the exposure.

    Raises
    ------
    UnknownNameError
        The sample has no such exposure to a network.
    """
    carriers: list[Any] = [*fit.sample.exposures, *fit.sample.measures]
    for carrier in carriers:
        if isinstance(carrier, Exposure) and carrier.name == term:
            return carrier
    names = [str(getattr(carrier, "name", "")) for carrier in carriers]
    raise unknown_name("exposure to a network", term, names)


def position(fit: Estimate, term: str) -> int:
    """Position of the coefficient of an exposure, or of the regressor that it instruments.

    Parameters
    ----------
    fit : Estimate
        An estimate with the exposure or its recentred column, or with one instrumented regressor.
    term : str
        Name of the exposure.

    Raises
    ------
    SpecificationError
        The exposure has no coefficient.
    """
    for name in (term, f"{term}_recentered"):
        if name in fit.names:
            return fit.names.index(name)
    linear = fit.solution.linear
    if linear is not None and len(linear.endogenous) == 1:
        return linear.endogenous[0]
    raise SpecificationError(
        f"Expected a coefficient of {term!r}.",
        f"Found {first_cases(fit.names)}.",
        "Enter the exposure untransformed, or as the instrument of one regressor.",
    )


def beside(fit: Estimate, exposure: Exposure) -> Estimate:
    """The estimate on its rows with one more regressor, a further exposure.

    Parameters
    ----------
    fit : Estimate
        The estimate.
    exposure : Exposure
        The further exposure, under a name of its own.

    Raises
    ------
    SpecificationError
        The design takes no further regressors.
    """
    names = {part.name for part in fields(fit.design)} if is_dataclass(fit.design) else set()
    if "regressors" not in names:
        raise SpecificationError(
            "Expected a design with regressors.",
            f"Found {type(fit.design).__name__}.",
            "Use FixedEffects, InstrumentalVariables or PoissonFixedEffects.",
        )
    column = {exposure.name: exposure.columns(fit.sample.panel)[exposure.name]}
    wider = replace(fit.sample, panel=fit.sample.panel.with_columns(column))
    design: Any = replace(fit.design, regressors=(*fit.design.regressors, exposure.name))
    return estimate(wider.take(np.asarray(fit.solution.rows)), design, fit.vcov, fit.label)


def again(fit: Estimate, exposure: Exposure) -> Estimate:
    """The estimate on its rows with another exposure of the same name.

    Recentred columns are computed again; rows on which the other exposure is unknown leave.

    Parameters
    ----------
    fit : Estimate
        The estimate.
    exposure : Exposure
        Replaces the exposure of its name.
    """
    sample = fit.sample
    swapped = [_other(carrier, exposure) for carrier in sample.exposures]
    measures = [_other(carrier, exposure) for carrier in sample.measures]
    columns = exposure.columns(sample.panel)
    for carrier in (*swapped, *measures):
        if isinstance(carrier, Recentered) and carrier.name == exposure.name:
            columns |= carrier.columns(sample.panel)
    moved: Sample = replace(
        sample,
        panel=sample.panel.with_columns(columns),
        exposures=tuple(swapped),
        measures=tuple(measures),
    )
    return estimate(moved.take(np.asarray(fit.solution.rows)), fit.design, fit.vcov, fit.label)


def _other(carrier: Any, exposure: Exposure) -> Any:  # noqa: ANN401 - carriers of any kind
    if getattr(carrier, "name", None) != exposure.name:
        return carrier
    if isinstance(carrier, Recentered):
        return recenter(exposure, carrier.assignment, carrier.chance)
    return exposure if isinstance(carrier, Exposure) else carrier
