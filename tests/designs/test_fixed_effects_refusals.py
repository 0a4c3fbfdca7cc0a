"""What FixedEffects refuses, and what it says."""

import numpy as np
import pandas as pd
import pytest

from spillover.designs.fixed_effects import FixedEffects
from spillover.errors import DataError, IdentificationError, SpecificationError, UnknownNameError
from spillover.sample import Sample
from spillover.tables.panel import Panel


@pytest.fixture
def frame(rng: np.random.Generator) -> pd.DataFrame:
    n = 60
    firm, year = np.repeat(np.arange(10), 6), np.tile(np.arange(6), 10)
    return pd.DataFrame(
        {
            "firm_id": firm.astype(str),
            "year": 2000 + year,
            "industry": np.array(["a", "b"])[firm % 2],
            "same": "only",
            "y": rng.normal(size=n),
            "x": rng.normal(size=n),
            "z": rng.normal(size=n),
            "size": firm.astype(float),
            "trend": 1e6 + year / 1e3,
            "w": 1.0,
        }
    )


def refuse(
    frame: pd.DataFrame, error: type[Exception], words: str, formula: str, **options
) -> None:
    with pytest.raises(error, match=words):
        FixedEffects.formula(formula, **options).solve(Sample.of(Panel.of(frame)))


def test_an_absorbed_regressor_is_named_with_the_share_left(frame: pd.DataFrame) -> None:
    words = r"absorbed by the fixed effects \(share of variance left: size: 0.0 %\)"
    refuse(frame, IdentificationError, words, "y ~ x + size | firm_id + year")
    refuse(frame, IdentificationError, "vary within year", "y ~ trend | year")


def test_a_collinear_set_is_named(frame: pd.DataFrame) -> None:
    frame["total"] = 3 * frame["x"] - 1e5 * frame["z"] + 7
    words = "total is a combination of x and z"
    refuse(frame, IdentificationError, words, "y ~ x + z + total | firm_id")
    refuse(frame, IdentificationError, words, "y ~ x + z + total")


def test_collinearity_appears_only_after_absorption(frame: pd.DataFrame) -> None:
    frame["shifted"] = frame["x"] + frame["size"]
    FixedEffects.formula("y ~ x + shifted").solve(Sample.of(Panel.of(frame)))
    words = "shifted is a combination of x"
    refuse(frame, IdentificationError, words, "y ~ x + shifted | firm_id")


def test_a_regressor_far_from_zero_is_not_mistaken_for_the_constant(frame: pd.DataFrame) -> None:
    solution = FixedEffects.formula("y ~ trend").solve(Sample.of(Panel.of(frame)))
    year = frame["year"] - frame["year"].mean()
    slope = 1e3 * (year @ frame["y"]) / (year @ year)
    assert solution.beta[0] == pytest.approx(slope, rel=1e-6)


def test_a_constant_regressor_is_refused(frame: pd.DataFrame) -> None:
    refuse(frame, IdentificationError, "Found w constant", "y ~ x + w")


def test_dummies_that_the_effects_absorb_are_refused(frame: pd.DataFrame) -> None:
    refuse(frame, IdentificationError, "industry=b", "y ~ x + i(industry) | firm_id")
    refuse(frame, IdentificationError, "Found 1 in the rows", "y ~ x + i(same)")


def test_an_outcome_without_variation_is_refused(frame: pd.DataFrame) -> None:
    refuse(frame, IdentificationError, "outcome that varies", "w ~ x")
    refuse(
        frame, IdentificationError, "varies within firm_id and year", "size ~ x | firm_id + year"
    )


def test_too_few_rows_are_refused(frame: pd.DataFrame) -> None:
    few = frame[frame["year"] < 2002]
    words = "Found 20 rows for 20 parameters"
    functions = ("square", "exp", "abs", "asinh")
    terms = ["x", "z", "x * z", "w * x * x * z", *(f"{f}({v})" for f in functions for v in "xz")]
    refuse(few, IdentificationError, words, f"y ~ {' + '.join(terms[:10])} | firm_id")


def test_a_sample_without_complete_rows_is_refused(frame: pd.DataFrame) -> None:
    frame["never"] = np.nan
    refuse(frame, IdentificationError, r"none of 60 \(missing never: 60\)", "y ~ never | firm_id")


def test_a_sample_of_singletons_is_refused(frame: pd.DataFrame) -> None:
    once = frame[frame["year"] == 2000]
    refuse(once, IdentificationError, "only row of its firm_id: 10", "y ~ x | firm_id")


def test_weights_that_are_zero_everywhere_are_refused(frame: pd.DataFrame) -> None:
    refuse(frame, IdentificationError, "zero in all 60 rows", "y ~ x", weights="0 * w")


def test_negative_and_infinite_weights_are_refused(frame: pd.DataFrame) -> None:
    words = r"60 others \(-1.0, -1.0, -1.0, ...\)"
    refuse(frame, DataError, words, "y ~ x", weights="-w")
    frame.loc[3, "w"] = np.inf
    refuse(frame, DataError, r"1 others \(inf\)", "y ~ x", weights="w")


def test_missing_weights_are_counted(frame: pd.DataFrame) -> None:
    frame.loc[3, "w"] = np.nan
    solution = FixedEffects.formula("y ~ x", weights="w").solve(Sample.of(Panel.of(frame)))
    assert solution.dropped == (("missing w", 1),)


@pytest.mark.parametrize("column", ["y", "x"])
def test_infinite_values_are_refused(frame: pd.DataFrame, column: str) -> None:
    frame.loc[[2, 7], column] = np.inf
    refuse(frame, DataError, rf"finite values of {column}. Found 2", "y ~ x | firm_id")


def test_names_that_are_not_there_are_refused(frame: pd.DataFrame) -> None:
    refuse(frame, UnknownNameError, "industry", "y ~ x | industri")
    refuse(frame, UnknownNameError, "column", "y ~ xx")
    refuse(frame, DataError, "Expected numbers", "y ~ industry")


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("y ~ x + y", "y on both sides"),
        ("y ~ 1 | firm_id", "at least one regressor"),
        ("y ~ 0 + x", "term 0"),
        ("y ~ x | firm_id | z ~ w", "InstrumentalVariables"),
        ("y ~ i(log(x))", "column inside i"),
    ],
)
def test_designs_that_cannot_mean_anything_are_refused(
    frame: pd.DataFrame, formula: str, words: str
) -> None:
    refuse(frame, SpecificationError, words, formula)


def test_repeated_names_are_refused() -> None:
    with pytest.raises(SpecificationError, match=r"log\(x\) more than once"):
        FixedEffects("y", ("log(x)", "log( x )"))
    with pytest.raises(SpecificationError, match="each fixed effect once"):
        FixedEffects("y", ("x",), ("firm_id", "year", "firm_id"))


def test_unknown_options_are_refused() -> None:
    with pytest.raises(SpecificationError, match="singletons"):
        FixedEffects("y", ("x",), singletons="ignore")
    with pytest.raises(SpecificationError, match="outcome"):
        FixedEffects("", ("x",))


def test_values_whose_squares_vanish_are_refused(frame: pd.DataFrame) -> None:
    tiny = frame.assign(x=frame["x"] * 1e-150)
    with pytest.raises(DataError, match="Change the unit"):
        FixedEffects.formula("y ~ x | firm_id").solve(Sample.of(Panel.of(tiny)))
