"""Fixtures and guards shared by all tests."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

# One thread for each worker: with several, linear algebra waits for cores that other tests use.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("dev", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("ci", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference data that is not part of the project; tests skip where it is absent."""
    folder = Path(os.environ.get("SPILLOVER_REFERENCE", ROOT.parent / "shared"))
    if not (folder / "reference").is_dir():
        pytest.skip("reference data are not on this machine (set SPILLOVER_REFERENCE)")
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20251205)


@pytest.fixture(scope="session")
def simulated_study(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a folder with a study, its simulated data and their truth; tests copy it."""
    import spillover as sp
    from spillover.simulation.write import write_truth

    def write(text: str, seed: int, **economy: int) -> Path:
        folder = tmp_path_factory.mktemp("pristine")
        world = sp.simulate(sp.Economy(**economy), seed=seed)
        sp.write_tables(world, folder / "data")
        write_truth(world, folder / "truth.json")
        (folder / "study.toml").write_text(text)
        return folder

    return write


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    """A copy of the study of the module, for a test to change."""
    return Path(shutil.copytree(pristine, tmp_path / "study"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library never reaches the network, and neither do its tests."""

    def refuse(*_: object) -> None:
        message = "a test tried to reach the network"
        raise AssertionError(message)

    monkeypatch.setattr(socket.socket, "connect", refuse)
