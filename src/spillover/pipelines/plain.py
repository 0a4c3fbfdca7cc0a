"""Specifications as plain tables: what a study file, a cache key and a manifest are made of."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from spillover.errors import SpecificationError

NOTHING: dict[str, Any] = {}
"""How a study file writes ``None`` where another value is the default: an empty table."""


def full(value: object) -> Any:  # noqa: ANN401 - plain data of any depth
    """A specification as plain data with every field, defaults included.

    Parameters
    ----------
    value : specification, mapping, sequence or constant
        What to write down; dataclasses become tables with their ``type``.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: full(getattr(value, f.name)) for f in _compared(value)}
    return _container(value, full)


def brief(value: object) -> Any:  # noqa: ANN401 - plain data of any depth
    """A specification as plain data without the fields that have their default value.

    ``type`` stays, so that the table can be read back; ``None`` in place of another default
    becomes an empty table, because TOML has no word for it.

    Parameters
    ----------
    value : specification, mapping, sequence or constant
        What to write down.
    """
    if is_dataclass(value) and not isinstance(value, type):
        chosen = [f for f in _compared(value) if f.name == "type" or not _is_default(value, f)]
        table = {f.name: brief(getattr(value, f.name)) for f in chosen}
        return {name: NOTHING if item is None else item for name, item in table.items()}
    return _container(value, brief)


def digest(value: object) -> str:
    """SHA-256 of plain data in one canonical spelling.

    Parameters
    ----------
    value : plain data
        Mappings with text keys, sequences and constants.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _compared(value: Any) -> list[Field[Any]]:  # noqa: ANN401 - any dataclass
    """The fields that make two specifications equal."""
    listed = [f for f in fields(value) if f.compare and f.init]
    return sorted(listed, key=lambda f: f.name != "type")


def _container(value: object, inner: Any) -> Any:  # noqa: ANN401 - plain data of any depth
    if isinstance(value, Mapping):
        return {str(key): inner(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [inner(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise SpecificationError(
        "Expected names, numbers and tables in a specification.",
        f"Found a {type(value).__name__}.",
        "Specifications never hold data; name a column or a file.",
    )


def _is_default(value: object, field: Field[Any]) -> bool:
    if field.default is not MISSING:
        default = field.default
    elif field.default_factory is not MISSING:
        default = field.default_factory()
    else:
        return False
    return bool(getattr(value, field.name) == default)
