"""Tries something in a process of its own: whatever it does to itself, this one stays as it was."""
import json
import os
import signal
from dataclasses import dataclass


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
            signal.alarm(seconds)
            told = [attempt(), "", "", None]
        except BaseException as error:
            told = [None, type(error).__name__, str(error), getattr(error, "seen", None)]
        try:
            os.write(writer, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    if told:
        return Outcome(*json.loads(told))
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        return Outcome(failure="TooSlow", sentence=f"it did not end within {seconds} s")
    return Outcome(failure="Killed", sentence=f"wait status {status}")
