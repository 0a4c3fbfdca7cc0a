"""A folder of results, whole or not at all."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from spillover.errors import OutputError
from spillover.pipelines.cache import Cache, unwritable

MANIFEST = "manifest.json"
"""The file that marks a folder as results."""


def refuse_foreign_folder(target: Path) -> None:
    """Refuse to replace a folder that holds something else than results.

    Raises
    ------
    OutputError
        The target is a file, or a folder with files and without a manifest.
    """
    try:
        taken = target.exists() and not (target.is_dir() and _is_ours(target))
    except OSError as error:
        raise unwritable(target.parent, error) from error
    if taken:
        raise OutputError(
            f"Expected {target} to be new, empty or results of an earlier run.",
            "Found other files.",
            "Choose another folder with --output; nothing was changed.",
        )


def publish(source: Path, target: Path, cache: Cache) -> Path:
    """Folder with a copy of finished results, in place of earlier ones.

    Parameters
    ----------
    source : Path
        Finished folder; it stays as it is.
    target : Path
        Where results go; earlier results are replaced in one step.
    cache : Cache
        Where the copy is prepared, on the same disk as the target.

    Raises
    ------
    OutputError
        The copy cannot be made; earlier results are still there.
    """
    refuse_foreign_folder(target)
    part, old = cache.workspace(), cache.workspace()
    try:
        shutil.copytree(source, part, dirs_exist_ok=True)
        part.chmod(0o755)
        target.parent.mkdir(parents=True, exist_ok=True)
        _swap(part, target, old / "earlier")
    except OSError as error:
        raise unwritable(target.parent, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return target


def begin_folder(target: Path, fill: Callable[[Path], object]) -> Path:
    """A new folder that ``fill`` has written, whole or not at all.

    Parameters
    ----------
    target : Path
        A folder that does not exist, or an empty one.
    fill : callable
        Writes into the folder that it is given.

    Raises
    ------
    OutputError
        The target holds something, or cannot be written; nothing is left.
    """
    try:
        taken = target.exists() and not (target.is_dir() and not any(target.iterdir()))
        if taken:
            raise OutputError(
                f"Expected {target} to be new or empty.",
                "Found files.",
                "Choose another folder; nothing was changed.",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise unwritable(target.parent, error) from error
    try:
        fill(part)
        part.chmod(0o755)
        _settle(part, target)
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _settle(part: Path, target: Path) -> None:
    """Move a finished folder to its place; an empty folder that is there stays the same one."""
    if not target.exists():
        part.rename(target)
        return
    for child in sorted(part.iterdir()):
        child.rename(target / child.name)


def _swap(part: Path, target: Path, aside: Path) -> None:
    earlier = target.exists()
    if earlier:
        target.rename(aside)
    try:
        part.rename(target)
    except OSError:
        if earlier:
            aside.rename(target)
        raise


def _is_ours(target: Path) -> bool:
    if not any(target.iterdir()):
        return True
    try:
        return "spillover" in json.loads((target / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return False
