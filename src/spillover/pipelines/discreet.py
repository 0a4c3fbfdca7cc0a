"""Errors of a confidential study name no firm."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from spillover.errors import SpilloverError
from spillover.pipelines.study import Study
from spillover.tables.tables import Tables

NAMES = (
    "firm_id",
    "supplier_id",
    "customer_id",
    "owner_id",
    "group_id",
    "corporate_number",
    "name",
    "name_kana",
    "name_en",
)
"""Columns that say who a firm is."""

HIDDEN = "a firm"
"""What stands in the place of a name."""


@contextmanager
def discreet(study: Study, tables: Tables) -> Iterator[None]:
    """Errors within, without identifiers of firms while the study is confidential.

    Parameters
    ----------
    study : Study
        The study.
    tables : Tables
        Its tables, which know the identifiers.
    """
    try:
        yield
    except SpilloverError as error:
        told = (error.expected, error.found, error.action)
        names = _names(tables) if study.report.confidential else frozenset()
        veiled = tuple(veil(part, names) for part in told)
        if veiled == told:
            raise
        action = f"{veiled[2]} Identifiers are hidden while report.confidential is true."
        raise type(error)(veiled[0], veiled[1], action.strip()) from None


def veil(text: str, names: frozenset[str]) -> str:
    """A part of a message without names of firms.

    Parameters
    ----------
    text : str
        One of the three parts.
    names : frozenset of str
        Identifiers. A short plain number may be a count, and is hidden in lists of cases only.
    """
    telling = {n for n in names - {""} if n in text and not (n.isdecimal() and len(n) < 6)}
    longest = sorted(telling, key=lambda name: (-len(name), name))
    either = "|".join(re.escape(name) for name in longest)
    told = re.sub(rf"(?<!\w)(?:{either})(?!\w)", HIDDEN, text) if either else text
    return re.sub(r"\((?!rows |years )[^()]*\)|'[^']*'", lambda found: _cases(found, names), told)


def _cases(found: re.Match[str], names: frozenset[str]) -> str:
    """Cases of a list, where short plain numbers are identifiers too."""
    parts = re.split(r"(, | in | and | \| )", found[0][1:-1])
    inside = "".join(HIDDEN if part and part in names else part for part in parts)
    return f"{found[0][0]}{inside}{found[0][-1]}"


def _names(tables: Tables) -> frozenset[str]:
    frames = tables.frames.values()
    columns = (frame[name].dropna() for frame in frames for name in NAMES if name in frame)
    return frozenset(str(name) for column in columns for name in column.unique())
