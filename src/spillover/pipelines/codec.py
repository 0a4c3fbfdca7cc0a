"""Frozen values <-> JSON, arrays and frames: how stages are kept without pickle.

Only types that the caller names are rebuilt; everything else in an entry is plain data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeAlias, get_args, get_type_hints

import numpy as np
import pandas as pd

Kinds: TypeAlias = Mapping[str, type[Any]]
"""Types that may be rebuilt, by name."""


def kinds(*types: type[Any]) -> dict[str, type[Any]]:
    """Types by name, with the dataclasses that their fields hold, for :func:`rebuild`.

    Parameters
    ----------
    *types : type
        Dataclasses that a value begins with.
    """
    found: dict[str, type[Any]] = {}
    waiting: list[Any] = list(types)
    while waiting:
        kind = waiting.pop()
        waiting.extend(get_args(kind))
        if isinstance(kind, type) and is_dataclass(kind) and kind.__name__ not in found:
            found[kind.__name__] = kind
            waiting.extend(get_type_hints(kind).values())
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A value taken apart."""

    tree: Any
    """Plain data that JSON can hold, with references to arrays and frames."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    """Arrays by reference."""

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    """Frames by reference."""


def dismantle(value: object) -> Parts:
    """A value as plain data, arrays and frames.

    Parameters
    ----------
    value : object
        Dataclasses, mappings, sequences, constants, arrays and frames, nested in any way.

    Raises
    ------
    TypeError
        Something else is among them.
    """
    parts = Parts(None)
    tree = _tree(value, parts)
    return Parts(tree, parts.arrays, parts.frames)


def rebuild(parts: Parts, known: Kinds) -> Any:  # noqa: ANN401 - whatever was taken apart
    """The value that was taken apart.

    Parameters
    ----------
    parts : Parts
        Result of :func:`dismantle`, perhaps read from files.
    known : mapping of name to type
        Dataclasses that may be built.

    Raises
    ------
    KeyError
        The parts name another type, or a part is missing.
    """
    return _value(parts.tree, parts, known)


def _tree(value: object, parts: Parts) -> Any:  # noqa: ANN401 - plain data of any depth
    if isinstance(value, np.ndarray):
        return _keep_array(value, parts)
    if isinstance(value, pd.DataFrame):
        name = f"f{len(parts.frames)}"
        parts.frames[name] = value
        return {"frame": name, "dtypes": [str(dtype) for dtype in value.dtypes]}
    if isinstance(value, np.generic):
        return value.item()
    if is_dataclass(value) and not isinstance(value, type):
        inner = {f.name: _tree(getattr(value, f.name), parts) for f in fields(value) if f.init}
        return {"kind": type(value).__name__, "fields": inner}
    return _container(value, parts)


def _container(value: object, parts: Parts) -> Any:  # noqa: ANN401 - plain data of any depth
    if isinstance(value, Mapping):
        return {"map": [[_tree(key, parts), _tree(item, parts)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_tree(item, parts) for item in value]}
    if isinstance(value, list):
        return [_tree(item, parts) for item in value]
    if isinstance(value, slice):
        return {"slice": [value.start, value.stop, value.step]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be kept in files")


def _keep_array(value: np.ndarray, parts: Parts) -> dict[str, str]:
    name = f"a{len(parts.arrays)}"
    if value.dtype != object:
        parts.arrays[name] = value
        return {"array": name}
    if not all(isinstance(item, str) for item in value.ravel()):
        raise TypeError("an array of objects that are not all text cannot be kept in files")
    parts.arrays[name] = value.astype(str)
    return {"text": name}


def _value(tree: Any, parts: Parts, known: Kinds) -> Any:  # noqa: ANN401 - any value
    if isinstance(tree, list):
        return [_value(item, parts, known) for item in tree]
    if not isinstance(tree, dict):
        return tree
    (word, held), *_ = tree.items()
    return _BUILDERS[word](tree, held, parts, known)


def _typed(frame: pd.DataFrame, dtypes: list[str]) -> pd.DataFrame:
    """The frame with the types it had: files do not tell object columns from text columns."""
    found = zip(frame.columns, frame.dtypes, dtypes, strict=True)
    changed = {name: kept for name, dtype, kept in found if str(dtype) != kept}
    return frame.astype(changed) if changed else frame


def _build(tree: Any, _: Any, parts: Parts, known: Kinds) -> Any:  # noqa: ANN401 - any value
    inner = {name: _value(item, parts, known) for name, item in tree["fields"].items()}
    return known[tree["kind"]](**inner)


_BUILDERS: dict[str, Callable[[Any, Any, Parts, Kinds], Any]] = {
    "kind": _build,
    "tuple": lambda _, held, parts, known: tuple(_value(item, parts, known) for item in held),
    "map": lambda _, held, parts, known: {
        _value(key, parts, known): _value(item, parts, known) for key, item in held
    },
    "slice": lambda _, held, *__: slice(*held),
    "frame": lambda tree, held, parts, _: _typed(parts.frames[held], tree["dtypes"]),
    "array": lambda _, held, parts, __: parts.arrays[held],
    "text": lambda _, held, parts, __: parts.arrays[held].astype(object),
}
"""What each word of a tree stands for."""
