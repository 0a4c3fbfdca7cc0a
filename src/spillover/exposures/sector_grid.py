"""sector_grid: horizontal, backward and forward presence under every choice that papers make."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pandas as pd

from spillover.errors import SpecificationError
from spillover.exposures.linkages import Backward, Forward, Horizontal, Vintage
from spillover.exposures.presence import Presence
from spillover.networks.network import Network

CHOICES = ("measure", "weight", "flows", "own_industry", "denominator")
"""Columns that say which definition a value follows."""


@dataclass(frozen=True, slots=True, eq=False)
class SectorGrid:
    """Sector measures under many definitions, and how alike they are."""

    table: pd.DataFrame
    """One row per definition, industry and year: ``definition``, the choices, ``industry``,
    ``year``, ``value``."""

    correlations: pd.DataFrame
    """Correlations of values between definitions, over industries and years that both know."""


def sector_grid(
    flows: Mapping[str, Network],
    presence: Mapping[str, Presence],
    *,
    lag: int = 0,
    vintage: Vintage = "first",
) -> SectorGrid:
    """Horizontal, backward and forward measures under every combination of choices.

    Every presence gives one horizontal measure; with every network of flows it gives backward and
    forward measures, each with the own industry left out or not and with both denominators. A
    presence in sales at home makes forward measures without exports, another one measures with
    exports in them, and none is taken for the other. Firms are not left out of their own industry:
    the values are those of industries.

    Parameters
    ----------
    flows : mapping of str to Network
        For example domestic and total flows, by a name for the table.
    presence : mapping of str to Presence
        For example weighed by sales, by employment and by sales at home.
    lag : int
        Calendar years between presence and exposure.
    vintage : int, "first" or "yearly"
        Year of the input-output table.

    Raises
    ------
    SpecificationError
        A mapping is empty, or names make two definitions read alike.

    References
    ----------
    Javorcik (2004), American Economic Review 94.
    """
    if not flows or not presence:
        raise SpecificationError(
            "Expected at least one network of flows and one presence.",
            f"Found {len(flows)} and {len(presence)}.",
            'Pass for example {"domestic": flows} and {"sales": presence}.',
        )
    parts = []
    for choice, network, shock, spec in _definitions(flows, presence, lag, vintage):
        values = spec.carry(network, shock, "value").frame()
        named = {"definition": " ".join(filter(None, choice))} | dict(
            zip(CHOICES, choice, strict=True)
        )
        parts.append(values.assign(**named))
    columns = ["definition", *CHOICES, "industry", "year", "value"]
    table = pd.concat(parts, ignore_index=True)[columns]
    _refuse_one_name_for_two(table)
    wide = table.pivot_table(
        index=["industry", "year"], columns="definition", values="value", sort=False
    )
    return SectorGrid(table, wide.corr().rename_axis(index="definition", columns=None))


def _refuse_one_name_for_two(table: pd.DataFrame) -> None:
    """Refuse names of flows and presence that make two definitions read alike."""
    named = table.drop_duplicates(list(CHOICES))["definition"]
    twice = named[named.duplicated()].unique()
    if len(twice):
        raise SpecificationError(
            "Expected names of flows and presence that tell definitions apart.",
            f"Found two definitions called {twice[0]!r}.",
            "Use names without spaces.",
        )


def _definitions(
    flows: Mapping[str, Network], presence: Mapping[str, Presence], lag: int, vintage: Vintage
) -> Iterator[tuple[tuple[str, ...], Network, Presence, Any]]:
    """Choices in words, and what carries them."""
    for weight, shock in presence.items():
        own = Horizontal(lag=lag, leave_out="none")
        yield ("horizontal", weight, "", "", ""), shock.network(), shock, own
    exported = {weight: p.exports is None for weight, p in presence.items()}
    for (weight, shock), (name, network) in product(presence.items(), flows.items()):
        for mine, whole in product(("excluded", "included"), ("output", "intermediate")):
            backward = Backward(lag, vintage, whole, mine, "none")  # type: ignore[arg-type]
            yield ("backward", weight, name, mine, whole), network, shock, backward
        exports = "included" if exported[weight] else "excluded"
        for mine, whole in product(("excluded", "included"), ("inputs", "table")):
            forward = Forward(lag, vintage, whole, mine, exports, "none")  # type: ignore[arg-type]
            yield ("forward", weight, name, mine, whole), network, shock, forward
