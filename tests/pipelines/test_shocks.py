"""What a study can say beside the shock: investors, expressions on owners, luck, measures."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spillover as sp
from spillover.errors import SpecificationError, UnknownNameError
from spillover.exposures.assignment import Assignment
from spillover.exposures.inventory import PerpetualInventory
from spillover.exposures.linkages import Horizontal
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.origins import split
from spillover.pipelines.cache import Cache
from spillover.pipelines.plan import Plan
from spillover.pipelines.read import inputs_of, read_tables
from spillover.pipelines.settings import ExposureSetting, Model
from spillover.pipelines.stages import Prepared, prepare
from spillover.pipelines.toml import study_from, study_text
from spillover.tables.patent_output import PatentOutput

RULE = Neighbors(lag=1, isolates="missing")
MODEL = Model(
    label="a",
    design=sp.FixedEffects.formula("log_tfp ~ backward | firm_id"),
    vcov=sp.Cluster("firm_id"),
)


def plan_of(study: sp.Study) -> Plan:
    return Plan(study, inputs_of(study), Cache())


def prepared(study: sp.Study) -> Prepared:
    plan = plan_of(study)
    return prepare(plan, read_tables(plan))


def setting(**fields: Any) -> ExposureSetting:
    return ExposureSetting(
        network="supply.customers", **{"shock": "foreign", "spec": RULE} | fields
    )


@pytest.fixture
def study(folder: Path) -> sp.Study:
    return sp.load_study(folder)


def countries(study: sp.Study) -> list[str]:
    tables = sp.read(Path(study.folder) / "data")
    return sorted(split(tables.ownership, sp.BOP_10))


def with_exposures(study: sp.Study, **settings: ExposureSetting) -> sp.Study:
    return replace(study, exposures={**study.exposures, **settings})


def test_exposures_to_parts_of_the_investors_add_up_to_the_whole(study: sp.Study) -> None:
    known = countries(study)
    first, rest = tuple(known[:3]), tuple(known[3:])
    found = prepared(
        with_exposures(
            study,
            near=setting(investors={"owner_country": first}),
            other=setting(investors={"owner_country": rest}),
        )
    ).sample.panel
    total = found.numbers("near") + found.numbers("other")
    assert np.allclose(total, found.numbers("backward"), equal_nan=True)
    assert np.nansum(found.numbers("near")) > 0
    assert np.nansum(found.numbers("other")) > 0


def test_an_investor_has_every_attribute_that_is_listed(study: sp.Study) -> None:
    known = tuple(countries(study))
    found = prepared(
        with_exposures(
            study,
            all=setting(investors={"owner_country": known}),
            both=setting(
                investors={"owner_country": known, "entry_mode": ("acquisition", "greenfield")}
            ),
        )
    ).sample.panel
    assert np.all(np.nan_to_num(found.numbers("both")) <= np.nan_to_num(found.numbers("all")))
    assert 0 < np.nansum(found.numbers("both")) < np.nansum(found.numbers("all"))


def test_an_investor_that_nobody_has_is_refused(study: sp.Study) -> None:
    wrong = with_exposures(study, near=setting(investors={"owner_country": ("ATL",)}))
    with pytest.raises(UnknownNameError, match="ATL"):
        prepared(wrong)


def test_shocks_may_be_expressions_with_the_owners(study: sp.Study) -> None:
    found = prepared(
        with_exposures(
            study,
            home=setting(shock="1 - foreign"),
            stakes=setting(shock="foreign_share"),
            rule=setting(shock="foreign_share * 1"),
        )
    ).sample.panel
    whole = found.numbers("home") + found.numbers("backward")
    assert np.allclose(whole[~np.isnan(whole)], 1.0)
    assert np.allclose(found.numbers("stakes"), found.numbers("rule"), equal_nan=True)


def test_recentring_brings_what_the_verb_brings(study: sp.Study) -> None:
    rule = Assignment(within=("industry",))
    done = prepared(with_exposures(study, lucky=setting(recenter=rule)))
    (lucky,) = [e for e in done.exposures if e.name == "lucky"]
    expected = sp.recenter(lucky, rule).columns(done.sample.panel)
    for name, values in expected.items():
        assert np.allclose(done.sample.panel.numbers(name), values, equal_nan=True)
    assert np.nanmax(np.abs(done.sample.panel.numbers("lucky_recentered"))) > 0.0


def test_models_with_an_expectation_wait_for_its_rule(study: sp.Study) -> None:
    def key(within: str) -> str:
        rule = Assignment(within=(within,))
        changed = with_exposures(study, backward=setting(recenter=rule))
        return plan_of(changed).solution_key(changed.models[0])

    assert key("industry") != key("prefecture")


def test_measures_become_columns_that_shocks_may_name(study: sp.Study) -> None:
    measures = {
        "alone": PatentOutput(filed="alone"),
        "rd_stock_2": PerpetualInventory("rd_expenditure"),
    }
    peers = setting(shock="foreign * rd_stock_2", spec=Neighbors(by="sum", isolates="zero"))
    changed = replace(with_exposures(study, peers=peers), measures=measures)
    panel = prepared(changed).sample.panel
    assert panel.numbers("alone").sum() > 0
    assert np.nansum(panel.numbers("peers")) > 0
    flows, stocks = panel.numbers("rd_expenditure"), panel.numbers("rd_stock_2")
    moved = 0.85 * panel.lag(stocks) + flows
    known = ~np.isnan(moved)
    assert np.allclose(stocks[known], moved[known])


def test_a_measure_never_replaces_a_column(study: sp.Study) -> None:
    wrong = replace(study, measures={"sales": PatentOutput()})
    with pytest.raises(SpecificationError, match=r"measures.sales"):
        prepared(wrong)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: setting(shock="sales", investors={"owner_country": ("USA",)}), "investors"),
        (lambda: setting(investors={"owner_country": ()}), "investors"),
        (lambda: setting(spec=Horizontal(), recenter=Assignment(within=())), "recenter"),
        (lambda: replace(MODEL, tests=("a = b = c",)), "restriction"),
    ],
)
def test_settings_that_mean_nothing_are_refused(build: Any, message: str) -> None:
    with pytest.raises(SpecificationError, match=message):
        build()


def test_investors_need_a_definition_of_foreign_firms(data: dict[str, Any]) -> None:
    del data["foreign"]
    data["exposures"]["backward"]["investors"] = {"owner_country": ["USA"]}
    with pytest.raises(SpecificationError, match="definition of foreign firms"):
        study_from(data)


def test_new_entries_come_back_from_a_file(study: sp.Study) -> None:
    rich = replace(
        with_exposures(
            study,
            lucky=setting(
                investors={"owner_country": ("USA",)}, recenter=Assignment(within=("industry",))
            ),
        ),
        measures={"alone": PatentOutput(filed="alone")},
        models=tuple(replace(m, term="backward", tests=("backward = 0",)) for m in study.models),
    )
    import tomllib

    assert study_from(tomllib.loads(study_text(rich))) == rich
    assert json.dumps(tomllib.loads(study_text(rich)))
