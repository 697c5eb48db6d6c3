"""The few facts about Linux that Python does not name: prctl, raw system calls, and their numbers per processor."""
import ctypes
import errno
import os
import platform
import sys

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SCHED_CORE = 1, 4, 22, 62
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
CLOSE_RANGE = 436  # The same on every processor, as is all that came after Linux 5.0.

MACHINE = platform.machine()
_libc = ctypes.CDLL(None, use_errno=True)


def syscall(number, *arguments):
    """A raw system call; integers and ctypes pointers go in. Raises OSError, elsewhere than on Linux always."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "this is not Linux")
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = _libc.syscall(ctypes.c_long(number), *passed)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{os.strerror(error)} (system call {number})")
    return result


def prctl(option, *arguments):
    """prctl(2) with integers or ctypes pointers. Raises OSError, elsewhere than on Linux always."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "this is not Linux")
    passed = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    passed += [ctypes.c_ulong(0)] * (4 - len(passed))
    if _libc.prctl(ctypes.c_int(option), *passed) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{os.strerror(error)} (prctl {option})")
