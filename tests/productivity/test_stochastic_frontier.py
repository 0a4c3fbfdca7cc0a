"""Stochastic frontiers: stored maxima, laws of the likelihood, refusals."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

import spillover as sp
from spillover.designs.production_function import ProductionFunction
from spillover.errors import SpecificationError, UnknownNameError
from spillover.numerics.frontier import FrontierData, conditional, log_likelihood
from spillover.productivity.measure import measure
from spillover.productivity.productivity import Productivity
from spillover.productivity.stochastic_frontier import StochasticFrontier
from spillover.tables.panel import Panel

RICE = StochasticFrontier("PROD", ("AREA", "LABOR", "NPK"))
CASES = {
    "front41_halfnormal": StochasticFrontier("output", ("capital", "labour")),
    "rice_cross_halfnormal": RICE,
    "rice_BC92_timeinv": replace(RICE, inefficiency="panel"),
    "rice_BC92_timevar": replace(RICE, inefficiency="decaying"),
    "rice_BC95": replace(RICE, inefficiency="explained", explain=("EDYRS", "BANRAT")),
}


@pytest.mark.reference
@pytest.mark.parametrize("name", sorted(CASES))
def test_maxima_equal_the_stored_ones(
    name: str, stored: dict[str, Any], numbers_of: Callable[[str], pd.DataFrame]
) -> None:
    # reference/productivity.json, sfa: R frontier 1.1-8, whose rounded pi moves the likelihood
    rice = name.startswith("rice")
    frame = numbers_of("riceProdPhil.csv" if rice else "front41Data.csv").assign(year=1)
    panel = Panel.of(frame, *(("FMERCODE", "YEARDUM") if rice else ("firm", "year")))
    made, expected = measure(panel, CASES[name]), stored["sfa"]["cases"][name]
    block = made.blocks[0]
    found = dict(zip(block.parameters.names, block.parameters.values, strict=True))
    order = {"(Intercept)": "constant", "sigmaSq": "sigma^2", "time": "eta"}
    order["Z_(Intercept)"] = "inefficiency: constant"
    for key, value in expected["coef"].items():
        own = order.get(key, key.removeprefix("log(").removesuffix(")"))
        own = own.replace("Z_", "inefficiency: ")
        assert found[own] == pytest.approx(value, rel=1e-4)
    assert block.statistics["log_likelihood"] == pytest.approx(expected["logLik"], abs=2e-5)
    mean = expected["mean_efficiency"]
    assert made.companions["efficiency"].mean() == pytest.approx(mean, abs=1e-5)


@pytest.mark.reference
def test_the_truncated_maximum_lies_above_the_stored_point_which_stopped_at_a_bound(
    stored: dict[str, Any], numbers_of: Callable[[str], pd.DataFrame]
) -> None:
    # the stored mean is -2.0000 sigma_u, a bound of that software, and its gradient is not zero
    panel = Panel.of(numbers_of("front41Data.csv").assign(year=1), "firm", "year")
    expected = stored["sfa"]["cases"]["front41_truncnormal"]
    logs = np.log(np.column_stack([panel.numbers("capital"), panel.numbers("labour")]))
    X = np.column_stack([np.ones(len(logs)), logs])
    data = FrontierData(np.log(panel.numbers("output")), X, X[:, :0], panel.codes, np.zeros(len(X)))
    theta = np.array(list(expected["coef"].values()))
    value = float(log_likelihood("truncated", data, theta).sum())
    assert value == pytest.approx(expected["logLik"], abs=2e-5)
    spec = StochasticFrontier("output", ("capital", "labour"), "truncated")
    bounded, free = (measure(panel, replace(spec, mean_bound=bound)) for bound in (2.0, 9.0))
    assert "the mean of inefficiency is at its bound" in bounded.notes
    values = [made.statistics["log_likelihood"] for made in (bounded, free)]
    assert value < values[0] < values[1]


def arrays(seed: int, n: int = 12) -> FrontierData:
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=n)])
    Z = np.column_stack([np.ones(n), rng.normal(size=n)])
    firm = np.sort(rng.integers(0, 4, n))
    firm = np.unique(firm, return_inverse=True)[1]
    return FrontierData(rng.normal(size=n), X, Z, firm, -rng.integers(0, 3, n).astype(float))


@pytest.mark.parametrize(
    ("kind", "tail"),
    [("half_normal", []), ("truncated", [0.3]), ("exponential", []), ("explained", [0.2, -0.4])],
)
def test_the_likelihood_is_the_density_of_noise_minus_inefficiency(
    kind: str, tail: list[float]
) -> None:
    data = arrays(3)
    total, share = 1.3, 0.6
    theta = np.array([0.1, 0.5, total, share, *tail])
    own, noise = np.sqrt(share * total), np.sqrt((1 - share) * total)
    residual = data.y - data.X @ theta[:2]
    centre = {"truncated": np.full(12, 0.3)}.get(kind, np.zeros(12))
    if kind == "explained":
        centre = data.Z @ np.array(tail)

    def density(u: float, mean: float) -> float:
        if kind == "exponential":
            return float(stats.expon.pdf(u, scale=own))
        return float(stats.truncnorm.pdf(u, -mean / own, np.inf, loc=mean, scale=own))

    found, given = log_likelihood(kind, data, theta), conditional(kind, data, theta).efficiency()
    for i in range(4):

        def joint(u: float, i: int = i) -> float:
            return density(u, centre[i]) * float(stats.norm.pdf(residual[i] + u, scale=noise))

        value = integrate.quad(joint, 0, 12)[0]
        efficient = integrate.quad(lambda u, f=joint: np.exp(-u) * f(u), 0, 12)[0]
        assert found[i] == pytest.approx(np.log(value), abs=1e-8)
        assert given[i] == pytest.approx(efficient / value, abs=1e-8)


@pytest.mark.parametrize(("kind", "tail"), [("panel", []), ("decaying", [0.2])])
def test_the_panel_likelihood_integrates_over_the_inefficiency_of_a_firm(
    kind: str, tail: list[float]
) -> None:
    data = arrays(5)
    total, share = 1.3, 0.6
    theta = np.array([0.1, 0.5, total, share, *tail])
    own, noise = np.sqrt(share * total), np.sqrt((1 - share) * total)
    residual = data.y - data.X @ theta[:2]
    decay = np.exp(-(tail[0] if tail else 0.0) * data.time)
    found = log_likelihood(kind, data, theta)
    for g in range(int(data.firm.max()) + 1):
        rows = data.firm == g

        def joint(u: float, rows: np.ndarray = rows) -> float:
            noises = stats.norm.pdf(residual[rows] + decay[rows] * u, scale=noise)
            return float(stats.halfnorm.pdf(u, scale=own) * np.prod(noises))

        assert found[g] == pytest.approx(np.log(integrate.quad(joint, 0, 12)[0]), abs=1e-7)


def simulated(seed: int, sign: float = 1.0, n: int = 600) -> Panel:
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, n))
    u = np.abs(rng.normal(size=n)) * 0.5
    y = 1.0 + 0.6 * x + 0.2 * rng.normal(size=n) - sign * u
    return Panel.of(
        pd.DataFrame(
            {"firm_id": [f"F{i:03d}" for i in range(n)], "year": 2000, "y": y, "x": x, "z": z}
        )
    )


def test_productivity_follows_the_true_inefficiency() -> None:
    made = measure(simulated(1), StochasticFrontier("y", ("x",), in_logs=True))
    assert made.elasticities[0, 0] == pytest.approx(0.6, abs=0.03)
    assert 0.6 < made.statistics["mean_efficiency"] < 0.8
    assert (made.companions["efficiency"] < 1).all()


def test_residuals_skewed_to_the_right_give_least_squares_and_say_so() -> None:
    made = measure(simulated(2, sign=-1.0), StochasticFrontier("y", ("x",), in_logs=True))
    assert "skewed to the right" in made.notes[-1]
    assert made.statistics["mean_efficiency"] == 1.0
    assert made.elasticities[0, 0] == pytest.approx(0.6, abs=0.05)


def elasticity(made: Productivity) -> float:
    return float(made.elasticities[0, 0])


def test_influence_of_a_firm_is_what_leaving_it_out_changes() -> None:
    panel = simulated(3)
    spec = StochasticFrontier("y", ("x",), in_logs=True)
    made = measure(panel, spec)
    for firm in ("F005", "F300"):
        out = measure(Panel.of(panel.frame[panel.frame["firm_id"] != firm]), spec)
        psi = made.blocks[0].parameters.influence[panel.frame["firm_id"] == firm, 1].sum()
        assert elasticity(made) - elasticity(out) == pytest.approx(psi, rel=0.05, abs=2e-6)


def test_parameters_take_any_dependence_and_regressions_know_the_frontier() -> None:
    panel = simulated(4)
    sample = sp.Sample.of(panel, measure(panel, StochasticFrontier("y", ("x",), in_logs=True)))
    found = sp.estimate(sample, ProductionFunction(), vcov=sp.Cluster("firm_id")).tidy()
    assert list(found.index) == ["x", "sigma^2", "gamma"]
    own = sample.measures[0].coefficients()["std_error"].to_numpy()
    np.testing.assert_allclose(found["std_error"], own, rtol=5e-3)
    second = sp.estimate(sample, sp.FixedEffects.formula("log_tfp ~ z"), vcov=sp.Cluster("firm_id"))
    assert second.solution.first_stage is not None
    with pytest.raises(UnknownNameError, match="parameter"):
        ProductionFunction(parameters=("capitol",)).solve(sample)
    index = measure(
        Panel.of(panel.frame.assign(a=1.0, Y=1.0, X=2.0)),
        sp.SolowResidual("Y", ("X",), ("a",), within=None),
    )
    with pytest.raises(SpecificationError, match="estimates nothing"):
        ProductionFunction().solve(sp.Sample.of(index.panel, index))


def test_explanations_belong_to_the_model_that_takes_them() -> None:
    with pytest.raises(SpecificationError, match="explain together"):
        StochasticFrontier("y", ("x",), explain=("z",))
    with pytest.raises(SpecificationError, match="explain together"):
        StochasticFrontier("y", ("x",), "explained")
