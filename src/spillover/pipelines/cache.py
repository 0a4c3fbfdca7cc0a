"""Stages kept under the hash of what made them, so that only what changed runs again.

An entry is a folder with JSON, npz and Parquet files. It is written under another name and then
renamed, so an entry is whole or not there, and an interrupted run resumes. The folder can be
deleted at any time.
"""

import json
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from spillover.errors import OutputError
from spillover.pipelines.codec import Kinds, Parts, dismantle, rebuild

NAME = ".spillover-cache"
"""Folder of a cache, beside the results."""

PART = "part-"
DAY = 86_400.0

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of finished stages; without a folder nothing is kept."""

    folder: Path | None = None
    """Where entries lie."""

    def recall(self, key: str, known: Kinds, compute: Callable[[], Value]) -> Value:
        """The value of a stage: read when it was computed before, else computed and kept.

        A value that files cannot hold is computed every time.

        Parameters
        ----------
        key : str
            Hash of the specification, the inputs and the software.
        known : mapping of name to type
            Dataclasses that the value consists of.
        compute : callable
            Makes the value.
        """
        found = self.load(key, known)
        if found is not None:
            return found  # type: ignore[no-any-return]
        value = compute()
        parts = self._taken_apart(value)
        if parts is not None:
            self.keep(key, lambda folder: _write(parts, folder))
        return value

    def _taken_apart(self, value: object) -> Parts | None:
        """The value as parts that files hold; ``None`` when they cannot, or nothing is kept."""
        if self.folder is None:
            return None
        try:
            return dismantle(value)
        except TypeError:
            return None

    def load(self, key: str, known: Kinds) -> Any | None:  # noqa: ANN401 - whatever was kept
        """The value under a key; ``None`` when it is not there or cannot be read."""
        folder = self.entry(key)
        if folder is None:
            return None
        try:
            return rebuild(_read(folder), known)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            shutil.rmtree(folder, ignore_errors=True)
            return None

    def entry(self, key: str) -> Path | None:
        """Folder of an entry; ``None`` when it is not there."""
        if self.folder is None or not (self.folder / key).is_dir():
            return None
        return self.folder / key

    def keep(self, key: str, fill: Callable[[Path], None]) -> Path:
        """Folder of a new entry that ``fill`` has written.

        Raises
        ------
        OutputError
            The entry cannot be written; what had been begun is removed.
        """
        part = self.workspace()
        target = part.parent / key
        try:
            fill(part)
            if target.is_dir():
                shutil.rmtree(target)
            part.replace(target)
        except OSError as error:
            raise unwritable(target.parent, error) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return target

    def workspace(self) -> Path:
        """A new empty folder inside the cache.

        Raises
        ------
        OutputError
            It cannot be made.
        """
        home = self.folder or Path(tempfile.gettempdir())
        try:
            home.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=PART, dir=home))
        except OSError as error:
            raise unwritable(home.parent, error) from error

    def prune(self, keys: Iterable[str]) -> None:
        """Remove every entry but those of the last run."""
        if self.folder is None or not self.folder.is_dir():
            return
        kept = set(keys)
        for entry in sorted(self.folder.iterdir()):
            if entry.name not in kept and not _may_be_in_use(entry):
                shutil.rmtree(entry, ignore_errors=True)


def unwritable(folder: Path, error: OSError) -> OutputError:
    """The error of a folder that cannot be written or has no room."""
    if isinstance(error, OutputError):
        return error
    return OutputError(
        f"Expected to write to {folder}.",
        f"Found: {error.strerror or error}.",
        "Choose a folder that can be written and has room; nothing half-written was left.",
    )


def _may_be_in_use(entry: Path) -> bool:
    """Whether another run may be writing here: parts of the last day are left alone."""
    try:
        return entry.name.startswith(PART) and time.time() - entry.stat().st_mtime < DAY
    except OSError:
        return True


def _write(parts: Parts, folder: Path) -> None:
    tree = json.dumps({"value": parts.tree, "frames": sorted(parts.frames)}, ensure_ascii=False)
    (folder / "value.json").write_text(tree, encoding="utf-8")
    if parts.arrays:
        with (folder / "arrays.npz").open("wb") as file:
            np.savez(file, **parts.arrays)  # type: ignore[arg-type]
    for name, frame in parts.frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)


def _read(folder: Path) -> Parts:
    told = json.loads((folder / "value.json").read_text("utf-8"))
    arrays: dict[str, np.ndarray] = {}
    if (folder / "arrays.npz").is_file():
        with (folder / "arrays.npz").open("rb") as file:
            stored = np.load(file, allow_pickle=False)
            arrays = {name: stored[name] for name in stored.files}
    frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in told["frames"]}
    return Parts(told["value"], arrays, frames)
