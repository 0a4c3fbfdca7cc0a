"""Level of tests when rows with similar shares have common errors: over shocks, and by rows."""

import numpy as np
import pandas as pd
import pytest

from spillover.designs.shift_share import ShiftShareIV
from spillover.estimation.estimate import estimate, infer
from spillover.exposures.expose import expose
from spillover.exposures.shares import Shares
from spillover.exposures.shift_share import ShiftShare
from spillover.exposures.shock import Shock
from spillover.inference.independent import Heteroskedastic
from spillover.inference.shift_share import AKM, AKM0
from spillover.inference.shock_level import ShockLevel
from spillover.sample import Sample
from spillover.tables.panel import Panel

pytestmark = pytest.mark.slow


def test_inference_over_shocks_holds_its_level_where_rows_are_not_independent() -> None:
    """600 economies of 300 units and 80 shocks, true effect zero, nominal level 5 %."""
    rng = np.random.default_rng(11)
    n, kinds, draws = 300, 80, 600
    share = rng.dirichlet(np.full(kinds, 0.08), n)
    units, names = [f"u{i:03d}" for i in range(n)], [f"k{j:02d}" for j in range(kinds)]
    table = pd.DataFrame(
        {"firm_id": np.repeat(units, kinds), "industry": names * n, "share": share.ravel()}
    )
    shares = Shares.of(table)
    years = np.array([2000], np.int32)
    methods = {
        "AKM": AKM("x"),
        "AKM0": AKM0("x"),
        "shocks": ShockLevel("x"),
        "rows": Heteroskedastic("HC1"),
    }
    rejected = dict.fromkeys(methods, 0)
    for _ in range(draws):
        g, common = rng.normal(size=(2, kinds, 1))
        x = expose(shares, Shock("g", shares.categories, years, g), ShiftShare(), "x")
        y = share @ common[:, 0] + 0.3 * rng.normal(size=n)
        frame = pd.DataFrame({"firm_id": units, "year": 2000, "y": y})
        fit = estimate(Sample.of(Panel.of(frame), exposures=(x,)), ShiftShareIV("y", "x"))
        for name, method in methods.items():
            rejected[name] += infer(fit, method).tidy()["p_value"]["x"] < 0.05
    level = {name: count / draws for name, count in rejected.items()}
    assert 0.03 <= level["AKM0"] <= 0.075
    assert level["AKM"] <= 0.11
    assert level["shocks"] <= 0.11
    assert level["rows"] > 0.2
