"""Patents of firms by year, against a loop over documents."""

import numpy as np
import pandas as pd
import pytest

from spillover.errors import DataError
from spillover.tables.panel import Panel
from spillover.tables.patent_output import PatentOutput
from spillover.tables.tables import Tables

TEAMS = {
    "p1": (2020, "H01L 21/00", 4, [("firm", "a")]),
    "p2": (2020, "H01L 33/00", 2, [("firm", "a"), ("firm", "b")]),
    "p3": (2020, "G06F 17/00", 9, [("firm", "b"), ("university", None)]),
    "p4": (2021, "H01L 21/00", 0, [("firm", "b")]),
    "p5": (2021, "G06F 17/00", 5, [("person", None)]),
}


def tables(*, cited: bool = True) -> Tables:
    patents = pd.DataFrame(
        {
            "patent_id": list(TEAMS),
            "filing_year": pd.array([team[0] for team in TEAMS.values()], dtype="Int64"),
            "main_class": [team[1] for team in TEAMS.values()],
            "citations_received": [team[2] for team in TEAMS.values()],
        }
    )
    applicants = pd.DataFrame(
        [
            {"patent_id": patent, "applicant_seq": seq, "applicant_kind": kind, "firm_id": firm}
            for patent, team in TEAMS.items()
            for seq, (kind, firm) in enumerate(team[3], start=1)
        ]
    )
    kept = patents if cited else patents.drop(columns="citations_received")
    return Tables({"patents": kept, "applicants": applicants})


def panel() -> Panel:
    rows = [(firm, year) for firm in ("a", "b", "c") for year in (2019, 2020, 2021)]
    return Panel.of(pd.DataFrame(rows, columns=["firm_id", "year"]))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (PatentOutput(), [2, 0, 2, 1, 0, 0]),
        (PatentOutput(filed="alone"), [1, 0, 0, 1, 0, 0]),
        (PatentOutput(filed="jointly"), [1, 0, 2, 0, 0, 0]),
        (PatentOutput(counts="citations"), [6, 0, 11, 0, 0, 0]),
        (PatentOutput(filed="alone", counts="citations"), [4, 0, 0, 0, 0, 0]),
        (PatentOutput(counts="relative_citations"), [2, 0, 2 / 3 + 1, 0, 0, 0]),
    ],
)
def test_patents_are_counted_for_every_applicant(spec: PatentOutput, expected: list) -> None:
    found = spec.on(tables(), panel()).reshape(3, 3)
    assert np.allclose(found[:, 1:].ravel(), expected)


def test_years_without_any_filing_are_unknown_and_not_zero() -> None:
    found = PatentOutput(filed="alone").on(tables(), panel()).reshape(3, 3)
    assert np.isnan(found[:, 0]).all()
    assert not np.isnan(found[:, 1:]).any()


def test_citations_that_are_not_there_are_asked_for() -> None:
    with pytest.raises(DataError, match="citations_received"):
        PatentOutput(counts="citations").on(tables(cited=False), panel())
    assert PatentOutput().on(tables(cited=False), panel())[1] == 2.0


def test_filings_of_no_firm_are_refused() -> None:
    empty = tables().frames["applicants"].assign(firm_id=None)
    with pytest.raises(DataError, match="filed all"):
        PatentOutput().on(Tables({**tables().frames, "applicants": empty}), panel())
