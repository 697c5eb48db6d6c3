"""The limits of a run: time, memory, disk, processes. Breaking one's own is a crash; the machine's trouble is not."""
from seal.errors import Broken, Refused
from seal.process import kernel_memory, processes, workdir

MOST_PROCESSES = 512
MANY_PROCESSES = 64  # To look at more takes long enough for a fork bomb to outgrow the look.
MOST_THREADS = 4096  # A compiler's workers and their thread pools come to hundreds.
# An evaluation is a few percent of a training, or the model was too large for its budget. See also timing.py.
EVALUATION_SHARE = 1.0  # Of the budget,
EVALUATION_SECONDS = {"cpu": 10.0, "wall": 120.0}  # and so many seconds more, which on a GPU may go into a compilation.
DISK_SECONDS = 2.0  # Between two looks at the disk.
LAST_DISK_MB = 64  # Below this the file system counts as full.
LAST_MEMORY_SHARE = 0.04  # Of the machine: below this the largest has to go before the kernel chooses.


def _meminfo_mb():
    """(all, available) MiB of the machine, or None where the kernel does not tell."""
    try:
        with open("/proc/meminfo") as file:
            lines = dict(line.split(":") for line in file)
        return tuple(int(lines[key].split()[0]) / 1024 for key in ("MemTotal", "MemAvailable"))
    except (OSError, KeyError):
        return None


def oom_kills():
    """How often the kernel has killed for want of memory, around this process; the difference of two answers tells."""
    count = 0
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control", "/proc/vmstat"):
        try:
            with open(path) as file:
                count += sum(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
        except OSError:
            continue
    return count


class Limits:
    """Call `check` a few times a second."""

    def __init__(self, intent, work, uid, memory_mb, disk_mb, unlinked):
        self.intent, self.work, self.uid, self.unlinked = intent, work, uid, unlinked
        self.memory_mb, self.disk_mb = memory_mb, disk_mb
        self._disk_at = 0.0

    def check_count(self):
        """Before the tree is looked at process by process, which takes too long beside a fork bomb. Raises Broken.

        For a container: all there is to be seen there is this run.
        """
        there = processes.count()
        if there > MOST_PROCESSES:
            raise Broken("pids", f"it ran {there} processes at once; {MOST_PROCESSES} are the most")

    def check(self, elapsed, usage, counted, trained):
        """Raises Broken or Refused. `elapsed`: seconds since the start. `counted`: the tree's CPU seconds as the budget counts them.

        `trained`: seconds on the budget's clock when the evaluation began, None before.
        """
        self._check_time(elapsed, counted, trained)
        self._check_memory(usage.memory_mb)
        if usage.processes > MOST_PROCESSES or usage.threads > MOST_THREADS:
            raise Broken("pids", f"it ran {usage.processes} processes with {usage.threads} threads at once; "
                                 f"{MOST_PROCESSES} and {MOST_THREADS} are the most")
        if elapsed >= self._disk_at:
            self._disk_at = elapsed + DISK_SECONDS
            try:
                held = self.unlinked.look(usage.pids)
                mappings_mb = kernel_memory.mappings_mb(usage.pids)
            except kernel_memory.TooMany as error:
                raise Broken("pids", str(error)) from error
            self._check_memory(usage.memory_mb + held.memory_mb + mappings_mb)
            self._check_disk(held.disk_mb)

    def _check_time(self, elapsed, counted, trained):
        intent = self.intent
        if elapsed > intent.wall_seconds:
            raise Broken("wall", f"it ran for {elapsed:.0f} s; {intent.wall_seconds:g} s is the most")
        if intent.clock == "virtual":
            return
        used, kind = (counted, "reference seconds") if intent.clock == "cpu" else (elapsed, "seconds")
        if trained is None and used > intent.start_seconds:
            raise Broken("start", f"no evaluation after {used:.2f} {kind}; {intent.start_seconds:g} is the most: "
                                  "train for TIME_BUDGET, and start up no slower than the baseline")
        most = EVALUATION_SECONDS[intent.clock] + EVALUATION_SHARE * intent.budget_seconds
        if trained is not None and used - trained > most:
            raise Broken("wall", f"its evaluation took {used - trained:.0f} {kind}; {most:g} is the most")

    def _check_memory(self, held_mb):
        if self.memory_mb is not None and held_mb > self.memory_mb:
            raise Broken("memory", f"it held {held_mb:.0f} MiB; {self.memory_mb:g} is the most")
        machine = _meminfo_mb()
        if machine and machine[1] < LAST_MEMORY_SHARE * machine[0] and held_mb > machine[0] / 4:
            raise Broken("memory", f"it held {held_mb:.0f} MiB and the machine has {machine[1]:.0f} left")

    def _check_disk(self, unlinked_mb):
        left = workdir.left_in_shared(self.uid) if self.uid is not None else []
        try:
            used = unlinked_mb + workdir.used_mb(self.work, *left)
            free = workdir.free_mb(self.work)
        except workdir.Unseen as error:
            raise Broken("disk", f"its files cannot be measured: {error}") from error
        except OSError as error:
            raise Refused("disk", f"the run directory cannot be measured ({error.strerror}); look at its disk and run again") from error
        if used > self.disk_mb:
            raise Broken("disk", f"it wrote {used:.0f} MiB; {self.disk_mb:g} is the most")
        if free < LAST_DISK_MB:
            if used > LAST_DISK_MB:
                raise Broken("disk", f"it wrote {used:.0f} MiB and the disk has {free:.0f} left")
            raise Refused("disk", f"the disk of the run directory has {free:.0f} MiB left; free some and run again")
