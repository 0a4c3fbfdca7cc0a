"""Replication pages name commands that exist, leave no comparison out, and quote stored numbers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "replications").glob("*.md"))
NUMBER = re.compile(r"(?<![\w.])[−-]?\d+\.\d{4,}(?![\w.]*[−-]\d)")


def commands_of(page: Path) -> set[str]:
    return set(re.findall(r"tests/[\w/]+(?:\.py)?", page.read_text("utf-8")))


def compared() -> set[str]:
    """Test files with a comparison to stored values."""
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if path.parent.name != "docs"]
    marked = [path for path in files if "pytest.mark.reference" in path.read_text("utf-8")]
    return {path.relative_to(ROOT).as_posix() for path in marked}


def test_commands_name_tests_that_are_there_and_compare() -> None:
    for page in PAGES:
        for name in commands_of(page):
            inside = [test for test in compared() if test.startswith(name)]
            assert inside, f"{page.name}: {name}"


def test_every_comparison_has_a_page() -> None:
    named = {name for page in PAGES for name in commands_of(page)}
    assert [test for test in sorted(compared()) if not any(test.startswith(n) for n in named)] == []


def test_the_first_page_lists_all_others() -> None:
    text = (ROOT / "docs" / "replications" / "index.md").read_text("utf-8")
    assert [page.name for page in PAGES if f"({page.name})" not in text] == ["index.md"]


def numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)
    elif isinstance(value, list):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, int | float):
        yield float(value)


def _tests(page: Path) -> str:
    """The tests that a page names, for values that stand in them."""
    files = [ROOT / name for name in commands_of(page)]
    return "".join(file.read_text("utf-8") for file in files if file.is_file())


@pytest.mark.reference
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_numbers_of_a_page_are_stored_ones_rounded(page: Path, shared: Path) -> None:
    stored = {
        abs(number)
        for file in (shared / "reference").glob("*.json")
        for number in numbers(json.loads(file.read_text("utf-8")))
    }
    expected = (shared / "data" / "wiod" / "jpn_2005_expected.csv").read_text("utf-8")
    stored |= {float(text) for text in re.findall(r"\d+\.\d+", expected + _tests(page))}
    words = NUMBER.findall(page.read_text("utf-8"))
    lost = []
    for word in words:
        digits = len(word.split(".")[1])
        value = abs(float(word.replace("−", "-")))
        if not any(abs(number - value) <= 0.5001 * 10**-digits for number in stored):
            lost.append(word)
    assert lost == []
