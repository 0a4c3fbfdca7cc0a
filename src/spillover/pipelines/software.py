"""Which software made a result: versions, and a hash of this package's own source."""

import hashlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import spillover
from spillover.identifiers.codelists import schema_folder

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "within-py",
    "numba",
    "linearmodels",
    "matplotlib",
    "python-docx",
    "xlsxwriter",
    "jinja2",
)
"""Packages whose version can move a number or a figure."""


@cache
def versions() -> dict[str, str]:
    """Versions of this package, of Python and of the packages that can move a result."""
    found = {"spillover": spillover.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def source_sha256() -> str:
    """SHA-256 over the modules and templates of this package, in the order of their paths."""
    return _folder_sha256(Path(spillover.__file__).parent)


@cache
def schemas_sha256() -> str:
    """SHA-256 over the schemas and codelists of the tables."""
    return _folder_sha256(schema_folder())


def _folder_sha256(root: Path) -> str:
    files = [p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    whole = hashlib.sha256()
    for path in sorted(files, key=lambda p: p.relative_to(root).as_posix()):
        whole.update(path.relative_to(root).as_posix().encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of the bytes of a file.

    Parameters
    ----------
    path : Path
        A file that can be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
