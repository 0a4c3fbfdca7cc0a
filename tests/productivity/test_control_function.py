"""Laws and refusals of control-function estimators, on economies whose timing is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.errors import ConvergenceError, DataError, IdentificationError, SpecificationError
from spillover.productivity.ackerberg_caves_frazer import AckerbergCavesFrazer
from spillover.productivity.bootstrap import Redraws
from spillover.productivity.control_function import ControlFunction
from spillover.productivity.inputs import read_inputs, read_pairs
from spillover.productivity.law import LawOfMotion
from spillover.productivity.levinsohn_petrin import LevinsohnPetrin
from spillover.productivity.measure import measure
from spillover.productivity.olley_pakes import OlleyPakes
from spillover.productivity.productivity import Productivity
from spillover.productivity.roots import RootRule
from spillover.simulation.timing import TimingEconomy
from spillover.tables.panel import Panel

ROLES = ("y", "gross_leontief", "l", "k", "m")
ACF = AckerbergCavesFrazer(*ROLES, degree=1, law=LawOfMotion(degree=1), in_logs=True)
LP = LevinsohnPetrin(*ROLES, degree=2, law=LawOfMotion(degree=2), in_logs=True)
OP = OlleyPakes(*ROLES, degree=2, law=LawOfMotion(degree=1), in_logs=True, survival="next_year")
EVERY = [ACF, LP, replace(LP, markov_fit="omega"), OP]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    economy = TimingEconomy("DGP1", firms=200, years=6, burn_in=60, measurement_error=0.1)
    made = economy.simulate(seed=4)
    rng = np.random.default_rng(4)
    late = (made["year"] > 2003) & (rng.random(len(made)) < 0.1)
    gone = late.groupby(made["firm_id"]).cummax()
    made = made[~gone].reset_index(drop=True)
    return made.assign(industry=np.where(made["firm_id"] < "F000100", "C", "E"))


def elasticities(made: Productivity) -> np.ndarray:
    block = made.blocks[0]
    return block.parameters.values[list(block.technology)]


def close(first: Productivity, second: Productivity, at: np.ndarray | slice = slice(None)) -> None:
    np.testing.assert_allclose(elasticities(first), elasticities(second), rtol=1e-8)
    for name in ("innovation", "with_shock"):
        a, b = first.companions[name], second.companions[name][at]
        shift = np.nanmean(a) - np.nanmean(b)
        np.testing.assert_allclose(a, b + shift, atol=1e-8)


@pytest.mark.parametrize("spec", EVERY)
def test_row_order_and_names_of_firms_change_nothing(
    frame: pd.DataFrame, spec: ControlFunction
) -> None:
    shuffled = frame.sample(frac=1, random_state=1)
    other = shuffled.assign(firm_id="Z" + shuffled["firm_id"])
    close(measure(Panel.of(frame), spec), measure(Panel.of(other), spec))


@pytest.mark.parametrize("spec", EVERY)
def test_units_of_inputs_change_nothing(frame: pd.DataFrame, spec: ControlFunction) -> None:
    other = frame.assign(k=frame["k"] + np.log(1e3), m=frame["m"] - np.log(1e3))
    close(measure(Panel.of(frame), spec), measure(Panel.of(other), spec))


def test_levels_and_logs_give_the_same(frame: pd.DataFrame) -> None:
    levels = frame.assign(**{name: np.exp(frame[name]) for name in "ylkm"})
    close(measure(Panel.of(frame), ACF), measure(Panel.of(levels), replace(ACF, in_logs=False)))


def test_a_gap_removes_exactly_the_lags_that_touch_it(frame: pd.DataFrame) -> None:
    full = measure(Panel.of(frame), ACF)
    middle = (frame["firm_id"] == "F000000") & (frame["year"] == 2002)
    holed = measure(Panel.of(frame[~middle]), ACF)
    assert full.statistics["pairs"] - holed.statistics["pairs"] == 2
    own = holed.panel.frame["firm_id"] == "F000000"
    assert np.isnan(holed.companions["innovation"][own]).tolist()[:2] == [True, True]


def test_productivity_with_the_shock_is_output_minus_the_technology(frame: pd.DataFrame) -> None:
    for spec in (ACF, LP):
        made = measure(Panel.of(frame), spec)
        f = made.panel.frame
        labour, capital = elasticities(made)
        gap = made.companions["with_shock"] - (f["y"] - labour * f["l"] - capital * f["k"])
        assert np.ptp(gap) < 1e-9


def test_influence_is_the_derivative_with_respect_to_the_weight_of_a_firm(
    frame: pd.DataFrame,
) -> None:
    for spec in EVERY:
        made = measure(Panel.of(frame), spec)
        block, redrawer, _ = Redraws.of(made).parts[0]
        groups = len(redrawer.crosses)
        q = len(redrawer.beta)
        for firm in (0, 57, 133):
            up, down = np.ones(groups), np.ones(groups)
            up[firm] += 1e-4
            down[firm] -= 1e-4
            moved = (redrawer.solve(up).beta - redrawer.solve(down).beta) / 2e-4
            own = made.panel.codes[block.rows] == firm
            psi = block.parameters.influence[own].sum(axis=0)[-q:]
            np.testing.assert_allclose(moved, psi, rtol=2e-4, atol=1e-7)


def test_industries_are_estimated_one_by_one(frame: pd.DataFrame) -> None:
    both = measure(Panel.of(frame), replace(LP, by="industry"))
    assert [block.label for block in both.blocks] == ["C", "E"]
    alone = measure(Panel.of(frame[frame["industry"] == "E"]), LP)
    np.testing.assert_allclose(
        both.blocks[1].parameters.values, alone.blocks[0].parameters.values, rtol=1e-9
    )
    table = both.coefficients()
    assert list(table.index.names) == ["block", "term"]
    assert table.loc[("E", "l"), "estimate"] == pytest.approx(elasticities(alone)[0])


def test_controls_are_in_the_technology_or_in_productivity(frame: pd.DataFrame) -> None:
    frame = frame.assign(x=np.random.default_rng(0).normal(size=len(frame)))
    frame["y"] = frame["y"] + 0.5 * frame["x"]
    out, inside = (
        measure(Panel.of(frame), replace(LP, controls=("x", "i(year)"), controls_in=where))
        for where in ("technology", "productivity")
    )
    x = out.panel.numbers("x")
    assert abs(np.corrcoef(out.values, x)[0, 1]) < 0.1
    assert np.corrcoef(inside.values, x)[0, 1] > 0.5


def test_translog_with_zero_second_order_terms_nests_cobb_douglas(frame: pd.DataFrame) -> None:
    made = measure(Panel.of(frame), ACF)
    spec = replace(ACF, technology="translog")
    data = read_inputs(made.panel, spec.wanted(), None)[0]
    ready, shape = spec.prepare(data), spec.shape(data)
    point = shape.start(elasticities(made))
    plain = ACF.prepare(data).fitted
    np.testing.assert_allclose(
        ready.fitted.residual(point).r, plain.residual(elasticities(made)).r, atol=1e-10
    )
    np.testing.assert_allclose(shape.elasticities(point), made.elasticities, atol=1e-12)


def test_several_states_are_solved_together(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(8)
    other = frame.assign(b=rng.normal(0, 1, len(frame)))
    other["y"] = other["y"] + 0.2 * other["b"]
    other["m"] = other["m"] + 0.2 * other["b"]
    spec = replace(LP, state=("k", "b"), law=LawOfMotion(degree=1))
    made = measure(Panel.of(other), spec)
    block, redrawer, _ = Redraws.of(made).parts[0]
    assert made.coefficients().loc[("", "b"), "estimate"] == pytest.approx(0.2, abs=0.15)
    up, down = np.ones(len(redrawer.crosses)), np.ones(len(redrawer.crosses))
    up[5], down[5] = 1.0001, 0.9999
    moved = (redrawer.solve(up).beta - redrawer.solve(down).beta) / 2e-4
    psi = block.parameters.influence[made.panel.codes[block.rows] == 5].sum(axis=0)[-2:]
    np.testing.assert_allclose(moved, psi, rtol=1e-3, atol=1e-7)


def test_a_ces_economy_is_recovered() -> None:
    rng = np.random.default_rng(3)
    firms, years = 800, 6
    k = rng.normal(0, 1, (firms, years)).cumsum(axis=1) * 0.3 + rng.normal(0, 1, (firms, 1))
    omega = np.zeros((firms, years))
    for t in range(1, years):
        omega[:, t] = 0.7 * omega[:, t - 1] + rng.normal(0, 0.2, firms)
    lag = np.column_stack([np.zeros(firms), omega[:, :-1]])
    labour = 0.5 * k + 0.8 * lag + rng.normal(0, 0.8, (firms, years))
    rho, delta = 0.6, 0.4
    f = -np.log(delta * np.exp(-rho * k) + (1 - delta) * np.exp(-rho * labour)) / rho
    m = f + omega
    y = f + omega + rng.normal(0, 0.05, (firms, years))
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i:04d}" for i in range(firms)], years),
            "year": np.tile(np.arange(2000, 2000 + years), firms),
            "y": y.ravel(), "l": labour.ravel(), "k": k.ravel(), "m": m.ravel(),
        }
    )  # fmt: skip
    spec = AckerbergCavesFrazer(
        *ROLES, law=LawOfMotion(degree=1), technology="ces", free_timing="current", in_logs=True
    )
    made = measure(Panel.of(frame), spec)
    returns, _, found = elasticities(made)
    assert returns == pytest.approx(1.0, abs=0.05)
    assert found == pytest.approx(rho, abs=0.25)


def test_gross_output_is_refused_with_the_reason_and_the_alternative() -> None:
    with pytest.raises(SpecificationError, match=r"not identified.*GandhiNavarroRivers"):
        LevinsohnPetrin("y", "gross", "l", "k", "m")


def test_roles_that_overlap_and_controls_without_a_place_are_refused() -> None:
    with pytest.raises(SpecificationError, match="m twice"):
        LevinsohnPetrin("y", "value_added", ("l", "m"), "k", "m")
    with pytest.raises(SpecificationError, match="controls_in"):
        LevinsohnPetrin("y", "value_added", "l", "k", "m", controls=("x",))
    with pytest.raises(SpecificationError, match="shifters"):
        LawOfMotion(exposures=("s",))
    with pytest.raises(SpecificationError, match="exposures beside capacity"):
        LawOfMotion(capacity=("rd",))


def test_values_without_a_logarithm_are_refused_by_name_or_dropped_with_a_count(
    frame: pd.DataFrame,
) -> None:
    levels = frame.assign(**{name: np.exp(frame[name]) for name in "ylkm"})
    levels.loc[[2, 9], "m"] = 0.0
    spec = replace(LP, in_logs=False)
    with pytest.raises(DataError, match=r"positive values of m.*2 rows.*F000000 in 2003"):
        measure(Panel.of(levels), spec)
    made = measure(Panel.of(levels), replace(spec, nonpositive="drop"))
    assert ("m zero or negative", 2) in [(loss.reason, loss.rows) for loss in made.losses]


@pytest.mark.parametrize("spec", [ACF, LP])
def test_one_firm_and_panels_without_consecutive_years_are_refused(
    frame: pd.DataFrame, spec: ControlFunction
) -> None:
    one = frame[frame["firm_id"] == "F000001"]
    long = pd.concat([one.assign(year=one["year"] + 10 * j) for j in range(9)])
    long = long.drop_duplicates(["firm_id", "year"])
    noise = np.random.default_rng(1).normal(0, 0.1, (4, len(long)))
    noisy = long.assign(**{n: long[n] + e for n, e in zip("ylkm", noise, strict=True)})
    with pytest.raises(IdentificationError, match="1 firms"):
        measure(Panel.of(noisy), spec)
    with pytest.raises(IdentificationError, match="two consecutive calendar years"):
        measure(Panel.of(frame[frame["year"] % 2 == 0]), spec)


def test_an_input_that_never_varies_is_named(frame: pd.DataFrame) -> None:
    for name in ("l", "k", "m"):
        with pytest.raises(IdentificationError, match=f"Found {name} with one value"):
            measure(Panel.of(frame.assign(**{name: 1.0})), LP)


def test_a_proxy_that_is_a_function_of_the_state_is_named(frame: pd.DataFrame) -> None:
    with pytest.raises(IdentificationError, match=r"functions of the columns before them.*m"):
        measure(Panel.of(frame.assign(m=2 * frame["k"] + 1)), LP)


def test_functional_dependence_is_refused_and_weak_variation_is_noted(frame: pd.DataFrame) -> None:
    exact = frame.assign(l=frame["k"] + 0.5 * frame["m"])
    with pytest.raises(IdentificationError, match="use AckerbergCavesFrazer"):
        measure(Panel.of(exact), LP)
    noise = 0.05 * np.random.default_rng(2).normal(size=len(frame))
    made = measure(Panel.of(exact.assign(l=exact["l"] + noise)), LP)
    assert any("weakly identified" in note for note in made.notes)


def test_only_flagged_roots_are_an_error_that_lists_them(frame: pd.DataFrame) -> None:
    strict = replace(ACF, roots=RootRule(low_persistence=0.99))
    with pytest.raises(IdentificationError, match="low_persistence"):
        measure(Panel.of(frame), strict)
    weak = replace(ACF, roots=RootRule(condition=1.0))
    with pytest.raises(IdentificationError, match="weakly_identified"):
        measure(Panel.of(frame), weak)
    vouched = replace(ACF, roots=RootRule(low_persistence=0.99, ignore=("low_persistence",)))
    assert "of highest persistence" in " ".join(measure(Panel.of(frame), vouched).notes)


def test_survival_that_is_predicted_perfectly_is_a_named_error(frame: pd.DataFrame) -> None:
    lives = (frame["k"] > frame["k"].median()).astype(float)
    with pytest.raises(ConvergenceError, match=r"probit of survival on k, m"):
        measure(Panel.of(frame.assign(lives=lives)), replace(OP, survival="lives"))


def test_a_repeated_timing_error_is_labelled(frame: pd.DataFrame) -> None:
    spec = replace(OP, survival="last_year_of_firm")
    data = read_inputs(Panel.of(frame), spec.wanted(), None)[0]
    rule = spec.exit_rule(data, read_pairs(data, spec.law))
    assert rule is not None
    assert any("one year off" in note for note in rule.notes)


@pytest.mark.parametrize("technology", ["cobb_douglas", "translog", "ces"])
def test_constant_returns_hold_in_every_row_and_influence_is_that_of_firm_weights(
    frame: pd.DataFrame, technology: str
) -> None:
    rule = RootRule(ignore=("outside_bounds",))
    spec = replace(ACF, technology=technology, returns="constant", roots=rule)
    made = measure(Panel.of(frame), spec)
    np.testing.assert_allclose(made.elasticities.sum(axis=1), 1.0, atol=1e-12)
    assert elasticities(made)[-1] == pytest.approx(0.6, abs=0.1) or technology != "cobb_douglas"
    assert any("constant returns; k has what" in note for note in made.notes)
    block, redrawer, _ = Redraws.of(made).parts[0]
    up, down = np.ones(len(redrawer.crosses)), np.ones(len(redrawer.crosses))
    up[5], down[5] = 1.0001, 0.9999
    moved = (redrawer.solve(up).beta - redrawer.solve(down).beta) / 2e-4
    own = block.parameters.influence[made.panel.codes[block.rows] == 5].sum(axis=0)
    np.testing.assert_allclose(moved, own[-len(redrawer.beta) :], rtol=1e-3, atol=1e-6)


def test_constant_returns_solve_the_moment_in_labor_per_unit_of_capital(
    frame: pd.DataFrame,
) -> None:
    from scipy import optimize

    made = measure(Panel.of(frame), replace(ACF, returns="constant"))
    own = made.panel.frame
    X = np.column_stack([np.ones(len(own)), own[["l", "k", "m"]]])
    phi = X @ np.linalg.lstsq(X, own["y"], rcond=None)[0]
    panel = made.panel

    def moment(beta: float) -> float:
        omega = phi - beta * own["l"].to_numpy() - (1 - beta) * own["k"].to_numpy()
        lag, ratio = panel.lag(omega), panel.lag(own["l"].to_numpy()) - own["k"].to_numpy()
        used = ~np.isnan(lag)
        G = np.column_stack([np.ones(used.sum()), lag[used]])
        left = omega[used] - G @ np.linalg.lstsq(G, omega[used], rcond=None)[0]
        return float(ratio[used] @ left)

    root = optimize.brentq(moment, 0.4, 0.8, xtol=1e-14)
    assert elasticities(made)[0] == pytest.approx(root, rel=1e-6)


def test_several_free_inputs_states_and_proxies_are_taken_by_every_estimator(
    frame: pd.DataFrame,
) -> None:
    rng = np.random.default_rng(5)
    h, b = rng.normal(0, 1, (2, len(frame)))
    energy = frame["m"] + 0.3 * rng.normal(size=len(frame))
    more = frame.assign(h=frame["l"] + h, b=frame["k"] + b, e=energy)
    more["y"] = 0.7 * more["y"] + 0.2 * h + 0.1 * b
    roles = {"free": ("l", "h"), "state": ("k", "b"), "proxy": ("m", "e")}
    rule = RootRule(ignore=("outside_bounds", "low_persistence", "negative_labour_correlation"))
    specs = [replace(ACF, roots=rule), replace(LP, law=LawOfMotion(degree=1))]
    specs.append(sp.Wooldridge(*ROLES, degree=1, in_logs=True))
    for spec in specs:
        made = measure(Panel.of(more), replace(spec, **roles))
        assert [term for _, term in made.coefficients().index] == ["l", "h", "k", "b"]
        assert made.elasticities.shape == (len(more), 4)
    assert made.coefficients().loc[("", "h"), "estimate"] == pytest.approx(0.2, abs=0.05)
