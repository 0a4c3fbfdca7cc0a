"""Covariances from kernels against double sums over pairs of rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from spillover.errors import IdentificationError, SpecificationError
from spillover.inference.cluster import Cluster
from spillover.inference.covariance import covariance
from spillover.inference.dependence import AnyOf, Dependence
from spillover.inference.independent import Heteroskedastic, Homoskedastic
from spillover.inference.wild import WildCluster
from spillover.numerics.solution import Effects, Linear, Solution
from spillover.sample import Sample
from spillover.tables.panel import Panel

N = 60


def panel_of(seed: int, n: int = N) -> Sample:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "firm_id": [f"f{i:03d}" for i in range(n)],
            "year": 2000,
            "region": rng.integers(0, 12, n),
            "industry": rng.integers(0, 14, n),
            "group": rng.integers(0, 20, n),
            "x1": rng.normal(size=n),
            "x2": rng.normal(size=n),
            "e": rng.normal(size=n),
        }
    )
    return Sample.of(Panel.of(frame))


def least_squares(sample: Sample, weights: np.ndarray | None = None) -> Solution:
    """Ordinary least squares written out, with a constant."""
    X = np.column_stack([np.ones(len(sample)), sample.column("x1"), sample.column("x2")])
    y = 1.0 + sample.column("x1") + sample.column("e")
    w = np.ones(len(sample)) if weights is None else weights
    bread = np.linalg.inv((X * w[:, None]).T @ X)
    beta = bread @ (X.T @ (w * y))
    e = y - X @ beta
    return Solution(
        names=("Intercept", "x1", "x2"),
        beta=beta,
        psi=(X * (w * e)[:, None]) @ bread,
        residuals=e,
        rows=np.arange(len(sample)),
        outcome="y",
        linear=Linear(y, X, None, weights, bread),
    )


def double_sum(psi: np.ndarray, dependent: np.ndarray) -> np.ndarray:
    total = np.zeros((psi.shape[1], psi.shape[1]))
    for i in range(len(psi)):
        for j in range(len(psi)):
            if dependent[i, j]:
                total += dependent[i, j] * np.outer(psi[i], psi[j])
    return total


def same(sample: Sample, by: str) -> np.ndarray:
    values = sample.codes(by)[0]
    return values[:, None] == values[None, :]


WAYS = ("region", "industry", "group")


@pytest.mark.parametrize("ways", [("region",), ("region", "industry"), WAYS])
def test_clustering_equals_a_double_sum_over_pairs(ways: tuple[str, ...]) -> None:
    sample = panel_of(1)
    solution = least_squares(sample)
    dependent = np.logical_or.reduce([same(sample, by) for by in ways])
    vcov = AnyOf(tuple(Cluster(by, small_sample="none") for by in ways), repair="none")
    np.testing.assert_allclose(
        covariance(solution, sample, vcov).matrix, double_sum(solution.psi, dependent), rtol=1e-12
    )


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_union_depends_neither_on_order_nor_on_repetition(seed: int) -> None:
    sample = panel_of(seed)
    solution = least_squares(sample)
    a, b = Cluster("region"), Cluster("industry")
    try:
        one = covariance(solution, sample, replace(a | b, repair="none"))
    except IdentificationError:
        reject()
    for other in (b | a, a | b | a, (a | b) | (b | a)):
        np.testing.assert_allclose(
            covariance(solution, sample, replace(other, repair="none")).matrix,
            one.matrix,
            rtol=1e-12,
            atol=1e-16,
        )
    alone = covariance(solution, sample, a)
    for same_as_a in (a | a, a | Heteroskedastic("HC0"), a | Cluster("firm_id")):
        found = covariance(solution, sample, same_as_a)
        np.testing.assert_allclose(found.matrix, alone.matrix, rtol=1e-12)
        assert found.df_t == alone.df_t


def test_a_cluster_of_its_own_for_every_row_is_heteroskedastic() -> None:
    sample = panel_of(2)
    solution = least_squares(sample)
    clustered = covariance(solution, sample, Cluster("firm_id", small_sample="none"))
    plain = covariance(solution, sample, Heteroskedastic("HC0"))
    np.testing.assert_allclose(clustered.matrix, plain.matrix, rtol=1e-13)
    np.testing.assert_allclose(
        covariance(solution, sample, Cluster("firm_id")).matrix,
        covariance(solution, sample, Heteroskedastic("HC1")).matrix,
        rtol=1e-12,
    )


@given(seed=st.integers(0, 10_000), scale=st.floats(1e-6, 1e6))
@settings(max_examples=25, deadline=None)
def test_units_of_a_regressor_carry_over_to_its_standard_error(seed: int, scale: float) -> None:
    sample = panel_of(seed, n=25)
    solution = least_squares(sample)
    vcov = Cluster("region") | Cluster("industry")
    factors = np.array([1.0, 1.0 / scale, 1.0])
    rescaled = replace(solution, psi=solution.psi * factors)
    try:
        before = covariance(solution, sample, vcov)
    except IdentificationError:
        return
    after = covariance(rescaled, sample, vcov)
    assert bool(before.repaired) == bool(after.repaired)
    np.testing.assert_allclose(
        after.matrix, before.matrix * np.outer(factors, factors), rtol=1e-8, atol=1e-300
    )


def test_a_repair_is_recorded_and_leaves_no_negative_eigenvalue() -> None:
    found = []
    for seed in range(60):
        sample = panel_of(seed, n=16)
        solution = least_squares(sample)
        vcov = Cluster("region") | Cluster("industry")
        try:
            repaired = covariance(solution, sample, vcov)
        except IdentificationError:
            continue
        scale = np.sqrt(np.sum(solution.psi**2, axis=0))
        values = np.linalg.eigvalsh(repaired.matrix / np.outer(scale, scale))
        assert values[0] >= -1e-13 * values[-1]
        if repaired.repaired:
            found.append(seed)
            assert "negative eigenvalues set to zero" in repaired.repaired
            dropped = covariance(solution, sample, replace(vcov, repair="drop"))
            assert "left out" in dropped.repaired
            assert (np.diag(dropped.matrix) >= np.diag(repaired.matrix) - 1e-15).all()
        else:
            raw = covariance(solution, sample, replace(vcov, repair="none"))
            np.testing.assert_array_equal(raw.matrix, repaired.matrix)
    assert 0 < len(found) < 60


def test_a_variance_that_is_not_positive_is_refused() -> None:
    """Two rows per region and per industry, chosen so that cross terms outweigh the squares."""
    frame = pd.DataFrame(
        {"firm_id": list("abcd"), "year": 2000, "p": [0, 0, 1, 1], "q": [0, 1, 0, 1]}
    )
    sample = Sample.of(Panel.of(frame))
    psi = np.array([[1.0], [-1.0], [-1.0], [1.0]])
    solution = Solution(("x",), np.zeros(1), psi, psi[:, 0], np.arange(4), "y")
    for repair in ("clip", "none"):
        with pytest.raises(IdentificationError, match="positive variance"):
            covariance(solution, sample, AnyOf((Cluster("p"), Cluster("q")), repair=repair))


@pytest.mark.parametrize("weighted", [False, True])
def test_leverage_corrections_equal_the_formula(*, weighted: bool) -> None:
    sample = panel_of(3)
    weights = np.random.default_rng(0).uniform(0.5, 2.0, N) if weighted else None
    solution = least_squares(sample, weights)
    w = np.ones(N) if weights is None else weights
    X = solution.linear.X * np.sqrt(w)[:, None]
    h = np.diag(X @ np.linalg.inv(X.T @ X) @ X.T)
    e = solution.residuals * np.sqrt(w)
    A = np.linalg.inv(X.T @ X)
    for kind, adjusted in (("HC2", e**2 / (1 - h)), ("HC3", e**2 / (1 - h) ** 2)):
        expected = A @ (X.T * adjusted) @ X @ A
        found = covariance(solution, sample, Heteroskedastic(kind))
        np.testing.assert_allclose(found.matrix, expected, rtol=1e-11)


def test_one_common_variance_is_the_textbook_formula() -> None:
    sample = panel_of(4)
    solution = least_squares(sample)
    sigma2 = np.sum(solution.residuals**2) / (N - 3)
    found = covariance(solution, sample, Homoskedastic())
    np.testing.assert_allclose(found.matrix, sigma2 * solution.linear.bread, rtol=1e-12)
    assert (found.df_t, found.parameters) == (N - 3, 3)


def test_unions_under_fixest_share_the_factor_of_the_smallest_number_of_clusters() -> None:
    sample = panel_of(5)
    solution = least_squares(sample)
    levels = [sample.codes(by)[1] for by in ("region", "group")]
    smallest = min(levels)
    found = covariance(solution, sample, Cluster("region") | Cluster("group"))
    factor = smallest / (smallest - 1) * (N - 1) / (N - 3)
    assert found.factors == pytest.approx((factor,))
    assert (found.df_t, found.clusters) == (smallest - 1, smallest)


def test_unions_under_petersen_give_each_term_its_own_factor() -> None:
    sample = panel_of(5)
    solution = least_squares(sample)
    ways = tuple(Cluster(by, small_sample="petersen") for by in ("region", "group"))
    found = covariance(solution, sample, AnyOf(ways, repair="none"))
    expected = np.zeros((3, 3))
    for by, sign in (("region", 1), ("group", 1), ("region^group", -1)):
        G = sample.codes(by)[1]
        factor = G / (G - 1) * (N - 1) / (N - 3)
        expected += sign * factor * double_sum(solution.psi, same(sample, by))
    np.testing.assert_allclose(found.matrix, expected, rtol=1e-11)
    assert len(found.factors) == 3


def test_nested_effects_are_free_whatever_their_order_and_names() -> None:
    sample = panel_of(6)
    solution = least_squares(sample)
    region, levels = sample.codes("region")
    finer = region * 2 + (np.arange(N) % 2)
    finer = np.unique(finer, return_inverse=True)[1]
    other, other_levels = sample.codes("industry")
    counts = []
    for order in ((0, 1), (1, 0)):
        codes = [(finer, int(finer.max()) + 1), (other, other_levels)]
        chosen = [codes[i] for i in order]
        effects = Effects(("a", "b"), tuple(c for c, _ in chosen), tuple(g for _, g in chosen))
        found = covariance(replace(solution, effects=effects), sample, Cluster("region"))
        counts.append((found.parameters, found.factors))
    assert counts[0] == counts[1]
    assert counts[0][0] == 3 + 1 + other_levels - 1
    assert levels < finer.max() + 1


def test_one_cluster_and_missing_clusters_are_refused_and_few_are_noted() -> None:
    sample = panel_of(7)
    frame = sample.panel.frame.assign(
        one=1,
        few=np.arange(N) % 4,
        gaps=np.where(np.arange(N) == 3, None, "a"),
    )
    sample = Sample.of(Panel.of(frame))
    solution = least_squares(sample)
    with pytest.raises(IdentificationError, match="at least two clusters of one"):
        covariance(solution, sample, Cluster("one"))
    with pytest.raises(IdentificationError, match="1 rows without"):
        covariance(solution, sample, Cluster("gaps"))
    found = covariance(solution, sample, Cluster("few"))
    assert found.warnings[0].startswith("only 4 clusters of few")


def test_methods_that_are_not_kernels_cannot_be_joined() -> None:
    with pytest.raises(SpecificationError, match="kernel"):
        Cluster("a") | Homoskedastic()
    for other in (Homoskedastic(), WildCluster("a")):
        with pytest.raises(SpecificationError, match=f"Found {type(other).__name__}"):
            other | Cluster("a")
    with pytest.raises(SpecificationError, match="HC3"):
        Cluster("a") | Heteroskedastic("HC3")
    with pytest.raises(SpecificationError, match="one small-sample rule"):
        Cluster("a", small_sample="stata") | Cluster("b", small_sample="petersen")


def test_a_union_has_two_to_four_members_and_names_their_columns() -> None:
    union = Cluster("region") | Cluster("industry^year") | Heteroskedastic("HC0")
    assert union.columns() == ("region", "industry^year")
    with pytest.raises(SpecificationError, match="one to four"):
        AnyOf(tuple(Cluster(name) for name in "abcde"))
    with pytest.raises(NotImplementedError):
        Dependence().bind(panel_of(1))


def test_more_parameters_than_rows_are_refused() -> None:
    sample = panel_of(3, n=30)
    solution = least_squares(sample)
    crowded = replace(solution, effects=Effects(("a",), (np.arange(30),), (30,)))
    with pytest.raises(IdentificationError, match="more rows than parameters"):
        covariance(crowded, sample, Heteroskedastic("HC1"))


def test_rows_of_full_leverage_and_instruments_have_no_leverage_correction() -> None:
    sample = panel_of(3, n=30)
    solution = least_squares(sample)
    alone = np.minimum(np.arange(30), 20)
    with_effects = replace(solution, effects=Effects(("a",), (alone,), (21,)))
    with pytest.raises(IdentificationError, match="leverage below one"):
        covariance(with_effects, sample, Heteroskedastic("HC3"))
    iv = replace(solution, linear=replace(solution.linear, Z=solution.linear.X))
    with pytest.raises(SpecificationError, match="least squares for HC2"):
        covariance(iv, sample, Heteroskedastic("HC2"))


def test_a_rule_given_to_the_union_holds_for_its_members() -> None:
    assert AnyOf((Cluster("a"), Cluster("b")), small_sample="petersen").small_sample == "petersen"
    assert (Cluster("a", small_sample="stata") | Cluster("b")).small_sample == "stata"


def test_what_is_not_a_dependence_is_refused() -> None:
    sample = panel_of(8)
    with pytest.raises(SpecificationError, match="Expected a dependence"):
        covariance(least_squares(sample), sample, "firm_id")


def test_designs_without_linear_arrays_refuse_what_needs_them() -> None:
    sample = panel_of(9)
    bare = replace(least_squares(sample), linear=None)
    for vcov in (Homoskedastic(), Heteroskedastic("HC2")):
        with pytest.raises(SpecificationError, match="Expected a linear design"):
            covariance(bare, sample, vcov)
    assert isinstance(Heteroskedastic("HC1"), Dependence)


def test_a_covariance_cannot_be_written_to() -> None:
    sample = panel_of(10)
    found = covariance(least_squares(sample), sample, Cluster("region"))
    with pytest.raises(ValueError, match="read-only"):
        found.matrix[0, 0] = 1.0
