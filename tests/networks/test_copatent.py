"""Joint-patent networks."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csgraph, triu

from spillover.errors import DataError, SpecificationError
from spillover.networks.connect import connect
from spillover.networks.copatent import JointPatents
from spillover.networks.network import Network
from spillover.tables.tables import Tables

WEIGHT = {
    "newman": lambda k: 1 / (k - 1),
    "full": lambda _: 1.0,
    "fractional": lambda k: 1 / k,
}


@st.composite
def filings(draw: st.DrawFn) -> tuple[Tables, dict[int, tuple[int, list[str]]]]:
    """Documents with year and applicants; some applicants are listed twice."""
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    documents = {
        p: (
            2000 + int(rng.integers(0, 5)),
            sorted({f"F{i}" for i in rng.integers(0, 6, rng.integers(1, 5))}),
        )
        for p in range(draw(st.integers(1, 12)))
    }
    documents[99] = (2000, ["F0", "F1"])
    documents[98] = (2004, ["F0", "F1", "F2"])
    rows = [(p, a) for p, (_, team) in documents.items() for a in [*team, team[0]]]
    applicants = pd.DataFrame(rows, columns=["patent_id", "firm_id"]).sample(
        frac=1, random_state=int(rng.integers(1000))
    )
    patents = pd.DataFrame(
        {"patent_id": list(documents), "filing_year": [y for y, _ in documents.values()]}
    )
    firms = pd.DataFrame(
        {"firm_id": [f"F{i}" for i in range(7)], "group_id": [None] * 5 + ["g", "g"]}
    )
    return Tables({"applicants": applicants, "patents": patents, "firms": firms}), documents


@given(filings(), st.sampled_from(list(WEIGHT)), st.integers(1, 6))
def test_weights_equal_a_loop_over_documents(
    drawn: tuple[Tables, dict], counting: str, window: int
) -> None:
    tables, documents = drawn
    network = connect(tables, JointPatents(counting=counting, window=window), name="joint")
    for year in network.years:
        w = np.zeros((7, 7))
        for filed, team in documents.values():
            if year - window < filed <= year:
                for a, b in combinations(team, 2):
                    w[int(a[1]), int(b[1])] += WEIGHT[counting](len(team))
        np.testing.assert_allclose(network.at(year).toarray(), w + w.T, rtol=1e-12)


@given(filings())
def test_the_three_countings_have_their_totals_and_newman_rows_count_joint_filings(
    drawn: tuple[Tables, dict],
) -> None:
    tables, documents = drawn
    k = np.array([len(team) for _, team in documents.values()])
    totals = {"full": k * (k - 1) / 2, "fractional": (k - 1) / 2, "newman": k / 2 * (k > 1)}
    for counting, total in totals.items():
        network = connect(tables, JointPatents(counting=counting, window=9))
        assert network.at(2004).sum() / 2 == pytest.approx(total.sum(), abs=1e-9)
    rows = connect(tables, JointPatents(window=9)).at(2004).sum(axis=1)
    joint = [sum(f"F{i}" in t and len(t) > 1 for _, t in documents.values()) for i in range(7)]
    np.testing.assert_allclose(rows, joint, atol=1e-9)


@given(filings())
def test_decay_has_the_window_and_the_sum_as_its_limits(drawn: tuple[Tables, dict]) -> None:
    tables, _ = drawn
    year = connect(tables, JointPatents(window=1))
    gone = connect(tables, JointPatents(window=None, decay=1.0))
    kept = connect(tables, JointPatents(window=None, decay=0.0))
    everything = connect(tables, JointPatents(window=99))
    for at in year.years:
        np.testing.assert_allclose(gone.at(at).toarray(), year.at(at).toarray())
        np.testing.assert_allclose(kept.at(at).toarray(), everything.at(at).toarray())


@given(filings(), st.integers(0, 1000))
def test_the_order_of_rows_changes_no_bit(drawn: tuple[Tables, dict], seed: int) -> None:
    tables, _ = drawn
    mixed = {name: frame.sample(frac=1, random_state=seed) for name, frame in tables.frames.items()}
    first, second = (connect(t, JointPatents()).edges for t in (tables, Tables(mixed)))
    for part in ("src", "dst", "start", "end", "weight"):
        assert getattr(first, part).tobytes() == getattr(second, part).tobytes()


def joint(applicants: dict[str, list], spec: JointPatents, **firms: list) -> Network:
    patents = pd.DataFrame({"patent_id": ["p", "q"], "filing_date": ["2020-03-01", "2020-05-01"]})
    frames = {"applicants": pd.DataFrame(applicants), "patents": patents}
    if firms:
        frames["firms"] = pd.DataFrame(firms)
    return connect(Tables(frames), spec)


def test_persons_leave_before_applicants_are_counted() -> None:
    rows = {
        "patent_id": ["p", "p", "p", "q"],
        "firm_id": ["a", "b", "x", "a"],
        "applicant_kind": ["firm", "firm", "person", "firm"],
    }
    network = joint(rows, JointPatents())
    assert network.at(2020).toarray()[0, 1] == 1.0
    assert network.notes == (
        "left out 1 applicants of other kinds",
        "links up to 2020 look back less than 5 years",
    )
    assert joint(rows, JointPatents(kinds=("firm", "person"))).at(2020)[0, 1] == 0.5


def test_holders_who_did_not_file_are_no_applicants() -> None:
    rows = {
        "patent_id": ["p", "p", "p"],
        "firm_id": ["a", "b", "c"],
        "role": ["applicant_at_filing", None, "right_holder"],
    }
    network = joint(rows, JointPatents(window=1))
    assert network.firms.tolist() == ["a", "b"]
    assert network.notes == ("left out 1 right holders who did not file",)


def test_a_group_is_one_applicant_and_never_its_own_partner() -> None:
    rows = {"patent_id": ["p", "p", "p"], "firm_id": ["a", "b", "c"]}
    groups = {"firm_id": ["a", "b", "c"], "group_id": ["g", "g", None]}
    network = joint(rows, JointPatents(), **groups)
    np.testing.assert_array_equal(
        network.at(2020).toarray(), [[0, 0, 0.5], [0, 0, 0.5], [0.5, 0.5, 0]]
    )
    apart = joint(rows, JointPatents(consolidate_groups=False), **groups)
    assert apart.at(2020)[0, 1] == 0.5


def test_applicants_outside_the_firms_leave_before_they_are_counted() -> None:
    rows = {"patent_id": ["p", "p", "p"], "firm_id": ["a", "b", "z"]}
    network = joint(rows, JointPatents(window=1), firm_id=["a", "b"])
    assert network.at(2020)[0, 1] == 1.0
    assert network.notes == ("left out 1 applicants that are not in firms",)


def test_documents_without_partners_give_no_network() -> None:
    with pytest.raises(DataError, match="two applicants"):
        joint({"patent_id": ["p", "q"], "firm_id": ["a", "b"]}, JointPatents())
    with pytest.raises(DataError, match="applicant_name"):
        joint({"patent_id": ["p"], "name": ["a"]}, JointPatents())
    with pytest.raises(SpecificationError, match="window or a decay"):
        JointPatents(decay=0.1)


@pytest.mark.reference
def test_joint_filings_on_drones(shared: Path) -> None:
    """Counts of the public drone-patent file, listed beside it with the script's versions."""
    case = json.loads((shared / "reference" / "network.json").read_text("utf-8"))
    values = case["copatent_drones"]["values"]
    rows = pd.read_csv(shared / "data" / "drones_patents" / "applicants.csv.gz", dtype=str)  # noqa: TID251 - outside the project
    rows = rows.set_axis(["patent_id", "applicant_name"], axis=1)
    patents = pd.DataFrame({"patent_id": rows["patent_id"].unique(), "filing_year": 2000})
    tables = Tables({"applicants": rows, "patents": patents})

    def total(counting: str) -> Network:
        return connect(tables, JointPatents(counting=counting, window=1, unit="applicant_name"))

    network = total("full")
    upper = triu(network.at(2000))
    assert len(network.firms) == values["n_applicants"] == 19_633
    assert upper.nnz == values["edges"] == 20_652
    assert upper.max() == values["max_joint"]
    assert int((upper.data >= 2).sum()) == values["repeated_ties"]
    _, component = csgraph.connected_components(network.at(2000), directed=False)
    assert np.bincount(component).max() == values["giant"]
    assert upper.sum() == values["sum_full_upper"]
    for counting in ("fractional", "newman"):
        expected = values[f"sum_{counting}_upper"]
        assert triu(total(counting).at(2000)).sum() == pytest.approx(expected, abs=1e-9)
    named = rows.dropna().drop_duplicates()
    assert named["patent_id"].nunique() == values["n_docs"] == 49_366
