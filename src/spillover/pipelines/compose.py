"""The last stage: estimates told as a report, and the files of a run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from spillover.errors import DataError
from spillover.estimation.result import Estimate
from spillover.exposures.exposure import Exposure
from spillover.exposures.knowledge import Pool
from spillover.exposures.linkage import Linkage
from spillover.pipelines.gather import gather
from spillover.pipelines.manifest import manifest, with_files
from spillover.pipelines.output import MANIFEST
from spillover.pipelines.plan import Plan
from spillover.pipelines.stages import Prepared
from spillover.pipelines.study import Study
from spillover.reports.compose import compose
from spillover.reports.event_study import event_words
from spillover.reports.evidence_files import evidence_files
from spillover.reports.inputs import Protection, ReportedModel, ReportInputs
from spillover.reports.law_words import law_words
from spillover.reports.words import Words

NOTHING: Mapping[str, tuple[Any, ...]] = {}
"""Evidence of a study that asks for none."""

REPORT = "report.html"
"""Path of the page below the folder of the results."""


def results(plan: Plan, prepared: Prepared, estimates: Sequence[Estimate]) -> dict[str, bytes]:
    """Every file of a run by its path: the report, tables, figures and the manifest.

    Parameters
    ----------
    plan : Plan
        A study met with its files.
    prepared : Prepared
        Its tables, networks, exposures and sample.
    estimates : sequence of Estimate
        Its results, in the order of its models.
    """
    evidence = gather(plan, estimates)
    plan.tell("report", "results")
    told = manifest(plan, prepared, estimates)
    inputs = inputs_of_report(plan, prepared, estimates, told, evidence)
    report = compose(inputs)
    files = {**report.files(), **evidence_files(inputs.models)}
    hidden = [asdict(entry) for entry in report.suppressed]
    return {**files, MANIFEST: with_files({**told, "suppressed": hidden}, files)}


def inputs_of_report(
    plan: Plan,
    prepared: Prepared,
    estimates: Sequence[Estimate],
    told: Mapping[str, object],
    evidence: Mapping[str, tuple[Any, ...]] = NOTHING,
) -> ReportInputs:
    """What the report is composed from."""
    study, settings = plan.study, plan.study.report
    words = Words(settings.language, {k: str(text) for k, text in settings.words.items()})
    models = tuple(
        ReportedModel(
            str(model.label),
            estimate,
            model.role,
            str(model.remark),
            model.term,
            model.tests,
            evidence.get(str(model.label), ()),
        )
        for model, estimate in zip(study.models, estimates, strict=True)
    )
    return ReportInputs(
        title=str(study.title),
        models=models,
        focus=study.focus,
        question=str(study.question),
        words=replace(words, given=_given(estimates, words)),
        exposures=_shown(prepared, study.focus.regressor),
        provenance=prepared.tables.provenance,
        truth=planted(study),
        events=settings.events,
        ego=settings.ego,
        manifest=told,
        protection=Protection(settings.confidential, settings.disclosure),
    )


def _given(estimates: Sequence[Estimate], words: Words) -> dict[str, str]:
    """Words of terms that designs make, and those of the study, which come first."""
    return {**event_words(estimates, words), **law_words(estimates, words), **words.given}


def _shown(prepared: Prepared, focus: str) -> tuple[Exposure | Linkage | Pool, ...]:
    """Exposures along links, then sector measures and pools, of these the headline's first."""
    links = [one for one in prepared.exposures if isinstance(one, Exposure)]
    others = [one for one in prepared.exposures if isinstance(one, Linkage | Pool)]
    return (*links, *sorted(others, key=lambda one: one.name != focus))


def planted(study: Study) -> dict[str, float] | None:
    """Planted effects by term, from the file that the study names."""
    name = study.report.truth
    if name is None:
        return None
    try:
        told = json.loads((Path(study.folder) / name).read_text("utf-8"))
        return {str(term): float(value) for term, value in told["effects"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"Expected effects by term in {name}.",
            f"Found: {error}.",
            'Write {"effects": {"backward": 0.3}}, or leave report.truth out.',
        ) from None
