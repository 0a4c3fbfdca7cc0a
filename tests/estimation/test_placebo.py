"""The placebo ladder, shorter lists and lost links on economies whose truth is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import SpecificationError, UnknownNameError
from spillover.estimation.caps import cap_sensitivity, deletion_sensitivity, longest_list
from spillover.estimation.estimate import estimate
from spillover.estimation.placebo import PlaceboLadder, placebo_ladder
from spillover.estimation.rebuilt import again, own_exposure
from spillover.estimation.result import Estimate
from spillover.exposures.assignment import Assignment
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.recenter import recenter
from spillover.exposures.shock import Shock
from spillover.inference.cluster import Cluster
from spillover.networks.build import assemble
from spillover.networks.rewiring import Rewiring
from spillover.sample import Sample
from spillover.tables.panel import Panel

YEARS = [2000, 2001, 2002, 2003]
RULE = Neighbors(isolates="zero", lag=0, exclude="self")
LADDER = PlaceboLadder(rewiring=Rewiring(within=(), attempts=3), rewired=6)


def study(seed: int = 0, effect: float = 1.0, n: int = 250, regressor: str = "x") -> Estimate:
    """Foreign customers matter when they are customers; nothing else does."""
    rng = np.random.default_rng(seed)
    m = 6 * n
    start = rng.integers(1999, 2004, m)
    network = assemble(
        "w",
        [f"F{i:03d}" for i in range(n)],
        YEARS,
        rng.integers(0, n, m),
        rng.integers(0, n, m),
        start=np.maximum(start, 2000),
        end=np.minimum(start + rng.integers(1, 5, m), 2003),
        attributes={"industry": rng.integers(0, 3, n).astype(np.int32)},
    ).customers()
    foreign = Shock(
        "foreign", network.firms, network.years, (rng.random((n, 4)) < 0.3).astype(float)
    )
    exposure = expose(network, foreign, RULE, name="x")
    frame = pd.DataFrame(
        [(f, y) for f in network.firms for y in YEARS], columns=["firm_id", "year"]
    )
    frame["y"] = effect * exposure.values.ravel() + 0.3 * rng.normal(size=4 * n)
    frame["sales"] = rng.lognormal(size=4 * n)
    luck = recenter(exposure, Assignment(within=("industry",)))
    sample = Sample.of(Panel.of(frame), luck, exposures=[exposure])
    design = FixedEffects("y", (regressor, "x_degree"), ("firm_id", "year"))
    return estimate(sample, design, Cluster("firm_id"))


def test_the_ladder_separates_foreign_partners_from_all_others() -> None:
    fit = study()
    size = Shock.of(fit.sample.panel, "sales")
    found = placebo_ladder(fit, "x", LADDER, size=size)
    assert list(found.table.index) == [
        "main",
        "future links",
        "small domestic partners",
        "domestic superstars",
        "opposite direction",
        "rewired network",
    ]
    assert found.table["estimate"]["main"] == fit.beta[0]
    assert found.table["agrees"][1:].all()
    assert (found.table["nobs"] == fit.nobs).all()
    assert set(found.estimates) == set(found.table.index) - {"rewired network"}
    again_found = placebo_ladder(fit, "x", LADDER, size=size)
    pd.testing.assert_frame_equal(found.table, again_found.table)


def test_an_effect_of_good_partners_is_found_out() -> None:
    """When size of partners matters and not their owner, superstars carry the whole effect."""
    fit = study(effect=0.0)
    size = Shock.of(fit.sample.panel, "sales")
    stars = placebo_ladder(fit, "x", LADDER, size=size).estimates["domestic superstars"]
    frame = fit.sample.panel.frame[["firm_id", "year", "y", "sales"]]
    moved = frame.assign(y=frame["y"] + stars.sample.column("x_superstar"))
    sample = Sample.of(Panel.of(moved), *fit.sample.measures, exposures=fit.sample.exposures)
    other = estimate(sample, fit.design, fit.vcov)
    table = placebo_ladder(other, "x", LADDER, size=size).table
    assert not table["agrees"]["domestic superstars"]
    assert table["estimate"]["domestic superstars"] == pytest.approx(1.0, abs=0.15)


def test_a_rung_is_one_regressor_more() -> None:
    fit = study(n=100)
    found = placebo_ladder(fit, "x", LADDER)
    other = found.estimates["opposite direction"]
    assert other.names == ("x", "x_degree", "x_opposite")
    exposure = own_exposure(fit, "x")
    turned = expose(exposure.network.suppliers(), exposure.shock, RULE, name="forward")
    frame = fit.sample.panel.frame[["firm_id", "year", "y"]]
    sample = Sample.of(Panel.of(frame), exposures=[exposure, turned])
    design = FixedEffects("y", ("x", "x_degree", "forward"), ("firm_id", "year"))
    expected = estimate(sample, design, Cluster("firm_id"))
    line = found.table.loc["opposite direction"]
    assert line["estimate"] == pytest.approx(expected.beta[2])
    assert line["std_error"] == pytest.approx(expected.std_errors[2])
    assert line["main"] == pytest.approx(expected.beta[0])


def test_rungs_that_cannot_be_built_say_why() -> None:
    fit = study(n=60)
    tight = replace(LADDER, rewiring=Rewiring(within=("industry", "prefecture")))
    table = placebo_ladder(fit, "x", tight).table
    assert table["why"]["domestic superstars"].startswith("Expected the size of firms")
    assert "prefecture" in table["why"]["rewired network"]
    assert np.isnan(table["estimate"]["rewired network"])
    assert table["agrees"]["rewired network"] is None
    with pytest.raises(SpecificationError, match="small below superstar"):
        PlaceboLadder(small=0.9, superstar=0.5)
    with pytest.raises(UnknownNameError, match="backward"):
        placebo_ladder(fit, "backward", LADDER)


def test_another_exposure_replaces_what_depends_on_it() -> None:
    fit = study(n=60, regressor="x_recentered")
    exposure = own_exposure(fit, "x")
    same = again(fit, exposure)
    np.testing.assert_allclose(same.beta, fit.beta, rtol=1e-12)
    double = exposure.spec.carry(
        exposure.network, replace(exposure.shock, values=2 * exposure.shock.values), "x"
    )
    assert again(fit, double).beta[0] == pytest.approx(fit.beta[0] / 2)
    silent = estimate(fit.sample, FixedEffects("y", ("x_degree",), ("firm_id", "year")))
    with pytest.raises(SpecificationError, match="coefficient of 'x'"):
        placebo_ladder(silent, "x", LADDER)


def test_shorter_lists_end_at_the_estimate_as_it_is() -> None:
    fit = study(n=120)
    longest = longest_list(own_exposure(fit, "x").network)
    found = cap_sensitivity(fit, "x", (2, 4, 8, 99), draws=4)
    assert found.table.index.tolist() == [2, 4, 8, longest]
    assert found.table["estimate"].iloc[-1] == fit.beta[0]
    assert found.table["links"].is_monotonic_increasing
    assert found.table["links"].iloc[-1] == 1.0
    assert (found.table["between"].iloc[:2] > 0).all()
    inverse, values = 1 / found.table.index.to_numpy(), found.table["estimate"].to_numpy()
    line = np.polyfit(inverse, values, 1)
    assert found.linear == pytest.approx(np.polyval(line, 0))
    assert found.quadratic == pytest.approx(np.polyval(np.polyfit(inverse, values, 2), 0))
    assert cap_sensitivity(fit, "x", (2,), draws=1).quadratic is None
    with pytest.raises(SpecificationError, match="one or more"):
        cap_sensitivity(fit, "x", (0,))


def test_lost_links_leave_the_mean_nearly_as_it_is() -> None:
    fit = study(n=200)
    table = deletion_sensitivity(fit, "x", (0.1, 0.3), draws=4)
    assert table.index.tolist() == [0.0, 0.1, 0.3]
    assert table["links"].to_numpy() == pytest.approx([1.0, 0.9, 0.7], abs=0.03)
    assert table["estimate"].iloc[0] == fit.beta[0]
    assert (table["estimate"].diff().dropna() < 0).all()
    assert table["estimate"].iloc[1] > 0.7 * fit.beta[0]
    with pytest.raises(SpecificationError, match="between zero and one"):
        deletion_sensitivity(fit, "x", (1.5,))
