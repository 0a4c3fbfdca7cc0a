"""Bad input, case by case, as a user meets it: ``measure(panel, spec)``."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.errors import DataError, IdentificationError, SpecificationError, SpilloverError

ROLES = ("y", "gross_leontief", "l", "k", "m")
LAW = sp.LawOfMotion(degree=1)
ACF = sp.AckerbergCavesFrazer(*ROLES, degree=2, law=LAW, in_logs=True)
LP = sp.LevinsohnPetrin(*ROLES, degree=2, law=LAW, in_logs=True)
OP = sp.OlleyPakes(*ROLES, degree=2, law=LAW, in_logs=True, survival="lives")
WOOLDRIDGE = sp.Wooldridge(*ROLES, degree=2, in_logs=True)
GNR = sp.GandhiNavarroRivers(
    "y", ("k", "l"), "m", "share", share_degree=1, constant_degree=1, law=LAW, in_logs=True
)
BB = sp.BlundellBond("y", ("l", "k"), in_logs=True, last=3)
FRONTIER = sp.StochasticFrontier("y", ("l", "k"), in_logs=True)
DECAYING = replace(FRONTIER, inefficiency="decaying")
LEVELS = ("exp(y)", ("exp(l)", "exp(k)"), ("exp(l)", "exp(k)"))
INDEX = sp.MultilateralIndex(*LEVELS, within=None)
SOLOW = sp.SolowResidual(*LEVELS, within=None)
PROXY = (ACF, LP, OP, WOOLDRIDGE)
ESTIMATED = (*PROXY, GNR, BB, FRONTIER, DECAYING)

Edit = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    made = sp.TimingEconomy("DGP1", firms=60, years=6, burn_in=60, measurement_error=0.2).simulate(
        4
    )
    rng = np.random.default_rng(4)
    share = np.log(0.5) + 0.1 * rng.normal(size=len(made))
    return made.assign(share=share, lives=(rng.random(len(made)) < 0.9) * 1.0, one=1.0)


def put(name: str, value: float) -> Edit:
    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{name: frame[name].mask(frame.index.isin([2, 9]), value)})

    return edit


def held_within_firms(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(k=frame.groupby("firm_id")["k"].transform("first"))


CASES: list[tuple[str, tuple[Any, ...], Edit, type[SpilloverError], str]] = [
    ("infinite output", ESTIMATED, put("y", np.inf), DataError, r"2 infinite ones \(F000000 in"),
    ("infinite input", ESTIMATED, put("k", -np.inf), DataError, "finite values of k"),
    ("levels where logs are announced", ESTIMATED, lambda f: f.assign(k=np.exp(f["k"]) * 1e4),
     DataError, r"natural logs in k.*in_logs = false"),
    ("text", ESTIMATED, lambda f: f.assign(k=f["k"].astype(str)), DataError, "numbers in column"),
    ("no row", ESTIMATED, lambda f: f.assign(k=np.nan), IdentificationError, "missing k"),
    ("output that never varies", ESTIMATED, lambda f: f.assign(y=2.0), IdentificationError,
     "one value in 360 rows"),
    ("output made of inputs", ESTIMATED, lambda f: f.assign(y=0.6 * f["l"] + 0.4 * f["k"]),
     IdentificationError, "exact function of the inputs"),
    ("an input that never varies", ESTIMATED, lambda f: f.assign(k=1.0), IdentificationError,
     "Found k with one value"),
    ("one firm", (*PROXY, GNR, BB, FRONTIER, DECAYING), lambda f: f[f["firm_id"] == "F000001"],
     IdentificationError, r"Found (1 firms|6 rows and \d+ columns)"),
    ("one year", (*PROXY, GNR, BB), lambda f: f[f["year"] == 2003], IdentificationError,
     "consecutive"),
    ("no two years in a row", (*PROXY, GNR, BB), lambda f: f[f["year"] % 2 == 0],
     IdentificationError, "check gaps in the years"),
    ("two years", (BB,), lambda f: f[f["year"] < 2003], IdentificationError,
     "none among 60 firms in 2 years"),
    ("one year for inefficiency that shrinks", (DECAYING,), lambda f: f[f["year"] == 2003],
     IdentificationError, "Found 2003 alone"),
    ("a proxy that is a function of the state", PROXY, lambda f: f.assign(m=2 * f["k"] + 1),
     IdentificationError, r"functions of the columns before them \(m"),
    ("a proxy that equals a free input", (LP, WOOLDRIDGE), lambda f: f.assign(m=f["l"]),
     IdentificationError, r"Found (no variation of l|\S+ of its variance)"),
    ("a state that no firm ever changes", (WOOLDRIDGE,), held_within_firms, IdentificationError,
     "no variation of k of its own"),
    ("inputs that are one", (GNR, BB, FRONTIER), lambda f: f.assign(l=1 + f["k"]),
     IdentificationError, r"is a linear function of (k|l) in logs"),
    ("shares that never vary", (GNR,), lambda f: f.assign(share=-1.0), IdentificationError,
     "Found share with one value"),
    ("survival that is not 0 or 1", (OP,), put("lives", 7.0), DataError,
     r"2 other values \(F000000 in 2003"),
]  # fmt: skip


@pytest.mark.parametrize(("specs", "edit", "error", "match"), [c[1:] for c in CASES],
                         ids=[c[0] for c in CASES])  # fmt: skip
def test_every_estimator_refuses_it_in_three_parts(
    frame: pd.DataFrame,
    specs: tuple[Any, ...],
    edit: Edit,
    error: type[SpilloverError],
    match: str,
) -> None:
    panel = sp.Panel.of(edit(frame))
    for spec in specs:
        with pytest.raises(error, match=match) as caught:
            sp.measure(panel, spec)
        assert caught.value.expected
        assert caught.value.found
        assert caught.value.action


@pytest.mark.parametrize("spec", [INDEX, SOLOW])
def test_index_numbers_refuse_infinite_costs(frame: pd.DataFrame, spec: Any) -> None:
    costs = frame.assign(wages=np.exp(frame["l"]).mask(frame.index == 4, np.inf))
    with pytest.raises(DataError, match=r"finite values of wages.*F000000 in 2005"):
        sp.measure(sp.Panel.of(costs), replace(spec, costs=("wages", "exp(k)")))


@pytest.mark.parametrize(("law", "match"), [
    (sp.LawOfMotion(degree=1, exposures=("s",), shifters=()), "finite values of s"),
    (sp.LawOfMotion(degree=1, exposures=("one",), shifters=()), "one, omega.one without full rank"),
    (sp.LawOfMotion(degree=1, exposures=("s",), shifters=("m",)), "functions of the columns"),
    (sp.LawOfMotion(degree=1, effects=("firm_id",)), "60 firms .* and 63 parameters"),
])  # fmt: skip
def test_laws_of_motion_that_cannot_be_are_refused(
    frame: pd.DataFrame, law: sp.LawOfMotion, match: str
) -> None:
    edited = put("s", np.inf)(frame) if "finite" in match else frame
    with pytest.raises(SpilloverError, match=match):
        sp.measure(sp.Panel.of(edited), replace(ACF, law=law))


def test_an_industry_of_one_firm_is_named(frame: pd.DataFrame) -> None:
    split = frame.assign(industry=np.where(frame["firm_id"] == "F000007", "Z", "C"))
    for spec in (*PROXY, GNR, BB, FRONTIER):
        with pytest.raises(IdentificationError, match=r" in Z\..*(small ones|firms)"):
            sp.measure(sp.Panel.of(split), replace(spec, by="industry"))


def test_lists_of_inputs_that_are_empty_or_repeat_are_refused() -> None:
    for kind in (sp.BlundellBond, sp.StochasticFrontier):
        with pytest.raises(SpecificationError, match="empty list"):
            kind("y", ())
        with pytest.raises(SpecificationError, match="l twice"):
            kind("y", ("l", "l"))


def test_unknown_survival_is_left_out_of_the_probit(frame: pd.DataFrame) -> None:
    known = sp.measure(sp.Panel.of(frame), OP).statistics["exit_rate"]
    some = frame.assign(lives=frame["lives"].mask(frame["firm_id"] < "F000030"))
    rate = sp.measure(sp.Panel.of(some), OP).statistics["exit_rate"]
    rows = frame[(frame["year"] < frame["year"].max()) & (frame["firm_id"] >= "F000030")]
    assert rate == pytest.approx(1 - rows["lives"].mean())
    assert rate != known


def test_whole_numbers_of_any_width_are_read_without_overflow(frame: pd.DataFrame) -> None:
    big = np.round(np.exp(frame["y"]) * 1e15).astype("uint64")
    levels = frame.assign(sales=big, **{n: np.exp(frame[n]) for n in ("l", "k", "m")})
    spec = replace(LP, output="1000 * sales * sales", in_logs=False)
    doubled = sp.measure(sp.Panel.of(levels), spec).coefficients()["estimate"]
    plain = sp.measure(sp.Panel.of(frame), LP).coefficients()["estimate"]
    np.testing.assert_allclose(doubled, 2 * plain, rtol=1e-6)


def test_units_of_inputs_change_nothing_in_dynamic_panels(frame: pd.DataFrame) -> None:
    other = frame.assign(k=frame["k"] + np.log(1e3), y=frame["y"] - np.log(1e3))
    first, second = (sp.measure(sp.Panel.of(f), BB).coefficients() for f in (frame, other))
    np.testing.assert_allclose(first["estimate"], second["estimate"], rtol=1e-7)


def test_negative_elasticities_and_lasting_productivity_are_noted(frame: pd.DataFrame) -> None:
    noise = np.random.default_rng(2).normal(size=len(frame))
    odd = frame.assign(y=frame["y"] - 3 * frame["k"])
    notes = sp.measure(sp.Panel.of(odd), FRONTIER).notes
    assert "the elasticity of k is negative in 100.0% of rows" in notes
    year = frame["year"] - 2001
    grows = 0.02 * noise + 1.25**year * (1 + frame.groupby("firm_id").ngroup() / 60)
    made = sp.measure(sp.Panel.of(frame.assign(y=frame["y"] + grows, m=frame["m"] + grows)), LP)
    assert any("does not revert to its mean" in note for note in made.notes)
