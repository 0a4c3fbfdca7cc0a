"""The executive summary: plain sentences written from the numbers."""

from spillover.designs.endogenous_productivity import EndogenousProductivity
from spillover.reports.assumptions import assumption
from spillover.reports.blocks import Number
from spillover.reports.event_study import is_staggered
from spillover.reports.facts import units_of, years_of
from spillover.reports.numbers import count
from spillover.reports.restrictions import verdicts
from spillover.reports.story import Story


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
        key = "higher" if effect.value > 0 else "lower"
        number = "_plural" if story.focus.plural else ""
        text = story.say(f"{key}{number}", value=abs(effect.value))
    return text[0].upper() + text[1:]


def paragraphs(story: Story) -> tuple[str, ...]:
    """Paragraphs below the headline: uncertainty, comparison, assumption, other ways, truth."""
    parts = (
        _uncertainty(story),
        _comparison(story),
        verdicts(story.main, story.words),
        assumption(story),
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
    if is_staggered(estimate.design):
        sentences.append(story.words.say("summary.changes"))
    elif isinstance(estimate.design, EndogenousProductivity):
        sentences.append(story.words.say("summary.compared_law"))
    elif effects:
        join = story.words.say("summary.fixed_join")
        listed = join.join(story.words.inside(name) for name in effects)
        sentences.append(story.words.say("summary.fixed", {"effects": listed}))
    else:
        sentences.append(story.say("compared"))
    sentences.append(story.say("errors", label=story.words.errors(estimate.covariance.label)))
    return gap(story).join(sentences)


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
