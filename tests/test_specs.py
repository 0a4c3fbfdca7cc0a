import copy
import multiprocessing as mp
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from spillover import errors
from spillover.errors import SpecificationError, SpilloverError, first_cases, unknown_name
from spillover.specs import Count, Positive, Spec


@dataclass(frozen=True, slots=True)
class Ring(Spec):
    """A ring."""

    outer: Positive
    """Outer radius."""

    inner: Count = 0
    """Inner radius."""

    names: tuple[str, ...] = ()
    """Names."""

    type: Literal["Ring"] = field(default="Ring", kw_only=True, repr=False)

    def rules(self) -> None:
        if self.inner >= self.outer:
            raise SpecificationError("Expected inner below outer.")


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(SpecificationError) as caught:
        Ring(outer=-1.0, inner=-2)
    assert "outer = -1.0" in str(caught.value)
    assert "inner = -2" in str(caught.value)


def test_rules_between_fields_hold_in_python_and_in_files() -> None:
    with pytest.raises(SpecificationError, match="inner below outer"):
        Ring(outer=1.0, inner=3)
    with pytest.raises(ValidationError, match="inner below outer"):
        TypeAdapter(Ring).validate_python({"outer": 1.0, "inner": 3})


def test_unknown_fields_of_a_file_are_refused() -> None:
    with pytest.raises(ValidationError, match="iner"):
        TypeAdapter(Ring).validate_python({"outer": 1.0, "iner": 0})


def test_lists_become_tuples_and_values_are_frozen() -> None:
    ring = Ring(2.0, names=["a"])  # type: ignore[arg-type]
    assert ring.names == ("a",)
    with pytest.raises(AttributeError):
        ring.outer = 3.0  # type: ignore[misc]


TREE = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, SpilloverError)
]


@pytest.mark.parametrize("kind", TREE)
def test_errors_keep_their_parts_when_copied(kind: type[SpilloverError]) -> None:
    error = copy.copy(kind("Expected a.", "Found b.", "Do c."))
    assert (error.expected, error.found, error.action) == ("Expected a.", "Found b.", "Do c.")
    assert str(error) == "Expected a. Found b. Do c."


def fail() -> None:
    raise SpecificationError("Expected a.", "Found b.", "Do c.")


def test_errors_survive_a_trip_between_processes() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=mp.get_context("spawn")) as pool,
        pytest.raises(SpecificationError, match=r"Expected a\. Found b\. Do c\."),
    ):
        pool.submit(fail).result()


def test_first_cases_stop_at_three() -> None:
    assert first_cases([1, 2, 3]) == "1, 2, 3"
    assert first_cases(range(9)) == "0, 1, 2, ..."


def test_an_unknown_name_offers_the_nearest() -> None:
    assert "backward" in str(unknown_name("column", "backwrd", ["backward", "forward"]))
