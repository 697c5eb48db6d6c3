"""What a run reads changes nothing that the next one could see, and what it need not read it does not see."""
import ctypes
import inspect
import mmap
import os
import subprocess
import sys
import sysconfig
import time

import pytest

from supervised import HARNESS, outcome

from seal.confine import landlock, missing_names, page_cache, seccomp, traces, visible

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux is asked to note no access")
PAGE = os.sysconf("SC_PAGE_SIZE")
OLD = time.time() - 3 * traces.DAY


@pytest.fixture
def unread(tmp_path):
    """A folder of things that nobody has read since they were changed."""
    for name in ("below", "below/folder"):
        (tmp_path / name).mkdir()
    (tmp_path / "below" / "file").write_text("content")
    (tmp_path / "below" / "empty").touch()
    (tmp_path / "below" / "link").symlink_to("file")
    if os.statvfs(tmp_path).f_flag & traces.ST_NOATIME:
        pytest.skip("nothing is noted here anyway")
    made = [tmp_path / "below" / name for name in ("file", "empty", "link", "folder", ".")]
    for path in made:
        os.utime(path, (OLD, OLD), follow_symlinks=False)
    return made


def read(path):
    if path.is_symlink():
        os.readlink(path)
    elif path.is_dir():
        os.listdir(path)
    else:
        path.read_bytes()


def noted(paths):
    """Of which of them an access is noted now."""
    found = []
    for path in paths:
        before = os.lstat(path).st_atime_ns
        read(path)
        if os.lstat(path).st_atime_ns != before:
            found.append(path.name)
    return found


def test_an_unread_file_folder_or_link_would_be_a_note(unread):
    assert noted(unread) == [path.name for path in unread]


def test_what_has_been_settled_is_no_note(unread):
    traces.settle_times([str(unread[0].parent)])
    assert noted(unread) == []


def test_a_file_that_is_named_itself_is_settled_too(unread):
    traces.settle_times([str(unread[0])])
    assert noted(unread[:2]) == [unread[1].name]


def test_one_that_cannot_be_read_leaves_no_other_of_its_folder_unsettled(unread, monkeypatch):
    real = traces._settle

    def settle(path, *rest):
        if path.endswith("empty"):
            raise PermissionError(13, "closed", path)
        real(path, *rest)

    monkeypatch.setattr(traces, "_settle", settle)
    traces.settle_times([unread[0].parent])
    others = [path for path in unread if path.name not in ("empty", "below")]
    assert noted(others) == []


def test_files_that_cannot_be_read_or_do_not_exist_are_passed_over(unread):
    traces.settle_times([str(unread[0].parent / "none"), str(unread[0].parent)])
    assert noted(unread) == []


READER = """
import os, sys
sys.path.insert(0, sys.argv[1])
from seal.confine import traces
traces.mount_without_times()
for path in sys.argv[2:]:
    os.readlink(path) if os.path.islink(path) else os.listdir(path) if os.path.isdir(path) else open(path).read()
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can have mounts of its own")
def test_mounts_of_its_own_note_nothing_and_leave_the_others_as_they_are(unread):
    if not traces.Traces(["/"], []).before():
        pytest.skip("this root may not mount")
    before = [os.lstat(path).st_atime_ns for path in unread]
    subprocess.run([sys.executable, "-c", READER, str(HARNESS), *map(str, unread)], check=True)
    assert [os.lstat(path).st_atime_ns for path in unread] == before
    assert noted(unread) == [path.name for path in unread]


def cached(path):
    """For each page of a file whether it lies in memory, which only root and its owner may ask."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE) as mapped:
        told = ctypes.create_string_buffer(-(-len(mapped) // PAGE))
        start = ctypes.addressof(first := ctypes.c_char.from_buffer(mapped))
        assert ctypes.CDLL(None).mincore(ctypes.c_void_p(start), ctypes.c_size_t(len(mapped)), told) == 0
        del first
    return [bool(one & 1) for one in told.raw]


def forgotten(path):
    """Whether the kernel lets go of all pages of a file when it is asked to; not where a program has it mapped."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    return not any(cached(path))


def read_every_other_page(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
    for at in range(0, os.path.getsize(path), 2 * PAGE):
        os.pread(descriptor, 1, at)
    os.close(descriptor)


@pytest.fixture
def unread_file():
    """Makes files that nobody else reads and of which no page lies in memory."""
    made = []

    def make(folder):
        path = os.path.join(folder, f"unread-{os.getpid()}-{len(made)}.bin")
        made.append(path)
        with open(path, "wb") as file:
            file.write(os.urandom(64 * PAGE))
        if not forgotten(path):
            pytest.skip(f"{folder} lies in memory only")
        return path
    yield make
    for path in made:
        os.unlink(path)


def test_what_every_run_reads_is_brought_into_memory_and_all_else_is_let_go(tmp_path, unread_file):
    (tmp_path / "needed").mkdir()
    needed, other = unread_file(tmp_path / "needed"), unread_file(tmp_path)
    for path in (needed, other):
        read_every_other_page(path)
        assert set(cached(path)) == {True, False}
    page_cache.settle([str(tmp_path)], [str(tmp_path / "needed")])
    assert set(cached(needed)) == {True}
    assert set(cached(other)) == {False}


def test_what_there_is_no_room_for_is_let_go_as_a_whole(tmp_path, unread_file, monkeypatch):
    needed = unread_file(tmp_path)
    read_every_other_page(needed)
    monkeypatch.setattr(page_cache, "_available", lambda: page_cache.SHARE_OF_MEMORY * 64 * PAGE)
    page_cache.settle([], [str(tmp_path)])
    assert set(cached(needed)) == {False}


@pytest.mark.skipif(landlock.abi() < 6 or not seccomp.works(), reason="this kernel cannot seal outside of a container")
def test_the_pages_that_a_run_brought_into_memory_tell_the_next_one_nothing(tmp_path, unread_file):
    package = unread_file(sysconfig.get_paths()["purelib"])
    source = f"import os\nPAGE = {PAGE}\n{inspect.getsource(read_every_other_page)}\nread_every_other_page({package!r})\nprint('READ', flush=True)\n"
    _, log = outcome(tmp_path, source, requireSealed=True)
    assert "READ\n" in log, log
    assert set(cached(package)) == {True}


SIGNLESS = f"""
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
PAGE = {PAGE}
{inspect.getsource(read_every_other_page)}
if os.fork() == 0:
    read_every_other_page(PATH)
    os._exit(0)
try:
    os.wait()
except ChildProcessError:
    print('READ', flush=True)
"""


@pytest.mark.skipif(landlock.abi() < 6 or not seccomp.works(), reason="this kernel cannot seal outside of a container")
def test_so_do_those_that_a_process_brought_in_whose_reads_nobody_counted(tmp_path, unread_file):
    package = unread_file(sysconfig.get_paths()["purelib"])
    _, log = outcome(tmp_path, SIGNLESS.replace("PATH", repr(package)), requireSealed=True, clock="wall")
    assert "READ\n" in log, log
    assert set(cached(package)) == {True}


LOOKS = f"""
import os
for number in range({2 * missing_names.MANY}):
    os.access(f"/usr/lib/{os.urandom(8).hex()}-{{number}}", os.F_OK)
print("LOOKED", flush=True)
"""


@pytest.mark.skipif(missing_names.count() == 0, reason="this kernel does not tell how many names it knows to be missing")
def test_names_that_a_run_looked_for_are_forgotten_or_told(tmp_path):
    _, log = outcome(tmp_path, LOOKS, requireSealed=True)
    assert "LOOKED\n" in log, log
    told = "the kernel has forgotten them" if os.access(missing_names.DROP, os.W_OK) else "look in train.py for what does that"
    assert told in log


@pytest.mark.skipif(missing_names.count() == 0 or not os.access(missing_names.DROP, os.W_OK), reason="only root may have the kernel forget")
def test_what_is_forgotten_is_no_longer_known_to_be_missing(tmp_path):
    before = missing_names.count()
    for number in range(missing_names.MANY):
        os.access(tmp_path / str(number), os.F_OK)
    known = missing_names.count()
    assert missing_names.forget()
    assert missing_names.count() < known - missing_names.MANY / 2, before


def covering(path, right):
    """The rules of a run without a GPU that give a right to the path."""
    paths = visible.Paths("/nowhere", (str(HARNESS / "cpu"),), ())
    return [rule for rule, rights in visible.rules(paths) if rights & right and (path + "/").startswith(os.path.realpath(rule) + "/")]


@pytest.mark.parametrize("path", [
    os.path.join(sys.prefix, ".lock"), str(HARNESS / "cpu" / ".venv" / ".lock"), "/etc/passwd", "/usr/share/doc", "/usr/src/none",
    os.path.join(sysconfig.get_paths()["stdlib"], "test", "__init__.py")])
def test_what_no_run_without_a_gpu_needs_is_out_of_its_view(path):
    assert covering(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)), landlock.READ_FILE) == []


@pytest.mark.parametrize("module", ["json", "ssl", "sqlite3", "numpy", "_ctypes"])
def test_the_modules_of_this_python_are_in_its_view(module):
    found = __import__(module).__file__
    assert covering(os.path.realpath(found), landlock.READ_FILE)
