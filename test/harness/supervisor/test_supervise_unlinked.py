"""What has no name on disk and no place in resident memory is counted all the same."""
import ctypes
import mmap
import os
import select
import socket
import sys
from types import SimpleNamespace

import pytest

import supervised  # noqa: F401  (finds the harness)

from seal.errors import Broken, Refused
from seal.process import kernel_memory, limits, unlinked, workdir
from seal.run import Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what its processes have open")
MIB = 1 << 20


@pytest.fixture
def look():
    """Looks at this process; what it held before does not count."""
    memory = os.memfd_create("logits")
    seen = unlinked.Unlinked(memory)
    before = seen.look([os.getpid()])
    yield lambda: unlinked.Held(*(now - then for now, then in zip(_both(seen.look([os.getpid()])), _both(before), strict=True)))
    os.close(memory)


def _both(held):
    return held.disk_mb, held.memory_mb


def test_an_unlinked_file_counts_once_however_often_it_is_open(tmp_path, look):
    with open(tmp_path / "named", "wb") as named, open(tmp_path / "unlinked", "wb") as file:
        named.write(os.urandom(5 * MIB))
        file.write(os.urandom(3 * MIB))
        named.flush()
        file.flush()
        assert _both(look()) == (0, 0)
        os.unlink(tmp_path / "unlinked")
        again = os.dup(file.fileno())
        assert 3 <= look().disk_mb < 3.2 and look().memory_mb == 0
        os.close(again)
    assert _both(look()) == (0, 0)


def test_memory_behind_a_descriptor_counts_where_it_is_not_resident_already(look):
    held = os.memfd_create("held")
    os.write(held, b"x" * (8 * MIB))
    assert look().memory_mb == pytest.approx(8, abs=0.5) and look().disk_mb == 0
    with mmap.mmap(held, 8 * MIB) as mapped:
        assert len(set(mapped[:: mmap.PAGESIZE])) == 1  # Every page is touched.
        assert look().memory_mb == pytest.approx(0, abs=0.5)
    os.close(held)


def test_the_dead_hold_nothing_and_a_flood_of_descriptors_is_said(look, monkeypatch):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    memory = os.memfd_create("logits")
    assert _both(unlinked.Unlinked(memory).look([child])) == (0, 0)
    os.close(memory)
    monkeypatch.setattr(unlinked, "MOST_OPEN", 2)
    with pytest.raises(unlinked.TooMany, match="more than 2"):
        look()


def test_many_sockets_count_as_if_they_were_full_and_a_few_do_not(look, monkeypatch):
    monkeypatch.setattr(unlinked, "FREE_CHANNELS", 0)
    before = look().memory_mb
    monkeypatch.undo()
    pairs = [socket.socketpair() for _ in range(10)]
    assert look().memory_mb == 0
    monkeypatch.setattr(unlinked, "FREE_CHANNELS", 0)
    assert look().memory_mb - before == pytest.approx(20 * 416 / 1024)
    for one in (end for pair in pairs for end in pair):
        one.close()


def test_more_instances_of_epoll_than_any_program_needs_are_said(look, monkeypatch):
    polls = [select.epoll() for _ in range(3)]
    look()
    monkeypatch.setattr(unlinked, "MOST_POLLS", 2)
    with pytest.raises(unlinked.TooMany, match="more than 2 instances of epoll"):
        look()
    for poll in polls:
        poll.close()


def test_page_tables_count_though_what_they_point_to_is_resident_nowhere():
    before = kernel_memory.beyond_residence_mb(os.getpid())
    with mmap.mmap(-1, 8 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000, prot=mmap.PROT_READ) as sparse:
        sparse.madvise(mmap.MADV_NOHUGEPAGE)
        for place in range(0, 8 << 30, 2 << 20):
            assert sparse[place] == 0
        assert kernel_memory.beyond_residence_mb(os.getpid()) - before == pytest.approx(16, abs=0.5)


def test_the_pieces_of_a_programs_memory_count_and_a_flood_of_them_is_said(monkeypatch):
    before = kernel_memory.mappings_mb([os.getpid()])
    libc, pages = ctypes.CDLL(None), 4000
    with mmap.mmap(-1, pages * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as whole:
        start = ctypes.addressof(first := ctypes.c_char.from_buffer(whole))
        for page in range(0, pages, 2):
            assert libc.mprotect(ctypes.c_void_p(start + page * mmap.PAGESIZE), mmap.PAGESIZE, mmap.PROT_READ) == 0
        assert kernel_memory.mappings_mb([os.getpid()]) - before == pytest.approx(pages * kernel_memory.MAPPING_KIB / 1024, abs=0.1)
        monkeypatch.setattr(kernel_memory, "MOST_MAPPINGS", pages)
        with pytest.raises(kernel_memory.TooMany, match="more than 4000 pieces"):
            kernel_memory.mappings_mb([os.getpid()])
        del first


@pytest.mark.parametrize("given_back, blamed", [(limits.LAST_DISK_MB + 1, Broken), (limits.LAST_DISK_MB - 1, Refused), (-500, Refused)])
def test_a_full_disk_is_blamed_on_whose_end_frees_it(monkeypatch, given_back, blamed):
    run, free = Run(SimpleNamespace(log=None, work="/", show_phase=lambda word: None), SimpleNamespace(memory_mb=None, disk_mb=100)), [10.0]

    def end():
        free[0] += given_back
    run.tree = SimpleNamespace(end=end)
    monkeypatch.setattr(workdir, "free_mb", lambda path: free[0])
    run.inputs = SimpleNamespace(read=lambda *_: None, references=lambda: None, intent=None, dataset=SimpleNamespace(floor_bpb=None))
    monkeypatch.setattr(run, "choose_confinement", lambda: None)
    monkeypatch.setattr(run, "spawn", lambda references: None)

    def full(limits):
        raise Refused("disk", "the disk of the run directory has 10 MiB left; free some and run again")
    monkeypatch.setattr(run, "watch", full)
    with pytest.raises(blamed) as raised:
        run.measure()
    assert raised.value.reason == "disk"
