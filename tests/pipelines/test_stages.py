"""From tables to estimates: what a study says is what the verbs do."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spillover as sp
from spillover.errors import DataError, SpecificationError
from spillover.pipelines.cache import Cache
from spillover.pipelines.plan import Plan
from spillover.pipelines.read import inputs_of, read_tables
from spillover.pipelines.settings import ExposureSetting, Filter, PresenceSetting
from spillover.pipelines.stages import estimate_model, prepare, seeded
from spillover.productivity.levinsohn_petrin import LevinsohnPetrin

LEVINSOHN_PETRIN = LevinsohnPetrin(
    output="value_added",
    concept="value_added",
    free=("employment",),
    state=("capital",),
    proxy=("materials",),
    degree=1,
)


def plan_of(study: sp.Study, cache: Cache | None = None) -> Plan:
    return Plan(study, inputs_of(study), cache or Cache())


def estimates(study: sp.Study, cache: Cache | None = None) -> dict[str, sp.Estimate]:
    plan = plan_of(study, cache)
    prepared = prepare(plan, read_tables(plan))
    return {m.label: estimate_model(plan, prepared.sample, m) for m in study.models}


@pytest.fixture
def study(folder: Path) -> sp.Study:
    return sp.load_study(folder)


def test_a_study_gives_the_numbers_of_the_program_it_writes_down(study: sp.Study) -> None:
    tables = sp.read(Path(study.folder) / "data")
    supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
    foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)
    rule = sp.Neighbors(lag=1, isolates="missing")
    backward = sp.expose(supply.customers(), foreign, rule, name="backward")
    tfp = sp.measure(tables.panel, sp.SolowResidual())
    sample = sp.Sample.of(tables.panel, tfp, foreign, exposures=[backward], networks=[supply])
    sample = sample.where("foreign == 0")
    design = sp.FixedEffects.formula("log_tfp ~ backward | firm_id + year")
    by_hand = sp.estimate(sample, design, sp.Cluster("firm_id") | sp.Cluster("industry^year"))
    found = estimates(study)["Within firm"]
    assert np.array_equal(found.tidy().to_numpy(), by_hand.tidy().to_numpy())
    assert found.losses[1].reason == "foreign-owned firms"


def test_estimates_from_the_cache_are_those_that_were_computed(
    study: sp.Study, tmp_path: Path
) -> None:
    cache = Cache(tmp_path / "cache")
    first, second = estimates(study, cache), estimates(study, cache)
    for label, estimate in first.items():
        assert np.array_equal(estimate.tidy().to_numpy(), second[label].tidy().to_numpy())
        assert estimate.summary() == second[label].summary()
        again = sp.infer(second[label], sp.Cluster("firm_id"))
        assert np.all(again.std_errors > 0)


def changed(study: sp.Study, **fields: Any) -> sp.Study:
    return replace(study, **fields)


def recomputed(old: sp.Study, new: sp.Study) -> set[str]:
    before, after = plan_of(old), plan_of(new)
    stages = {
        "tables": lambda plan: plan.tables_key(),
        "supply": lambda plan: plan.network_key("supply"),
        "copatent": lambda plan: plan.network_key("copatent"),
        "productivity": lambda plan: plan.productivity_key(),
        "backward": lambda plan: plan.exposure_key("backward"),
        "solution": lambda plan: plan.solution_key(plan.study.models[0]),
        "covariance": lambda plan: plan.covariance_key(plan.study.models[0]),
        "report": lambda plan: plan.report_key(),
    }
    return {name for name, key in stages.items() if key(before) != key(after)}


def test_only_what_depends_on_a_change_runs_again(study: sp.Study) -> None:
    backward = study.exposures["backward"]
    later = replace(backward, spec=replace(backward.spec, lag=2))
    other = {"copatent": sp.JointPatents(window=3), "supply": study.networks["supply"]}
    valued = {**study.networks, "supply": sp.SupplyLinks(weight="value")}
    model = replace(study.models[0], vcov=sp.Cluster("firm_id"))
    added = {**study.exposures, "forward": replace(backward, network="supply.suppliers")}
    below = {"solution", "covariance", "report"}
    assert recomputed(study, study) == set()
    assert recomputed(study, changed(study, title="Another")) == {"report"}
    assert recomputed(study, changed(study, exposures=added)) == {"report"}
    assert recomputed(study, changed(study, networks=other)) == {"copatent", "report"}
    assert recomputed(study, changed(study, exposures={"backward": later})) == {"backward", *below}
    assert recomputed(study, changed(study, networks=valued)) == {"supply", "backward", *below}
    assert recomputed(study, changed(study, models=(model, study.models[1]))) == {
        "covariance",
        "report",
    }
    filters = (*study.sample, Filter(where="year > 2016"))
    assert recomputed(study, changed(study, sample=filters)) == below


def test_a_change_of_one_byte_in_a_table_runs_everything_again(study: sp.Study) -> None:
    before = plan_of(study)
    with (Path(study.folder) / "data" / "firm_years.csv").open("a") as file:
        file.write("\n")
    assert plan_of(study).keys() != before.keys()
    assert set(plan_of(study).keys()) & set(before.keys()) == set()


def test_derived_columns_build_on_each_other(study: sp.Study) -> None:
    columns = {"log_output": "log(value_added)", "growth": "diff(log_output)"}
    plan = plan_of(changed(study, columns=columns))
    panel = prepare(plan, read_tables(plan)).sample.panel
    expected = panel.diff(np.log(panel.numbers("value_added")))
    assert np.allclose(panel.numbers("growth"), expected, equal_nan=True)


def test_a_derived_column_never_replaces_one_of_the_tables(study: sp.Study) -> None:
    plan = plan_of(changed(study, columns={"sales": "log(value_added)"}))
    with pytest.raises(SpecificationError, match=r"columns\.sales: expected a new name"):
        prepare(plan, read_tables(plan))


def test_a_shock_can_be_an_expression_on_the_panel(study: sp.Study) -> None:
    spec = study.exposures["backward"].spec
    setting = ExposureSetting(network="supply.suppliers", shock="log1p(rd_expenditure)", spec=spec)
    plan = plan_of(changed(study, exposures={**study.exposures, "rd": setting}))
    prepared = prepare(plan, read_tables(plan))
    tables = sp.read(Path(study.folder) / "data")
    shock = sp.Shock.of(tables.panel, "log1p(rd_expenditure)")
    supply = sp.connect(tables, sp.SupplyLinks(weight="binary"))
    by_hand = sp.expose(supply.suppliers(), shock, spec, name="rd")
    assert np.array_equal(prepared.exposures[1].values, by_hand.values, equal_nan=True)


def test_the_share_of_foreign_owners_is_a_shock_as_well(study: sp.Study) -> None:
    setting = replace(study.exposures["backward"], shock="foreign_share")
    plan = plan_of(changed(study, exposures={**study.exposures, "share": setting}))
    backward, share = prepare(plan, read_tables(plan)).exposures
    known = ~np.isnan(share.values) & ~np.isnan(backward.values)
    assert np.all(share.values[known] <= 1)
    assert np.any(share.values[known] != backward.values[known])


def test_tables_may_have_other_names_and_be_listed_one_by_one(study: sp.Study) -> None:
    folder = Path(study.folder)
    names = ("firms", "firm_years", "supply_links", "ownership", "patents", "applicants")
    (folder / "data" / "firms.csv").rename(folder / "register.csv")
    listed = {name: f"data/{name}.csv" for name in names} | {"firms": "register.csv"}
    moved = estimates(changed(study, tables=listed))
    shutil.copy(folder / "register.csv", folder / "data" / "firms.csv")
    assert np.array_equal(
        moved["Pooled"].tidy().to_numpy(), estimates(study)["Pooled"].tidy().to_numpy()
    )


def test_a_file_that_changes_while_it_is_read_is_refused(study: sp.Study) -> None:
    plan = plan_of(study)
    with (Path(study.folder) / "data" / "firms.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(DataError, match=r"firms\.csv changed"):
        read_tables(plan)


def test_the_seed_of_the_study_is_that_of_specifications_without_their_own() -> None:
    assert seeded(sp.WildCluster("firm_id"), 7).seed == 7
    assert seeded(sp.WildCluster("firm_id", seed=3), 7).seed == 3
    assert seeded(sp.Cluster("firm_id"), 7) == sp.Cluster("firm_id")


def test_checking_counts_the_rows_that_a_run_uses(study: sp.Study) -> None:
    found = sp.check(study)
    used = {label: estimate.nobs for label, estimate in estimates(study).items()}
    assert {model.label: model.rows for model in found.models} == used
    assert found.flow[1].reason == "foreign-owned firms"
    assert "Within firm" in found.text()
    assert sorted(path.name for path in Path(study.folder).iterdir()) == [
        "data",
        "study.toml",
        "truth.json",
    ]


def flows(tables: sp.Tables) -> str:
    """An input-output table in which every industry buys from every other."""
    industries = sorted(tables.firms["industry"].dropna().unique())
    rows = [
        f"io,2015,{a},{b},{10 + 3 * i + j},industry,industry"
        for i, a in enumerate(industries)
        for j, b in enumerate(industries)
    ]
    rows += [f"io,2015,{a},F,50,industry,final_demand" for a in industries]
    return "\n".join(["table_id,year,from_code,to_code,flow,from_kind,to_kind", *rows]) + "\n"


def test_sector_measures_carry_presence_between_industries(study: sp.Study) -> None:
    folder = Path(study.folder) / "data"
    (folder / "industry_flows.csv").write_text(flows(sp.read(folder)))
    setting = ExposureSetting(
        network="io",
        shock="foreign",
        spec=sp.Backward(),
        presence=PresenceSetting(weight="employment"),
    )
    networks = {**study.networks, "io": sp.IndustryFlows(origin="total")}
    exposures = {**study.exposures, "sector": setting}
    plan = plan_of(changed(study, networks=networks, exposures=exposures))
    found = prepare(plan, read_tables(plan)).sample.panel.numbers("sector")
    tables = sp.read(folder)
    foreign = sp.Shock.of(tables.ownership, "foreign", definition=sp.BOP_10)
    presence = sp.Presence.of(tables.panel, foreign, "employment")
    io = sp.connect(tables, sp.IndustryFlows(origin="total"), name="io")
    by_hand = sp.Backward().carry(io, presence, "sector").columns(tables.panel)["sector"]
    assert np.array_equal(found, by_hand, equal_nan=True)
    assert np.nanstd(found) > 0


def test_presence_is_refused_where_partners_are_firms(study: sp.Study) -> None:
    with pytest.raises(SpecificationError, match="beside a sector measure only"):
        replace(study.exposures["backward"], presence=PresenceSetting())


def test_the_first_stage_of_estimated_productivity_survives_the_cache(
    study: sp.Study, tmp_path: Path
) -> None:
    estimated = changed(study, productivity=LEVINSOHN_PETRIN)
    cache = Cache(tmp_path / "cache")
    computed, recalled = estimates(estimated, cache), estimates(estimated, cache)
    for label, estimate in computed.items():
        by_hand = sp.estimate(estimate.sample, estimate.design, estimate.vcov)
        assert np.array_equal(recalled[label].std_errors, by_hand.std_errors)
        ignored = sp.estimate(estimate.sample, estimate.design, estimate.vcov, first_stage="ignore")
        assert not np.allclose(by_hand.std_errors, ignored.std_errors, rtol=1e-6)


@pytest.mark.parametrize("content", ["{", '{"effects": 3}', '{"effects": {"a": "b"}}', "[]"])
def test_planted_effects_that_cannot_be_read_are_an_error_of_the_data(
    study: sp.Study, content: str
) -> None:
    from spillover.pipelines.compose import planted

    (Path(study.folder) / "truth.json").write_text(content)
    with pytest.raises(DataError, match=r"truth\.json"):
        planted(study)
