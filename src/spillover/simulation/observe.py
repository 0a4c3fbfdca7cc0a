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

    Each firm lists its most valuable partners up to the cap; ranks are places on the supplier's
    list, or on the customer's where only the customer lists the link.
    """
    seen = economy.observation
    by_supplier = _ranks(worth, side=0)
    by_customer = _ranks(worth, side=1)
    foreign = firms.foreign(year)
    luck = rng.random((len(worth), 3))
    found: Listed = {}
    for (pair, value), (first, second, third) in zip(worth.items(), luck, strict=True):
        if foreign[pair[1]] and third < seen.hidden_foreign:
            continue
        sold = by_supplier[pair] <= seen.partner_cap and first < seen.supplier_reports
        bought = by_customer[pair] <= seen.partner_cap and second < seen.customer_reports
        if sold or bought:
            reporter = "both" if sold and bought else "supplier" if sold else "customer"
            found[pair] = (value, by_supplier[pair] if sold else by_customer[pair], reporter)
    return found


def _ranks(worth: dict[tuple[int, int], float], side: int) -> dict[tuple[int, int], int]:
    """Place of each link among the links of its supplier (side 0) or customer (side 1)."""
    lists: defaultdict[int, list[tuple[float, tuple[int, int]]]] = defaultdict(list)
    for pair, value in worth.items():
        lists[pair[side]].append((-value, pair))
    return {
        pair: place
        for partners in lists.values()
        for place, (_, pair) in enumerate(sorted(partners), start=1)
    }


def as_links(found: Listed, n: int) -> Links:
    """Listed links in the form of true links."""
    links: Links = [{} for _ in range(n)]
    for (i, j), (value, _, _) in found.items():
        links[i][j] = value
    return links
