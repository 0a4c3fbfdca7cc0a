"""The command line: new | check | run | simulate | schema.

Exit codes: 0 fine, 1 data, 2 specification, 3 identification, 4 convergence, 5 disclosure,
6 resources, 7 output, 8 a missing package. Heavy packages are imported inside commands, so that
help comes at once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from spillover.errors import SpilloverError
    from spillover.pipelines.plan import Step
    from spillover.pipelines.study import Study

app = typer.Typer(
    name="spillover",
    help="Technology spillovers from foreign to domestic firms: from raw tables to a report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StudyFolder = Annotated[Path, typer.Argument(help="Folder of a study, or its study.toml.")]
Target = Annotated[Path, typer.Argument(help="Folder to write to; it is created.")]


@app.command()
def new(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME] FOLDER", help="Template and folder; the default is supplier_link."
        ),
    ],
) -> None:
    """Begin a study: a commented study.toml with blank tables or simulated data."""
    with _errors():
        from spillover.errors import SpecificationError
        from spillover.pipelines.begin import DEFAULT, begin

        if len(names) > 2:
            raise SpecificationError(
                "Expected a template and a folder.",
                f"Found {len(names)} words.",
                "Write `spillover new FOLDER` or `spillover new kyushu FOLDER`.",
            )
        name = names[0] if len(names) == 2 else DEFAULT
        begun = begin(name, Path(names[-1]))
        typer.echo(f"A study begins in {begun.folder}:")
        for path in begun.files:
            typer.echo(f"  {path.relative_to(begun.folder)}")
        typer.echo(begun.next_step)


@app.command()
def check(
    study: StudyFolder = Path(),
) -> None:
    """Read and validate a study, print its sample flow and cost; estimate nothing."""
    with _errors():
        from spillover.pipelines.check import check as check_study

        with _progress() as progress:
            found = check_study(_load(study), progress=progress)
        typer.echo(found.text())


@app.command()
def run(
    study: StudyFolder = Path(),
    output: Annotated[
        Path | None,
        typer.Option(help="Folder of the results; the default is results/ beside study.toml."),
    ] = None,
) -> None:
    """Run a study: report.html, tables/, figures/ and manifest.json."""
    with _errors():
        from spillover.pipelines.run import run as run_study

        with _progress() as progress:
            result = run_study(_load(study), output, progress=progress)
        if result.unchanged:
            typer.echo("Nothing changed since the last run; the results are those of then.")
        typer.echo(f"Report: {result.report}")


@app.command()
def simulate(
    folder: Target,
    preset: Annotated[
        str, typer.Option(help="Economy: default, kyushu or the name of a study.")
    ] = "default",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw.")] = 1,
) -> None:
    """Write the tables of a simulated economy, and the truth behind them."""
    with _errors():
        from spillover.errors import unknown_name
        from spillover.simulation.presets import PRESETS
        from spillover.simulation.simulate import simulate as draw
        from spillover.simulation.write import write_tables, write_truth

        if preset not in PRESETS:
            raise unknown_name("preset", preset, sorted(PRESETS))
        world = draw(PRESETS[preset], seed)
        files = [*write_tables(world, folder / "data"), write_truth(world, folder / "truth.json")]
        for path in files:
            typer.echo(path)


@app.command()
def schema(
    folder: Target,
    *,
    study_only: Annotated[
        bool, typer.Option("--study-only", help="Write study.schema.json alone.")
    ] = False,
) -> None:
    """Write what the tables must look like: blank templates, data dictionary, study schema."""
    with _errors():
        from spillover.pipelines.begin import write_schemas, write_study_schema

        for path in write_study_schema(folder) if study_only else write_schemas(folder):
            typer.echo(path)


@app.callback(invoke_without_command=True)
def version(
    *,
    show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Technology spillovers from foreign to domestic firms: from raw tables to a report."""
    if show:
        import spillover

        typer.echo(f"spillover {spillover.__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    app()


def _load(path: Path) -> "Study":
    from spillover.pipelines.toml import load_study

    return load_study(path)


@contextmanager
def _errors() -> Iterator[None]:
    """Errors of the library as three plain parts on stderr, with their exit code."""
    from spillover.errors import SpilloverError

    try:
        yield
    except SpilloverError as error:
        _show(error)
        raise typer.Exit(error.exit_code) from None
    except MemoryError:
        typer.echo("Out of memory. Run on fewer rows or on a larger machine.", err=True)
        raise typer.Exit(6) from None


def _show(error: "SpilloverError") -> None:
    typer.echo(f"{type(error).__name__}: {error.expected}", err=True)
    for part in (error.found, error.action):
        if part:
            typer.echo(part, err=True)


@contextmanager
def _progress() -> Iterator[Callable[["Step"], None]]:
    """A bar on a terminal, plain lines elsewhere; both on stderr."""
    import sys

    if not sys.stderr.isatty():
        yield lambda step: typer.echo(_line(step), err=True)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("read")
        yield lambda step: bar.update(
            task, description=_line(step), completed=step.position - 1, total=step.total
        )


def _line(step: "Step") -> str:
    return f"[{step.position}/{step.total}] {step.stage} {step.name}"
