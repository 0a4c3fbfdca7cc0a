"""What partners carry in a study: owners, a part of the investors, or an expression."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from spillover.errors import unknown_name
from spillover.exposures.origins import split
from spillover.exposures.shares import Shares
from spillover.exposures.shock import Shock
from spillover.expressions import names_in, parse
from spillover.networks.network import Network
from spillover.networks.portfolio import Portfolio
from spillover.pipelines.settings import ExposureSetting
from spillover.tables.foreign import ForeignDefinition
from spillover.tables.panel import Panel
from spillover.tables.tables import Tables

OWNERS = ("foreign", "foreign_share")
"""Shocks that come from the owners of firms when the study says what makes a firm foreign."""


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """Where an exposure takes its network and its shock from."""

    panel: Panel
    """Firm-years with derived columns."""

    networks: Mapping[str, Network | Portfolio | Shares]
    """Networks and portfolios by name."""

    tables: Tables
    """Validated tables."""

    foreign: Shock | None
    """Which firms are foreign, when the study defines it."""

    definition: ForeignDefinition | None
    """What makes a firm foreign, when the study says."""


def shock_of(setting: ExposureSetting, sources: Sources) -> Shock:
    """The shock of an exposure.

    Parameters
    ----------
    setting : ExposureSetting
        Says what partners carry, and which investors count.
    sources : Sources
        Tables and what was made of them.

    Raises
    ------
    UnknownNameError
        No foreign investor has an attribute that the setting names.
    """
    text, foreign = setting.shock, sources.foreign
    if foreign is None or sources.definition is None:
        return Shock.of(sources.panel, text)
    if setting.investors:
        return _of_investors(setting.investors, sources.tables, sources.definition)
    if text == "foreign":
        return foreign
    if text == "foreign_share":
        return Shock.of(sources.tables.ownership, text, definition=sources.definition)
    panel = sources.panel
    for name in set(OWNERS) & set(names_in(parse(text))):
        owners = Shock.of(sources.tables.ownership, name, definition=sources.definition)
        panel = panel.with_columns(owners.columns(panel))
    return Shock.of(panel, text)


def _of_investors(
    investors: Mapping[str, tuple[str, ...]], tables: Tables, definition: ForeignDefinition
) -> Shock:
    """The foreign flag of firms whose largest foreign investor has every listed attribute."""
    foreign = Shock.of(tables.ownership, "foreign", definition=definition)
    flag = foreign.values
    for column, values in investors.items():
        parts = split(tables.ownership, definition, by=column)
        for value in values:
            if value not in parts:
                raise unknown_name(f"{column} of foreign investors", value, sorted(parts))
        flag = flag * np.sum([parts[value].values for value in dict.fromkeys(values)], axis=0)
    named = "; ".join(f"{column} {', '.join(values)}" for column, values in investors.items())
    return replace(foreign, name=f"foreign ({named})", values=flag)
