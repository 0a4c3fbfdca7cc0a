"""What a data provider sees of the true links: capped lists of partners, merged."""

from collections import defaultdict

import numpy as np

from spillover.simulation.economy import Economy
from spillover.simulation.firms import Firms
from spillover.simulation.supply import Links
from spillover.typing import FloatMatrix

Listed = dict[tuple[int, int], tuple[float, int, str]]
"""Value, rank and reporter of each listed link, keyed by supplier and customer."""


def values(links: Links, sales: FloatMatrix, t: int) -> dict[tuple[int, int], float]:
    """Sales along each link: four fifths of the supplier's sales, spread by strength."""
    spread: dict[tuple[int, int], float] = {}
    for i, customers in enumerate(links):
        total = sum(customers.values())
        for j, strength in customers.items():
            spread[i, j] = round(0.8 * float(sales[i, t]) * strength / total, 2)
    return spread


def listed(
    economy: Economy,
    firms: Firms,
    year: int,
    worth: dict[tuple[int, int], float],
    rng: np.random.Generator,
) -> Listed:
    """The links of one year that at least one side lists.

    Each side reports a link or keeps silent; of the links it reports, a firm lists the most
    valuable up to the cap. Ranks are places on the supplier's list, or on the customer's where
    only the customer lists the link.
    """
    seen = economy.observation
    foreign = firms.foreign(year)
    luck = dict(zip(worth, rng.random((len(worth), 3)), strict=True))
    told = {
        pair: value
        for pair, value in worth.items()
        if not foreign[pair[1]] or luck[pair][2] >= seen.hidden_foreign
    }
    sold = {pair: value for pair, value in told.items() if luck[pair][0] < seen.supplier_reports}
    bought = {pair: value for pair, value in told.items() if luck[pair][1] < seen.customer_reports}
    by_supplier = _list(sold, 0, seen.partner_cap)
    by_customer = _list(bought, 1, seen.partner_cap)
    return {
        pair: (value, *_entry(by_supplier.get(pair), by_customer.get(pair)))
        for pair, value in told.items()
        if pair in by_supplier or pair in by_customer
    }


def _list(worth: dict[tuple[int, int], float], side: int, cap: int) -> dict[tuple[int, int], int]:
    """Place of each link on the list of its supplier (side 0) or customer (side 1)."""
    lists: defaultdict[int, list[tuple[float, tuple[int, int]]]] = defaultdict(list)
    for pair, value in worth.items():
        lists[pair[side]].append((-value, pair))
    return {
        pair: place
        for partners in lists.values()
        for place, (_, pair) in enumerate(sorted(partners)[:cap], start=1)
    }


def _entry(sold: int | None, bought: int | None) -> tuple[int, str]:
    """Rank and reporter of a link that at least one side lists."""
    if sold is None:
        return bought or 0, "customer"
    return sold, "supplier" if bought is None else "both"


def as_links(found: Listed, n: int) -> Links:
    """Listed links in the form of true links."""
    links: Links = [{} for _ in range(n)]
    for (i, j), (value, _, _) in found.items():
        links[i][j] = value
    return links
