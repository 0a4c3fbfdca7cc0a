"""Tests of restrictions: a table, and sentences about those of the headline."""

import re
from collections.abc import Sequence

from spillover.estimation.hypotheses import WaldTest
from spillover.reports.grid import Grid, simple_grid
from spillover.reports.inputs import ReportedModel
from spillover.reports.numbers import count, fixed, p_value
from spillover.reports.words import Words

LEVEL = 0.05
"""P-value below which a restriction is rejected."""


def restrictions(models: Sequence[ReportedModel], words: Words) -> Grid | None:
    """Every restriction of every model with its Wald test; nothing when there is none.

    Parameters
    ----------
    models : sequence of ReportedModel
        Estimates with their restrictions.
    words : Words
        How terms are written.
    """
    header = tuple(
        words.say(f"restriction.{key}")
        for key in ("model", "restriction", "statistic", "df", "p_value", "verdict")
    )
    rows = [
        (model.label, in_words(text, words), *_numbers(model.estimate.test(text), words))
        for model in models
        for text in model.tests
    ]
    if not rows:
        return None
    caption = words.say("restriction.caption")
    return simple_grid("restrictions", header, rows, caption=caption)


def verdicts(model: ReportedModel, words: Words) -> str:
    """What the tests of one model say, a sentence for each; empty without tests.

    Parameters
    ----------
    model : ReportedModel
        An estimate with its restrictions.
    words : Words
        How terms are written.
    """
    sentences = []
    for text in model.tests:
        found = model.estimate.test(text)
        gaps = {"restriction": in_words(text, words), "p": _compared(found.p_value)}
        key = "rejected_sentence" if found.p_value < LEVEL else "kept_sentence"
        sentences.append(words.say(f"restriction.{key}", gaps))
    return (" " if words.language == "en" else "").join(sentences)


def in_words(text: str, words: Words) -> str:
    """A restriction with its terms in words of the reader.

    Parameters
    ----------
    text : str
        An equation between terms, or a term that is zero.
    words : Words
        How terms are written.

    Examples
    --------
    >>> in_words("backward = forward", Words(given={"backward": "Customers"}))
    'Customers = forward'
    """
    sides = [side.strip().strip("'\"") for side in re.split(r"={1,2}", text)]
    left, right = sides if len(sides) == 2 else (sides[0], "0")
    return f"{words.of(left)} = {words.of(right)}"


def _numbers(found: WaldTest, words: Words) -> tuple[str, ...]:
    verdict = "rejected" if found.p_value < LEVEL else "kept"
    return (
        fixed(found.f, 2),
        f"{found.df[0]}, {count(found.df[1])}",
        p_value(found.p_value),
        words.say(f"restriction.{verdict}"),
    )


def _compared(p: float) -> str:
    """A p-value with its sign of comparison."""
    return "< 0.001" if p < 0.001 else f"= {fixed(p, 3)}"
