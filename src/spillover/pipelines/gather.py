"""The stage after the estimates: evidence that a study asks for, each kept under its key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from spillover.estimation.balance import Balance, exposure_balance
from spillover.estimation.caps import CapSensitivity, cap_sensitivity, deletion_sensitivity
from spillover.estimation.placebo import Placebos, placebo_ladder
from spillover.estimation.randomization_plan import RandomizationPlan, plan_randomization
from spillover.estimation.randomize import Randomization, randomize
from spillover.estimation.result import Estimate
from spillover.estimation.shift_share import shock_balance
from spillover.exposures.assignment import Assignment
from spillover.exposures.shift_share import ShiftShare
from spillover.exposures.shock import Shock
from spillover.networks.rewiring import Rewiring
from spillover.pipelines.codec import Kinds, kinds
from spillover.pipelines.evidence import (
    BalanceTest,
    LinkSensitivity,
    PlaceboTest,
    RandomizationTest,
)
from spillover.pipelines.plan import Plan
from spillover.pipelines.stages import about, seeded
from spillover.reports.balance import ShockBalance
from spillover.reports.robustness import LinkDeletion


def gather(plan: Plan, estimates: Sequence[Estimate]) -> dict[str, tuple[Any, ...]]:
    """Evidence by the label of its model, in the order of the study.

    Parameters
    ----------
    plan : Plan
        A study met with its files.
    estimates : sequence of Estimate
        Its results, in the order of its models.
    """
    study = plan.study
    fits = {str(m.label): fit for m, fit in zip(study.models, estimates, strict=True)}
    found: dict[str, tuple[Any, ...]] = dict.fromkeys(fits, ())
    for number, item in enumerate(study.evidence):
        model = study.model_of(item)
        plan.tell(*plan.evidence_step(number))
        with about(f"Model {str(model.label)!r}"):
            results = _GATHERED[type(item)](plan, number, fits[str(model.label)])
        found[str(model.label)] += results
    return found


def _randomized(plan: Plan, number: int, fit: Estimate) -> tuple[Any, ...]:
    item: Any = plan.study.evidence[number]
    rule = seeded(item.rule, plan.study.seed)

    def compute() -> list[Any]:
        """The cost is worked out before the draws begin."""
        cost = plan_randomization(fit, item.exposure, rule, statistic=item.statistic)
        how = {"statistic": item.statistic, "focal": item.focal}
        return [randomize(fit, item.exposure, rule, item.level, **how), cost]

    known = kinds(Randomization, RandomizationPlan, Assignment, Rewiring)
    return tuple(plan.cache.recall(plan.evidence_key(number), known, compute))


def _placebos(plan: Plan, number: int, fit: Estimate) -> tuple[Any, ...]:
    item: Any = plan.study.evidence[number]
    rewiring = seeded(item.ladder.rewiring, plan.study.seed)
    ladder = replace(item.ladder, rewiring=rewiring)

    def compute() -> pd.DataFrame:
        size = None if item.size is None else Shock.of(fit.sample.panel, item.size)
        return placebo_ladder(fit, item.exposure, ladder, size=size).table

    return (Placebos(item.exposure, _table(plan, number, "ladder", compute), {}),)


def _balanced(plan: Plan, number: int, fit: Estimate) -> tuple[Any, ...]:
    item: Any = plan.study.evidence[number]
    setting = plan.study.exposures[item.exposure]
    if isinstance(setting.spec, ShiftShare):
        table = partial(shock_balance, fit, item.exposure, item.covariates, item.cluster)
        return (ShockBalance(item.exposure, _table(plan, number, "", table)),)
    rule = item.rule or setting.recenter
    seed = None if rule is None else seeded(rule, plan.study.seed)
    compute = partial(exposure_balance, fit, item.exposure, item.covariates, seed)
    return (plan.cache.recall(plan.evidence_key(number), kinds(Balance), compute),)


def _sensitivity(plan: Plan, number: int, fit: Estimate) -> tuple[Any, ...]:
    item = seeded(plan.study.evidence[number], plan.study.seed)
    term, how = item.exposure, {"draws": item.draws, "seed": item.seed}
    found: list[Any] = []
    if item.caps:
        found.append(_cut(plan, number, partial(cap_sensitivity, fit, term, item.caps, **how)))
    if item.lost:
        lost = partial(deletion_sensitivity, fit, term, item.lost, **how)
        found.append(LinkDeletion(term, _table(plan, number, "lost", lost)))
    return tuple(found)


def _cut(plan: Plan, number: int, compute: Callable[[], CapSensitivity]) -> CapSensitivity:
    """Shorter lists from the cache, or computed and kept; files keep no index of a table."""

    def flat() -> CapSensitivity:
        cut = compute()
        return replace(cut, table=cut.table.reset_index())

    cut = plan.cache.recall(plan.evidence_key(number, "caps"), kinds(CapSensitivity), flat)
    return replace(cut, table=cut.table.set_index("cap"))


def _table(plan: Plan, number: int, part: str, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """A table from the cache, or computed and kept."""
    key, known = plan.evidence_key(number, part), _NO_TYPES
    flat: pd.DataFrame = plan.cache.recall(key, known, lambda: compute().reset_index())
    return flat.set_index(flat.columns[0])


_NO_TYPES: Kinds = {}
"""Tables hold no types of their own."""

_GATHERED: Mapping[type[Any], Callable[[Plan, int, Estimate], tuple[Any, ...]]] = {
    RandomizationTest: _randomized,
    PlaceboTest: _placebos,
    LinkSensitivity: _sensitivity,
    BalanceTest: _balanced,
}
