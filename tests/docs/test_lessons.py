"""Lessons run as scripts, and each question has an answer that the lesson accepts."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("marimo", reason="lessons need the extra lessons")

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "lessons"
ANSWERS = {
    "lesson_1_what_is_a_spillover": ("foreign_customers", 2),
    "lesson_2_why_least_squares_misleads": ("sorting", 0.0),
    "lesson_3_reading_a_network": ("cap", 12),
    "lesson_4_choosing_standard_errors": ("choice", 3),
    "lesson_5_instruments_and_recentring": ("by_industry", 1),
    "lesson_6_writing_the_policy_page": ("step", 10),
}


def lesson(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_six_lessons() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == sorted(ANSWERS)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_lesson_runs_as_a_script_and_its_question_is_open(name: str) -> None:
    done = subprocess.run(
        [sys.executable, f"{name}.py"],
        cwd=FOLDER,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "hange" in done.stdout or "Choose" in done.stdout


@pytest.mark.parametrize("name", ANSWERS)
def test_changing_one_number_answers_the_question(name: str) -> None:
    number, answer = ANSWERS[name]
    _, known = lesson(name).app.run(defs={number: answer})
    assert known["solved"], known["text"]
