"""A tutorial is done as a reader does it: commands, edits, and what the page says comes out."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEP = re.compile(
    r"(?:<!-- (?P<note>[^>]*) -->\n)?```(?P<kind>sh|toml|text)\n(?P<body>.*?)```", re.DOTALL
)


def steps(page: Path) -> Iterator[tuple[str, str, str]]:
    for match in STEP.finditer(page.read_text("utf-8")):
        yield match["kind"], match["body"], match["note"] or ""


def command(folder: Path) -> dict[str, str]:
    """An environment in which `spillover` is this checkout's."""
    program = folder / "bin" / "spillover"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m spillover "$@"\n', "utf-8")
    program.chmod(0o755)
    return os.environ | {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}


def edit(folder: Path, note: str, lines: str) -> None:
    """The first line that begins as the note says gives way to the lines of the page."""
    where, _, start = note.removeprefix("edit ").partition(": ")
    path = folder / where
    old = path.read_text("utf-8").splitlines(keepends=True)
    at = next(number for number, line in enumerate(old) if line.startswith(start))
    path.write_text("".join([*old[:at], lines, *old[at + 1 :]]), "utf-8")


def words(text: str) -> str:
    """Text with single blanks, without the standard errors below estimates."""
    return re.sub(r"\s+", " ", text)


def test_first_study_goes_as_the_page_says(tmp_path: Path) -> None:
    environment = command(tmp_path)
    said = ""
    for kind, body, note in steps(ROOT / "docs" / "tutorials" / "first-study.md"):
        if kind == "toml":
            edit(tmp_path, note, body)
            continue
        if kind == "text":
            missing = [line for line in body.splitlines() if words(line).strip() not in said]
            assert missing == []
            continue
        done = subprocess.run(
            ["sh", "-e", "-c", body],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        expected = int(note.removeprefix("exits: ") or 0)
        assert done.returncode == expected, done.stderr
        said = words(done.stdout + done.stderr + _table(tmp_path))


def _table(folder: Path) -> str:
    table = folder / "my_study" / "results" / "tables" / "estimates.txt"
    return table.read_text("utf-8") if table.exists() else ""
