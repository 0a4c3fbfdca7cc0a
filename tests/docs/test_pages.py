"""What pages show runs, and where they point to is there."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "kyushu_semiconductor" / "data"
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    """Fenced blocks of one language; a block inside a list may be indented."""
    found = re.finditer(
        rf"^( *)```{language}\n(.*?)^\1```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return [re.sub(rf"^{match[1]}", "", match[2], flags=re.MULTILINE) for match in found]


def prose(page: Path) -> str:
    """A page without its fenced blocks and code spans."""
    text = re.sub(r"^( *)```.*?^\1```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, in the manner of GitHub and MyST."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


WITH_PYTHON = [page for page in PAGES if blocks(page, "python")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python_of_a_page_runs_from_top_to_bottom(
    page: Path, given: dict[str, Any], desk: Path
) -> None:
    names = dict(given)
    for number, block in enumerate(blocks(page, "python"), start=1):
        program = compile(block, f"{name_of(page)}, block {number}", "exec")
        exec(program, names)  # noqa: S102 - the pages are ours, and this is what readers do


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose(page))
    lost = []
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        if not other.exists() or (anchor and anchor not in anchors(other)):
            lost.append(target)
    assert lost == []


def test_no_page_speaks_of_a_folder_of_one_machine() -> None:
    found = [
        name_of(page) for page in PAGES if re.search(r"/(work|tmp|home)/", page.read_text("utf-8"))
    ]
    assert found == []


def test_commands_that_the_readme_offers_for_own_data_run_in_their_order(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spillover.cli import app

    text = next(block for block in blocks(ROOT / "README.md", "sh") if "spillover new" in block)
    commands = [line.split("#")[0].split()[1:] for line in text.splitlines()]
    assert [words[0] for words in commands] == ["new", "schema", "check", "run"]
    for words in commands:
        if words[0] == "check":
            _fill(desk / "my_study" / "data")
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, (words, done.output)
    assert (desk / "my_study" / "results" / "report.html").is_file()


def _fill(blank: Path) -> None:
    """Blank tables replaced by those of the example, as a user would who has data."""
    for path in blank.glob("*.csv"):
        path.write_bytes((DATA / path.name).read_bytes())
