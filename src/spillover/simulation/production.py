"""Productivity and accounts of firms: Cobb-Douglas with inputs chosen at least cost."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms
from spillover.simulation.parameters import Production
from spillover.simulation.planted import Term
from spillover.simulation.supply import Links
from spillover.simulation.truth import Reach
from spillover.typing import FloatMatrix, FloatVector

LEVEL = 1.25
"""Mean log productivity; with it firms of mean productivity sell a quarter more than they spend."""


class Unfolding(Protocol):
    """Effects of what other firms sold in earlier years, which depends on such effects itself."""

    @property
    def effects(self) -> tuple[tuple[str, float], ...]:
        """Names of the terms with their effects."""
        ...

    def at(self, t: int, drawn: "Drawn", sales: FloatMatrix) -> tuple[FloatVector, ...]:
        """Values of each term in observed year t from sales of the years before."""
        ...


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


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Everything about production that is drawn and does not depend on productivity."""

    year: FloatMatrix
    """(N, T) industry-year effect, log points."""

    labour: FloatMatrix
    """(N, T) persons employed."""

    capital: FloatMatrix
    """(N, T) capital stock, million yen."""

    materials: FloatMatrix
    """(N, T) materials, million yen."""

    wages: FloatMatrix
    """(N, T) labour cost, million yen."""

    noise: FloatMatrix
    """(N, T) noise in measured output, standard deviations."""

    abroad: FloatMatrix
    """(N, 1) share of sales that is exported."""

    research: FloatMatrix
    """(N, 1) share of sales that is spent on R&D."""

    def sales(self, law: Production, log_tfp: FloatMatrix) -> FloatMatrix:
        """(N, T) sales, million yen."""
        share = 1.0 - law.labour - law.capital
        measured = log_tfp + law.output_sd * self.noise
        inputs = self.labour**law.labour * self.capital**law.capital * self.materials**share
        return np.round(np.exp(measured) * inputs, 2)

    def exports(self, sales: FloatMatrix) -> FloatMatrix:
        """(N, T) sales abroad."""
        return np.round(self.abroad * sales, 2)

    def rd_expenditure(self, sales: FloatMatrix) -> FloatMatrix:
        """(N, T) spending on R&D."""
        return np.round(np.minimum(self.research, 0.3) * sales, 2)


def draw_production(economy: Economy, firms: Firms, rng: np.random.Generator) -> Drawn:
    """Inputs at least cost, shocks and habits of all firms in the observed years.

    With total cost C, inputs are L = a C / w, K = b C / r and M = (1 - a - b) C, so that cost
    shares equal elasticities in every firm-year, and sales are exp(log_tfp) L^a K^b M^(1-a-b)
    times noise of ``output_sd``. A Solow residual with cost shares and the same user cost r
    returns ``log_tfp`` up to that noise and rounding.
    """
    law, n, shape = economy.production, len(firms), (len(firms), economy.years)
    yearly = law.year_sd * rng.standard_normal((len(economy.classification.codes), shape[1]))
    wage = 5.0 * np.exp(0.15 * rng.standard_normal((n, 1)) + 0.01 * np.arange(shape[1]))
    growth = np.cumsum(0.04 * rng.standard_normal(shape), axis=1)
    start = 0.5 * np.log(firms.size) + 0.3 * firms.effect + 0.4 * rng.standard_normal(n)
    cost = 1500.0 * np.exp(start[:, None] + growth)
    return Drawn(
        yearly[firms.industry],
        np.maximum(1.0, np.round(law.labour * cost / wage)),
        np.round(law.capital * cost / law.user_cost, 2),
        np.round((1.0 - law.labour - law.capital) * cost, 2),
        np.round(law.labour * cost, 2),
        rng.standard_normal(shape),
        rng.uniform(0.0, 0.5, (n, 1)) * (rng.random((n, 1)) < 0.3),
        0.03 * rng.lognormal(0.0, 0.8, (n, 1)) * (rng.random((n, 1)) < 0.5),
    )


def productivity(
    economy: Economy,
    firms: Firms,
    reached: Reach,
    drawn: Drawn,
    parts: tuple[FloatMatrix, tuple[Term, ...], tuple[Unfolding, ...]],
) -> Productivity:
    """Log productivity of all firms in the observed years.

    Parameters
    ----------
    economy : Economy
        Parameters.
    firms : Firms
        Firms.
    reached : Reach
        Shares of foreign partners.
    drawn : Drawn
        Inputs and shocks.
    parts : tuple
        Noise in log points, terms that are known before, and terms that unfold year by year.
    """
    noise, terms, unfolding = parts
    law = economy.production
    firm = law.firm_sd * firms.effect
    planted = (
        economy.spillover * np.nan_to_num(reached.backward)
        + law.forward * np.nan_to_num(reached.forward)
        + law.degree * np.log1p(np.nan_to_num(reached.sold_to))
    )
    log_tfp = LEVEL + firm[:, None] + drawn.year + planted[:, :-1] + noise
    for term in terms:
        log_tfp += term.effect * np.nan_to_num(term.values)
    more = [term for each in unfolding for term in _unfolded(economy, drawn, log_tfp, each)]
    return Productivity(log_tfp, firm, drawn.year, noise, (*terms, *more))


def _unfolded(
    economy: Economy, drawn: Drawn, log_tfp: FloatMatrix, each: Unfolding
) -> tuple[Term, ...]:
    """Terms that follow from the sales of earlier years; ``log_tfp`` grows with them in place."""
    shape = log_tfp.shape
    terms = tuple(Term(name, np.full(shape, np.nan), effect) for name, effect in each.effects)
    for t in range(shape[1]):
        sales = drawn.sales(economy.production, log_tfp)
        found = each.at(t, drawn, sales)
        for term, values in zip(terms, found, strict=True):
            term.values[:, t] = values
            log_tfp[:, t] += term.effect * np.nan_to_num(values)
    return terms


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


def accounts(economy: Economy, drawn: Drawn, log_tfp: FloatMatrix) -> dict[str, FloatMatrix]:
    """Columns of the firm-year table, each (N, T), in million yen of current prices."""
    sales = drawn.sales(economy.production, log_tfp)
    return {
        "sales": sales,
        "exports": drawn.exports(sales),
        "value_added": np.round(sales - drawn.materials, 2),
        "materials": drawn.materials,
        "employment": drawn.labour,
        "capital": drawn.capital,
        "wages": drawn.wages,
        "rd_expenditure": drawn.rd_expenditure(sales),
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
