"""Seconds of a task, as benchmarks beside a peer report them."""

import time
from collections.abc import Callable
from statistics import median


def seconds(task: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Median CPU and wall seconds of a task."""
    cpu, wall = [], []
    for _ in range(repeat):
        start_cpu, start_wall = time.process_time(), time.perf_counter()
        task()
        cpu.append(time.process_time() - start_cpu)
        wall.append(time.perf_counter() - start_wall)
    return median(cpu), median(wall)
