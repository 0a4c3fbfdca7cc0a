"""Estimates on random panels beside pyfixest: coefficients, errors, p-values."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.instruments import InstrumentalVariables
from spillover.designs.poisson import PoissonFixedEffects
from spillover.estimation.estimate import estimate, infer
from spillover.inference.cluster import Cluster
from spillover.inference.independent import Heteroskedastic, Homoskedastic
from spillover.sample import Sample
from spillover.tables.panel import Panel

TWO_WAYS = replace(Cluster("firm_id") | Cluster("year"), repair="none")
VCOVS: tuple[tuple[Any, Any], ...] = (
    (Homoskedastic(), "iid"),
    (Heteroskedastic("HC1"), "HC1"),
    (Cluster("firm_id"), {"CRV1": "firm_id"}),
    (Cluster("region"), {"CRV1": "region"}),
    (TWO_WAYS, {"CRV1": "firm_id+year"}),
)
EFFECTS = ("", " | firm_id", " | firm_id + year", " | region + year", " | industry^year + firm_id")


def panel(seed: int) -> pd.DataFrame:
    """Firm-years with gaps; errors spread with x; counts that are positive in most rows."""
    rng = np.random.default_rng(seed)
    firms, years = int(rng.integers(25, 50)), int(rng.integers(7, 12))
    frame = pd.DataFrame(
        {"firm_id": np.repeat(np.arange(firms), years), "year": np.tile(np.arange(years), firms)}
    )
    frame = frame[rng.random(len(frame)) > 0.2].reset_index(drop=True)
    n, firm = len(frame), frame["firm_id"]
    x, z, q = rng.normal(size=(3, n))
    d = z + 0.5 * q + rng.normal(size=n)
    return frame.assign(
        firm_id=firm.astype(str),
        year=2000 + frame["year"],
        region="r" + (firm % 7).astype(str),
        industry="i" + pd.Series(rng.integers(0, 4, n)).astype(str),
        x=x + firm / 20,
        z=z,
        q=q,
        d=d,
        w=rng.uniform(0.3, 3, n),
        y=0.4 * x + d + np.sin(firm) + rng.normal(size=n) * (1 + np.abs(x)),
        count=rng.poisson(np.exp(1.5 + 0.2 * x + 0.1 * d)).astype(float),
    )


def gap(ours: Any, theirs: Any) -> float:
    """Greatest relative difference of coefficients and of standard errors."""
    table = ours.tidy()
    pairs = (
        (table.estimate[name], theirs.coef()[name], table.std_error[name], theirs.se()[name])
        for name in ("x", "d")
    )
    return max(max(abs(a / b - 1), abs(c / e - 1)) for a, b, c, e in pairs)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@settings(max_examples=5)
@given(
    seed=st.integers(0, 10_000),
    effects=st.sampled_from(EFFECTS),
    weights=st.sampled_from([None, "w"]),
)
def test_linear_estimates_equal_those_of_pyfixest_under_every_covariance(
    seed: int, effects: str, weights: str | None
) -> None:
    pyfixest = pytest.importorskip("pyfixest")
    frame = panel(seed)
    sample = Sample.of(Panel.of(frame))
    options = {"data": frame, "weights": weights, "fixef_rm": "singleton", "fixef_tol": 1e-12}
    for design, formula in (
        (FixedEffects.formula("y ~ x + d" + effects, weights=weights), "y ~ x + d" + effects),
        (
            InstrumentalVariables.formula(f"y ~ x{effects} | d ~ z + q", weights=weights),
            f"y ~ x{effects} | d ~ z + q",
        ),
    ):
        ours = estimate(sample, design)
        for vcov, theirs in VCOVS:
            peer = pyfixest.feols(formula, vcov=theirs, **options)
            met = infer(ours, vcov)
            assert gap(met, peer) < 1e-9
            assert met.tidy().p_value["x"] == pytest.approx(peer.pvalue()["x"], abs=1e-9)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@settings(max_examples=3)
@given(seed=st.integers(0, 10_000), effects=st.sampled_from(EFFECTS[1:4]))
def test_poisson_estimates_equal_those_of_pyfixest_under_every_covariance(
    seed: int, effects: str
) -> None:
    pyfixest = pytest.importorskip("pyfixest")
    frame = panel(seed)
    ours = estimate(
        Sample.of(Panel.of(frame)), PoissonFixedEffects.formula("count ~ x + d" + effects)
    )
    for vcov, theirs in VCOVS:
        peer = pyfixest.fepois(
            "count ~ x + d" + effects,
            data=frame,
            vcov=theirs,
            fixef_rm="singleton",
            iwls_tol=1e-12,
            fixef_tol=1e-12,
        )
        assert gap(infer(ours, vcov), peer) < 1e-8
