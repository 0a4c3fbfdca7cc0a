"""The stages of a study: connect, measure, expose, estimate; each kept under its key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

import numpy as np

from spillover.errors import SpilloverError
from spillover.estimation.estimate import estimate, infer
from spillover.estimation.result import Estimate
from spillover.exposures.expose import expose
from spillover.exposures.exposure import Exposure
from spillover.exposures.knowledge import KnowledgePool, Pool
from spillover.exposures.linkage import Linkage
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.presence import Presence
from spillover.exposures.recenter import Recentered, recenter
from spillover.exposures.shares import Shares
from spillover.exposures.shift_share import ShiftShare, ShiftShareExposure
from spillover.exposures.shock import Shock
from spillover.inference.covariance import Covariance
from spillover.networks.connect import connect
from spillover.networks.network import Network
from spillover.networks.portfolio import PatentClasses, Portfolio, portfolio
from spillover.numerics.solution import Solution
from spillover.pipelines.codec import kinds
from spillover.pipelines.derived import adoptions, with_columns, with_measures
from spillover.pipelines.kinds import LinkageKind, ShareTable
from spillover.pipelines.plan import Plan
from spillover.pipelines.settings import ExposureSetting, Model, PresenceSetting
from spillover.pipelines.share_tables import shares_of, shifted
from spillover.pipelines.shocks import Sources, shock_of
from spillover.pipelines.study import Study
from spillover.productivity.measure import measure
from spillover.productivity.productivity import Productivity
from spillover.sample import Sample
from spillover.tables.foreign import ForeignDefinition, definition_named
from spillover.tables.panel import Panel
from spillover.tables.tables import Tables

AnyExposure: TypeAlias = Exposure | Linkage | Pool | ShiftShareExposure
"""What exposures of a study can be."""

UNKNOWN = Covariance(np.zeros((0, 0)), "", np.inf)
"""Stands in for the covariance of coefficients from the cache until it is computed."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Everything that estimates need."""

    tables: Tables
    """Validated tables."""

    networks: tuple[Network, ...]
    """Networks in the order of the study."""

    measures: tuple[Productivity, ...]
    """Measured productivity, or nothing."""

    exposures: tuple[AnyExposure, ...]
    """Exposures in the order of the study."""

    sample: Sample
    """Rows after the filters of the study."""


def prepare(plan: Plan, tables: Tables) -> Prepared:
    """Networks, productivity, exposures and the sample of a study.

    Parameters
    ----------
    plan : Plan
        A study met with its files.
    tables : Tables
        Its validated tables.
    """
    study = plan.study
    panel = with_measures(with_columns(tables.panel, study.columns), tables, study.measures)
    networks = {name: _connect(plan, tables, name) for name in study.networks}
    measures = () if study.in_the_law else _measure(plan, panel)
    foreign = _classify(plan, tables)
    sources = Sources(panel, networks, tables, foreign, definition_of(study))
    exposures = [_exposed(plan, name, sources) for name in study.exposures]
    owners = () if foreign is None else (foreign,)
    if study.in_the_law:
        measures = _measure(plan, Sample.of(panel, *owners, exposures=exposures).panel)
    carriers = (*measures, *owners, *_recentered(plan, exposures, panel))
    links = tuple(each for each in networks.values() if isinstance(each, Network))
    sample = Sample.of(panel, *carriers, exposures=exposures, networks=links)
    begun = adoptions(sample, study)
    if begun:
        sample = Sample.of(panel, *carriers, *begun, exposures=exposures, networks=links)
    for step in study.sample:
        sample = sample.where(step.where, str(step.reason) or None)
    return Prepared(tables, links, measures, tuple(exposures), sample)


def estimate_model(plan: Plan, sample: Sample, model: Model) -> Estimate:
    """One column of the results.

    Parameters
    ----------
    plan : Plan
        A study met with its files.
    sample : Sample
        Rows after the filters of the study.
    model : Model
        The column.
    """
    plan.tell("estimate", str(model.label))
    with about(f"Model {str(model.label)!r}"):
        return _estimate(plan, sample, model)


@contextmanager
def about(what: str) -> Iterator[None]:
    """Errors with the entry of the study that they are about."""
    try:
        yield
    except SpilloverError as error:
        words = f"{what}: {error.expected[:1].lower()}{error.expected[1:]}"
        raise type(error)(words, error.found, error.action) from error


def _estimate(plan: Plan, sample: Sample, model: Model) -> Estimate:
    rows = sample if model.where is None else sample.where(model.where)
    vcov, label = seeded(model.vcov, plan.study.seed), str(model.label)
    fresh: list[Estimate] = []

    def solve() -> Solution:
        fresh.append(estimate(rows, model.design, vcov, label))
        return fresh[0].solution

    def meet(solution: Solution) -> Covariance:
        blank = Estimate(solution, UNKNOWN, rows, model.design, vcov, label)
        return (fresh[0] if fresh else infer(blank, vcov)).covariance

    solution = plan.cache.recall(plan.solution_key(model), kinds(Solution), solve)
    found = plan.cache.recall(plan.covariance_key(model), kinds(Covariance), lambda: meet(solution))
    return Estimate(solution, found, rows, model.design, vcov, label, found.warnings)


def seeded(spec: Any, seed: int) -> Any:  # noqa: ANN401 - any specification
    """The specification with the seed of the study, unless it names a seed of its own."""
    drawn = [f for f in fields(spec) if f.name == "seed" and spec.seed == f.default]
    return replace(spec, seed=seed) if drawn else spec


def _connect(plan: Plan, tables: Tables, name: str) -> Network | Portfolio | Shares:
    plan.tell("connect", name)
    spec = plan.study.networks[name]
    if isinstance(spec, PatentClasses):
        return portfolio(tables, spec)
    if isinstance(spec, ShareTable):
        return shares_of(plan, spec)
    return plan.cache.recall(
        plan.network_key(name), kinds(Network), lambda: connect(tables, spec, name)
    )


def _measure(plan: Plan, panel: Panel) -> tuple[Productivity, ...]:
    spec = plan.study.productivity
    if spec is None:
        return ()
    plan.tell("measure", "log_tfp")
    with about("Productivity"):
        kept = plan.cache.recall(
            plan.productivity_key(),
            kinds(Productivity),
            lambda: _fields(measure(panel, spec), without=("panel", "spec")),
        )
    return (Productivity(panel=panel, spec=spec, **kept),)


def _classify(plan: Plan, tables: Tables) -> Shock | None:
    definition = definition_of(plan.study)
    if definition is None:
        return None
    with about("Foreign firms"):
        return plan.cache.recall(
            plan.foreign_key(),
            kinds(Shock, ForeignDefinition),
            lambda: Shock.of(tables.ownership, "foreign", definition=definition),
        )


def definition_of(study: Study) -> ForeignDefinition | None:
    """What makes a firm foreign in a study; ``None`` when it does not say."""
    chosen = study.foreign
    return definition_named(chosen) if isinstance(chosen, str) else chosen


def _exposed(plan: Plan, name: str, sources: Sources) -> AnyExposure:
    with about(f"Exposure {name!r}"):
        return _expose(plan, name, plan.study.exposures[name], sources)


def _expose(plan: Plan, name: str, setting: ExposureSetting, sources: Sources) -> AnyExposure:
    plan.tell("expose", name)
    base, _, turn = setting.network.partition(".")
    network: Any = sources.networks[base]
    if isinstance(setting.spec, ShiftShare):
        return shifted(plan, setting, sources, _turned(network, turn), name)
    shock = shock_of(setting, sources)
    if isinstance(network, Portfolio) or isinstance(setting.spec, KnowledgePool):
        return _pool(network, shock, setting.spec, name)
    network = _turned(network, turn)
    if isinstance(setting.spec, LinkageKind):
        how = setting.presence or PresenceSetting()
        presence = Presence.of(
            sources.panel,
            shock,
            how.weight,
            industry=how.industry,
            group=how.group,
            exports=how.exports,
        )
        return setting.spec.carry(network, presence, name)
    return _carried(plan, name, (network, shock), setting.spec)


def _turned(network: Any, turn: str) -> Any:  # noqa: ANN401 - links or shares
    """Links as rows listen to them; shares and links that are alike both ways stay."""
    if not turn:
        return network
    return network.customers() if turn == "customers" else network.suppliers()


def _pool(portfolio: Any, shock: Shock, spec: Any, name: str) -> Pool:  # noqa: ANN401 - the study checked both
    made: Pool = spec.carry(portfolio, shock, name)
    return made


def _carried(plan: Plan, name: str, parts: tuple[Network, Shock], spec: Neighbors) -> Exposure:
    network, shock = parts
    given = ("network", "shock", "spec")
    kept = plan.cache.recall(
        plan.exposure_key(name),
        {},
        lambda: _fields(expose(network, shock, spec, name), without=given),
    )
    return Exposure(network=network, shock=shock, spec=spec, **kept)


def _recentered(plan: Plan, exposures: list[AnyExposure], panel: Panel) -> list[Recentered]:
    """Exposures whose shock might have fallen otherwise, relative to what could be expected."""
    found = []
    for exposure in exposures:
        rule = plan.study.exposures[exposure.name].recenter
        if rule is not None and isinstance(exposure, Exposure):
            chance = None if rule.chance is None else Shock.of(panel, rule.chance)
            found.append(recenter(exposure, seeded(rule, plan.study.seed), chance))
    return found


def _fields(value: Any, without: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401 - a dataclass
    """The fields of a value that are not known from elsewhere."""
    names = [f.name for f in fields(value) if f.init and f.name not in without]
    return {name: getattr(value, name) for name in names}
