"""How a study begins: a commented file with blank tables, or an example with simulated data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from spillover.errors import unknown_name
from spillover.pipelines.output import begin_folder
from spillover.pipelines.schema import study_schema
from spillover.pipelines.toml import FILE
from spillover.tables.dictionary import dictionary_page, schema_files, template, templates
from spillover.tables.files import write_files

DEFAULT = "supplier_link"
"""Template of a study with the user's own data."""

BLANK = ("firms", "firm_years", "supply_links", "ownership")
"""Tables that the default template needs."""

SCHEMA = "study.schema.json"


@dataclass(frozen=True, slots=True)
class Simulated:
    """A template that brings its data."""

    preset: str
    """Name of the economy."""

    seed: int
    """Seed of the draw."""


SIMULATED: dict[str, Simulated] = {
    "kyushu": Simulated("kyushu", 2021),
    "supply_chain": Simulated("supply_chain", 1),
    "investor_origin": Simulated("investor_origin", 1),
    "regional_cluster": Simulated("regional_cluster", 1),
    "joint_research": Simulated("joint_research", 1),
    "sector_linkages": Simulated("sector_linkages", 1),
    "foreign_rnd": Simulated("foreign_rnd", 1),
}
"""Templates with simulated data."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A study that has begun."""

    folder: Path
    """Folder of the study."""

    files: tuple[Path, ...]
    """What was written."""

    next_step: str
    """What to do now, in a sentence."""


def study_templates() -> tuple[str, ...]:
    """Names of the templates."""
    folder = files("spillover.pipelines").joinpath("templates")
    names = [entry.name for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return tuple(sorted(name.removesuffix(".toml") for name in names))


def begin(name: str, folder: str | Path) -> Begun:
    """A new study in a new folder, whole or not at all.

    Parameters
    ----------
    name : str
        Template: ``supplier_link`` with blank tables, ``kyushu`` with simulated data.
    folder : str or Path
        A folder that does not exist, or an empty one.

    Raises
    ------
    UnknownNameError
        There is no such template.
    OutputError
        The folder holds something, or cannot be written; nothing is left.
    """
    if name not in study_templates():
        raise unknown_name("template", name, list(study_templates()))
    target = begin_folder(Path(folder).resolve(), lambda part: _fill(name, part))
    written = tuple(sorted(path for path in target.rglob("*") if path.is_file()))
    step = f"Fill the tables in {target / 'data'}, then: spillover check {target}"
    if name in SIMULATED:
        step = f"Next: spillover run {target}"
    return Begun(target, written, step)


def write_schemas(folder: str | Path) -> tuple[Path, ...]:
    """Paths of what the tables must look like: schemas, blank templates, data dictionary.

    Parameters
    ----------
    folder : str or Path
        Folder of the files; files of the same name are replaced.

    Raises
    ------
    OutputError
        The folder cannot be written; no partial file is left.
    """
    blank = {f"templates/{name}": text.encode() for name, text in templates().items()}
    page = {"dictionary.md": dictionary_page().encode()}
    return write_files(folder, {**schema_files(), **blank, **page, SCHEMA: schema_bytes()})


def write_study_schema(folder: str | Path) -> tuple[Path, ...]:
    """Path of the JSON Schema of study files, from which editors complete them.

    Parameters
    ----------
    folder : str or Path
        Folder of the file; a file of that name is replaced.
    """
    return write_files(folder, {SCHEMA: schema_bytes()})


def schema_bytes() -> bytes:
    """The JSON Schema of study files as it is stored."""
    return (json.dumps(study_schema(), indent=2, ensure_ascii=False) + "\n").encode()


def _fill(name: str, part: Path) -> None:
    source = files("spillover.pipelines").joinpath("templates", f"{name}.toml")
    common = {FILE: source.read_bytes(), SCHEMA: schema_bytes()}
    if name in SIMULATED:
        _simulate(SIMULATED[name], part)
        write_files(part, common)
    else:
        write_files(part, {**common, **_blank()})


def _blank() -> Mapping[str, bytes]:
    tables = {f"data/{name}.csv": template(name).encode() for name in BLANK}
    return {**tables, "schema/dictionary.md": dictionary_page().encode()}


def _simulate(chosen: Simulated, part: Path) -> None:
    from spillover.simulation.presets import PRESETS
    from spillover.simulation.simulate import simulate
    from spillover.simulation.write import write_tables, write_truth

    world = simulate(PRESETS[chosen.preset], chosen.seed)
    write_tables(world, part / "data")
    write_truth(world, part / "truth.json")
