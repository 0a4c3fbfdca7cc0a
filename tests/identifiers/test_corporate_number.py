"""Corporate numbers against the published examples and a digit-by-digit oracle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.identifiers.corporate_number import check, check_digits, entity_kinds, normalize

PUBLISHED = {
    "4011001098993": 59,
    "7123456789012": 74,
    "7010705000725": 29,
    "4000012090001": 14,
    "1180301018771": 53,
}
"""Published numbers and the weighted sums of their base digits."""


def weighted_sum(base: str) -> int:
    total = 0
    for n, digit in enumerate(reversed(base), start=1):
        total += int(digit) * (1 if n % 2 else 2)
    return total


def digit_of(base: str) -> int:
    return 9 - weighted_sum(base) % 9


bases = st.text("0123456789", min_size=12, max_size=12)


def test_published_numbers_are_valid() -> None:
    assert check(PUBLISHED).valid.all()
    assert [weighted_sum(number[1:]) for number in PUBLISHED] == list(PUBLISHED.values())
    bases = [number[1:] for number in PUBLISHED]
    assert check_digits(bases).tolist() == [int(number[0]) for number in PUBLISHED]


@given(st.lists(bases, min_size=1, max_size=20))
def test_check_digits_equal_a_loop_over_digits(numbers: list[str]) -> None:
    assert check_digits(numbers).tolist() == [digit_of(base) for base in numbers]


@given(bases, st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_found_except_zero_for_nine(base: str, place: int, step: int) -> None:
    number = f"{digit_of(base)}{base}"
    wrong = str((int(number[place]) + step) % 10)
    changed = number[:place] + wrong + number[place + 1 :]
    confused = {number[place], wrong} == {"0", "9"} and place > 0
    assert check([changed]).valid[0] == confused


@given(bases, st.integers(1, 11))
def test_swapped_neighbors_are_found_except_zero_and_nine(base: str, place: int) -> None:
    number = f"{digit_of(base)}{base}"
    a, b = number[place], number[place + 1]
    swapped = number[:place] + b + a + number[place + 2 :]
    unseen = a == b or {a, b} == {"0", "9"}
    assert check([swapped]).valid[0] == unseen


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("401100109899", "not thirteen digits"),
        ("40110010989933", "not thirteen digits"),
        ("４０１１００１０９８９９３", "not thirteen digits"),
        ("4011001O98993", "not thirteen digits"),
        ("0011001098993", "begins with 0"),
        ("5011001098993", "the check digit does not fit"),
        (None, "not thirteen digits"),
        ("", "not thirteen digits"),
    ],
)
def test_every_refusal_has_a_reason(number: str | None, reason: str) -> None:
    assert check([number]).reasons.tolist() == [reason]


def test_bases_tell_the_kind_of_entity() -> None:
    kinds = entity_kinds(["4000012090001", "4700150000001", "1180301018771", "1"])
    assert kinds.tolist()[::2] == ["government", "registered_corporation"]
    other = f"{digit_of('700150000001')}700150000001"
    assert entity_kinds([other, "1"]).tolist() == ["unregistered_body", ""]


def test_normalizing_repairs_form_but_never_digits() -> None:
    given = ["T7010705000725", " 7010-7050-00725", "701070500072", "T701070500072"]
    numbers, changed = normalize(given)
    assert numbers.tolist() == ["7010705000725", "7010705000725", given[2], given[3]]
    assert changed == 2
    again, more = normalize(numbers)
    assert more == 0
    assert np.array_equal(again, numbers)


def test_no_numbers_give_no_verdicts() -> None:
    assert len(check([])) == 0
    assert check_digits([]).tolist() == []
