"""Three estimators of staggered adoption: identities, plain loops, influence and refusals."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.designs.averages import Cells, averages
from spillover.designs.callaway_santanna import CallawaySantAnna
from spillover.designs.design import Design
from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.imputation import Imputation
from spillover.designs.sun_abraham import SunAbraham
from spillover.errors import (
    DataError,
    IdentificationError,
    SpecificationError,
    SpilloverError,
)
from spillover.estimation.estimate import estimate, infer
from spillover.estimation.hypotheses import simultaneous
from spillover.estimation.result import Estimate
from spillover.inference.cluster import Cluster
from spillover.inference.independent import Heteroskedastic
from spillover.inference.spatial import Conley
from spillover.numerics.comparisons import compare
from spillover.sample import Sample
from spillover.tables.panel import Panel

DESIGNS = (CallawaySantAnna, SunAbraham, Imputation)
PLAIN = Cluster("firm_id", small_sample="none")


def frame_of(
    seed: int, cohorts: tuple[int, ...] = (0, 2003, 2005), firms: int = 24, years: int = 7
) -> pd.DataFrame:
    """A balanced panel in which effects grow with time and differ by cohort."""
    rng = np.random.default_rng(seed)
    firm, year = np.repeat(np.arange(firms), years), 2000 + np.tile(np.arange(years), firms)
    cohort = np.array(cohorts)[firm % len(cohorts)]
    since = np.where((cohort > 0) & (year >= cohort), year - cohort + 1.0, 0.0)
    x = rng.normal(size=len(firm)) + 0.2 * (cohort > 0)
    y = 0.1 * firm + 0.3 * (year - 2000) ** 1.5 + since * (1 + (cohort == 2005)) + 0.5 * x
    return pd.DataFrame(
        {
            "firm_id": [f"F{code:03d}" for code in firm],
            "year": year,
            "cohort": cohort,
            "x": x,
            "y": y + rng.normal(size=len(firm)),
        }
    )


def sample_of(frame: pd.DataFrame) -> Sample:
    return Sample.of(Panel.of(frame))


def values(design: Any, frame: pd.DataFrame) -> dict[str, float]:
    solution = design.solve(sample_of(frame))
    return dict(zip(solution.names, solution.beta, strict=True))


def by_loop(frame: pd.DataFrame, g: int, t: int, base: int, controls: set[int]) -> float:
    """Mean change of a cohort minus mean change of others, one firm at a time."""
    changes: dict[bool, list[float]] = {True: [], False: []}
    for _, rows in frame.groupby("firm_id"):
        by_year = rows.set_index("year")
        if t not in by_year.index or base not in by_year.index:
            continue
        own = int(by_year["cohort"].iloc[0])
        if own == g or own in controls:
            changes[own == g].append(by_year.loc[t, "y"] - by_year.loc[base, "y"])
    return float(np.mean(changes[True]) - np.mean(changes[False]))


@pytest.mark.parametrize("base", ["universal", "varying"])
@pytest.mark.parametrize("controls", ["not_yet", "never"])
def test_cells_are_differences_of_mean_changes(base: str, controls: str) -> None:
    frame = frame_of(1).sample(frac=0.9, random_state=1)
    found = values(
        CallawaySantAnna("y", "cohort", aggregate="group_time", base=base, controls=controls), frame
    )
    assert len(found) == 12
    for name, value in found.items():
        g, t = (int(part.split("=")[1]) for part in name.split(", "))
        at = t - 1 if base == "varying" and t < g else g - 1
        late = {c for c in (2003, 2005) if c > max(t, at) and c != g}
        others = {0} | (late if controls == "not_yet" else set())
        assert value == pytest.approx(by_loop(frame, g, t, at, others), rel=1e-10)


def test_imputed_effects_are_those_of_all_dummies_on_untreated_rows() -> None:
    frame = frame_of(2).sample(frac=0.9, random_state=2).reset_index(drop=True)
    untreated = ((frame.cohort == 0) | (frame.year < frame.cohort)).to_numpy()
    dummies = np.column_stack(
        [frame[c].to_numpy()[:, None] == np.unique(frame[c]) for c in ("firm_id", "year")]
    )
    X = np.column_stack([dummies.astype(float), frame.x])
    beta = np.linalg.lstsq(X[untreated], frame.y[untreated], rcond=None)[0]
    left = (frame.y - X @ beta)[~untreated]
    event = (frame.year - frame.cohort)[~untreated]
    found = values(Imputation("y", "cohort", ("x",)), frame)
    for k in range(4):
        assert found[f"event={k}"] == pytest.approx(left[event == k].mean(), rel=1e-9)


def test_one_cohort_and_two_periods_give_the_difference_in_differences() -> None:
    frame = frame_of(3, cohorts=(0, 2001), years=2)
    change = frame.groupby("firm_id").y.diff().dropna().to_numpy()
    treated = frame.groupby("firm_id").cohort.first().to_numpy() > 0
    expected = change[treated].mean() - change[~treated].mean()
    for design in DESIGNS:
        assert values(design("y", "cohort", aggregate="simple"), frame)["att"] == pytest.approx(
            expected, rel=1e-12
        )


def test_with_never_treated_controls_comparisons_and_regression_agree() -> None:
    frame = frame_of(4)
    one = values(CallawaySantAnna("y", "cohort", controls="never"), frame)
    other = values(SunAbraham("y", "cohort"), frame)
    assert list(one) == list(other)
    np.testing.assert_allclose(list(one.values()), list(other.values()), rtol=1e-10)
    mine = estimate(
        sample_of(frame), CallawaySantAnna("y", "cohort", controls="never"), PLAIN
    ).std_errors
    theirs = estimate(sample_of(frame), SunAbraham("y", "cohort", shares="fixed"), PLAIN).std_errors
    assert np.all(np.abs(mine[:-1] / theirs[:-1] - 1) < 0.2)


def test_imputation_with_one_year_before_treatment_is_the_difference_in_differences() -> None:
    frame = frame_of(5, cohorts=(0, 2001), years=4)
    one = values(Imputation("y", "cohort"), frame)
    other = values(CallawaySantAnna("y", "cohort"), frame)
    for k in range(3):
        assert one[f"event={k}"] == pytest.approx(other[f"event={k}"], rel=1e-10)


def test_imputed_effects_do_not_read_treated_outcomes_of_other_cohorts() -> None:
    frame = frame_of(6)
    design = Imputation("y", "cohort", aggregate="group")
    before = values(design, frame)
    frame.loc[(frame.cohort == 2005) & (frame.year >= 2005), "y"] += 100.0
    after = values(design, frame)
    assert after["cohort=2003"] == before["cohort=2003"]
    assert after["cohort=2005"] == pytest.approx(before["cohort=2005"] + 100.0)


@pytest.mark.parametrize("aggregate", ["group_time", "simple", "group", "calendar", "dynamic"])
@pytest.mark.parametrize("design", DESIGNS)
def test_influence_sums_to_zero_and_reproduces_the_jackknife(design: Any, aggregate: str) -> None:
    frame = frame_of(7, firms=90)
    chosen = design("y", "cohort", aggregate=aggregate)
    solution = chosen.solve(sample_of(frame))
    assert isinstance(chosen, Design)
    assert np.abs(solution.psi.sum(axis=0)).max() < 1e-10
    fit = estimate(sample_of(frame), chosen, PLAIN)
    units = np.unique(frame.firm_id)
    without = np.array(
        [list(values(chosen, frame[frame.firm_id != unit]).values()) for unit in units]
    )
    jackknife = np.sqrt(((without - without.mean(axis=0)) ** 2).sum(axis=0))
    ratio = fit.std_errors / jackknife
    # Imputation is conservative: heterogeneity within cells counts, that between units does not.
    assert np.all(ratio > 0.85)
    assert np.all(ratio < (1.5 if design is Imputation else 1.1))


@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
def test_influence_of_units_is_the_derivative_of_the_effect(method: str) -> None:
    rng = np.random.default_rng(8)
    m = 60
    X = np.column_stack([np.ones(m), rng.normal(size=m)])
    treated = rng.uniform(size=m) < 0.3 + 0.3 * (X[:, 1] > 0)
    change = X[:, 1] + treated + rng.normal(size=m)
    effect, psi = compare(change, treated, X, method, "test")
    for unit in range(0, m, 7):
        many = np.concatenate([np.tile(np.arange(m), 400), [unit]])
        moved, _ = compare(change[many], treated[many], X[many], method, "test")
        # One more copy among 400 of each moves the effect by psi / 400 up to second order.
        assert (moved - effect) * 400 == pytest.approx(psi[unit], abs=2e-3 * np.abs(psi).max())


def test_methods_agree_without_covariates_and_differ_with_them() -> None:
    frame = frame_of(9, firms=60)
    plain = [values(CallawaySantAnna("y", "cohort", method=m), frame) for m in ("dr", "ipw")]
    assert plain[0] == plain[1]
    rich = [
        values(CallawaySantAnna("y", "cohort", ("x",), method=m), frame)
        for m in ("dr", "reg", "ipw")
    ]
    assert len({one["event=0"] for one in rich}) == 3
    assert all(abs(one["average"] - plain[0]["average"]) < 0.5 for one in rich)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-5, 5))
@pytest.mark.parametrize("design", DESIGNS)
def test_order_names_levels_and_units_of_measurement_do_not_matter(
    design: Any, seed: int, shift: float
) -> None:
    frame = frame_of(seed)
    chosen = design("y", "cohort")
    before = estimate(sample_of(frame), chosen, PLAIN)
    other = frame.sample(frac=1, random_state=seed)
    other["firm_id"] = "Z" + other.firm_id
    other["y"] = 3.0 * (other.y + shift * other.year)
    after = estimate(sample_of(other), chosen, PLAIN)
    np.testing.assert_allclose(after.beta, 3.0 * before.beta, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(after.std_errors, 3.0 * before.std_errors, rtol=1e-7)


def test_averages_are_weighted_by_mass_and_balanced_ones_keep_their_cohorts() -> None:
    cells = Cells(
        np.array([3, 3, 3, 5, 5]),
        np.array([3, 4, 5, 4, 5]),
        np.array([1.0, 2.0, 3.0, 0.5, 4.0]),
        np.array([2.0, 2.0, 2.0, 1.0, 1.0]),
    )
    found = averages(cells, "dynamic")
    assert found.names == ("event=-1", "event=0", "event=1", "event=2")
    np.testing.assert_allclose(found.values, [0.5, 2.0, 2.0, 3.0])
    np.testing.assert_allclose(averages(cells, "simple").values, [16 / 7])
    np.testing.assert_allclose(averages(cells, "calendar").values, [1.0, 2.0, 10 / 3])
    np.testing.assert_allclose(averages(cells, "dynamic", balanced=1).values, [1.0, 2.0])
    with pytest.raises(IdentificationError, match="observed for long enough"):
        averages(cells, "dynamic", balanced=7)


def test_estimated_shares_widen_errors_when_effects_differ() -> None:
    sample = sample_of(frame_of(10, firms=60))
    fixed, known = (
        estimate(sample, SunAbraham("y", "cohort", shares=s, aggregate="simple"), PLAIN)
        for s in ("fixed", "estimated")
    )
    assert fixed.beta == known.beta
    assert known.std_errors[0] > fixed.std_errors[0]


def test_years_are_compared_with_the_year_before_anticipation_begins() -> None:
    frame = frame_of(11)
    frame.loc[(frame.cohort > 0) & (frame.year == frame.cohort - 1), "y"] += 50.0
    for design in DESIGNS:
        found = values(design("y", "cohort", anticipation=1), frame)
        assert found["event=-1"] == pytest.approx(50.0, abs=3.0)
        assert abs(found["event=0"]) < 5.0


def test_a_band_holds_all_event_times_and_is_wider_than_the_intervals() -> None:
    fit = estimate(sample_of(frame_of(12, firms=60)), CallawaySantAnna("y", "cohort"), PLAIN)
    names = [name for name in fit.names if name.startswith("event=")]
    band = simultaneous(fit, names)
    inner = fit.confint().loc[names]
    assert (band.table["low"] < inner["low"]).all()
    assert fit.test(["'event=-2' = 0", "'event=-3' = 0"]).p_value > 1e-4


def test_two_way_effects_are_biased_where_the_three_are_not() -> None:
    frame = frame_of(13, cohorts=(2001, 2003, 2005), firms=240)
    frame["on"] = (frame.year >= frame.cohort).astype(float)
    truth = float((frame.year - frame.cohort + 1)[(frame.on > 0) & (frame.year < 2005)].mean())
    sample = sample_of(frame).where("year < 2005")
    naive = FixedEffects.formula("y ~ on | firm_id + year").solve(sample).beta[0]
    assert truth - naive > 0.5
    for design in (SunAbraham, Imputation):
        found = values(design("y", "cohort", aggregate="simple"), frame[frame.year < 2005])
        assert found["att"] == pytest.approx(truth, abs=0.4)


def losses(fit: Estimate) -> dict[str, int]:
    """Rows lost for each reason; the ledger ends at the rows in use."""
    assert fit.losses[-1].remaining == fit.nobs
    return {loss.reason: loss.rows for loss in fit.losses}


@pytest.mark.parametrize("design", DESIGNS)
def test_early_cohorts_leave_with_a_count(design: Any) -> None:
    frame = frame_of(14, cohorts=(0, 2000, 2003))
    fit = estimate(sample_of(frame), design("y", "cohort"), PLAIN)
    reasons = losses(fit)
    assert reasons["treated before its comparison could begin"] == 8 * 7


def test_treated_rows_that_cannot_be_imputed_leave_with_a_count() -> None:
    frame = frame_of(15, cohorts=(2003, 2005))
    fit = estimate(sample_of(frame), Imputation("y", "cohort"), PLAIN)
    reasons = losses(fit)
    # From 2005 on no row is untreated.
    assert reasons["treated, and no untreated row tells its unit or year effect"] == 2 * 24


def test_the_last_cohort_serves_as_control_until_its_treatment() -> None:
    frame = frame_of(16, cohorts=(2003, 2005))
    fit = estimate(sample_of(frame), SunAbraham("y", "cohort"), PLAIN)
    reasons = losses(fit)
    assert reasons["treated with the last cohort, which serves as control"] == 2 * 24
    assert [name for name in fit.names if name.startswith("event=")][-1] == "event=1"
    noted = estimate(sample_of(frame), CallawaySantAnna("y", "cohort"), PLAIN)
    assert any("cells without a comparison" in note for note in noted.notes)


def spoil(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    if what == "missing":
        return frame.assign(cohort=frame.cohort.where(frame.index != 3))
    if what == "changing":
        return frame.assign(cohort=np.where(frame.index == 3, 2004, frame.cohort))
    if what == "fraction":
        return frame.assign(cohort=np.where(frame.cohort == 2003, 2003.5, frame.cohort))
    if what == "nobody":
        return frame.assign(cohort=0)
    if what == "everybody":
        return frame.assign(cohort=2003)
    return frame.assign(y=np.nan)


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ("missing", DataError, "year of first treatment cohort in every row"),
        ("changing", DataError, "one year of first treatment cohort for each unit"),
        ("fraction", DataError, "whole years in cohort"),
        ("nobody", IdentificationError, "units whose treatment begins after the first year"),
        ("empty", IdentificationError, "at least one row"),
    ],
)
@pytest.mark.parametrize("design", DESIGNS)
def test_bad_cohorts_are_refused(
    design: Any, what: str, error: type[SpilloverError], words: str
) -> None:
    with pytest.raises(error, match=words):
        design("y", "cohort").solve(sample_of(spoil(frame_of(17), what)))


def test_without_controls_nothing_is_compared() -> None:
    with pytest.raises(IdentificationError, match="at least one cohort with controls"):
        CallawaySantAnna("y", "cohort").solve(sample_of(spoil(frame_of(18), "everybody")))
    with pytest.raises(IdentificationError, match="can be imputed"):
        Imputation("y", "cohort").solve(sample_of(spoil(frame_of(18), "everybody")))
    with pytest.raises(IdentificationError, match="treated later or never, as controls"):
        SunAbraham("y", "cohort").solve(sample_of(spoil(frame_of(18), "everybody")))


def test_covariates_that_predict_treatment_are_refused() -> None:
    frame = frame_of(19)
    frame["z"] = 1.0 * (frame.cohort > 0)
    with pytest.raises(SpilloverError, match="overlapping covariates"):
        CallawaySantAnna("y", "cohort", ("z",)).solve(sample_of(frame))
    with pytest.raises(IdentificationError, match="covariates that vary"):
        CallawaySantAnna("y", "cohort", ("z",), method="reg").solve(sample_of(frame))


def test_influence_of_comparisons_stands_on_one_row_of_each_unit() -> None:
    frame = frame_of(20)
    clustered = estimate(sample_of(frame), CallawaySantAnna("y", "cohort"), PLAIN)
    by_row = estimate(sample_of(frame), CallawaySantAnna("y", "cohort"), Heteroskedastic("HC0"))
    np.testing.assert_allclose(by_row.std_errors, clustered.std_errors, rtol=1e-12)
    assert len(np.unique(clustered.sample.units[np.any(clustered.solution.psi != 0, axis=1)])) == 24
    assert np.any(clustered.solution.psi != 0, axis=1).sum() == 24


@pytest.mark.parametrize("unit", [1e-9, 1e-4, 1e8])
def test_units_of_covariates_change_neither_effects_nor_rows(unit: float) -> None:
    frame, late = frame_of(21), frame_of(22, cohorts=(2003, 2005))
    for design, data in (
        (CallawaySantAnna("y", "cohort", ("x",)), frame),
        (CallawaySantAnna("y", "cohort", ("x",), method="ipw"), frame),
        (SunAbraham("y", "cohort", ("x",), aggregate="simple"), frame),
        (Imputation("y", "cohort", ("x",)), late),
    ):
        before = estimate(sample_of(data), design, PLAIN)
        after = estimate(sample_of(data.assign(x=unit * data.x)), design, PLAIN)
        own = [name for name in before.names if name != "x"]
        assert after.nobs == before.nobs
        for column in ("estimate", "std_error"):
            np.testing.assert_allclose(
                after.tidy().loc[own, column], before.tidy().loc[own, column], rtol=1e-6
            )


def test_covariates_far_from_zero_do_not_look_like_perfect_prediction() -> None:
    frame = frame_of(23)
    before = values(CallawaySantAnna("y", "cohort", ("x",)), frame)
    after = values(CallawaySantAnna("y", "cohort", ("x",)), frame.assign(x=frame.x + 1e5))
    assert after == pytest.approx(before, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_a_regressor_that_varies_after_treatment_only_identifies_no_effect(seed: int) -> None:
    frame = frame_of(seed).sample(frac=0.9, random_state=seed)
    of_firm = np.random.default_rng(seed).normal(size=24)[frame.firm_id.str[1:].astype(int)]
    on = (frame.cohort > 0) & (frame.year >= frame.cohort)
    constant = values(Imputation("y", "cohort", ("z",)), frame.assign(z=of_firm))
    assert constant == pytest.approx(values(Imputation("y", "cohort"), frame), rel=1e-9)
    with pytest.raises(IdentificationError, match="can be imputed"):
        Imputation("y", "cohort", ("z",)).solve(
            sample_of(frame.assign(z=of_firm + np.where(on, frame.x, 0.0)))
        )


def test_balanced_averages_have_the_same_cohorts_before_treatment_too() -> None:
    found = values(CallawaySantAnna("y", "cohort", balanced=1), frame_of(24))
    # Cohort 2003 is seen from event time -3 on, cohort 2005 from -5 on.
    assert list(found) == ["event=-3", "event=-2", "event=0", "event=1", "average"]


def test_a_dependence_on_the_year_of_a_row_is_refused_when_influence_is_of_units() -> None:
    frame = frame_of(25, firms=96)
    firm = frame.firm_id.str[1:].astype(int).to_numpy()
    frame["latitude"], frame["longitude"] = 35.0 + 0.1 * (firm % 12), 139.0
    frame = frame[(frame.year > 2000) | (firm < 48)]
    fit = estimate(sample_of(frame), CallawaySantAnna("y", "cohort"), PLAIN)
    for vcov in (Cluster("year"), Conley(5, across="same_period")):
        with pytest.raises(SpecificationError, match="depends on the year of a row"):
            infer(fit, vcov)
    frame["place"] = frame.latitude.round(1).astype(str)
    fit = estimate(sample_of(frame), CallawaySantAnna("y", "cohort"), PLAIN)
    by_place = infer(fit, Cluster("place", small_sample="none"))
    near = infer(fit, Conley(5, across="all", kernel="uniform"))
    np.testing.assert_allclose(near.std_errors, by_place.std_errors, rtol=1e-10)
