"""The JSON Schema of study files, from the same types that read them."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter

from spillover.pipelines.study import Study
from spillover.specs import Spec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def adapter() -> TypeAdapter[Study]:
    """What validates a study."""
    return TypeAdapter(Study)


def study_schema() -> dict[str, Any]:
    """JSON Schema of a study file, for completion in editors."""
    schema = adapter().json_schema()
    del schema["properties"]["folder"]
    types = {kind.__name__: kind for kind in _specifications(Spec)}
    _describe(schema["properties"], Study)
    for name, table in schema["$defs"].items():
        _describe(table.get("properties", {}), types.get(name))
    return {"$schema": DIALECT, **_plain(schema)}


def _specifications(root: type[Any]) -> Iterator[type[Any]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _specifications(kind)


def _describe(properties: dict[str, Any], kind: type[Any] | None) -> None:
    """Add the docstrings of fields.

    pydantic would read the source of every type whenever a study is read, most of its time.
    """
    for name, entry in properties.items():
        if kind is not None and "description" not in entry and name != "type":
            told = [_docstrings(base).get(name) for base in kind.__mro__ if base is not object]
            entry.update(description=next((text for text in told if text), name))


@cache
def _docstrings(kind: type[Any]) -> dict[str, str]:
    """Docstrings under the fields of a class, by name."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError):
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found = {}
    for here, after in pairwise(body):
        if isinstance(here, ast.AnnAssign) and isinstance(after, ast.Expr):
            text = after.value.value if isinstance(after.value, ast.Constant) else None
            if isinstance(text, str):
                found[ast.unparse(here.target)] = inspect.cleandoc(text)
    return found


def _plain(node: Any) -> Any:  # noqa: ANN401 - JSON Schema
    """The schema with first paragraphs only, and an empty table in place of ``null``."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node == {"type": "null"}:
        return {"type": "object", "maxProperties": 0}
    told = node.get("description")
    if isinstance(told, str):
        node = {**node, "description": " ".join(told.split("\n\n")[0].split())}
    return {name: _plain(item) for name, item in node.items() if item is not None}
