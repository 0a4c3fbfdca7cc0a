"""Why cells could not be read as numbers, dates or truth values."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_ABSENT = frozenset({"na", "n/a", "nan", "null", "none", "-", "--", ".", "…", "x", "***"})


def reading_advice(cells: Sequence[str], kind: str, *, typed: bool) -> str:
    """What the first unreadable cells look like, most frequent first; empty when unclear.

    Parameters
    ----------
    cells : sequence of str
        Unreadable cells.
    kind : str
        Type that was expected.
    typed : bool
        Whether the column came with a type of its own instead of text.

    Examples
    --------
    >>> reading_advice(["1,000", "１２", "2,000"], "number", typed=False)
    'thousands separators: 2, full-width characters: 1'
    """
    if typed and kind == "string":
        return "a column of numbers: leading zeros may be lost"
    seen = Counter(_look(cell, kind) for cell in cells)
    return ", ".join(f"{word}: {count:,}" for word, count in seen.most_common(3) if word)


def _look(cell: str, kind: str) -> str:
    """What kept one cell from being read; empty when nothing stands out."""
    plain = cell.strip()
    if plain.lower() in _ABSENT:
        return "words for missing values"
    if unicodedata.normalize("NFKC", plain) != plain:
        return "full-width characters"
    return _number_like(cell, plain, kind) if kind in ("number", "integer") else ""


def _number_like(cell: str, plain: str, kind: str) -> str:
    looks = [
        (_THOUSANDS.fullmatch(plain) is not None, "thousands separators"),
        (_COMMA.fullmatch(plain) is not None, "decimal commas"),
        (plain.endswith("%"), "per cent signs"),
        (plain != cell, "blanks"),
        (any(letter.isalpha() for letter in plain), "letters"),
        (kind == "integer" and "." in plain, "fractions"),
    ]
    return next((word for holds, word in looks if holds), "")
