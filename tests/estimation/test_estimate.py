"""Estimates: what they hold, what they print, and that they stay as they are."""

from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import SpecificationError, UnknownNameError
from spillover.estimation.estimate import estimate, infer
from spillover.estimation.result import Estimate
from spillover.inference.cluster import Cluster
from spillover.inference.covariance import Covariance
from spillover.inference.independent import Heteroskedastic
from spillover.numerics.sets import ConfidenceSet
from spillover.numerics.solution import Solution
from spillover.sample import Sample
from spillover.tables.panel import Panel


@pytest.fixture
def result(sample: Sample, design: object) -> Estimate:
    return estimate(sample, design, Cluster("region"), label="Main <i>result</i>")


def test_the_table_of_coefficients_follows_from_the_matrix(result: Estimate) -> None:
    table = result.tidy(0.9)
    assert list(table.columns) == [
        "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high",
    ]  # fmt: skip
    assert (table.index.name, tuple(table.index)) == ("term", ("x1", "log1p(x2)"))
    se = np.sqrt(np.diag(result.covariance.matrix))
    df = result.sample.codes("region")[1] - 1
    np.testing.assert_allclose(table["std_error"], se, rtol=1e-14)
    np.testing.assert_allclose(table["p_value"], 2 * stats.t.sf(abs(result.beta / se), df))
    np.testing.assert_allclose(table["conf_high"], result.beta + stats.t.ppf(0.95, df) * se)
    pd.testing.assert_frame_equal(
        result.confint(0.9), table[["conf_low", "conf_high"]].set_axis(["low", "high"], axis=1)
    )


def test_the_default_allows_for_heteroskedasticity_only(sample: Sample, design: object) -> None:
    assert estimate(sample, design).vcov == Heteroskedastic("HC1")


def test_another_dependence_leaves_the_first_estimate_as_it_was(result: Estimate) -> None:
    before = result.tidy()
    other = infer(result, Heteroskedastic("HC0"))
    assert other.solution is result.solution
    assert not np.allclose(other.std_errors, result.std_errors)
    pd.testing.assert_frame_equal(result.tidy(), before)
    assert other.label == result.label


def test_estimates_are_frozen_to_the_last_array(result: Estimate) -> None:
    with pytest.raises(FrozenInstanceError):
        result.label = "other"
    for array in (result.beta, result.solution.psi, result.covariance.matrix):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0


def test_every_row_between_the_panel_and_the_estimate_is_in_the_ledger(result: Estimate) -> None:
    assert [(loss.reason, loss.rows, loss.remaining) for loss in result.losses] == [
        ("rows of the panel", 0, 180),
        ("not year >= 2002", 30, 150),
        ("missing y", 1, 149),
    ]
    assert result.losses[-1].remaining == result.nobs == 149


def test_the_summary_names_rows_effects_errors_factors_and_notes(result: Estimate) -> None:
    text = result.summary()
    G = result.sample.codes("region")[1]
    for part in (
        "149 of 150 in the sample",
        "firm_id (30)",
        "clustered by region",
        f"t({G - 1})",
        f"G = {G}",
        "K = 3",
        "(fixest)",
        "a note with",
        "log1p(x2)",
    ):
        assert part in text
    assert repr(result) == text


def test_a_notebook_shows_text_as_text(result: Estimate) -> None:
    page = result._repr_html_()
    assert "<i>result" not in page
    assert "<b>markup" not in page
    assert "&lt;i&gt;result" in page


def test_few_clusters_are_a_warning_that_stays_with_the_estimate(
    sample: Sample, design: object
) -> None:
    result = estimate(sample, design, Cluster("four"))
    assert len(result.warnings) == 1
    assert "warning: only 4 clusters of four" in result.summary()
    assert infer(result, Cluster("firm_id")).warnings == ()


def test_numbers_of_the_fit_come_as_one_series(result: Estimate) -> None:
    numbers = result.glance()
    assert numbers["nobs"] == 149
    assert 0 < numbers["r2_within"] < 1
    assert {"df_t", "parameters", "clusters"} <= set(numbers.index)


def test_the_table_protocol_of_maketables_is_spoken(result: Estimate) -> None:
    from maketables.extractors import get_extractor

    extractor = get_extractor(result)
    frame = extractor.coef_table(result)
    assert list(frame.columns) == ["b", "se", "t", "p"]
    assert frame.index.name == "Coefficient"
    assert extractor.depvar(result) == "y"
    assert extractor.fixef_string(result) == "firm_id"
    assert extractor.stat(result, "N") == 149
    assert extractor.stat(result, "unheard of") is None
    assert extractor.vcov_info(result)["vcov_type"] == "clustered by region"


@dataclass(frozen=True)
class Inverted:
    """A method that brings sets and p-values of its own."""

    def covariance(self, solution: Solution, sample: Sample) -> Covariance:
        assert len(sample) == len(solution.rows)
        inf = np.inf
        sets = (ConfidenceSet(((-inf, 0.0), (1.0, inf)), 0.9), ConfidenceSet((), 0.9))
        return Covariance(np.eye(2), "by inversion", inf, p_values=np.array([0.2, 0.0]),
                          intervals=sets)  # fmt: skip


def test_sets_and_p_values_of_a_method_take_the_place_of_t(sample: Sample, design: object) -> None:
    table = estimate(sample, design, Inverted()).tidy()
    assert list(table["p_value"]) == [0.2, 0.0]
    assert (table["conf_low"].iloc[0], table["conf_high"].iloc[0]) == (-np.inf, np.inf)
    assert np.isnan(table["conf_low"].iloc[1])
    text = estimate(sample, design, Inverted()).summary()
    assert "normal distribution" in text
    assert "K =" not in text
    with pytest.raises(SpecificationError, match=r"level 0\.9"):
        estimate(sample, design, Inverted()).tidy(0.95)


def test_an_unnamed_estimate_starts_with_its_facts(sample: Sample, design: object) -> None:
    assert estimate(sample, design).summary().startswith("Outcome")
    assert estimate(sample, design).glance().name == "y"
    assert estimate(sample, design).test("x1 = 0").df[0] == 1


def test_what_is_no_design_and_what_is_no_dependence_are_refused(
    sample: Sample, design: object
) -> None:
    for wrong in ("y ~ x", type(design)):
        with pytest.raises(SpecificationError, match="Expected a design"):
            estimate(sample, wrong)
    for wrong in ("firm_id", Cluster):
        with pytest.raises(SpecificationError, match="Expected a dependence"):
            estimate(sample, design, wrong)
    with pytest.raises(UnknownNameError, match="Did you mean region"):
        estimate(sample, design, Cluster("regoin"))


def test_a_fit_up_to_rounding_errors_is_a_warning(rng: np.random.Generator) -> None:
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i}" for i in range(20)], 4),
            "year": np.tile(range(2000, 2004), 20),
            "x": rng.normal(size=80),
        }
    )
    exact = frame.assign(y=1e6 + 2 * frame["x"])
    near = frame.assign(y=1e6 + 2 * frame["x"] + 1e-4 * rng.normal(size=80))
    for formula in ("y ~ x", "y ~ x | firm_id"):
        found = [
            estimate(Sample.of(Panel.of(data)), FixedEffects.formula(formula)).warnings
            for data in (exact, near)
        ]
        assert "rounding errors" in found[0][0]
        assert not found[1]
