"""What reading a file leaves behind: the time of last access, and pages in memory; and what looking for one does.

A run must not tell the next one anything by what it reads.
"""
import ctypes
import mmap
import os
import struct
import sys
import time

from seal.confine import fork, linux, missing_names, page_cache

DAY = 86400
ST_NOATIME = 1024
UNSHARE, MOUNT, MOUNT_SETATTR = {"x86_64": 272, "aarch64": 97}, {"x86_64": 165, "aarch64": 40}, 442
CLONE_NEWNS, MS_REC, MS_PRIVATE, AT_FDCWD, AT_RECURSIVE = 0x20000, 0x4000, 1 << 18, -100, 0x8000
MOUNT_ATTR_NOATIME, ALL_ABOUT_TIMES = 0x10, 0x70


def mount_without_times():
    """Gives this process, and all it starts, mounts of its own on which reading is not noted. Raises OSError: root can.

    Where one mount cannot be changed, none is.
    """
    linux.syscall(UNSHARE[linux.MACHINE], CLONE_NEWNS)
    linux.syscall(MOUNT[linux.MACHINE], ctypes.c_char_p(b"none"), ctypes.c_char_p(b"/"), None, MS_REC | MS_PRIVATE, None)
    attributes = struct.pack("<QQQQ", MOUNT_ATTR_NOATIME, ALL_ABOUT_TIMES, 0, 0)
    linux.syscall(MOUNT_SETATTR, AT_FDCWD, ctypes.c_char_p(b"/"), AT_RECURSIVE, ctypes.c_char_p(attributes), len(attributes))


class Traces:
    """What one run's reading leaves behind. `read`: files and folders that it may read, none where nothing confines it.

    `needed`: those of them that every run reads. `say` is told sentences for the log.
    """

    def __init__(self, read, needed, say=lambda sentence: None):
        self._read, self._needed, self._say = read, needed, say

    def before(self):
        """Sees to it that no access of the child's will be noted. True if it must have mounts of its own for that."""
        if not self._read or sys.platform != "linux":
            return False
        self._missing = missing_names.count()
        if linux.MACHINE in UNSHARE and not fork.tried(mount_without_times).failure:
            return True
        settle_times(self._read)
        return False

    def after(self, read_mb):
        """Once the child is gone: where it has read from a disk, nothing says what that was. An honest second run reads nothing there."""
        if self._read and read_mb:
            page_cache.settle(self._read, self._needed)
        if self._read and sys.platform == "linux" and (more := missing_names.count() - self._missing) > missing_names.MANY:
            forgotten = missing_names.forget()
            self._say(f"{more:,} names that do not exist were looked for on this machine meanwhile, which a later run could tell; " +
                      ("the kernel has forgotten them" if forgotten else "look in train.py for what does that, if nothing else here does"))


def settle_times(folders):
    """Reads all that has not been read for a day, so that who reads it next changes nothing.

    Linux (relatime) notes the first access after a change, and one a day. Where a file system notes none, all but the
    first is left alone.
    """
    waiting, seen, deaf = [os.path.realpath(folder) for folder in folders], set(), set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        try:
            if not os.path.isdir(path):
                _settle(path, os.lstat(path), False, deaf)
                continue
            if os.statvfs(path).f_flag & ST_NOATIME:
                continue
            with os.scandir(path) as entries:
                for entry in entries:
                    try:
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
                        else:
                            _settle(entry.path, entry.stat(follow_symlinks=False), entry.is_symlink(), deaf)
                    except OSError:
                        continue  # This one only: what comes after it may be open.
        except OSError:
            continue  # It is closed to the child, too, or gone.


def _settle(path, before, is_link, deaf):
    fresh = before.st_atime_ns > max(before.st_mtime_ns, before.st_ctime_ns) and before.st_atime > time.time() - DAY
    if fresh or before.st_dev in deaf:
        return
    if is_link:
        os.readlink(path)
    else:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if before.st_size:
                mmap.mmap(descriptor, 1, mmap.MAP_PRIVATE, mmap.PROT_READ).close()  # An access that reads nothing from the disk.
            else:
                os.read(descriptor, 1)
        finally:
            os.close(descriptor)
    if os.lstat(path).st_atime_ns == before.st_atime_ns:
        deaf.add(before.st_dev)
