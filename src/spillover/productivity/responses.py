"""Responses of productivity over the years to a change of an exposure, by the law of motion."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spillover.errors import IdentificationError
from spillover.numerics.markov import Law
from spillover.productivity.block import Block, Process
from spillover.productivity.effects import Effects, gradient
from spillover.productivity.law import build_law
from spillover.typing import FloatMatrix, FloatVector, IntVector

FAR = 10.0
"""How many standard deviations from its mean productivity may be led before paths are refused."""


@dataclass(frozen=True, slots=True)
class Path:
    """Which responses are asked for."""

    horizons: tuple[int, ...]
    """Years after the exposure."""

    change: float = 1.0
    """Change of the exposure."""

    lasting: bool = False
    """Whether the exposure stays changed, or for one year only."""

    quantiles: tuple[float, ...] = ()
    """Quantiles of past productivity from which responses are reported as well."""


def responses_of(block: Block, exposures: tuple[str, ...], path: Path) -> Effects:
    """Mean response over pairs of years, and from quantiles of past productivity.

    Two paths without further news start from the same past productivity, one with the exposure
    changed. In a linear law the response to a change for one year after h years is the effect
    times persistence to the power h - 1.

    Parameters
    ----------
    block : Block
        An estimated production function with exposures in its law of motion.
    exposures : tuple of str
        Names of the exposures.
    path : Path
        Horizons, change and quantiles.

    Raises
    ------
    IdentificationError
        The law of motion leads productivity far out of the range of the data.
    """
    process = block.process
    assert process is not None  # noqa: S101 - the caller reports its effects first
    names = _names(process, exposures, path)
    if not names:
        return Effects((), np.zeros(0), np.zeros((len(block.rows), 0)), 0.0)
    gamma = block.parameters.values[process.gamma]
    omega = block.productivity[process.before]
    pairs = [_Pair.of(process, j, path.change) for j in range(len(exposures))]
    middle = [_Pair.of(_typical(process), j, path.change) for j in range(len(exposures))]
    at = _ranks(omega, path.quantiles)

    def functional(coefficients: Any, lagged: Any) -> list[Any]:  # noqa: ANN401 - real or complex
        found: list[Any] = []
        for j, pair in enumerate(pairs):
            found += [one.mean() for one in pair.responses(coefficients, lagged, path)]
            if _curved(process, j):
                for row in at:
                    found += list(middle[j].responses(coefficients, lagged[[row]], path))
        return [np.asarray(one).reshape(-1)[0] for one in found]

    values = np.array([float(np.real(value)) for value in functional(gamma, omega)])
    influence = block.parameters.influence @ gradient(functional, block, gamma, omega).T
    return Effects(names, values, influence, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """The law of motion as it is, and with one exposure changed."""

    as_is: Law
    """The law on the exposures of the data."""

    changed: Law
    """The law with one exposure changed."""

    @classmethod
    def of(cls, process: Process, exposure: int, change: float) -> "_Pair":
        """From a process and the change of one exposure."""
        moved = process.exposures.copy()
        moved[:, exposure] += change
        multipliers = process.law.multipliers.copy()
        own = build_law(process.terms, moved, process.capacity, *_no_dummies(len(moved)))
        multipliers[:, : len(process.terms)] = own.multipliers
        return cls(process.law, replace(process.law, multipliers=multipliers))

    def responses(self, gamma: Any, omega: Any, path: Path) -> list[Any]:  # noqa: ANN401
        """The gap between both paths at every horizon asked for."""
        base, moved, found = omega, omega, {}
        for h in range(1, max(path.horizons) + 1):
            law = self.changed if path.lasting or h == 1 else self.as_is
            base, moved = self.as_is.columns(base)[0] @ gamma, law.columns(moved)[0] @ gamma
            _refuse_far(np.real(moved), self.as_is)
            found[h] = moved - base
        return [found[h] for h in path.horizons]


def _refuse_far(omega: FloatVector, law: Law) -> None:
    """Refuse paths that leave the data before a polynomial explodes."""
    far = np.abs(omega - law.centre) > FAR * law.scale
    if far.any():
        raise IdentificationError(
            f"Expected paths of productivity within {FAR:g} standard deviations of its mean.",
            f"Found {int(far.sum()):,} of {len(omega):,} that leave them.",
            "Ask for shorter horizons or a smaller change, or lower the degree of the law of "
            "motion.",
        )


def _typical(process: Process) -> Process:
    """One pair with the mean exposures, capacity and dummies."""
    exposures, capacity, multipliers = (
        one.mean(axis=0, keepdims=True)
        for one in (process.exposures, process.capacity, process.law.multipliers)
    )
    own = build_law(process.terms, exposures, capacity, *_no_dummies(1))
    multipliers[:, : len(process.terms)] = own.multipliers
    law = replace(process.law, multipliers=multipliers)
    return replace(process, law=law, exposures=exposures, capacity=capacity)


def _no_dummies(rows: int) -> tuple[FloatMatrix, tuple[str, ...]]:
    return np.zeros((rows, 0)), ()


def _ranks(omega: FloatVector, quantiles: tuple[float, ...]) -> IntVector:
    order = np.argsort(omega, kind="stable")
    return order[[round(q * (len(order) - 1)) for q in quantiles]]


def _curved(process: Process, exposure: int) -> bool:
    """Whether the response depends on where productivity starts."""
    own = any(term.exposure == exposure and term.power for term in process.terms)
    return own or any(term.power > 1 for term in process.terms)


def _names(process: Process, exposures: tuple[str, ...], path: Path) -> tuple[str, ...]:
    names: list[str] = []
    for j, name in enumerate(exposures):
        moved = name if path.change == 1 else f"{path.change:g} * {name}"
        moved = f"lasting {moved}" if path.lasting else moved
        after = [f"{moved} after {h} year{'s' * (h > 1)}" for h in path.horizons]
        names += after
        if _curved(process, j):
            names += [f"{text} at quantile {q:g}" for q in path.quantiles for text in after]
    return tuple(names)
