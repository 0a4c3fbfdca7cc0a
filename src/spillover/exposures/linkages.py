"""Horizontal, backward, forward and supply-backward presence of foreign firms in industries."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from spillover.errors import SpecificationError
from spillover.exposures.linkage import Linkage
from spillover.exposures.presence import Presence
from spillover.networks.network import Network
from spillover.numerics.located import located
from spillover.specs import Count, NonNegative, Spec
from spillover.typing import FloatMatrix

Vintage = int | Literal["first", "yearly"]


@dataclass(frozen=True, slots=True)
class Horizontal(Spec):
    """Foreign presence in the own industry, the own firm left out: H_(-i)st.

    For a domestic firm H_(-i) = H Y_s / (Y_s - Y_i): with its own output in the denominator the
    measure would fall whenever the firm grows.

    Examples
    --------
    >>> Horizontal().leave_out
    'firm'
    """

    lag: Count = 1
    """Calendar years between presence and exposure."""

    leave_out: Literal["firm", "group", "none"] = "firm"
    """Who does not count for a firm: itself, its business group, or nobody."""

    type: Literal["Horizontal"] = field(default="Horizontal", kw_only=True, repr=False)

    def carry(self, network: Network, presence: Presence, name: str) -> Linkage:
        """The exposure; of the network only the list of industries is used."""
        matrix = np.eye(len(network.firms))
        return Linkage.of(name, network, presence, self, [matrix], np.zeros(1, dtype=np.int32))


@dataclass(frozen=True, slots=True)
class Backward(Spec):
    """Foreign presence in the industries that buy: BW_st = sum over r of alpha_sr H_rt.

    alpha_sr is the share of output of s that r buys.

    References
    ----------
    Javorcik (2004), American Economic Review 94, equation 3; Barrios, Gorg and Strobl (2011),
    European Economic Review 55, on its assumptions.

    Examples
    --------
    >>> Backward(vintage=2005).denominator
    'output'
    """

    lag: Count = 1
    """Calendar years between presence and exposure."""

    vintage: Vintage = "first"
    """Year of the input-output table: the first one, a given one, or that of the presence."""

    denominator: Literal["output", "intermediate"] = "output"
    """Whether shares are of all output or of what industries buy."""

    own_industry: Literal["excluded", "included"] = "excluded"
    """Whether deliveries within the industry count; horizontal presence holds them already."""

    leave_out: Literal["firm", "group", "none"] = "firm"
    """Who does not count for a firm: itself, its business group, or nobody."""

    sourcing: dict[str, NonNegative] = field(default_factory=dict)
    """Share of inputs that foreign firms of an industry buy at home relative to domestic firms;
    one where it is not given."""

    type: Literal["Backward"] = field(default="Backward", kw_only=True, repr=False)

    def carry(self, network: Network, presence: Presence, name: str) -> Linkage:
        """The exposure of every industry, and of every firm without itself."""
        years, which = tables_of(network, presence, self.vintage)
        scale = np.array([self.sourcing.get(str(code), 1.0) for code in network.firms])
        unknown = sorted(set(self.sourcing) - set(network.firms))
        if unknown:
            raise SpecificationError(
                "Backward: expected industries of the table in sourcing.",
                f"Found {unknown[0]!r}.",
                "Use the codes of the input-output table.",
            )
        matrices = [
            _diagonal(sales_shares(network, year, self.denominator) * scale, self.own_industry)
            for year in years
        ]
        return Linkage.of(name, network, presence, self, matrices, which)


@dataclass(frozen=True, slots=True)
class Forward(Spec):
    """Foreign presence in the industries that supply: FW_st = sum over r of sigma_sr H_rt.

    sigma_sr is the share of inputs of s that come from r; presence is in sales at home, because
    what foreign suppliers export reaches no domestic customer.

    References
    ----------
    Javorcik (2004), American Economic Review 94, equation 4.

    Examples
    --------
    >>> Forward().exports
    'excluded'
    """

    lag: Count = 1
    """Calendar years between presence and exposure."""

    vintage: Vintage = "first"
    """Year of the input-output table: the first one, a given one, or that of the presence."""

    denominator: Literal["inputs", "table"] = "inputs"
    """Whether shares are of all inputs, imports included, or of those in the flows."""

    own_industry: Literal["excluded", "included"] = "excluded"
    """Whether purchases within the industry count."""

    exports: Literal["excluded", "included"] = "excluded"
    """``excluded`` asks for a presence built with ``exports=...``."""

    leave_out: Literal["firm", "group", "none"] = "firm"
    """Who does not count for a firm: itself, its business group, or nobody."""

    type: Literal["Forward"] = field(default="Forward", kw_only=True, repr=False)

    def carry(self, network: Network, presence: Presence, name: str) -> Linkage:
        """The exposure of every industry, and of every firm without itself.

        Raises
        ------
        SpecificationError
            Exports are to be left out and the presence contains them.
        """
        if self.exports == "excluded" and presence.exports is None:
            raise SpecificationError(
                "Forward: expected presence in sales at home.",
                f"Found {presence.name!r} with exports in it.",
                'Build it with Presence.of(..., exports="exports"), or write exports = "included".',
            )
        years, which = tables_of(network, presence, self.vintage)
        matrices = [
            _diagonal(input_shares(network, year, self.denominator), self.own_industry)
            for year in years
        ]
        return Linkage.of(name, network, presence, self, matrices, which)


@dataclass(frozen=True, slots=True)
class SupplyBackward(Spec):
    """Presence in the industries that buy from my suppliers: sigma_sr alpha_rq H_q, q not s or r.

    Domestic firms gain from suppliers that became better by selling to foreign firms. The own
    industry is taken out of the customers of every supplier; otherwise it would come back.

    Examples
    --------
    >>> SupplyBackward().lag
    1
    """

    lag: Count = 1
    """Calendar years between presence and exposure."""

    vintage: Vintage = "first"
    """Year of the input-output table: the first one, a given one, or that of the presence."""

    leave_out: Literal["firm", "group", "none"] = "firm"
    """Who does not count for a firm: itself, its business group, or nobody."""

    type: Literal["SupplyBackward"] = field(default="SupplyBackward", kw_only=True, repr=False)

    def carry(self, network: Network, presence: Presence, name: str) -> Linkage:
        """The exposure of every industry, and of every firm without itself."""
        years, which = tables_of(network, presence, self.vintage)
        matrices = []
        for year in years:
            sigma = _diagonal(input_shares(network, year, "inputs"), "excluded")
            alpha = _diagonal(sales_shares(network, year, "output"), "excluded")
            matrices.append(_diagonal(sigma @ alpha, "excluded"))
        return Linkage.of(name, network, presence, self, matrices, which)


def sales_shares(network: Network, year: int, denominator: str = "output") -> FloatMatrix:
    """alpha, (S, S): share of output of the row industry that the column industry buys.

    Parameters
    ----------
    network : Network
        Industry flows.
    year : int
        Year of the table.
    denominator : str
        ``output``, or ``intermediate`` for shares of what industries buy.

    Raises
    ------
    SpecificationError
        Shares of a row add up to more than one: the output does not fit the flows.
    """
    flows = _flows(network.customers(), year)
    whole = flows.sum(axis=1) if denominator == "intermediate" else network.total("output", year)
    return _shares(flows, whole, network, "output")


def input_shares(network: Network, year: int, denominator: str = "inputs") -> FloatMatrix:
    """sigma, (S, S): share of inputs of the row industry that come from the column industry."""
    flows = _flows(network.suppliers(), year)
    whole = flows.sum(axis=1) if denominator == "table" else network.total("inputs", year)
    return _shares(flows, whole, network, "inputs")


def _flows(network: Network, year: int) -> FloatMatrix:
    """(S, S) flows of a year, with what industries deliver to themselves on the diagonal."""
    flows = network.at(year).toarray()
    if "own" in network.totals:
        flows[np.diag_indices_from(flows)] = network.total("own", year)
    return np.asarray(flows)


def _shares(flows: FloatMatrix, whole: np.ndarray, network: Network, what: str) -> FloatMatrix:
    shares = np.asarray(flows / np.where(whole > 0, whole, 1.0)[:, None])
    sums = np.where(whole > 0, shares.sum(axis=1), np.where(flows.sum(axis=1) > 0, np.inf, 0.0))
    over = np.flatnonzero(sums > 1 + 1e-6)
    if len(over):
        raise SpecificationError(
            f"Expected flows of each industry within its {what}.",
            f"Found more in {len(over):,} industries ({network.firms[over[0]]}: "
            f"{sums[over[0]]:.3g} times its {what}).",
            "Check that flows and totals are in one unit and one price concept, or take the "
            "flows themselves as the denominator.",
        )
    return shares


def _diagonal(shares: FloatMatrix, own_industry: str) -> FloatMatrix:
    if own_industry == "excluded":
        np.fill_diagonal(shares, 0.0)
    return shares


def tables_of(
    network: Network, presence: Presence, vintage: Vintage
) -> tuple[list[int], np.ndarray]:
    """Years of the tables in use, and which of them belongs to each year of the presence.

    Parameters
    ----------
    network : Network
        Industry flows.
    presence : Presence
        Its years ask for tables.
    vintage : int, "first" or "yearly"
        Which table; -1 stands for a year without one.
    """
    if vintage != "yearly":
        year = int(network.years[0]) if vintage == "first" else int(vintage)
        network.position(year)
        return [year], np.zeros(1, dtype=np.int32)
    at = located(network.years, presence.years)
    return [int(y) for y in network.years], at.astype(np.int32)
