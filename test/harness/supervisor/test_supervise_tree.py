"""The process tree: what it used is counted, also of the dead, and all of it ends."""
import os
import sys
import time

import pytest

import supervised  # noqa: F401  (finds the harness)

from seal.errors import Broken
from seal.process import processes, tree

REAPER, TRAIN, CHILD, GRANDCHILD = 10, 11, 12, 13


@pytest.fixture
def watched(monkeypatch):
    """A tree without processes: `show` sets the table that the next sample sees, as pid: (parent, own, reaped, MiB)."""
    made = tree.Tree(REAPER, None, None)
    table = {}
    monkeypatch.setattr(processes, "listed", lambda: dict(table))

    def show(**rows):
        """The tree, after it has seen these processes."""
        table.clear()
        table[REAPER] = processes.Process(1, 99.0, rows.pop("reaped", 0.0), 99.0, 1)
        table.update({{"train": TRAIN, "child": CHILD, "grandchild": GRANDCHILD}[name]: processes.Process(*row, threads=2) for name, row in rows.items()})
        made.used = made.usage()
        return made
    return show


def test_the_living_count_with_what_they_reaped(watched):
    used = watched(train=(REAPER, 1.0, 2.0, 30.0), child=(TRAIN, 0.5, 0.0, 20.0), grandchild=(CHILD, 0.25, 0.0, 10.0)).used
    assert (used.cpu_seconds, used.memory_mb, used.processes, used.threads) == (3.75, 60.0, 3, 6)


def test_orphans_that_the_reaper_waited_for_count(watched):
    assert watched(train=(REAPER, 1.0, 0.0, 30.0), reaped=4.0).used.cpu_seconds == 5.0


def test_a_child_that_nobody_waited_for_still_counts(watched):
    watched(train=(REAPER, 1.0, 0.0, 30.0), child=(TRAIN, 7.0, 0.0, 20.0))
    # Its parent ignores SIGCHLD: the kernel forgets the time.
    assert watched(train=(REAPER, 1.5, 0.0, 30.0)).used.cpu_seconds == 8.5


def test_the_clock_never_runs_backwards_and_the_peak_stays(watched):
    watched(train=(REAPER, 3.0, 0.0, 500.0), child=(TRAIN, 1.0, 0.0, 100.0))
    watched(train=(REAPER, 3.0, 0.0, 30.0))
    ended = watched()
    assert ended.used.cpu_seconds == 4.0
    assert ended.peak_mb == 600.0


def test_what_stood_below_a_parent_that_vanished_meanwhile_is_looked_for_again(watched, monkeypatch):
    made, shown = watched(train=(REAPER, 1.0, 0.0, 30.0)), []

    def listed():
        row, parent = processes.Process, CHILD if not shown else REAPER  # It stood below a process that is gone.
        shown.append(parent)
        return {REAPER: row(0, 9.0, 0.0, 9.0, 1), TRAIN: row(REAPER, 1.0, 0.0, 9.0, 1), GRANDCHILD: row(parent, 3.0, 0.0, 9.0, 1)}
    monkeypatch.setattr(processes, "listed", listed)
    assert made.usage().cpu_seconds == 4.0
    assert shown[:2] == [CHILD, REAPER]


def test_what_rounding_may_hide_in_many_processes_is_charged_for_and_in_a_few_is_not(watched, monkeypatch):
    made = watched()

    def most(count):
        table = {REAPER: processes.Process(0, 0.0, 0.0, 0.0, 1)}
        table.update({100 + number: processes.Process(REAPER, 0.0, 0.0, 0.0, 1, rounded_seconds=0.02) for number in range(count)})
        monkeypatch.setattr(processes, "listed", lambda: table)
        return made.usage().most_cpu_seconds
    assert most(tree.FREE_PROCESSES) == 0.0
    assert most(tree.FREE_PROCESSES + 100) == pytest.approx(2.0)


@pytest.fixture
def ended_with(watched):
    """A tree that showed one CPU second, and whose reaper then says how many there were."""
    def end(seconds):
        made = watched(train=(REAPER, 1.0, 0.0, 30.0))
        made.report, said = os.pipe()
        os.write(said, b"used %f 1.0 0.0\n" % seconds)
        os.close(said)
        made.settle()
    return end


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the dead are not counted until the end")
def test_a_total_that_the_looks_before_it_did_not_show_ends_the_run(ended_with):
    with pytest.raises(Broken, match="used 900.00 CPU seconds, and the clocks of its processes showed 1.00") as broken:
        ended_with(900.0)
    assert broken.value.reason == "start"


def test_a_total_that_the_looks_before_it_showed_ends_nothing(ended_with):
    ended_with(1.0 + tree.UNSEEN_SECONDS / 2)


@pytest.mark.skipif(sys.platform != "linux", reason="ps rounds")
def test_a_few_milliseconds_of_a_process_that_nobody_waited_for_are_counted():
    pid = os.fork()
    if pid == 0:
        while time.process_time_ns() < 4_000_000:
            pass
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        assert processes.listed()[pid].own_seconds >= 0.004
        assert processes.all_there([pid])
    finally:
        os.waitpid(pid, 0)
    assert not processes.all_there([pid])


def test_both_ways_of_counting_agree_on_a_real_tree():
    listed, shown = processes._from_proc(), processes._from_ps()
    for pid in (os.getpid(), os.getppid(), 1):
        assert listed[pid].parent == shown[pid].parent
        assert listed[pid].own_seconds + 2 > shown[pid].own_seconds - 2 and shown[pid].memory_mb > 0


@pytest.mark.parametrize("shown, seconds", [("0:00.25", 0.25), ("00:00:07", 7), ("01:02:03", 3723), ("2-03:04:05", 183845), ("12:34.56", 754.56)])
def test_the_times_of_ps_are_read(shown, seconds):
    assert processes._seconds(shown) == pytest.approx(seconds)
