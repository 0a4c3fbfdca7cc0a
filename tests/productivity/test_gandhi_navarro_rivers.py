"""Gross output with a flexible input: stored roots, units, influence, refusals."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.errors import ConvergenceError, IdentificationError, SpecificationError
from spillover.numerics.share import ShareEquation, fit_share
from spillover.productivity.gandhi_navarro_rivers import GandhiNavarroRivers
from spillover.productivity.law import LawOfMotion
from spillover.productivity.measure import measure
from spillover.simulation.known_technologies import price_takers
from spillover.tables.panel import Panel

PLAIN = GandhiNavarroRivers(
    "y", ("k", "l"), "m", "s", share_degree=2, constant_degree=2, law=LawOfMotion(degree=1),
    in_logs=True,
)  # fmt: skip


@pytest.mark.reference
def test_roots_of_the_simulated_file_equal_the_stored_ones(
    stored: dict[str, Any], numbers_of: Callable[[str], pd.DataFrame]
) -> None:
    # reference/productivity.json, cases gnr_mc_500_*; exact roots by two implementations
    panel = Panel.of(numbers_of("gnr_mc_500.csv"), "id", "time")
    cases = {k: c for k, c in stored["cases"].items() if k.startswith("gnr_")}
    assert len(cases) == 6
    for case in cases.values():
        spec, expected = case["spec"], case["expect"]
        made = measure(
            panel,
            GandhiNavarroRivers(
                spec["output"],
                tuple(spec["predetermined"]),
                spec["flexible"],
                spec["log_share"],
                share_degree=spec["share_degree"],
                constant_degree=spec["constant_degree"],
                law=LawOfMotion(degree=spec["markov_degree"]),
                divide_by_mean_exp_error=spec["divide_by_mean_exp_error"],
                in_logs=True,
            ),
        )
        means = dict(zip(("k", "i"), made.elasticities.mean(axis=0), strict=True))
        for name, value in expected["mean_elasticity"].items():
            assert means[name] == pytest.approx(value, rel=1e-6)
        for name, value in expected.get("sd_elasticity", {}).items():
            spread = made.elasticities[:, ("k", "i").index(name)].std(ddof=1)
            assert spread == pytest.approx(value, rel=1e-6)
        if "share_ssr" in expected:
            assert made.statistics["share_ssr"] == pytest.approx(expected["share_ssr"], rel=1e-9)
            error = expected["mean_exp_error"]
            assert made.statistics["mean_exp_error"] == pytest.approx(error, rel=1e-8)
            assert made.statistics["pairs"] == expected["n2"]
        taken = [root for root in made.blocks[0].roots if root.exact]
        assert all(root.objective < 1e-10 for root in taken)


@pytest.mark.reference
def test_productivity_is_that_of_the_stored_polynomials(
    stored: dict[str, Any], numbers_of: Callable[[str], pd.DataFrame]
) -> None:
    panel = Panel.of(numbers_of("gnr_mc_500.csv"), "id", "time")
    expected = stored["cases"]["gnr_mc_500_deg2"]["expect"]
    k, i, y, s = (panel.numbers(name) for name in ("k", "i", "yg", "si"))
    terms = {
        tuple(map(int, key.strip("[]").split(","))): value
        for key, value in expected["share_coef_before_division"]["values"].items()
    }
    share = sum(c * k**a * i**b for (a, b), c in terms.items())
    eps, mean = np.log(share) - s, expected["mean_exp_error"]
    used = sum(c / mean * k**a * i ** (b + 1) / (b + 1) for (a, b), c in terms.items())
    constant = expected["constant_coef"]["values"]
    omega = y - eps - used - sum(c * k ** (j + 1) for j, c in enumerate(constant))
    spec = GandhiNavarroRivers(
        "yg", "k", "i", "si", share_degree=2, constant_degree=2, in_logs=True
    )
    made = measure(panel, spec)
    gap = made.values - omega
    assert np.ptp(gap) < 1e-6


def test_elasticities_of_a_known_economy_are_found() -> None:
    made = [
        measure(Panel.of(price_takers(seed)), PLAIN).elasticities.mean(axis=0) for seed in range(4)
    ]
    np.testing.assert_allclose(np.mean(made, axis=0), [0.25, 0.15, 0.5], atol=0.02)


def test_units_of_every_input_change_nothing() -> None:
    frame = price_takers(1, firms=120)
    first = measure(Panel.of(frame), PLAIN)
    moved = frame.assign(k=frame["k"] + 7, l=frame["l"] - 5, m=frame["m"] + np.log(1e3))
    second = measure(Panel.of(moved), PLAIN)
    np.testing.assert_allclose(first.elasticities, second.elasticities, atol=1e-7)
    innovation = [made.companions["innovation"] for made in (first, second)]
    np.testing.assert_allclose(innovation[0], innovation[1], atol=1e-7)


def test_influence_equals_that_of_leaving_a_firm_out_to_first_order() -> None:
    frame = price_takers(2, firms=400)
    made = measure(Panel.of(frame), PLAIN)
    block = made.blocks[0]
    table = made.coefficients().droplevel("block")
    assert table.index.tolist() == ["k", "l", "m"]
    np.testing.assert_allclose(table["estimate"], made.elasticities.mean(axis=0), rtol=1e-12)
    at = [block.parameters.names.index(name) for name in ("mean exp shock", "k", "l", "m")]
    for firm in ("F0007", "F0200"):
        out = measure(Panel.of(frame[frame["firm_id"] != firm]), PLAIN).blocks[0]
        moved = block.parameters.values[at] - out.parameters.values[at]
        own = made.panel.frame["firm_id"].to_numpy() == firm
        psi = block.parameters.influence[np.ix_(own, at)].sum(axis=0)
        np.testing.assert_allclose(moved, psi, rtol=0.05, atol=2e-5)


def test_the_second_stage_knows_both_stages() -> None:
    rng = np.random.default_rng(0)
    frame = price_takers(3, firms=150)
    frame["x"] = rng.normal(size=len(frame)) + frame["l"]
    panel = Panel.of(frame)
    sample = sp.Sample.of(panel, measure(panel, PLAIN))
    design = sp.FixedEffects.formula("log_tfp ~ x")
    known, ignored = (
        sp.estimate(sample, design, vcov=sp.Cluster("firm_id"), first_stage=rule)
        for rule in ("correct", "ignore")
    )
    assert known.solution.first_stage is not None
    assert known.std_errors[0] > 1.05 * ignored.std_errors[0]


def test_lags_are_instruments_of_inputs_that_react_to_news() -> None:
    panel = Panel.of(price_takers(4))
    lagged = measure(panel, replace(PLAIN, free=("l",)))
    assert lagged.elasticities.mean(axis=0)[1] == pytest.approx(0.15, abs=0.05)


def test_degrees_and_roles_that_cannot_be_are_refused() -> None:
    with pytest.raises(SpecificationError, match="constant_degree of at least share_degree"):
        GandhiNavarroRivers("y", "k", "m", "s", share_degree=3, constant_degree=2)
    with pytest.raises(SpecificationError, match="Found x"):
        GandhiNavarroRivers("y", "k", "m", "s", free=("x",))


def test_a_flexible_input_that_never_varies_is_named() -> None:
    frame = price_takers(5, firms=60).assign(m=1.0)
    with pytest.raises(IdentificationError, match="Found m with one value"):
        measure(Panel.of(frame), PLAIN)


def test_a_share_equation_without_a_solution_is_an_error() -> None:
    logs = np.linspace(-1, 1, 50)[:, None]
    basis = ShareEquation.of(logs, 1).basis
    with pytest.raises(ConvergenceError, match="share equation"):
        fit_share(basis, np.full(50, np.nan))
