"""The child's process tree: started under a reaper that counts what it uses and can end all of it.

supervisor ── reaper ── train.py ── whatever it starts. The reaper adopts orphans, so everything stays below it. Where
Landlock can scope signals the reaper lives in a domain of its own: its kill(-1) reaches the tree and nothing else, in
one stroke, and a fork bomb cannot outrun it. The reaper ends the tree when its control pipe closes, however that
happens, so a supervisor that is killed leaves nothing behind.
"""
import os
import select
import signal
import sys
import time
from dataclasses import dataclass

from seal.confine import landlock, linux, traces, visible
from seal.errors import Broken
from seal.process import kernel_memory, processes
from seal.process import reaper
from seal.process.limits import MANY_PROCESSES

END_SECONDS = 10.0  # Ending a tree takes milliseconds; a process stuck in the kernel may never end.
MOST_LOOKS = 5  # At one moment, for processes come and go while they are looked at.
FREE_PROCESSES = 8  # What the kernel may not tell of so many is within every allowance.
CROWD = 1024  # Threads that the machine has more than at a look before: they may be a fork bomb.
UNSEEN_SECONDS = 0.25  # Of each processor's time, between the last look and the end of the tree.


@dataclass(frozen=True)
class Usage:
    """What the tree has used so far: CPU seconds (the dead included), MiB held now, living processes and threads.

    `rounded_seconds`: so much more it may have used, for the kernel rounds what each process has waited for.
    """
    cpu_seconds: float
    memory_mb: float
    pids: tuple
    threads: int
    rounded_seconds: float = 0.0

    @property
    def most_cpu_seconds(self):
        return self.cpu_seconds + self.rounded_seconds

    @property
    def processes(self):
        return len(self.pids)


class Tree:
    """A started tree. `status` is train.py's wait status once it has ended, else None."""

    def __init__(self, pid, control, report):
        self.reaper = pid  # Of the process between this one and train.py.
        self.report = report
        self.status = None
        self.ended = False
        self._control = control
        self._reported = b""
        self._threads_known = processes.threads()  # Of the machine, when it was last sure that they are no fork bomb.
        self._members = []  # At the last look; of one long ago another process may have the number.
        self._stopped = set()  # Groups of it that stand still.
        self._seen = {}
        self._lost = set()  # Whose parents were not to be seen: some never are.
        self._final_cpu = 0.0
        self.peak_mb = 0.0
        self.read_mb = 0.0  # From disks, known at the end: what lies in memory costs no disk a read.

    def usage(self):
        """Samples the tree. The dead count: by what their parents reaped, or by what was last seen of them.

        Beside a fork bomb a look takes minutes, and soon its processes are all that the machine can have. So where the machine
        has got a thousand threads more, the tree stands still until the look is over, and one of many processes until `go_on`.
        """
        usage = self._sampled()
        if self._stopped:
            self._threads_known = processes.threads()  # The tree's are counted now, and others' are no concern of this run.
        if usage.processes <= MANY_PROCESSES:
            self.go_on()
        return usage

    def stand_still(self):
        """Stops the tree, as far as it was seen, by groups: in one stroke, however many they are."""
        for pid in [*self._members, *processes.children(self.reaper)]:
            try:
                self._stopped.add(os.getpgid(pid))
            except OSError:
                continue  # It has ended.
        self._stopped -= {os.getpgrp(), self.reaper}
        _tell(self._stopped, signal.SIGSTOP)

    def go_on(self):
        """Lets it work on."""
        _tell(self._stopped, signal.SIGCONT)
        self._stopped.clear()

    @property
    def crowded(self):
        """Whether the machine has got so many threads that nobody has looked at that they may be a fork bomb."""
        return processes.threads() > self._threads_known + CROWD

    def _sampled(self):
        living = 0.0
        for _ in range(MOST_LOOKS):
            if self.crowded:
                self.stand_still()
            table = processes.listed()
            reaped = table[self.reaper].reaped_seconds if self.reaper in table else 0.0
            members = self._members = processes.below(table, self.reaper)
            living = max(living, reaped + sum(table[pid].own_seconds + table[pid].reaped_seconds for pid in members))
            # Who loses its parent meanwhile stands below nobody, and who is waited for may have been missed in both places.
            lost, self._lost = self._lost, {pid for pid, row in table.items() if row.parent not in table}
            if lost == self._lost and processes.all_there(members):
                break
        for pid in members:
            self._seen[pid] = max(self._seen.get(pid, 0.0), table[pid].own_seconds)
        # A parent that ignores SIGCHLD lets its children's time vanish from the kernel's books, but not from ours.
        cpu = max(living, sum(self._seen.values()), self._final_cpu)
        memory = sum(table[pid].memory_mb + kernel_memory.beyond_residence_mb(pid) for pid in members)
        self._final_cpu = cpu
        self.peak_mb = max(self.peak_mb, memory)
        rounded = sum(sorted(table[pid].rounded_seconds for pid in members)[FREE_PROCESSES:])
        return Usage(cpu, memory, tuple(members), sum(table[pid].threads for pid in members), rounded)

    def hear(self):
        """Reads what the reaper reports; call when `report` is readable."""
        chunk = os.read(self.report, 4096)
        if not chunk:
            self.ended = True
        self._reported += chunk
        *lines, self._reported = self._reported.split(b"\n")
        for line in lines:
            word, *values = line.split()
            if word == b"exit":
                self.status = int(values[0])
            elif word == b"used":
                self._final_cpu = max(self._final_cpu, float(values[0]))
                self.peak_mb = max(self.peak_mb, float(values[1]))
                self.read_mb = float(values[2])

    def end(self):
        """Kills everything below the reaper and the reaper. True if all of it is gone."""
        if self._control is not None:
            os.close(self._control)
            self._control = None
        deadline = time.monotonic() + END_SECONDS
        while not self.ended and time.monotonic() < deadline:
            if select.select([self.report], [], [], 0.2)[0]:
                self.hear()
        # A reaper that ended early has left its tree to us, who adopt what is orphaned below us.
        while (left := processes.below(processes.listed(), os.getpid())) and time.monotonic() < deadline:
            for pid in left:
                if self.ended or pid != self.reaper:
                    processes.kill(pid)
            processes.reap()
            time.sleep(0.001)
        return not left

    def settle(self):
        """Ends the tree. Raises Broken where it turns out to have used much more than the last look at it showed.

        The reaper's total is exact, whatever the looks before it missed: a kernel whose clocks are coarser than they say.
        """
        last, looked_at = self.usage().most_cpu_seconds, time.monotonic()
        self.end()
        allowed = (UNSEEN_SECONDS + time.monotonic() - looked_at) * (os.cpu_count() or 1)
        if sys.platform == "linux" and self._final_cpu - last > allowed:
            raise Broken("start", f"it used {self._final_cpu:.2f} CPU seconds, and the clocks of its processes showed {last:.2f}: "
                                  "train in one process, or in a few that live until the evaluation")


def _tell(groups, word):
    for group in groups:
        try:
            os.killpg(group, word)
        except OSError:
            continue  # It has ended, or became another user's.


def start(become_child, keep_open, scoped, uid, own_mounts):
    """Starts the tree.

    `become_child()` runs in the new process and ends in exec; whatever it raises ends that process. `keep_open` are the
    descriptors it needs, everything else is closed there. `scoped`: put the reaper into a Landlock domain of its own.
    `uid`: the uid that the child will take, if that is this run's alone. `own_mounts`: nothing that it reads is noted.
    """
    control_reader, control_writer = os.pipe()
    report_reader, report_writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(control_reader)
        os.close(report_writer)
        return Tree(pid, control_writer, report_reader)
    try:
        os.close(control_writer)
        os.close(report_reader)
        os.setsid()
        if sys.platform == "linux":
            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        if own_mounts:
            traces.mount_without_times()
        if scoped:
            landlock.enter_scope()
        child = os.fork()
        if child == 0:
            try:
                os.close(control_reader)
                os.close(report_writer)
                become_child()
            finally:
                os._exit(127)
        for descriptor in keep_open:
            os.close(descriptor)
        if sys.platform == "linux":
            visible.pin_proc(child)
        reaper.run(child, control_reader, report_writer, scoped, uid)
    finally:
        os._exit(0)
