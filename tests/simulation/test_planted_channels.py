"""Further planted effects, computed again from true links and stakes."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from spillover.errors import SpecificationError
from spillover.simulation.channels import Channels, Origins, PlantEffects
from spillover.simulation.economy import Economy
from spillover.simulation.firms import draw_firms
from spillover.simulation.parameters import PatentProcess, Plant, Population
from spillover.simulation.patents import Patent, learning
from spillover.simulation.places import METROPOLITAN
from spillover.simulation.production import draw_noise
from spillover.simulation.simulate import SimulatedEconomy, simulate
from spillover.simulation.supply import draw_links

BASE = Economy(firms=150, years=4, spillover=0.1)


class Facts:
    """Links, owners and groups as sets, read from tables."""

    def __init__(self, world: SimulatedEconomy) -> None:
        stakes = world.tables.ownership
        self.group = stakes.dropna(subset="group_id").groupby("firm_id")["group_id"].first()
        held = stakes[(stakes["owner_country"] != "JPN") & (stakes["share"] >= 0.1)]
        self.owner = {(r.firm_id, r.year): r.owner_country for r in held.itertuples()}
        self.customers: dict = defaultdict(set)
        for r in world.truth.links.itertuples():
            if not self.together(r.supplier_id, r.customer_id):
                self.customers[r.supplier_id, r.year].add(r.customer_id)

    def together(self, one: str, other: str) -> bool:
        return self.group.get(one, "none") == self.group.get(other, "other")

    def share(self, firms: list[str], year: int, countries: tuple[str, ...] | None) -> float:
        owners = [self.owner.get((firm, year)) for firm in firms]
        counted = [o is not None and (countries is None or o in countries) for o in owners]
        return float(np.mean(counted)) if counted else np.nan


def test_the_second_tier_holds_customers_of_customers_that_are_not_customers() -> None:
    world = simulate(replace(BASE, channels=Channels(second_tier=0.2)), seed=5)
    facts = Facts(world)
    later = world.truth.panel[world.truth.panel["year"] > 2015]
    for row in later.itertuples():
        year = row.year - 1
        direct = facts.customers[row.firm_id, year]
        further = {k for j in direct for k in facts.customers[j, year]} - direct - {row.firm_id}
        counted = [k for k in further if not facts.together(row.firm_id, k)]
        assert row.second_tier == pytest.approx(facts.share(counted, year, None), nan_ok=True)
    assert later["second_tier"].gt(0).sum() > 50


def test_effects_of_an_origin_reach_firms_through_customers_of_that_origin() -> None:
    origins = Origins(countries=("USA", "CHN"), effect=0.5)
    world = simulate(replace(BASE, channels=Channels(origins=origins)), seed=5)
    facts = Facts(world)
    later = world.truth.panel[world.truth.panel["year"] > 2015]
    for row in later.itertuples():
        customers = list(facts.customers[row.firm_id, row.year - 1])
        expected = facts.share(customers, row.year - 1, ("USA", "CHN"))
        assert row.from_group == pytest.approx(expected, nan_ok=True)
    assert world.truth.effects["from_group"] == 0.5
    assert world.truth.effects["backward - from_group"] == 0.1


@pytest.mark.parametrize(
    ("channels", "column", "effect"),
    [
        (Channels(second_tier=0.2), "second_tier", 0.2),
        (Channels(outside=0.4), "backward_outside", 0.3),
        (Channels(origins=Origins(effect=0.5)), "from_group", 0.4),
    ],
)
def test_a_channel_adds_its_effect_to_productivity_and_changes_nothing_else(
    channels: Channels, column: str, effect: float
) -> None:
    without = simulate(BASE, seed=5)
    world = simulate(replace(BASE, channels=channels), seed=5)
    added = effect * world.truth.panel[column].fillna(0.0)
    assert np.allclose(world.truth.panel["log_tfp"] - without.truth.panel["log_tfp"], added)
    assert added.abs().max() > 0.0
    for name in ("firms", "supply_links", "ownership"):
        identifiers = [c for c in world.tables[name].columns if c not in ("value", "rank")]
        if name != "supply_links":
            assert world.tables[name][identifiers].equals(without.tables[name][identifiers])


def test_effects_outside_the_metropolitan_areas_are_those_of_firms_there() -> None:
    world = simulate(replace(BASE, channels=Channels(outside=0.4)), seed=5)
    place = world.tables.firms.set_index("firm_id")["prefecture"]
    far = ~world.truth.panel["firm_id"].map(place).isin(METROPOLITAN)
    panel = world.truth.panel
    assert np.allclose(
        panel.loc[far, "backward_outside"], panel.loc[far, "backward"], equal_nan=True
    )
    assert (panel.loc[~far, "backward_outside"] == 0.0).all()
    assert world.truth.effects["backward * outside"] == 0.4
    assert world.truth.effects["backward * metropolitan"] == 0.1


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Origins(countries=("ATL",)), "ATL"),
        (lambda: Origins(countries=()), "none"),
        (lambda: Channels(outside=0.1, origins=Origins()), "by place or by origin"),
    ],
)
def test_channels_that_mean_nothing_are_refused(build: object, message: str) -> None:
    with pytest.raises(SpecificationError, match=message):
        build()


CLUSTER = replace(
    BASE,
    firms=220,
    years=6,
    first_year=2018,
    population=Population(plant=Plant(opening=2020, suppliers_per_year=10)),
    channels=Channels(
        cluster=PlantEffects(links=0.3, local_demand=0.1, core=0.05, surroundings=0.02)
    ),
)


def test_what_a_plant_does_travels_along_links_of_the_year_before_it_opened() -> None:
    world = simulate(CLUSTER, seed=5)
    facts = Facts(world)
    rows = world.tables["firm_years"]
    supplies = set(
        rows.loc[rows["plant_supplier"] == 1, ["firm_id", "year"]].itertuples(index=False)
    )
    place = world.tables.firms.set_index("firm_id")["prefecture"]
    alive = set(rows[["firm_id", "year"]].itertuples(index=False))
    later = world.truth.panel[world.truth.panel["year"] > 2018]
    for row in later.itertuples():
        customers, year = facts.customers[row.firm_id, 2019], row.year - 1
        if not customers:
            assert np.isnan(row.cluster)
            continue
        assert row.cluster == pytest.approx(np.mean([(j, year) in supplies for j in customers]))
        local = np.mean([place[j] >= "40" and (j, year) in alive for j in customers])
        assert row.local_customers == pytest.approx(local * (row.year > 2020))
        assert row.core_after == float(place[row.firm_id] == "43" and row.year > 2020)
    assert later["cluster"].gt(0).sum() > 50


def test_suppliers_of_the_plant_are_those_of_the_true_links() -> None:
    world = simulate(CLUSTER, seed=5)
    links = world.truth.links
    sold = set(
        links.loc[links["customer_id"] == world.truth.plant, ["supplier_id", "year"]].itertuples(
            index=False
        )
    )
    rows = world.tables["firm_years"]
    told = set(rows.loc[rows["plant_supplier"] == 1, ["firm_id", "year"]].itertuples(index=False))
    assert {tuple(pair) for pair in sold} == {tuple(pair) for pair in told}
    assert len(told) > 20


LEARNING = PatentProcess(per_firm=1.5, joint=0.4, foreign_odds=5.0, from_foreign=0.3)


def test_partners_are_those_of_joint_filings_in_the_years_before() -> None:
    economy = replace(BASE, years=6, patents=LEARNING, population=Population(foreign=0.2))
    world = simulate(economy, seed=2)
    stakes = world.tables.ownership
    group = stakes.dropna(subset="group_id").groupby("firm_id")["group_id"].first()
    held = stakes[(stakes["owner_country"] != "JPN") & (stakes["share"] >= 0.1)]
    foreign = set(held[["firm_id", "year"]].itertuples(index=False))
    filed = world.tables["applicants"].merge(world.tables["patents"], on="patent_id")
    filed = filed[filed["applicant_kind"] == "firm"]
    met: dict = defaultdict(set)
    for _, team in filed[filed["filing_year"].between(2016, 2019)].groupby("patent_id"):
        firms = sorted(set(team["firm_id"]))
        for i in firms:
            met[i] |= {j for j in firms if j != i and group.get(i, "none") != group.get(j, "other")}
    expected = {i: sum((j, 2019) in foreign for j in known) for i, known in met.items()}
    rng = np.random.default_rng(2)
    drawn = draw_firms(economy, rng)
    noise = draw_noise(economy, rng)
    years = draw_links(economy, drawn, noise, rng)
    assert years
    names = list(world.tables.firms["firm_id"])
    patents = as_patents(world, names)
    shorter = replace(economy, patents=replace(LEARNING, memory=4))
    abroad, _ = learning(shorter, drawn, 2020, patents)
    assert abroad.tolist() == [expected.get(name, 0) for name in names[: len(drawn)]]
    assert abroad.sum() > 20


def as_patents(world: SimulatedEconomy, names: list[str]) -> list[Patent]:
    at = {name: k for k, name in enumerate(names)}
    firms = world.tables["applicants"].query("applicant_kind == 'firm'")
    year = world.tables["patents"].set_index("patent_id")["filing_year"]
    return [
        Patent(int(year[key]), "", 0, False, tuple(("firm", at[i]) for i in team["firm_id"]))
        for key, team in firms.groupby("patent_id")
    ]


def test_without_an_effect_of_partners_patents_stay_as_they_are() -> None:
    with_effect = simulate(replace(BASE, patents=LEARNING), seed=2)
    without = simulate(replace(BASE, patents=replace(LEARNING, from_foreign=0.0)), seed=2)
    joint = {}
    for name, world in (("with", with_effect), ("without", without)):
        size = world.tables["applicants"].groupby("patent_id")["applicant_seq"].max()
        joint[name] = (int((size > 1).sum()), int((size == 1).sum()))
    assert joint["with"][0] == joint["without"][0]
    assert joint["with"][1] > joint["without"][1]
    assert with_effect.truth.effects["foreign_partners"] == 0.3


def test_a_cluster_needs_a_plant() -> None:
    with pytest.raises(SpecificationError, match="plant"):
        Economy(channels=Channels(cluster=PlantEffects()))
