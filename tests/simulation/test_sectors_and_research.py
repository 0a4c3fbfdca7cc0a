"""Industries that trade and firms that patent alike, computed again from their tables."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from spillover.simulation.channels import Channels, Research, Sectors
from spillover.simulation.economy import Economy
from spillover.simulation.parameters import PatentProcess, Population
from spillover.simulation.simulate import SimulatedEconomy, simulate

BASE = Economy(
    firms=120,
    years=5,
    first_year=2010,
    population=Population(foreign=0.3, industries="manufacturing"),
    patents=PatentProcess(per_firm=1.0),
)


@pytest.fixture(scope="module")
def sectors() -> SimulatedEconomy:
    return simulate(replace(BASE, channels=Channels(sectors=Sectors(horizontal=0.4))), seed=4)


@pytest.fixture(scope="module")
def research() -> SimulatedEconomy:
    return simulate(replace(BASE, channels=Channels(research=Research(portfolio=2))), seed=4)


def foreign(world: SimulatedEconomy) -> set:
    stakes = world.tables.ownership
    held = stakes[(stakes["owner_country"] != "JPN") & (stakes["share"] >= 0.1)]
    return set(held[["firm_id", "year"]].itertuples(index=False, name=None))


def group(world: SimulatedEconomy) -> dict:
    stakes = world.tables.ownership.dropna(subset="group_id")
    return stakes.groupby("firm_id")["group_id"].first().to_dict()


def presence(world: SimulatedEconomy, year: int, *, home: bool, without: str = "") -> dict:
    rows = world.tables["firm_years"].query("year == @year")
    industry = world.tables.firms.set_index("firm_id")["industry"]
    abroad, sums = foreign(world), defaultdict(lambda: [0.0, 0.0])
    for row in rows.itertuples():
        if row.firm_id != without:
            size = row.sales - row.exports if home else row.sales
            sums[industry[row.firm_id]][0] += size * ((row.firm_id, year) in abroad)
            sums[industry[row.firm_id]][1] += size
    return {code: above / below for code, (above, below) in sums.items() if below > 0}


def test_presence_in_industries_follows_from_sales_and_the_table(sectors: SimulatedEconomy) -> None:
    table = sectors.tables["industry_flows"]
    trade = table[(table["from_kind"] == "industry") & (table["to_kind"] == "industry")]
    output = table[table["to_kind"] == "total_output"].set_index("from_code")["flow"]
    inputs = trade.groupby("to_code")["flow"].sum()
    industry = sectors.tables.firms.set_index("firm_id")["industry"]
    sales, home = (presence(sectors, 2012, home=at) for at in (False, True))
    panel = sectors.truth.panel.query("year == 2013").head(40)
    for row in panel.itertuples():
        code = industry[row.firm_id]
        rest = presence(sectors, 2012, home=False, without=row.firm_id)
        assert row.horizontal == pytest.approx(rest.get(code, np.nan), nan_ok=True)
        sold = trade[(trade["from_code"] == code) & (trade["to_code"] != code)]
        down = sum(
            f / output[code] * sales.get(r, 0)
            for r, f in zip(sold["to_code"], sold["flow"], strict=True)
        )
        assert row.sector_backward == pytest.approx(down)
        bought = trade[(trade["to_code"] == code) & (trade["from_code"] != code)]
        up = sum(
            f / inputs[code] * home.get(r, 0)
            for r, f in zip(bought["from_code"], bought["flow"], strict=True)
        )
        assert row.sector_forward == pytest.approx(up)
    assert panel["sector_backward"].max() > 0.01


def test_an_input_output_table_adds_up(sectors: SimulatedEconomy) -> None:
    table = sectors.tables["industry_flows"]
    delivered = table[table["to_kind"] != "total_output"].query("from_kind == 'industry'")
    output = table[table["to_kind"] == "total_output"].set_index("from_code")["flow"]
    assert np.allclose(delivered.groupby("from_code")["flow"].sum(), output.sort_index())
    assert np.allclose(
        table.query("to_kind == 'industry'").groupby("to_code")["flow"].sum(), output.sort_index()
    )
    assert (table["flow"] >= 0).all()
    assert len(output) == 24


def test_foreign_firms_prefer_industries_of_high_productivity() -> None:
    def gap(sorting: float) -> float:
        channels = Channels(sectors=Sectors(sorting=sorting, spread=2.0))
        world = simulate(replace(BASE, firms=600, years=2, channels=channels), seed=4)
        first = world.truth.panel.groupby("firm_id")["firm_effect"].first()
        abroad = {firm for firm, _ in foreign(world)}
        chosen = first.index.isin(abroad)
        return float(first[chosen].mean() - first[~chosen].mean())

    assert gap(1.0) > gap(0.0) + 0.1


def stocks(world: SimulatedEconomy, last: int) -> dict:
    """R&D stocks at the end of a year: 15 % are lost, spending grew by 5 % before."""
    held: dict = {}
    rows = world.tables["firm_years"].sort_values(["firm_id", "year"])
    for row in rows[rows["year"] <= last].itertuples():
        spent = row.rd_expenditure
        held[row.firm_id] = (
            0.85 * held[row.firm_id] + spent if row.firm_id in held else spent * 1.05 / 0.20
        )
    return held


def test_pools_follow_from_patents_stocks_and_owners(research: SimulatedEconomy) -> None:
    filed = research.tables["applicants"].merge(research.tables["patents"], on="patent_id")
    filed = filed[(filed["applicant_kind"] == "firm") & (filed["filing_year"] <= 2011)]
    shares = pd.crosstab(filed["firm_id"], filed["main_class"].str[:4]).astype(float)
    unit = shares.div(np.sqrt((shares**2).sum(axis=1)), axis=0)
    near = unit @ unit.T
    known, abroad = group(research), foreign(research)
    held = stocks(research, 2012)
    capital = research.tables["firm_years"].query("year == 2012").set_index("firm_id")["capital"]
    for row in research.truth.panel.query("year == 2013").head(60).itertuples():
        pools = {"foreign_rd": 0.0, "domestic_rd": 0.0, "foreign_capital": 0.0}
        for j in near.columns if row.firm_id in near.index else ():
            apart = j != row.firm_id and known.get(j, "none") != known.get(row.firm_id, "other")
            if apart and j in capital.index:
                is_foreign = (j, 2012) in abroad
                pools["foreign_rd" if is_foreign else "domestic_rd"] += (
                    near.loc[row.firm_id, j] * held[j]
                )
                pools["foreign_capital"] += near.loc[row.firm_id, j] * capital[j] * is_foreign
        found = research.truth.panel.loc[row.Index]
        for name, pool in pools.items():
            expected = np.log(pool) if pool > 0 else np.nan
            assert found[f"log({name})"] == pytest.approx(expected, nan_ok=True), name
    assert research.truth.panel["log(foreign_rd)"].notna().sum() > 100


@pytest.mark.parametrize("name", ["sectors", "research"])
def test_productivity_is_the_sum_of_its_planted_parts(
    name: str, request: pytest.FixtureRequest
) -> None:
    world = request.getfixturevalue(name)
    panel = world.truth.panel.fillna(0.0)
    effects = dict(world.truth.effects)
    planted = sum(effects[column] * panel[column] for column in panel if column in effects)
    planted = planted + 0.02 * np.log1p(panel["backward_degree"])
    planted = planted + 0.30 * panel.get("neighbourhood", 0.0)
    rest = panel["log_tfp"] - panel["firm_effect"] - panel["year_effect"] - panel["noise"] - planted
    assert np.ptp(rest) < 1e-9


def test_manufacturers_belong_to_24_groups_and_file_in_fields_of_their_own() -> None:
    world = simulate(BASE, seed=4)
    firms = world.tables.firms.query("entity_kind == 'firm'")
    assert set(firms["industry"]) == {f"{code:02d}" for code in range(9, 33)}
    assert world.tables["patents"]["main_class"].nunique() > 20
    assert "industry_flows" not in world.tables
