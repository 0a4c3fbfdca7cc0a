"""Proximity in technology and space against dense formulas."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from spillover.errors import DataError, SpecificationError
from spillover.networks.connect import connect
from spillover.networks.geography import GeographicProximity, pairs_within
from spillover.networks.portfolio import PatentClasses, Portfolio, portfolio
from spillover.networks.products import ProductMarketProximity, product_portfolio
from spillover.networks.proximity import TechnologicalProximity, near, proximity
from spillover.numerics.proximity import class_overlap
from spillover.tables.tables import Tables

SEEDS = st.integers(0, 10_000)


def drawn(seed: int, n: int = 7, c: int = 5) -> Portfolio:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 4, (n, c)) * (rng.random((n, c)) < 0.6)
    firm, kind = np.nonzero(counts)
    rows = pd.DataFrame(
        {
            "firm_id": [f"F{i}" for i in firm],
            "class": [f"C{k}" for k in kind],
            "amount": counts[firm, kind],
        }
    )
    return Portfolio.of(
        rows, "class", "amount", firms=np.array([f"F{i}" for i in range(n)], object)
    )


@given(SEEDS)
def test_measures_equal_their_formulas_pair_by_pair(seed: int) -> None:
    p = drawn(seed)
    t = p.shares.toarray()
    omega = class_overlap(p.shares)
    found = {
        name: proximity(p, name)
        for name in ("cosine", "covariance", "min_complement", "jensen_shannon", "mahalanobis")
    }
    for i in range(7):
        for j in range(7):
            a, b = t[i], t[j]
            if a.sum() == 0 or b.sum() == 0:
                assert all(matrix[i, j] == 0 for matrix in found.values())
                continue
            length = np.linalg.norm(a) * np.linalg.norm(b)
            expected = {
                "cosine": a @ b / length,
                "covariance": a @ b,
                "min_complement": np.minimum(a, b).sum(),
                "jensen_shannon": 1 - jensenshannon(a, b, 2) ** 2,
                "mahalanobis": a @ omega @ b / length,
            }
            for name, value in expected.items():
                assert found[name][i, j] == pytest.approx(value, abs=1e-7)


@given(SEEDS, st.floats(0.5, 9))
def test_proximity_is_symmetric_and_ignores_the_number_of_patents(seed: int, times: float) -> None:
    p = drawn(seed)
    more = Portfolio(p.name, p.firms, p.classes, p.counts * times, p.group)
    for name in ("cosine", "min_complement", "jensen_shannon", "mahalanobis"):
        matrix = proximity(p, name)
        np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
        np.testing.assert_allclose(proximity(more, name), matrix, atol=1e-12)
    cosine = proximity(p, "cosine")
    np.testing.assert_allclose(np.diag(cosine), ~p.empty, atol=1e-12)
    assert cosine.max(initial=0) <= 1 + 1e-12


def years_of(p: Portfolio) -> Tables:
    firms = pd.DataFrame({"firm_id": p.firms})
    dates = pd.DataFrame([(f, y) for f in p.firms for y in (2000, 2001)])
    return Tables({"firms": firms, "firm_years": dates.set_axis(["firm_id", "year"], axis=1)})


@given(SEEDS, st.sampled_from(["cosine", "min_complement", "jensen_shannon"]), st.integers(1, 9))
def test_the_nearest_firms_are_kept_on_both_sides(seed: int, measure: str, most: int) -> None:
    p = drawn(seed)
    dense = proximity(p, measure)
    np.fill_diagonal(dense, 0.0)
    network = near(years_of(p), p, "tech", measure=measure, most=most)
    stored = network.at(2001).toarray()
    np.testing.assert_array_equal(stored, stored.T)
    assert not network.directed
    for i in range(7):
        limit = np.sort(dense[i])[::-1][most - 1] if most <= 7 else 0.0
        for j in range(7):
            if stored[i, j]:
                assert stored[i, j] == pytest.approx(dense[i, j], abs=1e-12)
            elif dense[i, j] > 1e-12:
                assert dense[i, j] <= limit + 1e-12
    if most >= 7:
        np.testing.assert_allclose(stored, dense, atol=1e-12)


PATENTS = {
    "patents": pd.DataFrame(
        {
            "patent_id": list("pqrs"),
            "filing_year": [2000, 2001, 2001, 2009],
            "main_class": ["H01L 21/336", "H01L 21/00", "G06F 3/01", "A01B 1/00"],
        }
    ),
    "applicants": pd.DataFrame(
        {"patent_id": [*list("pqqrs"), "p"], "firm_id": ["a", "a", "b", "c", "c", "a"]}
    ),
    "firms": pd.DataFrame({"firm_id": list("abcd")}),
    "firm_years": pd.DataFrame({"firm_id": list("abcd"), "year": 2010}),
}


def test_portfolios_of_patents_by_window_and_level() -> None:
    early = portfolio(Tables(PATENTS), PatentClasses(last=2005))
    assert early.classes.tolist() == ["G06F", "H01L"]
    np.testing.assert_array_equal(early.counts.toarray(), [[0, 2], [0, 1], [1, 0], [0, 0]])
    assert early.empty.tolist() == [False, False, False, True]
    every = portfolio(Tables(PATENTS), PatentClasses(level="section"))
    assert every.classes.tolist() == ["A", "G", "H"]
    with pytest.raises(DataError, match="in the window"):
        portfolio(Tables(PATENTS), PatentClasses(first=2020))
    network = connect(Tables(PATENTS), TechnologicalProximity(classes=PatentClasses(last=2005)))
    assert network.at(2010).toarray()[0].tolist() == [0, 1, 0, 0]
    assert network.notes[1] == "1 firms are near nobody: they have no portfolio"


def haversine(a: np.ndarray, b: np.ndarray) -> float:
    (f, g), (h, k) = np.radians(a), np.radians(b)
    root = np.sin((h - f) / 2) ** 2 + np.cos(f) * np.cos(h) * np.sin((k - g) / 2) ** 2
    return 2 * 6371.01 * np.arcsin(np.sqrt(root))


@given(SEEDS, st.floats(1, 21000))
def test_pairs_within_a_radius_equal_a_double_loop(seed: int, radius: float) -> None:
    rng = np.random.default_rng(seed)
    place = np.column_stack([rng.uniform(-90, 90, 12), rng.uniform(-180, 180, 12)])
    place[1], place[3] = place[0], place[2] + [0, 0.01]
    a, b, distance = pairs_within(place, radius)
    found = {(i, j): d for i, j, d in zip(a, b, distance, strict=True)}
    for i in range(12):
        for j in range(i + 1, 12):
            d = haversine(place[i], place[j])
            if abs(d - radius) > 1e-6:
                assert ((i, j) in found) == (d < radius)
            if (i, j) in found:
                assert found[i, j] == pytest.approx(d, abs=1e-6)


def test_distance_is_continuous_across_the_date_line() -> None:
    _, _, distance = pairs_within(np.array([[10.0, 179.999], [10.0, -179.999]]), 5.0)
    assert distance[0] == pytest.approx(0.219, abs=1e-3)


def test_kernels_of_distance() -> None:
    step = np.degrees(1 / 6371.01)
    frames = {
        "firms": pd.DataFrame(
            {
                "firm_id": list("abcd"),
                "latitude": [0.0, 0.0, 0.0, np.nan],
                "longitude": [0.0, 3 * step, 8 * step, 1.0],
            }
        ),
        "firm_years": pd.DataFrame({"firm_id": list("abcd"), "year": 2000}),
    }

    def row(**fields: object) -> np.ndarray:
        network = connect(Tables(frames), GeographicProximity(**fields), name="near")
        assert "1 firms are near nobody: they have no coordinates" in network.notes
        return network.at(2000).toarray()[0]

    np.testing.assert_array_equal(row(radius=4), [0, 1, 0, 0])
    np.testing.assert_array_equal(row(radius=9, inner=4), [0, 0, 1, 0])
    fade = row(radius=9, kernel="exponential", scale=3.0)
    np.testing.assert_allclose(fade, [0, np.exp(-1), np.exp(-8 / 3), 0])
    np.testing.assert_allclose(row(radius=9, kernel="power", scale=2.0), [0, 1 / 9, 1 / 64, 0])
    rings = [row(radius=b, inner=a) for a, b in ((0, 2), (2, 5), (5, 9))]
    np.testing.assert_array_equal(sum(rings), row(radius=9))
    with pytest.raises(SpecificationError, match="scale"):
        GeographicProximity(radius=5, kernel="power")
    with pytest.raises(SpecificationError, match="inner"):
        GeographicProximity(radius=5, inner=5)
    blank = frames["firms"].assign(latitude=np.nan)
    with pytest.raises(DataError, match="latitude"):
        connect(Tables(frames | {"firms": blank}), GeographicProximity(radius=1))


@pytest.mark.reference
def test_stored_proximity_of_the_six_greatest_applicants(shared: Path) -> None:
    """Cosine of IPC subclass counts, numpy, tolerance 1e-10."""
    case = json.loads((shared / "reference" / "network.json").read_text("utf-8"))
    values = case["copatent_drones"]["values"]
    folder = shared / "data" / "drones_patents"
    applicants, classes = (
        pd.read_csv(folder / name, dtype=str)  # noqa: TID251 - outside the project
        for name in ("applicants.csv.gz", "ipc_subclass.csv.gz")
    )
    applicants = applicants.set_axis(["patent", "firm_id"], axis=1).dropna().drop_duplicates()
    classes = classes.set_axis(["patent", "ipc"], axis=1).dropna().drop_duplicates()
    top = applicants[applicants["firm_id"].isin(values["top6"])]
    found = Portfolio.of(top.merge(classes, on="patent"), "ipc")
    order = [list(found.firms).index(name) for name in values["top6"]]
    matrix = proximity(found, "cosine")[np.ix_(order, order)]
    np.testing.assert_allclose(matrix, values["jaffe_ipc_subclass"], atol=1e-10)


def sales_of(seed: int) -> Tables:
    """Sales by product with firms that sell nothing, and a year outside the window."""
    rng = np.random.default_rng(seed)
    firms = [f"F{i}" for i in range(7)]
    rows = [
        (firm, year, f"P{k}", float(rng.integers(0, 4)))
        for firm in firms[:6]
        for year in (2008, 2010, 2015)
        for k in range(4)
        if rng.random() < 0.6
    ]
    rows.append(("F0", 2010, "P0", 2.0))
    table = pd.DataFrame(rows, columns=["firm_id", "year", "product", "sales"])
    table = table.drop_duplicates(["firm_id", "year", "product"], keep="last")
    every = pd.DataFrame({"firm_id": firms})
    return Tables({"product_sales": table, "firms": every, "firm_years": every.assign(year=2015)})


@given(SEEDS)
def test_product_market_proximity_equals_a_double_loop_over_sales(seed: int) -> None:
    tables = sales_of(seed)
    network = connect(tables, ProductMarketProximity(last=2010, most=7))
    table = tables["product_sales"]
    sold = np.zeros((7, 4))
    for row in table[table.year <= 2010].itertuples():
        sold[int(row.firm_id[1]), int(row.product[1])] += row.sales
    found = network.at(2015).toarray()
    for i in range(7):
        for j in range(7):
            both = np.linalg.norm(sold[i]) * np.linalg.norm(sold[j])
            expected = sold[i] @ sold[j] / both if i != j and both > 0 else 0.0
            assert found[i, j] == pytest.approx(expected, abs=1e-12)
    nothing = int((sold.sum(axis=1) == 0).sum())
    assert f"{nothing} firms are near nobody: they have no portfolio" in network.notes


def test_a_window_without_sales_is_refused() -> None:
    with pytest.raises(DataError, match="sales by product in the window"):
        product_portfolio(sales_of(1), first=2030)
