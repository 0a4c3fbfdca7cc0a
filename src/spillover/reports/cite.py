"""References of the software, the methods and the data that a report rests on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from spillover.reports.inputs import ReportInputs
from spillover.reports.works import Work, works, works_of

SOFTWARE = ("numpy", "scipy", "pandas", "numba", "within-py", "linearmodels", "matplotlib")
"""Packages that a result rests on, beside this one."""


@dataclass(frozen=True, slots=True)
class Citations:
    """References in three groups."""

    software: tuple[str, ...]
    """This package and those that computed."""

    works: tuple[Work, ...]
    """Papers behind the specifications in use."""

    data: tuple[str, ...]
    """Tables with their files."""

    @property
    def methods(self) -> tuple[str, ...]:
        """Papers as plain text."""
        return tuple(work.line for work in self.works)

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
    return Citations(tuple(software), methods(names_in_use(inputs)), tuple(data))


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


def names_in_use(inputs: ReportInputs) -> Iterator[str]:
    """Names of every specification type in use.

    Parameters
    ----------
    inputs : ReportInputs
        Models with their samples, exposures, and the specification in the manifest.
    """
    for model in inputs.models:
        yield type(model.estimate.design).__name__
        yield from parts_of(model.estimate.vcov)
        for measure in model.estimate.sample.measures:
            yield type(getattr(measure, "spec", measure)).__name__
        if model.estimate.solution.effects.names:
            yield "absorb"
        yield from (type(exposure.spec).__name__ for exposure in model.estimate.sample.exposures)
        yield from (type(result).__name__ for result in model.evidence)
    yield from (str(spec.get("type")) for spec in network_specs(inputs).values())


def network_specs(inputs: ReportInputs) -> dict[str, Mapping[str, Any]]:
    """What the manifest says of each network, by name.

    Parameters
    ----------
    inputs : ReportInputs
        A report of a study; one made in memory has no specification.
    """
    told = inputs.manifest.get("specification")
    networks = told.get("networks") if isinstance(told, Mapping) else None
    return dict(networks) if isinstance(networks, Mapping) else {}


def parts_of(vcov: object) -> Iterator[str]:
    """Names of a dependence and of the members of a union.

    Parameters
    ----------
    vcov : dependence
        As given to an estimate.
    """
    yield type(vcov).__name__
    for part in getattr(vcov, "of", ()):
        yield from parts_of(part)


def methods(names: Iterable[str]) -> tuple[Work, ...]:
    """Works behind specification types, each once, in the order of their text.

    Parameters
    ----------
    names : iterable of str
        Names such as ``"Cluster"``.
    """
    found = {key: works()[key] for name in names for key in works_of(name)}
    return tuple(sorted(found.values(), key=lambda work: work.line))
