"""Further planted effects, computed again from true links and stakes."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from spillover.errors import SpecificationError
from spillover.simulation.channels import Channels, Origins
from spillover.simulation.economy import Economy
from spillover.simulation.places import METROPOLITAN
from spillover.simulation.simulate import SimulatedEconomy, simulate

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
    assert world.truth.effects["from_others"] == 0.1


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
