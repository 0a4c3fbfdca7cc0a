"""Time against the number of links, from ten thousand to a million, on graphs with hubs.

    python benchmarks/growth.py                            # tables and slopes, one minute
    python benchmarks/growth.py --large                    # ten million links as well
    python benchmarks/growth.py --figure docs/images/growth.svg

Ten links a firm. Sizes of firms have a Pareto tail with exponent 1.35, as numbers of partners do
in national data, and a firm has suppliers and customers in proportion to its size: those who buy
from many also sell to many, which is the hardest case for a second tier. In the first table hubs
grow with the country, so that the sum of squared numbers of partners grows with the power
2 / 1.35 = 1.48 of the number of links; in the second no firm has many more than 400 partners,
however large the country. Work that visits partners of partners grows with that sum.

Seconds are of all cores together, so that other work on the machine matters little, the best of
three runs (one run above ten seconds). The slope is that of a line through the logarithms: one is
linear growth.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.describe import describe, undirected
from spillover.networks.network import Network
from spillover.networks.propagate import katz
from spillover.numerics.csr import row_normalized

LINKS = (10_000, 30_000, 100_000, 300_000, 1_000_000)
TAIL, MOST = 1.35, 400
FIRST = Neighbors(isolates="missing", lag=0, exclude="self")
WALKS = Neighbors(isolates="missing", lag=0, exclude="self", tier="walks")
EXACT = Neighbors(isolates="missing", lag=0, exclude="self", tier=2)
EGO = ("constraint", "effective_size", "ego_density", "bridges")
HEADINGS = ("Hubs grow with the country", f"No firm with many more than {MOST} partners")


def economy(links: int, *, bounded: bool = False) -> tuple[Network, Shock]:
    """Firms with ten links each on average, and 5 % of them foreign."""
    n, rng = links // 10, np.random.default_rng(links)
    size = (rng.permutation(n) + 1.0) ** (-1.0 / TAIL)
    if bounded:
        size = np.minimum(size, size.mean() * MOST / 20)
    bounds = np.cumsum(size)
    ends = (np.searchsorted(bounds, rng.random(links) * bounds[-1]) for _ in range(2))
    src, dst = (np.minimum(codes, n - 1).astype(np.int32) for codes in ends)
    firms = np.array([f"F{i:07d}" for i in range(n)], dtype=object)
    network = assemble("supply", firms, [2020], src, dst, rng.random(links) + 0.1).suppliers()
    foreign = (rng.random((n, 1)) < 0.05).astype(float)
    return network, Shock("foreign", network.firms, network.years, foreign)


def tasks(network: Network, shock: Shock) -> dict[str, Callable[[], object]]:
    """What is timed; everything but the first starts from the matrix of the year."""

    def matrix() -> object:
        network.memo.clear()
        return network.at(2020)

    def ego_measures() -> object:
        ties = undirected(network, 2020)
        network.memo.clear()
        network.derived(("undirected", 2020), lambda: ties)
        return describe(network, EGO)

    def chains() -> object:
        return katz(row_normalized(network.at(2020)), shock.values[:, 0], 0.5, 1e-8)

    return {
        "matrix of a year": matrix,
        "first tier": lambda: expose(network, shock, FIRST),
        "walks without own return": lambda: expose(network, shock, WALKS),
        "Katz to 1e-8": chains,
        "ego measures": ego_measures,
        "exact second tier": lambda: expose(network, shock, EXACT),
    }


def seconds(task: Callable[[], object]) -> float:
    """CPU seconds, best of three runs, or the only one where it is long."""
    found = []
    for _ in range(3):
        start = time.process_time()
        task()
        found.append(time.process_time() - start)
        if found[0] > 10.0:
            break
    return min(found)


def measure(sizes: tuple[int, ...], *, bounded: bool) -> dict[str, list[float]]:
    """Seconds by task and size; prints a row of the size as soon as it is known."""
    for task in tasks(*economy(1_000)).values():
        task()
    print(f"\n{HEADINGS[bounded]}, CPU milliseconds")
    table: dict[str, list[float]] = {}
    for links in sizes:
        network, shock = economy(links, bounded=bounded)
        network.at(2020)
        row = {name: seconds(task) for name, task in tasks(network, shock).items()}
        for name, value in row.items():
            table.setdefault(name, []).append(value)
        hub = int(np.diff(undirected(network, 2020).indptr).max())
        if links == sizes[0]:
            print("\n| links | most partners | " + " | ".join(row) + " |")
            print("|" + "---:|" * (len(row) + 2))
        cells = " | ".join(f"{1000 * value:,.1f}" for value in row.values())
        print(f"| {links:,} | {hub:,} | {cells} |", flush=True)
    print("\n| | slope, all sizes | slope, last three |\n|---|---:|---:|")
    for name, values in table.items():
        print(f"| {name} | {slope(sizes, values):.2f} | {slope(sizes[-3:], values[-3:]):.2f} |")
    return table


def slope(sizes: tuple[int, ...], values: list[float]) -> float:
    """Slope of log seconds on log links."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def draw(sizes: tuple[int, ...], found: list[dict[str, list[float]]], path: Path) -> None:
    """Both axes in logarithms, with a line of slope one for the eye."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "growth"
    figure = Figure(figsize=(9.0, 4.8), layout="constrained")
    low = min(min(values) for values in found[0].values())
    for axes, table, heading in zip(
        figure.subplots(1, 2, sharey=True), found, HEADINGS, strict=True
    ):
        for (name, values), marker in zip(table.items(), "osD^vX", strict=True):
            label = f"{name} ({slope(sizes, values):.2f})"
            axes.loglog(sizes, values, marker=marker, markersize=4, linewidth=1.3, label=label)
        linear = [0.5 * low * links / sizes[0] for links in sizes]
        axes.loglog(sizes, linear, color="0.6", linestyle="--", linewidth=1, label="slope one")
        axes.set(xlabel="links", title=heading)
        axes.grid(color="0.92", which="major")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize="small", title="slope in brackets", loc="upper left")
        axes.set_ylim(top=300 * max(max(values) for values in found[0].values()))
    figure.axes[0].set_ylabel("CPU seconds")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=160)


def main() -> None:
    """Print the table and the slopes, and draw them if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="ten million links as well")
    parser.add_argument("--figure", type=Path, help="file of a log-log plot, .svg or .png")
    options = parser.parse_args()
    sizes = (*LINKS, 10_000_000) if options.large else LINKS
    found = [measure(sizes, bounded=bounded) for bounded in (False, True)]
    if options.figure:
        draw(sizes, found, options.figure)


if __name__ == "__main__":
    main()
