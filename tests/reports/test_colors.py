"""Figures are legible in grey, and to readers who see fewer colors."""

import re
from itertools import combinations, pairwise

import numpy as np
import pytest

from spillover.reports.figures.coefficients import LOOK
from spillover.reports.figures.matrix import Matrix
from spillover.reports.figures.over_time import OverTime, Series
from spillover.reports.figures.style import DASHES, MARKERS, PAPER, SERIES, SHADES

BLIND = {
    # Viénot, Brettel and Mollon (1999), linear RGB; tritanopia after Machado et al. (2009).
    "protanopia": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deuteranopia": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(color: str) -> np.ndarray:
    """Linear red, green and blue of a color such as #0b5fa5."""
    parts = np.array([int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65."""
    xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ) @ np.clip(rgb, 0, 1)
    t = xyz / [0.9505, 1.0, 1.089]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_shades_become_darker_step_by_step_in_grey() -> None:
    steps = [contrast(light, dark) for light, dark in pairwise(SHADES)]
    assert [luminance(shade) for shade in SHADES] == sorted(map(luminance, SHADES), reverse=True)
    assert min(steps) > 1.25


@pytest.mark.parametrize("kind", BLIND)
def test_shades_become_darker_step_by_step_to_the_color_blind(kind: str) -> None:
    seen = [lab(np.array(BLIND[kind]) @ linear(shade))[0] for shade in SHADES]
    assert all(light - dark > 8 for light, dark in pairwise(seen))


def test_lines_stand_out_from_paper() -> None:
    assert min(contrast(color, PAPER) for color in SERIES) >= 3.0


def test_lines_differ_in_dashes_and_in_markers_where_grey_hides_their_colors() -> None:
    assert len(set(DASHES)) == len(set(MARKERS)) == len(SERIES)
    lines = tuple(Series(f"line {k}", (k + 0.0, k + 1.0)) for k in range(len(SERIES)))
    svg = OverTime("t", "c", "a", (2020, 2021), lines, "share").render("svg").decode()
    drawn = re.findall(r'<path d="[^"]*"([^>]*stroke-width="2"[^>]*)/?>', svg)
    dashes = {tuple(re.findall(r'stroke-dasharray="[^"]*"', line)) for line in drawn}
    assert len(dashes) == len(SERIES)
    assert len(set(re.findall(r"t-m\w+", svg))) >= len(SERIES)


def test_estimates_of_different_roles_differ_without_color() -> None:
    marks = {
        role: (marker, face == PAPER, round(luminance(color), 2))
        for role, (color, marker, face) in LOOK.items()
    }
    assert marks["naive"][:2] != marks["main"][:2]
    assert contrast(LOOK["main"][0], LOOK["robustness"][0]) > 1.5


@pytest.mark.parametrize("kind", BLIND)
def test_lines_differ_to_the_color_blind(kind: str) -> None:
    """A distance of ten is seen at a glance; where it is less, dashes and markers tell."""
    seen = [lab(np.array(BLIND[kind]) @ linear(color)) for color in SERIES]
    near = [k for k, (a, b) in enumerate(combinations(seen, 2)) if np.linalg.norm(a - b) < 10]
    assert near == []


def test_numbers_on_shades_can_be_read() -> None:
    values = tuple(tuple(float(4**i) for _ in range(4)) for i in range(4))
    figure = Matrix("m", "c", "a", labels=tuple("abcd"), values=values, axes=("from", "to"))
    svg = figure.render("svg").decode()
    cells = re.findall(r'fill="(#\w+)"[^>]*stroke="#b9c1c9"', svg)
    assert len(set(cells)) >= 3
