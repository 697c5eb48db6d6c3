"""CPU seconds count by what the machine does in them, and train.py has no say in it."""
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from supervised import BIGRAMS, EVALUATE, outcome

from seal.errors import Broken, Refused
from seal.process import machine_pace
from seal.process.machine_pace import CpuSeconds, Pace
from seal.process.standstill import Standstill
from seal.process.yardstick import REFERENCE_SECONDS, Yardstick

pytestmark = pytest.mark.skipif(not machine_pace.POSSIBLE, reason="only Linux tells one process the clock of another")
BURN = [sys.executable, "-c", "print(flush=True)\nwhile True: pass"]


@pytest.fixture
def burner():
    """A process below this one that uses all the time it gets, and the standstill that knows it."""
    started = subprocess.Popen(BURN, stdout=subprocess.PIPE)
    started.stdout.readline()
    still = Standstill(os.getpid())
    still.find()
    yield started, still
    started.kill()
    started.wait()
    started.stdout.close()


def used_ns(pid):
    return time.clock_gettime_ns(~pid << 3 | 2)


def work(pid, nanoseconds):
    """Waits until another process has worked so long."""
    until = used_ns(pid) + nanoseconds
    while used_ns(pid) < until:
        time.sleep(0.001)


def own_work():
    until = time.thread_time_ns() + 30_000_000
    while time.thread_time_ns() < until:
        pass


def test_a_tree_stands_still_for_a_look_and_works_on_afterwards(burner):
    started, still = burner

    def act(core):
        before = used_ns(started.pid)
        own_work()
        return used_ns(started.pid) - before

    assert still.during(act) < 1_000_000
    work(started.pid, 1_000_000)


def test_a_process_of_the_tree_that_is_woken_up_meanwhile_disturbs_the_look(burner):
    started, still = burner

    def act(core):
        os.kill(started.pid, signal.SIGCONT)
        work(started.pid, 2_000_000)
        return 1.0

    assert still.during(act) is None


def test_a_process_of_the_tree_that_nobody_knew_disturbs_the_look(burner):
    _, still = burner
    unknown = subprocess.Popen(BURN, stdout=subprocess.DEVNULL)
    try:
        assert still.during(lambda core: 1.0) is None
        assert still.during(lambda core: 1.0) == 1.0
    finally:
        unknown.kill()
        unknown.wait()


def test_a_process_is_found_below_one_that_is_found_later_in_the_listing():
    # The parent's number may be the higher one where the kernel's numbers have begun anew.
    shell = subprocess.Popen(["sh", "-c", f"{sys.executable} -c 'print(flush=True); import time; time.sleep(600)'; true"], stdout=subprocess.PIPE)
    shell.stdout.readline()
    try:
        still = Standstill(os.getpid())
        assert len(still.find() & still.pids) >= 2
        assert Standstill(shell.pid).find() == still.pids - {shell.pid}
    finally:
        still._tell(still.pids, signal.SIGKILL)
        shell.wait()
        shell.stdout.close()


def paced(*samples):
    """A pace that has taken these samples."""
    shown = []
    pace = Pace(shown.append)
    shown.clear()
    pace._best = pace._speed = 0.5
    for sample in samples:
        pace.take(sample)
    pace.shown = shown
    return pace


def test_a_cpu_second_counts_by_the_pace_of_its_time():
    pace = paced(0.5, 0.7)
    assert pace.counted(10.0) == pytest.approx(6.0)
    pace.take(1.0)
    assert pace.counted(12.0) == pytest.approx(8.0)
    assert pace.counted(13.0) == pytest.approx(9.0)
    assert pace.mean == pytest.approx(9 / 13)
    assert pace.shown == [0.5, 0.7, 1.0]


def test_a_sample_that_was_disturbed_counts_as_the_fastest_one():
    pace = paced(0.8, 0.4, None)
    assert pace.shown == [0.8, 0.4, 0.8]
    assert "1 disturbed" in pace.sentence


def test_a_pace_that_cannot_be_is_cut_and_the_run_refused():
    pace = paced(1e-9)
    assert pace.counted(10.0) == pytest.approx(10.0 / 16)
    with pytest.raises(Refused, match="use another machine") as refused:
        pace.check()
    assert refused.value.reason == "pace"


@pytest.mark.parametrize("samples, fits", [((1.0, 0.7) * 20, True), ((1.0, 0.1) * 10, False), ((1.0, 0.1), True)])
def test_a_pace_that_is_known_too_vaguely_is_refused(samples, fits):
    pace = paced(*samples)
    pace.counted(5.0)
    if fits:
        pace.check()
    else:
        with pytest.raises(Refused, match="known within"):
            pace.check()


@pytest.mark.parametrize("times, fits", [(1, True), (5, False)])
def test_a_pace_that_was_looked_at_too_seldom_is_refused(times, fits):
    pace = paced()
    for number in range(10):
        pace.counted(number * times * machine_pace.EVERY_SECONDS)
        pace.take(0.6)
    if fits:
        pace.check()
    else:
        with pytest.raises(Refused, match="CPU seconds apart"):
            pace.check()


@pytest.mark.parametrize("samples, fits", [((0.6,) * 6 + (None,) * 6, True), ((0.6,) * 6 + (None,) * 7, False), ((0.6, None, None), True)])
def test_where_most_samples_are_disturbed_there_is_no_number_and_helpers_are_blamed(samples, fits):
    pace = paced()
    for number, sample in enumerate(samples):
        pace.counted(number * 1.2 * machine_pace.EVERY_SECONDS)
        pace.take(sample)
    pace.check()
    if fits:
        pace.judge()
        return
    with pytest.raises(Refused, match="did not stop") as refused:
        pace.judge()
    pace._still = Standstill(os.getpid())
    pace._still.joined = 1
    with pytest.raises(Broken, match="start fewer") as broken:
        pace.judge()
    assert (refused.value.reason, broken.value.reason) == ("pace", "pace")


def test_processes_that_join_a_tree_are_counted(burner):
    started, still = burner
    still.joined = 0
    still.find()
    assert still.joined == 0
    helper = subprocess.Popen(BURN, stdout=subprocess.PIPE)
    helper.stdout.readline()
    still.find()
    helper.kill()
    helper.wait()
    helper.stdout.close()
    assert still.joined == 1


@pytest.mark.parametrize("clock", ["wall", "virtual"])
def test_other_clocks_have_no_pace(clock):
    plain = machine_pace.of(clock, lambda speed: pytest.fail("nobody asked"))
    assert isinstance(plain, CpuSeconds) and plain.counted(3.0) == 3.0 and plain.mean is None


def test_the_yardstick_does_the_same_work_for_ever():
    yardstick = Yardstick()
    for _ in range(300):
        yardstick()
    assert all(abs(weight).max() < 10 for weight in yardstick._weights)
    assert 1e-4 < REFERENCE_SECONDS < 1e-2


TRAIN = """
from prepare import clock
began = clock()
while clock() - began < 2:
    sum(range(10000))
"""


def test_the_clock_of_train_py_and_the_supervisors_agree(tmp_path):
    result, log = outcome(tmp_path, TRAIN + BIGRAMS + EVALUATE)
    assert result["status"] == "finished", log
    said = re.search(r"\[supervisor: pace: ([\d.]+) CPU seconds count as ([\d.]+), ", log)
    assert float(said[2]) / float(said[1]) == pytest.approx(result["pace"], abs=0.01)
    # Two seconds and the start-up, of which numpy's import is the most; by the same pace on both sides.
    assert 1.8 < result["training_seconds"] < 2 + 1.5


CROWD = """
import threading
for _ in range(1200):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
"""


def test_a_crowd_of_threads_keeps_nobody_from_looking_how_fast_the_machine_is(tmp_path):
    # Else who sees a slow moment, for the pace is shown, would have it count from then on.
    result, log = outcome(tmp_path, CROWD + TRAIN + BIGRAMS + EVALUATE)
    assert result["status"] == "finished", log
    looks = re.search(r"; (\d+) samples, (\d+) disturbed", log)  # One that was disturbed counts as the best, so nobody gains by it.
    assert int(looks[1]) + int(looks[2]) >= 8


def test_a_look_at_a_crowd_counts_as_the_best_one(burner):
    _, still = burner
    pace = paced(0.25, 0.75, 0.25)
    pace._still = still
    pace.look(crowded=True)
    assert pace._speed == 0.75 and pace._disturbed == 1
