"""The first stage: files found, hashed, read and validated."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from spillover.errors import DataError, SpecificationError, first_cases
from spillover.pipelines.codec import kinds
from spillover.pipelines.kinds import ShareTable
from spillover.pipelines.plan import InputFile, Plan
from spillover.pipelines.settings import TableSource
from spillover.pipelines.software import file_sha256
from spillover.pipelines.study import Study
from spillover.tables.load import table_files
from spillover.tables.read import read
from spillover.tables.renamed import Renamed
from spillover.tables.schema import schemas
from spillover.tables.tables import Tables


def inputs_of(study: Study) -> tuple[InputFile, ...]:
    """The files that a study reads, with their hashes.

    Parameters
    ----------
    study : Study
        The study; relative paths start from its folder.

    Raises
    ------
    DataError
        The folder of tables or the file of planted effects is not there.
    SpecificationError
        An entry of ``[tables]`` is not a table.
    """
    _refuse_strange_tables(study)
    found = [_input(table, path) for table, path in _paths(study)]
    if study.report.truth is not None:
        truth = Path(study.folder) / study.report.truth
        if not truth.is_file():
            raise DataError(
                f"Expected planted effects in {study.report.truth}.",
                "Found no such file.",
                "Name a JSON file with `effects`, or leave report.truth out.",
            )
        found.append(_input("truth", truth))
    folder = Path(study.folder)
    return (*found, *(_input(name, folder / file) for name, file in _share_files(study)))


def _share_files(study: Study) -> list[tuple[str, str]]:
    """Files of shares, of their categories and of shocks, that no schema describes."""
    shares = [(n, spec) for n, spec in study.networks.items() if isinstance(spec, ShareTable)]
    found = [(f"shares {name}", spec.file) for name, spec in shares]
    found += [(f"categories {n}", spec.categories) for n, spec in shares if spec.categories]
    exposures = study.exposures.items()
    return [*found, *((f"shocks {n}", e.shocks.file) for n, e in exposures if e.shocks)]


def _refuse_strange_tables(study: Study) -> None:
    """Entries that fell below ``[tables]`` by mistake, such as ``foreign``, would be lost."""
    listed = study.tables if isinstance(study.tables, Mapping) else {}
    strange = [name for name in listed if name not in schemas()]
    if strange:
        raise SpecificationError(
            f"tables: expected the names of tables ({', '.join(schemas())}).",
            f"Found {first_cases(strange)}.",
            "Correct the names. What stands below a line in [brackets] belongs to it until the "
            "next one: move other entries above [tables].",
        )


def read_tables(plan: Plan) -> Tables:
    """The validated tables of a study.

    Parameters
    ----------
    plan : Plan
        A study met with its files.

    Raises
    ------
    DataError
        The tables are not what the schemas say; all failures are named.
    """
    plan.tell("read", "tables")
    tables = plan.cache.recall(
        plan.tables_key(),
        kinds(Tables),
        lambda: read(
            _source(plan.study),
            unmatched=plan.study.unmatched,
            confidential=plan.study.report.confidential,
        ),
    )
    refuse_changed(plan, ((part.source, part.sha256) for part in tables.provenance))
    return tables


def _source(study: Study) -> Path | dict[str, Path | Renamed]:
    folder = Path(study.folder)
    if isinstance(study.tables, str):
        return folder / study.tables
    return {name: _place(folder, entry) for name, entry in study.tables.items()}


def _place(folder: Path, entry: str | TableSource) -> Path | Renamed:
    if isinstance(entry, str):
        return folder / entry
    return Renamed(folder / entry.file, dict(entry.columns), dict(entry.constants))


def _paths(study: Study) -> list[tuple[str, Path]]:
    folder = Path(study.folder)
    if isinstance(study.tables, Mapping):
        entries = study.tables.items()
        return [(name, folder / (e if isinstance(e, str) else e.file)) for name, e in entries]
    listed = table_files(folder / study.tables)
    return [(name, Path(str(p))) for name in schemas() for p in listed.get(name, [])]


def _input(table: str, path: Path) -> InputFile:
    """A file with its hash; the hash of one that cannot be read is empty, and reading says why."""
    try:
        return InputFile(table, path, file_sha256(path), path.stat().st_size)
    except OSError:
        return InputFile(table, path, "", 0)


def refuse_changed(plan: Plan, read: Iterable[tuple[str, str]]) -> None:
    """Refuse files that were written to between the plan and their reading.

    Parameters
    ----------
    plan : Plan
        With the hashes of its inputs.
    read : iterable of (name, hash)
        Files as they were read; an empty hash stands for no file.
    """
    hashes = {file.sha256 for file in plan.inputs}
    changed = [name for name, digest in read if digest and digest not in hashes]
    if changed:
        raise DataError(
            "Expected files that stay as they are during a run.",
            f"Found {', '.join(changed)} changed.",
            "Run again when nobody writes to the tables.",
        )
