"""The two-equation estimator against the stacked system written out, and its refusals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.errors import SpecificationError
from spillover.productivity.inputs import read_inputs, read_pairs
from spillover.productivity.law import LawOfMotion
from spillover.productivity.measure import measure
from spillover.productivity.wooldridge import Wooldridge
from spillover.simulation.timing import TimingEconomy
from spillover.tables.panel import Panel

SPEC = Wooldridge("y", "gross_leontief", "l", "k", "m", degree=2, in_logs=True)


@pytest.fixture(scope="module")
def panel() -> Panel:
    economy = TimingEconomy("DGP2", firms=150, years=6, burn_in=60)
    frame = economy.simulate(seed=3)
    return Panel.of(frame[~((frame["firm_id"] == "F000003") & (frame["year"] == 2003))])


def stacked(panel: Panel, steps: int, *, only_second: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """The full 2n by q system, one dense matrix each, without partialling."""
    data = read_inputs(panel, SPEC.wanted(), None)[0]
    pairs = read_pairs(data, SPEC.law)
    l, k, m = data.free.values[:, 0], data.state.values[:, 0], data.proxy.values[:, 0]  # noqa: E741
    H = np.column_stack([k, m, k**2, k * m, m**2])
    n, now, before = len(k), pairs.now, pairs.before
    h = H.shape[1]
    X1 = np.column_stack([l, np.zeros(n), np.ones(n), H, np.zeros((n, h + 1))])
    X2 = np.column_stack(
        [l[now], k[now], np.zeros((len(now), h + 1)), np.ones(len(now)), H[before]]
    )
    Z1 = np.column_stack([np.ones(n), l, H])
    Z2 = np.column_stack([np.ones(len(now)), k[now], l[before], H[before]])
    firms = panel.codes[data.rows]
    if only_second:
        X, y, Z, g = X2[:, [0, 1, *range(h + 3, 2 * h + 4)]], data.y[now], Z2, firms[now]
        W = np.linalg.inv(Z.T @ Z)
    else:
        X, y, g = np.vstack([X1, X2]), np.append(data.y, data.y[now]), np.append(firms, firms[now])
        Z = np.zeros((n + len(now), Z1.shape[1] + Z2.shape[1]))
        Z[:n, : Z1.shape[1]], Z[n:, Z1.shape[1] :] = Z1, Z2
        W = np.linalg.inv(Z.T @ Z)
    D, c = Z.T @ X, Z.T @ y
    beta = np.linalg.solve(D.T @ W @ D, D.T @ W @ c)

    def meat(at: np.ndarray) -> np.ndarray:
        totals = np.zeros((150, Z.shape[1]))
        np.add.at(totals, g, Z * (y - X @ at)[:, None])
        return totals.T @ totals

    j = 0.0
    if steps == 2:
        W = np.linalg.inv(meat(beta))
        beta = np.linalg.solve(D.T @ W @ D, D.T @ W @ c)
        left = c - D @ beta
        j = float(left @ W @ left)
    A = np.linalg.inv(D.T @ W @ D) @ D.T @ W
    V = A @ meat(beta) @ A.T * 150 / 149
    return beta[:2], np.sqrt(np.diag(V))[:2], j


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("which", ["two_equation", "eq2_only"])
def test_partialling_gives_the_coefficients_and_errors_of_the_stacked_system(
    panel: Panel, steps: int, which: str
) -> None:
    made = measure(panel, replace(SPEC, steps=steps, equations=which))
    if which == "eq2_only":
        steps = 1
    beta, errors, j = stacked(panel, steps, only_second=which == "eq2_only")
    table = made.coefficients()
    np.testing.assert_allclose(table["estimate"], beta, rtol=1e-5)
    # second-step errors use the nuisance coefficients of each equation at beta, not of the system
    np.testing.assert_allclose(table["std_error"], errors, rtol=1e-4 if steps == 1 else 2e-2)
    if steps == 2:
        assert made.statistics["j"] == pytest.approx(j, rel=1e-3)
        assert made.statistics["j_degrees"] == 1


def test_elasticities_of_an_economy_without_functional_dependence_are_found() -> None:
    frame = TimingEconomy("DGP2", firms=1000).simulate(seed=1)
    made = measure(Panel.of(frame), replace(SPEC, degree=1))
    np.testing.assert_allclose(made.coefficients()["estimate"], [0.6, 0.4], atol=0.05)


def test_regressions_on_its_productivity_know_both_equations(panel: Panel) -> None:
    sample = sp.Sample.of(panel, measure(panel, SPEC))
    found = sp.estimate(sample, sp.FixedEffects.formula("log_tfp ~ s"), vcov=sp.Cluster("firm_id"))
    assert found.solution.first_stage is not None


def test_influence_on_the_second_stage_equals_leaving_a_firm_out(panel: Panel) -> None:
    design = sp.FixedEffects.formula("log_tfp ~ s")

    def slope(frame: pd.DataFrame) -> float:
        own = Panel.of(frame)
        return float(design.solve(sp.Sample.of(own, measure(own, SPEC))).beta[0])

    sample = sp.Sample.of(panel, measure(panel, SPEC))
    solution = sp.estimate(sample, design, vcov=sp.Cluster("firm_id")).solution
    stage = solution.first_stage
    assert stage is not None
    for firm in (10, 77):
        psi = solution.psi[panel.codes[solution.rows] == firm, 0].sum()
        psi += stage.psi[panel.codes[stage.rows] == firm, 0].sum()
        out = slope(panel.frame[panel.codes != firm])
        assert slope(panel.frame) - out == pytest.approx(psi, rel=0.15, abs=1e-4)


def test_exposures_inside_an_unrestricted_polynomial_are_refused() -> None:
    with pytest.raises(SpecificationError, match="unrestricted polynomial"):
        replace(SPEC, law=LawOfMotion(exposures=("s",), shifters=()))
