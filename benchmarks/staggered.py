"""Bias and coverage of estimators of staggered adoption, clustered by unit.

    python benchmarks/staggered.py --draws 2000
    python benchmarks/staggered.py --figure docs/images/staggered.svg     # one draw as a plot

A unit that adopts in year g gains 1 + 0.5 (t - g), twice that in the early cohort; outcomes have
unit effects, a common trend, and errors that persist within units. Every unit draws its cohort,
so that the sizes of cohorts are random; the truth is the average over the population.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import spillover as sp

COHORTS = np.array([0, 2003, 2005, 2007])
ODDS = np.array([0.35, 0.25, 0.2, 0.2])
YEARS = np.arange(2000, 2010)
UNITS = 300


def effect(cohort: np.ndarray, year: np.ndarray) -> np.ndarray:
    """The gain of a unit of a cohort in a year."""
    since = np.where((cohort > 0) & (year >= cohort), year - cohort, -1.0)
    return np.where(since < 0, 0.0, (1 + 0.5 * since) * np.where(cohort == 2003, 2.0, 1.0))


def truth() -> dict[str, float]:
    """Population averages: all treated rows, and by event time."""
    cells = [(g, t, p) for g, p in zip(COHORTS, ODDS, strict=True) if g for t in YEARS if t >= g]
    gain = np.array([float(effect(np.array(g), np.array(t))) for g, t, _ in cells])
    mass = np.array([p for *_, p in cells])
    event = np.array([t - g for g, t, _ in cells])
    found = {"att": float(gain @ mass / mass.sum())}
    for k in (0, 1, 2):
        at = event == k
        found[f"event={k}"] = float(gain[at] @ mass[at] / mass[at].sum())
    return found


def draw(rng: np.random.Generator) -> sp.Sample:
    """A panel with outcomes, the cohort and whether it has begun."""
    cohort = rng.choice(COHORTS, UNITS, p=ODDS)
    shape = (UNITS, len(YEARS))
    noise = rng.normal(size=shape)
    for t in range(1, len(YEARS)):
        noise[:, t] += 0.5 * noise[:, t - 1]
    gain = effect(cohort[:, None], YEARS[None, :]) + 0.5 * rng.normal(size=(UNITS, 1)) * (
        (cohort[:, None] > 0) & (YEARS[None, :] >= cohort[:, None])
    )
    y = rng.normal(size=(UNITS, 1)) + 0.1 * (cohort[:, None] == 2003) + 0.2 * (YEARS - 2000) + noise
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat(np.char.mod("F%04d", np.arange(UNITS)), len(YEARS)),
            "year": np.tile(YEARS, UNITS),
            "cohort": np.repeat(cohort, len(YEARS)),
            "y": (y + gain).ravel(),
        }
    )
    frame["on"] = ((frame.cohort > 0) & (frame.year >= frame.cohort)).astype(float)
    return sp.Sample.of(sp.Panel.of(frame))


def designs() -> dict[str, object]:
    """Two-way fixed effects and the three estimators, for the average and for event times."""
    found: dict[str, object] = {
        "two-way effects": sp.FixedEffects.formula("y ~ on | firm_id + year")
    }
    for kind in ("simple", "dynamic"):
        word = "average" if kind == "simple" else "event times"
        found[f"CallawaySantAnna, {word}"] = sp.CallawaySantAnna("y", "cohort", aggregate=kind)
        found[f"SunAbraham, {word}"] = sp.SunAbraham("y", "cohort", aggregate=kind)
        found[f"Imputation, {word}"] = sp.Imputation("y", "cohort", aggregate=kind)
    return found


def plot(path: Path) -> None:
    """Event times of one draw with bands, beside a two-way regression on event-time dummies."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "staggered"
    sample = draw(np.random.default_rng(1))
    fit = sp.estimate(sample, sp.CallawaySantAnna("y", "cohort"), sp.Cluster("firm_id"))
    events = [name for name in fit.names if name.startswith("event=")]
    band = sp.simultaneous(fit, events).table
    at = np.array([int(name[6:]) for name in events])
    cells = pd.DataFrame([(g, t) for g in COHORTS if g for t in YEARS], columns=["g", "t"])
    cells["k"] = cells.t - cells.g
    cells["gain"] = effect(cells.g.to_numpy(), cells.t.to_numpy())
    cells["mass"] = cells.g.map(dict(zip(COHORTS, ODDS, strict=True)))
    known = cells.groupby("k").apply(
        lambda c: np.average(c.gain, weights=c.mass), include_groups=False
    )
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(0, color="0.7", lw=0.8)
    axes.axvline(-0.5, color="0.7", lw=0.8, ls=":")
    low, high = band["estimate"] - band["low"], band["high"] - band["estimate"]
    axes.errorbar(
        at,
        band["estimate"],
        [low, high],
        fmt="o",
        color="#0072B2",
        capsize=3,
        label="estimate, 95 % band",
    )
    axes.plot(known.index, known, color="#D55E00", marker="x", ls="--", label="truth")
    axes.set_xlabel("years since treatment began")
    axes.set_ylabel("effect")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=160)


def table(draws: int, seed: int) -> None:
    """Print one line per design and coefficient."""
    expected = truth()
    expected["on"] = expected["att"]
    rows: dict[tuple[str, str], list[tuple[float, float, bool]]] = {}
    for child in np.random.SeedSequence(seed).spawn(draws):
        sample = draw(np.random.default_rng(child))
        for name, design in designs().items():
            terms = sp.estimate(sample, design, sp.Cluster("firm_id")).tidy()
            for term in terms.index.intersection(list(expected)):
                line = terms.loc[term]
                holds = line["conf_low"] <= expected[term] <= line["conf_high"]
                rows.setdefault((name, term), []).append(
                    (line["estimate"] - expected[term], line["std_error"], bool(holds))
                )
    print(f"{draws} draws of {UNITS} units and {len(YEARS)} years, seed {seed}")
    print(f"{'design':32} {'term':9} {'truth':>6} {'bias':>7} {'error/sd':>9} {'coverage':>9}")
    for (name, term), found in rows.items():
        off, errors, holds = (np.array(column) for column in zip(*found, strict=True))
        ratio = np.sqrt((errors**2).mean()) / off.std(ddof=1)
        print(
            f"{name:32} {term:9} {expected[term]:6.3f} {off.mean():7.3f} {ratio:9.2f} "
            f"{100 * holds.mean():8.1f}%"
        )


def main() -> None:
    """The table or the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--figure", type=Path, help="file of a plot, .svg or .png")
    options = parser.parse_args()
    if options.figure:
        plot(options.figure)
    else:
        table(options.draws, options.seed)


if __name__ == "__main__":
    main()
