"""A whole run: what is written, what is kept, and what happens when something fails."""

import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import spillover as sp
from spillover.errors import OutputError
from spillover.pipelines import stages
from spillover.pipelines.plan import Step
from spillover.reports.inputs import ReportInputs

FORMATS = {"txt", "md", "tex", "html", "docx", "typ", "csv", "xlsx"}


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def begun(cache: Path) -> list[str]:
    return [path.name for path in cache.iterdir() if path.name.startswith("part-")]


def refuse(*_: object, **__: object) -> None:
    message = "this must not be called"
    raise AssertionError(message)


def plain(inputs: ReportInputs) -> SimpleNamespace:
    """A report without figures, for tests of everything around it."""
    table = sp.tabulate([model.estimate for model in inputs.models])
    files = {"report.html": inputs.title.encode(), "tables/main.txt": table.render("txt")}
    return SimpleNamespace(files=lambda: dict(files), suppressed=())


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spillover.pipelines.compose.compose", plain)


@pytest.fixture(scope="module")
def seeds(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Results of two processes with different hash seeds."""
    folders = {seed: tmp_path_factory.mktemp(f"seed_{seed}") / "results" for seed in ("0", "1")}
    runs = []
    for seed, folder in folders.items():
        command = [sys.executable, "-m", "spillover", "run", str(pristine), "--output", str(folder)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        runs.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE))
    for run in runs:
        _, said = run.communicate(timeout=300)
        assert run.returncode == 0, said
    return folders


@pytest.fixture(scope="module")
def done(seeds: dict[str, Path]) -> Path:
    """Results of one run of the small study."""
    return seeds["0"]


def test_a_run_writes_the_report_tables_figures_and_a_manifest(done: Path) -> None:
    files = contents(done)
    assert {"report.html", "manifest.json"} <= set(files)
    names = {Path(name) for name in files}
    assert {p.suffix.removeprefix(".") for p in names if p.parts[0] == "tables"} == FORMATS
    assert {"svg", "pdf", "png"} >= {p.suffix[1:] for p in names if p.parts[0] == "figures"}
    assert any(p.suffix == ".svg" for p in names)
    assert all(files.values())


def test_the_report_is_one_file_that_asks_for_nothing(done: Path) -> None:
    page = (done / "report.html").read_text("utf-8")
    assert "Does it spill over?" in page
    assert 'src="http' not in page
    assert "<link" not in page


def test_the_manifest_says_what_the_results_were_made_of(done: Path, pristine: Path) -> None:
    told = json.loads((done / "manifest.json").read_text("utf-8"))
    firms = next(entry for entry in told["inputs"] if entry["table"] == "firms")
    content = (pristine / "data" / "firms.csv").read_bytes()
    assert firms["sha256"] == hashlib.sha256(content).hexdigest()
    assert firms["rows_read"] == firms["rows_kept"] == content.count(b"\n") - 1
    assert told["seed"] == 7
    assert told["specification"]["models"][0]["label"] == "Within firm"
    assert told["sample"][-1]["remaining"] > told["models"][0]["rows"] > 0
    assert told["software"]["spillover"] == sp.__version__
    for name, sha256 in told["files"].items():
        assert hashlib.sha256((done / name).read_bytes()).hexdigest() == sha256
    assert str(pristine) not in (done / "manifest.json").read_text("utf-8")


@pytest.mark.usefixtures("light")
def test_a_second_run_computes_nothing_and_gives_the_same_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sp.run(folder)
    before = contents(first.folder)
    monkeypatch.setattr("spillover.pipelines.run.results", refuse)
    second = sp.run(folder)
    assert not first.unchanged
    assert second.unchanged
    assert contents(second.folder) == before
    assert second.folder == (folder / "results").resolve()


@pytest.mark.usefixtures("light")
def test_results_do_not_depend_on_what_was_cached(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = sp.load_study(folder)
    fresh = contents(sp.run(study, tmp_path / "fresh" / "results").folder)
    sp.run(replace(study, title="Another title"))
    for name in ("connect", "measure", "expose", "estimate", "infer"):
        monkeypatch.setattr(stages, name, refuse)
    again = sp.run(study)
    assert not again.unchanged
    assert contents(again.folder) == fresh


@pytest.mark.usefixtures("light")
def test_an_interrupted_run_goes_on_where_it_was(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = contents(sp.run(folder, tmp_path / "fresh" / "results").folder)

    def interrupt(step: Step) -> None:
        if step.name == "Pooled":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sp.run(folder, progress=interrupt)
    assert not (folder / "results").exists()
    for name in ("connect", "measure", "expose"):
        monkeypatch.setattr(stages, name, refuse)
    assert contents(sp.run(folder).folder) == fresh


@pytest.mark.usefixtures("light")
def test_steps_are_counted_to_the_end(folder: Path) -> None:
    steps: list[Step] = []
    sp.run(folder, progress=steps.append)
    assert [step.position for step in steps] == list(range(1, steps[0].total + 1))
    assert [step.stage for step in steps] == [
        "read",
        "connect",
        "connect",
        "measure",
        "expose",
        "estimate",
        "estimate",
        "report",
    ]


@pytest.mark.usefixtures("light")
def test_estimates_of_a_run_can_be_worked_with(folder: Path) -> None:
    result = sp.run(folder)
    estimate = result.estimates["Within firm"]
    assert sp.infer(estimate, sp.Cluster("firm_id")).nobs == estimate.nobs


@pytest.mark.usefixtures("light")
def test_results_that_were_edited_are_made_again_from_the_cache(folder: Path) -> None:
    result = sp.run(folder)
    before = contents(result.folder)
    (result.folder / "report.html").write_text("edited")
    assert contents(sp.run(folder).folder) == before


@pytest.mark.usefixtures("light")
def test_a_damaged_cache_is_not_believed(folder: Path) -> None:
    before = contents(sp.run(folder).folder)
    for page in (folder / ".spillover-cache").glob("*/report.html"):
        page.write_text("damaged")
    assert contents(sp.run(folder).folder) == before


@pytest.mark.usefixtures("light")
def test_the_cache_holds_what_the_last_run_used(folder: Path) -> None:
    sp.run(folder)
    first = {path.name for path in (folder / ".spillover-cache").iterdir()}
    sp.run(replace(sp.load_study(folder), title="Another title"))
    second = {path.name for path in (folder / ".spillover-cache").iterdir()}
    assert len(first) == len(second)
    assert len(first & second) == len(first) - 1


@pytest.mark.usefixtures("light")
def test_nothing_is_written_outside_the_study(folder: Path) -> None:
    above = set(folder.parent.rglob("*"))
    sp.run(folder)
    new = set(folder.parent.rglob("*")) - above
    assert {path.relative_to(folder).parts[0] for path in new} == {"results", ".spillover-cache"}


@pytest.mark.usefixtures("light")
def test_a_full_disk_leaves_earlier_results_and_nothing_half_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(sp.run(folder).folder)
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.name.startswith(".report.html"):
            write(self, data[:10])
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left on device"):
        sp.run(replace(sp.load_study(folder), title="Another title"))
    assert contents(folder / "results") == before
    assert begun(folder / ".spillover-cache") == []


@pytest.mark.usefixtures("light")
def test_a_folder_with_other_files_is_refused_before_anything_is_computed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "results").mkdir()
    (folder / "results" / "thesis.tex").write_text("years of work")
    monkeypatch.setattr("spillover.pipelines.run.results", refuse)
    with pytest.raises(OutputError, match="nothing was changed"):
        sp.run(folder)
    assert contents(folder / "results") == {"thesis.tex": b"years of work"}


def unpacked(files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, content in files.items():
        if name.endswith((".docx", ".xlsx")):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from ((f"{name}/{part}", archive.read(part)) for part in archive.namelist())
        else:
            yield name, content


def test_no_identifier_leaves_a_confidential_study_and_no_socket_is_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", refuse)
    study = sp.load_study(folder)
    secret = sp.run(replace(study, report=replace(study.report, confidential=True)))
    firms = sp.read(folder / "data").firms
    planted = [*firms["firm_id"], *firms["corporate_number"].dropna(), *firms["name"].dropna()]
    for name, content in unpacked(contents(secret.folder)):
        found = [text for text in planted if text.encode() in content]
        assert found == [], name


def test_two_hash_seeds_give_the_same_bytes(seeds: dict[str, Path]) -> None:
    assert contents(seeds["0"]) == contents(seeds["1"])
