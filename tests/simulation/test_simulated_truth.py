"""What the simulator says about itself, computed again from its tables."""

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from spillover.errors import OutputError, SpecificationError
from spillover.simulation.economy import KYUSHU, Economy
from spillover.simulation.parameters import Observation, Plant, Population, Production
from spillover.simulation.presets import PRESETS
from spillover.simulation.simulate import SimulatedEconomy, simulate
from spillover.simulation.write import write_tables, write_truth

TABLES = ["firms", "firm_years", "supply_links", "patents", "applicants", "ownership"]


@pytest.fixture(scope="module")
def world() -> SimulatedEconomy:
    return simulate(Economy(firms=150, years=6, first_year=2012), seed=11)


def brute_force_exposure(world: SimulatedEconomy, links: pd.DataFrame) -> dict:
    """Share and count of foreign customers by (firm, year), from tables alone."""
    stakes = world.tables.ownership
    group, foreign = {}, set()
    for row in stakes.itertuples():
        if isinstance(row.group_id, str):
            group[row.firm_id] = row.group_id
        if row.owner_country != "JPN" and row.share >= 0.1:
            foreign.add((row.firm_id, row.year))
    customers: dict = {}
    for row in links.itertuples():
        same = group.get(row.supplier_id, "none") == group.get(row.customer_id, "other")
        if not same:
            customers.setdefault((row.supplier_id, row.year), []).append(row.customer_id)
    return {
        (firm, year): (np.mean([(j, year) in foreign for j in known]), len(known))
        for (firm, year), known in customers.items()
    }


def test_the_same_seed_gives_the_same_tables_and_another_seed_others() -> None:
    economy = Economy(firms=60, years=3)
    first, second, other = (simulate(economy, seed=s) for s in (1, 1, 2))
    for name in TABLES:
        assert_frame_equal(first.tables[name], second.tables[name])
        assert not first.tables[name].equals(other.tables[name])


def test_a_generator_is_advanced_and_gives_another_economy() -> None:
    rng = np.random.default_rng(1)
    economy = Economy(firms=60, years=3)
    first, second = simulate(economy, rng), simulate(economy, rng)
    assert_frame_equal(first.tables.firms, simulate(economy, 1).tables.firms)
    assert not first.tables.firms.equals(second.tables.firms)


def test_true_exposures_follow_from_true_links_and_stakes(world: SimulatedEconomy) -> None:
    expected = brute_force_exposure(world, world.truth.links)
    later = world.truth.panel[world.truth.panel["year"] > 2012]
    for row in later.itertuples():
        share, count = expected.get((row.firm_id, row.year - 1), (np.nan, 0))
        assert row.backward == pytest.approx(share, nan_ok=True)
        if not np.isnan(row.backward_degree):
            assert row.backward_degree == count
    assert later["backward"].gt(0).sum() > 50


def test_observed_exposures_follow_from_listed_links(world: SimulatedEconomy) -> None:
    expected = brute_force_exposure(world, world.tables["supply_links"])
    for row in world.truth.panel.itertuples():
        share, _ = expected.get((row.firm_id, row.year - 1), (np.nan, 0))
        assert row.backward_observed == pytest.approx(share, nan_ok=True)


def test_log_productivity_is_the_sum_of_its_planted_parts(world: SimulatedEconomy) -> None:
    panel = world.truth.panel.fillna({"backward": 0.0, "backward_degree": 0.0})
    parts = panel["firm_effect"] + panel["year_effect"] + panel["noise"]
    planted = 0.30 * panel["backward"] + 0.02 * np.log1p(panel["backward_degree"])
    level = panel["log_tfp"] - parts - planted
    assert np.ptp(level) < 1e-12


def test_a_residual_with_cost_shares_returns_log_productivity() -> None:
    exact = Economy(firms=100, years=4, production=Production(output_sd=0.0))
    world = simulate(exact, seed=3)
    rows = world.tables["firm_years"]
    cost = rows["wages"] + rows["materials"] + 0.12 * rows["capital"]
    residual = np.log(rows["sales"])
    for spent, used in (
        (rows["wages"], rows["employment"]),
        (rows["materials"], rows["materials"]),
        (0.12 * rows["capital"], rows["capital"]),
    ):
        residual = residual - spent / cost * np.log(used)
    assert np.max(np.abs(residual - world.truth.panel["log_tfp"])) < 1e-3


def test_noise_in_output_is_not_noise_in_productivity(world: SimulatedEconomy) -> None:
    quiet = dataclasses.replace(world.economy, production=Production(output_sd=0.0))
    same = simulate(quiet, seed=11)
    assert_frame_equal(same.truth.panel, world.truth.panel, check_exact=False)
    assert not np.allclose(same.tables["firm_years"]["sales"], world.tables["firm_years"]["sales"])


def test_noise_of_one_firm_is_dependent_over_years_and_firms_are_not() -> None:
    panel = simulate(Economy(firms=600, years=6), seed=1).truth.panel
    wide = panel.pivot_table(index="firm_id", columns="year", values="noise").dropna()
    correlation = np.corrcoef(wide.to_numpy().T)
    assert np.mean(np.diag(correlation, 1)) == pytest.approx(0.5, abs=0.06)
    across = np.corrcoef(wide.to_numpy())[np.triu_indices(len(wide), 1)]
    assert abs(np.mean(across)) < 0.01


def test_accounts_add_up(world: SimulatedEconomy) -> None:
    rows = world.tables["firm_years"]
    assert np.allclose(rows["value_added"], rows["sales"] - rows["materials"], atol=0.006)
    assert (rows[["sales", "materials", "employment", "capital", "wages"]] > 0).all(axis=None)
    assert (rows["exports"] <= rows["sales"]).all()
    sold = world.tables["supply_links"].groupby(["supplier_id", "year"])["value"].sum()
    sales = rows.set_index(["firm_id", "year"])["sales"].reindex(sold.index)
    assert (sold <= sales).all()


def test_links_join_living_firms_and_never_a_firm_with_itself(world: SimulatedEconomy) -> None:
    alive = set(zip(world.truth.panel["firm_id"], world.truth.panel["year"], strict=True))
    links = world.tables["supply_links"]
    assert (links["supplier_id"] != links["customer_id"]).all()
    assert not links.duplicated(["supplier_id", "customer_id", "year"]).any()
    for side in ("supplier_id", "customer_id"):
        assert set(zip(links[side], links["year"], strict=True)) <= alive


def test_stakes_in_one_firm_never_exceed_the_whole(world: SimulatedEconomy) -> None:
    total = world.tables.ownership.groupby(["firm_id", "year"])["share"].sum()
    assert total.max() <= 1.0 + 1e-9


def test_without_a_cap_and_with_full_reports_the_observed_is_the_true() -> None:
    everything = Observation(partner_cap=10_000, supplier_reports=0.5, customer_reports=1.0)
    panel = simulate(Economy(firms=100, years=4, observation=everything), seed=1).truth.panel
    later = panel[panel["year"] > 2015]
    assert np.allclose(later["backward"], later["backward_observed"], equal_nan=True)


def test_sorting_joins_good_firms_to_foreign_customers() -> None:
    def correlation(sorting: float) -> float:
        panel = simulate(Economy(firms=600, years=2, sorting=sorting), seed=8).truth.panel.dropna()
        return float(np.corrcoef(panel["backward"], panel["firm_effect"])[0, 1])

    assert abs(correlation(0.0)) < 0.1
    assert correlation(1.0) > 0.2


def test_joint_ventures_and_groups_are_left_out_of_exposures() -> None:
    alone = Economy(firms=300, years=3, population=Population(grouped=0.8, joint_ventures=1.0))
    world = simulate(alone, seed=5)
    group = world.tables.ownership.dropna(subset="group_id").groupby("firm_id")["group_id"].first()
    links = world.truth.links
    inside = links["supplier_id"].map(group) == links["customer_id"].map(group)
    assert inside.sum() > 20
    assert brute_force_exposure(world, links) != brute_force_exposure(world, links[inside])


@pytest.mark.parametrize(
    ("failure", "visible"),
    [
        ({"unpadded_codes": 0.5}, lambda w: w.tables.firms["prefecture"].str.len().min() == 1),
        (
            {"name_variants": 0.5},
            lambda w: w.tables["applicants"]["applicant_name"].str.contains("㈱").any(),
        ),
        (
            {"hidden_foreign": 1.0},
            lambda w: w.truth.panel["backward_observed"].max() == 0.0,
        ),
        (
            {"customer_noise": 1.0},
            lambda w: w.truth.panel["noise"].std() > 0.15,
        ),
    ],
)
def test_planted_failures_show_and_are_part_of_the_truth(failure: dict, visible: object) -> None:
    economy = Economy(firms=150, years=3, observation=Observation(**failure))
    broken = simulate(economy, seed=1)
    assert visible(broken)
    assert broken.truth.failures == failure
    assert not visible(simulate(Economy(firms=150, years=3), seed=1))


def test_a_survey_of_large_firms_leaves_small_firm_years_out() -> None:
    survey = Observation(min_employees=100)
    cut, full = (
        simulate(Economy(firms=80, years=3, observation=o), 1) for o in (survey, Observation())
    )
    rows = full.tables["firm_years"]
    assert_frame_equal(
        cut.tables["firm_years"], rows[rows["employment"] >= 100].reset_index(drop=True)
    )
    assert_frame_equal(cut.truth.panel, full.truth.panel)
    assert 0 < len(cut.tables["firm_years"]) < len(rows)


def test_sorting_on_noise_ties_links_to_productivity_shocks() -> None:
    def change(strength: float) -> float:
        seen = Observation(sorting_on_noise=strength)
        economy = Economy(firms=800, years=4, observation=seen)
        panel = simulate(economy, seed=4).truth.panel.sort_values(["firm_id", "year"])
        gain = panel.groupby("firm_id")["backward"].diff()
        before = panel.groupby("firm_id")["noise"].shift(1)
        known = gain.notna() & before.notna()
        return float(np.corrcoef(gain[known], before[known])[0, 1])

    assert change(2.0) > change(0.0) + 0.03


def test_presets_are_economies_with_a_known_effect() -> None:
    assert PRESETS["kyushu"] is KYUSHU
    assert KYUSHU.population.plant.prefecture == "43"
    assert KYUSHU.spillover == PRESETS["default"].spillover == 0.30


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Economy(firms=5), "firms = 5"),
        (lambda: Economy(population=Population(plant=Plant(opening=1999))), "plant to open"),
        (lambda: Plant(prefecture="48"), "JIS X 0401"),
        (lambda: Plant(local_share=0.6), "below region_share"),
        (lambda: Production(labour=0.7, capital=0.4), "sum below one"),
    ],
)
def test_impossible_economies_are_refused(build: object, message: str) -> None:
    with pytest.raises(SpecificationError, match=message):
        build()


def test_written_tables_have_the_same_bytes_for_the_same_seed(tmp_path: Path) -> None:
    economy = Economy(firms=60, years=3)
    first = write_tables(simulate(economy, 1), tmp_path / "a")
    second = write_tables(simulate(economy, 1), tmp_path / "b")
    assert [path.name for path in first] == [f"{name}.csv" for name in TABLES]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == sorted(p.name for p in first)


def test_written_codes_keep_their_zeros_and_missing_is_empty(tmp_path: Path) -> None:
    world = simulate(Economy(firms=60, years=3), 1)
    write_tables(world, tmp_path)
    with (tmp_path / "firms.csv").open(encoding="utf-8", newline="") as file:
        text = pd.DataFrame(csv.DictReader(file))
    assert text["prefecture"].str.len().eq(2).all()
    assert text["corporate_number"].str.len().eq(13).all()
    assert set(text.loc[text["entity_kind"] != "firm", "industry"]) == {""}


def test_the_written_truth_names_effects_and_the_plant(tmp_path: Path) -> None:
    world = simulate(dataclasses.replace(KYUSHU, firms=80), 1)
    told = json.loads(write_truth(world, tmp_path / "truth.json").read_text("utf-8"))
    assert told["effects"]["backward"] == 0.30
    assert told["plant"] == "F0080"
    assert told["seed"] == 1


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="6 files"):
        write_tables(simulate(Economy(firms=60, years=3), 1), tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_disk_that_fills_up_leaves_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = simulate(Economy(firms=60, years=3), 1)
    old = write_tables(world, tmp_path)[0].read_bytes()
    write = Path.write_text

    def full(self: Path, text: str, **options: str) -> int:
        if "supply_links" in self.name:
            raise OSError(28, "No space left on device")
        return write(self, text, **options)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="No space left"):
        write_tables(simulate(Economy(firms=60, years=3), 2), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(f"{n}.csv" for n in TABLES)
    assert (tmp_path / "firms.csv").read_bytes() == old
