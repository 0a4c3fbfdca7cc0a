"""Balance of recentred exposures: position predicts, luck does not."""

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import SpecificationError, SpilloverError
from spillover.estimation.balance import Balance, exposure_balance
from spillover.estimation.estimate import estimate
from spillover.estimation.result import Estimate
from spillover.exposures.assignment import Assignment
from spillover.exposures.expose import expose
from spillover.exposures.lottery import Lottery
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.recenter import recenter
from spillover.exposures.shock import Shock
from spillover.inference.cluster import Cluster
from spillover.networks.build import assemble
from spillover.sample import Sample
from spillover.tables.panel import Panel

RULE = Assignment(within=(), own_status="random", draws=199)


def study(seed: int, by: str = "sum", lucky: float = 0.0, n: int = 120) -> Estimate:
    """Firms with many partners are large before any shock; luck matters only when asked for."""
    rng = np.random.default_rng(seed)
    pull = rng.dirichlet(np.full(n, 0.5))
    network = assemble(
        "w",
        [f"F{i:03d}" for i in range(n)],
        [2000],
        rng.choice(n, 5 * n, p=pull),
        rng.integers(0, n, 5 * n),
    )
    foreign = Shock("foreign", network.firms, network.years, 1.0 * (rng.random((n, 1)) < 0.3))
    spec = Neighbors(isolates="zero", lag=0, exclude="self", by=by)  # type: ignore[arg-type]
    x = expose(network, foreign, spec, name="x")
    luck = recenter(x, RULE)
    size = x.degree[:, 0] + lucky * luck.values[:, 0] + rng.normal(size=n)
    frame = pd.DataFrame({"firm_id": network.firms, "year": 2000, "size": size})
    frame = frame.assign(age=rng.normal(size=n), y=rng.normal(size=n))
    sample = Sample.of(Panel.of(frame), luck, exposures=[x])
    return estimate(sample, FixedEffects("y", ("x",)), Cluster("firm_id"))


def balanced(seed: int, by: str = "sum", lucky: float = 0.0) -> Balance:
    return exposure_balance(study(seed, by, lucky), "x", ["size", "age"])


def test_position_predicts_size_and_luck_does_not() -> None:
    found = balanced(1)
    line = found.table.set_index("covariate").loc["size"]
    assert line["exposure_p"] < 0.01
    assert line["expected_p"] < 0.01
    assert line["drawn_p"] > 0.05
    assert found.joint_p > 0.05
    assert found.rows == 120


def test_luck_that_predicts_is_found_out() -> None:
    found = balanced(1, lucky=3.0)
    assert found.table.set_index("covariate").loc["size", "drawn_p"] == 1 / 200
    assert found.joint_p == 1 / 200


@pytest.mark.parametrize("by", ["sum", "any"])
def test_draws_equal_exposures_built_again(by: str) -> None:
    """The joint statistic from a plain loop over the same draws has the same distribution."""
    fit = study(4, by)
    found = exposure_balance(fit, "x", ["size", "age"])
    kept = fit.sample.take(fit.solution.rows)
    C = np.column_stack([kept.column("size"), kept.column("age")])
    C = C - C.mean(axis=0)
    x = kept.exposures[0]
    lottery = Lottery.of(x, RULE, RULE.exchange)
    rng = np.random.default_rng(9)
    rows = [C.T @ x.values[:, 0]]
    for _ in range(400):
        shock = Shock("g", x.network.firms, x.network.years, lottery.draw(rng))
        rows.append(C.T @ expose(x.network, shock, x.spec).values[:, 0])
    around = np.array(rows) - np.mean(rows, axis=0)
    inverse = np.linalg.inv(around.T @ around)
    joint = [d @ inverse @ d for d in around]
    p = np.mean(np.array(joint) >= joint[0])
    assert found.joint_p == pytest.approx(p, abs=4 * np.sqrt(0.25 / 199 + 0.25 / 400))


@pytest.mark.slow
def test_the_joint_p_value_is_uniform_under_the_rule() -> None:
    p = np.array([balanced(seed).joint_p for seed in range(200)])
    assert abs(np.mean(p <= 0.1) - 0.1) < 0.065
    assert abs(p.mean() - 0.5) < 0.07


def test_the_share_of_design_and_still_rows_are_counted() -> None:
    fit = study(2)
    found = exposure_balance(fit, "x", ["size"])
    luck = fit.sample.measures[0]
    share = np.mean(luck.spread**2) / np.var(luck.exposure.values)
    assert found.design_share == pytest.approx(share)
    assert found.without == found.firms_without == int(np.sum(luck.spread == 0))


def test_rows_without_a_covariate_leave_and_a_control_is_no_covariate() -> None:
    fit = study(3)
    frame = fit.sample.panel.frame[["firm_id", "year", "y", "size", "age"]].copy()
    frame.loc[:9, "age"] = np.nan
    sample = Sample.of(Panel.of(frame), *fit.sample.measures, exposures=fit.sample.exposures)
    other = estimate(sample, fit.design, fit.vcov)
    assert exposure_balance(other, "x", ["age"]).rows == 110
    absorbed = estimate(fit.sample.where("size > 0"), FixedEffects("y", ("x", "age")))
    with pytest.raises(SpilloverError):
        exposure_balance(absorbed, "x", ["2 * age"])
    with pytest.raises(SpecificationError, match="at least one covariate"):
        exposure_balance(fit, "x", [])
    bare = Sample.of(Panel.of(frame.fillna(0.0)), exposures=fit.sample.exposures)
    plain = estimate(bare, fit.design)
    with pytest.raises(SpecificationError, match="rule"):
        exposure_balance(plain, "x", ["size"])
    assert exposure_balance(plain, "x", ["size"], RULE).draws == 199
