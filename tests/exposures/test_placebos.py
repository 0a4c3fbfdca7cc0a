"""Placebo exposures against loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import IdentificationError, SpecificationError
from spillover.exposures.expose import expose
from spillover.exposures.exposure import Exposure
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.placebos import domestic, future
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble

YEARS = [2000, 2001, 2002, 2003]
RULE = Neighbors(isolates="zero", by="sum", lag=0, exclude="self")


def exposure(seed: int, n: int = 8) -> Exposure:
    rng = np.random.default_rng(seed)
    m = 25
    start = rng.integers(2000, 2004, m)
    network = assemble(
        "w",
        [f"F{i}" for i in range(n)],
        YEARS,
        rng.integers(0, n, m),
        rng.integers(0, n, m),
        rng.integers(1, 4, m).astype(float),
        start=start,
        end=np.minimum(start + rng.integers(0, 3, m), 2003),
    )
    foreign = rng.choice([0.0, 1.0], (n, 4))
    return expose(network, Shock("foreign", network.firms, network.years, foreign), RULE, "x")


@given(st.integers(0, 5000), st.integers(1, 3))
def test_future_partners_count_in_the_years_before_the_first_link(seed: int, ahead: int) -> None:
    x = exposure(seed)
    found = future(x, ahead)
    matrices = [x.network.at(year).toarray() for year in YEARS]
    for i in range(8):
        for t in range(4):
            expected = 0.0
            for j in range(8):
                years = [s for s in range(4) if matrices[s][i, j] > 0]
                if years and years[0] > 0 and t < years[0] <= t + ahead:
                    expected += matrices[years[0]][i, j] * x.shock.values[j, t]
            assert found.values[i, t] == pytest.approx(expected)
    assert found.name == "x"


@given(st.integers(0, 5000))
def test_domestic_firms_between_two_quantiles_of_size(seed: int) -> None:
    x = exposure(seed)
    rng = np.random.default_rng(seed)
    size = Shock("sales", x.network.firms, x.network.years, rng.lognormal(size=(8, 4)))
    found = domestic(x, size, 0.0, 0.5)
    for t, year in enumerate(YEARS):
        w = x.network.at(year).toarray()
        middle = np.quantile(size.values[:, t], 0.5)
        for i in range(8):
            expected = sum(
                w[i, j]
                for j in range(8)
                if size.values[j, t] <= middle and x.shock.values[j, t] == 0
            )
            assert found.values[i, t] == pytest.approx(expected)


def test_what_has_no_placebo_is_refused() -> None:
    x = exposure(1)
    with pytest.raises(SpecificationError, match="size of firms"):
        domestic(x, None, 0.0, 0.5)
    ones = Shock("ones", x.network.firms, x.network.years, np.ones((8, 4)))
    with pytest.raises(SpecificationError, match="zero for domestic"):
        domestic(expose(x.network, ones, RULE), ones, 0.0, 0.5)
    still = assemble("w", list("ab"), [2000], [0], [1])
    shock = Shock("f", still.firms, still.years, np.zeros((2, 1)))
    with pytest.raises(IdentificationError, match="begin after 2000"):
        future(expose(still, shock, RULE), 1)
