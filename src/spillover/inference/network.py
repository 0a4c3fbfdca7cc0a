"""Rows may be dependent when their firms are near in a network."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from scipy import sparse

from spillover.errors import (
    DataError,
    IdentificationError,
    ResourceError,
    SpecificationError,
    first_cases,
)
from spillover.inference.dependence import Dependence, Part
from spillover.inference.serial import periods
from spillover.networks.network import Network
from spillover.numerics.balls import (
    Balls,
    Coverage,
    coverage,
    mean_path_length,
    members_of_balls,
    undirected,
)
from spillover.numerics.blocks import dense
from spillover.numerics.kernels import Shape, bartlett_lags, decay, reach_of
from spillover.numerics.links import Links
from spillover.numerics.overlap import Overlap
from spillover.numerics.pairs import UnitTime
from spillover.sample import Sample
from spillover.specs import Count, NonEmpty
from spillover.typing import FloatMatrix, IntVector, SmallSample

PathShape: TypeAlias = Literal["bartlett", "parzen", "tukey", "uniform", "overlap"]

MAX_VISITS = 1_000_000_000
"""Greatest number of firms that all searches together may reach."""

LARGE_COMPONENT = 0.25
"""Share of the sample in the median ball from which covering a component is refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Bandwidth:
    """A bandwidth in both of its meanings."""

    reach: int
    """Greatest path length with positive weight."""

    paper: float
    """b of the kernel: weight at path length d is k(d / b)."""


@dataclass(frozen=True, slots=True)
class NetworkHAC(Dependence):
    """Rows may be dependent when their firms are near in a network (Kojevnikov, Marmer, Song 2021).

    K_ij = k(d_ij / b), where d is the length of the shortest path when links have no direction.
    ``bandwidth`` is the greatest path length with positive weight whatever the kernel, so that
    zero leaves every firm on its own; b is one more, except for ``uniform``. Rows of one firm
    depend on each other in all years unless ``lags`` says otherwise.

    References
    ----------
    Kojevnikov, Marmer and Song (2021), Journal of Econometrics 222; Leung (2022), Econometrica 90.

    Examples
    --------
    >>> NetworkHAC("supply", bandwidth=2).kernel
    'bartlett'
    """

    network: NonEmpty
    """Name of a network of the sample."""

    bandwidth: Count | Literal["kms", "leung"] = 1
    """Greatest path length with positive weight. ``kms``: b = 2 ln n / ln(mean degree);
    ``leung``: half the mean path length or its cube root, for the uniform kernel."""

    kernel: PathShape = "bartlett"
    """Weight by path length; ``overlap`` measures how far two balls of half the bandwidth overlap
    and is the only one that is positive semidefinite on every network."""

    lags: Count | None = None
    """L of weights ``1 - |t - s| / (L + 1)`` between years; ``None`` treats years alike."""

    base_year: int | None = None
    """Year of the links; ``None`` takes a link of any year."""

    radius: Count = 1
    """Path length over which the exposure reaches, for the rule of Leung."""

    small_sample: SmallSample = "fixest"
    """Software whose factors the other members of a union match; none applies to this one."""

    type: Literal["NetworkHAC"] = field(default="NetworkHAC", kw_only=True, repr=False)

    def rules(self) -> None:
        """Bandwidth and kernel must go together."""
        wrong = [
            (
                self.bandwidth == "leung" and self.kernel != "uniform",
                f"bandwidth = 'leung' with kernel = {self.kernel!r}",
                "Leung's rule is made for kernel = 'uniform'.",
            ),
            (
                self.kernel == "overlap" and (self.bandwidth in ("kms", "leung")),
                f"kernel = 'overlap' with bandwidth = {self.bandwidth!r}",
                "Give the overlap kernel an even number.",
            ),
            (
                self.kernel == "overlap"
                and isinstance(self.bandwidth, int)
                and self.bandwidth % 2 == 1,
                f"kernel = 'overlap' with bandwidth = {self.bandwidth}",
                "Balls of radius r overlap up to a distance of 2r: use an even number.",
            ),
        ]
        for found, what, action in wrong:
            if found:
                raise SpecificationError(
                    "NetworkHAC: expected a bandwidth that fits the kernel.",
                    f"Found {what}.",
                    action,
                )

    def bind(self, sample: Sample) -> Part:
        """Firms near in the network, times a kernel between years.

        Raises
        ------
        DataError
            A firm of the sample is not in the network.
        IdentificationError
            Balls cover most of a component that holds much of the sample.
        ResourceError
            The searches would reach too many firms.
        """
        network = sample.network(self.network)
        nodes, unit = dense(_nodes(network, sample), len(network.firms))
        graph = self._graph(network)
        band = self._bandwidth(network, nodes)
        covered = self._checked(graph, nodes, band)
        years, time = periods(sample)
        kernel = UnitTime(self._links(graph, nodes, band), self._periods(years), unit, time)
        others = f"on average {covered.present - 1:,.1f} other firms of the sample"
        notes = (f"{others} within {self._steps(band)}; {self._dates(network)}",)
        return Part(kernel, "none", label=self._label(band), notes=notes)

    def _graph(self, network: Network) -> sparse.csr_array:
        """Links without direction, of the base year or of any year."""
        if self.base_year is not None:
            network.position(self.base_year)

        def build() -> sparse.csr_array:
            edges, year = network.edges, self.base_year
            if year is not None:
                edges = edges.take(np.flatnonzero((edges.start <= year) & (edges.end >= year)))
            return undirected(edges.dst, edges.src, len(network.firms))

        return network.derived(("undirected", self.base_year), build)

    def _bandwidth(self, network: Network, nodes: IntVector) -> Bandwidth:
        if isinstance(self.bandwidth, int):
            above = 0 if self.kernel == "uniform" else 1
            return Bandwidth(self.bandwidth, float(self.bandwidth + above))
        graph = self._graph(network)
        degree = max(float(np.diff(graph.indptr)[nodes].mean()), 1.05)
        growth = 2.0 * np.log(len(nodes)) / np.log(degree)
        if self.bandwidth == "kms":
            return Bandwidth(reach_of(_shape(self.kernel), growth), growth)
        key = ("mean path length", self.base_year)
        length = network.derived(key, lambda: mean_path_length(graph))
        reach = _leung(length, growth, self.radius)
        return Bandwidth(reach, float(reach))

    def _links(self, graph: sparse.csr_array, nodes: IntVector, band: Bandwidth) -> Links:
        if self.kernel == "overlap":
            ends, members, _ = members_of_balls(graph, nodes, band.reach // 2)
            sizes = np.diff(ends)
            data = 1.0 / np.sqrt(np.repeat(sizes, sizes).astype(np.float64))
            shape = (len(nodes), graph.shape[0])
            return Overlap(sparse.csr_array((data, members, ends), shape=shape))
        steps = np.arange(band.reach + 1) / max(band.paper, 1e-300)
        weights = decay(_shape(self.kernel), steps)
        return Balls(graph, weights, nodes, np.zeros(len(nodes), dtype=np.int64))

    def _checked(self, graph: sparse.csr_array, nodes: IntVector, band: Bandwidth) -> Coverage:
        """What balls hold, after refusing those that hold too much."""
        radius = band.reach // 2 if self.kernel == "overlap" else band.reach
        first = coverage(graph, nodes, radius, most=100)
        if first.nodes * len(nodes) > MAX_VISITS:
            raise ResourceError(
                f"NetworkHAC: expected searches that reach at most {MAX_VISITS:,} firms in total.",
                f"Found {first.nodes:,.0f} firms within {_steps(radius)} of each of "
                f"{len(nodes):,} firms.",
                "Use a smaller bandwidth, or drop hubs from the network.",
            )
        found = coverage(graph, nodes, radius)
        share = found.median_present / len(nodes)
        if band.reach and found.covering > 0.5 and share > LARGE_COMPONENT:
            raise IdentificationError(
                f"NetworkHAC({self.network!r}, bandwidth={band.reach}): expected balls that hold "
                "less than half of their component.",
                f"Found more in {found.covering:.0%} of firms, and the median ball holds "
                f"{share:.0%} of the sample; standard errors would shrink to zero.",
                "Use a smaller bandwidth, or cluster by component.",
            )
        return found

    def _periods(self, years: IntVector) -> FloatMatrix:
        if self.lags is None:
            return np.ones((len(years), len(years)))
        return bartlett_lags(years, self.lags)

    def _steps(self, band: Bandwidth) -> str:
        if self.kernel == "overlap":
            return f"balls of radius {band.reach // 2}"
        return f"{_steps(band.reach)} (b = {band.paper:.3g})"

    def _dates(self, network: Network) -> str:
        if self.base_year is not None:
            return f"links of {self.base_year}"
        return f"links of any year from {network.years[0]} to {network.years[-1]}"

    def _label(self, band: Bandwidth) -> str:
        years = "" if self.lags is None else f", years within {self.lags}"
        return f"network {self.network}, bandwidth {band.reach}, {self.kernel}{years}"


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _shape(kernel: PathShape) -> Shape:
    """The overlap kernel has no weights by path length; its reach is that of Bartlett."""
    return "bartlett" if kernel == "overlap" else kernel


def _nodes(network: Network, sample: Sample) -> IntVector:
    """(n,) position of each row's firm in the network."""
    if np.array_equal(sample.panel.units, network.firms):
        return sample.units
    used, unit = dense(sample.units, len(sample.panel.units))
    codes = network.codes(sample.panel.units[used])
    if (codes < 0).any():
        absent = sample.panel.units[used][codes < 0]
        raise DataError(
            f"Expected every firm of the sample in the network {network.name!r}.",
            f"Found {len(absent):,} of {len(used):,} firms outside ({first_cases(absent)}).",
            "Build the network on all firms of the panel; a firm without links stays in as an "
            "isolate.",
        )
    return codes[unit]


def _leung(length: float, growth: float, radius: int) -> int:
    """Leung (2022), section 4: half the mean path length when neighbourhoods grow exponentially."""
    fast = length < growth
    return round(max(length / 2.0 if fast else length ** (1.0 / 3.0), 2.0 * radius))
