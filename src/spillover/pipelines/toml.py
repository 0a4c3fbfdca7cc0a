"""Study <-> study.toml, with every mistake at its place in the file."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from spillover.errors import OutputError, SpecificationError
from spillover.pipelines.complaints import complaint
from spillover.pipelines.plain import brief
from spillover.pipelines.schema import adapter, study_schema
from spillover.pipelines.study import Study

FILE = "study.toml"
MOST_BYTES = 1_000_000
"""A study file is written by hand; a larger one is a mistake."""

HEADER = "#:schema study.schema.json\n"


def load_study(path: str | Path) -> Study:
    """The study in a file, or in the ``study.toml`` of a folder.

    Parameters
    ----------
    path : str or Path
        File or folder; paths inside the study start from its folder.

    Raises
    ------
    SpecificationError
        The file is not there, is not TOML, or does not describe a study; all mistakes are named.
    """
    file = Path(path)
    file = file / FILE if file.is_dir() else file
    return replace(study_from(_read(file), file.name), folder=str(file.parent))


def save_study(study: Study, path: str | Path) -> Path:
    """Path of the file that holds the study; fields with their default value are left out.

    Parameters
    ----------
    study : Study
        The study.
    path : str or Path
        File, or a folder for a ``study.toml``.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    file = Path(path)
    file = file / FILE if file.is_dir() else file
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(study_text(study), encoding="utf-8", newline="\n")
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"Expected to write {file.name} to {file.parent}.",
            f"Found: {error.strerror or error}.",
            "Choose a folder that exists and can be written.",
        ) from error
    return file


def study_text(study: Study) -> str:
    """The study as TOML.

    Parameters
    ----------
    study : Study
        The study.
    """
    import tomli_w

    return HEADER + tomli_w.dumps(brief(study))


def study_from(data: Mapping[str, Any], source: str = FILE) -> Study:
    """The study that plain data describe.

    Parameters
    ----------
    data : mapping
        What ``tomllib`` reads: tables, arrays and constants.
    source : str
        Name of the file for messages.

    Raises
    ------
    SpecificationError
        A field is unknown, missing or does not have the expected form.
    """
    found = _with_nothing(dict(data))
    if "folder" in found:
        raise SpecificationError(
            f"{source}: expected no field 'folder'.",
            "Found one.",
            "Paths start from the folder of the file.",
        )
    try:
        return adapter().validate_python(found)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise complaint(source, data, details, study_schema()) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise SpecificationError(
                f"Expected a study file of at most {MOST_BYTES:,} bytes.",
                f"Found {file.stat().st_size:,} in {file.name}.",
                "A study holds names and numbers; data lie in tables beside it.",
            )
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SpecificationError(
            f"Expected a study file at {file}.",
            f"Found: {error.strerror or error}.",
            "Name the folder that holds study.toml, or begin one with `spillover new FOLDER`.",
        ) from error
    except UnicodeDecodeError as error:
        raise SpecificationError(
            f"Expected {file.name} in UTF-8.",
            f"Found a byte that is not, at position {error.start:,}.",
            "Save the file as UTF-8 in your editor.",
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SpecificationError(
            f"Expected TOML in {file.name}.",
            f"Found: {error}.",
            "Check quotes, brackets and repeated names near that place.",
        ) from error


def _with_nothing(data: Any, depth: int = 0) -> Any:  # noqa: ANN401 - plain data of any depth
    """The data with empty tables inside specifications read as ``None``."""
    if isinstance(data, list):
        return [_with_nothing(item, depth + 1) for item in data]
    if not isinstance(data, dict):
        return data
    if not data and depth > 1:
        return None
    return {name: _with_nothing(item, depth + 1) for name, item in data.items()}
