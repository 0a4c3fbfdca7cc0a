"""Files written whole or not at all."""

import os
from collections.abc import Mapping
from pathlib import Path

from spillover.errors import OutputError


def write_files(folder: str | Path, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Paths of the files of a folder, in the order given.

    Every file is complete under a temporary name before the first one takes its final name;
    files of the same name are replaced.

    Parameters
    ----------
    folder : str or Path
        Folder of the files; it is created when it does not exist.
    contents : mapping of str to bytes
        Contents by relative path, such as ``"tables/main.tex"``.

    Raises
    ------
    OutputError
        A folder cannot be made or a file cannot be written; partial files are removed.
    """
    targets = [Path(folder) / name for name in contents]
    partial = [target.with_name(f".{target.name}.{os.getpid()}.part") for target in targets]
    try:
        for path, content in zip(partial, contents.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for path, target in zip(partial, targets, strict=True):
            path.replace(target)
    except OSError as error:
        for path in partial:
            _remove(path)
        raise OutputError(
            f"Expected to write {len(targets)} file{'s' * (len(targets) > 1)} to {folder}.",
            f"Found: {error.strerror or error}.",
            "Choose a folder that can be written and has room; no partial file was left.",
        ) from error
    return tuple(targets)


def write_file(path: str | Path, content: bytes) -> Path:
    """Path of one file written whole or not at all.

    Parameters
    ----------
    path : str or Path
        Place of the file; its folder is created when it does not exist.
    content : bytes
        Everything the file holds.

    Raises
    ------
    OutputError
        The file cannot be written; nothing partial is left.
    """
    target = Path(path)
    return write_files(target.parent, {target.name: content})[0]


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
