"""Story: what the summary of a report is written from."""

from dataclasses import dataclass

from spillover.reports.effects import PolicyEffect, policy_effect, scaled
from spillover.reports.inputs import Focus, ReportedModel
from spillover.reports.numbers import fixed
from spillover.reports.words import Words


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
        return str(self.focus.outcome_words) or self.words.of(self.main.estimate.solution.outcome)

    @property
    def regressor(self) -> str:
        """The regressor in words."""
        return self.words.of(self.focus.regressor)

    @property
    def step(self) -> str:
        """The change of the regressor in words."""
        if self.focus.step_words:
            return str(self.focus.step_words)
        if self.focus.regressor in ("average", "att") and self.focus.step == 1.0:
            return self.words.say("summary.treated_step")
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
        number, unit = self.bare(value), str(self.focus.unit_words)
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
