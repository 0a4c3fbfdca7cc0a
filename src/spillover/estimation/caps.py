"""What an estimate would be with shorter lists of partners, or with links lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.errors import SpecificationError
from spillover.estimation.rebuilt import again, own_exposure, position
from spillover.estimation.result import Estimate
from spillover.networks.counterfactual import recap, thin
from spillover.networks.network import Network
from spillover.typing import FloatVector


@dataclass(frozen=True, slots=True, eq=False)
class CapSensitivity:
    """Estimates on networks whose lists of partners were cut again."""

    term: str
    """Name of the exposure."""

    table: pd.DataFrame
    """One row per cap, the network as it is last: estimate (mean over draws), between (standard
    deviation between draws), std_error (mean), links (share that is left), nobs."""

    linear: float
    """Estimate at 1 / cap = 0 by a straight line through the table."""

    quadratic: float | None
    """The same by a parabola; ``None`` with fewer than four caps."""


def cap_sensitivity(
    fit: Estimate,
    term: str,
    caps: Sequence[int] = (5, 10, 15, 20),
    *,
    draws: int = 20,
    seed: int = 0,
) -> CapSensitivity:
    """The estimate when lists hold at most so many partners, extrapolated to lists without end.

    Lists of partners are often cut, at 24 for example. Cutting them further shows how fast the
    estimate changes with the cut; a cap above the longest list changes nothing.

    Parameters
    ----------
    fit : Estimate
        The estimate.
    term : str
        Name of the exposure.
    caps : sequence of int
        Most partners on a list.
    draws : int
        Draws of the partners that stay on a full list, for each cap.
    seed : int
        Seed of the draws.

    References
    ----------
    Griffith (2022), Journal of Labor Economics 40; Chandrasekhar and Lewis (2016).
    """
    if not caps or min(caps) < 1 or draws < 1:
        raise SpecificationError(
            "Expected caps and draws of one or more.",
            f"Found {tuple(caps)} and {draws}.",
            "Use for example caps=(5, 10, 15, 20), draws=20.",
        )
    network = own_exposure(fit, term).network
    longest = longest_list(network)
    cut = {cap: _cutter(cap) for cap in sorted(caps) if cap < longest}
    rows = {cap: _redone(fit, term, make, draws, seed) for cap, make in cut.items()}
    rows[longest] = _as_it_is(fit, term)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("cap")
    inverse = 1.0 / table.index.to_numpy(dtype=np.float64)
    values = table["estimate"].to_numpy()
    quadratic = _at_zero(inverse, values, 2) if len(table) > 3 else None
    return CapSensitivity(term, table, _at_zero(inverse, values, 1), quadratic)


def deletion_sensitivity(
    fit: Estimate,
    term: str,
    lost: Sequence[float] = (0.05, 0.1, 0.2),
    *,
    draws: int = 20,
    seed: int = 0,
) -> pd.DataFrame:
    """The estimate when a random share of pairs is lost in all their years.

    Parameters
    ----------
    fit : Estimate
        The estimate.
    term : str
        Name of the exposure.
    lost : sequence of float
        Shares of pairs that go.
    draws, seed : int
        Draws for each share, and their seed.

    Returns
    -------
    DataFrame
        One row per share, none lost first; columns as for caps.
    """
    rows = {0.0: _as_it_is(fit, term)}
    for share in sorted(lost):
        if not 0 < share < 1:
            raise SpecificationError(
                "Expected shares of lost links between zero and one.",
                f"Found {share}.",
                "Use for example lost=(0.05, 0.1, 0.2).",
            )
        rows[share] = _redone(fit, term, _thinner(share), draws, seed)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("lost")


def longest_list(network: Network) -> int:
    """Greatest number of partners that one side reported in a year."""
    edges, longest = network.edges, 0
    for year in network.years:
        alive = (edges.start <= year) & (edges.end >= year)
        for side, owner in ((1, edges.src), (2, edges.dst)):
            listed = owner[alive & ((edges.reporter & side) > 0)]
            longest = max(longest, int(np.bincount(listed).max(initial=0)) if len(listed) else 0)
    return longest


Change = Callable[[Network, int], Network]


def _cutter(cap: int) -> Change:
    return lambda network, seed: recap(network, cap, seed)


def _thinner(share: float) -> Change:
    return lambda network, seed: thin(network, share, seed)


def _as_it_is(fit: Estimate, term: str) -> dict[str, float]:
    at = position(fit, term)
    return {
        "estimate": float(fit.beta[at]),
        "between": 0.0,
        "std_error": float(fit.std_errors[at]),
        "links": 1.0,
        "nobs": float(fit.nobs),
    }


def _redone(fit: Estimate, term: str, change: Change, draws: int, seed: int) -> dict[str, float]:
    """Means over draws of the estimate on changed networks."""
    exposure, at = own_exposure(fit, term), position(fit, term)
    found = []
    whole = _size(exposure.network)
    for draw in range(draws):
        network = change(
            exposure.network, int(np.random.SeedSequence([seed, draw]).generate_state(1)[0])
        )
        other = again(fit, exposure.spec.carry(network, exposure.shock, term))
        found.append([other.beta[at], other.std_errors[at], _size(network) / whole, other.nobs])
    means = np.mean(found, axis=0)
    between = float(np.std(found, axis=0, ddof=1)[0]) if draws > 1 else 0.0
    names = ("estimate", "std_error", "links", "nobs")
    return dict(zip(names, map(float, means), strict=True)) | {"between": between}


def _size(network: Network) -> int:
    """Number of links, counted in every year."""
    edges = network.edges
    return int(np.sum(edges.end.astype(np.int64) - edges.start + 1))


def _at_zero(inverse: FloatVector, values: FloatVector, degree: int) -> float:
    """The value at zero of a polynomial through the points."""
    if len(values) <= degree:
        return float(values[-1])
    return float(np.polynomial.polynomial.polyfit(inverse, values, degree)[0])
