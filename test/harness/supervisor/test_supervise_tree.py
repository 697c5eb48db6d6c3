"""The process tree: what it used is counted, also of the dead, and all of it ends."""
import os

import pytest

import supervised  # noqa: F401  (finds the harness)

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
    assert ended.used.cpu_seconds == ended.cpu_seconds == 4.0
    assert ended.peak_mb == 600.0


def test_both_ways_of_counting_agree_on_a_real_tree():
    listed, shown = processes._from_proc(), processes._from_ps()
    for pid in (os.getpid(), os.getppid(), 1):
        assert listed[pid].parent == shown[pid].parent
        assert listed[pid].own_seconds + 2 > shown[pid].own_seconds - 2 and shown[pid].memory_mb > 0


@pytest.mark.parametrize("shown, seconds", [("0:00.25", 0.25), ("00:00:07", 7), ("01:02:03", 3723), ("2-03:04:05", 183845), ("12:34.56", 754.56)])
def test_the_times_of_ps_are_read(shown, seconds):
    assert processes._seconds(shown) == pytest.approx(seconds)
