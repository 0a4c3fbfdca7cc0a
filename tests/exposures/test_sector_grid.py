"""Every definition of the grid is the measure of that definition, and correlations are plain."""

import numpy as np
import pandas as pd
import pytest

from spillover.errors import SpecificationError
from spillover.exposures.expose import expose
from spillover.exposures.linkages import Backward, Forward
from spillover.exposures.presence import Presence
from spillover.exposures.sector_grid import SectorGrid, sector_grid
from spillover.exposures.shock import Shock
from spillover.networks.connect import connect
from spillover.networks.industries import IndustryFlows
from spillover.networks.network import Network
from spillover.tables.panel import Panel
from spillover.tables.tables import Tables

Z = np.array([[1.0, 2.0, 3.0], [2.0, 0.0, 1.0], [0.0, 4.0, 2.0]])


def parts() -> tuple[dict[str, Network], dict[str, Presence]]:
    codes = list("ABC")
    rows = [
        (2000, a, b, Z[i, j], "industry")
        for i, a in enumerate(codes)
        for j, b in enumerate(codes)
        if Z[i, j]
    ]
    rows += [(2000, a, "F", 2.0, "final_demand") for a in codes]
    table = pd.DataFrame(rows, columns=["year", "from_code", "to_code", "flow", "to_kind"])
    table = table.assign(table_id="x", from_kind="industry", origin="domestic")
    flows = connect(Tables({"industry_flows": table}), IndustryFlows(), name="io")
    rng = np.random.default_rng(2)
    firms = pd.DataFrame(
        {
            "firm_id": [f"F{i}" for i in range(12)] * 2,
            "year": np.repeat([2000, 2001], 12),
            "industry": [codes[i % 3] for i in range(12)] * 2,
            "sales": rng.uniform(1, 4, 24),
            "exports": rng.uniform(0, 1, 24),
            "share": rng.choice([0.0, 1.0], 24),
        }
    )
    panel = Panel.of(firms)
    foreign = Shock.of(panel, "share")
    whole = Presence.of(panel, foreign, "sales")
    home = Presence.of(panel, foreign, "sales", exports="exports")
    return {"domestic": flows}, {"sales": whole, "home": home}


def values(grid: SectorGrid, definition: str) -> pd.Series:
    rows = grid.table[grid.table["definition"] == definition]
    return rows.set_index(["industry", "year"])["value"]


def test_every_definition_is_in_the_grid_once() -> None:
    grid = sector_grid(*parts())
    keys = grid.table[["definition", "industry", "year"]]
    assert not keys.duplicated().any()
    assert grid.table["definition"].nunique() == 2 * (1 + 4 + 4)
    assert set(grid.table["measure"]) == {"horizontal", "backward", "forward"}


def test_values_are_those_of_the_measures_one_by_one() -> None:
    flows, presence = parts()
    grid = sector_grid(flows, presence)
    both = {
        "backward sales domestic included intermediate": expose(
            flows["domestic"],
            presence["sales"],
            Backward(lag=0, denominator="intermediate", own_industry="included", leave_out="none"),
        ),
        "forward home domestic excluded inputs": expose(
            flows["domestic"], presence["home"], Forward(lag=0, leave_out="none")
        ),
    }
    for definition, exposure in both.items():
        alone = exposure.frame().set_index(["industry", "year"])[exposure.name]
        found = values(grid, definition)
        np.testing.assert_allclose(found, alone.loc[found.index], atol=1e-12)
    level = presence["sales"].frame().set_index(["industry", "year"])["presence"]
    own = values(grid, "horizontal sales")
    np.testing.assert_allclose(own, level.loc[own.index], atol=1e-12)


def test_correlations_are_those_of_pairs() -> None:
    grid = sector_grid(*parts())
    first, second = "horizontal sales", "backward home domestic excluded output"
    a = values(grid, first)
    b = values(grid, second).loc[a.index]
    expected = np.corrcoef(a, b)[0, 1]
    assert grid.correlations.loc[first, second] == pytest.approx(expected)
    np.testing.assert_allclose(grid.correlations, grid.correlations.T)


def test_an_empty_grid_is_refused() -> None:
    with pytest.raises(SpecificationError, match="at least one"):
        sector_grid({}, parts()[1])


def test_names_that_make_two_definitions_read_alike_are_refused() -> None:
    """Their values would be averaged in the correlations."""
    flows, presence = parts()
    io, sales = flows["domestic"], presence["sales"]
    with pytest.raises(SpecificationError, match="tell definitions apart"):
        sector_grid({"b c": io, "c": io}, {"a": sales, "a b": sales})
