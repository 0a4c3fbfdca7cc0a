"""Firms that choose inputs at known times: the economies on which proxy estimators are judged.

Labor is chosen at t - b, between two years, and capital a year ahead by a closed-form investment
rule; materials are in fixed proportion to planned output. The designs are those of Ackerberg,
Caves and Frazer (2015), section 5, with an optional exposure in the law of motion.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from spillover.specs import NonNegative, Spec
from spillover.typing import FloatMatrix, FloatVector

LABOUR, CAPITAL = 0.6, 0.4
PERSISTENCE, WAGE_PERSISTENCE = 0.7, 0.3
SPREAD = 0.3
SURVIVING = 0.8
DISCOUNT = 0.95
HORIZON = 100
SETTINGS = {"DGP1": (0.5, 0.1, 0.0), "DGP2": (0.0, 0.0, 0.37), "DGP3": (0.5, 0.1, 0.37)}
"""For each design: b, standard deviation of log wages, of the optimization error in labor."""


@dataclass(frozen=True, slots=True)
class TimingEconomy(Spec):
    """Firms with Cobb-Douglas technology, elasticities 0.6 and 0.4, and known timing.

    References
    ----------
    Ackerberg, Caves and Frazer (2015), section 5 and appendix.

    Examples
    --------
    >>> frame = TimingEconomy("DGP1", firms=5, years=3, burn_in=20).simulate(seed=1)
    >>> frame.columns.tolist()
    ['firm_id', 'year', 'y', 'l', 'k', 'm', 's', 'omega']
    """

    design: Literal["DGP1", "DGP2", "DGP3"] = "DGP1"
    """Which timing, wage variation and optimization error."""

    firms: Annotated[int, Field(ge=1)] = 1000
    """Number of firms."""

    years: Annotated[int, Field(ge=2)] = 10
    """Years that are kept."""

    burn_in: Annotated[int, Field(ge=0)] = 90
    """Years before, in which capital grows from nothing."""

    measurement_error: NonNegative = 0.0
    """Variance of the error in materials over the variance of materials within firms."""

    spillover: float = 0.0
    """Effect of the exposure a year earlier on productivity."""

    output_sd: NonNegative = 0.1
    """Standard deviation of the shock to output that nobody knows."""

    type: Literal["TimingEconomy"] = field(default="TimingEconomy", kw_only=True, repr=False)

    def simulate(self, seed: int) -> pd.DataFrame:
        """Logs of output ``y`` and inputs ``l``, ``k``, ``m``, exposure ``s``, true ``omega``."""
        rng = np.random.default_rng(seed)
        history = _histories(self, rng)
        kept = {name: values[:, self.burn_in :] for name, values in history.items()}
        noise = np.sqrt(self.measurement_error * kept["m"].var(axis=1, ddof=0).mean())
        kept["m"] = kept["m"] + noise * rng.standard_normal(kept["m"].shape)
        ids = np.array([f"F{i:06d}" for i in range(self.firms)], dtype=object)
        keys = {
            "firm_id": np.repeat(ids, self.years),
            "year": np.tile(np.arange(2001, 2001 + self.years), self.firms),
        }
        return pd.DataFrame(keys | {name: values.ravel() for name, values in kept.items()})


def _histories(economy: TimingEconomy, rng: np.random.Generator) -> dict[str, FloatMatrix]:
    """(N, T) histories of all variables, burn-in included."""
    b, wage_sd, error_sd = SETTINGS[economy.design]
    n, periods = economy.firms, economy.burn_in + economy.years
    rho, early_sd, late_sd = PERSISTENCE, *_news(b)
    adjust = np.exp(0.6 * rng.standard_normal(n))
    omega = SPREAD * rng.standard_normal(n)
    wage = wage_sd * rng.standard_normal(n)
    mean = 0.5 * rng.standard_normal(n)
    exposure = mean + rng.standard_normal(n)
    log_capital = np.full(n, -100.0)
    out = {name: np.empty((n, periods)) for name in ("y", "l", "k", "m", "s", "omega")}
    for t in range(periods):
        early = rho ** (1 - b) * omega + economy.spillover * exposure / rho**b
        early += early_sd * rng.standard_normal(n)
        omega = rho**b * early + late_sd * rng.standard_normal(n)
        wage = WAGE_PERSISTENCE * wage
        wage += wage_sd * np.sqrt(1 - WAGE_PERSISTENCE**2) * rng.standard_normal(n)
        exposure = 0.2 * mean + 0.8 * exposure + 0.6 * rng.standard_normal(n)
        expected = rho**b * early + 0.5 * late_sd**2
        planned = (expected + np.log(LABOUR) - wage + CAPITAL * log_capital) / (1 - LABOUR)
        labour = planned + error_sd * rng.standard_normal(n)
        shock = economy.output_sd * rng.standard_normal(n)
        out["y"][:, t] = LABOUR * labour + CAPITAL * log_capital + omega + shock
        out["l"][:, t], out["k"][:, t] = labour, log_capital
        out["m"][:, t] = LABOUR * planned + CAPITAL * log_capital + omega
        out["s"][:, t], out["omega"][:, t] = exposure, omega
        invested = adjust * _investment(omega, wage, (b, wage_sd, error_sd))
        log_capital = np.log(SURVIVING * np.exp(log_capital) + invested)
    return out


def _news(b: float) -> tuple[float, float]:
    """Standard deviations of the news before and after labor is chosen."""
    early = (1 - PERSISTENCE ** (2 * (1 - b))) * SPREAD**2
    late = (1 - PERSISTENCE ** (2 * b)) * SPREAD**2
    return float(np.sqrt(early)), float(np.sqrt(late))


def _investment(
    omega: FloatVector, wage: FloatVector, setting: tuple[float, float, float]
) -> FloatVector:
    """(N,) investment at unit adjustment cost: expected discounted marginal profits."""
    b, wage_sd, error_sd = setting
    rho, rho_w, capital = PERSISTENCE, WAGE_PERSISTENCE, CAPITAL
    early_sd, late_sd = _news(b)
    news = (1 - rho**2) * SPREAD**2
    wage_news = (1 - rho_w**2) * wage_sd**2
    total = np.zeros_like(omega)
    for h in range(HORIZON):
        past = np.arange(h + 1)
        wage_risk = 0.5 * (LABOUR / capital) ** 2 * wage_news * np.sum(rho_w ** (2 * past))
        later = early_sd**2 * rho ** (2 * h) + news * np.sum(rho ** (2 * past[:-1]))
        risk = wage_risk + 0.5 / capital**2 * rho ** (2 * b) * later
        known = (rho ** (h + 1) * omega - LABOUR * rho_w ** (h + 1) * wage) / capital
        total += (DISCOUNT * SURVIVING) ** h * np.exp(known + risk)
    profit = LABOUR ** (LABOUR / capital) * np.exp(0.5 * LABOUR**2 * error_sd**2)
    profit -= LABOUR ** (1 / capital) * np.exp(0.5 * error_sd**2)
    return np.asarray(DISCOUNT * profit * np.exp(0.5 * late_sd**2 / capital) * total)
