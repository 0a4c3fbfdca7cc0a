"""first_links: the year in which a firm first has a foreign partner, with every rule stated."""

from dataclasses import dataclass, field, fields
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from scipy import sparse

from spillover.errors import SpecificationError
from spillover.exposures.partners import Rules, check_rules, partners
from spillover.exposures.shock import Shock
from spillover.networks.network import Network
from spillover.numerics.csr import keep, lookup, row_sums, rows_of, support
from spillover.specs import Count, Share, Spec
from spillover.tables.panel import Panel
from spillover.typing import BoolMatrix, BoolVector, FloatMatrix, FloatVector, IntVector

EVENTS = ("none", "new link", "partner became foreign", "link grew")
"""What happened in the year of the first qualifying link, by code."""


@dataclass(frozen=True, slots=True)
class FirstLink(Spec):
    """Which link begins a treatment, and which firms can be compared.

    Examples
    --------
    >>> FirstLink().censored
    2
    """

    threshold: Annotated[float, Field(gt=0)] = 0.5
    """Foreign share, or flag, from which a partner counts."""

    exclude: Literal["group", "self"] = "group"
    """Whether partners of the own business group are left out."""

    least_value: Annotated[float, Field(ge=0)] = 0.0
    """Least weight of a link: first trial orders are no treatment."""

    least_share: Share = 0.0
    """Least share of a link in the weight of all partners of the firm and year."""

    event: Literal["any", "new link", "partner became foreign"] = "any"
    """Firms that begin in another way are excluded: a partner that is bought selects others than a
    new link does."""

    censored: Count = 2
    """Firms linked in that many first years of the network are excluded: their beginning is
    unknown."""

    before: Count = 2
    """Least number of years in which a firm is observed before its first link."""

    never: Count = 3
    """Least number of years in which a firm without a link is observed."""

    unknown: Literal["exclude", "domestic"] = "exclude"
    """Firms with a partner of unknown status before their first link are excluded, or such
    partners count as domestic."""

    tier: Annotated[int, Field(ge=0, le=4)] = 1
    """Firms without a link up to this distance from a treated firm are flagged as exposed."""

    type: Literal["FirstLink"] = field(default="FirstLink", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class FirstLinks:
    """Years of first links of firms, as a carrier that brings columns to a sample."""

    name: str
    """Name of the column with the year of the first link."""

    network: Network
    """Links."""

    rule: FirstLink
    """The rules."""

    first: FloatVector
    """(N,) year of the first link; 0 for firms that never have one, NaN for excluded firms."""

    event: IntVector
    """(N,) position in ``EVENTS`` of what began, for every firm with a first link."""

    partner: IntVector
    """(N,) position in ``network.firms`` of the heaviest partner of that year; -1 for none."""

    exposed: BoolVector
    """(N,) firms without a link that stand near a treated one."""

    linked: BoolMatrix
    """(N, T) years with a qualifying link, on and off: for treatments that end."""

    value: FloatMatrix
    """(N, T) weight of links with qualifying partners; NaN where weights say only that links
    exist."""

    count: FloatMatrix
    """(N, T) number of qualifying partners."""

    others: FloatMatrix
    """(N, T) number of other partners."""

    losses: tuple[tuple[str, int], ...]
    """Excluded firms by reason."""

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def columns(self, panel: Panel) -> dict[str, FloatVector]:
        """Year, event and exposure of firms; value and number of partners of firm-years.

        Parameters
        ----------
        panel : Panel
            Rows to which the columns are brought.
        """
        place = self.network.codes(panel.units)[panel.codes]
        firms = {"": self.first, "_event": self.event, "_exposed": self.exposed}
        named = {
            f"{self.name}{end}": np.where(place >= 0, part.astype(np.float64)[place], np.nan)
            for end, part in firms.items()
        }
        dated = {"value": self.value, "partners": self.count, "others": self.others}
        on_rows = self.network.on_rows(
            panel, {f"{self.name}_{end}": part for end, part in dated.items()}
        )
        return named | on_rows


def first_links(
    network: Network, foreign: Shock, rule: FirstLink | None = None, name: str = "first_link"
) -> FirstLinks:
    """The first year in which each firm has a qualifying partner, from its links.

    Treatment is absorbing: the first link defines it, whatever comes later.

    Parameters
    ----------
    network : Network
        For example ``supply.customers()``; bridge gaps with ``SupplyLinks(allowed_gap=1)``.
    foreign : Shock
        Foreign flag or share of firms.
    rule : FirstLink, optional
        The rules.
    name : str
        Name of the column.

    Raises
    ------
    SpecificationError
        No firm has a first link under the rules, or groups are unknown.

    References
    ----------
    Alfaro-Urena, Manelici and Vasquez (2022), Quarterly Journal of Economics 137.
    """
    how = FirstLink() if rule is None else rule
    rules = Rules(apart=how.exclude == "group")
    check_rules(network, rules)
    status = foreign.on(network)
    flags, unknown = np.nan_to_num(status) >= how.threshold, np.isnan(status)
    matrices = [partners(network, int(year), rules) for year in network.years]
    kept = [_qualifying(m, flags[:, t], how) for t, m in enumerate(matrices)]
    count = np.column_stack([np.diff(m.indptr) for m in kept]).astype(np.float64)
    total = np.column_stack([np.diff(m.indptr) for m in matrices]).astype(np.float64)
    linked = count > 0
    begins = np.where(linked.any(axis=1), linked.argmax(axis=1), -1)
    event, partner = _beginnings(begins, kept, matrices, flags)
    unsure = _unsure(matrices, unknown, begins, how)
    reasons = _reasons(begins, event, network.present, how, unsure)
    out = np.any([mask for _, mask in reasons], axis=0)
    first = np.where(begins >= 0, network.years[begins], 0).astype(np.float64)
    first[out] = np.nan
    if not np.any(first > 0):
        raise SpecificationError(
            "Expected firms whose first link is seen to begin.",
            f"Found none of {len(first):,}.",
            "Relax the rules, or use a longer network.",
        )
    near = _near(matrices, begins >= 0, how.tier)
    weighed = any(np.any(m.data != 1.0) for m in matrices)
    value = (
        np.column_stack([row_sums(m) for m in kept]) if weighed else np.full(count.shape, np.nan)
    )
    losses = tuple((said, int(mask.sum())) for said, mask in reasons if mask.any())
    exposed = near & (first == 0)
    return FirstLinks(
        name,
        network,
        how,
        first,
        event,
        partner,
        exposed,
        linked,
        value,
        count,
        total - count,
        losses,
    )


def _qualifying(matrix: sparse.csr_array, marked: BoolVector, how: FirstLink) -> sparse.csr_array:
    """Links with the marked partners that are heavy enough."""
    share = matrix.data / row_sums(matrix)[rows_of(matrix)]
    heavy = (matrix.data >= how.least_value) & (share >= how.least_share)
    return keep(matrix, marked[matrix.indices] & heavy)


def _unsure(
    matrices: list[sparse.csr_array], unknown: BoolMatrix, begins: IntVector, how: FirstLink
) -> BoolVector:
    """Firms with a link before their first one that may have been it."""
    found = np.zeros(len(begins), dtype=bool)
    if how.unknown == "exclude":
        for t, matrix in enumerate(matrices):
            before = (begins < 0) | (t < begins)
            found |= before & (np.diff(_qualifying(matrix, unknown[:, t], how).indptr) > 0)
    return found


def _beginnings(
    begins: IntVector,
    kept: list[sparse.csr_array],
    matrices: list[sparse.csr_array],
    flags: BoolMatrix,
) -> tuple[IntVector, IntVector]:
    """What began with the first link of each firm, and with whom."""
    event = np.zeros(len(begins), dtype=np.int32)
    partner = np.full(len(begins), -1, dtype=np.int32)
    for t, matrix in enumerate(kept):
        rows = rows_of(matrix)
        entries = np.flatnonzero(begins[rows] == t)
        row, column, weight = rows[entries], matrix.indices[entries], matrix.data[entries]
        kind = np.ones(len(entries), dtype=np.int32)
        if t:
            old = lookup(matrices[t - 1], row, column) > 0
            kind = np.where(old, np.where(flags[column, t - 1], 3, 2), 1).astype(np.int32)
        order = np.lexsort((column, -weight, kind, row))
        firm, at = np.unique(row[order], return_index=True)
        event[firm] = kind[order][at]
        partner[firm] = column[np.lexsort((column, -weight, row))][at]
    return event, partner


def _reasons(
    begins: IntVector, event: IntVector, present: BoolMatrix, how: FirstLink, unsure: BoolVector
) -> list[tuple[str, BoolVector]]:
    """Why firms are excluded, each under the first reason that applies."""
    years = np.cumsum(present, axis=1)
    earlier = np.where(begins > 0, years[np.arange(len(begins)), begins - 1], 0)
    linked = begins >= 0
    wanted = event if how.event == "any" else np.full(len(event), EVENTS.index(how.event))
    reasons = [
        (f"linked in the first {how.censored} years", linked & (begins < how.censored)),
        (f"fewer than {how.before} years before the first link", linked & (earlier < how.before)),
        (f"first link is no {how.event}", linked & (event != wanted)),
        (f"never linked, fewer than {how.never} years", ~linked & (years[:, -1] < how.never)),
        ("a partner of unknown status before any link", unsure),
    ]
    free = np.ones(len(begins), dtype=bool)
    found = []
    for said, mask in reasons:
        found.append((said, mask & free))
        free = free & ~mask
    return found


def _near(matrices: list[sparse.csr_array], treated: BoolVector, tier: int) -> BoolVector:
    """Firms within some steps of a treated firm, along links of any year in either direction."""
    near = treated.astype(np.float64)
    for _ in range(tier):
        reached = near.copy()
        for matrix in matrices:
            links = support(matrix)
            reached += links @ near + links.T @ near
        near = (reached > 0).astype(np.float64)
    return near > 0
