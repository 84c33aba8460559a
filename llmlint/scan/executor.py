"""A pure function + chunks of files → its results in order, here, in processes, or on the cluster of the caller."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor

In = TypeVar("In")
Out = TypeVar("Out")


def processors() -> int:
    """Those that this process may use, not all that the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


def run(
    function: Callable[[In], Out], chunks: Sequence[In], jobs: int = 0, executor: Executor | None = None
) -> Iterator[Out]:
    """`function` and its chunks must be picklable where more than one process is used. jobs 0: one per processor."""
    if executor is not None:  # a Dask client's `get_executor()`, for instance
        yield from executor.map(function, chunks)
        return
    jobs = min(jobs or processors(), len(chunks))
    if jobs <= 1:
        yield from map(function, chunks)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(function, chunks)
