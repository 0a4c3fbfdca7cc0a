"""Work in threads, on ranges of rows or on draws; results never depend on how many there are."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from spillover.typing import FloatVector, IntVector

Item = TypeVar("Item")
Found = TypeVar("Found")


def in_ranges(work: Callable[[int, int], None], cost: FloatVector | IntVector) -> None:
    """Call ``work(start, stop)`` on consecutive ranges of items of about equal cost.

    Parameters
    ----------
    work : callable
        Writes only to the items of its range, and releases the lock while it runs.
    cost : (m,)
        Relative cost of each item, not negative.
    """
    size, workers = len(cost), os.cpu_count() or 1
    spent = np.cumsum(cost, dtype=np.float64)
    if workers == 1 or not size or spent[-1] < 100_000:
        work(0, size)
        return
    tasks = 4 * workers
    cuts = np.searchsorted(spent, spent[-1] * np.arange(1, tasks) / tasks)
    bounds = np.unique(np.concatenate(([0], cuts, [size])))
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, bounds[:-1].tolist(), bounds[1:].tolist()))


def in_order(work: Callable[[Item], Found], items: Sequence[Item], threads: int) -> Iterator[Found]:
    """Results of ``work`` in the order of the items, whichever is done first.

    Parameters
    ----------
    work : callable
        Its result depends on its item alone.
    items : sequence
        What to work on.
    threads : int
        How many items are worked on at once.
    """
    if threads == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, items)
