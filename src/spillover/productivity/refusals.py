"""Columns that no estimator of productivity can use, refused by name."""

from collections.abc import Sequence

import numpy as np

from spillover.errors import IdentificationError, SpecificationError
from spillover.productivity.inputs import Inputs
from spillover.typing import FloatMatrix, FloatVector

EXACT = 1e-10
"""Share of its spread below which what is left of a column is rounding."""


def refuse_exact_output(y: FloatVector, x: FloatMatrix, data: Inputs) -> None:
    """Refuse output that never varies, or is a function of the inputs alone."""
    spread = float(np.sum((y - y.mean()) ** 2))
    if spread <= EXACT * max(1.0, float(np.abs(y).max())) ** 2:
        found = f"one value in {len(y):,} rows"
    else:
        design = np.column_stack([np.ones(len(y)), x])
        left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        exact = float(left @ left) < EXACT**2 * spread
        if not exact or len(y) <= design.shape[1]:
            return
        found = "that output is an exact function of the inputs"
    raise IdentificationError(
        f"Expected output that varies at given inputs{data.where}.",
        f"Found {found}.",
        "Nothing is left for productivity: check which column is output.",
    )


def refuse_without_own_variation(
    left: FloatMatrix, raw: FloatMatrix, names: Sequence[str], data: Inputs
) -> None:
    """Refuse columns of which nothing is left once states and proxies are held fixed."""
    spread = np.linalg.norm(raw - raw.mean(axis=0), axis=0)
    gone = np.linalg.norm(left, axis=0) < 1e-8 * spread
    if gone.any():
        listed = ", ".join(name for name, lost in zip(names, gone, strict=True) if lost)
        raise IdentificationError(
            f"Expected inputs that vary at given states and proxies{data.where}.",
            f"Found no variation of {listed} of its own.",
            "It is a function of states and proxies, in the same year or the year before, so that "
            "its elasticity is not identified: use another proxy, or drop an input that never "
            "changes within firms.",
        )


def refuse_few_firms(data: Inputs, parameters: int) -> None:
    """Refuse an estimate from no more firms than parameters: errors clustered by firm need more."""
    firms = len(np.unique(data.panel.codes[data.rows]))
    if firms <= parameters:
        raise IdentificationError(
            f"Expected more firms than parameters{data.where}.",
            f"Found {firms:,} firms ({len(data.rows):,} firm-years) and {parameters} parameters.",
            "Pool industries, or leave small ones out with a filter.",
        )


def refuse_alike(x: FloatMatrix, names: Sequence[str], data: Inputs) -> None:
    """Refuse inputs that are linear functions of one another, by name."""
    own = (x - x.mean(axis=0)) / x.std(axis=0)
    for j in range(1, len(names)):
        slopes = np.linalg.lstsq(own[:, :j], own[:, j], rcond=None)[0]
        left = own[:, j] - own[:, :j] @ slopes
        if np.linalg.norm(left) < 1e-8 * np.sqrt(len(x)):
            others = [name for name, b in zip(names, slopes, strict=False) if abs(b) > 1e-6]
            raise IdentificationError(
                f"Expected inputs that are not functions of one another{data.where}.",
                f"Found that {names[j]} is a linear function of {', '.join(others)} in logs.",
                "Their elasticities cannot be told apart: drop one of them.",
            )


def refuse_quantities(owner: str, quantities: Sequence[str]) -> None:
    """Refuse an empty list of inputs, and one with repetitions."""
    twice = sorted({one for one in quantities if list(quantities).count(one) > 1})
    if twice or not quantities:
        raise SpecificationError(
            f"{owner}: expected a list of different inputs.",
            f"Found {', '.join(twice)} twice." if twice else "Found an empty list.",
            "Write every input of the technology once.",
        )
