"""The methods of a report as sentences with the works behind them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spillover import __version__
from spillover.estimation.randomize import Randomization
from spillover.exposures.exposure import Exposure
from spillover.exposures.knowledge import Pool
from spillover.exposures.recenter import Recentered
from spillover.exposures.shift_share import ShiftShareExposure
from spillover.productivity.productivity import Productivity
from spillover.reports.assumptions import strata_words
from spillover.reports.cite import network_specs, parts_of
from spillover.reports.described import design_words
from spillover.reports.event_study import is_staggered
from spillover.reports.facts import foreign_definitions, units_of, years_of
from spillover.reports.inputs import ReportInputs
from spillover.reports.numbers import count
from spillover.reports.phrases import phrases
from spillover.reports.sentences import recognised
from spillover.reports.story import Story
from spillover.reports.words import Words
from spillover.reports.works import Work, works, works_of


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence and the works that it rests on."""

    text: str
    """A whole sentence."""

    works: tuple[Work, ...] = ()
    """Works to cite, in order."""

    def plain(self, language: str) -> str:
        """The sentence with names and years of its works in parentheses.

        Parameters
        ----------
        language : str
            ``en`` or ``ja``.
        """
        if not self.works:
            return self.text
        listed = "; ".join(f"{work.names} {work.year}" for work in self.works)
        cited = f" ({listed})" if language == "en" else f"（{listed}）"
        return f"{self.text[:-1]}{cited}{self.text[-1]}"


Paragraph = tuple[Told, ...]
"""Sentences of one paragraph."""


def methods_of(inputs: ReportInputs, story: Story) -> tuple[Paragraph, ...]:
    """Paragraphs about data and networks, exposures, the comparison, and everything further.

    Parameters
    ----------
    inputs : ReportInputs
        Models, exposures, manifest.
    story : Story
        The headline.
    """
    parts = (
        (*_data(story), *_networks(inputs)),
        tuple(_exposures(story)),
        (*_measures(story), *_model(story)),
        tuple(_further(inputs, story)),
    )
    return tuple(part for part in parts if part)


def _told(words: Words, key: str, gaps: Mapping[str, object], kinds: Iterable[str] = ()) -> Told:
    """A phrase of the methods with the works behind some specification types."""
    keys = dict.fromkeys(key for kind in kinds for key in works_of(kind))
    return Told(words.say(f"method.{key}", gaps), tuple(works()[key] for key in keys))


def _data(story: Story) -> Iterator[Told]:
    """Rows in use and the definition of foreign firms."""
    estimate = story.main.estimate
    first, last = years_of(estimate)
    rows, units = count(estimate.nobs), count(units_of(estimate))
    gaps = {"rows": rows, "units": units, "first": first, "last": last}
    yield _told(story.words, "sample", gaps)
    for sentence in foreign_definitions(estimate):
        yield _told(story.words, "foreign", {"definition": story.words.told(sentence)})


def _networks(inputs: ReportInputs) -> Iterator[Told]:
    for name, spec in network_specs(inputs).items():
        kind = str(spec.get("type"))
        if f"method.{kind}" in phrases(inputs.words.language):
            yield _told(inputs.words, kind, {"name": inputs.words.of(name)}, (kind,))


def _exposures(story: Story) -> Iterator[Told]:
    """How partners are summed, who is left out, and firms without partners."""
    words, spoken = story.words, dict[str, None]()
    for one in story.main.estimate.sample.exposures:
        spec = one.spec
        lag = getattr(spec, "lag", 0)
        gaps = {
            "name": words.of(one.name),
            "lag": words.say(f"method.lag{lag}" if lag < 2 else "method.lags", {"lag": lag}),
        }
        key, more = _sentence_of(one, words)
        yield _told(words, key, gaps | more, (type(spec).__name__,))
        if isinstance(one, Exposure | Pool):
            spoken |= dict.fromkeys(_rules(spec))
    for rule in spoken:
        yield _told(words, rule, {})


def _sentence_of(one: Any, words: Words) -> tuple[str, dict[str, object]]:  # noqa: ANN401 - any exposure
    """Key of the sentence that defines an exposure, with what it carries."""
    if isinstance(one, ShiftShareExposure):
        return "shift_share", {}
    if isinstance(one, Pool):
        return "pool", {"shock": words.quoted(one.shock.name)}
    if not isinstance(one, Exposure):
        return f"linkage_{type(one.spec).__name__}", {"network": words.of(one.network.name)}
    return _summed(one), {"network": words.of(one.network.name), **_carried(one, words)}


def _summed(exposure: Exposure) -> str:
    """Key of the sentence that says how partners are summed."""
    if exposure.spec.by != "count":
        return "neighbors"
    return "counted_foreign" if exposure.shock.name == "foreign" else "counted"


def _carried(exposure: Exposure, words: Words) -> dict[str, object]:
    shock = exposure.shock.name
    if shock == "foreign":
        flag = words.say("method.foreign_flag")
    else:
        flag = words.told(shock) if recognised(shock) else words.quoted(shock)
    return {
        "by": words.say(f"method.{exposure.spec.by}"),
        "partners": _partners(exposure, words),
        "shock": flag,
    }


def _partners(exposure: Exposure, words: Words) -> str:
    """Whom a firm listens to: direct partners, or partners of partners."""
    direct = words.say(f"method.{exposure.network.orientation}")
    tier = exposure.spec.tier
    return direct if tier == 1 else words.say(f"method.tier_{tier}", {"partners": direct})


def _rules(spec: Any) -> Iterator[str]:  # noqa: ANN401 - a rule of exposure
    if "group" in getattr(spec, "exclude", ""):
        yield "group"
    if getattr(spec, "by", "") == "mean" and getattr(spec, "isolates", "") == "missing":
        yield "missing"


def _measures(story: Story) -> Iterator[Told]:
    """Productivity, and exposures relative to what could be expected."""
    words = story.words
    for one in story.main.estimate.sample.measures:
        if isinstance(one, Productivity) and one.notes:
            note = words.told(one.notes[0])
            yield _told(words, "productivity", {"note": note}, (type(one.spec).__name__,))
        elif isinstance(one, Recentered):
            strata = strata_words(one.assignment.within, words)
            gaps = {"name": words.of(one.name), "strata": strata}
            yield _told(words, "recentred", gaps, ("Recentered",))


def _model(story: Story) -> Iterator[Told]:
    """The comparison and its standard errors."""
    estimate, words = story.main.estimate, story.words
    design = estimate.design
    gaps = {
        "outcome": words.of(estimate.solution.outcome),
        "regressors": _listed([name for name in estimate.names if name != "constant"], words),
        "design": design_words(design, words),
        "cohort": words.of(str(getattr(design, "cohort", ""))),
    }
    key = "staggered" if is_staggered(design) else "model"
    yield _told(words, key, gaps, (type(design).__name__,))
    effects = estimate.solution.effects.names
    if effects:
        listed = words.listed(map(words.inside, effects))
        yield _told(words, "effects", {"effects": listed}, ("absorb",))
    instruments = getattr(design, "instruments", ())
    if instruments:
        ends = {"endogenous": design.endogenous, "instruments": instruments}
        yield _told(words, "instruments", {k: _listed(v, words) for k, v in ends.items()})
    label = words.errors(estimate.covariance.label)
    yield _told(words, "errors", {"label": label}, parts_of(estimate.vcov))


def _listed(names: Iterable[str], words: Words) -> str:
    return words.listed(map(words.quoted, names))


def _further(inputs: ReportInputs, story: Story) -> Iterator[Told]:
    """Other specifications, randomisation, software."""
    words = story.words
    others = [m for m in inputs.models if m is not story.main]
    if others:
        labels = words.say("join.list").join(words.quoted(model.label) for model in others)
        kinds = [kind for m in others for kind in parts_of(m.estimate.vcov)]
        known = set(parts_of(story.main.estimate.vcov))
        yield _told(words, "others", {"labels": labels}, [k for k in kinds if k not in known])
    for result in (result for model in inputs.models for result in model.evidence):
        if isinstance(result, Randomization):
            strata = strata_words(getattr(result.rule, "within", ()), words)
            yield _told(words, "randomized", {"strata": strata}, ("Randomization",))
    seed = inputs.manifest.get("seed", "–")
    yield _told(words, "software", {"version": __version__, "seed": seed})
