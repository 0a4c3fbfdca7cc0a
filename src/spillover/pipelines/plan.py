"""Plan: a study met with its files, and the key of every stage."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from spillover.errors import SpecificationError
from spillover.expressions import names_in, parse
from spillover.pipelines.cache import Cache
from spillover.pipelines.kinds import FirstYear
from spillover.pipelines.plain import digest, full
from spillover.pipelines.settings import Model
from spillover.pipelines.software import schemas_sha256, source_sha256, versions
from spillover.pipelines.study import Study

PARTS = ("", "ladder", "caps", "lost")
"""Parts of evidence that are kept apart."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run, for whoever shows progress."""

    stage: str
    """``read``, ``connect``, ``measure``, ``expose``, ``estimate``, ``test``
    or ``report``."""

    name: str
    """What is made: a network, an exposure, a model."""

    position: int
    """Number of steps begun, this one included."""

    total: int
    """Number of steps of the run."""


Progress: TypeAlias = Callable[[Step], None]
"""Called at the beginning of every step."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that a study reads."""

    table: str
    """Table that it holds; ``truth`` for planted effects."""

    path: Path
    """Where it lies."""

    sha256: str
    """Hash of its bytes."""

    bytes: int
    """Its size."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A study with the hashes of its inputs: everything that decides the keys of its stages."""

    study: Study
    """The study, in the language of its report."""

    inputs: tuple[InputFile, ...]
    """Files by table, in order."""

    cache: Cache
    """Where finished stages are kept."""

    progress: Progress | None = None
    """Called at the beginning of every step."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "study", self.study.spoken)

    @property
    def folder(self) -> Path:
        """Folder of the study."""
        return Path(self.study.folder)

    def tell(self, stage: str, name: str = "") -> None:
        """Report the beginning of a step."""
        if self.progress is not None:
            steps = self.steps()
            at = steps.index((stage, name)) + 1
            self.progress(Step(stage, name, at, len(steps)))

    def steps(self) -> list[tuple[str, str]]:
        """Stage and name of every step, in order."""
        study = self.study
        measured = [("measure", "log_tfp")] if study.productivity is not None else []
        return [
            ("read", "tables"),
            *(("connect", name) for name in study.networks),
            *([] if study.in_the_law else measured),
            *(("expose", name) for name in study.exposures),
            *(measured if study.in_the_law else []),
            *(("estimate", str(model.label)) for model in study.models),
            *map(self.evidence_step, range(len(study.evidence))),
            ("report", "results"),
        ]

    def tables_key(self) -> str:
        """Key of the validated tables."""
        files = [(file.table, file.path.name, file.sha256) for file in self.inputs]
        return _key("tables", files, full(self.study.tables), self.study.unmatched)

    def network_key(self, name: str) -> str:
        """Key of a network."""
        return _key("network", name, full(self.study.networks[name]), self.tables_key())

    def productivity_key(self) -> str:
        """Key of the measured productivity."""
        spec = full(self.study.productivity)
        above = [self.exposure_key(name) for name in self.study.in_the_law]
        return _key("productivity", spec, self._columns(), self.tables_key(), above)

    def foreign_key(self) -> str:
        """Key of the classification of firms."""
        return _key("foreign", full(self.study.foreign), self.tables_key())

    def exposure_key(self, name: str) -> str:
        """Key of an exposure: its setting, its network and what the network carries."""
        setting = self.study.exposures[name]
        network = self.network_key(setting.network.partition(".")[0])
        seed = None if setting.recenter is None else self.study.seed
        parts = (full(setting), network, self.foreign_key(), self._columns(), seed)
        return _key("exposure", name, *parts)

    def solution_key(self, model: Model) -> str:
        """Key of the coefficients of a model: its rows, its design and what both name."""
        study = self.study
        texts = [*_texts(full(model.design)), model.where or "", *(f.where for f in study.sample)]
        rows = [full(study.sample), model.where]
        return _key("solution", full(model.design), rows, self._below(texts))

    def covariance_key(self, model: Model) -> str:
        """Key of the covariance of a model."""
        vcov = full(model.vcov)
        below = self._below(_texts(vcov))
        return _key("covariance", vcov, below, self.solution_key(model), self.study.seed)

    def evidence_step(self, number: int) -> tuple[str, str]:
        """Stage and name of the step in which evidence is gathered."""
        item = self.study.evidence[number]
        return "test", f"{number + 1}: {item.type} of {item.exposure}"

    def evidence_key(self, number: int, part: str = "") -> str:
        """Key of evidence, or of a part of it: its setting, its model and its exposure."""
        item = self.study.evidence[number]
        above = [self.covariance_key(self.study.model_of(item)), self.exposure_key(item.exposure)]
        texts = [getattr(item, "size", None) or "", *getattr(item, "covariates", ())]
        below = self._below(texts)
        return _key("evidence", part, full(item), above, below, self.study.seed)

    def report_key(self) -> str:
        """Key of the whole report."""
        files = [(file.table, file.path.name, file.sha256) for file in self.inputs]
        return _key("report", full(self.study), files)

    def _columns(self) -> list[Any]:
        """What derived columns are made by."""
        return [full(self.study.columns), full(self.study.measures)]

    def _below(self, texts: Iterable[str]) -> list[str]:
        """Keys of the stages whose results the texts may name; of all when one is not clear."""
        study = self.study
        names, clear = _named(texts)
        named, plain = _named(m.when for m in study.measures.values() if isinstance(m, FirstYear))
        names, clear = names | named, clear and plain
        keys = [self.tables_key(), digest(self._columns()), self.foreign_key()]
        if study.productivity is not None and (not clear or _hits("log_tfp", names)):
            keys.append(self.productivity_key())
        keys += [self.exposure_key(n) for n in study.exposures if not clear or _hits(n, names)]
        keys += [self.network_key(n) for n in study.networks if not clear or _hits(n, names)]
        return keys

    def keys(self) -> list[str]:
        """Keys of all stages."""
        study = self.study
        models = [k for m in study.models for k in (self.solution_key(m), self.covariance_key(m))]
        measured = [self.productivity_key()] if study.productivity is not None else []
        return [
            self.tables_key(),
            self.foreign_key(),
            *measured,
            *map(self.network_key, study.networks),
            *map(self.exposure_key, study.exposures),
            *models,
            *(self.evidence_key(n, part) for n in range(len(study.evidence)) for part in PARTS),
            self.report_key(),
        ]


def _key(stage: str, *parts: Any) -> str:  # noqa: ANN401 - plain data
    return digest([stage, versions(), source_sha256(), schemas_sha256(), *parts])


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - plain data of any depth
    """All text inside plain data."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _texts(item)]


def _named(texts: Iterable[str]) -> tuple[frozenset[str], bool]:
    """Names in expressions, and whether every text could be read as one."""
    names: set[str] = set()
    clear = True
    for text in filter(None, texts):
        try:
            names |= names_in(parse(text))
        except SpecificationError:
            clear = False
    return frozenset(names), clear


def _hits(name: str, names: frozenset[str]) -> bool:
    """Whether one of the names is a column of something: itself or a companion of it."""
    return any(other == name or other.startswith(f"{name}_") for other in names)
