"""Work on ranges of rows in threads; results never depend on how many there are."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from spillover.typing import FloatVector, IntVector


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
