"""Shocks: from panels and from stakes, on networks and on panels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError, SpecificationError
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.sample import Sample
from spillover.tables.foreign import BOP_10, JETRO_ANY
from spillover.tables.panel import Panel

STAKES = pd.DataFrame(
    {
        "firm_id": ["a", "b", "b", "c", "c", "e"],
        "year": [2000, 2000, 2002, 2000, 2002, 2002],
        "owner_seq": 1,
        "owner_country": ["USA", "JPN", "USA", "DEU", "DEU", None],
        "share": [0.6, 0.9, 0.2, 0.05, 0.05, 0.8],
    }
)


def panel() -> Panel:
    keys = [(firm, year) for firm in "abcde" for year in (2000, 2001, 2002)]
    return Panel.of(pd.DataFrame(keys[::-1], columns=["firm_id", "year"]))


def test_a_firm_without_a_stake_is_domestic_in_years_that_the_table_covers() -> None:
    nan = np.nan
    foreign = Shock.of(STAKES, "foreign", definition=BOP_10).columns(panel())["foreign"]
    np.testing.assert_array_equal(
        foreign.reshape(5, 3), [[1, nan, 0], [0, nan, 1], [0, nan, 0], [0, nan, 0], [0, nan, nan]]
    )


def test_the_share_is_the_one_that_the_definition_compares() -> None:
    share = Shock.of(STAKES, "foreign_share", definition=JETRO_ANY)
    np.testing.assert_array_equal(share.columns(panel())["foreign_share"][[0, 5, 6, 8]],
                                  [0.6, 0.2, 0.05, 0.05])  # fmt: skip
    assert share.definition == JETRO_ANY


def test_a_shock_brings_its_column_to_a_sample() -> None:
    sample = Sample.of(panel(), Shock.of(STAKES, "foreign", definition=BOP_10))
    domestic = sample.where("foreign == 0", reason="foreign firms")
    assert len(domestic) == 7
    assert domestic.losses[-1].reason == "foreign firms"


@given(st.integers(0, 1000))
def test_alignment_equals_a_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = np.array(sorted(rng.choice(list("abcdef"), 4, replace=False)), dtype=object)
    years = np.sort(rng.choice(np.arange(2000, 2006), 3, replace=False)).astype(np.int32)
    values = rng.normal(size=(4, 3))
    absent = float(rng.choice([0.0, np.nan]))
    shock = Shock("g", units, years, values, absent=absent)
    network = assemble("w", list("abcdefg"), [2000, 2001, 2003, 2005], [0], [1])
    frame = pd.DataFrame(
        [(f, y) for f in "abxg" for y in (1999, 2001, 2003, 2006)], columns=["firm_id", "year"]
    )

    def look(firm: str, year: int) -> float:
        if year not in years:
            return np.nan
        at = list(years).index(year)
        return values[list(units).index(firm), at] if firm in units else absent

    expected = [[look(f, y) for y in network.years] for f in network.firms]
    np.testing.assert_array_equal(shock.on(network), expected)
    rows = Panel.of(frame)
    got = shock.columns(rows)["g"]
    np.testing.assert_array_equal(
        got, [look(f, y) for f, y in zip(rows.frame["firm_id"], rows.years, strict=True)]
    )


def test_wrong_sources_are_refused() -> None:
    with pytest.raises(SpecificationError, match="definition"):
        Shock.of(STAKES, "foreign")
    with pytest.raises(SpecificationError, match="ownership stakes"):
        Shock.of(panel(), "year", definition=BOP_10)
    network = assemble("w", ["x", "y"], [2000], [0], [1])
    with pytest.raises(DataError, match="same identifiers"):
        Shock.of(STAKES, "foreign", definition=BOP_10).on(network)
    with pytest.raises(DataError, match="shape"):
        Shock("g", network.firms, network.years, np.ones((2, 3)))
