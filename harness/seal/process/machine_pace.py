"""How fast the machine works for train.py just now, and how much reference work a CPU second of it is therefore worth.

A CPU second buys half as many steps where others use caches, cores and clock rate. So now and then the tree stands still,
and this process does work of a fixed size on the core where the tree ran. Nothing that train.py says or does enters into it.
"""
import os
import random
import statistics
import sys
import time

from seal.errors import Refused
from seal.process.standstill import Standstill
from seal.process.yardstick import REFERENCE_SECONDS, Yardstick

EVERY_SECONDS = 0.06  # CPU seconds of train.py between two samples, on average: they cost 3 % of it.
SLOWEST, FASTEST = 1 / 16, 16.0  # More than this is no pace of a machine that the budget was made for.
POSSIBLE = sys.platform == "linux"  # Elsewhere no process can be put on a core, nor its clock be read.


class Pace:
    """Call `look` some twenty times a second, and `counted` whenever the tree's CPU seconds are known."""

    def __init__(self, show):
        """`show(speed)` is told each speed, 1 being the reference's; call this before the tree lives."""
        self._show, self._yardstick, self._dice = show, Yardstick(), random.SystemRandom()
        self._cores = os.sched_getaffinity(0)
        self._yardstick()
        self.speeds, self._fresh = [], []
        self._best = self._speed = self._clipped(self._measured())
        self._cpu = self._reference = 0.0
        self._due_ns, self._unsampled = 0, 0.0
        self._still = None
        show(self._speed)

    def follow(self, root):
        """The tree lives, below the process `root`."""
        self._still = Standstill(root)
        self._still.find()

    def look(self):
        """Takes a sample if one is due. At times that train.py cannot foresee, so that it cannot prepare for them."""
        if self._still.used_ns() < self._due_ns and self._unsampled < 2 * EVERY_SECONDS:
            return
        self._unsampled = 0.0
        measured = self._still.during(lambda: self._measured_on(self._still.core()))
        if measured is None:
            speed = self._best  # Something disturbed the sample: it must not gain by that.
        else:
            speed = self._clipped(measured)
            self._best = max(self._best, speed)
            self.speeds.append(speed)
        self._speed = speed
        self._fresh.append(speed)
        self._show(speed)
        self._due_ns = self._still.used_ns() + int(EVERY_SECONDS * (0.5 + self._dice.random()) * 1e9)

    def counted(self, cpu_seconds):
        """Reference seconds that all `cpu_seconds` of the tree are worth so far."""
        speed = statistics.mean(self._fresh) if self._fresh else self._speed
        self._reference += (cpu_seconds - self._cpu) * speed
        self._unsampled += cpu_seconds - self._cpu  # Also by processes that were not known yet.
        self._cpu = cpu_seconds
        self._fresh.clear()
        return self._reference

    @property
    def mean(self):
        """Reference seconds for each CPU second, over the whole run."""
        return self._reference / self._cpu if self._cpu > 0 else self._speed

    @property
    def sentence(self):
        return (f"pace {self.mean:.2f} of the reference in {len(self.speeds)} samples: "
                f"{self._cpu:.2f} CPU seconds count as {self._reference:.2f}")

    def check(self):
        """Raises Refused where no correction can be trusted."""
        if self.speeds and not SLOWEST < self.mean < FASTEST:
            raise Refused("pace", f"this machine works at {self.mean:.2f} of the reference's pace, and only {SLOWEST:g} to {FASTEST:g} "
                                  "can be corrected; free it of other work, or use a lane with the clock wall")

    def _clipped(self, speed):
        return min(max(speed, SLOWEST), FASTEST)

    def _measured(self):
        began = time.thread_time_ns()
        self._yardstick()
        return REFERENCE_SECONDS * 1e9 / (time.thread_time_ns() - began)

    def _measured_on(self, core):
        try:
            os.sched_setaffinity(0, {core})
        except OSError:
            pass  # The core was taken from us, or we may not choose: any other one will do.
        try:
            return self._measured()
        finally:
            os.sched_setaffinity(0, self._cores)


def of(clock, show):
    """The Pace of a run whose budget counts by this clock; None where no pace is needed, or none can be measured."""
    return Pace(show) if clock == "cpu" and POSSIBLE else None
