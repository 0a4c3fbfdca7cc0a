"""Numbers as a reader wants to see them."""

import math
from collections.abc import Iterable

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"
MOST_DECIMALS = 8


def fixed(value: float | None, decimals: int = 3) -> str:
    """A number with a fixed number of decimals, thousands separated.

    Parameters
    ----------
    value : float or None
        Number; ``None`` and NaN give a dash.
    decimals : int
        Digits after the point.

    Examples
    --------
    >>> fixed(-1234.5, 2)
    '−1,234.50'
    >>> fixed(-0.0001, 2)
    '0.00'
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        return f"{MINUS}{text[1:]}" if any(digit in text for digit in "123456789") else text[1:]
    return text


def count(value: float | None) -> str:
    """A whole number with thousands separated."""
    return fixed(value, 0)


def decimals_for(errors: Iterable[float], least: int) -> int:
    """Decimals at which every standard error keeps two significant digits.

    Parameters
    ----------
    errors : iterable of float
        Standard errors of one row; zeros and NaN do not count.
    least : int
        Decimals that are shown in any case.

    Examples
    --------
    >>> decimals_for([0.012, 0.2], 3)
    3
    >>> decimals_for([0.00021], 3)
    5
    """
    positive = [e for e in errors if math.isfinite(e) and e > 0]
    needed = [1 - math.floor(math.log10(e)) for e in positive]
    return min(max([least, *needed]), max(least, MOST_DECIMALS))


def p_value(value: float | None) -> str:
    """A p-value with three decimals, or a bound when it is smaller.

    >>> p_value(0.00004)
    '< 0.001'
    """
    if value is None or math.isnan(value):
        return MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def stars(p: float) -> str:
    """Stars of a p-value at 1, 5 and 10 percent.

    >>> stars(0.03)
    '**'
    """
    if math.isnan(p):
        return ""
    return "*" * ((p < 0.10) + (p < 0.05) + (p < 0.01))
