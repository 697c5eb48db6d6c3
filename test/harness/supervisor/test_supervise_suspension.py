"""A machine that stood still is not train.py's fault, and nobody can make it seem so, or gain time by it."""
import json
import os
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from supervised import command, make_run

from seal.process import processes
from seal.process.suspension import Suspension


def looked(*looks):
    suspension = Suspension()
    for now, used in looks:
        suspension.look(now, used)
    return suspension


@pytest.mark.parametrize("looks, seconds", [
    ([(0, 0), (0.25, 0.2), (0.5, 0.4)], 0),
    ([(0, 0), (4, 0.1)], 0),  # A look may be late on a busy machine.
    ([(0, 0), (10, 0.2), (60.3, 0.3), (60.6, 0.5)], 60),
    ([(0, 0), (1, 1), (31, 61)], 0),  # Two processors were at it all the time.
    ([(0, 0), (1, 0.5), (41, 20.5)], 0),  # A fork bomb in a container of half a processor.
    ([(0, 0), (1, 8), (13, 10)], 10),  # Eight processors up to the moment when all stood still.
])
def test_only_what_ran_nothing_at_all_stood_still(looks, seconds):
    assert looked(*looks).seconds == pytest.approx(seconds, abs=0.5)


@pytest.mark.parametrize("clock, reason, now, since, explained", [
    ("cpu", "wall", 130, None, True),  # 130 s of which 60 stood still: the wall of 120 was not reached.
    ("cpu", "wall", 190, None, False),  # Too long even so.
    ("cpu", "start", 100, None, False),  # CPU seconds had not passed meanwhile.
    ("cpu", "wall", 100, 30, False),  # An evaluation that took too many of them.
    ("wall", "start", 100, None, True),
    ("wall", "start", 118, None, False),
    ("wall", "start", 100, 100, True),  # Its evaluation began before anybody looked.
    ("wall", "start", 118, 118, False),
    ("wall", "wall", 100, 30, True),  # An answer that took long because everything did.
    ("wall", "wall", 100, 70, False),  # That evaluation began later.
    ("cpu", "memory", 130, None, False),
    ("cpu", "pids", 130, None, False),
])
def test_it_explains_a_limit_that_had_not_broken_otherwise(clock, reason, now, since, explained):
    intent = SimpleNamespace(clock=clock, wall_seconds=120, start_seconds=50)
    suspension = looked((0, 0), (5, 0), (65, 0))
    assert suspension.explains(reason, now, intent, since) is explained


def test_a_machine_that_never_stood_still_explains_nothing():
    intent = SimpleNamespace(clock="wall", wall_seconds=120, start_seconds=50)
    assert not looked((0, 0), (0.25, 0.1)).explains("wall", 121, intent, None)


@pytest.mark.skipif(sys.platform != "linux", reason="a tree is found in /proc")
@pytest.mark.parametrize("told", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_run_on_a_worker_that_was_paused_is_lost_and_no_crash(tmp_path, told):
    # told: the Pod's own deadline has come meanwhile, too.
    run = make_run(tmp_path, "import time; time.sleep(300)", clocks={"budgetSeconds": 1, "startSeconds": 100, "wallSeconds": 20})
    process = subprocess.Popen(command(run), stdin=subprocess.DEVNULL)
    phase = run / "result" / "phase"
    while not (phase.exists() and phase.read_text() == "training"):
        assert process.poll() is None
        time.sleep(0.01)
    tree = [process.pid, *processes.below(processes.listed(), process.pid)]
    for pid in tree:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(20.5)  # The wall passes, as it does for a worker that is paused.
    if told:
        process.terminate()
    for pid in reversed(tree):
        os.kill(pid, signal.SIGCONT)
    assert process.wait(300) == 0
    result = json.loads((run / "result" / "result.json").read_text())
    assert (result["status"], result["reason"]) == ("refused", "paused")
    seconds = int(re.fullmatch(r"the machine stood still for (\d+) s; run it again", result["sentence"])[1])
    assert 20 <= seconds <= round(result["wall_seconds"])
