"""How far something travels: exact tiers, chains of any length, requirements of production."""

import numpy as np
from scipy import sparse

from spillover.errors import SpecificationError
from spillover.networks.network import Network
from spillover.numerics.csr import row_normalized, row_sums, scale_rows
from spillover.numerics.series import chained, refuse_decay, spectral_radius
from spillover.typing import FloatMatrix, FloatVector


def exact_tier(network: Network, year: int, distance: int) -> sparse.csr_array:
    """Ones for firms at an exact distance along the direction in which rows listen.

    Tiers are disjoint and together reach everyone who can be reached; tier 1 is the support.

    Parameters
    ----------
    network : Network
        ``supply.suppliers()`` goes upstream, ``supply.customers()`` downstream.
    year : int
        Year of the links.
    distance : int
        One or more.
    """
    from spillover.numerics.tiers import tier

    if distance < 1:
        raise SpecificationError(
            "Expected a distance of one or more.", f"Found {distance}.", "Tier 1 are the partners."
        )
    return network.derived(("tier", year, distance), lambda: tier(network.at(year), distance))


def katz(
    matrix: sparse.csr_array, values: FloatMatrix, decay: float, tolerance: float = 1e-12
) -> FloatMatrix:
    """Sum over chains of partners, W g + decay W^2 g + decay^2 W^3 g + ..., without an inverse.

    Some texts put one more decay in front. A decay at or beyond one over the spectral radius is
    refused; for rows that sum to one that means a decay below one.

    Parameters
    ----------
    matrix : (N, N)
        Weights of one step.
    values : (N,) or (N, K)
        What partners carry; no missing values.
    decay : float
        Weight of a partner's partner relative to a partner.
    tolerance : float
        Greatest error relative to the largest entry.

    Raises
    ------
    SpecificationError
        The decay is negative or reaches the limit, or a value is missing.
    """
    if not decay >= 0.0:
        raise SpecificationError(
            "Expected a decay of zero or more.", f"Found {decay:g}.", "Zero leaves the first tier."
        )
    unknown = int(np.sum(~np.isfinite(values)))
    if unknown:
        raise SpecificationError(
            "Expected known values of all firms.",
            f"Found {unknown:,} missing or infinite ones.",
            "Set them to zero, and carry a column of ones for the known to learn the coverage.",
        )
    if decay * float(row_sums(matrix).max(initial=0.0)) >= 1.0:
        refuse_decay(decay, spectral_radius(matrix))
    return chained(matrix, matrix @ values, decay, tolerance)


def first_encounter(
    matrix: sparse.csr_array, status: FloatVector, decay: float = 1.0, threshold: float = 0.5
) -> FloatVector:
    """Discounted chance that a random walk along partners meets a firm with the status, (N,).

    The walk stops where it meets one: (I - decay P M)^-1 P F, where M removes such firms.

    Parameters
    ----------
    matrix : (N, N)
        Weights; rows are normalised here.
    status : (N,)
        Foreign flag or share.
    decay : float
        Weight of one more step.
    threshold : float
        Value from which a firm has the status.
    """
    steps = row_normalized(matrix)
    met = status >= threshold
    past = np.where(met, 0.0, 1.0)[steps.indices]
    onward = sparse.csr_array((steps.data * past, steps.indices, steps.indptr), shape=steps.shape)
    return chained(onward, steps @ met.astype(np.float64), decay)


def upstreamness(network: Network, year: int) -> FloatVector:
    """(N,) average number of steps from a seller to final demand, one when all output is final.

    U = 1 + Delta U with Delta_ij the share of output of i that j buys.

    Parameters
    ----------
    network : Network
        Flows with the total ``output``, and ``own`` where firms or industries deliver to
        themselves.
    year : int
        Year.

    References
    ----------
    Antras, Chor, Fally and Hillberry (2012), American Economic Review 102; Antras and Chor (2013).
    """
    return chained(_per_output(network.customers(), year), np.ones(len(network.firms)))


def downstreamness(network: Network, year: int) -> FloatVector:
    """(N,) average number of stages behind a product, one when nothing is bought.

    D = 1 + A' D with A_ij the input from i that one unit of output of j takes.

    Parameters
    ----------
    network : Network
        Flows with the total ``output``.
    year : int
        Year.
    """
    return chained(_per_output(network.suppliers(), year), np.ones(len(network.firms)))


def total_requirements(network: Network, year: int, values: FloatMatrix) -> FloatMatrix:
    """Sum over all suppliers at any distance of input per unit of output: (I - A')^-1 values.

    Parameters
    ----------
    network : Network
        Flows with the total ``output``.
    year : int
        Year.
    values : (N,) or (N, K)
        Weight of each supplier; ones for foreign industries give the foreign content of output.
    """
    return chained(_per_output(network.suppliers(), year), values)


def _per_output(network: Network, year: int) -> sparse.csr_array:
    """Flows of each row over its output; zero output counts as one unit."""
    flows = network.at(year)
    if "own" in network.totals:
        own = sparse.diags_array(network.total("own", year))
        flows = sparse.csr_array(flows + own)
    output = network.total("output", year)
    return scale_rows(flows, 1.0 / np.where(output == 0.0, 1.0, output))
