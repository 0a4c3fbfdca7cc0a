"""The wild bootstrap in score space against estimating again, draw by draw."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.designs.instruments import InstrumentalVariables
from spillover.errors import ResourceError, SpecificationError, UnknownNameError
from spillover.estimation.estimate import estimate, infer
from spillover.inference.cluster import Cluster
from spillover.inference.wild import WildCluster
from spillover.inference.wild_draws import drawn_coefficients, wild_scores
from spillover.numerics import wild_effects
from spillover.numerics.pairs import Groups
from spillover.numerics.resample import wild_blocks
from spillover.numerics.wild import draw
from spillover.sample import Sample
from spillover.tables.panel import Panel


def panel_of(seed: int = 4, firms: int = 36, years: int = 6) -> Sample:
    rng = np.random.default_rng(seed)
    n = firms * years
    region = rng.integers(0, 8, firms)
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i:03d}" for i in range(firms)], years),
            "year": np.tile(np.arange(2001, 2001 + years), firms),
            "region": np.repeat(region, years),
            "industry": np.repeat(rng.integers(0, 5, firms), years),
            "moving": rng.integers(0, 7, n),
            "x1": rng.normal(size=n) + np.repeat(rng.normal(size=firms), years),
            "x2": rng.normal(size=n),
            "w": rng.uniform(0.5, 2.0, n),
        }
    )
    common = rng.normal(size=8)[np.repeat(region, years)]
    frame["y"] = 0.2 * frame["x1"] + common * frame["x2"] + rng.normal(size=n)
    return Sample.of(Panel.of(frame[rng.uniform(size=n) < 0.8]))


def literal(sample: Sample, design: FixedEffects, by: str, V: np.ndarray, r: float):
    """t statistics of beta_1 = r with dummies written out and every draw estimated again."""
    cluster, _ = sample.codes(by)
    w = np.ones(len(sample)) if design.weights is None else sample.column(design.weights)
    root = np.sqrt(w)
    columns = [sample.column(text) for text in design.regressors]
    dummies = [np.eye(sample.codes(name)[1])[sample.codes(name)[0]] for name in design.absorb]
    X = np.column_stack([*columns, *(dummies or [np.ones((len(sample), 1))])]) * root[:, None]
    y = sample.column(design.outcome) * root
    pinv = np.linalg.pinv(X)
    rest = np.delete(X, 0, axis=1)
    restricted = y - r * X[:, 0]
    restricted = restricted - rest @ (np.linalg.pinv(rest) @ restricted)
    x_tilde = X[:, 0] - rest @ (np.linalg.pinv(rest) @ X[:, 0])

    def t_of(outcome: np.ndarray, center: float) -> float:
        b = pinv @ outcome
        e = outcome - X @ b
        sums = np.bincount(cluster, weights=x_tilde * e) / (x_tilde @ x_tilde)
        return (b[0] - center) / np.sqrt(np.sum(sums**2))

    fitted = y - restricted
    t = t_of(y, r)
    drawn = [t_of(fitted + V[cluster, b] * restricted, r) for b in range(V.shape[1])]
    return t, np.array(drawn)


DESIGNS = {
    "no effects": ((), None),
    "nested": (("firm_id",), None),
    "nested twice": (("firm_id", "region^year"), None),
    "not nested": (("year",), None),
    "large and not nested": (("moving^year",), None),
    "one nested and one not": (("firm_id", "year"), None),
    "one nested and two not": (("firm_id", "moving", "industry^year"), None),
    "two not nested": (("moving", "year"), None),
    "weights": (("firm_id", "year"), "w"),
    "weights, none nested": (("moving", "year"), "w"),
}


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("r", [0.0, 0.7])
def test_draws_equal_literal_estimation_with_the_same_weights(name: str, r: float) -> None:
    absorb, weights = DESIGNS[name]
    sample = panel_of()
    design = FixedEffects("y", ("x1", "x2"), absorb, weights=weights, singletons="keep")
    solution = design.solve(sample)
    groups = Groups(*sample.codes("region"))
    V = next(wild_blocks(groups.levels, 25, "webb", 9))
    (one,) = draw(wild_scores(solution, groups).directions([0]), [V])
    t, drawn = one.statistics(r)
    t_literal, drawn_literal = literal(sample, design, "region", V, r)
    assert t == pytest.approx(t_literal, rel=1e-9)
    np.testing.assert_allclose(drawn, drawn_literal, rtol=1e-9, atol=1e-10)


def test_leaving_out_the_effects_term_would_be_seen() -> None:
    """The check above can fail: year effects reach across clusters and change the draws."""
    sample = panel_of()
    solution = FixedEffects("y", ("x1", "x2"), ("firm_id", "year"), singletons="keep").solve(sample)
    groups = Groups(*sample.codes("region"))
    V = next(wild_blocks(groups.levels, 25, "webb", 9))
    scores = wild_scores(solution, groups)
    (exact,) = draw(scores.directions([0]), [V])
    none = wild_effects.effect_terms((), (), None, groups.codes, groups.levels)
    (careless,) = draw(replace(scores, effects=none).directions([0]), [V])
    gap = np.abs(exact.statistics(0.0)[1] - careless.statistics(0.0)[1])
    assert gap.max() > 0.01
    np.testing.assert_allclose(exact.numerators, careless.numerators, rtol=1e-12)


def test_all_sign_vectors_replace_draws_and_need_no_seed() -> None:
    sample = panel_of()
    design = FixedEffects("y", ("x1", "x2"), ("firm_id",))
    spec = WildCluster("region", weights="rademacher", draws=999)
    first = estimate(sample, design, spec)
    second = infer(first, replace(spec, seed=8))
    np.testing.assert_array_equal(first.covariance.p_values, second.covariance.p_values)
    assert "all 256 sign vectors" in first.covariance.notes[0]
    assert (first.covariance.p_values >= 2 / 256).all()


def test_the_matrix_is_clustered_and_p_values_are_the_bootstrap_s() -> None:
    sample = panel_of()
    design = FixedEffects("y", ("x1", "x2"), ("firm_id", "year"))
    plain = estimate(sample, design, Cluster("region"))
    wild = infer(plain, WildCluster("region", draws=999))
    np.testing.assert_array_equal(wild.covariance.matrix, plain.covariance.matrix)
    table = wild.tidy()
    assert (table["p_value"] != plain.tidy()["p_value"]).all()
    assert "999 draws of Webb's six points, seed 0" in wild.summary()


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("tails", ["symmetric", "equal"])
def test_the_ends_of_an_interval_are_where_the_p_value_crosses_the_level(
    tails: str, *, restricted: bool
) -> None:
    sample = panel_of(firms=60)
    solution = FixedEffects("y", ("x1", "x2"), ("firm_id", "year")).solve(sample)
    groups = Groups(*sample.codes("industry^region"))
    blocks = wild_blocks(groups.levels, 1999, "rademacher", 2)
    (one,) = draw(wild_scores(solution, groups).directions([0]), blocks)
    options = {"restricted": restricted, "equal_tail": tails == "equal"}
    for end, outwards in zip(one.interval(0.9, **options), (-1, 1), strict=True):
        assert one.p_value(end - 1e-6 * outwards, **options) > 0.1 - 1e-3
        assert one.p_value(end + 1e-6 * outwards, **options) <= 0.1 + 1e-12
    assert one.p_value(one.estimate) == 1.0


def test_too_few_clusters_leave_the_interval_unbounded() -> None:
    """Four clusters have sixteen sign vectors: no p-value can fall below one eighth."""
    sample = panel_of().where("region < 4")
    wild = estimate(
        sample,
        FixedEffects("y", ("x1",), ("firm_id",)),
        WildCluster("region", weights="rademacher"),
    )
    assert wild.covariance.intervals[0].kind == "line"
    assert wild.confint().loc["x1"].tolist() == [-np.inf, np.inf]


def test_the_same_seed_gives_the_same_p_values_over_several_blocks() -> None:
    sample = panel_of()
    design = FixedEffects("y", ("x1", "x2"), ("year",))
    spec = WildCluster("firm_id", draws=49_999, weights="webb")
    assert len(list(wild_blocks(36, 49_999, "webb", 0))) == 2
    first, again = (estimate(sample, design, spec).covariance for _ in range(2))
    np.testing.assert_array_equal(first.p_values, again.p_values)


def test_weights_have_mean_zero_and_variance_one() -> None:
    for kind in ("rademacher", "webb", "mammen"):
        V = np.concatenate(list(wild_blocks(5, 40_000, kind, 1)), axis=1)
        assert abs(V.mean()) < 0.01
        assert abs(V.var() - 1) < 0.02
    assert abs((V**3).mean() - 1) < 0.03


def test_coefficients_that_are_not_asked_for_keep_their_t_distribution() -> None:
    sample = panel_of()
    design = FixedEffects("y", ("x1", "x2"), ("firm_id",))
    wild = estimate(sample, design, WildCluster("region", coefficients=("x2",), draws=199))
    plain = infer(wild, Cluster("region")).tidy()
    assert wild.tidy().loc["x1", "p_value"] == plain.loc["x1", "p_value"]
    assert wild.tidy().loc["x1", "conf_low"] == pytest.approx(plain.loc["x1", "conf_low"])
    assert wild.tidy().loc["x2", "p_value"] != plain.loc["x2", "p_value"]
    assert "bootstrap for x2 only" in wild.summary()
    with pytest.raises(UnknownNameError, match="Known names are x1, x2"):
        infer(wild, WildCluster("region", coefficients=("x3",)))


def test_one_treated_cluster_brings_a_warning() -> None:
    sample = panel_of(firms=60)
    frame = sample.panel.frame.assign(one=lambda f: (f["region"] == 2) * (f["year"] > 2003) * 1.0)
    frame["y"] = frame["y"] + 2 * frame["one"]
    sample = Sample.of(Panel.of(frame))
    wild = estimate(
        sample,
        FixedEffects("y", ("one", "x2"), ("firm_id", "year")),
        WildCluster("region", draws=999, coefficients=("one",)),
    )
    assert any("few clusters may carry" in text for text in wild.warnings)


def test_designs_that_are_not_linear_are_drawn_by_one_step_on_scores() -> None:
    """Signs leave squared scores as they are, so that t* is a weighted sum of cluster scores."""
    sample = panel_of()
    solution = replace(FixedEffects("y", ("x1",), ("firm_id",)).solve(sample), linear=None)
    spec = WildCluster("region", weights="rademacher")
    found = spec.covariance(solution, sample.take(solution.rows))
    codes, G = sample.take(solution.rows).codes("region")
    sums = np.bincount(codes, solution.psi[:, 0])
    V = next(wild_blocks(G, 9999, "rademacher", 0))
    drawn = np.abs(sums @ V)
    expected = np.mean(drawn >= abs(solution.beta[0]) - 1e-10)
    assert found.p_values[0] == pytest.approx(expected)
    assert "one step on scores" in found.label
    assert "hypothesis not imposed" in found.notes[0]


def test_tables_that_would_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wild_effects, "DENSE_CELLS", 10)
    sample = panel_of()
    design = FixedEffects("y", ("x1",), ("firm_id", "year"))
    with pytest.raises(ResourceError, match="levels and 8 clusters"):
        estimate(sample, design, WildCluster("region"))


def test_sparse_tables_give_the_same_draws_as_dense_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = panel_of()
    solution = FixedEffects("y", ("x1",), ("firm_id", "year"), singletons="keep").solve(sample)
    groups = Groups(*sample.codes("moving"))
    V = next(wild_blocks(groups.levels, 30, "rademacher", 1))
    (dense,) = draw(wild_scores(solution, groups).directions([0]), [V])
    monkeypatch.setattr(wild_effects, "DENSE_CELLS", 60)
    (sparse,) = draw(wild_scores(solution, groups).directions([0]), [V])
    np.testing.assert_allclose(sparse.squares, dense.squares, rtol=1e-10)


def literal_iv(
    sample: Sample, design: InstrumentalVariables, by: str, V: np.ndarray, r: float
) -> tuple[float, np.ndarray]:
    """The restricted efficient bootstrap with dummies written out, draw by draw."""
    cluster, _ = sample.codes(by)
    w = np.ones(len(sample)) if design.weights is None else sample.column(design.weights)
    root = np.sqrt(w)
    dummies = [np.eye(sample.codes(name)[1])[sample.codes(name)[0]] for name in design.absorb]
    exogenous = [sample.column(text)[:, None] for text in design.regressors]
    W = np.column_stack([*exogenous, *(dummies or [np.ones((len(sample), 1))])]) * root[:, None]
    Z = np.column_stack([sample.column(text) for text in design.instruments]) * root[:, None]
    y = sample.column(design.outcome) * root
    d = sample.column(design.endogenous[0]) * root

    def rest(values: np.ndarray, on: np.ndarray = W) -> np.ndarray:
        return values - on @ (np.linalg.pinv(on) @ values)

    z = rest(Z)

    def t_of(outcome: np.ndarray, regressor: np.ndarray, center: float) -> float:
        b, c = rest(outcome), rest(regressor)
        fitted = z @ np.linalg.lstsq(z, c, rcond=None)[0]
        beta = fitted @ b / (fitted @ c)
        sums = np.bincount(cluster, weights=fitted * (b - beta * c)) / (fitted @ c)
        return (beta - center) / np.sqrt(np.sum(sums**2))

    u = rest(y - r * d)
    full = np.column_stack([W, Z, u])
    coefficients = np.linalg.pinv(full) @ d
    index = np.column_stack([W, Z]) @ coefficients[:-1]
    v = d - index
    drawn = []
    for b in range(V.shape[1]):
        d_star = index + V[cluster, b] * v
        y_star = r * d_star + (y - r * d - u) + V[cluster, b] * u
        drawn.append(t_of(y_star, d_star, r))
    return t_of(y, d, r), np.array(drawn)


def instrumented_panel() -> Sample:
    sample = panel_of()
    rng = np.random.default_rng(3)
    frame = sample.panel.frame
    z1, z2, u = rng.normal(size=(3, len(frame)))
    d = 0.5 * z1 + 0.3 * z2 + u + rng.normal(size=len(frame))
    y = 0.4 * d + frame["x2"] + 2 * u
    return Sample.of(Panel.of(frame.assign(z1=z1, z2=z2, d=d, y=y)))


IV_DESIGNS = {
    "no effects": ((), ("z1", "z2"), ("x1",), None),
    "nested": (("firm_id",), ("z1", "z2"), ("x1",), None),
    "one nested and one not": (("firm_id", "year"), ("z1", "z2"), ("x1", "x2"), None),
    "just identified": (("firm_id", "year"), ("z1",), (), None),
    "not nested": (("moving", "year"), ("z1", "z2"), ("x1",), None),
    "weights": (("firm_id", "year"), ("z1", "z2"), ("x1",), "w"),
}


@pytest.mark.parametrize("name", IV_DESIGNS)
@pytest.mark.parametrize("r", [0.0, 0.5])
def test_instrumented_draws_equal_literal_estimation(name: str, r: float) -> None:
    absorb, instruments, exogenous, weights = IV_DESIGNS[name]
    sample = instrumented_panel()
    design = InstrumentalVariables(
        "y", ("d",), instruments, exogenous, absorb, weights=weights, singletons="keep"
    )
    solution = design.solve(sample)
    groups = Groups(*sample.codes("region"))
    V = next(wild_blocks(groups.levels, 25, "webb", 9))
    (one,) = drawn_coefficients(solution, groups, (0,), lambda: [V])
    t, drawn = one.scores.statistics(r, [V])
    t_literal, drawn_literal = literal_iv(sample, design, "region", V, r)
    assert t == pytest.approx(t_literal, rel=1e-8)
    np.testing.assert_allclose(drawn, drawn_literal, rtol=1e-8, atol=1e-10)


def test_an_instrumented_estimate_gets_the_restricted_efficient_bootstrap() -> None:
    sample = instrumented_panel()
    design = InstrumentalVariables.formula("y ~ x1 | firm_id + year | d ~ z1 + z2")
    wild = estimate(sample, design, WildCluster("region", draws=399))
    table = wild.tidy()
    assert "WRE" in wild.covariance.label
    assert "bootstrap for d only" in wild.summary()
    assert table.loc["d", "conf_low"] < wild.beta[0] < table.loc["d", "conf_high"]
    assert table.loc["x1", "p_value"] == infer(wild, Cluster("region")).tidy().loc["x1", "p_value"]
    with pytest.raises(SpecificationError, match="instrumented regressors"):
        infer(wild, WildCluster("region", coefficients=("x1",)))
    with pytest.raises(SpecificationError, match="imposed with instruments"):
        infer(wild, WildCluster("region", restricted=False))
    liml = InstrumentalVariables.formula("y ~ x1 | firm_id + year | d ~ z1 + z2", method="liml")
    with pytest.raises(SpecificationError, match="two-stage least squares"):
        estimate(sample, liml, WildCluster("region"))
    two = InstrumentalVariables.formula("y ~ 1 | firm_id | d + x1 ~ z1 + z2")
    with pytest.raises(SpecificationError, match="one instrumented regressor"):
        estimate(sample, two, WildCluster("region"))
