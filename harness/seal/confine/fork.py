"""Tries something in a process of its own: whatever it does to itself, this one stays as it was."""
import json
import os
import select
import signal
import time
from dataclasses import dataclass

GRACE_SECONDS = 10  # What a driver may take to end a process that has been told to end.
LOOK_SECONDS = 0.01


@dataclass(frozen=True)
class Outcome:
    """What came of it: `value` if it returned, else the class of what it raised and its sentence."""
    value: object = None
    failure: str = ""
    sentence: str = ""
    seen: str | None = None  # A path that the exception carries.


def tried(attempt, seconds=0):
    """Runs `attempt` and gives back its Outcome; what it returns must be JSON. `seconds`: it is ended after so many, 0: never."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, seconds)
            told = [attempt(), "", "", None]
        except BaseException as error:
            told = [None, type(error).__name__, str(error), getattr(error, "seen", None)]
        try:
            os.write(writer, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(writer)
    give_up = time.monotonic() + seconds + GRACE_SECONDS if seconds else None
    with os.fdopen(reader, "rb") as pipe:
        told = _read(pipe, give_up)
    status = _ended(pid, give_up)
    if told and status is not None:
        return Outcome(*json.loads(told))
    if status is None or os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        return Outcome(failure="TooSlow", sentence=f"it did not end within {seconds} s")
    return Outcome(failure="Killed", sentence=f"wait status {status}")


def _read(pipe, give_up):
    """All that comes until its end, or b"" where that has not come by then."""
    told = b""
    while give_up is None or select.select([pipe], [], [], max(0, give_up - time.monotonic()))[0]:
        piece = os.read(pipe.fileno(), 1 << 16)
        if not piece:
            return told
        told += piece
    return b""


def _ended(pid, give_up):
    """Its wait status; None where it has not ended by then, for a process that waits for a broken device hears no signal."""
    if give_up is None:
        return os.waitpid(pid, 0)[1]
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() > give_up:
            os.kill(pid, signal.SIGKILL)
            return None
        time.sleep(LOOK_SECONDS)
