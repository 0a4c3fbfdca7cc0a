"""The verb simulate: an economy with its truth, from parameters and a seed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from spillover.simulation import tabulate
from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms, draw_firms
from spillover.simulation.observe import Listed, as_links, listed, values
from spillover.simulation.patents import Patent, draw_patents
from spillover.simulation.planted import Term, effects, link_terms, plant_suppliers
from spillover.simulation.production import (
    Drawn,
    Productivity,
    Unfolding,
    accounts,
    draw_noise,
    draw_production,
    long,
    noise_with_customers,
    productivity,
)
from spillover.simulation.research import Knowledge, nearness
from spillover.simulation.sectors import Presence, draw_flows, flows_table
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
    drawn = draw_production(economy, firms, rng)
    early = _early(economy, firms, drawn, rng)
    parts = (noise, (*terms, *early.terms), early.unfolding)
    made = productivity(economy, firms, true, drawn, parts)
    columns = accounts(economy, drawn, made.log_tfp)
    if economy.channels.cluster is not None:
        columns["plant_supplier"] = plant_suppliers(firms, years)[:, 1:]
    names = tabulate.name_all(economy, firms)
    calendar = list(range(economy.first_year, economy.last_year + 1))
    seen = [
        listed(economy, firms, year, values(years[t + 1], columns["sales"], t), rng)
        for t, year in enumerate(calendar)
    ]
    patents = draw_patents(economy, firms, rng) if early.patents is None else early.patents
    frames = {
        "firms": tabulate.firms_table(economy, firms, names, rng),
        "firm_years": _surveyed(economy, long(economy, firms, names.ids, columns)),
        "supply_links": tabulate.links_table(calendar, seen, names),
        "patents": tabulate.patents_table(patents),
        "applicants": tabulate.applicants_table(economy, firms, names, patents, rng),
        "ownership": tabulate.ownership_table(economy, firms, names),
        **early.frames,
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


@dataclass(frozen=True, slots=True, eq=False)
class _Early:
    """What must be drawn before productivity because productivity depends on it."""

    unfolding: tuple[Unfolding, ...]
    """Effects of what other firms do."""

    terms: tuple[Term, ...]
    """What is known before."""

    patents: list[Patent] | None
    """Patents, when knowledge travels between firms that patent alike."""

    frames: dict[str, pd.DataFrame]
    """Further tables."""


def _early(economy: Economy, firms: Firms, drawn: Drawn, rng: np.random.Generator) -> _Early:
    channels = economy.channels
    unfolding: list[Unfolding] = []
    terms: list[Term] = []
    frames: dict[str, pd.DataFrame] = {}
    patents = None
    if channels.sectors is not None:
        flows = draw_flows(economy, channels.sectors, rng.spawn(1)[0])
        frames["industry_flows"] = flows_table(economy, flows)
        unfolding.append(Presence(economy, channels.sectors, firms, flows))
    if channels.research is not None:
        patents = draw_patents(economy, firms, rng.spawn(1)[0])
        near = nearness(economy, channels.research, firms, patents)
        knowledge = Knowledge(economy, channels.research, firms, near)
        unfolding.append(knowledge)
        terms.append(knowledge.neighbourhood(drawn))
    return _Early(tuple(unfolding), tuple(terms), patents, frames)


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
