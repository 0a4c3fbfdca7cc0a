"""What an exposure does to productivity: functions of an estimated law of motion.

Every effect is a number that depends on the parameters through the coefficients of the law and
through lagged productivity itself; its gradient is taken by complex steps through both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from spillover.errors import IdentificationError, SpecificationError
from spillover.numerics.markov import powers_of
from spillover.numerics.stacked import STEP
from spillover.productivity.block import Block, Process
from spillover.productivity.law import Term, multiplier
from spillover.typing import FloatMatrix, FloatVector, IntVector


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """k numbers with their influence on the rows of a block."""

    names: tuple[str, ...]
    """k names."""

    values: FloatVector
    """(k,) numbers."""

    influence: FloatMatrix
    """(m, k) influence of each row of the block."""

    unstable: float
    """Share of pairs at which the law of motion does not revert to its mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """A law of motion on some pairs, at parameters that may be complex."""

    process: Process
    """Terms and exposures."""

    gamma: Any
    """(c,) coefficients."""

    omega: Any
    """(r,) lagged productivity."""

    pairs: IntVector
    """(r,) which pairs."""

    def term(
        self, term: Term, at: int, *, by_omega: bool = False, by_exposure: bool = False
    ) -> Any:  # noqa: ANN401 - real or complex
        """One column times its coefficient, or its derivative."""
        law, process = self.process.law, self.process
        z = (self.omega - law.centre) / law.scale
        ladder = powers_of(z, max(term.power, 1))
        value = ladder[term.power]
        if by_omega:
            value = term.power / law.scale * ladder[max(term.power - 1, 0)]
        fixed = multiplier(
            term,
            process.exposures[self.pairs],
            process.capacity[self.pairs],
            len(self.pairs),
            slope=by_exposure,
        )
        return self.gamma[at] * value * fixed

    def slope(self, exposure: int, *, by_omega: bool = False) -> Any:  # noqa: ANN401 - real or complex
        """(r,) derivative in an exposure, or the cross derivative with productivity."""
        own = [(j, t) for j, t in enumerate(self.process.terms) if t.exposure == exposure]
        parts = [self.term(t, j, by_omega=by_omega, by_exposure=True) for j, t in own]
        return np.sum(parts, axis=0)

    def persistence(self) -> Any:  # noqa: ANN401 - real or complex
        """(r,) derivative in lagged productivity."""
        return np.sum(
            [self.term(t, j, by_omega=True) for j, t in enumerate(self.process.terms)], axis=0
        )


Functional = Callable[[Any, Any], list[Any]]


def effects_of(block: Block, exposures: tuple[str, ...], quantiles: tuple[float, ...]) -> Effects:
    """Short-run, long-run and heterogeneous effects of the exposures of a block.

    Parameters
    ----------
    block : Block
        An estimated production function whose law of motion has exposures.
    exposures : tuple of str
        Names of the exposures.
    quantiles : tuple of float
        Where in the distribution of lagged productivity effects are reported.

    Raises
    ------
    SpecificationError
        The law of motion has no exposures.
    IdentificationError
        The law does not revert to its mean, so that a long-run effect does not exist.
    """
    process = block.process
    if process is None or not exposures:
        raise SpecificationError(
            "Expected productivity with an exposure in its law of motion.",
            "Found none.",
            "Measure it with law = LawOfMotion(exposures = [...], shifters = [...]).",
        )
    if any(term.second for term in process.terms):
        raise SpecificationError(
            "Expected a law of motion without a survival probability.",
            "Found one: persistence then differs with the chance of exit.",
            "Measure productivity without survival to report effects of exposures.",
        )
    gamma = block.parameters.values[process.gamma]
    omega = block.productivity[process.before]
    ranks = np.argsort(omega, kind="stable")
    at = ranks[[round(q * (len(ranks) - 1)) for q in quantiles]]
    slopes = Evaluated(process, gamma, omega, np.arange(len(omega))).persistence()
    _refuse_unit_root(float(slopes.mean()))

    def functional(coefficients: Any, lagged: Any) -> list[Any]:  # noqa: ANN401 - real or complex
        return _numbers(process, coefficients, lagged, at)

    names = _names(process, exposures, quantiles)
    values = np.array([np.real(value) for value in functional(gamma, omega)])
    influence = block.parameters.influence @ gradient(functional, block, gamma, omega).T
    return Effects(names, values, influence, float(np.mean(np.abs(slopes) >= 1)))


def _refuse_unit_root(persistence: float) -> None:
    if abs(persistence) >= 1:
        raise IdentificationError(
            "Expected productivity that reverts to its mean, to speak of a long run.",
            f"Found a mean persistence of {persistence:.3f}.",
            "Check the degree of the law of motion and the units of output.",
        )


def _names(
    process: Process, exposures: tuple[str, ...], quantiles: tuple[float, ...]
) -> tuple[str, ...]:
    names = ["persistence"]
    for j, name in enumerate(exposures):
        names += [name, f"{name} in the long run"]
        own = [term for term in process.terms if term.exposure == j]
        if any(term.power for term in own):
            names.append(f"{name} * productivity")
            names += [f"{name} at quantile {q:g}" for q in quantiles]
        capacities = [process.terms[i].name for i in _capacities(process, j)]
        names += [text.replace("*", " * ") for text in capacities]
    return tuple(names)


def _capacities(process: Process, exposure: int) -> list[int]:
    return [
        i
        for i, term in enumerate(process.terms)
        if term.exposure == exposure and term.capacity >= 0
    ]


def _numbers(process: Process, gamma: Any, omega: Any, at: IntVector) -> list[Any]:  # noqa: ANN401
    law = Evaluated(process, gamma, omega, np.arange(len(omega)))
    persistence = law.persistence()
    found = [persistence.mean()]
    for j in range(process.exposures.shape[1]):
        short = law.slope(j)
        found += [short.mean(), short.mean() / (1.0 - persistence.mean())]
        if any(term.power for term in process.terms if term.exposure == j):
            found.append(law.slope(j, by_omega=True).mean())
            found += list(short[at])
        found += [gamma[i] for i in _capacities(process, j)]
    return found


def gradient(
    functional: Functional, block: Block, gamma: FloatVector, omega: FloatVector
) -> FloatMatrix:
    """(k, P) gradient through the coefficients of the law and through lagged productivity.

    Parameters
    ----------
    functional : callable
        k numbers from coefficients of the law (c,) and lagged productivity (n2,).
    block : Block
        The estimated production function.
    gamma, omega : (c,), (n2,)
        Where the gradient is taken.
    """
    process, parameters = block.process, block.parameters
    assert process is not None  # noqa: S101 - checked by the caller
    moved_by = parameters.derivative[process.before]
    columns = []
    for j in range(len(parameters.values)):
        coefficients = gamma.astype(np.complex128)
        inside = process.gamma.start <= j < process.gamma.stop
        if inside:
            coefficients[j - process.gamma.start] += 1j * STEP
        lagged = omega + 1j * STEP * moved_by[:, j]
        values = functional(coefficients, lagged)
        columns.append([np.imag(value) / STEP for value in values])
    return np.array(columns).T
