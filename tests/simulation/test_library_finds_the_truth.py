"""The library on simulated tables, against the truth that the simulator wrote down."""

import json
from pathlib import Path

import numpy as np
import pytest

import spillover as sp
from spillover.simulation.parameters import Production
from spillover.simulation.simulate import SimulatedEconomy

ROOT = Path(__file__).parents[2]
KYUSHU = ROOT / "examples" / "kyushu_semiconductor"
RECOMMENDED = "log_tfp ~ backward + log1p(backward_degree) | firm_id + industry^year"
POOLED = "log_tfp ~ backward"


def sample_of(tables: sp.Tables) -> sp.Sample:
    supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
    foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)
    backward = sp.expose(
        supply.customers(), foreign, sp.Neighbors(isolates="missing"), name="backward"
    )
    tfp = sp.measure(tables.panel, sp.SolowResidual())
    sample = sp.Sample.of(tables.panel, tfp, foreign, exposures=[backward], networks=[supply])
    return sample.where("foreign == 0")


def backward(sample: sp.Sample, formula: str) -> tuple[float, float]:
    design = sp.FixedEffects.formula(formula)
    row = sp.estimate(sample, design, vcov=sp.Cluster("firm_id")).tidy().loc["backward"]
    return float(row["estimate"]), float(row["std_error"])


@pytest.fixture(scope="module")
def world() -> SimulatedEconomy:
    return sp.simulate(sp.Economy(firms=200, years=6), seed=7)


def test_simulated_tables_pass_their_schemas_unchanged(world: SimulatedEconomy) -> None:
    checked = sp.read(dict(world.tables.frames))
    for name, frame in world.tables.frames.items():
        assert len(checked[name]) == len(frame)


def test_exposures_of_the_library_equal_those_of_the_simulator(world: SimulatedEconomy) -> None:
    tables = world.tables
    supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
    foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)
    rule = sp.Neighbors(isolates="missing")
    exposure = sp.expose(supply.customers(), foreign, rule, name="backward").columns(tables.panel)
    assert np.array_equal(
        exposure["backward"], world.truth.panel["backward_observed"], equal_nan=True
    )


def test_the_solow_residual_returns_planted_productivity() -> None:
    exact = sp.Economy(firms=100, years=4, production=Production(output_sd=0.0))
    world = sp.simulate(exact, seed=3)
    panel = world.tables.panel
    found = sp.measure(panel, sp.SolowResidual()).columns(panel)["log_tfp"]
    gap = found - world.truth.panel["log_tfp"].to_numpy()
    assert np.ptp(gap) < 1e-3


def test_the_bundled_tables_are_those_of_the_preset_and_the_stated_seed() -> None:
    told = json.loads((KYUSHU / "truth.json").read_text("utf-8"))
    world = sp.simulate(sp.KYUSHU, told["seed"])
    tables = sp.read(KYUSHU / "data")
    assert told["effects"] == world.truth.effects
    for name, frame in world.tables.frames.items():
        assert len(tables[name]) == len(frame)
    for column in ("sales", "employment", "capital", "materials", "wages"):
        assert np.allclose(tables["firm_years"][column], world.tables["firm_years"][column])
    assert sum(path.stat().st_size for path in (KYUSHU / "data").iterdir()) < 3_000_000


def test_in_the_bundled_economy_the_right_design_finds_the_truth_and_the_naive_one_does_not() -> (
    None
):
    truth = json.loads((KYUSHU / "truth.json").read_text("utf-8"))["effects"]["backward"]
    sample = sample_of(sp.read(KYUSHU / "data"))
    estimate, error = backward(sample, RECOMMENDED)
    naive, naive_error = backward(sample, POOLED)
    assert abs(estimate - truth) < 1.96 * error
    assert abs(naive - truth) > 1.96 * naive_error
    assert error < 0.04


@pytest.mark.slow
def test_over_many_economies_bias_is_small_and_coverage_right() -> None:
    def draw(rng: np.random.Generator) -> tuple[float, float]:
        return backward(sample_of(sp.simulate(sp.Economy(), rng).tables), RECOMMENDED)

    table = sp.monte_carlo(200, 20251205, draw, truth=0.30)
    assert abs(table.bias) < 0.05 * 0.30
    assert 0.92 <= table.coverage <= 0.97
