"""What a run reads changes nothing that the next one could see, and what it need not read it does not see."""
import ctypes
import mmap
import os
import subprocess
import sys
import sysconfig
import time

import pytest

from supervised import HARNESS, outcome

from seal.confine import landlock, seccomp, traces, visible

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


READS_EVERY_OTHER_PAGE = """
import os
for path in {paths}:
    descriptor = os.open(path, os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
    for at in range(0, os.path.getsize(path), 2 * {page}):
        os.pread(descriptor, 1, at)
    print("READ", path, flush=True)
"""


@pytest.mark.skipif(landlock.abi() < 6 or not seccomp.works(), reason="this kernel cannot seal outside of a container")
def test_the_pages_that_a_run_brought_into_memory_tell_the_next_one_nothing(tmp_path):
    tools = sorted((entry for entry in os.scandir("/usr/bin") if entry.is_file(follow_symlinks=False)), key=lambda entry: -entry.stat().st_size)
    tool = next((entry.path for entry in tools if entry.stat().st_size < 4 << 20 and forgotten(entry.path)), None)
    if tool is None:
        pytest.skip("this user may not ask about the system's files")
    package = os.path.join(sysconfig.get_paths()["purelib"], f"unread-{os.getpid()}.bin")
    with open(package, "wb") as file:
        file.write(os.urandom(64 * PAGE))
    try:
        if not forgotten(package):
            pytest.skip("the packages lie in memory only")
        _, log = outcome(tmp_path, READS_EVERY_OTHER_PAGE.format(paths=[tool, package], page=PAGE), requireSealed=True)
        assert log.count("READ ") == 2, log
        # A package is read by every run, a tool is not.
        assert set(cached(package)) == {True}
        assert set(cached(tool)) == {False}
    finally:
        os.unlink(package)


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
