"""What a process tree holds without a name: unlinked files that are open, and memory that is a descriptor.

Walking directories finds none of it, and no process need have it mapped. Linux shows it below /proc/PID/fd, to the same
user or to root with SYS_PTRACE; where it may not be looked at, nothing is found. What is mapped only, or on its way
through a socket, is seen nowhere.
"""
import os
from dataclasses import dataclass

MOST_OPEN = 20_000  # Half a second of looking; an honest program has a few dozen.


class TooMany(Exception):
    """More descriptors are open than can be looked at. No honest program needs that."""


@dataclass(frozen=True)
class Held:
    """MiB of unlinked files on disk, and of shared memory beyond what is resident in the processes anyway."""
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
        blocks, looked = {}, 0
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
                except OSError:
                    continue
                if seen.st_nlink == 0:
                    blocks[seen.st_dev, seen.st_ino] = seen.st_blocks
        in_memory = sum(count for (device, _), count in blocks.items() if device in self._memory_devices)
        resident = sum(_resident_shared_mb(pid) for pid in pids) if in_memory else 0.0
        return Held((sum(blocks.values()) - in_memory) / 2048, max(0.0, in_memory / 2048 - resident))


def _resident_shared_mb(pid):
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            return next((int(line.split()[1]) / 1024 for line in file if line.startswith(b"RssShmem:")), 0.0)
    except OSError:
        return 0.0
