"""Figures of the effect that a report is about."""

from spillover.reports.event_study import is_staggered
from spillover.reports.figures.coefficients import Axis, CoefficientPlot, Effect
from spillover.reports.figures.specification_curve import Choice, SpecificationCurve
from spillover.reports.story import Story

ENOUGH = 4
"""Specifications from which a curve tells more than a list."""

INTERCEPT = "constant"


def coefficient_plot(story: Story) -> CoefficientPlot:
    """The effect under every specification, in policy units.

    Parameters
    ----------
    story : Story
        Models, focus and truth.
    """
    effects, words = _effects(story), story.words
    listed = story.words.parts(f"{e.label} {story.size(e.value)}" for e in effects)
    return CoefficientPlot(
        "coefficients",
        words.say("figure.coefficients"),
        words.say("figure.coefficients_alt", {"list": listed}),
        effects,
        _axis(story),
        story.planted,
    )


def specification_curve(story: Story) -> SpecificationCurve | None:
    """The effects in order of size with the choices behind them; nothing for few specifications.

    Parameters
    ----------
    story : Story
        Models, focus and truth.
    """
    effects, choices = _effects(story), _choices(story)
    if len(effects) < ENOUGH or not choices:
        return None
    values = sorted(effect.value for effect in effects)
    gaps = {"n": len(effects), "low": story.size(values[0]), "high": story.size(values[-1])}
    return SpecificationCurve(
        "specification_curve",
        story.words.say("figure.curve", gaps),
        story.words.say("figure.curve_alt", gaps),
        effects,
        choices,
        _axis(story),
        story.planted,
    )


def _effects(story: Story) -> tuple[Effect, ...]:
    found = []
    for model in story.models:
        effect = story.effect_of(model)
        found.append(Effect(model.label, effect.value, effect.low, effect.high, model.role))
    return tuple(found)


def _axis(story: Story) -> Axis:
    words = story.words
    own = str(story.focus.unit_words) or words.say("figure.own_unit")
    unit = words.say("figure.percent_unit") if story.focus.log_outcome else own
    gaps = {"outcome": story.outcome, "unit": unit, "step": story.step}
    keys = ("specification", "estimate", "low", "high")
    return Axis(
        words.say("figure.coefficients_axis", gaps),
        1 if story.focus.log_outcome else 3,
        tuple(words.say(f"figure.{key}") for key in keys),
        words.say("figure.planted"),
    )


def _choices(story: Story) -> tuple[Choice, ...]:
    """Fixed effects, controls and standard errors that some specifications have and others lack."""
    words, estimates = story.words, [model.estimate for model in story.models]
    made: dict[str, list[bool]] = {}
    for position, one in enumerate(estimates):
        effects = (
            words.say("table.effect", {"effect": words.inside(e)})
            for e in one.solution.effects.names
        )
        named = () if is_staggered(one.design) else one.names
        terms = (words.of(t) for t in named if t not in (story.focus.regressor, INTERCEPT))
        errors = words.say("figure.errors", {"label": words.errors(one.covariance.label)})
        for key in (*effects, *terms, errors):
            made.setdefault(key, [False] * len(estimates))[position] = True
    return tuple(Choice(key, tuple(marks)) for key, marks in made.items() if not all(marks))
