"""The command line: what it prints, how it ends, and that nothing half-written stays."""

import gzip
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

import spillover as sp
from spillover.cli import app
from spillover.pipelines.begin import schema_bytes

STUDY = """
title = "Does it spill over?"
foreign = "BOP_10"
sample = [{ where = "foreign == 0", reason = "foreign-owned firms" }]

[networks.supply]
type = "SupplyLinks"
weight = "value"

[productivity]
type = "SolowResidual"

[exposures.backward]
network = "supply.customers"
shock = "foreign"
spec = { type = "Neighbors", lag = 1, isolates = "missing" }

[[models]]
label = "Within firm"
vcov = { type = "Cluster", by = "firm_id" }
[models.design]
type = "FixedEffects"
outcome = "log_tfp"
regressors = ["backward"]
absorb = ["firm_id", "year"]

[report]
confidential = false
focus = { regressor = "backward" }
"""


@pytest.fixture(scope="module")
def pristine(simulated_study: Callable[..., Path]) -> Path:
    return simulated_study(STUDY, seed=5, firms=120, years=4)


@pytest.fixture
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report without figures."""

    def plain(inputs: object) -> SimpleNamespace:
        return SimpleNamespace(files=lambda: {"report.html": b"a report"}, suppressed=())

    monkeypatch.setattr("spillover.pipelines.compose.compose", plain)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def listing(folder: Path) -> dict[str, bytes]:
    """Files of a study, its cache left out."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    named = ((path.relative_to(folder).as_posix(), path.read_bytes()) for path in files)
    return {name: content for name, content in named if not name.startswith(".spillover-cache")}


@dataclass(frozen=True)
class Bad:
    """Something wrong with a study: how it gets there, how it ends, what is said."""

    spoil: Callable[[Path], None]
    code: int
    said: str


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / file
        text = path.read_text("utf-8")
        assert re.search(old, text, re.MULTILINE), f"{old!r} is not in {file}"
        path.write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE), "utf-8")

    return spoil


def wrong_encoding(folder: Path) -> None:
    path = folder / "data" / "firms.csv"
    path.write_bytes(path.read_bytes() + b"\xff\xfe\x81\n")


def without_column(folder: Path) -> None:
    path = folder / "data" / "firm_years.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text(
        "\n".join(",".join(line.split(",")[:1] + line.split(",")[2:]) for line in lines)
    )


def twice(folder: Path) -> None:
    path = folder / "data" / "firm_years.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", "utf-8")


def zero_values(folder: Path) -> None:
    path = folder / "data" / "supply_links.csv"
    head, *rows = path.read_text("utf-8").splitlines()
    at = head.split(",").index("value")
    cells = [row.split(",") for row in rows]
    spoiled = [",".join([*row[:at], "0", *row[at + 1 :]]) for row in cells]
    path.write_text("\n".join([head, *spoiled]) + "\n", "utf-8")


YEARS, LINKS = "data/firm_years.csv", "data/supply_links.csv"
REGRESSORS = r'regressors = \["backward"\]'
BAD = {
    "missing file": Bad(lambda f: (f / YEARS).unlink(), 1, "Expected a table firm_years"),
    "missing folder": Bad(lambda f: shutil.rmtree(f / "data"), 1, "Expected a directory"),
    "wrong encoding": Bad(wrong_encoding, 1, "expected text in UTF-8 or CP932"),
    "missing column": Bad(without_column, 1, "Expected a column year"),
    "duplicate key": Bad(twice, 1, "primary-key"),
    "dangling firm": Bad(edit(LINKS, r"^F\d+,", "F9999,"), 1, "F9999"),
    "negative sales": Bad(edit(YEARS, r"^(F\d+,\d+),", r"\1,-"), 1, "Expected at least 0"),
    "letter in a number": Bad(edit(YEARS, r"^(F\d+,\d+),", r"\1,x"), 1, "letters"),
    "unknown key": Bad(edit("study.toml", "lag = 1", "lagg = 1"), 2, "Did you mean 'lag'?"),
    "unknown column": Bad(
        edit("study.toml", REGRESSORS, 'regressors = ["backwards"]'), 2, "Did you mean backward"
    ),
    "absorbed regressor": Bad(
        edit("study.toml", REGRESSORS, 'regressors = ["backward", "year"]'),
        3,
        "share of variance left: year",
    ),
    "collinear regressors": Bad(
        edit("study.toml", REGRESSORS, 'regressors = ["backward", "2 * backward"]'),
        3,
        "2 * backward",
    ),
    "empty sample": Bad(
        edit("study.toml", "foreign == 0", "year > 2100"), 3, "at least one row in the sample"
    ),
    "number in quotes": Bad(
        edit("study.toml", "foreign == 0", "foreign == '0'"), 2, "Write numbers without quotes"
    ),
    "rule that has no default": Bad(
        edit("study.toml", 'type = "Cluster", by = "firm_id"', 'type = "Conley", cutoff = 50'),
        2,
        "across",
    ),
    "one cluster": Bad(
        edit("study.toml", 'by = "firm_id"', 'by = "entity_kind"'), 3, "at least two clusters"
    ),
    "zero weights": Bad(
        edit("study.toml", "^absorb", 'weights = "0 * sales"\nabsorb'), 3, "at least one positive"
    ),
    "zero links": Bad(zero_values, 1, "weight of zero everywhere"),
}


@pytest.mark.usefixtures("_light")
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_bad_input_ends_with_its_code_a_message_in_three_parts_and_no_results(
    folder: Path, bad: Bad
) -> None:
    bad.spoil(folder)
    before = listing(folder)
    result = call("run", folder)
    assert result.exit_code == bad.code, result.output
    assert bad.said in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr.splitlines()) >= 3
    assert listing(folder) == before
    assert list((folder / ".spillover-cache").glob("part-*")) == []


@pytest.mark.usefixtures("_light")
def test_bad_input_leaves_the_results_of_an_earlier_run(folder: Path) -> None:
    assert call("run", folder).exit_code == 0
    before = listing(folder / "results")
    edit(YEARS, r"^(F\d+,\d+),", r"\1,-")(folder)
    assert call("run", folder).exit_code == 1
    assert listing(folder / "results") == before


@pytest.mark.usefixtures("_light")
def test_a_folder_that_cannot_be_written_is_an_output_error(folder: Path) -> None:
    (folder / "file").write_text("in the way")
    before = listing(folder)
    result = call("run", folder, "--output", folder / "file" / "results")
    assert result.exit_code == 7
    assert "Expected to write" in result.stderr
    assert listing(folder) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_an_output_error(folder: Path) -> None:
    folder.chmod(0o500)
    try:
        assert call("run", folder).exit_code == 7
    finally:
        folder.chmod(0o700)


def test_a_disk_without_room_is_an_output_error_and_leaves_nothing(folder: Path) -> None:
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    before = listing(folder)
    result = subprocess.run(
        [sys.executable, "-m", "spillover", "run", str(folder)],
        preexec_fn=no_room,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 7, result.stderr
    assert "File too large" in result.stderr
    assert listing(folder) == before
    assert list((folder / ".spillover-cache").glob("part-*")) == []


@pytest.mark.usefixtures("_light")
def test_the_last_line_of_a_run_says_where_the_report_is(folder: Path) -> None:
    result = call("run", folder)
    assert result.exit_code == 0, result.stderr
    last = result.stdout.splitlines()[-1]
    assert Path(last.removeprefix("Report: ")).read_bytes() == b"a report"
    assert "[1/6] read tables" in result.stderr
    again = call("run", folder)
    assert again.stdout.splitlines()[0].startswith("Nothing changed")
    assert again.stdout.splitlines()[-1] == last


def test_checking_prints_the_sample_flow_and_writes_nothing(folder: Path) -> None:
    before = listing(folder)
    result = call("check", folder)
    assert result.exit_code == 0
    assert "foreign-owned firms" in result.stdout
    assert "rows in use" in result.stdout
    assert listing(folder) == before
    assert not (folder / ".spillover-cache").exists()


def test_a_new_study_with_blank_tables_is_read_and_asks_for_rows(tmp_path: Path) -> None:
    begun = call("new", tmp_path / "mine")
    assert begun.exit_code == 0
    assert "spillover check" in begun.stdout.splitlines()[-1]
    assert (tmp_path / "mine" / "data" / "firms.csv").read_text().startswith("firm_id,")
    checked = call("check", tmp_path / "mine")
    assert checked.exit_code == 1
    assert "supply_links" in checked.stderr


def test_a_new_example_is_the_bundled_one(tmp_path: Path) -> None:
    assert call("new", "kyushu", tmp_path / "mine").exit_code == 0
    bundled = Path(__file__).parents[1] / "examples" / "kyushu_semiconductor"
    for file in [*sorted((bundled / "data").iterdir()), bundled / "truth.json"]:
        copy = tmp_path / "mine" / file.relative_to(bundled)
        assert copy.read_bytes() == file.read_bytes(), file.name
    assert sp.load_study(tmp_path / "mine") == sp.load_study(bundled)


def test_a_new_study_never_touches_a_folder_that_holds_something(folder: Path) -> None:
    before = listing(folder)
    result = call("new", folder)
    assert result.exit_code == 7
    assert "nothing was changed" in result.stderr
    assert listing(folder) == before


def test_a_new_study_may_begin_in_an_empty_folder(tmp_path: Path) -> None:
    assert call("new", tmp_path).exit_code == 0
    assert (tmp_path / "study.toml").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "kyusho", "x"], "Did you mean kyushu?"),
        (["new", "a", "b", "c"], "Found 3 words"),
        (["simulate", "--preset", "kyusho", "x"], "Did you mean kyushu?"),
        (["check", "nowhere"], "Expected a study file at nowhere"),
    ],
)
def test_wrong_words_end_with_code_two(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_simulating_writes_tables_and_truth(tmp_path: Path) -> None:
    result = call("simulate", tmp_path / "world", "--preset", "kyushu", "--seed", "2021")
    assert result.exit_code == 0
    assert (tmp_path / "world" / "truth.json").is_file()
    bundled = Path(__file__).parents[1] / "examples" / "kyushu_semiconductor"
    for file in (bundled / "data").iterdir():
        assert (tmp_path / "world" / "data" / file.name).read_bytes() == file.read_bytes()


def test_schemas_come_with_templates_a_dictionary_and_the_study_schema(tmp_path: Path) -> None:
    assert call("schema", tmp_path / "schema").exit_code == 0
    written = tmp_path / "schema"
    assert (written / "templates" / "firms.csv").is_file()
    assert (written / "firms.schema.json").is_file()
    assert "supply_links" in (written / "dictionary.md").read_text("utf-8")
    assert (written / "study.schema.json").read_bytes() == schema_bytes()


def test_the_study_schema_can_be_written_alone(tmp_path: Path) -> None:
    assert call("schema", tmp_path, "--study-only").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["study.schema.json"]


def test_compressed_tables_are_read(folder: Path) -> None:
    path = folder / LINKS
    Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()
    assert call("check", folder).exit_code == 0


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, contextlib\n"
        "from spillover.cli import main\n"
        "sys.argv = ['spillover', '--help']\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main()\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'pydantic', 'numba', 'matplotlib', 'pyarrow'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    start = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert time.perf_counter() - start < 5  # 0.2 s on an idle machine
    assert all(name in result.stdout for name in ("new", "check", "run", "simulate", "schema"))


def test_reading_a_study_loads_no_compiler_and_no_figures(folder: Path) -> None:
    code = (
        "import sys\n"
        "import spillover\n"
        "spillover.load_study(sys.argv[1])\n"
        "heavy = {'numba', 'matplotlib', 'linearmodels', 'networkx', 'scipy.stats', 'within'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_the_version_is_printed() -> None:
    assert call("--version").stdout.strip() == f"spillover {sp.__version__}"


@pytest.mark.usefixtures("_light")
def test_rows_of_unknown_firms_leave_when_the_study_says_so(folder: Path) -> None:
    edit(LINKS, r"^F\d+,", "F9999,")(folder)
    study = folder / "study.toml"
    study.write_text('unmatched = "drop"\n' + study.read_text("utf-8"), "utf-8")
    done = call("run", folder)
    assert done.exit_code == 0, done.output
    told = json.loads((folder / "results" / "manifest.json").read_text("utf-8"))
    assert "F9999" not in json.dumps(told)
    assert "not in firms" in json.dumps(told)
