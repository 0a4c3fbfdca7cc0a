"""Design: the protocol of every comparison."""

from typing import Protocol, runtime_checkable

from spillover.numerics.solution import Solution
from spillover.sample import Sample


@runtime_checkable
class Design(Protocol):
    """A comparison that turns a sample into coefficients with their influence function."""

    def solve(self, sample: Sample) -> Solution:
        """Coefficients, influence function and the rows in use."""
        ...
