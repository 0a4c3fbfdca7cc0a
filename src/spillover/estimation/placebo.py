"""The ladder of placebos: what the estimate is for exposures that should not matter."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from spillover.errors import SpecificationError, SpilloverError
from spillover.estimation.rebuilt import again, own_exposure, position
from spillover.estimation.result import Estimate
from spillover.exposures.exposure import Exposure
from spillover.exposures.placebos import domestic, future
from spillover.exposures.shock import Shock
from spillover.networks.rewiring import Rewirer, Rewiring, refuse_frozen
from spillover.specs import Share, Spec

Expectation = Literal["zero", "zero or opposite", "smaller"]

EXPECTED: dict[str, Expectation] = {
    "future links": "zero",
    "small domestic partners": "zero or opposite",
    "domestic superstars": "smaller",
    "opposite direction": "smaller",
    "rewired network": "zero",
}
"""What every rung should show when foreign partners, and not any partners, matter."""


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
    """The main estimate with those of the placebos, on its rows, controls and dependence."""

    term: str
    """Name of the exposure."""

    table: pd.DataFrame
    """One row per rung, the main estimate first: expectation, estimate, std_error, p_value, nobs,
    agrees, why (a rung could not be built)."""

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

    Each rung replaces the exposure and nothing else: same design, controls and dependence, on
    the rows of the main estimate. *Future links* are partners in the years before the first link,
    who should not matter yet. *Small domestic partners* and *domestic superstars* ask whether it
    is partners at all, or good ones, rather than foreign ones. The *opposite direction* takes
    suppliers for customers. On *rewired networks* only numbers of partners are left; the
    estimate is a mean over networks and its error their standard deviation.

    A rung that should be zero agrees when it is not significant at 5 %. Shares of kinds of
    partners crowd each other out, so small partners may also have the opposite sign. A rung that
    should be smaller agrees when it is smaller in absolute size, and not significant or below the
    whole main interval.

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
    estimates = {"main": fit}
    rows: dict[str, dict[str, object]] = {"main": _row(fit, at, fit, None)}
    builders: dict[str, Callable[[], Exposure]] = {
        "future links": lambda: future(exposure, how.ahead),
        "small domestic partners": lambda: domestic(exposure, size, 0.0, how.small),
        "domestic superstars": lambda: domestic(exposure, size, how.superstar, 1.0),
        "opposite direction": lambda: _turned(exposure),
    }
    for name, build in builders.items():
        try:
            other = again(fit, build(), companions=False)
        except SpilloverError as reason:
            rows[name] = _missing(EXPECTED[name], reason)
        else:
            estimates[name] = other
            rows[name] = _row(other, at, fit, EXPECTED[name])
    rows["rewired network"] = _rewired(fit, exposure, at, how)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("rung")
    return Placebos(term, table, estimates)


def _row(
    other: Estimate, at: int, fit: Estimate, expectation: Expectation | None
) -> dict[str, object]:
    line = other.tidy().iloc[at]
    value, p = float(line["estimate"]), float(line["p_value"])
    return {
        "expectation": expectation or "",
        "estimate": value,
        "std_error": float(line["std_error"]),
        "p_value": p,
        "nobs": other.nobs,
        "agrees": None if expectation is None else _agrees(value, p, fit, at, expectation),
        "why": "",
    }


def _agrees(value: float, p: float, fit: Estimate, at: int, expectation: Expectation) -> bool:
    if expectation != "smaller":
        opposite = value * float(fit.beta[at]) < 0
        return p >= 0.05 or (expectation == "zero or opposite" and opposite)
    ends = fit.confint().iloc[at].to_numpy()
    nearest = 0.0 if ends[0] <= 0 <= ends[1] else float(np.abs(ends).min())
    return abs(value) < abs(float(fit.beta[at])) and (p >= 0.05 or abs(value) < nearest)


def _missing(expectation: Expectation, reason: SpilloverError) -> dict[str, object]:
    blank = dict.fromkeys(("estimate", "std_error", "p_value"), np.nan)
    return {"expectation": expectation, **blank, "nobs": 0, "agrees": None, "why": str(reason)}


def _rewired(fit: Estimate, exposure: Exposure, at: int, how: PlaceboLadder) -> dict[str, object]:
    """Mean and spread of the estimate over rewired networks."""
    name = "rewired network"
    try:
        rewirer = Rewirer.of(exposure.network, how.rewiring)
        betas = []
        for draw in range(how.rewired):
            rewired = rewirer.draw(np.random.default_rng([how.rewiring.seed, draw]))
            refuse_frozen(rewired, how.rewiring)
            other = exposure.spec.carry(rewired.network, exposure.shock, exposure.name)
            betas.append(float(again(fit, other, companions=False).beta[at]))
    except SpilloverError as reason:
        return _missing(EXPECTED[name], reason)
    mean, spread = float(np.mean(betas)), float(np.std(betas, ddof=1))
    p = float(np.mean(np.abs(np.array(betas) - mean) >= abs(mean)))
    row = {"expectation": EXPECTED[name], "estimate": mean, "std_error": spread}
    return {**row, "p_value": p, "nobs": fit.nobs, "agrees": p >= 0.05, "why": ""}


def _turned(exposure: Exposure) -> Exposure:
    network = exposure.network
    forward = network.orientation == "customers"
    turned = network.suppliers() if forward else network.customers()
    return exposure.spec.carry(turned, exposure.shock, exposure.name)  # type: ignore[no-any-return]
