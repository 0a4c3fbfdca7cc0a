"""What no estimator of a production function may depend on, and what an optimum means."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.numerics.redraw import firm_weights
from spillover.productivity.bootstrap import Redraws
from spillover.productivity.inputs import read_inputs
from spillover.simulation.known_technologies import investors, price_takers, slow_adjusters

ROLES = ("y", "gross_leontief", "l", "k", "m")
LAW = sp.LawOfMotion(degree=1)
OLLEY_PAKES = sp.OlleyPakes(
    "y", "gross_leontief", "l", "k", "i", degree=2, law=LAW, in_logs=True, survival="next_year"
)
GROSS = sp.GandhiNavarroRivers(
    "y", ("k", "l"), "m", "s", share_degree=2, constant_degree=2, law=LAW, in_logs=True
)


def timing(seed: int) -> pd.DataFrame:
    return sp.TimingEconomy("DGP3", firms=80, years=6, measurement_error=0.1).simulate(seed)


def leavers(seed: int) -> pd.DataFrame:
    """Investors of which one in six leaves each year, sooner with little capital."""
    frame = investors(seed, firms=120, years=6)
    chance = 1 / (1 + np.exp(1.6 + frame["k"]))
    gone = np.random.default_rng(seed).uniform(size=len(frame)) < chance
    left = pd.Series(gone, index=frame.index).groupby(frame["firm_id"]).cumsum()
    return frame[left == 0]


CASES = {
    "wooldridge": (sp.Wooldridge(*ROLES, degree=2, in_logs=True), timing),
    "gross": (GROSS, lambda seed: price_takers(seed, firms=80)),
    "blundell_bond": (
        sp.BlundellBond("y", ("l", "k"), in_logs=True),
        lambda seed: slow_adjusters(seed, firms=120),
    ),
    "frontier": (
        sp.StochasticFrontier("y", ("l", "k"), in_logs=True),
        lambda seed: timing(seed).assign(
            y=lambda f: f["y"] - np.abs(np.random.default_rng(9).normal(0, 0.4, len(f)))
        ),
    ),
}


@pytest.mark.parametrize("name", list(CASES))
def test_row_order_names_of_firms_and_units_change_no_elasticity(name: str) -> None:
    spec, simulate = CASES[name]
    frame = simulate(1)
    first, entity = sp.measure(sp.Panel.of(frame), spec), sp.Panel.of(frame).entity
    moved = frame.sample(frac=1, random_state=1)
    labels = np.random.default_rng(2).permutation(moved[entity].nunique()).astype(str)
    moved[entity] = labels[pd.factorize(moved[entity])[0]]
    for column in ("y", "l", "k", "m"):
        if column in moved:
            moved[column] += np.log(1e3)
    second = sp.measure(sp.Panel.of(moved), spec)
    names = [label for label in first.coefficients().index if label[-1] in {"l", "k", "m"}]
    ours, theirs = (one.coefficients().loc[names] for one in (first, second))
    np.testing.assert_allclose(ours["estimate"], theirs["estimate"], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ours["std_error"], theirs["std_error"], rtol=1e-4)


def copies(panel: sp.Panel, weights: np.ndarray) -> pd.DataFrame:
    firms = panel.frame[panel.entity].to_numpy()
    return pd.concat(
        [
            panel.frame[firms == panel.units[i]].assign(**{panel.entity: f"{panel.units[i]}-{c}"})
            for i in range(len(panel.units))
            for c in range(int(weights[i]))
        ]
    )


@pytest.mark.parametrize(
    ("spec", "simulate"),
    [
        (sp.LevinsohnPetrin(*ROLES, degree=2, law=LAW, in_logs=True), timing),
        (
            sp.LevinsohnPetrin(*ROLES, degree=2, law=LAW, in_logs=True, markov_fit="omega"),
            timing,
        ),
        (OLLEY_PAKES, leavers),
    ],
    ids=["joint", "omega", "exit"],
)
def test_weights_of_firms_equal_copies_with_fresh_names(spec: object, simulate: object) -> None:
    panel = sp.Panel.of(simulate(3))
    redraws = Redraws.of(sp.measure(panel, spec))
    weights = firm_weights(np.random.default_rng(5), len(panel.units), "multinomial")
    by_weights = redraws.technology(redraws.at(weights))
    copied = sp.measure(sp.Panel.of(copies(panel, weights)), spec)
    block = copied.blocks[0]
    expected = block.parameters.values[list(block.technology)]
    np.testing.assert_allclose(by_weights, expected, atol=1e-8)


@pytest.mark.parametrize("criterion", ["joint", "omega"])
def test_the_gradient_is_zero_at_the_optimum_and_every_minimum_is_counted(criterion: str) -> None:
    spec = sp.LevinsohnPetrin(*ROLES, degree=2, in_logs=True)
    spec = replace(spec, markov_fit=criterion)
    panel = sp.Panel.of(timing(2))
    made = sp.measure(panel, spec)
    (data,) = read_inputs(panel, spec.wanted(), None)
    objective = spec.prepare(data).fitted.objective()
    best = made.blocks[0].parameters.values[-1:]
    assert abs(objective(best)[1][0]) < 1e-8
    h = np.array([1e-5])
    slope = (objective(best + 0.1 + h)[0] - objective(best + 0.1 - h)[0]) / 2e-5
    assert objective(best + 0.1)[1][0] == pytest.approx(slope, rel=1e-6)
    values = np.array([objective(np.array([x]))[0] for x in np.linspace(-1, 2, 601)])
    inside = (values[1:-1] < values[:-2]) & (values[1:-1] < values[2:])
    assert made.blocks[0].statistics["local_minima"] == inside.sum()
    assert objective(best)[0] <= values[1:-1][inside].min()
