"""Honest intervals of event studies: what they ask of a design, and what their breakdown means."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from spillover.designs.callaway_santanna import CallawaySantAnna
from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.imputation import Imputation
from spillover.designs.sun_abraham import SunAbraham
from spillover.errors import IdentificationError, SpecificationError, UnknownNameError
from spillover.estimation.estimate import estimate
from spillover.estimation.honest import honest_intervals
from spillover.estimation.result import Estimate
from spillover.inference.cluster import Cluster
from spillover.sample import Sample
from spillover.tables.panel import Panel


def fitted(design: object = None, effect: float = 1.0, trend: float = 0.0) -> Estimate:
    """Firms treated in 2004 or never; treated ones also drift apart by a trend."""
    rng = np.random.default_rng(8)
    firm, year = np.repeat(np.arange(80), 8), 2000 + np.tile(np.arange(8), 80)
    cohort = np.where(firm % 2, 2004, 0)
    treated = (cohort > 0) & (year >= cohort)
    y = effect * treated + trend * (cohort > 0) * (year - 2000) + 0.2 * rng.normal(size=len(firm))
    frame = pd.DataFrame({"firm_id": firm.astype(str), "year": year, "cohort": cohort, "y": y})
    chosen = design or CallawaySantAnna("y", cohort="cohort")
    return estimate(Sample.of(Panel.of(frame)), chosen, Cluster("firm_id"))


@pytest.mark.parametrize("term", ["average", "event=0", "event=3"])
@pytest.mark.parametrize("design", [CallawaySantAnna, SunAbraham])
def test_without_violations_it_is_the_interval_of_the_estimate(design, term: str) -> None:
    fit = fitted(design("y", cohort="cohort"))
    found = honest_intervals(fit, term)
    assert found.estimate == pytest.approx(fit.beta[fit.names.index(term)], rel=1e-9)
    assert found.table.loc[0.0].tolist() == pytest.approx(fit.confint().loc[term].tolist())
    assert found.steps == 3


def test_the_bias_of_an_average_adds_up_the_steps_before_each_year() -> None:
    """With a straight trend the interval at one is centred where the trend is taken away or added:
    the average of 1, 2, 3 and 4 steps is 2.5."""
    fit = fitted(trend=50.0)
    widest = honest_intervals(fit, magnitudes=(1.0,)).table.loc[1.0]
    assert widest["low"] == pytest.approx(fit.beta[-1] - 2.5 * 50.0, abs=1.0)
    assert widest["high"] == pytest.approx(fit.beta[-1] + 2.5 * 50.0, abs=1.0)
    alone = honest_intervals(fit, "event=2", (2.0,)).table.loc[2.0]
    assert alone["low"] == pytest.approx(fit.beta[fit.names.index("event=2")] - 300.0, abs=2.0)


def test_the_interval_at_the_breakdown_begins_to_hold_zero() -> None:
    found = honest_intervals(fitted(effect=1.0, trend=0.1))
    assert 0.2 < found.breakdown < 10.0
    ends = honest_intervals(
        fitted(effect=1.0, trend=0.1), magnitudes=(found.breakdown - 0.002, found.breakdown)
    ).table
    assert ends["low"].iloc[0] > 0.0 >= ends["low"].iloc[1]


def test_an_effect_that_is_not_clear_breaks_down_at_once_and_a_huge_one_never() -> None:
    assert honest_intervals(fitted(effect=0.0)).breakdown == 0.0
    assert honest_intervals(fitted(effect=100.0)).breakdown == np.inf


def test_years_of_anticipation_belong_to_the_path() -> None:
    fit = fitted(CallawaySantAnna("y", cohort="cohort", anticipation=1), trend=5.0)
    alone = honest_intervals(fit, "event=0", (1.0,)).table.loc[1.0]
    assert alone["low"] == pytest.approx(fit.beta[fit.names.index("event=0")] - 10.0, abs=0.5)


@pytest.mark.parametrize(
    ("design", "error"),
    [
        (CallawaySantAnna("y", cohort="cohort", base="varying"), SpecificationError),
        (CallawaySantAnna("y", cohort="cohort", aggregate="simple"), SpecificationError),
        (FixedEffects.formula("y ~ cohort | year"), SpecificationError),
        (Imputation("y", cohort="cohort"), IdentificationError),
    ],
)
def test_designs_without_a_path_before_treatment_are_refused(design, error) -> None:
    with pytest.raises(error):
        honest_intervals(fitted(design))


def test_a_gap_between_event_times_and_other_terms_are_refused() -> None:
    fit = fitted()
    rows = fit.sample.panel.frame
    short = replace(fit.sample, rows=fit.sample.rows[(rows["year"] != 2002)[fit.sample.rows]])
    with pytest.raises(IdentificationError, match="gap"):
        honest_intervals(estimate(short, fit.design, Cluster("firm_id")))
    with pytest.raises(UnknownNameError):
        honest_intervals(fit, "event=-2")
    with pytest.raises(SpecificationError, match="zero or more"):
        honest_intervals(fit, magnitudes=(-1.0,))


def test_panels_that_skip_a_year_are_refused_although_event_times_have_no_gap() -> None:
    """The base of the cohort of 2003 would be two years away, and that of 2005 one."""
    rows = fitted().sample.panel.frame
    firm = rows["firm_id"].astype(int)
    mixed = rows.assign(cohort=np.array([0, 2003, 2005])[firm % 3])[rows["year"] != 2002]
    fit = estimate(
        Sample.of(Panel.of(mixed)), CallawaySantAnna("y", cohort="cohort"), Cluster("firm_id")
    )
    with pytest.raises(IdentificationError, match="no rows of 2002"):
        honest_intervals(fit)


def test_a_level_that_is_a_percentage_is_refused_as_it_was_written() -> None:
    with pytest.raises(SpecificationError, match="95"):
        honest_intervals(fitted(), level=95)
