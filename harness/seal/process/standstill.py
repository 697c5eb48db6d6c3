"""A tree that stands still for a moment, so that a look at the machine is not a look at the tree.

All its processes are stopped. Whether any of them ran nevertheless, known or not, is seen afterwards.
"""
import os
import signal
import time

STILL_NS = 500_000  # A process that runs on another core stops a little later than it is told to.
MOST = 64  # Processes, and threads: what has more is not stopped, for that would take too long.


def _fields(path):
    """What follows the name in a stat file: state, parent, …; None where the process has ended."""
    try:
        with open(path, "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return None


def _used_ns(pids):
    """CPU time of those that live, to the nanosecond and without a look at /proc."""
    total = 0
    for pid in pids:
        try:
            total += time.clock_gettime_ns(~pid << 3 | 2)  # The kernel's way to name the clock of another process.
        except OSError:
            continue  # It has ended.
    return total


class Standstill:
    """The processes below `root`, without it. A listing reads only what was not there at the one before."""

    def __init__(self, root):
        self._root, self._others, self._ticks = root, {0}, {}
        self.pids = set()
        self.joined = 0  # Processes that came to the tree since somebody set this to 0.

    def find(self):
        """Looks for processes. Returns those of the tree that were not known."""
        there = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self.pids &= there
        self._others &= there | {0}
        found, waiting = set(), sorted(there - self.pids - self._others)
        while waiting:
            unclear = []
            for pid in waiting:
                fields = _fields(f"/proc/{pid}/stat")
                parent = fields and int(fields[1])
                if parent == self._root or parent in self.pids:
                    self.pids.add(pid)
                    found.add(pid)
                elif parent in self._others:
                    self._others.add(pid)
                elif fields:
                    unclear.append(pid)  # Its parent is looked at later, or is not in the listing yet.
            if len(unclear) == len(waiting):
                break
            waiting = unclear
        self.joined += len(found)
        return found

    def used_ns(self):
        """CPU time of the living processes that are known."""
        return _used_ns(self.pids)

    def _core(self):
        tasks = [(pid, task) for pid in self.pids for task in self._tasks(pid)][:MOST]
        now, best = {}, (-1, 0)
        for pid, task in tasks:
            if fields := _fields(f"/proc/{pid}/task/{task}/stat"):
                now[task] = int(fields[11]) + int(fields[12])
                best = max(best, (now[task] - self._ticks.get(task, 0), int(fields[36])))
        self._ticks = now
        return best[1]

    @staticmethod
    def _tasks(pid):
        try:
            return os.listdir(f"/proc/{pid}/task")
        except OSError:
            return []

    def during(self, act):
        """Does `act(core)` while the tree stands still. Returns what it gave, or None where it did not, or ran meanwhile.

        `core`: that on which most of the tree's time since the last time was spent.
        """
        if len(self.pids) > MOST:
            self.find()
            return None
        pids = tuple(self.pids)
        try:
            self._tell(pids, signal.SIGSTOP)
            core = self._core()  # What it takes to find it is time enough to stop.
            before = _used_ns(pids)
            result = act(core)
            return None if self.find() or _used_ns(pids) - before > STILL_NS else result
        finally:
            self._tell(pids, signal.SIGCONT)

    @staticmethod
    def _tell(pids, word):
        for pid in pids:
            try:
                os.kill(pid, word)
            except (ProcessLookupError, PermissionError):
                continue
