"""What must not matter: the order of rows, names, units of measurement, how weight is divided."""

from collections.abc import Mapping
from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spillover as sp

FIRMS, YEARS = 24, 6
EFFECTS = ("firm", "year")
LEAST_SQUARES = sp.FixedEffects("y", ("x", "z"), EFFECTS, "w", "keep")
DESIGNS = {
    "least squares": LEAST_SQUARES,
    "two stages": sp.InstrumentalVariables(
        "y", ("d",), ("z", "v"), ("x",), EFFECTS, "w", singletons="keep"
    ),
    "liml": sp.InstrumentalVariables(
        "y", ("d",), ("z", "v"), ("x",), EFFECTS, "w", "liml", singletons="keep"
    ),
    "gmm": sp.InstrumentalVariables(
        "y", ("d",), ("z", "v"), ("x",), EFFECTS, "w", "gmm",
        gmm_cluster="firm", singletons="keep",
    ),
    "counts": sp.PoissonFixedEffects("count", ("x", "z"), ("year",), "w", singletons="keep"),
}  # fmt: skip
DEPENDENCES = {
    "rows": sp.Heteroskedastic("HC0"),
    "firms": sp.Cluster("firm", "none"),
    "firms and groups": replace(
        sp.Cluster("firm", "none") | sp.Cluster("group", "none"), repair="none"
    ),
    "years": sp.DriscollKraay(1, "none"),
    "years of a firm": sp.NeweyWest(1, "none"),
    "places": sp.Conley(150, "same_period", small_sample="none"),
    "places over time, or firms": sp.Conley(150, "product", lags=1) | sp.Cluster("firm"),
    "partners": sp.NetworkHAC("supply", bandwidth=1, kernel="uniform"),
    "pairs": sp.Dyadic("firm", "partner"),
}
OF_GROUPS = ("firms", "firms and groups", "years", "places")
"""Dependences whose kernel is one between rows of a firm and year, and without a factor, so that
dividing a row among several rows changes nothing."""


def panel_frame(seed: int) -> pd.DataFrame:
    """An unbalanced panel in no order, with places, groups, partners and weights."""
    rng = np.random.default_rng(seed)
    n = FIRMS * YEARS
    firm = np.repeat(np.arange(FIRMS), YEARS)
    names = np.array([f"F{code:02d}" for code in range(FIRMS)])
    frame = pd.DataFrame(
        {
            "firm": names[firm],
            "year": np.tile(np.arange(2001, 2001 + YEARS), FIRMS),
            "partner": names[rng.integers(0, FIRMS, n)],
            "group": rng.integers(0, 7, n),
            "latitude": rng.uniform(31, 40, FIRMS)[firm],
            "longitude": rng.uniform(131, 140, FIRMS)[firm],
            "x": rng.normal(size=n) + rng.normal(size=FIRMS)[firm],
            "z": rng.normal(size=n),
            "v": rng.normal(size=n),
            "w": rng.uniform(0.3, 3, n),
        }
    )
    shock = rng.normal(size=n) + rng.normal(size=FIRMS)[firm]
    frame["d"] = frame["z"] + frame["v"] + 0.5 * shock + rng.normal(size=n)
    frame["y"] = 0.5 * frame["d"] - frame["x"] + shock * frame["w"]
    frame["count"] = rng.poisson(np.exp(0.3 + 0.3 * frame["x"] - 0.2 * frame["z"]))
    return frame[rng.uniform(size=n) < 0.9].sample(frac=1, random_state=seed)


def sample_of(frame: pd.DataFrame, unit: str = "firm") -> sp.Sample:
    firms = sorted(frame["firm"].unique())
    if unit != "firm":
        return sp.Sample.of(sp.Panel.of(frame, unit))
    # Partners by place, which names do not change.
    by_place = frame.groupby("firm")["latitude"].first().sort_values().index
    graph = nx.DiGraph()
    graph.add_nodes_from(firms)
    graph.add_edges_from(zip(by_place[:-1:2], by_place[1::2], strict=False))
    graph.add_edges_from(zip(by_place[1:9:2], by_place[2:10:2], strict=False))
    network = sp.from_networkx(graph, "goods", years=[2001, 2006])
    return sp.Sample.of(sp.Panel.of(frame, unit), networks=[network])


def results(
    sample: sp.Sample, design: object, among: tuple[str, ...] = tuple(DEPENDENCES)
) -> dict[str, pd.DataFrame]:
    """Estimates under every dependence that leaves a positive variance."""
    first = sp.estimate(sample, design, sp.Heteroskedastic("HC0"))
    found = {}
    for name in among:
        try:
            found[name] = sp.infer(first, DEPENDENCES[name]).tidy()
        except sp.SpilloverError as error:
            found[name] = pd.DataFrame({"refused": [type(error).__name__]})
    return found


def same(
    one: Mapping[str, pd.DataFrame], other: Mapping[str, pd.DataFrame], rtol: float = 1e-7
) -> None:
    assert one.keys() == other.keys()
    refused = sum("refused" in table for table in one.values())
    assert refused <= len(one) // 2
    for name, table in one.items():
        pd.testing.assert_frame_equal(
            table, other[name], rtol=rtol, atol=1e-11, obj=f"under {name}"
        )


def scaled(tables: Mapping[str, pd.DataFrame], by: Mapping[str, float]) -> dict[str, pd.DataFrame]:
    """Tables with the coefficients of some terms in other units."""
    found = {}
    for name, table in tables.items():
        copied = table.copy()
        for term in by.keys() & set(table.index):
            columns = ["estimate", "std_error", "conf_low", "conf_high"]
            copied.loc[term, columns] = table.loc[term, columns] * by[term]
            if by[term] < 0:
                ends = copied.loc[term, ["conf_high", "conf_low"]].to_numpy()
                copied.loc[term, ["conf_low", "conf_high"]] = ends
                copied.loc[term, ["std_error", "statistic"]] *= -1
        found[name] = copied
    return found


few = settings(max_examples=4)
seeds = st.integers(0, 10_000)


@few
@given(seed=seeds)
@pytest.mark.parametrize("name", DESIGNS)
def test_the_order_of_rows_changes_no_bit(name: str, seed: int) -> None:
    frame = panel_frame(seed)
    one = results(sample_of(frame), DESIGNS[name])
    other = results(sample_of(frame.sample(frac=1, random_state=seed + 1)), DESIGNS[name])
    for dependence, table in one.items():
        pd.testing.assert_frame_equal(table, other[dependence], check_exact=True)


@few
@given(seed=seeds)
@pytest.mark.parametrize("name", DESIGNS)
def test_names_of_firms_years_and_groups_do_not_matter(name: str, seed: int) -> None:
    frame = panel_frame(seed)
    order = np.random.default_rng(seed).permutation(FIRMS)
    names = {f"F{i:02d}": f"{j}-{i}" for i, j in enumerate(order)}
    renamed = frame.assign(
        firm=frame["firm"].map(names),
        partner=frame["partner"].map(names),
        group=frame["group"].map(lambda code: "gecabdf"[code]),
        year=frame["year"] - 100,
    )
    one, other = (results(sample_of(each), DESIGNS[name]) for each in (frame, renamed))
    same(one, other)


@few
@given(
    seed=seeds,
    a=st.sampled_from([1e-3, -2.0, 1e4]),
    c=st.sampled_from([1e-4, 3.0, 1e5]),
    shift=st.sampled_from([0.0, -7.0, 1e3]),
)
@pytest.mark.parametrize("name", DESIGNS)
def test_units_scale_coefficients_and_their_errors(
    name: str, seed: int, a: float, c: float, shift: float
) -> None:
    frame = panel_frame(seed)
    moved = frame.assign(
        x=a * frame["x"] + shift,
        d=c * frame["d"] + shift,
        y=c * frame["y"] + shift,
        v=a * frame["v"] + shift,
        count=c * frame["count"],
        w=c * frame["w"],
    )
    counts = name == "counts"
    by = {"x": 1 / a, "z": 1.0} if counts else {"x": c / a, "z": c, "d": 1.0}
    expected = scaled(results(sample_of(frame), DESIGNS[name]), by)
    found = results(sample_of(moved), DESIGNS[name])
    for dependence, table in found.items():
        pd.testing.assert_frame_equal(table, expected[dependence], rtol=1e-5, atol=1e-12)


@few
@given(seed=seeds)
@pytest.mark.parametrize("name", DESIGNS)
def test_a_row_divided_among_rows_that_share_its_weight_changes_nothing(
    name: str, seed: int
) -> None:
    frame = panel_frame(seed).reset_index(drop=True)
    frame["row"] = [f"R{i:03d}" for i in range(len(frame))]
    rng = np.random.default_rng(seed)
    divided = rng.uniform(size=len(frame)) < 0.4
    share = np.where(divided, rng.uniform(0.1, 0.9, len(frame)), 1.0)
    parts = frame[divided].assign(row=frame["row"] + "b", w=((1 - share) * frame["w"])[divided])
    both = pd.concat([frame.assign(w=share * frame["w"]), parts])
    one, other = (
        results(sample_of(each, "row"), DESIGNS[name], OF_GROUPS) for each in (frame, both)
    )
    columns = ["estimate", "std_error", "statistic"]
    for dependence in OF_GROUPS:
        assert ("refused" in one[dependence]) == ("refused" in other[dependence])
        if "refused" not in one[dependence]:
            pd.testing.assert_frame_equal(
                one[dependence][columns], other[dependence][columns], rtol=1e-6
            )


@few
@given(seed=seeds)
@pytest.mark.parametrize("name", ["least squares", "two stages", "counts"])
def test_the_bootstrap_knows_neither_order_nor_units_nor_the_division_of_rows(
    name: str, seed: int
) -> None:
    frame = panel_frame(seed).reset_index(drop=True)
    frame["row"] = [f"R{i:03d}" for i in range(len(frame))]
    half = frame.assign(w=frame["w"] / 2)
    both = pd.concat([half, half.assign(row=frame["row"] + "b")]).sample(frac=1, random_state=1)
    moved = both.assign(x=3 * both["x"] - 1, d=2 * both["d"], y=2 * both["y"], w=5 * both["w"])
    term = "d" if name == "two stages" else "x"
    vcov = sp.WildCluster("group", draws=199, seed=4, coefficients=(term,))
    p, ends = zip(*(drawn(each, name, vcov, term) for each in (frame, moved)), strict=True)
    assert p[0] == p[1]
    unit = 1 if name == "two stages" else 1 / 3 if name == "counts" else 2 / 3
    np.testing.assert_allclose(np.multiply(ends[0], unit), ends[1], rtol=1e-3)


def drawn(
    frame: pd.DataFrame, name: str, vcov: sp.WildCluster, term: str
) -> tuple[float, list[float]]:
    row = sp.estimate(sample_of(frame, "row"), DESIGNS[name], vcov).tidy().loc[term]
    return row["p_value"], [row["conf_low"], row["conf_high"]]


def test_a_design_with_other_weights_is_another_design() -> None:
    frame = panel_frame(1)
    plain = replace(LEAST_SQUARES, weights=None)
    one, other = (sp.estimate(sample_of(frame), each).beta for each in (LEAST_SQUARES, plain))
    assert np.abs(one - other).min() > 1e-3
