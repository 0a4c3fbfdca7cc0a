"""The verb ``check``: everything about a study short of estimating it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spillover.designs.cohorts import Cohorts, cohorts_of
from spillover.designs.endogenous_productivity import EndogenousProductivity
from spillover.designs.formula import needs, read_terms
from spillover.designs.rows import Needs, RowsInUse, rows_in_use
from spillover.pipelines.cache import Cache
from spillover.pipelines.discreet import discreet
from spillover.pipelines.plan import Plan, Progress
from spillover.pipelines.read import inputs_of, read_tables
from spillover.pipelines.settings import Model
from spillover.pipelines.stages import Prepared, about, prepare
from spillover.pipelines.study import Study
from spillover.pipelines.toml import load_study
from spillover.reports.formats.plain import padded
from spillover.sample import Sample
from spillover.tables.provenance import Loss, Provenance


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """How large a network is."""

    name: str
    """Name of the network."""

    firms: int
    """Firms on its axes."""

    years: int
    """Years on its axes."""

    links: int
    """Links, a spell counted once."""


@dataclass(frozen=True, slots=True)
class ModelRows:
    """What is left of the sample for one model."""

    label: str
    """Heading of the model."""

    rows: int
    """Rows that a design can use."""

    losses: tuple[Loss, ...]
    """Steps from the sample of the study to these rows."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a run would read, keep and need."""

    title: str
    """Title of the study."""

    provenance: tuple[Provenance, ...]
    """Where each table comes from."""

    networks: tuple[NetworkSize, ...]
    """How large each network is."""

    flow: tuple[Loss, ...]
    """The ledger from all rows of the panel to the sample."""

    models: tuple[ModelRows, ...]
    """Rows of each model."""

    notes: tuple[str, ...]
    """Findings of the validation and of the networks that do not stop a study."""

    megabytes: float
    """Rough memory of the panel, the networks and one model."""

    def text(self) -> str:
        """The result as lines of text."""
        tables = [(p.table, p.source, p.rows_kept) for p in self.provenance]
        sizes = [(n.name, f"{n.firms:,} firms, {n.years} years", n.links) for n in self.networks]
        notes = [f"  {note}" for note in self.notes]
        memory = max(self.megabytes, 1.0)
        lines = [
            self.title,
            "",
            *_table("Tables", tables),
            *_table("Networks, links (a spell of years counts once)", sizes),
            *_flow("Sample", self.flow),
            *(line for model in self.models for line in _flow(model.label, model.losses)),
            *(["Notes", *notes, ""] if notes else []),
            f"A run needs about {memory:,.0f} MB, estimates {len(self.models)} models and",
            "writes report.html, tables/, figures/ and manifest.json.",
        ]
        return "\n".join(lines)


def check(study: Study | str | Path, *, progress: Progress | None = None) -> CheckResult:
    """What a run of the study would read, keep and need; nothing is estimated or written.

    Parameters
    ----------
    study : Study, str or Path
        A study, its file or its folder.
    progress : callable, optional
        Called at the beginning of every step.

    Raises
    ------
    DataError
        The tables are not what the schemas say; all failures are named.
    SpecificationError
        The study names something that is not there.
    IdentificationError
        No row is left.
    """
    chosen = study if isinstance(study, Study) else load_study(study)
    plan = Plan(chosen, inputs_of(chosen), Cache(), progress)
    tables = read_tables(plan)
    with discreet(plan.study, tables):
        prepared = prepare(plan, tables)
        models = tuple(_rows(prepared.sample, model) for model in plan.study.models)
    notes = [note for network in prepared.networks for note in network.notes]
    return CheckResult(
        title=str(plan.study.title),
        provenance=prepared.tables.provenance,
        networks=network_sizes(prepared),
        flow=prepared.sample.losses,
        models=models,
        notes=(*prepared.tables.warnings, *dict.fromkeys(notes)),
        megabytes=_megabytes(prepared, max(len(_terms(m.design)) for m in chosen.models)),
    )


def network_sizes(prepared: Prepared) -> tuple[NetworkSize, ...]:
    """How large each network is.

    Parameters
    ----------
    prepared : Prepared
        Networks of a study.
    """
    return tuple(
        NetworkSize(n.name, len(n.firms), len(n.years), len(n.edges)) for n in prepared.networks
    )


def _rows(sample: Sample, model: Model) -> ModelRows:
    with about(f"Model {str(model.label)!r}"):
        rows = sample if model.where is None else sample.where(model.where)
        used = _used(rows, model.design)
    losses, remaining = list(rows.losses[len(sample.losses) :]), len(rows)
    for reason, count in used.dropped:
        remaining -= count
        losses.append(Loss(reason, count, remaining))
    losses.append(Loss("rows in use", 0, len(used.rows)))
    return ModelRows(str(model.label), len(used.rows), tuple(losses))


def _used(rows: Sample, design: Any) -> RowsInUse | Cohorts:  # noqa: ANN401 - any design
    """Rows that a design can use; staggered ones also lose units treated from the start."""
    wanted = _needs(design)
    if not hasattr(design, "cohort"):
        return rows_in_use(rows, wanted)
    return cohorts_of(rows, design.cohort, wanted.expressions, wanted.factors, design.anticipation)


def _needs(design: Any) -> Needs:  # noqa: ANN401 - any design with named fields
    if hasattr(design, "measure"):
        part = "_innovation" if isinstance(design, EndogenousProductivity) else ""
        return Needs((f"{design.measure}{part}",))
    slopes, factors = needs(read_terms(_terms(design)))
    return Needs(
        (design.outcome, *slopes, *_named(design)),
        factors,
        getattr(design, "absorb", ()),
        getattr(design, "weights", None),
        getattr(design, "singletons", "drop"),
    )


def _named(design: Any) -> tuple[str, ...]:  # noqa: ANN401 - any design with named fields
    """Single columns that a design names."""
    return tuple(filter(None, (getattr(design, part, None) for part in ("treatment", "exposure"))))


def _terms(design: Any) -> tuple[str, ...]:  # noqa: ANN401 - any design with named fields
    parts = ("regressors", "endogenous", "instruments", "covariates")
    return tuple(term for part in parts for term in getattr(design, part, ()))


def _megabytes(prepared: Prepared, terms: int) -> float:
    frame = prepared.sample.panel.frame.memory_usage(deep=True).sum()
    links = sum(len(n.edges) * 40 for n in prepared.networks)
    model = len(prepared.sample) * (terms + 4) * 8 * 4
    return float(frame + links + model) / 1e6


def _table(title: str, rows: Sequence[tuple[str, str, int]]) -> list[str]:
    return [title, *(f"  {a:<24}{b:<32}{c:>14,}" for a, b, c in rows), ""]


def _flow(title: str, losses: Sequence[Loss]) -> list[str]:
    lines = [
        f"  {padded(loss.reason, 44)}{-loss.rows:>12,}{loss.remaining:>14,}" for loss in losses
    ]
    return [title, *lines, ""]
