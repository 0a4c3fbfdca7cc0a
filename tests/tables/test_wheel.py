"""The wheel carries the schemas, and the installed package finds them."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from spillover.tables.dictionary import schema_files

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_wheel_holds_every_schema_and_codelist(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    target = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    found = {
        path.relative_to(target / "spillover" / "data_schemas").as_posix()
        for path in (target / "spillover" / "data_schemas").rglob("*.*")
    }
    assert set(schema_files()) <= found
    script = (
        "from spillover.tables.schema import schemas\n"
        "from spillover.identifiers.codelists import schema_folder\n"
        "assert len(schemas()) == 10\n"
        "raise SystemExit(0 if 'installed' in str(schema_folder()) else 1)\n"
    )
    command = [sys.executable, "-c", script]
    subprocess.run(command, cwd=target, check=True, env={"PYTHONPATH": str(target)})
