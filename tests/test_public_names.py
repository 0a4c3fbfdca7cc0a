"""The public surface is a fact: every name is where the package says it is."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import spillover as sp

STUB = Path(sp.__file__).with_suffix(".pyi")
NAMES = [name for name in dir(sp) if name != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_defined_where_the_package_says(name: str) -> None:
    module = importlib.import_module(f"spillover.{sp.home(name)}")
    value = getattr(sp, name)
    assert value is getattr(module, name)
    if callable(value) and hasattr(value, "__module__") and hasattr(value, "__qualname__"):
        assert value.__module__ == module.__name__


def test_editors_see_the_names_that_the_package_has() -> None:
    imports = [n for n in ast.parse(STUB.read_text("utf-8")).body if isinstance(n, ast.ImportFrom)]
    told = {alias.asname: node.module for node in imports for alias in node.names}
    assert told == {name: f"spillover.{sp.home(name)}" for name in NAMES}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Clusters'"):
        _ = sp.Clusters


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, spillover; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "pandas", "scipy", "numba", "pydantic", "matplotlib", "linearmodels"}
    assert heavy & set(done.stdout.split()) == set()
