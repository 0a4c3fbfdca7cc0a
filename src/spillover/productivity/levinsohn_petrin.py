"""Productivity from the demand for an intermediate input (Levinsohn and Petrin 2003)."""

from dataclasses import dataclass, field
from typing import Literal

from spillover.productivity.two_step import TwoStep


@dataclass(frozen=True, slots=True)
class LevinsohnPetrin(TwoStep):
    """Elasticities of free inputs from a regression that holds the demand for a proxy fixed.

    First stage: y on free inputs and a polynomial of states and proxy. Second stage: elasticities
    of states such that productivity follows its law of motion.

    References
    ----------
    Levinsohn and Petrin (2003); on functional dependence Ackerberg, Caves and Frazer (2015).

    Examples
    --------
    >>> LevinsohnPetrin("value_added", "value_added", "employment", "capital", "materials").degree
    3
    """

    type: Literal["LevinsohnPetrin"] = field(default="LevinsohnPetrin", kw_only=True, repr=False)
