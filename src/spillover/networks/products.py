"""Firms that sell the same products: rivals, or partners who know the same customers."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from spillover.errors import DataError, first_cases
from spillover.networks.network import Network
from spillover.networks.portfolio import Portfolio, within_window
from spillover.networks.proximity import near
from spillover.specs import Spec
from spillover.tables.tables import Tables


@dataclass(frozen=True, slots=True)
class ProductMarketProximity(Spec):
    """Firms linked to those that sell the same products, as near as the measure says.

    Sales by product are added over a window that should end before the sample begins: what a firm
    sells later answers to what its partners do. Beside
    :class:`~spillover.networks.proximity.TechnologicalProximity` it separates learning from
    business stealing.

    References
    ----------
    Bloom, Schankerman and Van Reenen (2013), section 3.

    Examples
    --------
    >>> ProductMarketProximity(last=2010).measure
    'cosine'
    """

    measure: Literal["cosine", "min_complement", "jensen_shannon"] = "cosine"
    """How near two portfolios are."""

    first: int | None = None
    """First year of the window; the first one that there is by default."""

    last: int | None = None
    """Last year of the window; the last one that there is by default."""

    most: Annotated[int, Field(ge=1)] = 50
    """Number of nearest firms that are kept; the share of proximity kept is in ``notes``."""

    type: Literal["ProductMarketProximity"] = field(
        default="ProductMarketProximity", kw_only=True, repr=False
    )

    def build(self, tables: Tables, name: str) -> Network:
        """The network of near firms, the same in every year."""
        found = product_portfolio(tables, self.first, self.last)
        return near(tables, found, name, measure=self.measure, most=self.most)


def product_portfolio(
    tables: Tables, first: int | None = None, last: int | None = None
) -> Portfolio:
    """Sales of all firms by product, added over a window of years.

    Parameters
    ----------
    tables : Tables
        ``product_sales`` with firm_id, year, product and sales.
    first, last : int, optional
        Ends of the window; all years without them.

    Raises
    ------
    DataError
        No firm sold anything in the window.
    """
    rows = tables["product_sales"]
    sold = rows[within_window(rows["year"], first, last) & (rows["sales"] > 0).to_numpy(dtype=bool)]
    if sold.empty:
        raise DataError(
            "Expected sales by product in the window.",
            f"Found none among {len(rows):,} rows (years {first_cases(np.unique(rows['year']))}).",
            "Check the window and the column sales.",
        )
    firms = tables.firms["firm_id"].to_numpy(dtype=object) if "firms" in tables else None
    return Portfolio.of(sold, "product", "sales", firms=firms)
