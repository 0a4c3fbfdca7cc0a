"""The executive summary: plain sentences written from the numbers."""

from dataclasses import dataclass

from spillover.reports.blocks import Number
from spillover.reports.effects import PolicyEffect, policy_effect, scaled
from spillover.reports.facts import units_of, years_of
from spillover.reports.inputs import Focus, ReportedModel
from spillover.reports.numbers import count, fixed
from spillover.reports.restrictions import verdicts
from spillover.reports.words import Words

CHANGES = ("trends", "links", "shocks", "definition", "prices")
"""What would change the conclusion, in the order of the list."""


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """What the summary is written from."""

    models: tuple[ReportedModel, ...]
    """Estimates that have the regressor of the focus; the first ``main`` one is the headline."""

    focus: Focus
    """The coefficient, in policy units."""

    words: Words
    """How names are written."""

    truth: float | None = None
    """Planted coefficient."""

    shares: frozenset[str] = frozenset()
    """Terms that are shares, whose steps are percentage points."""

    @property
    def main(self) -> ReportedModel:
        """The headline model."""
        return next(model for model in self.models if model.role == "main")

    @property
    def effect(self) -> PolicyEffect:
        """The effect of the headline."""
        return self.effect_of(self.main)

    def effect_of(self, model: ReportedModel) -> PolicyEffect:
        """The effect of one model.

        Parameters
        ----------
        model : ReportedModel
            One of the models.
        """
        return policy_effect(model.estimate, model.focus(self.focus))

    @property
    def planted(self) -> float | None:
        """The planted effect in policy units."""
        return None if self.truth is None else scaled(self.truth, self.focus)

    @property
    def outcome(self) -> str:
        """The outcome in words."""
        return self.focus.outcome_words or self.words.of(self.main.estimate.solution.outcome)

    @property
    def regressor(self) -> str:
        """The regressor in words."""
        return self.words.of(self.focus.regressor)

    @property
    def step(self) -> str:
        """The change of the regressor in words."""
        if self.focus.step_words:
            return self.focus.step_words
        share = self.focus.regressor in self.shares
        size = 100.0 * self.focus.step if share else self.focus.step
        key = "share_step" if share else "default_step"
        gaps = {"regressor": self.regressor, "step": f"{size:g}"}
        return self.words.say(f"summary.{key}", gaps)

    def size(self, value: float) -> str:
        """An effect with its unit.

        Parameters
        ----------
        value : float
            Percent, or units of the outcome.
        """
        number, unit = self.bare(value), self.focus.unit_words
        if self.focus.log_outcome:
            return self.words.say("summary.percent", {"number": number})
        return self.words.say("summary.unit", {"number": number, "unit": unit}) if unit else number

    def bare(self, value: float) -> str:
        """An effect without its unit."""
        return fixed(value, 1 if self.focus.log_outcome else 3)

    def say(self, key: str, *, value: float | None = None, label: str = "") -> str:
        """A sentence of the summary with the usual gaps filled."""
        effect = self.effect
        gaps = {
            "step": self.step,
            "outcome": self.outcome,
            "regressor": self.words.inside(self.focus.regressor),
            "size": self.size(effect.value if value is None else value),
            "low": self.size(effect.low),
            "high": self.size(effect.high),
            "truth": "" if self.planted is None else self.size(self.planted),
            "label": label,
        }
        return self.words.say(f"summary.{key}", gaps)


def headline(story: Story) -> str:
    """The finding in one sentence: direction and size, or what is ruled out."""
    effect = story.effect
    if effect.empty:
        text = story.say("empty")
    elif not effect.bounded:
        text = story.say("unbounded")
    elif not effect.clear:
        text = story.say("null")
    else:
        text = story.say("higher" if effect.value > 0 else "lower", value=abs(effect.value))
    return text[0].upper() + text[1:]


def paragraphs(story: Story) -> tuple[str, ...]:
    """Paragraphs below the headline: uncertainty, comparison, assumption, other ways, truth."""
    parts = (
        _uncertainty(story),
        _comparison(story),
        verdicts(story.main, story.words),
        _assumption(story),
        *_others(story),
        *_truth(story),
    )
    return tuple(part for part in parts if part)


def gap(story: Story) -> str:
    """What stands between two sentences: a blank, or nothing in Japanese."""
    return " " if story.words.language == "en" else ""


def _uncertainty(story: Story) -> str:
    effect = story.effect
    if not effect.bounded:
        return ""
    return story.say("interval" if effect.clear else "ruled_out")


def _comparison(story: Story) -> str:
    estimate = story.main.estimate
    first, last = years_of(estimate)
    gaps = {
        "rows": count(estimate.nobs),
        "units": count(units_of(estimate)),
        "first": first,
        "last": last,
    }
    sentences = [story.words.say("summary.sample", gaps)]
    effects = estimate.solution.effects.names
    if effects:
        join = story.words.say("summary.fixed_join")
        listed = join.join(story.words.inside(name) for name in effects)
        sentences.append(story.words.say("summary.fixed", {"effects": listed}))
    else:
        sentences.append(story.say("compared"))
    sentences.append(story.say("errors", label=story.words.errors(estimate.covariance.label)))
    return gap(story).join(sentences)


def _assumption(story: Story) -> str:
    """What must hold for the figure to be an effect: said of every design in its own words."""
    estimate, words = story.main.estimate, story.words
    design = estimate.design
    instruments = getattr(design, "instruments", ())
    key = "within" if estimate.sample.panel.entity in estimate.solution.effects.names else "across"
    if instruments:
        key = "instruments"
    elif hasattr(design, "identification"):
        key = f"random_{design.identification}"
    gaps = {
        "step": story.step,
        "outcome": story.outcome,
        "regressor": story.regressor,
        "instruments": words.say("join.and").join(map(words.of, instruments)),
    }
    assumption = words.say(f"assumption.{key}", gaps)
    told = "association" if story.effect.clear else "association_null"
    return words.say(f"summary.{told}", {"assumption": assumption})


def _others(story: Story) -> list[str]:
    checks = [m for m in story.models if m is not story.main and m.role != "naive"]
    texts = []
    if checks:
        sizes = sorted(story.effect_of(m).value for m in checks)
        low, high = story.size(sizes[0]), story.size(sizes[-1])
        key = "robust_one" if len(sizes) == 1 else "robust_same" if low == high else "robust"
        gaps = {"n": len(sizes), "low": low, "high": high}
        texts.append(story.words.say(f"summary.{key}", gaps))
    for model in (m for m in story.models if m.role == "naive"):
        effect = story.effect_of(model)
        key = "naive_same" if effect.holds(story.effect.value) else "naive"
        gaps = {"label": model.label, "size": story.size(effect.value), "remark": model.remark}
        texts.append(story.words.say(f"summary.{key}", gaps).strip())
    return texts


def _truth(story: Story) -> list[str]:
    planted = story.planted
    if planted is None:
        return []
    sentences = [story.say("truth_in" if story.effect.holds(planted) else "truth_out")]
    for model in (m for m in story.models if m.role == "naive"):
        holds = story.effect_of(model).holds(planted)
        sentences.append(story.say("naive_holds" if holds else "naive_misses", label=model.label))
    return [gap(story).join(sentences)]


def key_numbers(story: Story) -> tuple[Number, ...]:
    """Numbers beside the headline: effect, interval, firms, years, and the truth."""
    effect, estimate = story.effect, story.main.estimate
    first, last = years_of(estimate)
    sign = "+" if effect.value > 0 else ""
    gaps = {"outcome": story.outcome, "step": story.step}
    ends = {"low": story.bare(effect.low), "high": story.size(effect.high)}
    numbers = [
        Number(sign + story.size(effect.value), story.words.say("number.effect", gaps)),
        Number(
            story.words.say("number.range", ends),
            story.words.say("number.interval"),
        ),
        Number(count(units_of(estimate)), story.words.say("number.units")),
        Number(f"{first}–{last}", story.words.say("number.years")),
    ]
    if story.planted is not None:
        planted = ("+" if story.planted > 0 else "") + story.size(story.planted)
        numbers.insert(2, Number(planted, story.words.say("number.truth")))
    return tuple(numbers)


def changes(story: Story) -> tuple[str, ...]:
    """What would change the conclusion."""
    return tuple(story.words.say(f"summary.change_{key}") for key in CHANGES)
