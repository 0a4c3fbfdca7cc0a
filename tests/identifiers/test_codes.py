"""Industries, patent classes, countries and the codelists behind them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import UnknownNameError
from spillover.identifiers import country, industry, patent_class
from spillover.identifiers.codelists import codelist, schema_folder
from spillover.identifiers.verdict import as_text

STANDARD = ("jsic_rev12", "jsic_rev13", "jsic_rev14")


@pytest.mark.parametrize("name", STANDARD)
def test_industry_groups_are_01_to_99_each_in_one_division(name: str) -> None:
    divisions = codelist(name).rows
    listed = [
        number
        for row in divisions.values()
        for number in range(int(row["first_group"]), int(row["last_group"]) + 1)
    ]
    assert listed == list(range(1, 100))
    assert list(divisions) == list("ABCDEFGHIJKLMNOPQRST")


@pytest.mark.parametrize(
    ("code", "revision", "reason"),
    [
        ("E", "rev13", ""),
        ("24", "rev13", ""),
        ("245", "rev14", ""),
        ("2451", "rev12", ""),
        ("00", "rev13", "no such group in rev13: 00"),
        ("U", "rev13", "not a division letter or two to four digits"),
        ("9", "rev13", "not a division letter or two to four digits"),
        ("24510", "rev13", "not a division letter or two to four digits"),
        ("２４", "rev13", "not a division letter or two to four digits"),
        ("100", "JIP2015", ""),
        ("101", "JIP2015", "not between 1 and 100"),
        ("108", "JIP2006", ""),
        ("C26", "NACE2", ""),
        ("26", "rev7", "revision is not known: rev7"),
        ("26", "", "no revision beside it"),
        ("", "rev13", "empty"),
    ],
)
def test_industries_exist_in_their_revision_only(code: str, revision: str, reason: str) -> None:
    assert industry.check([code], [revision]).reasons.tolist() == [reason]


def test_codes_of_any_depth_have_a_division() -> None:
    codes = ["2451", "E", "50", "99", "00"]
    assert industry.divisions_of(codes, "rev13").tolist() == ["E", "E", "I", "T", ""]


symbols = st.from_regex(r"[A-HY][0-9]{2}[A-Z]( {0,4}[0-9]{1,4}/[0-9]{2,6})?", fullmatch=True)


@given(st.lists(symbols, min_size=1, max_size=10))
def test_normalized_classes_are_valid_and_stay_as_they_are(classes: list[str]) -> None:
    once, _ = patent_class.normalize(classes)
    assert patent_class.check(once).valid.all()
    again, changed = patent_class.normalize(once)
    assert changed == 0
    assert np.array_equal(once, again)


@pytest.mark.parametrize(
    "written", ["H01L  21/336", "H01L21/336", "h01l 21/336", "Ｈ０１Ｌ　２１／３３６"]
)
def test_classes_are_normalized_from_every_layout(written: str) -> None:
    assert patent_class.normalize([written])[0].tolist() == ["H01L 21/336"]
    assert patent_class.check([written]).reasons.tolist() == ["not in the form H01L 21/336"]


def test_classes_have_sections_classes_and_subclasses() -> None:
    classes = ["H01L 21/336", "Y02E 10/50", "nonsense"]
    assert patent_class.sections(classes).tolist() == ["H", "Y", ""]
    assert patent_class.main_classes(classes).tolist() == ["H01", "Y02", ""]
    assert patent_class.subclasses(classes).tolist() == ["H01L", "Y02E", ""]


def test_countries_are_alpha_3_and_dated() -> None:
    codes = ["JPN", "JP", "392", "XXX", "SUN", "SUN", "EP", "ROW", "jpn", "SCG"]
    years = np.array([2020, 2020, 2020, 2020, 1985, 2020, 2020, 2020, 2020, 2001], dtype=float)
    assert country.check(codes, years).reasons.tolist() == [
        "",
        "a shorter code: write JPN",
        "a shorter code: write JPN",
        "not in iso_3166_1",
        "",
        "in use only until 1992",
        "a patent office, not a country",
        "",
        "differs by blanks or small letters",
        "in use only from 2003",
    ]


def test_shorter_codes_are_translated_unless_they_mean_two_countries() -> None:
    codes, changed = country.to_alpha_3(["JP", "US", "392", "CS", "EP", "TWN", "SU"])
    assert codes.tolist() == ["JPN", "USA", "JPN", "CS", "EP", "TWN", "SUN"]
    assert changed == 4


def test_codelists_hold_each_code_once() -> None:
    for path in sorted((schema_folder() / "codelists").glob("*.csv")):
        codes = pd.read_csv(path, dtype=str, keep_default_na=False)["code"]  # noqa: TID251
        assert (codes != "").all(), path.name
        if path.stem != "metropolitan_areas":
            assert codes.is_unique, path.name
        assert set(codes) == set(codelist(path.stem).rows)


def test_unknown_codelists_are_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="iso_3166_1"):
        codelist("iso_3166")


def test_missing_values_of_every_kind_are_empty_text() -> None:
    values = [None, float("nan"), pd.NA, "", "x", 5]
    assert as_text(values).tolist() == ["", "", "", "", "x", "5"]
