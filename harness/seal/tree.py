"""The child's process tree: started under a keeper that counts what it uses and can end all of it.

supervisor ── keeper ── train.py ── whatever it starts. The keeper adopts orphans, so everything stays below it. Where
Landlock can scope signals the keeper lives in a domain of its own: its kill(-1) reaches the tree and nothing else, in
one stroke, and a fork bomb cannot outrun it. The keeper ends the tree when its control pipe closes, however that
happens, so a supervisor that is killed leaves nothing behind.
"""
import os
import resource
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import NamedTuple

from seal import linux

END_SECONDS = 10.0  # Ending a tree takes milliseconds; a process stuck in the kernel may never end.


@dataclass(frozen=True)
class Usage:
    """What the tree has used so far: CPU seconds (the dead included), resident MiB now, living processes and threads."""
    cpu_seconds: float
    memory_mb: float
    processes: int
    threads: int


class Process(NamedTuple):
    """One living process: CPU seconds of its own and of the children it has waited for."""
    parent: int
    own_seconds: float
    reaped_seconds: float
    memory_mb: float
    threads: int


def _processes_linux():
    """pid → Process, of everything we can see."""
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    table = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue  # It ended meanwhile.
        own, reaped = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
        table[int(name)] = Process(int(fields[1]), own / ticks, reaped / ticks, int(fields[21]) * page / 2**20, int(fields[17]))
    return table


def _seconds(shown):
    """ps's [[days-]hours:]minutes:seconds[.fraction] as seconds."""
    days, _, clock = shown.rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + 86400 * int(days or 0)


def _processes_ps():
    """The same from ps(1), where there is no /proc; time of the dead and threads cannot be seen there."""
    shown = subprocess.run(["ps", "-axo", "pid=,ppid=,time=,rss="], capture_output=True, text=True, check=True).stdout
    table = {}
    for line in shown.splitlines():
        pid, parent, used, kib = line.split()
        table[int(pid)] = Process(int(parent), _seconds(used), 0.0, int(kib) / 1024, 1)
    return table


def processes():
    return _processes_linux() if os.path.exists("/proc/self/stat") else _processes_ps()


def tasks_of(uid):
    """How many processes and threads the user has, as the limit on their number counts them. Linux only."""
    count = 0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == uid:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue
    return count


def below(table, root):
    """The pids under `root`, without it."""
    children = {}
    for pid, row in table.items():
        children.setdefault(row.parent, []).append(pid)
    found, waiting = [], [root]
    while waiting:
        waiting.extend(reached := children.get(waiting.pop(), []))
        found.extend(reached)
    return found


class Tree:
    """A started tree. `status` is train.py's wait status once it has ended, else None."""

    def __init__(self, keeper, control, report):
        self.keeper = keeper
        self.report = report
        self.status = None
        self.ended = False
        self._control = control
        self._reported = b""
        self._seen = {}
        self._final_cpu = 0.0
        self.peak_mb = 0.0

    def usage(self):
        """Samples the tree. The dead count: by what their parents reaped, or by what was last seen of them."""
        table = processes()
        reaped = table[self.keeper].reaped_seconds if self.keeper in table else 0.0
        members = below(table, self.keeper)
        living = reaped + sum(table[pid].own_seconds + table[pid].reaped_seconds for pid in members)
        for pid in members:
            self._seen[pid] = max(self._seen.get(pid, 0.0), table[pid].own_seconds)
        # A parent that ignores SIGCHLD lets its children's time vanish from the kernel's books, but not from ours.
        cpu = max(living, sum(self._seen.values()), self._final_cpu)
        memory = sum(table[pid].memory_mb for pid in members)
        self._final_cpu = cpu
        self.peak_mb = max(self.peak_mb, memory)
        return Usage(cpu, memory, len(members), sum(table[pid].threads for pid in members))

    def hear(self):
        """Reads what the keeper reports; call when `report` is readable."""
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

    def end(self):
        """Kills everything below the keeper and the keeper. True if all of it is gone."""
        if self._control is not None:
            os.close(self._control)
            self._control = None
        deadline = time.monotonic() + END_SECONDS
        while not self.ended and time.monotonic() < deadline:
            if select.select([self.report], [], [], 0.2)[0]:
                self.hear()
        # A keeper that ended early has left its tree to us, who adopt what is orphaned below us.
        while (left := below(processes(), os.getpid())) and time.monotonic() < deadline:
            for pid in left:
                if self.ended or pid != self.keeper:
                    _kill(pid)
            _reap()
            time.sleep(0.001)
        return not left

    @property
    def cpu_seconds(self):
        return self._final_cpu


def _resident_mb(usage):
    """ru_maxrss is KiB on Linux and bytes on macOS."""
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _reap():
    """Collects the dead, waiting for nobody. Returns their (pid, status), and whether any child is left."""
    dead = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return dead, False
        if pid == 0:
            return dead, True
        dead.append((pid, status))


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _end_all(child, scoped, uid):
    """Ends every process below this one."""
    while _reap()[1]:
        if scoped:
            try:
                os.kill(-1, signal.SIGKILL)
            except ProcessLookupError:
                pass
        elif uid is not None:
            # The uid is this run's alone, so kill(-1) in its name reaches this tree and nothing else.
            helper = os.fork()
            if helper == 0:
                try:
                    os.setresuid(uid, uid, uid)
                    os.kill(-1, signal.SIGKILL)
                finally:
                    os._exit(0)
        else:
            try:
                os.killpg(child, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
            for pid in below(processes(), os.getpid()):
                _kill(pid)
        time.sleep(0.001)


def _keep(child, control, report, scoped, uid):
    """The keeper's life: wait for train.py, adopt and reap orphans, end all when the control pipe closes."""
    wake, wake_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else _pipe_nonblocking()
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(wake, select.POLLIN)
    ending = False
    while not ending:
        for descriptor, _ in poll.poll(1000):
            if descriptor == control:
                ending = True
            else:
                os.read(wake, 4096)
        for pid, status in _reap()[0]:
            if pid == child:
                os.write(report, b"exit %d\n" % status)
    _end_all(child, scoped, uid)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    os.write(report, b"used %f %f\n" % (used.ru_utime + used.ru_stime, _resident_mb(used)))


def _pipe_nonblocking():
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    return reader, writer


def start(become_child, keep_open, scoped, uid):
    """Starts the tree.

    `become_child()` runs in the new process and ends in exec; whatever it raises ends that process. `keep_open` are the
    descriptors it needs, everything else is closed there. `scoped`: put the keeper into a Landlock domain of its own.
    `uid`: the uid that the child will take, if that is this run's alone.
    """
    control_reader, control_writer = os.pipe()
    report_reader, report_writer = os.pipe()
    keeper = os.fork()
    if keeper:
        os.close(control_reader)
        os.close(report_writer)
        return Tree(keeper, control_writer, report_reader)
    try:
        os.close(control_writer)
        os.close(report_reader)
        os.setsid()
        if sys.platform == "linux":
            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        if scoped:
            from seal import landlock
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
        _keep(child, control_reader, report_writer, scoped, uid)
    finally:
        os._exit(0)
