"""References of the software, the methods and the data that a report rests on."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

from spillover.reports.inputs import ReportInputs

SOFTWARE = ("numpy", "scipy", "pandas", "numba", "within-py", "linearmodels", "matplotlib")
"""Packages that a result rests on, beside this one."""


@dataclass(frozen=True, slots=True)
class Citations:
    """References in three groups."""

    software: tuple[str, ...]
    """This package and those that computed."""

    methods: tuple[str, ...]
    """Papers behind the specifications in use."""

    data: tuple[str, ...]
    """Tables with their files."""

    def text(self) -> str:
        """All references as plain text, one a line."""
        groups = (("Software", self.software), ("Methods", self.methods), ("Data", self.data))
        return "\n\n".join("\n".join((head, *lines)) for head, lines in groups if lines) + "\n"


def citations(inputs: ReportInputs) -> Citations:
    """What to cite.

    Parameters
    ----------
    inputs : ReportInputs
        Estimates, exposures and tables of a report.
    """
    from spillover import __version__

    software = [f"spillover {__version__}: technology spillovers from foreign to domestic firms."]
    software += [f"{name} {found}." for name, found in _versions(inputs.manifest)]
    data = [f"{one.table}: {one.source}." for one in inputs.provenance if one.source]
    return Citations(tuple(software), methods(_names(inputs)), tuple(data))


def _versions(manifest: Mapping[str, object]) -> list[tuple[str, str]]:
    """Versions that the manifest recorded, or those of this machine."""
    recorded = manifest.get("versions")
    known = dict(recorded) if isinstance(recorded, Mapping) else {}
    found = []
    for name in SOFTWARE:
        try:
            found.append((name, str(known.get(name) or version(name))))
        except PackageNotFoundError:
            continue
    return found


def _names(inputs: ReportInputs) -> Iterable[str]:
    """Names of every specification type in use."""
    for model in inputs.models:
        yield type(model.estimate.design).__name__
        yield from _parts(model.estimate.vcov)
        for measure in model.estimate.sample.measures:
            yield type(getattr(measure, "spec", measure)).__name__
        if model.estimate.solution.effects.names:
            yield "absorb"
    for exposure in inputs.exposures:
        yield type(exposure.spec).__name__


def _parts(vcov: object) -> Iterable[str]:
    yield type(vcov).__name__
    for part in getattr(vcov, "of", ()):
        yield from _parts(part)


def methods(names: Iterable[str]) -> tuple[str, ...]:
    """References of specification types, each once, sorted.

    Parameters
    ----------
    names : iterable of str
        Names such as ``"Cluster"``.
    """
    known = _references()
    return tuple(sorted({line for name in names for line in known.get(name, ())}))


@cache
def _references() -> Mapping[str, tuple[str, ...]]:
    text = files("spillover.reports").joinpath("language", "references.toml").read_text("utf-8")
    return {name: tuple(lines) for name, lines in tomllib.loads(text).items()}
