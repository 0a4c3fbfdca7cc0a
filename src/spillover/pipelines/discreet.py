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
    if not names:
        return text
    telling = {name for name in names if not (name.isdecimal() and len(name) < 6)}
    listed = re.sub(r"\((?!rows |years )[^()]*\)|'[^']*'", lambda found: _cases(found, names), text)
    words = re.split(r"([\s,.;()'\"]+)", listed)
    return "".join(HIDDEN if word in telling else word for word in words)


def _cases(found: re.Match[str], names: frozenset[str]) -> str:
    parts = re.split(r"(, | in | and | \| )", found[0][1:-1])
    inside = "".join(HIDDEN if part in names else part for part in parts)
    return f"{found[0][0]}{inside}{found[0][-1]}"


def _names(tables: Tables) -> frozenset[str]:
    frames = tables.frames.values()
    columns = (frame[name].dropna() for frame in frames for name in NAMES if name in frame)
    return frozenset(str(name) for column in columns for name in column.unique())
