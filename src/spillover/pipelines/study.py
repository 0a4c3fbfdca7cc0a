"""Study: every specification of an investigation in one frozen value, equal to its file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from spillover.designs.callaway_santanna import CallawaySantAnna
from spillover.designs.endogenous_productivity import EndogenousProductivity
from spillover.designs.imputation import Imputation
from spillover.designs.poisson import PoissonFixedEffects
from spillover.designs.production_function import ProductionFunction
from spillover.designs.shift_share import ShiftShareIV
from spillover.designs.sun_abraham import SunAbraham
from spillover.errors import SpecificationError, first_cases, unknown_name
from spillover.exposures.knowledge import KnowledgePool
from spillover.exposures.shift_share import ShiftShare
from spillover.expressions import names_in, parse
from spillover.networks.industries import IndustryFlows
from spillover.networks.portfolio import PatentClasses
from spillover.pipelines.evidence import refuse_absent
from spillover.pipelines.kinds import (
    EvidenceKind,
    ForeignKind,
    MeasureKind,
    NetworkKind,
    ProductivityKind,
    ShareTable,
)
from spillover.pipelines.settings import (
    ExposureSetting,
    Filter,
    Model,
    ReportSettings,
    TableSource,
)
from spillover.reports.inputs import Focus
from spillover.reports.phrases import LANGUAGES
from spillover.reports.texts import Heading, Text, spoken
from spillover.specs import Count, NonEmpty, Spec

TURNS = ("customers", "suppliers")
"""Whom the rows of a directed network listen to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study(Spec):
    """A question with its data, networks, exposures, models and report."""

    title: Heading
    """Title of the report, often the question."""

    question: Text = ""
    """The question in a sentence or two, printed below the title."""

    seed: Count = 0
    """Seed of everything that draws."""

    tables: NonEmpty | Mapping[str, NonEmpty | TableSource] = "data"
    """Folder of the tables, or one entry for each table: a file, or a file with renamed columns."""

    unmatched: Literal["error", "drop"] = "error"
    """What happens to links, stakes and accounts of firms that are not in ``firms``; dropped rows
    are counted."""

    columns: Mapping[str, NonEmpty] = field(default_factory=dict)
    """New columns of the panel, in order: name = expression."""

    measures: Mapping[str, MeasureKind] = field(default_factory=dict)
    """New columns that need a rule: patents filed alone, stocks of past expenditure."""

    foreign: ForeignKind | None = None
    """What makes a firm foreign: a named definition, or a table with every field."""

    networks: Mapping[str, NetworkKind]
    """Networks by name."""

    productivity: ProductivityKind | None = None
    """How productivity is measured; its column is ``log_tfp``."""

    exposures: Mapping[str, ExposureSetting]
    """Exposures by name; each brings a column of that name, its degree, isolates and coverage."""

    sample: tuple[Filter, ...] = ()
    """Filters of the sample, in order."""

    models: tuple[Model, ...]
    """Columns of the results."""

    evidence: Annotated[tuple[EvidenceKind, ...], Field(max_length=40)] = ()
    """What speaks for or against the models: tests by draws, placebos, other lists of partners."""

    report: ReportSettings = field(default_factory=ReportSettings)
    """What the report speaks of."""

    folder: str = field(default=".", compare=False, repr=False)
    """Folder that relative paths start from; known from where the file lies, never written."""

    def rules(self) -> None:
        """Refuse names that lead nowhere, names used twice, and a study without a main model."""
        for expression in self.columns.values():
            parse(expression)
        for name, setting in self.exposures.items():
            self._check_network(f"exposures.{name}", setting.network)
            self._check_investors(name, setting)
            self._check_portfolio(name, setting)
        said = ({spoken(m.label, language) for language in LANGUAGES} for m in self.models)
        self._refuse_repeated("model label", (label for labels in said for label in labels))
        columns = (*self.columns, *self.measures, *self.exposures, *self._measured())
        self._refuse_repeated("column name", columns)
        if not any(model.role == "main" for model in self.models):
            raise SpecificationError(
                "models: expected at least one with the role main.",
                f"Found {len(self.models)} models, none of them main.",
                'Leave out role, or write role = "main", for the recommended model.',
            )
        self._check_focus()
        self._check_evidence()
        self._check_law()

    @property
    def spoken(self) -> "Study":
        """The study with every text in the language of its report, and in no other."""
        evidence = tuple(
            item if item.model is None else replace(item, model=self._said(self.model_of(item)))
            for item in self.evidence
        )
        told: Study = spoken(replace(self, evidence=()), self.report.language)
        return replace(told, evidence=evidence)

    @property
    def focus(self) -> Focus:
        """The coefficient of the headline: as the report says, or the first of a main model."""
        if self.report.focus is not None:
            return self.report.focus
        design = next(model.design for model in self.models if model.role == "main")
        if isinstance(design, EndogenousProductivity | ProductionFunction):
            return Focus(regressor=self._in_the_law(design))
        logged = design.outcome.startswith("log") or isinstance(design, PoissonFixedEffects)
        if isinstance(design, CallawaySantAnna | SunAbraham | Imputation):
            return Focus(regressor=_average(design.aggregate), step=1.0, log_outcome=logged)
        if isinstance(design, ShiftShareIV):
            return Focus(regressor=design.treatment or design.exposure, log_outcome=logged)
        terms = (*getattr(design, "endogenous", ()), *design.regressors)
        return Focus(regressor=terms[0], log_outcome=logged)

    @property
    def in_the_law(self) -> tuple[str, ...]:
        """Exposures of the study that shift productivity in its law of motion, or its proxy."""
        law = getattr(self.productivity, "law", None)
        parts = ("exposures", "shifters", "capacity")
        texts = [text for part in parts for text in getattr(law, part, None) or ()]
        named = {name for text in texts for name in names_in(parse(text))}
        return tuple(
            name
            for name in self.exposures
            if any(other == name or other.startswith(f"{name}_") for other in named)
        )

    def model_of(self, item: Any) -> Model:  # noqa: ANN401 - evidence of any kind
        """The model that evidence is about: by its label in any language, or the first main one.

        Raises
        ------
        UnknownNameError
            No model has the label.
        """
        if item.model is None:
            return next(model for model in self.models if model.role == "main")
        found = {spoken(m.label, language): m for m in self.models for language in LANGUAGES}
        if item.model not in found:
            raise unknown_name("model", item.model, list(found))
        return found[item.model]

    def _said(self, model: Model) -> str:
        return str(spoken(model.label, self.report.language))

    def _check_focus(self) -> None:
        """A headline that no main model reports is found before anything is estimated."""
        mains = [model for model in self.models if model.role == "main"]
        known = [name for m in mains for name in getattr(m.design, "regressors", ())]
        known += [name for m in mains for name in getattr(m.design, "endogenous", ())]
        shares = [m.design for m in mains if isinstance(m.design, ShiftShareIV)]
        known += [design.treatment or design.exposure for design in shares]
        open_ended = any(m.term or not hasattr(m.design, "regressors") for m in mains)
        open_ended |= any("i(" in name for name in known)  # dummies are named after the data
        focus = self.report.focus
        if focus and not open_ended and focus.regressor not in known:
            raise unknown_name("term of a main model in report.focus", focus.regressor, known)

    def _check_evidence(self) -> None:
        for number, item in enumerate(self.evidence):
            try:
                if item.exposure not in self.exposures:
                    raise unknown_name("exposure", item.exposure, sorted(self.exposures))
                refuse_absent(item, self.model_of(item).design)
            except SpecificationError as error:
                where = f"evidence[{number}]: {error.expected[:1].lower()}{error.expected[1:]}"
                raise SpecificationError(where, error.found, error.action) from None

    def _in_the_law(self, design: Any) -> str:  # noqa: ANN401 - a design about productivity
        law = getattr(self.productivity, "law", None)
        exposures: tuple[str, ...] = getattr(law, "exposures", ())
        if not exposures or not isinstance(design, EndogenousProductivity):
            raise SpecificationError(
                "report.focus: expected the term of the headline.",
                f"Found none, and a main model with {type(design).__name__}.",
                "Name one as regressor of report.focus, or give the model another role.",
            )
        return exposures[0]

    def _check_law(self) -> None:
        """Designs about productivity need an estimator that estimates what they report."""
        law = getattr(self.productivity, "law", None)
        for number, model in enumerate(self.models):
            inside = isinstance(model.design, EndogenousProductivity)
            if inside and not getattr(law, "exposures", ()):
                raise SpecificationError(
                    f"models[{number}].design: expected exposures in the law of motion.",
                    f"Found {type(self.productivity).__name__} without.",
                    "Write law = { exposures = [...], shifters = [...] } in [productivity], with "
                    "AckerbergCavesFrazer or another estimator that has a law of motion.",
                )
            if isinstance(model.design, ProductionFunction) and self.productivity is None:
                raise SpecificationError(
                    f"models[{number}].design: expected a table [productivity].",
                    "Found none.",
                    "Choose an estimator, such as AckerbergCavesFrazer.",
                )

    def _measured(self) -> tuple[str, ...]:
        return ("log_tfp",) if self.productivity is not None else ()

    def _check_investors(self, name: str, setting: ExposureSetting) -> None:
        if setting.investors and self.foreign is None:
            raise SpecificationError(
                f"exposures.{name}.investors: expected a definition of foreign firms.",
                "Found none in the study.",
                'Write foreign = "BOP_10", or another definition, at the top.',
            )

    def _check_portfolio(self, name: str, setting: ExposureSetting) -> None:
        pool = isinstance(setting.spec, KnowledgePool)
        network = self.networks[setting.network.partition(".")[0]]
        linked = setting.partners is not None
        if linked and isinstance(network, ShareTable | IndustryFlows):
            raise SpecificationError(
                f"exposures.{name}.partners: expected a network between firms.",
                f"Found {type(network).__name__}.",
                "Name one of links between firms, or leave partners out.",
            )
        if isinstance(setting.spec, ShiftShare) != (linked or isinstance(network, ShareTable)):
            raise SpecificationError(
                f"exposures.{name}: expected a ShiftShare with a network of ShareTable.",
                f"Found {type(setting.spec).__name__} with {type(network).__name__}.",
                "Shift-shares sum shocks of categories; other exposures need links.",
            )
        if pool != isinstance(network, PatentClasses):
            raise SpecificationError(
                f"exposures.{name}: expected a KnowledgePool with a network of PatentClasses.",
                f"Found {type(setting.spec).__name__} with {type(network).__name__}.",
                "Pools sum over all firms by what they patent; other exposures need links.",
            )

    def _check_network(self, where: str, network: str) -> None:
        name, dot, turn = network.partition(".")
        if name not in self.networks:
            error = unknown_name("network", name, sorted(self.networks))
            raise SpecificationError(
                f"{where}.network: {error.expected}", error.found, error.action
            )
        if dot and turn not in TURNS:
            raise SpecificationError(
                f"{where}.network: expected {name}.customers or {name}.suppliers.",
                f"Found {network!r}.",
                "Rows listen to their customers (backward) or to their suppliers (forward).",
            )

    def _refuse_repeated(self, what: str, names: Iterator[str] | tuple[str, ...]) -> None:
        listed = list(names)
        twice = sorted({name for name in listed if listed.count(name) > 1})
        if twice:
            raise SpecificationError(
                f"Expected each {what} once.",
                f"Found {first_cases(twice)} more than once.",
                "Give one of them another name.",
            )


def _average(aggregate: str) -> str:
    """The term in which a staggered design sums up its effects."""
    known = {"dynamic": "average", "calendar": "average", "simple": "att"}
    if aggregate not in known:
        raise SpecificationError(
            "report.focus: expected the term of the headline.",
            f"Found none, and a main model that reports effects by {aggregate}.",
            f"Name one as regressor of report.focus, or use aggregate = {' or '.join(known)}.",
        )
    return known[aggregate]
