"""What must hold for a figure to be an effect, and what would change the conclusion."""

from spillover.designs.endogenous_productivity import EndogenousProductivity
from spillover.exposures.recenter import Recentered
from spillover.productivity.productivity import Productivity
from spillover.reports.facts import foreign_definitions
from spillover.reports.story import Story
from spillover.reports.words import Words


def assumption(story: Story) -> str:
    """What must hold for the figure to be an effect: said of every design in its own words."""
    words, design = story.words, story.main.estimate.design
    luck = recentred_by(story)
    gaps = {
        "step": story.step,
        "outcome": story.outcome,
        "regressor": story.regressor,
        "instruments": words.say("join.and").join(map(words.of, _instruments(design))),
        "strata": "" if luck is None else strata_words(luck.assignment.within, words),
    }
    held = words.say(f"assumption.{comparison(story)}", gaps)
    told = "association" if story.effect.clear else "association_null"
    return words.say(f"summary.{told}", {"assumption": held})


def comparison(story: Story) -> str:
    """Kind of the comparison of the headline: what its assumption and its doubts are about."""
    estimate = story.main.estimate
    if recentred_by(story) is not None:
        return "luck"
    if _instruments(estimate.design):
        return "instruments"
    if hasattr(estimate.design, "identification"):
        return f"random_{estimate.design.identification}"
    if hasattr(estimate.design, "cohort"):
        return "within"
    if isinstance(estimate.design, EndogenousProductivity):
        return "law"
    absorbed = estimate.sample.panel.entity in estimate.solution.effects.names
    return "within" if absorbed else "across"


def _instruments(design: object) -> tuple[str, ...]:
    return tuple(getattr(design, "instruments", ()))


def recentred_by(story: Story) -> Recentered | None:
    """The rule by which the regressor of the headline is recentred, or its expectation held."""
    estimate, name = story.main.estimate, story.focus.regressor
    terms = (*estimate.names, *_instruments(estimate.design))
    for one in estimate.sample.measures:
        if isinstance(one, Recentered):
            held = name == one.name and f"{name}_expected" in terms
            if held or f"{one.name}_recentered" in (name, *_instruments(estimate.design)):
                return one
    return None


def strata_words(names: tuple[str, ...], words: Words) -> str:
    """Strata of an assignment in words.

    Parameters
    ----------
    names : tuple of str
        Columns; all firms are one stratum without any.
    words : Words
        How columns are written.
    """
    if not names:
        return words.say("method.all")
    return words.listed(map(words.inside, names))


def changes(story: Story) -> tuple[str, ...]:
    """What would change the conclusion: doubts about the comparison, links, shocks, measures."""
    estimate = story.main.estimate
    measured = {one.name for one in estimate.sample.measures if isinstance(one, Productivity)}
    definitions = {each for m in story.models for each in foreign_definitions(m.estimate)}
    keys = [
        comparison(story),
        *(["links"] if estimate.sample.exposures else []),
        "shocks",
        *(["definition"] if len(definitions) == 1 else []),
        *(["prices"] if estimate.solution.outcome in measured else []),
    ]
    return tuple(story.words.say(f"change.{key}") for key in keys)
