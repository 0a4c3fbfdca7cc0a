"""Monte Carlo: bias, spread and coverage of anything that returns an estimate and its error."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spillover.errors import SpecificationError
from spillover.typing import FloatVector

CRITICAL = 1.959963984540054
"""0.975 quantile of the standard normal distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class MonteCarloTable:
    """Estimates of one number over repeated draws, beside the truth."""

    truth: float
    """The planted value."""

    estimates: FloatVector
    """(draws,) estimates."""

    errors: FloatVector
    """(draws,) standard errors."""

    critical: float = CRITICAL
    """Half width of a confidence interval in standard errors."""

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.estimates)

    @property
    def bias(self) -> float:
        """Mean estimate minus the truth."""
        return float(np.mean(self.estimates) - self.truth)

    @property
    def spread(self) -> float:
        """Standard deviation of the estimates."""
        return float(np.std(self.estimates, ddof=1))

    @property
    def mean_error(self) -> float:
        """Mean standard error."""
        return float(np.mean(self.errors))

    @property
    def coverage(self) -> float:
        """Share of intervals that hold the truth."""
        return float(np.mean(np.abs(self.estimates - self.truth) <= self.critical * self.errors))

    @property
    def rejection(self) -> float:
        """Share of draws in which the hypothesis of no effect is rejected."""
        return float(np.mean(np.abs(self.estimates) > self.critical * self.errors))

    def text(self, label: str = "estimate") -> str:
        """The table as lines of text.

        Parameters
        ----------
        label : str
            What was estimated.
        """
        noise = self.spread / np.sqrt(self.draws)
        return "\n".join(
            (
                f"{label}: {self.draws} draws, truth {self.truth:.3f}",
                f"  mean estimate     {np.mean(self.estimates):9.4f}",
                f"  bias              {self.bias:9.4f}   (simulation error {noise:.4f})",
                f"  sd of estimates   {self.spread:9.4f}",
                f"  mean std. error   {self.mean_error:9.4f}",
                f"  95 % coverage     {100 * self.coverage:8.1f}%",
                f"  rejects no effect {100 * self.rejection:8.1f}%",
            )
        )


def monte_carlo(
    draws: int,
    seed: int,
    simulate_one: Callable[[np.random.Generator], tuple[float, float]],
    truth: float,
) -> MonteCarloTable:
    """Estimates and standard errors over independent draws.

    Parameters
    ----------
    draws : int
        Number of draws, at least two.
    seed : int
        Seed of all draws; each draw has its own stream, so that any one can be repeated.
    simulate_one : callable
        Takes a generator, returns an estimate and its standard error.
    truth : float
        The planted value.

    Examples
    --------
    >>> def mean_of_ten(rng):
    ...     values = rng.normal(1.0, 1.0, 10)
    ...     return values.mean(), values.std(ddof=1) / 10**0.5
    >>> table = monte_carlo(200, 1, mean_of_ten, truth=1.0)
    >>> abs(table.bias) < 0.1
    True
    """
    if draws < 2:
        raise SpecificationError(
            "Expected at least two draws.", f"Found {draws}.", "Coverage needs hundreds."
        )
    streams = np.random.SeedSequence(seed).spawn(draws)
    results = np.array([simulate_one(np.random.default_rng(stream)) for stream in streams])
    results.setflags(write=False)
    return MonteCarloTable(truth, results[:, 0], results[:, 1])
