"""Technology spillovers from foreign to domestic firms.

An exposure is a network carrying a shock; an estimate is a design meeting a dependence.
Names are loaded on first use, so that ``import spillover`` costs almost nothing.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES: dict[str, str] = {}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute can be anything
    if name not in _HOMES:
        raise AttributeError(f"module 'spillover' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"spillover.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_HOMES, "__version__"])
