"""Examples in docstrings give what they show, and every public name explains itself."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
from itertools import pairwise

import pytest

import spillover

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(spillover.__path__, "spillover.")
    if not module.name.endswith("__main__")
)
PUBLIC = sorted(name for name in dir(spillover) if name != "__version__")


def example_cases(module: str) -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = finder.find(importlib.import_module(module), module)
    return [case for case in found if case.examples]


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_a_module_give_what_they_show(module: str) -> None:
    runner = doctest.DocTestRunner(
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.FAIL_FAST
    )
    said: list[str] = []
    for case in example_cases(module):
        runner.run(case, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


def test_many_docstrings_have_examples() -> None:
    assert sum(len(example_cases(module)) for module in MODULES) > 60


def docstring(name: str) -> str:
    """The docstring of a class or function, or the text below the assignment of a constant."""
    value = getattr(spillover, name)
    if isinstance(value, type) or callable(value):
        return inspect.getdoc(value) or ""
    module = importlib.import_module(f"spillover.{spillover.home(name)}")
    body = ast.parse(inspect.getsource(module)).body
    for node, after in pairwise(body):
        named = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
        if named and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return str(after.value.value)
    return ""


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_a_summary_of_one_sentence(name: str) -> None:
    summary = docstring(name).split("\n\n")[0].replace("\n", " ")
    assert summary.rstrip("`").endswith((".", "?"))
    assert ". " not in summary.replace("et al. ", "").replace("e.g. ", "")
    assert len(summary) <= 160


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_function_says_what_its_arguments_are(name: str) -> None:
    value = getattr(spillover, name)
    words = inspect.signature(value).parameters if inspect.isfunction(value) else ()
    text = docstring(name)
    assert [word for word in words if not re.search(rf"\b{word}\b", text)] == []
