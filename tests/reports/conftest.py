"""Estimates with chosen coefficients, so that every number in a table is known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from spillover.estimation.result import Estimate
from spillover.inference.covariance import Covariance
from spillover.inference.independent import Heteroskedastic
from spillover.numerics.solution import Effects, Solution
from spillover.sample import Sample
from spillover.tables.panel import Panel

FIRMS, YEARS = 30, (2018, 2019, 2020)
Maker = Callable[..., Estimate]


def panel() -> Panel:
    """Thirty firms in three years; firm k lives in prefecture 1 + k mod 3."""
    rng = np.random.default_rng(7)
    rows = [
        {"firm_id": f"F{k:03d}", "year": year, "prefecture": f"{43 + k % 3}", "industry": "E"}
        for k in range(FIRMS)
        for year in YEARS
    ]
    frame = pd.DataFrame(rows)
    frame["log_tfp"] = rng.normal(size=len(frame)) + 1.0
    frame["backward"] = rng.uniform(size=len(frame))
    frame["foreign"] = (frame["firm_id"] < "F003").astype(float)
    return Panel.of(frame)


@pytest.fixture(scope="session")
def make() -> Maker:
    sample = Sample.of(panel()).where("foreign == 0", reason="foreign firms")

    def estimate(
        label: str = "Within firm",
        beta: dict[str, float] | None = None,
        errors: dict[str, float] | None = None,
        *,
        effects: tuple[str, ...] = ("firm_id", "industry^year"),
        outcome: str = "log_tfp",
        notes: tuple[str, ...] = (),
        warnings: tuple[str, ...] = (),
    ) -> Estimate:
        beta = beta or {"backward": 0.31, "log1p(degree)": -0.02}
        errors = errors or dict.fromkeys(beta, 0.03)
        k = len(beta)
        rows = np.arange(len(sample) - 4, dtype=np.int32)
        solution = Solution(
            names=tuple(beta),
            beta=np.array(list(beta.values())),
            psi=np.zeros((len(rows), k)),
            residuals=np.zeros(len(rows)),
            rows=rows,
            outcome=outcome,
            effects=Effects(effects, (), tuple(10 for _ in effects)),
            statistics={"r2": 0.91, "r2_within": 0.12},
            dropped=(("singleton firm_id", 4),),
            notes=notes,
        )
        matrix = np.diag([errors[name] ** 2 for name in beta])
        covariance = Covariance(matrix, "clustered by firm_id", 26.0, clusters=27)
        design = "chosen numbers"
        return Estimate(solution, covariance, sample, design, Heteroskedastic(), label, warnings)

    return estimate
