"""Prefectures and municipalities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.identifiers.region import (
    check_municipalities,
    check_prefectures,
    municipality_check_digits,
    prefectures_of,
)


def digit_of(code: str) -> int:
    total = 0
    for weight, digit in zip((6, 5, 4, 3, 2), code, strict=True):
        total += weight * int(digit)
    return int(str(11 - total % 11)[-1])


def test_published_check_digits() -> None:
    assert municipality_check_digits(["13101", "43100", "27100", "01100"]).tolist() == [6, 1, 4, 2]
    assert check_municipalities(["131016", "431001", "271004", "011002"]).valid.all()


@given(st.lists(st.text("0123456789", min_size=5, max_size=5), max_size=20))
def test_check_digits_equal_a_loop_over_digits(codes: list[str]) -> None:
    assert municipality_check_digits(codes).tolist() == [digit_of(code) for code in codes]


def test_there_are_47_prefectures_of_two_digits() -> None:
    written = [f"{number:02d}" for number in range(100)]
    valid = check_prefectures(written).valid
    assert valid[1:48].all()
    assert valid.sum() == 47


def test_a_lost_zero_is_called_by_its_name() -> None:
    assert check_prefectures(["1"]).reasons[0] == "has lost its leading zero"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("13101", ""),
        ("131016", ""),
        ("131017", "the check digit does not fit"),
        ("48101", "does not begin with a prefecture"),
        ("00100", "does not begin with a prefecture"),
        ("1100", "not five or six digits"),
        ("1310a", "not five or six digits"),
        ("", "not five or six digits"),
    ],
)
def test_municipalities_are_refused_with_a_reason(code: str, reason: str) -> None:
    assert check_municipalities([code]).reasons.tolist() == [reason]


def test_municipalities_lie_in_their_prefecture() -> None:
    assert prefectures_of(["43100", "011002", "99999"]).tolist() == ["43", "01", ""]
