"""Shocks, presences, shares and stocks that cannot be are refused in three parts."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.errors import SpilloverError
from spillover.networks.build import assemble

PANEL = sp.Panel.of(
    pd.DataFrame(
        {
            "firm_id": list("abcd"),
            "year": 2000,
            "industry": list("ABCD"),
            "sales": [1.0, 2.0, 3.0, 4.0],
            "endless": [np.inf, 1.0, 1.0, 1.0],
            "per_cent": [51.0, 0.0, 0.0, 0.0],
            "loss": [-5.0, 1.0, 1.0, 1.0],
            "foreign": [0.0, 1.0, 0.0, 1.0],
        }
    )
)
FOREIGN = sp.Shock.of(PANEL, "foreign")
SHARES = pd.DataFrame(
    {"firm_id": list("aab"), "industry": list("xyy"), "share": [0.5, 0.5, 1.0], "year": 2000}
)
CHANGES = pd.DataFrame(
    {"firm_id": ["a", "b"], "industry": "x", "year": 2000, "change": 1.0, "weight": 1.0}
)
STAKES = pd.DataFrame(
    {"firm_id": ["a"], "year": 2000, "owner_seq": 1, "owner_country": "USA", "share": 0.9}
)


def links(**attributes: np.ndarray) -> sp.Network:
    return assemble("w", list("abc"), [2000], [0, 1], [1, 2], attributes=attributes)


def shock(values: object, units: str = "abc", years: tuple[int, ...] = (2000,)) -> sp.Shock:
    matrix = np.broadcast_to(np.asarray(values, dtype=float), (len(units), len(years))).copy()
    return sp.Shock("g", np.array(list(units), object), np.array(years, np.int32), matrix)


def carried(carried_shock: sp.Shock, spec: object = None) -> sp.Exposure:
    rule = spec or sp.Neighbors(isolates="zero", lag=0, exclude="self")
    return sp.expose(links(), carried_shock, rule)


def presence(foreign: sp.Shock = FOREIGN, weight: str = "sales", **options: str) -> sp.Presence:
    return sp.Presence.of(PANEL, foreign, weight, **options)


def pool(stock: sp.Shock) -> object:
    rows = pd.DataFrame({"firm_id": list("aab"), "ipc": list("XYX")})
    return sp.expose(sp.Portfolio.of(rows, "ipc"), stock, sp.KnowledgePool(exclude="self"))


def stratified() -> object:
    network = links(industry=np.arange(3, dtype=np.int32))
    flags = sp.Shock("g", network.firms, network.years, np.array([[1.0], [0.0], [0.0]]))
    rule = sp.Neighbors(isolates="missing", lag=0, exclude="self")
    return sp.recenter(sp.expose(network, flags, rule), sp.Assignment(within=("industry",)))


def ring(decay: float) -> object:
    network = assemble("w", list("abc"), [2000], [0, 1, 2], [1, 2, 0])
    chain = sp.Chain(isolates="zero", decay=decay, lag=0, exclude="self")
    return sp.expose(network, shock(1.0), chain)


CASES: dict[str, tuple[Callable[[], object], str]] = {
    "a shock of other firms": (lambda: carried(shock(1.0, "xyz")), "same identifiers"),
    "a shock of other years": (lambda: carried(shock(1.0, years=(1990,))), "1990 to 1990"),
    "an endless shock": (lambda: shock([[np.inf], [1.0], [1.0]]), r"\(a\)"),
    "years in another order": (lambda: shock(1.0, years=(2001, 2000)), "ascending"),
    "a base year outside": (
        lambda: carried(
            shock(1.0),
            sp.Neighbors(isolates="zero", weights="base_year", base_year=1980, exclude="self"),
        ),
        "2000 to 2000",
    ),
    "no groups to leave out": (
        lambda: carried(shock(1.0), sp.Neighbors(isolates="zero", lag=0)),
        'exclude = "self"',
    ),
    "a rule for isolates that is none": (lambda: sp.Neighbors(isolates="drop"), "isolates"),
    "a decay at the spectral limit": (lambda: ring(1.0), "below 1"),
    "a decay beyond one": (lambda: ring(2.0), "less than or equal to 1"),
    "strata of one firm each": (stratified, "coarser strata"),
    "too few draws": (lambda: sp.Assignment(within=(), draws=10), "199"),
    "foreign shares in per cent": (
        lambda: presence(sp.Shock.of(PANEL, "per_cent")),
        r"between zero and one.*\(a\)",
    ),
    "an endless weight": (lambda: presence(weight="endless"), r"finite.*\(a\)"),
    "a negative weight": (lambda: presence(weight="loss"), r"zero or more.*\(a\)"),
    "exports below zero": (lambda: presence(exports="loss"), "loss"),
    "a presence of other firms": (lambda: presence(shock(1.0, "xyz")), "covers the firms"),
    "no column of industries": (lambda: presence(industry="nace"), "nace"),
    "negative sourcing": (lambda: sp.Backward(sourcing={"A": -1.0}), "sourcing"),
    "unknown sourcing": (lambda: sp.Backward(sourcing={"A": float("nan")}), "sourcing"),
    "stocks of other firms": (lambda: pool(shock(1.0, "xyz")), "same identifiers"),
    "negative stocks": (lambda: pool(shock([[-1.0], [2.0], [3.0]])), "below zero"),
    "an endless amount": (
        lambda: sp.Portfolio.of(CHANGES.assign(weight=np.inf), "industry", "weight"),
        "infinite",
    ),
    "shares above one": (
        lambda: sp.Shares.of(SHARES.assign(share=[0.5, 0.7, 1.0])),
        r"at most one.*\(a\)",
    ),
    "unknown shares": (lambda: sp.Shares.of(SHARES.assign(share=[0.5, np.nan, 1.0])), "rows 2"),
    "negative shares": (lambda: sp.Shares.of(SHARES.assign(share=[0.5, -0.1, 1.0])), "rows 2"),
    "no shares": (lambda: sp.Shares.of(SHARES.iloc[:0]), "Found none"),
    "shares of no year": (
        lambda: sp.Shares.of(SHARES.assign(year=[2000, None, 2000]), year="year"),
        "nan in row 2",
    ),
    "an endless change": (
        lambda: sp.Contributions.of(CHANGES.assign(change=np.inf), "change", "weight"),
        "a/x/2000",
    ),
    "two changes of a firm": (
        lambda: sp.Contributions.of(CHANGES.assign(firm_id="a"), "change", "weight"),
        "each unit once",
    ),
    "changes in part of a year": (
        lambda: sp.Contributions.of(CHANGES.assign(year=2000.5), "change", "weight"),
        "2000.5",
    ),
    "a stock that never settles": (
        lambda: sp.PerpetualInventory("rnd", growth="own", depreciation=0.05),
        "above zero",
    ),
    "an attribute of stakes that is not there": (
        lambda: sp.split(STAKES, sp.BOP_10, by="entry_mode"),
        "entry_mode",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_an_exposure_is_refused_in_three_parts(case: str) -> None:
    make, fact = CASES[case]
    with pytest.raises(SpilloverError, match=fact) as caught:
        make()
    assert caught.value.expected
    assert caught.value.found
    assert caught.value.action
