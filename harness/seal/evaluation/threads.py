"""Threads for work on large arrays: numpy and the kernel let go of Python's lock while they go through one."""
import os
import threading

MOST = 4  # As many CPUs as a Pod of the GPU trainer has. On a shared machine the other runs need theirs.
LARGE_BYTES = 16 << 20  # Below this a second thread saves less than it takes from whoever else computes here.


def wanted(size):
    """How many threads are worth their start for arrays of `size` bytes."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST, cpus) if size > LARGE_BYTES else 1


def each(work, count, threads):
    """Calls `work(numbers)` in this thread and up to `threads` - 1 others; `numbers` gives each of range(count) to one of them.

    Raises what a call has raised. `work` must do the same for a number whoever gets it, so that no bit depends on the threads.
    """
    left, failures = iter(range(count)), []

    def take():
        try:
            work(left)
        except Exception as error:
            failures.append(error)

    others = []
    for _ in range(min(threads, count) - 1):
        other = threading.Thread(target=take)
        try:
            other.start()
        except RuntimeError:
            break  # train.py may have used up the tasks of this container; what is left is then done by fewer.
        others.append(other)
    take()
    for other in others:
        other.join()
    if failures:
        raise failures[0]
