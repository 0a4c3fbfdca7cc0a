"""The simulated economy looks like its sources say."""

import numpy as np
import pandas as pd
import pytest

from spillover.simulation.economy import KYUSHU, Economy
from spillover.simulation.numbering import check_digit
from spillover.simulation.parameters import LinkProcess, Observation, PatentProcess, Population
from spillover.simulation.places import CODES, REGIONS
from spillover.simulation.simulate import SimulatedEconomy, simulate


@pytest.fixture(scope="module")
def large() -> SimulatedEconomy:
    economy = Economy(firms=3000, years=2, patents=PatentProcess(per_firm=1.0))
    return simulate(economy, seed=5)


@pytest.fixture(scope="module")
def kyushu() -> SimulatedEconomy:
    return simulate(KYUSHU, seed=3)


def foreign_firms(world: SimulatedEconomy) -> pd.DataFrame:
    stakes = world.tables.ownership
    held = stakes[(stakes["owner_country"] != "JPN") & (stakes["share"] >= 0.1)]
    return world.tables.firms[world.tables.firms["firm_id"].isin(held["firm_id"])]


def tail_exponent(sizes: np.ndarray, top: int) -> float:
    """Hill estimate from the largest ``top`` sizes."""
    ordered = np.sort(sizes)[::-1][: top + 1].astype(float)
    return float(1.0 / np.mean(np.log(ordered[:top] / ordered[top])))


def test_the_number_of_suppliers_has_a_tail_exponent_near_one(large: SimulatedEconomy) -> None:
    links = large.truth.links
    suppliers = links[links["year"] == 2015].groupby("customer_id").size().to_numpy()
    assert tail_exponent(suppliers, 150) == pytest.approx(1.0, abs=0.25)


def test_the_tail_exponent_is_a_parameter() -> None:
    thin = Economy(firms=1500, years=2, links=LinkProcess(tail=3.0, foreign_odds=1.0))
    links = simulate(thin, seed=5).truth.links
    suppliers = links[links["year"] == 2015].groupby("customer_id").size().to_numpy()
    assert tail_exponent(suppliers, 75) > 1.8


@pytest.mark.parametrize("survival", [0.925, 0.45])
def test_links_between_living_firms_survive_as_often_as_stated(survival: float) -> None:
    economy = Economy(firms=300, years=6, links=LinkProcess(survival=survival))
    world = simulate(economy, seed=2)
    alive = set(zip(world.truth.panel["firm_id"], world.truth.panel["year"], strict=True))
    links = set(world.truth.links.itertuples(index=False, name=None))
    at_risk = [
        (i, j, year + 1)
        for i, j, year in links
        if {(i, year), (j, year), (i, year + 1), (j, year + 1)} <= alive
    ]
    stayed = np.mean([link in links for link in at_risk])
    error = np.sqrt(survival * (1 - survival) / len(at_risk))
    assert abs(stayed - survival) < 4 * error


@pytest.mark.parametrize("cap", [24, 5])
def test_no_list_of_partners_exceeds_the_cap(cap: int) -> None:
    economy = Economy(firms=300, years=2, observation=Observation(partner_cap=cap))
    world = simulate(economy, seed=4)
    links = world.tables["supply_links"]
    for side, own in (("supplier", "supplier_id"), ("customer", "customer_id")):
        lists = links[links["reporter"].isin([side, "both"])].groupby([own, "year"]).size()
        assert lists.max() == cap if side == "customer" else lists.max() <= cap


def test_the_cap_cuts_hubs_that_their_suppliers_still_name() -> None:
    world = simulate(Economy(firms=300, years=2), seed=4)
    listed, true = world.tables["supply_links"], world.truth.links
    true = true[true["year"] >= 2015]
    assert true.groupby(["customer_id", "year"]).size().max() > 100
    lists = listed[listed["reporter"] != "supplier"].groupby(["customer_id", "year"]).size()
    assert (lists == 24).any()
    assert len(listed) / len(true) > 0.99
    assert (listed["reporter"] != "both").mean() > 0.3


def test_the_share_of_foreign_firms_is_as_stated(large: SimulatedEconomy) -> None:
    assert len(foreign_firms(large)) == pytest.approx(0.05 * 3000, abs=2)


def test_foreign_head_offices_crowd_around_tokyo() -> None:
    economy = Economy(firms=1000, years=2, population=Population(foreign=0.5))
    places = foreign_firms(simulate(economy, seed=1))["prefecture"]
    kanto = {code for code, region in zip(CODES, REGIONS, strict=True) if region == 3}
    assert places.isin(kanto).mean() == pytest.approx(0.74, abs=0.04)
    assert (places == "13").mean() == pytest.approx(0.60, abs=0.05)


def test_parents_come_from_where_the_survey_says() -> None:
    economy = Economy(firms=1000, years=2, population=Population(foreign=0.5))
    stakes = simulate(economy, seed=1).tables.ownership
    countries = stakes[stakes["owner_country"] != "JPN"].drop_duplicates("firm_id")["owner_country"]
    for country, share in {"USA": 0.201, "DEU": 0.127, "CHN": 0.103}.items():
        assert (countries == country).mean() == pytest.approx(share, abs=0.035)


def test_most_patents_have_one_applicant_and_teams_are_heavy_tailed(
    large: SimulatedEconomy,
) -> None:
    teams = large.tables["applicants"].groupby("patent_id").size()
    assert (teams == 1).mean() == pytest.approx(0.8, abs=0.03)
    joint = teams[teams > 1]
    assert (joint == 2).mean() > 0.6
    assert joint.max() >= 6


def test_joint_filings_cluster_in_groups_and_industries(large: SimulatedEconomy) -> None:
    applicants = large.tables["applicants"].query("applicant_kind == 'firm'")
    pairs = applicants.merge(applicants, on="patent_id").query("firm_id_x < firm_id_y")
    stakes = large.tables.ownership.dropna(subset="group_id")
    group = stakes.groupby("firm_id")["group_id"].first()
    industry = large.tables.firms.set_index("firm_id")["industry"]

    def agreement(column: pd.Series) -> tuple[float, float]:
        first, second = pairs["firm_id_x"].map(column), pairs["firm_id_y"].map(column)
        by_chance = second.sample(frac=1.0, random_state=1).to_numpy()
        return float((first == second).mean()), float((first == by_chance).mean())

    for column in (group, industry):
        found, expected = agreement(column)
        assert found > 1.3 * expected


def test_persons_and_universities_apply_without_being_firms(large: SimulatedEconomy) -> None:
    applicants = large.tables["applicants"]
    kinds = applicants.groupby("applicant_kind")
    assert set(kinds.groups) == {"firm", "university", "public_institute", "person"}
    assert kinds.get_group("person")["firm_id"].isna().all()
    known = large.tables.firms.set_index("firm_id")["entity_kind"]
    matched = applicants.dropna(subset="firm_id")
    assert (matched["applicant_kind"].to_numpy() == known[matched["firm_id"]].to_numpy()).all()


def test_firms_enter_and_small_firms_leave_more_often() -> None:
    tables = simulate(Economy(firms=1000, years=8), seed=1).tables
    firms = tables.firms[tables.firms["entity_kind"] == "firm"]
    assert (firms["founded"] >= 2015).mean() == pytest.approx(0.16, abs=0.04)
    assert 0.05 < firms["closed"].notna().mean() < 0.2
    first = tables["firm_years"].groupby("firm_id")["sales"].first()
    closed = firms.set_index("firm_id")["closed"].notna().reindex(first.index)
    assert first[closed].median() < first[~closed].median()


def test_every_prefecture_is_possible_and_tokyo_is_the_largest(large: SimulatedEconomy) -> None:
    counts = large.tables.firms["prefecture"].value_counts()
    assert set(counts.index) == set(CODES)
    assert counts.index[0] == "13"


@pytest.mark.parametrize(
    "number",
    ["4011001098993", "7123456789012", "7010705000725", "4000012090001", "1180301018771"],
)
def test_the_check_digit_reproduces_published_numbers(number: str) -> None:
    assert check_digit(number[1:]) == int(number[0])


def test_corporate_numbers_are_different_and_valid(large: SimulatedEconomy) -> None:
    numbers = large.tables.firms["corporate_number"]
    assert numbers.is_unique
    assert numbers.str.fullmatch(r"[1-9]\d{12}").all()
    assert all(check_digit(number[1:]) == int(number[0]) for number in numbers)


def test_the_plant_opens_in_kumamoto_and_local_suppliers_gather(kyushu: SimulatedEconomy) -> None:
    plant = kyushu.truth.plant
    links = kyushu.tables["supply_links"]
    suppliers = links[links["customer_id"] == plant].groupby("year")["supplier_id"].nunique()
    assert suppliers.index.tolist() == [2021, 2022, 2023, 2024]
    assert suppliers.is_monotonic_increasing
    assert suppliers.loc[2024] > 50
    place = kyushu.tables.firms.set_index("firm_id")["prefecture"]
    assert place[plant] == "43"
    local = place[links.loc[links["customer_id"] == plant, "supplier_id"].unique()]
    assert (local == "43").mean() > 2 * (place == "43").mean()


def test_the_plant_raises_the_exposure_of_firms_around_it(kyushu: SimulatedEconomy) -> None:
    place = kyushu.tables.firms.set_index("firm_id")["prefecture"]
    panel = kyushu.truth.panel
    near = panel["firm_id"].map(place) == "43"
    shares = panel[near].groupby("year")["backward"].mean()
    assert shares.loc[2024] > shares.loc[2021] + 0.05
