"""ForeignDefinition: what makes a firm foreign, and who is under it."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from spillover.errors import SpecificationError, first_cases, unknown_name
from spillover.specs import NonEmpty, Share, Spec
from spillover.tables.stakes import TOLERANCE, Stakes, gather
from spillover.typing import BoolVector, FloatVector, TextVector


@dataclass(frozen=True, slots=True)
class ForeignDefinition(Spec):
    """A rule that says from the stakes of its owners whether a firm is foreign.

    Sources disagree in three ways: the threshold, whether stakes are added over investors, and
    whether stakes held through other firms count. Tables under different definitions do not
    belong together.

    Examples
    --------
    >>> ForeignDefinition("half", threshold=0.5, strict=True).sentence
    'half: the largest foreign investor holds more than 50 %, directly or indirectly'
    """

    name: NonEmpty
    """Name of the rule, printed under every table."""

    threshold: Share = field(kw_only=True)
    """Share of votes that makes a firm foreign."""

    strict: bool = field(default=False, kw_only=True)
    """Whether the share has to exceed the threshold instead of reaching it."""

    aggregate: Literal["largest_investor", "sum"] = field(default="largest_investor", kw_only=True)
    """Which share is compared: that of the largest foreign investor or of all together."""

    principal_minimum: Share = field(default=0.0, kw_only=True)
    """Least share of the largest foreign investor, as a second condition."""

    include_indirect: bool = field(default=True, kw_only=True)
    """Whether stakes held through other firms count."""

    home: NonEmpty = field(default="JPN", kw_only=True)
    """Country whose owners are domestic, ISO 3166-1 alpha-3."""

    type: Literal["ForeignDefinition"] = field(
        default="ForeignDefinition", kw_only=True, repr=False
    )

    @property
    def sentence(self) -> str:
        """The definition in words, for notes under tables."""
        who = "foreign investors together hold"
        if self.aggregate == "largest_investor":
            who = "the largest foreign investor holds"
        how = "more than" if self.strict else "at least"
        where = ", directly or indirectly" if self.include_indirect else " directly"
        text = f"{self.name}: {who} {how} {_percent(self.threshold)}{where}"
        if self._needs_principal and self.aggregate == "sum":
            text += f", the largest of them at least {_percent(self.principal_minimum)}"
        return text

    @property
    def needs_single_owners(self) -> bool:
        """Whether the total foreign share alone cannot decide."""
        return self.aggregate == "largest_investor" or self._needs_principal

    @property
    def _needs_principal(self) -> bool:
        return self.principal_minimum > 0


BOP_10 = ForeignDefinition("BOP_10", threshold=0.10, principal_minimum=0.10)
"""Direct investment enterprise of the balance of payments: one investor with 10 % or more."""

METI_THIRD = ForeignDefinition(
    "METI_THIRD", threshold=1 / 3, strict=True, aggregate="sum", principal_minimum=0.10
)
"""Foreign affiliate of the survey of foreign affiliates: more than one third in total."""

JETRO_ANY = ForeignDefinition(
    "JETRO_ANY", threshold=0.0, strict=True, aggregate="sum", include_indirect=False
)
"""Any foreign stake."""

MAJORITY = ForeignDefinition("MAJORITY", threshold=0.50, strict=True)
"""One foreign investor with more than half."""

FULL = ForeignDefinition("FULL", threshold=1.00)
"""One foreign investor with everything."""


def definition_named(name: str) -> ForeignDefinition:
    """The definition that a study file calls by name.

    Parameters
    ----------
    name : str
        ``BOP_10``, ``METI_THIRD``, ``JETRO_ANY``, ``MAJORITY`` or ``FULL``.
    """
    known = {each.name: each for each in (BOP_10, METI_THIRD, JETRO_ANY, MAJORITY, FULL)}
    if name not in known:
        raise unknown_name("definition of foreign firms", name, sorted(known))
    return known[name]


def classify(ownership: pd.DataFrame, definition: ForeignDefinition) -> pd.DataFrame:
    """Which firms are foreign in which year, and which condition decided.

    Parameters
    ----------
    ownership : DataFrame
        Columns firm_id, year, share; owner_country, owner_id, path and scope where known. Stakes
        of one owner in one firm and year are added; an owner without identifier is an owner of
        its own. Rows with scope ``total_foreign`` are never added to rows of single owners.
    definition : ForeignDefinition
        The rule.

    Returns
    -------
    DataFrame
        One row per firm and year of ``ownership``, sorted: firm_id, year, foreign (nullable
        Boolean), share (the share that the rule compares), reason. Where owners that are not
        known would decide, ``foreign`` and ``share`` are missing.

    Raises
    ------
    SpecificationError
        The rule asks for single investors and some firms have only a total foreign share.
    DataError
        A stake is outside 0..1, a country is not a code such as ``USA``, or single foreign
        stakes exceed the total.
    """
    stakes = gather(ownership, definition.home, indirect=definition.include_indirect)
    _refuse_totals(stakes, definition)
    compared = stakes.total if definition.aggregate == "sum" else stakes.largest
    at_most = stakes.total_at_most if definition.aggregate == "sum" else stakes.largest_at_most
    sure, possible = _reaches(compared, definition), _reaches(at_most, definition)
    if definition.principal_minimum > 0:
        sure &= stakes.largest >= definition.principal_minimum - TOLERANCE
        possible &= stakes.largest_at_most >= definition.principal_minimum - TOLERANCE
    unclear = possible & ~sure
    foreign = pd.array(sure, dtype="boolean")
    foreign[unclear] = pd.NA
    return pd.DataFrame(
        {
            "firm_id": stakes.firm_id,
            "year": stakes.year,
            "foreign": foreign,
            "share": np.where(unclear, np.nan, compared),
            "reason": _reasons(definition, sure, unclear, compared),
        }
    )


def _reaches(share: FloatVector, definition: ForeignDefinition) -> BoolVector:
    if definition.strict:
        return np.asarray(share > definition.threshold + TOLERANCE)
    return np.asarray(share >= definition.threshold - TOLERANCE)


def _reasons(
    definition: ForeignDefinition, sure: BoolVector, unclear: BoolVector, share: FloatVector
) -> TextVector:
    """Which condition decided, in one of a few sentences."""
    what = "total" if definition.aggregate == "sum" else "largest"
    limit, least = _percent(definition.threshold), _percent(definition.principal_minimum)
    yes = f"{what} foreign stake {'above' if definition.strict else 'at or above'} {limit}"
    no = f"{what} foreign stake {'not above' if definition.strict else 'below'} {limit}"
    alone = f"no foreign investor with {least}"
    cases = [unclear, sure, share <= 0, _reaches(share, definition)]
    words = ["owners that are not known decide", yes, "no foreign stake", alone]
    return np.select(cases, words, default=no).astype(object)


def _percent(share: float) -> str:
    return f"{round(100 * share, 1):g} %"


def _refuse_totals(stakes: Stakes, definition: ForeignDefinition) -> None:
    lost = stakes.only_total
    if definition.needs_single_owners and lost.any():
        named = zip(stakes.firm_id[lost][:4], stakes.year[lost][:4], strict=True)
        raise SpecificationError(
            f"{definition.name}: expected the stakes of single investors.",
            f"Found only a total foreign share for {int(lost.sum()):,} firm-years "
            f"({first_cases(f'{firm} in {year}' for firm, year in named)}).",
            "Add the owners, or use a rule on the total without a principal investor, "
            "such as JETRO_ANY.",
        )
