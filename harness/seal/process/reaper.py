"""The process between the supervisor and train.py: it adopts what train.py leaves behind, counts it and can end it all."""
import os
import resource
import select
import signal
import sys
import time

from seal.process.processes import below, kill, listed, reap


def _resident_mb(usage):
    """ru_maxrss is KiB on Linux and bytes on macOS."""
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _end_all(child, scoped, uid):
    """Ends every process below this one."""
    while reap()[1]:
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
            for pid in below(listed(), os.getpid()):
                kill(pid)
        time.sleep(0.001)


def run(child, control, report, scoped, uid):
    """The reaper's life: reaps train.py and its orphans, and ends all when the control pipe closes.

    Reports `exit STATUS` when train.py has ended, and at the end `used CPU_SECONDS LARGEST_MB READ_MB` of all that was reaped.
    """
    wake, wake_writer = os.pipe()
    os.set_blocking(wake_writer, False)
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
        for pid, status in reap()[0]:
            if pid == child:
                os.write(report, b"exit %d\n" % status)
    _end_all(child, scoped, uid)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    os.write(report, b"used %f %f %f\n" % (used.ru_utime + used.ru_stime, _resident_mb(used), used.ru_inblock / 2048))
