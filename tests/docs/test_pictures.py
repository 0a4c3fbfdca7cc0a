"""Pictures of the pages are there, are described in words, and each family of measures has one."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
FAMILIES = (
    "networks",
    "exposures",
    "linkages",
    "knowledge",
    "positions",
    "chains",
    "layers",
    "shift-share",
    "recentering",
    "randomization",
    "staggered",
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_pictures_exist_and_are_described(page: Path) -> None:
    for words, target in PICTURE.findall(page.read_text("utf-8")):
        assert (page.parent / target).is_file(), target
        assert len(words.split()) >= 8, f"{target}: say what is seen"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_formula_a_picture_and_what_goes_wrong(family: str) -> None:
    text = (DOCS / "reference" / f"{family}.md").read_text("utf-8")
    assert PICTURE.search(text)
    assert "goes wrong" in text


def test_every_picture_is_used() -> None:
    used = {
        Path(target).name
        for page in PAGES
        for _, target in PICTURE.findall(page.read_text("utf-8"))
    }
    readme = (DOCS.parent / "README.md").read_text("utf-8")
    unused = [
        p.name for p in (DOCS / "images").iterdir() if p.name not in used and p.name not in readme
    ]
    assert unused == []
