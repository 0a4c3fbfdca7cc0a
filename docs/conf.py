"""The documentation site: `python -m sphinx -W docs site` builds it without a network."""

import importlib
from itertools import groupby
from pathlib import Path

from sphinx.application import Sphinx

import spillover

project = "spillover"
author = "The spillover developers"
copyright = "The spillover developers"  # noqa: A001 - Sphinx reads this name
release = spillover.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["images/*.md"]
html_theme = "furo"
html_title = f"spillover {release}"
html_show_sourcelink = False
html_copy_source = False
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_class_signature = "separated"
add_module_names = False
napoleon_google_docstring = False
napoleon_use_rtype = False
suppress_warnings = ["myst.header", "ref.python"]  # two types may have a field of one name

LAYERS = {
    "tables": "Tables",
    "networks": "Networks",
    "exposures": "Exposures",
    "productivity": "Productivity",
    "sample": "Sample",
    "designs": "Designs",
    "inference": "Dependence",
    "estimation": "Estimates",
    "simulation": "Simulation",
    "reports": "Reports",
    "pipelines": "Studies",
    "errors": "Errors",
}
"""Parts of the package in reading order, with the title of their section."""


def api_page() -> str:
    """One page with every public name, taken from the package itself."""
    homes = {name: spillover.home(name) for name in dir(spillover) if name != "__version__"}
    order = list(LAYERS)

    def layer(name: str) -> str:
        return homes[name].split(".")[0]

    names = sorted(homes, key=lambda name: (order.index(layer(name)), homes[name], name))
    lines = ["Every public name", "=================", ""]
    for part, members in groupby(names, key=layer):
        lines += [LAYERS[part], "-" * len(LAYERS[part]), ""]
        for name in members:
            lines += _entry(name, f"spillover.{homes[name]}")
    return "\n".join(lines)


def write_api(app: Sphinx) -> None:
    """Write the page of names, unless it is there and the same."""
    text = api_page()
    page = Path(app.srcdir) / "reference" / "api.rst"
    if not page.exists() or page.read_text("utf-8") != text:
        page.write_text(text, encoding="utf-8")


def _entry(name: str, module: str) -> list[str]:
    value = getattr(importlib.import_module(module), name)
    if isinstance(value, type):
        return [f".. autoclass:: {module}.{name}", "   :members:", ""]
    kind = "autofunction" if callable(value) else "autodata"
    return [f".. {kind}:: {module}.{name}", ""]


FIELDS: dict[str, list[str]] = {}
"""Docstrings of fields and constants as they were written."""


def keep_field(
    _app: Sphinx, what: str, name: str, _value: object, _options: object, lines: list[str]
) -> None:
    """Remember the docstring of a field; napoleon would take words before a colon for a type."""
    if what in {"attribute", "data", "property"}:
        FIELDS[name] = list(lines)


def restore_field(
    _app: Sphinx, _what: str, name: str, _value: object, _options: object, lines: list[str]
) -> None:
    """Put the docstring of a field back."""
    lines[:] = FIELDS.pop(name, lines)


def setup(app: Sphinx) -> None:
    """Write the page of names before the sources are read, and leave fields as they are."""
    app.connect("builder-inited", write_api)
    app.connect("autodoc-process-docstring", keep_field, priority=400)
    app.connect("autodoc-process-docstring", restore_field, priority=600)
