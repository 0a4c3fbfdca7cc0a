"""The pictures of the reference pages: python docs/pictures.py writes them into docs/images."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

FOLDER = Path(__file__).parent / "images"
BLUE, RED, GREY, PALE = "#0072B2", "#D55E00", "#555555", "#DDE7EE"
Place = tuple[float, float]


def canvas(panels: int = 1, height: float = 2.4) -> tuple[Figure, list[Axes]]:
    """A figure with panels without axes."""
    figure = Figure(figsize=(3.3 * panels if panels > 1 else 5.0, height), layout="constrained")
    axes = list(np.ravel(figure.subplots(1, panels)))
    for one in axes:
        one.set_axis_off()
        one.set_aspect("equal")
    return figure, axes


def node(axes: Axes, at: Place, text: str, color: str = PALE, size: int = 700) -> None:
    """A firm; orange ones are foreign."""
    axes.scatter(*at, s=size, color=color, edgecolor=GREY, linewidth=1, zorder=3)
    ink = "white" if color in (RED, BLUE) else "black"
    axes.annotate(text, at, ha="center", va="center", color=ink, fontsize=9, zorder=4)


def arrow(  # noqa: PLR0913 - how one line looks
    axes: Axes, start: Place, end: Place, text: str = "", *, width: float = 1.4, style: str = "-|>",
    color: str = GREY, bend: float = 0.0, dashed: bool = False,
) -> None:  # fmt: skip
    """A link, with words beside its middle."""
    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle=style, mutation_scale=12, shrinkA=15, shrinkB=15, lw=width,
            color=color, connectionstyle=f"arc3,rad={bend}", ls="--" if dashed else "-",
        )
    )  # fmt: skip
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 0.12 + bend * -0.5)
    axes.annotate(text, middle, ha="center", va="bottom", fontsize=9, color=color)


def frame(axes: Axes, width: float, height: float) -> None:
    axes.set_xlim(-0.6, width + 0.6)
    axes.set_ylim(-0.6, height + 0.6)


def networks() -> Figure:
    """Links and the matrix in which rows listen to columns."""
    figure, (left, right) = canvas(2)
    places = {"A": (0.0, 1.0), "B": (2.0, 1.8), "C": (2.0, 0.2)}
    for name, at in places.items():
        node(left, at, name, RED if name == "B" else PALE)
    arrow(left, places["A"], places["B"], "60")
    arrow(left, places["A"], places["C"], "40", bend=0.0)
    left.set_title("A sells to B (foreign) and to C", fontsize=10)
    frame(left, 2, 2)
    values = np.array([[0, 60, 40], [0, 0, 0], [0, 0, 0]])
    for i, j in np.ndindex(3, 3):
        shade = PALE if values[i, j] else "white"
        right.add_patch(mpl.patches.Rectangle((j, 2 - i), 1, 1, fc=shade, ec=GREY))
        right.annotate(str(values[i, j]), (j + 0.5, 2.5 - i), ha="center", va="center")
    for j, name in enumerate("ABC"):
        right.annotate(name, (j + 0.5, 3.12), ha="center", va="bottom", color=GREY)
        right.annotate(name, (-0.2, 2.5 - j), ha="right", va="center", color=GREY)
    right.set_title("customers(): row A listens to B and C", fontsize=10)
    right.set_xlim(-0.8, 3.2)
    right.set_ylim(-0.2, 3.7)
    return figure


def exposures() -> Figure:
    """What the partners carry, summed and averaged."""
    figure, (axes,) = canvas(height=2.6)
    centre = (0.0, 1.0)
    partners = [
        ((2.4, 2.0), "1", RED, "50"),
        ((2.4, 1.0), "1", RED, "10"),
        ((2.4, 0.0), "0", PALE, "40"),
    ]
    node(axes, centre, "i")
    for at, carried, color, weight in partners:
        node(axes, at, carried, color)
        arrow(axes, centre, at, weight)
    axes.annotate("sum  50·1 + 10·1 + 40·0 = 60", (3.1, 1.6), fontsize=10)
    axes.annotate("mean  60 / 100 = 0.6", (3.1, 0.95), fontsize=10)
    axes.annotate("degree  3", (3.1, 0.3), fontsize=10)
    frame(axes, 6.2, 2)
    return figure


def linkages() -> Figure:
    """Presence in the own, in buying and in selling industries."""
    figure, (axes,) = canvas(height=2.6)
    boxes = {"steel": (0.0, 1.0), "cars": (2.6, 1.0), "retail": (5.2, 1.0)}
    for name, (x, y) in boxes.items():
        axes.add_patch(mpl.patches.Rectangle((x - 0.7, y - 0.5), 1.4, 1.0, fc=PALE, ec=GREY))
        axes.annotate(name, (x, y + 0.18), ha="center", va="center", fontsize=10)
        axes.scatter(x, y - 0.22, s=90, color=RED)
    for start, end in (("steel", "cars"), ("cars", "retail")):
        ends = (boxes[start][0] + 0.7, 1.0), (boxes[end][0] - 0.7, 1.0)
        axes.add_patch(FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=12, color=GREY))
    axes.annotate("sales", (1.3, 1.1), ha="center", fontsize=9, color=GREY)
    words = {
        0.0: "forward: foreign\nsuppliers of cars",
        2.6: "horizontal: foreign\nfirms in cars",
        5.2: "backward: foreign\ncustomers of cars",
    }
    for x, word in words.items():
        axes.annotate(word, (x, 2.0), ha="center", va="center", fontsize=9, color=BLUE)
    axes.set_xlim(-1.0, 6.2)
    axes.set_ylim(0.3, 2.5)
    return figure


def knowledge() -> Figure:
    """Patents by class of three firms and the cosine between them."""
    figure = Figure(figsize=(6.0, 2.4), layout="constrained")
    classes = ["H01", "B60", "G06", "C07"]
    counts = {"firm A": [6, 3, 1, 0], "firm B": [4, 3, 0, 1], "firm C": [0, 0, 2, 7]}
    first = np.array(counts["firm A"], dtype=float)
    for axes, (name, values) in zip(
        figure.subplots(1, 3, sharey=True), counts.items(), strict=True
    ):
        other = np.array(values, dtype=float)
        cosine = first @ other / np.sqrt((first @ first) * (other @ other))
        axes.bar(classes, values, color=BLUE)
        words = name if name == "firm A" else f"{name}: {cosine:.2f} near A"
        axes.set_title(words, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("patents")
    return figure


def positions() -> Figure:
    """A broker, and a member of a closed group, with Burt's constraint."""
    figure, (left, right) = canvas(2)
    leaves = [(0.0, 0.0), (2.0, 0.0), (0.0, 2.0), (2.0, 2.0)]
    for at in leaves:
        arrow(left, (1.0, 1.0), at, style="-")
    for j, at in enumerate(leaves):
        node(left, at, "", RED if j > 1 else PALE, 350)
    node(left, (1.0, 1.0), "i", BLUE, 450)
    left.set_title("partners that do not know each other:\nconstraint 0.25", fontsize=10)
    corners = [(0.0, 0.0), (2.0, 0.0), (0.0, 2.0), (2.0, 2.0)]
    for a in range(4):
        for b in range(a):
            arrow(right, corners[a], corners[b], style="-")
    for j, at in enumerate(corners):
        node(right, at, "i" if j == 0 else "", BLUE if j == 0 else PALE, 450 if j == 0 else 350)
    right.set_title("partners that all know each other:\nconstraint 0.93", fontsize=10)
    for axes in (left, right):
        frame(axes, 2, 2)
    return figure


def chains() -> Figure:
    """First and second tier, and the way back that is not one."""
    figure, (axes,) = canvas(height=2.2)
    places = {"i": (0.0, 0.6), "j": (2.0, 0.6), "k": (4.0, 0.6)}
    node(axes, places["i"], "i", BLUE)
    node(axes, places["j"], "j")
    node(axes, places["k"], "k", RED)
    arrow(axes, places["i"], places["j"], "first tier")
    arrow(axes, places["j"], places["k"], "second tier of i")
    arrow(axes, places["j"], places["i"], bend=0.6, dashed=True)
    axes.annotate(
        "i → j → i is a way back, not a second tier",
        (1.0, -0.45),
        ha="center",
        fontsize=9,
        color=GREY,
    )
    axes.set_xlim(-0.8, 4.8)
    axes.set_ylim(-0.7, 1.4)
    return figure


def layers() -> Figure:
    """Two layers joined in three ways."""
    figure, panels = canvas(3, 2.2)
    places = [(0.0, 0.0), (2.0, 0.0), (1.0, 1.6)]
    sells, owns = {(0, 1), (1, 2)}, {(1, 2), (0, 2)}
    found = {"union": sells | owns, "overlap": sells & owns, "subtract": sells - owns}
    for axes, (name, links) in zip(panels, found.items(), strict=True):
        for a, b in sorted(sells | owns):
            both = (a, b) in sells and (a, b) in owns
            color = GREY if both else BLUE if (a, b) in sells else RED
            if (a, b) in links:
                arrow(axes, places[a], places[b], style="-", width=2.4, color=color)
            else:
                arrow(axes, places[a], places[b], style="-", color="0.85", dashed=True)
        for at in places:
            node(axes, at, "", PALE, 300)
        axes.set_title(name, fontsize=10)
        frame(axes, 2, 1.6)
    return figure


def shift_share() -> Figure:
    """Regions listen to industries through their shares."""
    figure, (axes,) = canvas(height=2.8)
    shocks = [("steel", 2.0, "+1"), ("cars", 1.0, "0"), ("chips", 0.0, "−2")]
    regions = [("Aichi", 1.5, (0.3, 0.7, 0.0)), ("Kumamoto", 0.5, (0.1, 0.2, 0.7))]
    for name, y, size in shocks:
        node(axes, (3.4, y), size, RED if size != "0" else PALE, 600)
        axes.annotate(name, (3.9, y), va="center", fontsize=10)
    for name, y, shares in regions:
        node(axes, (0.0, y), "", BLUE, 600)
        axes.annotate(name, (-0.35, y), va="center", ha="right", fontsize=10)
        for share, (_, other, _) in zip(shares, shocks, strict=True):
            if share:
                arrow(axes, (0.0, y), (3.4, other), style="-", width=7 * share)
    axes.annotate("0.3·1 = 0.3", (-0.35, 1.13), ha="right", fontsize=9, color=GREY)
    axes.annotate("0.1·1 − 0.7·2 = −1.3", (-0.35, 0.13), ha="right", fontsize=9, color=GREY)
    axes.set_xlim(-2.6, 4.8)
    axes.set_ylim(-0.5, 2.5)
    return figure


def histogram(
    axes: Axes, values: np.ndarray, marks: dict[str, float], bins: int | np.ndarray = 24
) -> None:
    """Draws with lines at some values."""
    axes.hist(values, bins=bins, color=PALE, edgecolor=GREY, linewidth=0.5)
    for (word, at), (color, style) in zip(marks.items(), ((RED, "-"), (BLUE, "--")), strict=False):
        axes.axvline(at, color=color, ls=style, lw=2, label=f"{word} {at:.1f}")
    axes.legend(frameon=False, fontsize=9)
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)


def recentering() -> Figure:
    """Exposure of two firms under redraws of who is foreign."""
    rng = np.random.default_rng(1)
    figure = Figure(figsize=(6.4, 2.4), layout="constrained")
    for axes, partners, luck in zip(figure.subplots(1, 2), (40, 8), (9, 4), strict=True):
        draws = rng.hypergeometric(60, 240, partners, 999).astype(float)
        marks = {"exposure": float(luck), "expected": float(draws.mean())}
        histogram(axes, draws, marks, np.arange(-0.5, draws.max() + 1))
        axes.set_title(f"{partners} customers: recentred {luck - draws.mean():+.1f}", fontsize=10)
        axes.set_xlabel("foreign customers over redraws")
    return figure


def randomization() -> Figure:
    """The statistic under redraws beside the one of the data."""
    rng = np.random.default_rng(2)
    draws, seen = rng.standard_t(30, 999), 2.3
    share = (1 + np.sum(np.abs(draws) >= seen)) / 1000
    figure = Figure(figsize=(5.0, 2.4), layout="constrained")
    axes = figure.subplots()
    histogram(axes, draws, {"in the data": seen})
    axes.set_xlabel("statistic over redraws of the shock")
    axes.set_title(f"p = (1 + as extreme) / (1 + draws) = {share:.3f}", fontsize=10)
    return figure


PICTURES: dict[str, Callable[[], Figure]] = {
    "networks": networks,
    "exposures": exposures,
    "linkages": linkages,
    "knowledge": knowledge,
    "positions": positions,
    "chains": chains,
    "layers": layers,
    "shift-share": shift_share,
    "recentering": recentering,
    "randomization": randomization,
}


def main() -> None:
    """Write every picture."""
    for name, draw in PICTURES.items():
        mpl.rcParams["svg.hashsalt"] = name
        draw().savefig(FOLDER / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
