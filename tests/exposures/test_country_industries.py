"""R&D of suppliers and customers at home and abroad, real country-industries, by plain loops."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.connect import connect
from spillover.networks.supply import SupplyLinks
from spillover.tables.panel import Panel
from spillover.tables.tables import Tables

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def tables(shared: Path) -> Tables:
    folder = shared / "data" / "rnd_supply"
    firms, panel, links = (
        pd.read_csv(folder / name)  # noqa: TID251 - outside the project
        for name in ("units.csv", "panel.csv", "links.csv.gz")
    )
    named = {"unit": "firm_id", "supplier": "supplier_id", "customer": "customer_id"}
    frames = {"firms": firms, "firm_years": panel, "supply_links": links}
    return Tables({name: frame.rename(columns=named) for name, frame in frames.items()})


@pytest.mark.parametrize("side", ["suppliers", "customers"])
@pytest.mark.parametrize("place", ["within", "outside"])
def test_exposures_equal_sums_over_rows_of_the_file(tables: Tables, side: str, place: str) -> None:
    network = connect(tables, SupplyLinks())
    network = network.suppliers() if side == "suppliers" else network.customers()
    rd = Shock.of(Panel.of(tables["firm_years"]), "log(rnd_stock)")
    spec = Neighbors(isolates="missing", exclude="self", min_coverage=0.0, **{place: "country"})
    exposure = expose(network, rd, spec, name="rd")

    country = tables["firms"].set_index("firm_id")["country"].to_dict()
    own, other = ("customer_id", "supplier_id") if side == "suppliers" else ("supplier_id", "customer_id")  # fmt: skip  # noqa: E501
    accounts = tables["firm_years"]
    stock = dict(zip(zip(accounts["firm_id"], accounts["year"], strict=True),
                     accounts["rnd_stock"], strict=True))  # fmt: skip
    above, below = {}, {}
    links = tables["supply_links"]
    for me, you, year, value in zip(
        links[own], links[other], links["year"], links["value"], strict=True
    ):
        if (country[me] == country[you]) != (place == "within") or value <= 0:
            continue
        if (you, year) in stock:
            key = (me, year + 1)
            above[key] = above.get(key, 0.0) + value * np.log(stock[you, year])
            below[key] = below.get(key, 0.0) + value
    frame = exposure.frame().set_index(["firm_id", "year"])["rd"]
    expected = pd.Series({key: above[key] / below[key] for key in above if key in frame.index})
    np.testing.assert_allclose(frame.reindex(expected.index), expected, rtol=1e-12)
    assert frame.notna().sum() == len(expected) > 1000
