"""What the exit status of train.py says about a run that nothing else has ended."""
import os
import signal

from seal.errors import Broken, Refused


def code_and_signal(status):
    """(exit code, signal) of a wait status; each is None where there is none."""
    if status is None:
        return None, None
    return (None, os.WTERMSIG(status)) if os.WIFSIGNALED(status) else (os.WEXITSTATUS(status), None)


def check(status, out_of_reach, out_of_memory):
    """Raises Broken or Refused unless train.py ended with code 0.

    `status`: None where its reaper ended first. `out_of_reach`: train.py could not have ended the reaper.
    `out_of_memory()`: whether the kernel ended a process for want of memory meanwhile.
    """
    if status is None and out_of_reach:
        raise Refused("setup", "the reaper of the process tree was ended from outside; run it again")
    if status is None:
        raise Broken("signal", "the reaper of the process tree was ended, which train.py may have done")
    code, number = code_and_signal(status)
    if number == signal.SIGKILL and out_of_memory():
        raise Broken("memory", "the kernel ended train.py because memory ran out")
    if number is not None:
        raise Broken("signal", f"train.py was ended by signal {number}")
    if code:
        raise Broken("exit", f"train.py exited with code {code}")
