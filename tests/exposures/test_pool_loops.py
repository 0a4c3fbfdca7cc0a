"""Knowledge pools, stocks, distance and joint patents as exposures, in loops of their formulas."""

from collections import defaultdict
from itertools import pairwise
from math import asin, cos, exp, radians, sin, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import DataError, ResourceError
from spillover.exposures import knowledge, operator
from spillover.exposures.expose import expose
from spillover.exposures.inventory import PerpetualInventory, accumulate
from spillover.exposures.knowledge import KnowledgePool, others
from spillover.exposures.neighbors import Neighbors
from spillover.exposures.shock import Shock
from spillover.networks.connect import connect
from spillover.networks.copatent import JointPatents
from spillover.networks.geography import GeographicProximity
from spillover.networks.multilayer import at_least
from spillover.networks.portfolio import Portfolio
from spillover.tables.panel import Panel
from spillover.tables.tables import Tables

SEEDS = st.integers(0, 10_000)
FIRMS = [f"F{i}" for i in range(7)]


def dot(a: dict, b: dict) -> float:
    return sum(value * b[key] for key, value in a.items() if key in b)


def cosine(a: dict, b: dict) -> float:
    both = sqrt(dot(a, a) * dot(b, b))
    return dot(a, b) / both if both else 0.0


@given(
    SEEDS,
    st.sampled_from(["cosine", "covariance", "mahalanobis"]),
    st.sampled_from(["group", "self"]),
    st.sampled_from(["drop", "zero"]),
    st.integers(0, 2),
)
def test_pools_equal_sums_over_pairs_and_classes(
    seed: int, measure: str, exclude: str, unknown: str, lag: int
) -> None:
    """Rows of one firm and class are added; some firms have no portfolio and some no stock."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 25))
    rows = pd.DataFrame(
        {
            "firm_id": rng.choice(FIRMS[:-1], m),
            "product": rng.choice([*"PQRST"], m),
            "sales": rng.integers(1, 5, m).astype(float),
        }
    )
    portfolio = Portfolio.of(rows, "product", "sales", firms=np.array(FIRMS, object))
    group = np.array([0, 0, *rng.integers(-1, 3, 5)], np.int32)
    portfolio = Portfolio("p", portfolio.firms, portfolio.classes, portfolio.counts, group)
    stocks = rng.choice([0.0, 1.0, 2.5, np.nan], (7, 2))
    shock = Shock("rd", portfolio.firms, np.array([2000, 2003], np.int32), stocks)
    pool = expose(portfolio, shock, KnowledgePool(measure, lag, exclude, unknown), name="pool")

    held: dict[str, dict] = {firm: defaultdict(float) for firm in FIRMS}
    for firm, kind, amount in rows.itertuples(index=False):
        held[firm][kind] += amount
    shares = [{k: v / sum(own.values()) for k, v in own.items()} for own in held.values()]
    columns: dict[str, dict] = defaultdict(dict)
    for i, own in enumerate(shares):
        for kind, share in own.items():
            columns[kind][i] = share

    def near(a: dict, b: dict) -> float:
        if measure == "covariance":
            return dot(a, b)
        if measure == "cosine":
            return cosine(a, b)
        form = sum(
            x * y * cosine(columns[c], columns[d]) for c, x in a.items() for d, y in b.items()
        )
        return form / sqrt(dot(a, a) * dot(b, b)) if a and b else 0.0

    for i in range(7):
        for t in range(2):
            value = known = total = 0.0
            for j in range(7):
                same = exclude == "group" and group[i] >= 0 and group[i] == group[j]
                if i == j or same:
                    continue
                w, g = near(shares[i], shares[j]), stocks[j, t]
                total += w
                value += 0.0 if np.isnan(g) else w * g
                known += w if unknown == "zero" or not np.isnan(g) else 0.0
            np.testing.assert_allclose(pool.values[i, t], value, rtol=1e-12, atol=1e-12)
            covered = known / total if total > 1e-14 else np.nan
            np.testing.assert_allclose(pool.coverage[i, t], covered, rtol=1e-9)
    assert pool.years.tolist() == [2000 + lag, 2003 + lag]
    panel = Panel.of(pd.DataFrame({"firm_id": FIRMS, "year": 2000 + lag}))
    flags = pool.columns(panel)["pool_isolated"]
    assert flags.tolist() == [float(not own) for own in shares]


def closed(flows: list[float], gap: str) -> list[float]:
    """Flows with the gaps between known years closed."""
    known = [t for t, r in enumerate(flows) if not np.isnan(r)]
    result = list(flows)
    for low, high in pairwise(known):
        for t in range(low + 1, high):
            if gap == "zero":
                result[t] = 0.0
            elif gap == "interpolate" and high - low <= 3:
                result[t] = flows[low] + (flows[high] - flows[low]) * (t - low) / (high - low)
    return result


def own_growth(flows: list[float]) -> float:
    early = [t for t, r in enumerate(flows) if r > 0][:5]
    if len(early) < 2:
        return 0.05
    mean = (flows[early[-1]] / flows[early[0]]) ** (1 / (early[-1] - early[0])) - 1
    return min(max(mean, -0.05), 0.20)


@given(
    SEEDS,
    st.sampled_from(["stop", "interpolate", "zero"]),
    st.sampled_from(["own", 0.05]),
    st.sampled_from(["end", "beginning"]),
)
def test_stocks_equal_loops_whatever_closes_gaps_and_starts_them(
    seed: int, gap: str, growth: object, timing: str
) -> None:
    rng = np.random.default_rng(seed)
    flows = rng.choice([np.nan, 0.0, 1.0, 2.5, 2.7], (3, 9))
    flows[0, [0, -1]] = 1.0
    rows = [
        (f"F{i}", 2000 + t, r)
        for (i, t), r in np.ndenumerate(flows)
        if rng.random() < 0.9 or i == 0
    ]
    panel = Panel.of(pd.DataFrame(rows, columns=["firm_id", "year", "rd"]))
    spec = PerpetualInventory("rd", 0.15, growth, timing, gap)
    stock = accumulate(panel, spec, "stock")
    listed = {(firm, year): r for firm, year, r in rows}
    for row, firm in enumerate(panel.units):
        seen = [listed.get((firm, 2000 + t), np.nan) for t in range(9)]
        filled = closed(seen, gap)
        g = own_growth(filled) if growth == "own" else 0.05
        carried, expected = None, []
        for r in filled:
            if carried is None and np.isnan(r):
                expected.append(np.nan)
            elif timing == "end":
                start = r * (1 + g) / (g + 0.15)
                carried = start if carried is None else 0.85 * carried + r
                expected.append(carried)
            else:
                before = r / (g + 0.15) if carried is None else carried
                expected.append(before)
                carried = 0.85 * before + r
        np.testing.assert_allclose(stock.values[row], expected, rtol=1e-12)


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    north, east, above, beyond = (radians(x) for x in (*a, *b))
    wide = cos(north) * cos(above) * sin((beyond - east) / 2) ** 2
    half = sin((above - north) / 2) ** 2 + wide
    return 2 * 6371.01 * asin(min(sqrt(half), 1.0))


@given(
    SEEDS,
    st.sampled_from(["ring", "exponential", "power"]),
    st.sampled_from([0.0, 4.0]),
    st.sampled_from(["sum", "mean", "max", "count"]),
)
def test_exposure_by_distance_equals_a_double_loop(
    seed: int, kernel: str, inner: float, by: str
) -> None:
    """Some firms share a place, some have none, some years have no row."""
    rng = np.random.default_rng(seed)
    places = [(33 + float(x), 130 + float(y)) for x, y in rng.random((6, 2)) * 0.2]
    places = [*places, places[0]]
    known = rng.random(7) < 0.85
    known[0] = True
    firms = pd.DataFrame(
        {
            "firm_id": FIRMS,
            "latitude": [p[0] if k else np.nan for p, k in zip(places, known, strict=True)],
            "longitude": [p[1] if k else np.nan for p, k in zip(places, known, strict=True)],
        }
    )
    rows = [(f, y) for f in FIRMS for y in (2000, 2001, 2003) if rng.random() < 0.8]
    years = pd.DataFrame([*rows, ("F0", 2000), ("F0", 2001), ("F0", 2003)]).drop_duplicates()
    tables = Tables({"firms": firms, "firm_years": years.set_axis(["firm_id", "year"], axis=1)})
    scale = {"ring": None, "exponential": 5.0, "power": 1.5}[kernel]
    rule = GeographicProximity(radius=12, kernel=kernel, scale=scale, inner=inner, nearest=2.0)
    network = connect(tables, rule, name="near")
    g = rng.choice([0.0, 1.0, 0.4, np.nan], (7, len(network.years)))
    g[0] = 1.0
    shock = Shock("g", network.firms, network.years, g)
    x = expose(network, shock, Neighbors("zero", by, lag=0, exclude="self", min_coverage=0.0))
    exists = {(f, int(y)) for f, y in years.itertuples(index=False)}
    for i in range(7):
        for t, year in enumerate(network.years):
            weights = {}
            for j in range(7):
                d = kilometres(places[i], places[j]) if known[i] and known[j] else np.inf
                if i != j and inner <= d < 12:
                    fade = {"ring": 1.0, "exponential": exp(-d / 5), "power": max(d, 2.0) ** -1.5}
                    weights[j] = fade[kernel]
            heard = {j: w for j, w in weights.items() if not np.isnan(g[j, t])}
            if (FIRMS[i], int(year)) not in exists:
                expected = np.nan
            elif by == "count":
                expected = float(sum(g[j, t] >= 0.5 for j in heard))
            elif by == "max":
                expected = max((g[j, t] for j in heard), default=0.0)
            else:
                expected = sum(w * g[j, t] for j, w in heard.items())
                if by == "mean" and weights:
                    expected = expected / sum(heard.values()) if heard else np.nan
            np.testing.assert_allclose(x.values[i, t], expected, rtol=1e-12, atol=1e-14)


@given(
    SEEDS,
    st.sampled_from(["newman", "full", "fractional"]),
    st.sampled_from([1, 3, None]),
    st.booleans(),
    st.sampled_from([None, 3]),
    st.sampled_from(["mean", "sum", "count"]),
)
def test_exposure_through_joint_patents_equals_a_loop_over_documents(
    seed: int, counting: str, window: int | None, consolidate: object, most: int | None, by: str
) -> None:
    """Persons leave, groups are one applicant, pairs are listed twice, years have no document."""
    rng = np.random.default_rng(seed)
    kinds = [*["firm"] * 6, "person"]
    groups = [None, None, "g", "g", "h", "h", None]
    documents = {
        p: (
            int(rng.choice([2000, 2001, 2003])),
            sorted(set(rng.integers(0, 7, rng.integers(1, 6)))),
        )
        for p in range(int(rng.integers(1, 12)))
    }
    documents[50], documents[51] = (2000, [0, 1]), (2003, [0, 2])
    rows = [(p, f"F{a}", kinds[a]) for p, (_, team) in documents.items() for a in [*team, team[0]]]
    patents = [(p, year) for p, (year, _) in documents.items()]
    tables = Tables(
        {
            "applicants": pd.DataFrame(rows, columns=["patent_id", "firm_id", "applicant_kind"]),
            "patents": pd.DataFrame(patents, columns=["patent_id", "filing_year"]),
            "firms": pd.DataFrame({"firm_id": FIRMS, "group_id": groups}),
        }
    )
    rule = JointPatents(
        counting,
        window,
        None if window else 0.3,
        consolidate_groups=bool(consolidate),
        max_applicants=most,
    )
    network = connect(tables, rule, name="joint")
    g = rng.choice([0.0, 1.0, 0.4], (7, 4))
    shock = Shock("g", network.firms, network.years, g)
    x = expose(network, shock, Neighbors("zero", by, lag=1, exclude="self"))
    filed: dict[int, dict] = {year: defaultdict(float) for year in range(2000, 2004)}
    for year, team in documents.values():
        firms = [a for a in team if kinds[a] == "firm"]
        if most is not None and len(firms) > most:
            continue
        circles: dict[object, list[int]] = defaultdict(list)
        for a in firms:
            circles[(groups[a] if consolidate else None) or a].append(a)
        k = len(circles)
        for one, members in circles.items():
            for other, partners in circles.items():
                for a in members if one != other else []:
                    for b in partners:
                        pair = {"newman": 1 / (k - 1), "full": 1.0, "fractional": 1 / k}[counting]
                        filed[year][a, b] += pair / (len(members) * len(partners))
    for t, year in enumerate(range(2000, 2004)):
        w: dict = defaultdict(float)
        for past in range(2000, year):
            age = year - 1 - past
            fade = 0.7**age if window is None else float(age < window)
            for pair, value in filed[past].items():
                w[pair] += fade * value
        for i in range(7):
            partners = {b: v for (a, b), v in w.items() if a == i and v > 0}
            if year == 2000:
                expected = np.nan
            elif by == "count":
                expected = float(sum(g[b, t - 1] >= 0.5 for b in partners))
            else:
                expected = sum(v * g[b, t - 1] for b, v in partners.items())
                if by == "mean" and partners:
                    expected /= sum(partners.values())
            np.testing.assert_allclose(x.values[i, t], expected, rtol=1e-12, atol=1e-12)


def test_repeated_partners_are_those_of_two_filings() -> None:
    rows = [(p, f) for p, team in enumerate(["ab", "ab", "ac"]) for f in team]
    tables = Tables(
        {
            "applicants": pd.DataFrame(rows, columns=["patent_id", "firm_id"]),
            "patents": pd.DataFrame({"patent_id": range(3), "filing_year": 2000}),
        }
    )
    joint = at_least(connect(tables, JointPatents("full", window=1)), 2.0)
    shock = Shock("g", joint.firms, joint.years, np.array([[0.0], [1.0], [1.0]]))
    x = expose(joint, shock, Neighbors("zero", "count", lag=0, exclude="self"))
    assert x.values.ravel().tolist() == [1.0, 0.0, 0.0]


def test_a_stock_of_other_firms_is_refused() -> None:
    p = Portfolio.of(pd.DataFrame({"firm_id": ["a"], "ipc": ["H"]}), "ipc")
    shock = Shock("rd", np.array(["z"], object), np.array([2000], np.int32), np.ones((1, 1)))
    with pytest.raises(DataError, match="same identifiers"):
        expose(p, shock, KnowledgePool(exclude="self"))


@pytest.mark.parametrize("measure", ["cosine", "mahalanobis"])
def test_firms_taken_two_at_a_time_have_the_pools_of_all_at_once(
    monkeypatch: pytest.MonkeyPatch, measure: str
) -> None:
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(
        {
            "firm_id": [f"F{i:02d}" for i in rng.integers(0, 15, 60)],
            "class": rng.choice([*"PQRST"], 60),
        }
    )
    p = Portfolio.of(rows, "class")
    group = np.array([0, 0, 0, 1, 1, *[-1] * (len(p.firms) - 5)], np.int32)
    p = Portfolio("p", p.firms, p.classes, p.counts, group)
    stocks = rng.gamma(1.0, 1.0, (len(p.firms), 2))
    whole = others(p, stocks, measure, group=True)
    monkeypatch.setattr(knowledge, "ROWS_AT_ONCE", 2)
    np.testing.assert_allclose(others(p, stocks, measure, group=True), whole, rtol=1e-12)


def test_more_walks_than_fit_are_refused_before_they_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables = Tables(
        {
            "applicants": pd.DataFrame({"patent_id": [1, 1, 1], "firm_id": [*"abc"]}),
            "patents": pd.DataFrame({"patent_id": [1], "filing_year": [2000]}),
        }
    )
    joint = connect(tables, JointPatents(window=1))
    shock = Shock("g", joint.firms, joint.years, np.array([[0.0], [1.0], [1.0]]))
    x = expose(joint, shock, Neighbors("zero", tier="walks", lag=0, exclude="self"))
    assert operator.operator(x, 0) is not None
    monkeypatch.setattr(operator, "MOST_WALKS", 5)
    with pytest.raises(ResourceError, match="Found 12"):
        operator.operator(x, 0)
