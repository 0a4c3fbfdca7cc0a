"""Dependence between pairs that share a firm: stored values, limits and refusals."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import DataError, IdentificationError, SpecificationError, UnknownNameError
from spillover.estimation.estimate import estimate
from spillover.inference.cluster import Cluster
from spillover.inference.dyadic import Dyadic
from spillover.inference.independent import Heteroskedastic
from spillover.sample import Sample
from spillover.tables.panel import Panel


def of_pairs(first: object, second: object, years: object = 2001) -> Sample:
    frame = pd.DataFrame({"first": first, "second": second})
    frame["row"], frame["year"] = [f"{i:04d}" for i in range(len(frame))], years
    return Sample.of(Panel.of(frame, "row", "year"))


def loop_over_firms(first: np.ndarray, second: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Fafchamps and Gubert: every pair of rows that shares at least one firm."""
    total = np.zeros((a.shape[1], a.shape[1]))
    for i in range(len(a)):
        for j in range(len(a)):
            if {first[i], second[i]} & {first[j], second[j]}:
                total += np.outer(a[i], a[j])
    return total


@pytest.fixture(scope="module")
def stored(shared: Path) -> tuple[dict, Sample]:
    case = json.loads((shared / "reference" / "network.json").read_text("utf-8"))
    case = case["dyadic_directed_sim"]
    frame = pd.read_csv(shared / case["data"])  # noqa: TID251 - reference data have no schema
    frame["row"], frame["year"] = np.arange(len(frame)), 2001
    low, high = np.minimum(frame["i"], frame["j"]), np.maximum(frame["i"], frame["j"])
    frame["pair"] = low * 1000 + high
    return case, Sample.of(Panel.of(frame, "row", "year"))


FORMS: dict[str, Callable[[], object]] = {
    "DR_bc": lambda: Dyadic("i", "j"),
    "DR": lambda: Dyadic("i", "j", form="jackknife"),
    "ind": lambda: Cluster("pair", small_sample="none"),
}


@pytest.mark.reference
@pytest.mark.parametrize("form", FORMS)
def test_stored_values_of_netrics_are_met_by_least_squares(stored, form: str) -> None:
    """dyadic_directed_sim, normal: netrics; the constant stands first there."""
    case, sample = stored
    expected = case["values"][f"normal_{form}"]
    result = estimate(sample, FixedEffects.formula("y ~ x"), FORMS[form]())
    np.testing.assert_allclose(result.beta[::-1], expected["theta"], rtol=1e-9)
    rtol = case["tolerance"]["normal"]
    np.testing.assert_allclose(result.covariance.matrix[::-1, ::-1], expected["V"], rtol=rtol)


@pytest.mark.reference
@pytest.mark.parametrize("form", FORMS)
def test_stored_values_of_netrics_are_met_by_poisson(stored, meat, form: str) -> None:
    """dyadic_directed_sim, poisson: the kernel meets scores of a model written out here."""
    case, sample = stored
    expected = case["values"][f"poisson_{form}"]
    X = np.column_stack([np.ones(len(sample)), sample.column("x")])
    y, beta = sample.column("cnt"), np.zeros(2)
    for _ in range(50):
        mu = np.exp(X @ beta)
        H = X.T @ (mu[:, None] * X)
        beta = beta + np.linalg.solve(H, X.T @ (y - mu))
    psi = np.linalg.solve(H, (X * (y - np.exp(X @ beta))[:, None]).T).T
    np.testing.assert_allclose(beta, expected["theta"], rtol=1e-6)
    rtol = case["tolerance"]["poisson"]
    np.testing.assert_allclose(meat(FORMS[form](), sample, psi), expected["V"], rtol=rtol)


def test_disjoint_pairs_are_hc0(rng, meat) -> None:
    sample = of_pairs([f"a{i}" for i in range(20)], [f"b{i}" for i in range(20)])
    a = rng.normal(size=(20, 2))
    vcov = Dyadic("first", "second")
    np.testing.assert_allclose(meat(vcov, sample, a), meat(Heteroskedastic("HC0"), sample, a))


@given(seed=st.integers(0, 10**6), firms=st.integers(3, 12))
def test_the_closed_form_is_the_double_sum(seed: int, firms: int) -> None:
    """Repeated pairs, both directions and firms paired with themselves included."""
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, firms, (2, 40))
    first[:3], second[:3] = [0, 1, 2], [1, 2, 2]
    a = rng.normal(size=(40, 2))
    found = Dyadic("first", "second").bind(of_pairs(first, second)).kernel.sum(a)
    np.testing.assert_allclose(found, loop_over_firms(first, second, a), rtol=1e-11, atol=1e-11)
    turned = Dyadic("second", "first").bind(of_pairs(first, second)).kernel.sum(a)
    np.testing.assert_allclose(turned, found, rtol=1e-11, atol=1e-11)
    swap = rng.uniform(size=40) < 0.5
    ends = np.where(swap, second, first), np.where(swap, first, second)
    swapped = Dyadic("first", "second").bind(of_pairs(*ends)).kernel.sum(a)
    np.testing.assert_allclose(swapped, found, rtol=1e-11, atol=1e-11)


@given(seed=st.integers(0, 10**6))
def test_names_of_firms_and_the_order_of_rows_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 9, (2, 30))
    a, order, names = rng.normal(size=(30, 2)), rng.permutation(30), rng.permutation(9)
    one = Dyadic("first", "second").bind(of_pairs(first, second)).kernel.sum(a)
    renamed = of_pairs(names[first][order], names[second][order])
    two = Dyadic("first", "second").bind(renamed).kernel.sum(a[order])
    np.testing.assert_allclose(two, one, rtol=1e-11, atol=1e-11)


def test_clustering_by_both_firms_misses_who_is_first_and_second(rng, meat) -> None:
    """A chain a-b, b-c: the rows share b, once as second and once as first."""
    sample = of_pairs(["a", "b"], ["b", "c"])
    a = rng.normal(size=(2, 1))
    both = meat(Cluster("first") | Cluster("second"), sample, a)[0, 0]
    shared = meat(Dyadic("first", "second"), sample, a)[0, 0]
    assert both == pytest.approx(float((a**2).sum()))
    assert shared == pytest.approx(float(a.sum() ** 2))


def test_the_jackknife_form_is_positive_semidefinite_and_larger(rng, meat) -> None:
    first, second = rng.integers(0, 8, (2, 60))
    sample, a = of_pairs(first, second), rng.normal(size=(60, 3))
    exact = meat(Dyadic("first", "second"), sample, a)
    jackknife = meat(Dyadic("first", "second", form="jackknife"), sample, a)
    assert np.linalg.eigvalsh(jackknife).min() >= 0
    assert np.linalg.eigvalsh(jackknife - exact).min() >= -1e-9


def test_t_has_one_degree_of_freedom_less_than_firms(rng) -> None:
    frame = pd.DataFrame({"x": rng.normal(size=200), "y": rng.normal(size=200)})
    ends = rng.integers(0, 40, (2, 200))
    sample = of_pairs(*ends)
    data = Sample.of(sample.panel.with_columns({n: frame[n].to_numpy() for n in frame}))
    result = estimate(data, FixedEffects.formula("y ~ x"), Dyadic("first", "second"))
    firms = len(np.unique(ends))
    assert result.covariance.df_t == firms - 1
    assert result.covariance.factors == (1.0,)
    assert f"{firms} firms" in result.covariance.notes[0]


def test_few_firms_are_worth_a_warning() -> None:
    part = Dyadic("first", "second").bind(of_pairs(["a", "b"], ["b", "c"]))
    assert part.warnings == ("only 3 firms: dyadic errors need about 30",)


def test_missing_firms_are_named() -> None:
    with pytest.raises(IdentificationError, match=r"1 rows without.*rows 2"):
        Dyadic("first", "second").bind(of_pairs(["a", "b", None], ["b", "c", "d"]))


def test_blank_text_is_no_firm() -> None:
    with pytest.raises(IdentificationError, match="1 rows without"):
        Dyadic("first", "second").bind(of_pairs(["a", "b", "c", ""], ["b", "c", "d", "a"]))


def test_columns_with_different_kinds_of_names_are_refused() -> None:
    with pytest.raises(DataError, match="numbers and text"):
        Dyadic("first", "second").bind(of_pairs([1, 2, 3], ["1", "2", "3"]))


def test_two_firms_are_too_few() -> None:
    with pytest.raises(IdentificationError, match="at least three firms"):
        Dyadic("first", "second").bind(of_pairs(["a", "a"], ["b", "b"]))


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(SpecificationError, match="form"):
        Dyadic("first", "second", form="both")


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(UnknownNameError, match="second"):
        Dyadic("first", "secnd").bind(of_pairs(["a", "b"], ["b", "c"]))


def test_both_firms_must_be_known_on_every_row() -> None:
    assert Dyadic("first", "second").columns() == ("first", "second")


def test_a_pair_of_one_column_with_itself_is_refused() -> None:
    with pytest.raises(SpecificationError, match="two firms"):
        Dyadic("firm_id", "firm_id")
