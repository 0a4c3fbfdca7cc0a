"""Decompositions and tests of shift-share estimates."""

import numpy as np
import pandas as pd
import pytest

from spillover.designs.shift_share import ShiftShareIV
from spillover.errors import SpecificationError
from spillover.estimation.estimate import estimate
from spillover.estimation.result import Estimate
from spillover.estimation.shift_share import rotemberg, shock_balance, shock_level, shocks
from spillover.exposures.contributions import Contributions
from spillover.exposures.expose import expose
from spillover.exposures.shares import Shares
from spillover.exposures.shift_share import ShiftShare
from spillover.exposures.shock import Shock
from spillover.inference.shift_share import AKM
from spillover.sample import Sample
from spillover.tables.panel import Panel

NAMES = [f"k{j:02d}" for j in range(25)]


def found(seed: int = 0, n: int = 80) -> Estimate:
    """Shares in 25 kinds with gaps; a covariate that follows the shock and one that does not."""
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(26, 0.3), n)[:, :25]
    units = np.array([f"u{i:03d}" for i in range(n)])
    table = pd.DataFrame(
        {"firm_id": np.repeat(units, 25), "industry": NAMES * n, "share": share.ravel()}
    )
    kinds = pd.DataFrame({"industry": NAMES, "sector": [name[2] for name in NAMES]})
    shares = Shares.of(table, categories=kinds)
    years = np.array([2005], np.int32)
    g = rng.normal(size=(25, 1))
    x = expose(shares, Shock("g", shares.categories, years, g), ShiftShare(), "x")
    other = share @ rng.normal(size=25)
    d = x.values[:, 0] + other + rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "firm_id": units,
            "year": 2005,
            "d": d,
            "y": 2 * d + 3 * other + rng.normal(size=n),
            "follows": x.values[:, 0] + 0.1 * rng.normal(size=n),
            "apart": share @ rng.normal(size=25),
            "c": rng.normal(size=n),
        }
    )
    sample = Sample.of(Panel.of(frame), exposures=(x,))
    return estimate(sample, ShiftShareIV("y", "x", "d", ("c",)), AKM("x"))


def test_weights_of_shocks_sum_to_one_and_average_to_the_estimate() -> None:
    one = found()
    weights = rotemberg(one, "x")
    table = weights.table
    assert table["alpha"].sum() == pytest.approx(1.0)
    assert (table["alpha"] * table["beta"]).sum() == pytest.approx(one.beta[0], rel=1e-10)
    assert table["alpha"].abs().is_monotonic_decreasing
    assert len(weights.top()) == 5
    assert weights.negative == pytest.approx(table["alpha"].clip(upper=0).sum())
    expected = np.average(table["beta"], weights=table["alpha"].abs())
    spread = np.average((table["beta"] - expected) ** 2, weights=table["alpha"].abs())
    assert weights.dispersion == pytest.approx(np.sqrt(spread))


def test_a_single_shock_estimate_is_that_of_its_share_as_instrument() -> None:
    one = found()
    table = rotemberg(one, "x").table
    share = one.sample.exposure("x").shares.matrices[0].toarray()
    controls = np.column_stack(
        [np.ones(80), one.sample.column("c"), one.sample.column("x_share_sum")]
    )
    y, d = (
        v - controls @ np.linalg.lstsq(controls, v, rcond=None)[0]
        for v in (one.sample.column("y"), one.sample.column("d"))
    )
    for name in table.index[:3]:
        s = share[:, NAMES.index(name)]
        assert table["beta"][name] == pytest.approx((s @ y) / (s @ d), rel=1e-9)


def test_data_of_shocks_reproduce_the_estimate() -> None:
    one = found()
    table = shock_level(one, "x")
    assert table["weight"].sum() == pytest.approx(1.0)
    heavy = table["weight"] * table["shock"]
    beta = (heavy @ table["outcome"]) / (heavy @ table["treatment"])
    assert beta == pytest.approx(one.beta[0], rel=1e-10)


def test_counts_of_shocks_and_the_range_without_each_of_them() -> None:
    one = found()
    summary = shocks(one, "x", cluster="sector")
    share = one.sample.exposure("x").shares.matrices[0].toarray().sum(axis=0)
    weight = share / share.sum()
    assert summary.shocks == 25
    assert summary.effective == pytest.approx(1 / np.sum(weight**2))
    by_sector = np.bincount([int(name[2]) for name in NAMES], weight)
    assert (summary.clusters, summary.effective_clusters) == (
        10,
        pytest.approx(1 / np.sum(by_sector**2)),
    )
    table = shock_level(one, "x")
    heavy = table["weight"] * table["shock"]
    without = [
        (heavy.drop(name) @ table["outcome"].drop(name))
        / (heavy.drop(name) @ table["treatment"].drop(name))
        for name in table.index
    ]
    assert summary.left_out == pytest.approx((min(without), max(without)))
    assert summary.largest["weight"].iloc[0] == pytest.approx(weight.max())


def test_balance_is_refused_by_what_follows_the_shock_only() -> None:
    table = shock_balance(found(n=400), "x", ["follows", "apart"])
    assert table["p_value"]["follows"] < 1e-6
    assert table["p_value"]["apart"] > 0.01


def test_balance_by_hand() -> None:
    one = found()
    controls = np.column_stack(
        [np.ones(80), one.sample.column("c"), one.sample.column("x_share_sum")]
    )
    v = one.sample.column("apart")
    v = v - controls @ np.linalg.lstsq(controls, v, rcond=None)[0]
    share = one.sample.exposure("x").shares.matrices[0].toarray()
    g = shock_level(one, "x")["shock"].to_numpy()
    weight = share.sum(0) / share.sum()
    mean = share.T @ v / share.sum(0)
    g = g - weight @ g
    g = g / np.sqrt(weight @ g**2)
    slope = weight @ (g * mean)
    left = mean - weight @ mean - slope * g
    spread = np.sqrt(np.sum((weight * g * left) ** 2))
    row = shock_balance(one, "x", ["apart"]).loc["apart"]
    assert row["estimate"] == pytest.approx(slope, rel=1e-9)
    assert row["std_error"] == pytest.approx(spread, rel=1e-9)


def test_covariates_must_be_known_and_no_controls() -> None:
    one = found()
    with pytest.raises(SpecificationError, match="do not determine"):
        shock_balance(one, "x", ["c"])
    with pytest.raises(SpecificationError, match="80 missing"):
        shock_balance(one, "x", ["lag(c)"])


def test_shocks_that_leave_units_out_have_no_common_value() -> None:
    one = found()
    table = pd.DataFrame({"firm_id": ["u000", "u001"] * 25, "industry": np.repeat(NAMES, 2)})
    table = table.assign(year=2005, v=np.arange(50.0), e=1.0)
    x = one.sample.exposure("x")
    again = expose(x.shares, Contributions.of(table, "v", "e"), ShiftShare(), "x")
    panel = Panel.of(one.sample.panel.frame[["firm_id", "year", "y", "d"]])
    two = estimate(Sample.of(panel, exposures=(again,)), ShiftShareIV("y", "x"), AKM("x"))
    assert np.isfinite(two.std_errors[0])
    with pytest.raises(SpecificationError, match="one shock for each category"):
        rotemberg(two, "x")
