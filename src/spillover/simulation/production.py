"""Productivity and accounts of firms: Cobb-Douglas with inputs chosen at least cost."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms
from spillover.simulation.places import INDUSTRIES
from spillover.simulation.planted import Term
from spillover.simulation.supply import Links
from spillover.simulation.truth import Reach
from spillover.typing import FloatMatrix, FloatVector

LEVEL = 1.25
"""Mean log productivity; with it firms of mean productivity sell a quarter more than they spend."""


@dataclass(frozen=True, slots=True, eq=False)
class Productivity:
    """Log productivity and its parts, firms by observed years."""

    log_tfp: FloatMatrix
    """(N, T) log productivity."""

    firm: FloatVector
    """(N,) firm effect, log points."""

    year: FloatMatrix
    """(N, T) industry-year effect, log points."""

    noise: FloatMatrix
    """(N, T) everything else, log points."""

    terms: tuple[Term, ...] = ()
    """What was planted beside the effects of every economy."""


def draw_noise(economy: Economy, rng: np.random.Generator) -> FloatMatrix:
    """(N, T + 1) autocorrelated noise with unit variance, from the year before the first one."""
    rho = economy.production.persistence
    fresh = rng.standard_normal((economy.firms, economy.years + 1))
    noise = np.empty_like(fresh)
    noise[:, 0] = fresh[:, 0]
    for t in range(1, economy.years + 1):
        noise[:, t] = rho * noise[:, t - 1] + np.sqrt(1.0 - rho**2) * fresh[:, t]
    return noise


def productivity(
    economy: Economy,
    firms: Firms,
    reached: Reach,
    noise: FloatMatrix,
    terms: tuple[Term, ...],
    rng: np.random.Generator,
) -> Productivity:
    """Log productivity of all firms in the observed years."""
    law = economy.production
    yearly = law.year_sd * rng.standard_normal((len(INDUSTRIES), economy.years))
    firm = law.firm_sd * firms.effect
    year = yearly[firms.industry]
    planted = (
        economy.spillover * np.nan_to_num(reached.backward)
        + law.forward * np.nan_to_num(reached.forward)
        + law.degree * np.log1p(np.nan_to_num(reached.sold_to))
    )
    log_tfp = LEVEL + firm[:, None] + year + planted[:, :-1] + noise
    for term in terms:
        log_tfp += term.effect * np.nan_to_num(term.values)
    return Productivity(log_tfp, firm, year, noise, terms)


def noise_with_customers(
    economy: Economy, noise: FloatMatrix, years: list[Links], rng: np.random.Generator
) -> FloatMatrix:
    """(N, T) noise in log points; a planted failure adds the mean shock of a firm's customers."""
    own = economy.production.noise_sd * noise[:, 1:]
    size = economy.observation.customer_noise
    if not size:
        return own
    shocks = size * rng.standard_normal(own.shape)
    total = own.copy()
    for t in range(economy.years):
        for i, customers in enumerate(years[t + 1]):
            if customers:
                total[i, t] += np.mean([shocks[j, t] for j in customers])
    return total


def accounts(
    economy: Economy, firms: Firms, log_tfp: FloatMatrix, rng: np.random.Generator
) -> dict[str, FloatMatrix]:
    """Columns of the firm-year table, each (N, T), in million yen of current prices.

    With total cost C, inputs are L = a C / w, K = b C / r and M = (1 - a - b) C, so that cost
    shares equal elasticities in every firm-year, and sales are exp(log_tfp) L^a K^b M^(1-a-b)
    times noise of ``output_sd``. A Solow residual with cost shares and the same user cost r
    returns ``log_tfp`` up to that noise and rounding.
    """
    law, shape = economy.production, log_tfp.shape
    wage = 5.0 * np.exp(0.15 * rng.standard_normal((len(firms), 1)) + 0.01 * np.arange(shape[1]))
    growth = np.cumsum(0.04 * rng.standard_normal(shape), axis=1)
    start = 0.5 * np.log(firms.size) + 0.3 * firms.effect + 0.4 * rng.standard_normal(len(firms))
    cost = 1500.0 * np.exp(start[:, None] + growth)
    labour = np.maximum(1.0, np.round(law.labour * cost / wage))
    capital = np.round(law.capital * cost / law.user_cost, 2)
    share = 1.0 - law.labour - law.capital
    materials = np.round(share * cost, 2)
    measured = log_tfp + law.output_sd * rng.standard_normal(shape)
    sales = np.round(
        np.exp(measured) * labour**law.labour * capital**law.capital * materials**share, 2
    )
    abroad = rng.uniform(0.0, 0.5, (len(firms), 1)) * (rng.random((len(firms), 1)) < 0.3)
    research = 0.03 * rng.lognormal(0.0, 0.8, (len(firms), 1)) * (rng.random((len(firms), 1)) < 0.5)
    return {
        "sales": sales,
        "exports": np.round(abroad * sales, 2),
        "value_added": np.round(sales - materials, 2),
        "materials": materials,
        "employment": labour,
        "capital": capital,
        "wages": np.round(law.labour * cost, 2),
        "rd_expenditure": np.round(np.minimum(research, 0.3) * sales, 2),
    }


def long(
    economy: Economy, firms: Firms, ids: list[str], columns: dict[str, FloatMatrix]
) -> pd.DataFrame:
    """Rows of living firms in the observed years, sorted by firm and year."""
    years = np.arange(economy.first_year, economy.last_year + 1)
    alive = np.column_stack([firms.alive(int(year)) for year in years])
    rows, at = np.nonzero(alive)
    keys = {"firm_id": np.array(ids, dtype=object)[rows], "year": years[at]}
    return pd.DataFrame(keys | {name: values[rows, at] for name, values in columns.items()})
