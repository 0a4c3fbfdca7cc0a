"""The reach of distance, found by fit."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import IdentificationError, SpecificationError
from spillover.estimation.profile import profile
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.connect import connect
from spillover.networks.geography import GeographicProximity
from spillover.sample import Sample
from spillover.tables.panel import Panel
from spillover.tables.tables import Tables

DESIGN = FixedEffects(outcome="y", regressors=("x",))
GRID = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]


@cache
def town(effect: float, seed: int = 1) -> tuple[Tables, np.ndarray, np.ndarray]:
    """Firms on a plane of 100 km, what they carry, and an outcome that fades over 10 km."""
    rng = np.random.default_rng(seed)
    n = 150
    ids = [f"F{i:03d}" for i in range(n)]
    firms = pd.DataFrame({"firm_id": ids, "latitude": rng.uniform(33, 33.9, n),
                          "longitude": rng.uniform(130, 130.9, n)})  # fmt: skip
    years = pd.DataFrame({"firm_id": ids, "year": 2020})
    g = rng.gamma(1.0, 1.0, n)
    tables = Tables({"firms": firms, "firm_years": years})
    fade = GeographicProximity(radius=300, kernel="exponential", scale=10.0)
    truth = connect(tables, fade).at(2020) @ g
    return tables, g, effect * truth + 0.3 * rng.normal(size=n)


def sample_at(scale: float, effect: float = 1.0, isolates: str = "zero") -> Sample:
    tables, g, y = town(effect)
    spec = GeographicProximity(radius=300, kernel="exponential", scale=scale)
    if isolates == "missing":
        spec = GeographicProximity(radius=scale)
    network = connect(tables, spec, name="near")
    shock = Shock("g", network.firms, network.years, g[:, None])
    by = "sum" if isolates == "zero" else "mean"
    rule = Neighbors(isolates=isolates, by=by, lag=0, exclude="self")
    panel = Panel.of(tables["firm_years"].assign(y=y))
    return Sample.of(panel, exposures=[expose(network, shock, rule, name="x")])


def test_the_true_reach_fits_best_and_the_interval_holds_it() -> None:
    found = profile(sample_at, GRID, DESIGN)
    assert found.best == 10.0
    assert 10.0 in found.interval
    assert 100.0 not in found.interval
    assert found.estimate.beta[found.estimate.names.index("x")] == pytest.approx(1.0, abs=0.15)
    assert found.frame()["fit"].idxmin() == GRID.index(10.0)
    assert found.notes == ()


def test_without_an_effect_every_reach_fits() -> None:
    found = profile(lambda scale: sample_at(scale, effect=0.0), GRID, DESIGN)
    assert "no effect" in " ".join(found.notes)
    assert found.interval.intervals == ((1.0, 100.0),)


def test_short_grids_and_changing_rows_are_refused() -> None:
    with pytest.raises(SpecificationError, match="three values"):
        profile(sample_at, [1.0, 2.0], DESIGN)
    with pytest.raises(IdentificationError, match="same rows"):
        profile(lambda scale: sample_at(scale, isolates="missing"), [3.0, 5.0, 30.0], DESIGN)
