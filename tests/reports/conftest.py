"""Estimates with chosen coefficients, so that every number in a table is known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.estimation.estimate import estimate, infer
from spillover.estimation.result import Estimate
from spillover.exposures.expose import expose
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.inference.cluster import Cluster
from spillover.inference.covariance import Covariance
from spillover.inference.independent import Heteroskedastic
from spillover.networks.connect import connect
from spillover.networks.supply import SupplyLinks
from spillover.numerics.solution import Effects, Solution
from spillover.productivity.index_number import SolowResidual
from spillover.productivity.measure import measure
from spillover.reports.compose import compose
from spillover.reports.disclosure import DisclosureRule
from spillover.reports.inputs import Event, Focus, Protection, ReportedModel, ReportInputs
from spillover.reports.report import Report
from spillover.reports.words import Words
from spillover.sample import Sample
from spillover.simulation.economy import Economy
from spillover.simulation.simulate import simulate
from spillover.tables.foreign import BOP_10
from spillover.tables.panel import Panel
from spillover.tables.provenance import Provenance

FIRMS, YEARS = 30, (2018, 2019, 2020)
Maker = Callable[..., Estimate]


def panel() -> Panel:
    """Thirty firms in three years; firm k lives in prefecture 1 + k mod 3."""
    rng = np.random.default_rng(7)
    rows = [
        {"firm_id": f"F{k:03d}", "year": year, "prefecture": f"{43 + k % 3}", "industry": "E"}
        for k in range(FIRMS)
        for year in YEARS
    ]
    frame = pd.DataFrame(rows)
    frame["log_tfp"] = rng.normal(size=len(frame)) + 1.0
    frame["backward"] = rng.uniform(size=len(frame))
    frame["foreign"] = (frame["firm_id"] < "F003").astype(float)
    return Panel.of(frame)


@pytest.fixture(scope="session")
def make() -> Maker:
    sample = Sample.of(panel()).where("foreign == 0", reason="foreign firms")

    def made(
        label: str = "Within firm",
        beta: dict[str, float] | None = None,
        errors: dict[str, float] | None = None,
        *,
        effects: tuple[str, ...] = ("firm_id", "industry^year"),
        outcome: str = "log_tfp",
        notes: tuple[str, ...] = (),
        warnings: tuple[str, ...] = (),
    ) -> Estimate:
        beta = beta or {"backward": 0.31, "log1p(degree)": -0.02}
        errors = errors or dict.fromkeys(beta, 0.03)
        k = len(beta)
        rows = np.arange(len(sample) - 4, dtype=np.int32)
        solution = Solution(
            names=tuple(beta),
            beta=np.array(list(beta.values())),
            psi=np.zeros((len(rows), k)),
            residuals=np.zeros(len(rows)),
            rows=rows,
            outcome=outcome,
            effects=Effects(effects, (), tuple(10 for _ in effects)),
            statistics={"r2": 0.91, "r2_within": 0.12},
            dropped=(("singleton firm_id", 4),),
            notes=notes,
        )
        matrix = np.diag([errors[name] ** 2 for name in beta])
        covariance = Covariance(matrix, "clustered by firm_id", 26.0, clusters=27)
        design = "chosen numbers"
        return Estimate(solution, covariance, sample, design, Heteroskedastic(), label, warnings)

    return made


SMALL = Economy(firms=220, years=5, spillover=0.30)


def study() -> ReportInputs:
    """A small simulated study, from tables to everything a report is composed from."""
    world = simulate(SMALL, seed=3)
    tables = world.tables
    supply = connect(tables, SupplyLinks(weight="binary"))
    foreign = Shock.of(tables.ownership, "foreign", definition=BOP_10)
    rule = Neighbors(by="mean", lag=1, isolates="missing")
    backward = expose(supply.customers(), foreign, rule, name="backward")
    tfp = measure(tables.panel, SolowResidual())
    sample = Sample.of(tables.panel, tfp, foreign, exposures=[backward], networks=[supply])
    sample = sample.where("foreign == 0", reason="foreign-owned firms")
    within = FixedEffects.formula("log_tfp ~ backward + log1p(backward_degree) | firm_id + year")
    pooled = FixedEffects.formula("log_tfp ~ backward + log1p(backward_degree)")
    main = estimate(sample, within, Cluster("firm_id"))
    models = (
        ReportedModel("Same firm", main),
        ReportedModel("Robust errors", infer(main, Heteroskedastic("HC1")), "robustness"),
        ReportedModel("Pooled", estimate(sample, pooled, Cluster("firm_id")), "naive", "Sorting."),
    )
    focus = Focus(
        regressor="backward", step=0.1, step_words="10 points more", outcome_words="productivity"
    )
    return ReportInputs(
        title="Do foreign customers help?",
        models=models,
        focus=focus,
        question="By how much?",
        words=Words(given={"backward": "Foreign customers"}),
        exposures=(backward,),
        provenance=(Provenance("firms", "firms.csv", "00" * 32, 220, 220),),
        truth=dict(world.truth.effects),
        events=(Event(year=2018, words="plant opens"),),
        manifest={"seed": 3, "versions": {"numpy": "2.0"}},
        protection=Protection(True, DisclosureRule(minimum_units=5)),
    )


@pytest.fixture(scope="session")
def inputs() -> ReportInputs:
    return study()


@pytest.fixture(scope="session")
def report(inputs) -> Report:
    return compose(inputs)


@pytest.fixture(scope="session")
def files(report) -> dict[str, bytes]:
    return report.files()


@pytest.fixture(scope="session")
def page(files) -> str:
    return files["report.html"].decode()
