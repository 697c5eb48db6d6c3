"""The processes of this machine, and who stands under whom."""
import os
import signal
import subprocess
import time
from typing import NamedTuple


class Process(NamedTuple):
    """One process, dead ones that nobody waited for included: CPU seconds of its own and of the children it has waited for.

    `rounded_seconds`: so much of the latter the kernel may not tell.
    """
    parent: int
    own_seconds: float
    reaped_seconds: float
    memory_mb: float
    threads: int
    rounded_seconds: float = 0.0


def cpu_clock(pid):
    """CPU seconds of all threads of a process, the ended ones too, to the nanosecond. Raises OSError once it is waited for."""
    return time.clock_gettime(~pid << 3 | 2)  # What clock_getcpuclockid(3) gives; Python has it for threads only.


def _from_proc():
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    table = {}
    # From the youngest on, so that whoever waits for a child meanwhile is looked at after it: its time may count twice, never not at all.
    for pid in sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse=True):
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue  # It ended meanwhile.
        own, reaped = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
        try:
            own_seconds = max(own / ticks, cpu_clock(pid))
        except OSError:
            own_seconds = own / ticks  # It ended just now, or this kernel keeps its clocks to itself.
        # User and system time are each rounded down to a tick.
        table[pid] = Process(int(fields[1]), own_seconds, reaped / ticks, int(fields[21]) * page / 2**20, int(fields[17]), 2 / ticks)
    return table


def all_there(pids):
    """Whether none of the processes has been waited for, as far as that can be told here."""
    if not os.path.exists("/proc/self/stat"):
        return True
    try:
        return all(cpu_clock(pid) >= 0 for pid in pids)
    except OSError:
        return False


def _seconds(shown):
    """ps's [[days-]hours:]minutes:seconds[.fraction] as seconds."""
    days, _, clock = shown.rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + 86400 * int(days or 0)


def _from_ps():
    """By ps(1), where there is no /proc; time of the dead and threads cannot be seen there."""
    shown = subprocess.run(["ps", "-axo", "pid=,ppid=,time=,rss="], capture_output=True, text=True, check=True).stdout
    table = {}
    for line in shown.splitlines():
        pid, parent, used, kib = line.split()
        table[int(pid)] = Process(int(parent), _seconds(used), 0.0, int(kib) / 1024, 1)
    return table


def listed():
    """pid → Process, of everything we can see."""
    return _from_proc() if os.path.exists("/proc/self/stat") else _from_ps()


def count():
    """How many processes there are to be seen: one look at one directory, however many they are. Linux only."""
    return sum(name.isdigit() for name in os.listdir("/proc"))


def threads():
    """How many threads the machine has, its kernel's too, in one read however many they are; 0 where the system does not tell."""
    try:
        with open("/proc/loadavg") as file:
            return int(file.read().split()[3].partition("/")[2])
    except OSError:
        return 0


def children(pid):
    """Pids of the living children of a process whose only thread it is; none where the system does not tell."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


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


def kill(pid):
    """SIGKILL to what is still there and ours."""
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def reap():
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
