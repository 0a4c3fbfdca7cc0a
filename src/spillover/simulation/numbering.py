"""Identifiers of simulated entities, with a check digit computed digit by digit."""

import numpy as np

PREFIX = "99"
"""First digits of every simulated base number, so that hardly any belongs to a real entity."""


def check_digit(base: str) -> int:
    """Check digit of a corporate number: 9 minus the weighted digit sum modulo 9.

    Digits count from the right; odd places weigh 1 and even places 2.

    Parameters
    ----------
    base : str
        Twelve digits.

    Examples
    --------
    >>> check_digit("123456789012")
    7
    """
    total = 0
    for place, digit in enumerate(reversed(base), start=1):
        total += int(digit) * (1 if place % 2 else 2)
    return 9 - total % 9


def corporate_numbers(count: int, rng: np.random.Generator) -> list[str]:
    """Different corporate numbers of thirteen digits with valid check digits."""
    bases = rng.choice(10**10, count, replace=False) if count < 10**6 else np.arange(count)
    numbers = []
    for value in bases:
        base = f"{PREFIX}{int(value):010d}"
        numbers.append(f"{check_digit(base)}{base}")
    return numbers


def firm_ids(count: int, letter: str = "F") -> list[str]:
    """Identifiers such as ``F0001``, wide enough to sort as they count."""
    width = max(4, len(str(count)))
    return [f"{letter}{number:0{width}d}" for number in range(1, count + 1)]
