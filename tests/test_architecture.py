"""The promises of the layout, as assertions."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "spillover"
TREES = {
    path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in sorted(SOURCE.rglob("*.py"))
}
MAY_BE_LONG: dict[str, str] = {}
"""Functions over 50 lines: "module:function" with the reason."""

MAY_HAVE_MANY_FIELDS = {
    "numerics/solution.py:Solution": "the one contract between designs and inference",
    "pipelines/study.py:Study": "one field for each table of a study file",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def nodes(kind: type | tuple[type, ...]) -> Iterator[tuple[str, ast.AST]]:
    return (
        (name, node)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, kind)
    )


def body_lines(function: Function) -> int:
    first = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - first[0].lineno + 1 if first else 0


def is_public(name: str) -> bool:
    return not name.startswith("_")


def test_modules_are_short_and_say_what_they_are_for() -> None:
    lengths = {n: len((SOURCE / n).read_text("utf-8").splitlines()) for n in TREES}
    assert {n: k for n, k in lengths.items() if k > 300} == {}
    assert [n for n, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_functions_are_short() -> None:
    sizes = {f"{n}:{f.name}": body_lines(f) for n, f in nodes((ast.FunctionDef,))}
    assert {k: v for k, v in sizes.items() if v > 50 and k not in MAY_BE_LONG} == {}
    assert median(sizes.values()) <= 10
    assert quantiles(sizes.values(), n=10)[-1] <= 27


def test_no_keyword_plumbing() -> None:
    assert [f"{n}:{f.name}" for n, f in nodes((ast.FunctionDef,)) if f.args.kwarg] == []


def test_dataclasses_are_frozen_slotted_and_small() -> None:
    for name, node in nodes(ast.ClassDef):
        decorators = [ast.unparse(d) for d in node.decorator_list if "dataclass" in ast.unparse(d)]
        fields = [
            b
            for b in node.body
            if isinstance(b, ast.AnnAssign)
            and "ClassVar" not in ast.unparse(b.annotation)
            and ast.unparse(b.target) != "type"
        ]
        where = f"{name}:{node.name}"
        assert all("frozen=True" in d and "slots=True" in d for d in decorators), where
        limit = 16 if where in MAY_HAVE_MANY_FIELDS else 12
        assert not decorators or len(fields) <= limit, f"{where} has {len(fields)} fields"


def test_every_public_name_has_a_docstring() -> None:
    kinds = (ast.FunctionDef, ast.ClassDef)
    missing = [
        f"{n}:{node.name}"
        for n, tree in TREES.items()
        for owner in [tree, *(c for c in tree.body if isinstance(c, ast.ClassDef))]
        for node in owner.body
        if isinstance(node, kinds)
        and is_public(node.name)
        and not ast.get_docstring(node)
        and not any("overload" in ast.unparse(d) for d in node.decorator_list)
    ]
    assert missing == []


def test_every_field_of_a_dataclass_has_a_docstring() -> None:
    missing = []
    for name, node in nodes(ast.ClassDef):
        if not any("dataclass" in ast.unparse(d) for d in node.decorator_list):
            continue
        for here, after in zip(node.body, [*node.body[1:], None], strict=True):
            if not isinstance(here, ast.AnnAssign) or "ClassVar" in ast.unparse(here.annotation):
                continue
            target = ast.unparse(here.target)
            documented = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if target != "type" and is_public(target) and not documented:
                missing.append(f"{name}:{node.name}.{target}")
    assert missing == []


def test_nothing_prints_evaluates_or_pickles() -> None:
    banned = {"print", "eval", "exec", "compile", "__import__", "breakpoint", "input"}
    banned |= {"importlib.import_module"}
    allowed = {("__init__.py", "importlib.import_module")}
    calls = [(n, c.lineno, ast.unparse(c.func)) for n, c in nodes(ast.Call)]
    bad = [c for c in calls if c[2] in banned or "pickle" in c[2]]
    assert [c for c in bad if (c[0], c[2]) not in allowed] == []


def test_arrays_are_loaded_without_pickle() -> None:
    loads = [(n, c) for n, c in nodes(ast.Call) if ast.unparse(c.func) in ("np.load", "numpy.load")]
    for name, call in loads:
        options = {k.arg: ast.unparse(k.value) for k in call.keywords}
        assert options.get("allow_pickle") == "False", f"{name}:{call.lineno}"


def test_modules_do_nothing_when_imported() -> None:
    quiet = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    loud = [
        f"{n}:{s.lineno}"
        for n, tree in TREES.items()
        for s in tree.body
        if not isinstance(s, (*quiet, ast.If, ast.Expr))
    ]
    assert loud == []


def test_the_layers_of_the_architecture_page_are_those_of_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(c for c in contracts if c["id"] == "layers")["layers"]
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    block = re.search(r"<!-- layers -->\n```\n(.*?)```", page, re.DOTALL)
    assert block is not None
    assert [line.split("  ")[0].strip() for line in block[1].strip().splitlines()] == layers


def test_every_folder_is_described_on_the_architecture_page() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    folders = {p.parent.name for p in SOURCE.glob("*/__init__.py")}
    assert {name for name in folders if f"`{name}/`" not in page} == set()


def test_private_names_stay_at_home() -> None:
    taken = [
        f"{n}: from {node.module} import {alias.name}"
        for n, node in nodes(ast.ImportFrom)
        for alias in node.names
        if (node.module or "").startswith("spillover")
        and alias.name.startswith("_")
        and not alias.name.startswith("__")
    ]
    assert taken == []
