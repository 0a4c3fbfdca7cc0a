"""The verb simulate: an economy with its truth, from parameters and a seed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.simulation import tabulate
from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms, draw_firms
from spillover.simulation.observe import Listed, as_links, listed, values
from spillover.simulation.patents import draw_patents
from spillover.simulation.planted import effects, link_terms, plant_suppliers
from spillover.simulation.production import (
    Productivity,
    accounts,
    draw_noise,
    long,
    noise_with_customers,
    productivity,
)
from spillover.simulation.supply import Links, draw_links
from spillover.simulation.truth import Reach, Truth, reach
from spillover.tables.tables import Tables


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedEconomy:
    """Tables as a data provider would deliver them, with the truth behind them."""

    tables: Tables
    """``firms``, ``firm_years``, ``supply_links``, ``patents``, ``applicants``, ``ownership``."""

    truth: Truth
    """Planted effects, true exposures, true productivity, true links."""

    economy: Economy
    """Parameters."""

    seed: int | None = None
    """Seed, if it was a number."""


def simulate(economy: Economy, seed: int | np.random.Generator) -> SimulatedEconomy:
    """Tables and truth of an economy; the same seed gives the same tables.

    Parameters
    ----------
    economy : Economy
        Parameters, for example ``Economy()`` or ``KYUSHU``.
    seed : int or Generator
        Seed, or a generator that is advanced.

    Examples
    --------
    >>> from spillover.simulation.economy import Economy
    >>> world = simulate(Economy(firms=60, years=3), seed=1)
    >>> world.truth.effects["backward"]
    0.3
    """
    rng = np.random.default_rng(seed)
    firms = draw_firms(economy, rng)
    noise = draw_noise(economy, rng)
    years = draw_links(economy, firms, noise, rng)
    true = reach(economy, firms, years)
    terms = link_terms(economy, firms, years, true)
    noise = noise_with_customers(economy, noise, years, rng)
    made = productivity(economy, firms, true, noise, terms, rng)
    columns = accounts(economy, firms, made.log_tfp, rng)
    if economy.channels.cluster is not None:
        columns["plant_supplier"] = plant_suppliers(firms, years)[:, 1:]
    names = tabulate.name_all(firms)
    calendar = list(range(economy.first_year, economy.last_year + 1))
    seen = [
        listed(economy, firms, year, values(years[t + 1], columns["sales"], t), rng)
        for t, year in enumerate(calendar)
    ]
    patents = draw_patents(economy, firms, rng)
    frames = {
        "firms": tabulate.firms_table(economy, firms, names, rng),
        "firm_years": _surveyed(economy, long(economy, firms, names.ids, columns)),
        "supply_links": tabulate.links_table(calendar, seen, names),
        "patents": tabulate.patents_table(patents),
        "applicants": tabulate.applicants_table(economy, firms, names, patents, rng),
        "ownership": tabulate.ownership_table(economy, firms, names),
    }
    observed = reach(economy, firms, [as_links({}, len(firms)), *_links(seen, len(firms))])
    truth = Truth(
        economy.spillover,
        effects(economy),
        _panel(economy, firms, names.ids, made, (true, observed)),
        _true_links(economy, names.ids, years),
        economy.observation.planted(),
        names.ids[firms.plant] if firms.plant >= 0 else None,
    )
    declared = {"partner_cap": economy.observation.partner_cap, "weight_kind": "value"}
    known = seed if isinstance(seed, int) else None
    return SimulatedEconomy(Tables(frames, declared=declared), truth, economy, known)


def _surveyed(economy: Economy, frame: pd.DataFrame) -> pd.DataFrame:
    large = frame["employment"] >= economy.observation.min_employees
    return frame[large].reset_index(drop=True)


def _links(seen: list[Listed], n: int) -> list[Links]:
    return [as_links(found, n) for found in seen]


def _panel(
    economy: Economy,
    firms: Firms,
    ids: list[str],
    made: Productivity,
    reached: tuple[Reach, Reach],
) -> pd.DataFrame:
    """Productivity, its parts and exposures a year earlier, rows as in firm_years."""
    true, observed = reached
    seen = observed.backward[:, :-1].copy()
    seen[:, 0] = np.nan
    columns = {
        "log_tfp": made.log_tfp,
        "backward": true.backward[:, :-1],
        "backward_degree": true.sold_to[:, :-1],
        "forward": true.forward[:, :-1],
        "forward_degree": true.bought_from[:, :-1],
        "backward_observed": seen,
        "firm_effect": np.broadcast_to(made.firm[:, None], made.log_tfp.shape),
        "year_effect": made.year,
        "noise": made.noise,
        **{term.name: term.values for term in made.terms},
    }
    return long(economy, firms, ids, columns)


def _true_links(economy: Economy, ids: list[str], years: list[Links]) -> pd.DataFrame:
    rows = [
        (ids[i], ids[j], economy.first_year - 1 + t)
        for t, links in enumerate(years)
        for i, customers in enumerate(links)
        for j in sorted(customers)
    ]
    return pd.DataFrame(rows, columns=["supplier_id", "customer_id", "year"])
