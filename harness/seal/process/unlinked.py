"""What a process tree holds without a name: unlinked files that are open, memory that is a descriptor, pipes and sockets.

Walking directories finds none of it, and no process need have it mapped. Linux shows it below /proc/PID/fd, to the same
user or to root with SYS_PTRACE; where it may not be looked at, nothing is found. What is mapped only, or a descriptor on
its way through a socket, is seen nowhere.
"""
import os
import stat
from dataclasses import dataclass

from seal.process.kernel_memory import TooMany

MOST_OPEN = 20_000  # Half a second of looking; an honest program has a few dozen.
FREE_CHANNELS = 128  # Pipes and ends of sockets; each is empty in an honest program at nearly any time.
CHANNEL_MB = {stat.S_IFIFO: 64 / 1024, stat.S_IFSOCK: 416 / 1024}  # As much as fits in, for nobody tells how full one is.
MOST_POLLS = 256  # Each watches a thousand descriptors, of a few millions that the user has.


@dataclass(frozen=True)
class Held:
    """MiB of unlinked files on disk; and of shared memory beyond what is resident in the processes anyway, with full channels."""
    disk_mb: float
    memory_mb: float


class Unlinked:
    """`memory`: a descriptor of shared memory; what lies on its device, or on /dev/shm's, is memory, and all else disk."""

    def __init__(self, memory):
        self._memory_devices = {os.fstat(memory).st_dev}
        if os.path.isdir("/dev/shm"):
            self._memory_devices.add(os.stat("/dev/shm").st_dev)

    def look(self, pids):
        """What the processes hold now, each file once. Raises TooMany."""
        blocks, looked, channels, polls = {}, 0, {}, 0
        for pid in pids:
            try:
                descriptors = os.listdir(f"/proc/{pid}/fd")
            except OSError:
                continue  # It ended, or is closed to us.
            looked += len(descriptors)
            if looked > MOST_OPEN:
                raise TooMany(f"there are more than {MOST_OPEN} open files")
            for descriptor in descriptors:
                try:
                    seen = os.stat(f"/proc/{pid}/fd/{descriptor}")
                    kind = stat.S_IFMT(seen.st_mode)
                    polls += kind == 0 and "eventpoll" in os.readlink(f"/proc/{pid}/fd/{descriptor}")
                except OSError:
                    continue
                if kind in CHANNEL_MB:
                    channels[seen.st_dev, seen.st_ino] = CHANNEL_MB[kind]
                elif seen.st_nlink == 0:
                    blocks[seen.st_dev, seen.st_ino] = seen.st_blocks
        if polls > MOST_POLLS:
            raise TooMany(f"there are more than {MOST_POLLS} instances of epoll")
        in_memory = sum(count for (device, _), count in blocks.items() if device in self._memory_devices)
        resident = sum(_resident_shared_mb(pid) for pid in pids) if in_memory else 0.0
        full = sum(sorted(channels.values())[FREE_CHANNELS:])
        return Held((sum(blocks.values()) - in_memory) / 2048, max(0.0, in_memory / 2048 - resident) + full)


def _resident_shared_mb(pid):
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            return next((int(line.split()[1]) / 1024 for line in file if line.startswith(b"RssShmem:")), 0.0)
    except OSError:
        return 0.0
