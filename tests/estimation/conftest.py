"""A small panel and a design written out, so that estimation is tested without absorption."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from spillover.numerics.solution import Effects, Linear, Solution
from spillover.sample import Sample
from spillover.tables.panel import Panel


@dataclass(frozen=True)
class PlainLeastSquares:
    """Least squares with a dummy for every firm but one written out."""

    regressors: tuple[str, ...] = ("x1", "log1p(x2)")

    def solve(self, sample: Sample) -> Solution:
        known, dropped = sample.complete(["y", *self.regressors])
        rows = np.flatnonzero(known)
        firms, levels = sample.take(rows).codes("firm_id")
        D = np.eye(levels)[firms]
        raw = np.column_stack([sample.column(text)[rows] for text in ("y", *self.regressors)])
        swept = raw - D @ np.linalg.lstsq(D, raw, rcond=None)[0]
        y, X = swept[:, 0], swept[:, 1:]
        bread = np.linalg.inv(X.T @ X)
        beta = bread @ X.T @ y
        e = y - X @ beta
        return Solution(
            names=self.regressors,
            beta=beta,
            psi=X * e[:, None] @ bread,
            residuals=e,
            rows=rows,
            outcome="y",
            effects=Effects(("firm_id",), (firms,), (levels,)),
            linear=Linear(y, X, None, None, bread),
            statistics={"r2_within": 1 - e @ e / (y @ y)},
            dropped=dropped,
            notes=("a note with <b>markup</b>",),
        )


@pytest.fixture
def sample() -> Sample:
    rng = np.random.default_rng(5)
    firms, years = 30, 6
    n = firms * years
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i:02d}" for i in range(firms)], years),
            "year": np.tile(np.arange(2001, 2001 + years), firms),
            "x1": rng.normal(size=n),
            "x2": rng.uniform(0, 3, n),
            "region": np.repeat(rng.integers(0, 12, firms), years),
            "four": np.repeat(np.arange(firms) % 4, years),
        }
    )
    shock = np.repeat(rng.normal(size=firms), years) + rng.normal(size=n)
    frame["y"] = 1 + 0.5 * frame["x1"] - np.log1p(frame["x2"]) + shock
    frame.loc[7, "y"] = np.nan
    return Sample.of(Panel.of(frame)).where("year >= 2002")


@pytest.fixture
def design() -> PlainLeastSquares:
    return PlainLeastSquares()
