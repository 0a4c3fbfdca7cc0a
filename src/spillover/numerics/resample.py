"""Seeded random weights for resampling, and all of them when they are few."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

import numpy as np

from spillover.typing import FloatMatrix

WildWeights: TypeAlias = Literal["rademacher", "webb", "mammen"]
BLOCK = 1_000_000
"""Greatest number of weights in memory at once (at least 16 draws)."""

_GOLDEN = float((1 + np.sqrt(5)) / 2)
_WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])


def enumerable(groups: int, draws: int, kind: WildWeights) -> bool:
    """Whether all sign vectors are no more than the draws, so that they replace them."""
    return kind == "rademacher" and groups < 30 and 2**groups <= draws


def wild_blocks(groups: int, draws: int, kind: WildWeights, seed: int) -> Iterator[FloatMatrix]:
    """Blocks of independent weights with mean zero and variance one, each (G, block).

    All 2^G sign vectors are given instead when they are no more than ``draws``.

    Parameters
    ----------
    groups : int
        G; weights belong to groups in their order.
    draws : int
        Total number of columns over all blocks.
    kind : {"rademacher", "webb", "mammen"}
        Two points of equal size; six points; two points that match the third moment.
    seed : int
        Seed of the generator.

    References
    ----------
    Davidson and Flachaire (2008); Webb (2023); Mammen (1993).
    """
    size = max(16, BLOCK // max(groups, 1))
    if enumerable(groups, draws, kind):
        for start in range(0, 2**groups, size):
            yield sign_vectors(groups, start, min(start + size, 2**groups))
        return
    rng = np.random.default_rng(seed)
    for start in range(0, draws, size):
        yield _random(rng, kind, (groups, min(size, draws - start)))


def sign_vectors(groups: int, start: int, stop: int) -> FloatMatrix:
    """The sign vectors with numbers start to stop - 1 as columns, (G, stop - start); 0 is all +1.

    Examples
    --------
    >>> sign_vectors(2, 0, 4).astype(int).tolist()
    [[1, -1, 1, -1], [1, 1, -1, -1]]
    """
    numbers = np.arange(start, stop, dtype=np.int64)
    bits = (numbers[None, :] >> np.arange(groups, dtype=np.int64)[:, None]) & 1
    return np.asarray(1 - 2 * bits, dtype=np.float64)


def _random(rng: np.random.Generator, kind: WildWeights, shape: tuple[int, int]) -> FloatMatrix:
    if kind == "webb":
        return np.asarray(_WEBB[rng.integers(0, 6, shape, dtype=np.int8)])
    if kind == "mammen":
        likely = rng.random(shape) < _GOLDEN / np.sqrt(5)
        return np.asarray(np.where(likely, 1 - _GOLDEN, _GOLDEN))
    return np.asarray(2 * rng.integers(0, 2, shape, dtype=np.int8) - 1, dtype=np.float64)
