"""Networks of firms that are near in technology or in products."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

import numpy as np
from pydantic import Field
from scipy import sparse

from spillover.errors import unknown_name
from spillover.networks.network import Network
from spillover.networks.portfolio import PatentClasses, Portfolio, portfolio
from spillover.networks.standing import standing
from spillover.numerics.proximity import class_overlap, nearest, unit_rows
from spillover.specs import Spec
from spillover.tables.tables import Tables
from spillover.typing import FloatMatrix, FloatVector, IntVector

Measure = Literal["cosine", "covariance", "min_complement", "jensen_shannon", "mahalanobis"]


def proximity(of: Portfolio, measure: Measure, *, firms: IntVector | None = None) -> FloatMatrix:
    """Proximity of some firms to all, (m, N), for small questions and checks.

    Parameters
    ----------
    of : Portfolio
        What firms do.
    measure : str
        ``cosine`` (Jaffe), ``covariance``, ``min_complement``, ``jensen_shannon`` (one minus the
        divergence, base 2) or ``mahalanobis``, which counts related classes as well.
    firms : (m,), optional
        Positions of firms; all by default.

    Raises
    ------
    UnknownNameError
        There is no such measure.

    References
    ----------
    Jaffe (1986), AER 76; Bloom, Schankerman and Van Reenen (2013), Econometrica 81.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"firm_id": ["a", "a", "b"], "ipc": ["H01L", "G06F", "H01L"]})
    >>> proximity(Portfolio.of(rows, "ipc"), "cosine").round(3)
    array([[1.   , 0.707],
           [0.707, 1.   ]])
    """
    if measure not in get_args(Measure):
        raise unknown_name("measure", measure, get_args(Measure))
    shares = of.shares
    rows = np.arange(shares.shape[0]) if firms is None else np.asarray(firms)
    if measure in ("cosine", "covariance", "mahalanobis"):
        basis = shares if measure == "covariance" else unit_rows(shares)
        left = sparse.csr_array(basis[rows])
        if measure == "mahalanobis":
            return np.asarray((left @ class_overlap(shares)) @ basis.T)
        return np.asarray((left @ basis.T).toarray())
    dense, chosen = shares.toarray(), shares[rows].toarray()
    if measure == "min_complement":
        return np.stack([np.minimum(row, dense).sum(axis=1) for row in chosen])
    return np.stack([_overlap(row, dense) for row in chosen])


def _overlap(row: FloatVector, others: FloatMatrix) -> FloatVector:
    """One minus the Jensen-Shannon divergence; zero for firms without portfolio."""
    both = (row.sum() > 0) & (others.sum(axis=1) > 0)
    mixed = (row + others) / 2.0
    divergence = _entropy(mixed) - (_entropy(row[None, :]) + _entropy(others)) / 2.0
    return np.where(both, 1.0 - divergence, 0.0)


def _entropy(shares: FloatMatrix) -> FloatVector:
    safe = np.where(shares > 0, shares, 1.0)
    return np.asarray(-(shares * np.log2(safe)).sum(axis=1))


@dataclass(frozen=True, slots=True)
class TechnologicalProximity(Spec):
    """Firms linked to those that patent in the same classes, as near as the measure says.

    Each firm keeps its nearest ones and is kept by those whose nearest it is. For sums over all
    firms use :class:`~spillover.exposures.knowledge.KnowledgePool`, which needs no pairs.

    Examples
    --------
    >>> TechnologicalProximity(most=20).measure
    'cosine'
    """

    measure: Literal["cosine", "min_complement", "jensen_shannon"] = "cosine"
    """How near two portfolios are."""

    classes: PatentClasses = field(default_factory=PatentClasses)
    """Window and level of the portfolios."""

    most: Annotated[int, Field(ge=1)] = 50
    """Number of nearest firms that are kept; the share of proximity kept is in ``notes``."""

    type: Literal["TechnologicalProximity"] = field(
        default="TechnologicalProximity", kw_only=True, repr=False
    )

    def build(self, tables: Tables, name: str) -> Network:
        """The network of near firms, the same in every year."""
        found = portfolio(tables, self.classes)
        return near(tables, found, name, measure=self.measure, most=self.most)


def near(
    tables: Tables, of: Portfolio, name: str, *, measure: str = "cosine", most: int = 50
) -> Network:
    """A network of near portfolios, of patents, products or anything else.

    Parameters
    ----------
    tables : Tables
        Gives the firms and years of the network.
    of : Portfolio
        What firms do: ``Portfolio.of(sales_by_product, "product", "sales")``.
    name : str
        Name of the network.
    measure : str
        ``cosine``, ``min_complement`` or ``jensen_shannon``.
    most : int
        Number of nearest firms that are kept.
    """
    basis = unit_rows(of.shares) if measure == "cosine" else of.shares
    rule = {"cosine": "product", "min_complement": "min"}.get(measure, measure)
    pairs, kept, total = nearest(basis, rule, most)
    both = sparse.csr_array(pairs.maximum(pairs.T))
    share = kept.sum() / total.sum() if total.sum() else 1.0
    notes = [f"the nearest {most} firms hold {100 * share:.0f} % of proximity"]
    if of.empty.any():
        notes.append(f"{int(of.empty.sum()):,} firms are near nobody: they have no portfolio")
    return standing(tables, of.firms, both, name, notes)
