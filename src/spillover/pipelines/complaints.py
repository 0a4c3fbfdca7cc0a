"""What is wrong with a study file, in its own notation: path, what was found, nearest name."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from spillover.errors import SpecificationError

MOST = 12
"""Number of mistakes that are listed; a file with more shows the first ones."""


BRANCHES = ("dataclass_type", "string_type")
"""Kinds of mistakes that only say which branch of a union did not apply."""


def complaint(
    source: str, data: Mapping[str, Any], details: Iterable[Any], schema: Mapping[str, Any]
) -> SpecificationError:
    """All mistakes of a study file as one error.

    Parameters
    ----------
    source : str
        Name of the file, as the message begins.
    data : mapping
        What the file holds.
    details : sequence of records
        What pydantic found: ``loc``, ``type``, ``msg``, ``ctx``.
    schema : mapping
        JSON Schema of a study, which knows the fields of every table.
    """
    records = _telling(data, list(details))
    listed = [f"{source}, {_sentence(data, record, schema)}" for record in records[:MOST]]
    if len(records) > MOST:
        listed.append(f"... and {len(records) - MOST} more.")
    return SpecificationError(
        f"Expected every entry of {source} to have its form.",
        "\n".join(listed),
        "Correct the file; the page on study files of the documentation lists all entries.",
    )


def notation(steps: Iterable[str | int]) -> str:
    """A path as TOML users write it: ``models[0].vcov.bandwidth``.

    Parameters
    ----------
    steps : names and positions
        From the root of the file.
    """
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def _telling(data: Mapping[str, Any], records: list[Any]) -> list[Any]:
    """The records without those of union branches that were not meant."""
    paths = [_walk(data, r["loc"], missing=r["type"] == "missing")[0] for r in records]
    kept = [
        record
        for record, path in zip(records, paths, strict=True)
        if not any(len(other) > len(path) and other[: len(path)] == path for other in paths)
    ]
    exact = [record for record in kept if record["type"] not in BRANCHES]
    return exact or kept


def _sentence(data: Mapping[str, Any], record: Any, schema: Mapping[str, Any]) -> str:  # noqa: ANN401
    path, tag, node = _walk(data, record["loc"], missing=record["type"] == "missing")
    kind = record["type"]
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        known = _fields(schema, data, path[:-1])
        return f"{notation(path[:-1]) or 'top level'}: unknown field {path[-1]!r}{_of(tag)}. " + (
            _nearest(str(path[-1]), known)
        )
    if kind == "missing":
        return f"{notation(path)}: a value is needed{_of(tag)}, and none is there."
    inner = record.get("ctx", {}).get("error")
    if isinstance(inner, SpecificationError):
        return f"{notation(path)}: {inner}" if path else str(inner)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _unknown_type(path, node, record)
    return f"{notation(path)} = {_short(record['input'])}: {_lower(record['msg'])}."


def _walk(
    data: Any,  # noqa: ANN401 - plain data of any depth
    loc: Iterable[str | int],
    *,
    missing: bool,
) -> tuple[list[str | int], str, Any]:
    """Path in the file, last ``type`` that was passed, and what is found at the path."""
    path: list[str | int] = []
    tag, node, steps = "", data, list(loc)
    for place, step in enumerate(steps):
        if _holds(node, step):
            node, tag = node[step], ""
            path.append(step)
        elif isinstance(node, Mapping) and node.get("type") == step:
            tag = str(step)
        elif missing and place == len(steps) - 1:
            path.append(step)
    if not tag and path:
        tag = _parent_type(data, path)
    return path, tag, node


def _holds(node: Any, step: str | int) -> bool:  # noqa: ANN401 - plain data
    if isinstance(node, Mapping):
        return step in node
    return isinstance(node, list) and isinstance(step, int) and step < len(node)


def _parent_type(data: Any, path: list[str | int]) -> str:  # noqa: ANN401 - plain data
    node = data
    for step in path[:-1]:
        node = node[step]
    found = node.get("type", "") if isinstance(node, Mapping) else ""
    return found if isinstance(found, str) else ""


def _unknown_type(path: list[str | int], node: Any, record: Any) -> str:  # noqa: ANN401
    allowed = [
        name.strip(" '") for name in str(record.get("ctx", {}).get("expected_tags", "")).split(",")
    ]
    found = node.get("type") if isinstance(node, Mapping) else None
    if found is None:
        return f"{notation(path)}: a type is needed. Types are {', '.join(filter(None, allowed))}."
    return f"{notation(path)}: unknown type {found!r}. {_nearest(str(found), allowed, 'Types')}"


def _nearest(name: str, known: list[str], what: str = "Fields") -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    return f"{guess}{what} are {', '.join(known)}."


def _fields(schema: Mapping[str, Any], data: Any, path: list[str | int]) -> list[str]:  # noqa: ANN401
    """Names of the fields of the table at a path, from the JSON Schema."""
    node: Any = _resolve(schema, schema, data)
    for step in path:
        data = data[step]
        node = _resolve(schema, _below(node, step), data)
    return [name for name in node.get("properties", {}) if name != "type"]


def _below(node: Mapping[str, Any], step: str | int) -> Any:  # noqa: ANN401 - JSON Schema
    if isinstance(step, int):
        return node.get("items", {})
    return node.get("properties", {}).get(step, node.get("additionalProperties") or {})


def _resolve(schema: Mapping[str, Any], node: Any, data: Any) -> Any:  # noqa: ANN401 - JSON Schema
    """The object that a reference or a union stands for, given what the file holds there."""
    while isinstance(node, Mapping):
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        elif "discriminator" in node and isinstance(data, Mapping):
            target = node["discriminator"]["mapping"].get(data.get("type"), "")
            node = schema["$defs"].get(target.rsplit("/", 1)[-1], {})
        elif "anyOf" in node:
            wanted = "object" if isinstance(data, Mapping) else "array"
            choices = [_resolve(schema, choice, data) for choice in node["anyOf"]]
            node = next((c for c in choices if c.get("type") == wanted), {})
        else:
            return node
    return {}


def _of(tag: str) -> str:
    return f" for {tag}" if tag else ""


def _short(value: object, most: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _lower(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return text[:1].lower() + text[1:].rstrip(".")
