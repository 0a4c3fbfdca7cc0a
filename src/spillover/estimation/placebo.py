"""The ladder of placebos: what the estimate is for exposures that should not matter."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from spillover.errors import SpecificationError, SpilloverError
from spillover.estimation.rebuilt import beside, own_exposure, position
from spillover.estimation.result import Estimate
from spillover.exposures.exposure import Exposure
from spillover.exposures.placebos import domestic, future
from spillover.exposures.shock import Shock
from spillover.networks.rewiring import Rewirer, Rewiring, refuse_frozen
from spillover.specs import Share, Spec

Expectation = Literal["zero", "smaller"]

RUNGS: dict[str, tuple[str, Expectation]] = {
    "future links": ("future", "zero"),
    "small domestic partners": ("small", "zero"),
    "domestic superstars": ("superstar", "smaller"),
    "opposite direction": ("opposite", "smaller"),
    "rewired network": ("rewired", "zero"),
}
"""Suffix of the column of every rung, and what it should show when foreign partners matter."""


@dataclass(frozen=True, slots=True)
class PlaceboLadder(Spec):
    """Which placebos are tried, and how.

    Examples
    --------
    >>> PlaceboLadder().ahead
    2
    """

    ahead: Annotated[int, Field(ge=1)] = 2
    """Years before the first link in which future partners count."""

    small: Share = 0.5
    """Domestic firms up to this quantile of size in the year are small."""

    superstar: Share = 0.9
    """Domestic firms from this quantile of size in the year on are superstars."""

    rewiring: Rewiring = field(default_factory=lambda: Rewiring(within=()))
    """Strata and seed of rewired networks."""

    rewired: Annotated[int, Field(ge=2)] = 20
    """Number of rewired networks."""

    type: Literal["PlaceboLadder"] = field(default="PlaceboLadder", kw_only=True, repr=False)

    def rules(self) -> None:
        """Refuse superstars that are small."""
        if self.small >= self.superstar:
            raise SpecificationError(
                "PlaceboLadder: expected small below superstar.",
                f"Found {self.small} and {self.superstar}.",
                "Use for example small = 0.5, superstar = 0.9.",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Placebos:
    """The main estimate, and what each placebo adds beside it."""

    term: str
    """Name of the exposure."""

    table: pd.DataFrame
    """One row per rung, the main estimate first: expectation, estimate, std_error, p_value, main
    (its coefficient beside the placebo), nobs, agrees, why (a rung could not be built)."""

    estimates: dict[str, Estimate]
    """The estimates of the rungs that are one regression."""


def placebo_ladder(
    fit: Estimate,
    term: str,
    ladder: PlaceboLadder | None = None,
    *,
    size: Shock | None = None,
) -> Placebos:
    """All placebos of an exposure in one call.

    Each rung adds one exposure beside the main one and changes nothing else: design, controls,
    dependence and rows are those of the main estimate. *Future links* are partners in the years
    before the first link, who should not matter yet. *Small domestic partners* and *domestic
    superstars* ask whether any partners, or good ones, do what foreign ones do. The *opposite
    direction* takes suppliers for customers. On *rewired networks* only numbers of partners are
    left; the estimate is a mean over networks and its error their standard deviation.

    A rung that should be zero agrees when it is not significant at 5 %, one that should be
    smaller when it is smaller than the main estimate in absolute size, and not significant or
    below the whole main interval.

    Parameters
    ----------
    fit : Estimate
        The main estimate.
    term : str
        Name of its exposure, a ``Neighbors`` exposure to a flag of foreign firms.
    ladder : PlaceboLadder, optional
        Quantiles, years ahead, strata.
    size : Shock, optional
        Size of firms, such as ``Shock.of(panel, "sales")``; without it two rungs say why they
        are missing.

    References
    ----------
    Alfaro-Urena, Manelici and Vasquez (2022); Amiti, Duprez, Konings and Van Reenen (2024).
    """
    how = PlaceboLadder() if ladder is None else ladder
    exposure = own_exposure(fit, term)
    at = position(fit, term)
    line = _line(fit, at) | {"expectation": "", "main": float(fit.beta[at]), "agrees": None}
    rows, estimates = {"main": line}, {"main": fit}
    builders: dict[str, Callable[[], Exposure]] = {
        "future links": lambda: future(exposure, how.ahead),
        "small domestic partners": lambda: domestic(exposure, size, 0.0, how.small),
        "domestic superstars": lambda: domestic(exposure, size, how.superstar, 1.0),
        "opposite direction": lambda: _turned(exposure),
    }
    for rung, build in builders.items():
        try:
            other = _beside(fit, build(), rung)
        except SpilloverError as reason:
            rows[rung] = _missing(rung, reason)
        else:
            estimates[rung] = other
            rows[rung] = _row(other, fit, at, rung)
    rows["rewired network"] = _rewired(fit, exposure, at, how)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS).rename_axis("rung")
    return Placebos(term, table, estimates)


_COLUMNS = ["expectation", "estimate", "std_error", "p_value", "main", "nobs", "agrees", "why"]


def _beside(fit: Estimate, exposure: Exposure, rung: str) -> Estimate:
    return beside(fit, replace(exposure, name=f"{exposure.name}_{RUNGS[rung][0]}"))


def _line(fit: Estimate, at: int) -> dict[str, object]:
    line = fit.tidy().iloc[at]
    numbers = {name: float(line[name]) for name in ("estimate", "std_error", "p_value")}
    return {**numbers, "nobs": fit.nobs, "why": ""}


def _row(other: Estimate, fit: Estimate, at: int, rung: str) -> dict[str, object]:
    suffix, expectation = RUNGS[rung]
    name = next(name for name in other.names if name.endswith(f"_{suffix}"))
    line = _line(other, other.names.index(name))
    value, p = float(other.beta[other.names.index(name)]), float(str(line["p_value"]))
    agrees = _agrees(value, p, fit, at, expectation)
    main = float(other.beta[other.names.index(fit.names[at])])
    return {**line, "expectation": expectation, "main": main, "agrees": agrees}


def _agrees(value: float, p: float, fit: Estimate, at: int, expectation: Expectation) -> bool:
    if expectation == "zero":
        return p >= 0.05
    ends = fit.confint().iloc[at].to_numpy()
    nearest = 0.0 if ends[0] <= 0 <= ends[1] else float(np.abs(ends).min())
    return abs(value) < abs(float(fit.beta[at])) and (p >= 0.05 or abs(value) < nearest)


def _missing(rung: str, reason: SpilloverError) -> dict[str, object]:
    return {"expectation": RUNGS[rung][1], "nobs": 0, "agrees": None, "why": str(reason)}


def _rewired(fit: Estimate, exposure: Exposure, at: int, how: PlaceboLadder) -> dict[str, object]:
    """Mean and spread of the coefficient of the exposure on rewired networks."""
    rung = "rewired network"
    found = []
    try:
        rewirer = Rewirer.of(exposure.network, how.rewiring)
        for draw in range(how.rewired):
            rewired = rewirer.draw(np.random.default_rng([how.rewiring.seed, draw]))
            refuse_frozen(rewired, how.rewiring)
            other = exposure.spec.carry(rewired.network, exposure.shock, exposure.name)
            line = _row(_beside(fit, other, rung), fit, at, rung)
            found.append([float(str(line["estimate"])), float(str(line["main"]))])
    except SpilloverError as reason:
        return _missing(rung, reason)
    betas = np.array(found)[:, 0]
    mean = float(betas.mean())
    p = float(np.mean(np.abs(betas - mean) >= abs(mean)))
    return {
        "expectation": RUNGS[rung][1],
        "estimate": mean,
        "std_error": float(np.std(betas, ddof=1)),
        "p_value": p,
        "main": float(np.mean(found, axis=0)[1]),
        "nobs": fit.nobs,
        "agrees": p >= 0.05,
        "why": "",
    }


def _turned(exposure: Exposure) -> Exposure:
    network = exposure.network
    forward = network.orientation == "customers"
    turned = network.suppliers() if forward else network.customers()
    return exposure.spec.carry(turned, exposure.shock, exposure.name)  # type: ignore[no-any-return]
