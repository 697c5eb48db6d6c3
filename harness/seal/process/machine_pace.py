"""How fast the machine works for train.py just now, and so how many reference seconds a CPU second of it is.

A CPU second buys half as many steps where others use caches, cores and clock rate. So now and then the tree stands still,
and this process does work of a fixed size on the core where the tree ran. Nothing that train.py says enters into it.
"""
import math
import os
import random
import statistics
import sys
import time

from seal.errors import Broken, Refused
from seal.process.standstill import Standstill
from seal.process.yardstick import REFERENCE_SECONDS, WARM_UP, Yardstick

EVERY_SECONDS = 0.12  # CPU seconds of train.py between two samples, on average: they cost 4 % of it.
SLOWEST, FASTEST = 1 / 16, 16.0  # Beyond them a CPU second counts as if it were of this pace.
MOST_ERROR = 0.1  # Of the mean pace, as a share: a tenth more steps is worth 0.03 bpb, as much as the start-up's grace.
FEWEST = 8  # Samples from which that error can be told.
SELDOM = 4  # Times as far apart as they should be, samples miss what happens between them.
POSSIBLE = sys.platform == "linux"  # Elsewhere no process can be put on a core, nor its clock be read.


class CpuSeconds:
    """Where no pace is measured: each CPU second counts as one."""
    mean = None

    def follow(self, root):
        pass

    def look(self, crowded):
        pass

    def counted(self, cpu_seconds):
        return cpu_seconds

    def check(self):
        pass

    judge = check


class Pace:
    """Call `look` some twenty times a second, and `counted` whenever the tree's CPU seconds are known."""

    def __init__(self, show):
        """`show(speed)` is told each speed, 1 being the reference's. Make it before the tree lives."""
        self._show, self._yardstick, self._dice = show, Yardstick(), random.SystemRandom()
        self._cores = os.sched_getaffinity(0)
        self._samples, self._fresh, self._disturbed = [], [], 0
        self._best = self._speed = _bounded(self._measured())
        self._cpu = self._reference = self._unsampled = 0.0
        self._due_ns, self._still, self._sampled = 0, None, 0.0
        show(self._speed)

    def follow(self, root):
        """The tree lives, below the process `root`."""
        self._still = Standstill(root)
        self._still.find()
        self._still.joined = 0

    def look(self, crowded=False):
        """Takes a sample if one is due. train.py cannot foresee when, so it cannot prepare for it.

        `crowded`: the tree may be a fork bomb, so that to stop it process by process would take minutes. It counts as disturbed.
        """
        if self._still.used_ns() < self._due_ns and self._unsampled < 2 * EVERY_SECONDS:
            return
        self._unsampled = 0.0
        self.take(None if crowded else self._still.during(self._measured_on))
        self._due_ns = self._still.used_ns() + int(EVERY_SECONDS * (0.5 + self._dice.random()) * 1e9)

    def take(self, measured):
        """A sample; None where the tree did not stand still. It then counts as the best one, so nobody gains by that."""
        if measured is None:
            self._disturbed += 1
            self._speed = self._best
        else:
            self._speed = _bounded(measured)
            self._best = max(self._best, self._speed)
            self._samples.append(self._speed)
        self._sampled = self._cpu
        self._fresh.append(self._speed)
        self._show(self._speed)

    def counted(self, cpu_seconds):
        """Reference seconds that all `cpu_seconds` of the tree are so far."""
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
    def error(self):
        """Standard error of the mean pace, as a share of it; 0 where too few samples tell."""
        if len(self._samples) < FEWEST:
            return 0.0
        return statistics.stdev(self._samples) / statistics.mean(self._samples) / math.sqrt(len(self._samples))

    @property
    def sentence(self):
        return (f"pace: {self._cpu:.2f} CPU seconds count as {self._reference:.2f}, {self.mean:.2f} of the reference, within "
                f"{100 * self.error:.1f} %; {len(self._samples)} samples, {self._disturbed} disturbed")

    def check(self):
        """Raises Refused where the pace cannot be corrected: the number would tell more of the machine than of train.py."""
        if not SLOWEST < self.mean < FASTEST:
            raise Refused("pace", f"this machine's pace is {self.mean:.2f} of the reference, and {SLOWEST:g} to {FASTEST:g} can be "
                                  "corrected; use another machine, or a lane whose clock is wall")
        apart = self._sampled / max(1, len(self._samples) + self._disturbed)
        if self._sampled > FEWEST * EVERY_SECONDS and apart > SELDOM * EVERY_SECONDS:
            raise Refused("pace", f"samples of this machine's pace came {apart:.2f} CPU seconds apart, and {SELDOM * EVERY_SECONDS:.2f} is the "
                                  "most; free it of other work")
        if self.error > MOST_ERROR:
            raise Refused("pace", f"the pace of this machine is known within {100 * self.error:.0f} % only, and {100 * MOST_ERROR:.0f} % is "
                                  "the most; end what comes and goes beside the run")

    def judge(self):
        """As `check`, of a number that is to count. Raises Broken where processes of train.py kept the pace from being measured.

        What is disturbed counts as the fastest sample of the run, which says little where the others are few: it may be the one
        before the tree lived, when another run slowed the machine down.
        """
        self.check()
        looks = len(self._samples) + self._disturbed
        if self._sampled <= FEWEST * EVERY_SECONDS or self._disturbed <= looks / 2:
            return
        if self._still and self._still.joined:
            raise Broken("pace", f"at {self._disturbed} of {looks} samples of the machine's pace processes of train.py came, went or could not "
                                 "be stopped; start fewer, and let them live until the end")
        raise Refused("pace", f"at {self._disturbed} of {looks} samples of the machine's pace train.py did not stop; free the machine of other work")

    def _measured(self):
        for _ in range(WARM_UP):
            self._yardstick()
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


def _bounded(speed):
    return min(max(speed, SLOWEST), FASTEST)


def of(clock, show):
    """How a run's CPU seconds count where its budget counts by `clock`."""
    return Pace(show) if clock == "cpu" and POSSIBLE else CpuSeconds()
