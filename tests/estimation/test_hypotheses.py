"""Wald tests, combinations and joint bands against formulas written out."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from spillover.errors import IdentificationError, SpecificationError, UnknownNameError
from spillover.estimation.hypotheses import combine, simultaneous, wald
from spillover.inference.covariance import Covariance

NAMES = ("backward", "forward", "lag(log_tfp)", "log1p(degree)")
BETA = np.array([0.3, 0.1, 0.6, -0.2])


@dataclass(frozen=True)
class Fitted:
    beta: np.ndarray
    covariance: Covariance
    names: tuple[str, ...] = NAMES


def fitted(df: float = 40.0, seed: int = 1) -> Fitted:
    root = np.random.default_rng(seed).normal(size=(4, 4)) * 0.05
    return Fitted(BETA, Covariance(root @ root.T, "test", df))


def test_a_single_restriction_is_the_square_of_its_t_statistic() -> None:
    one = fitted()
    found = wald(one, "backward = 0")
    t = BETA[0] / np.sqrt(one.covariance.matrix[0, 0])
    assert found.f == pytest.approx(t**2, rel=1e-12)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(t), 40), rel=1e-10)
    assert found.p_value_chi2 == pytest.approx(stats.chi2.sf(t**2, 1), rel=1e-10)


def test_joint_restrictions_equal_the_matrix_formula() -> None:
    one = fitted()
    found = wald(one, ["backward = 2 * forward + 0.05", "'log1p(degree)' == -0.1"])
    R = np.array([[1.0, -2, 0, 0], [0, 0, 0, 1]])
    r = R @ BETA - [0.05, -0.1]
    W = r @ np.linalg.inv(R @ one.covariance.matrix @ R.T) @ r
    assert found.chi2 == pytest.approx(W, rel=1e-10)
    assert found.p_value == pytest.approx(stats.f.sf(W / 2, 2, 40), rel=1e-10)
    assert found.df == (2, 40.0)
    assert "backward" in str(found)


def test_a_normal_reference_makes_f_and_chi_squared_agree() -> None:
    found = wald(fitted(np.inf), ["backward", "forward"])
    assert found.p_value == pytest.approx(found.p_value_chi2, rel=1e-12)


def test_the_order_and_scale_of_restrictions_do_not_matter() -> None:
    one = wald(fitted(), ["backward = forward", "backward = 0"])
    other = wald(fitted(), ["7 * backward = 0", "3 * forward = 3 * backward"])
    assert one.chi2 == pytest.approx(other.chi2, rel=1e-10)


@pytest.mark.parametrize(
    ("restrictions", "error", "message"),
    [
        (["backward = 0", "2 * backward = 0"], IdentificationError, "none follows"),
        ("backwards = 0", UnknownNameError, "Did you mean backward"),
        ("backward = forward = 0", SpecificationError, "one equation"),
        ("backward =", SpecificationError, "one equation"),
        ("backward > 0", SpecificationError, "joined by"),
        ("__import__('os')", SpecificationError, "function"),
        ([], SpecificationError, "at least one"),
        ("lag(forward) = 0", UnknownNameError, "coefficient"),
        ("true = 0", UnknownNameError, "coefficient"),
        ("backward * True = 1", SpecificationError, "joined by"),
        ("backward ^ forward = 1", SpecificationError, "constant power"),
    ],
)
def test_restrictions_outside_the_grammar_are_refused(
    restrictions: object, error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        wald(fitted(), restrictions)


def test_a_long_run_effect_has_the_variance_of_the_delta_method() -> None:
    one = fitted()
    found = combine(one, "backward / (1 - lag(log_tfp))")
    g = np.array([1 / 0.4, 0, 0.3 / 0.4**2, 0])
    assert found.beta[0] == pytest.approx(0.75)
    assert found.covariance.matrix[0, 0] == pytest.approx(g @ one.covariance.matrix @ g)
    table = found.tidy()
    assert table.index[0] == "backward / (1 - lag(log_tfp))"
    assert table["conf_low"].iloc[0] < 0.75 < table["conf_high"].iloc[0]


EXPRESSIONS = (
    "backward * forward - 'lag(log_tfp)' ^ 3",
    "exp(backward) / (2 + forward)",
    "log(forward + 1) * sqrt(lag(log_tfp))",
    "square(log1p(degree)) - asinh(-backward)",
    "log1p(backward) / lag(log_tfp) ^ 2",
)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_gradients_equal_central_differences(expression: str) -> None:
    def value(beta: np.ndarray) -> float:
        return float(combine(Fitted(beta, fitted().covariance), expression).beta[0])

    h = 1e-6
    numeric = [(value(BETA + h * e) - value(BETA - h * e)) / (2 * h) for e in np.eye(4)]
    matrix = np.diag([1.0, 2.0, 3.0, 4.0])
    found = combine(Fitted(BETA, Covariance(matrix, "", 9.0)), expression)
    expected = np.array(numeric) @ matrix @ np.array(numeric)
    assert found.covariance.matrix[0, 0] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    "expression", ["backward / (forward - 0.1)", "log(log1p(degree))", "sqrt(backward - 0.3)"]
)
def test_expressions_that_are_not_defined_at_the_estimates_are_refused(expression: str) -> None:
    beta = np.where(BETA == 0.1, 0.1, BETA)
    with pytest.raises(SpecificationError, match="defined and differentiable"):
        combine(Fitted(beta, fitted().covariance), expression)


def test_an_expression_without_a_finite_variance_is_refused() -> None:
    with pytest.raises(SpecificationError, match="finite variance"):
        combine(fitted(), "exp(2000 * backward)")


def test_combinations_can_be_tested_again() -> None:
    one = fitted()
    total = combine(one, ["backward + forward", "backward - forward"])
    assert wald(total, [f"'{name}' = 0" for name in total.names]).chi2 == pytest.approx(
        wald(one, ["backward", "forward"]).chi2, rel=1e-9
    )


def test_a_joint_band_is_wider_than_each_interval_and_narrower_than_bonferroni() -> None:
    one = fitted()
    band = simultaneous(one, seed=3)
    assert stats.t.ppf(0.975, 40) < band.critical < stats.t.ppf(1 - 0.025 / 4, 40)
    assert simultaneous(one, seed=3).critical == band.critical
    alone = simultaneous(one, ["forward"])
    assert alone.critical == pytest.approx(stats.t.ppf(0.975, 40))
    assert list(band.table.columns) == ["estimate", "low", "high"]
    with pytest.raises(UnknownNameError):
        simultaneous(one, ["sideways"])


def test_the_band_of_independent_coefficients_has_the_sidak_width() -> None:
    one = Fitted(BETA, Covariance(np.diag([1.0, 4.0, 0.1, 2.0]), "", np.inf))
    expected = stats.norm.ppf(0.5 + 0.95**0.25 / 2)
    assert simultaneous(one, draws=400_000).critical == pytest.approx(expected, abs=0.01)


def test_a_coefficient_without_variance_has_no_band() -> None:
    one = Fitted(BETA, Covariance(np.diag([1.0, 0.0, 1.0, 1.0]), "", np.inf))
    with pytest.raises(IdentificationError, match="positive variance"):
        simultaneous(one)


@given(scale=st.floats(1e-3, 1e3))
@settings(max_examples=20, deadline=None)
def test_units_do_not_change_a_wald_test(scale: float) -> None:
    one = fitted()
    units = np.array([scale, 1.0, 1.0, 1.0])
    other = Fitted(
        BETA * units, Covariance(one.covariance.matrix * np.outer(units, units), "", 40.0)
    )
    assert wald(other, ["backward", "forward"]).chi2 == pytest.approx(
        wald(one, ["backward", "forward"]).chi2, rel=1e-8
    )


def test_a_quoted_name_may_hold_an_equality_sign() -> None:
    dummies = Fitted(BETA, fitted().covariance, ("year=2001", "year=2002", "x", 'say "=" twice'))
    plain = Fitted(BETA, fitted().covariance, ("a", "b", "c", "d"))
    for quoted, bare in {
        "'year=2001' = 0": "a = 0",
        "'year=2001'": "a",
        "'year=2001' = 'year=2002'": "a = b",
        "x == 2 * 'year=2001'": "c == 2 * a",
        "'say \"=\" twice' = x": "d = c",
    }.items():
        assert wald(dummies, quoted).f == wald(plain, bare).f


@pytest.mark.parametrize("level", [95, 1.0, 0.0, -0.95, float("nan")])
def test_a_level_that_is_no_share_is_refused(level: float) -> None:
    with pytest.raises(SpecificationError, match=r"between 0 and 1.*Write 0\.95"):
        combine(fitted(), "backward").tidy(level)
    with pytest.raises(SpecificationError, match="between 0 and 1"):
        simultaneous(fitted(), level=level)


def test_a_band_from_few_draws_is_refused() -> None:
    with pytest.raises(SpecificationError, match="at least 1,000 draws"):
        simultaneous(fitted(), draws=10)
