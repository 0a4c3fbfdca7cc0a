"""The verb ``run``: a study in, a folder of results out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spillover.estimation.result import Estimate
from spillover.pipelines.cache import NAME, Cache
from spillover.pipelines.compose import REPORT, results
from spillover.pipelines.discreet import discreet
from spillover.pipelines.manifest import is_complete
from spillover.pipelines.output import publish, refuse_foreign_folder
from spillover.pipelines.plan import Plan, Progress
from spillover.pipelines.read import inputs_of, read_tables
from spillover.pipelines.stages import Prepared, estimate_model, prepare
from spillover.pipelines.study import Study
from spillover.pipelines.toml import load_study
from spillover.tables.files import write_files
from spillover.tables.tables import Tables

RESULTS = "results"
"""Folder of the results, beside the study, when no other is named."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """Where the results of a study are."""

    study: Study
    """The study, in the language of its report."""

    folder: Path
    """Folder with report.html, tables/, figures/ and manifest.json."""

    unchanged: bool
    """Whether nothing had changed since an earlier run, so that nothing was computed."""

    @property
    def report(self) -> Path:
        """The report, one self-contained HTML file."""
        return self.folder / REPORT

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """Estimates by label, read from the cache or computed again."""
        cache = Cache(self.folder.parent / NAME)
        plan = Plan(self.study, inputs_of(self.study), cache)
        return _estimates(plan, read_tables(plan))[1]


def run(
    study: Study | str | Path,
    output: str | Path | None = None,
    *,
    progress: Progress | None = None,
) -> RunResult:
    """Results of a study: read, connect, measure, expose, estimate, report.

    Stages whose specification and inputs did not change are taken from a cache beside the
    results. The folder of results is replaced as a whole, or stays as it was.

    Parameters
    ----------
    study : Study, str or Path
        A study, its file or its folder.
    output : str or Path, optional
        Folder of the results; ``results`` beside the study by default.
    progress : callable, optional
        Called at the beginning of every step.

    Raises
    ------
    DataError
        The tables are not what the schemas say; all failures are named.
    SpecificationError
        The study names something that is not there.
    IdentificationError
        The data cannot answer: an absorbed or collinear regressor, no rows.
    OutputError
        The results cannot be written; earlier results are still there.
    """
    chosen = study if isinstance(study, Study) else load_study(study)
    target = (Path(chosen.folder) / RESULTS if output is None else Path(output)).resolve()
    cache = Cache(target.parent / NAME)
    refuse_foreign_folder(target)
    cache.workspace().rmdir()
    plan = Plan(chosen, inputs_of(chosen), cache, progress)
    kept = cache.entry(plan.report_key())
    unchanged = kept is not None and is_complete(kept)
    if kept is None or not unchanged:
        files = _files(plan)
        kept = cache.keep(plan.report_key(), lambda folder: _fill(folder, files))
    publish(kept, target, cache)
    cache.prune(plan.keys())
    return RunResult(plan.study, target, unchanged)


def _files(plan: Plan) -> Mapping[str, bytes]:
    tables = read_tables(plan)
    with discreet(plan.study, tables):
        prepared, estimates = _estimates(plan, tables)
        return results(plan, prepared, list(estimates.values()))


def _estimates(plan: Plan, tables: Tables) -> tuple[Prepared, dict[str, Estimate]]:
    prepared = prepare(plan, tables)
    models = plan.study.models
    return prepared, {str(m.label): estimate_model(plan, prepared.sample, m) for m in models}


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    write_files(folder, files)
