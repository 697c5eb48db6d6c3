"""What the confined child must be able to do, beside the attack corpus with all that it must not."""
import os
import shutil
import subprocess

import pytest

import abilities
from gpu_trainer import GPU
from supervised import command, make_run, supervise

from seal.confine import abilities as listed, landlock, seccomp, visible

pytestmark = pytest.mark.skipif(landlock.abi() < 6 or not seccomp.works(), reason="this kernel cannot seal outside of a container")
PYTHON = GPU / ".venv" / "bin" / "python"
ALWAYS = listed.QUICK | {"name a thread": listed.name_a_thread, "lock a file of its own": listed.lock_a_file}
COMPILERS = {"build and load a library in C": "gcc", "build and load a library in C++": "g++"}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    return abilities.tried(tmp_path_factory.mktemp("sealed"), ("QUICK", "SLOW"))


@pytest.mark.parametrize("ability", ALWAYS)
def test_a_sealed_train_py_can(outcomes, ability):
    assert outcomes[ability] == "ok"


@pytest.mark.parametrize(("ability", "compiler"), COMPILERS.items())
def test_a_sealed_train_py_can_compile(outcomes, ability, compiler):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    assert outcomes[ability] == "ok"


def test_a_tool_that_is_not_installed_is_named_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(listed.Missing, match="gcc is not installed; install it"):
        listed.build_with_gcc(str(tmp_path))


@pytest.mark.long
def test_a_sealed_train_py_can_compile_for_every_gpu(tmp_path):
    found = abilities.tried(tmp_path, ("QUICK", "SLOW"), python=(str(PYTHON),))
    assert found == dict.fromkeys(listed.QUICK | listed.SLOW, "ok")


EVERYDAY = """
import fcntl, multiprocessing, os, sqlite3, subprocess, sys, tempfile, threading

def square(pipe):
    pipe.send(pipe.recv() ** 2)

if __name__ == "__main__":
    base = sqlite3.connect("base.db")
    base.execute("create table one (x)")
    base.execute("begin immediate")
    base.execute("insert into one values (1)")
    try:
        sqlite3.connect("base.db", timeout=0).execute("begin immediate")
    except sqlite3.OperationalError as error:
        print("SAID", error)
    base.commit()
    with tempfile.NamedTemporaryFile() as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with open(first.name) as second:
            try:
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("SAID held")
    for way in ("fork", "spawn"):
        here, there = multiprocessing.Pipe()
        other = multiprocessing.get_context(way).Process(target=square, args=(there,))
        other.start()
        here.send(7)
        print("SAID", way, here.recv())
        other.join()
    said = []
    threads = [threading.Thread(target=lambda: said.append(1)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("SAID", len(said))
    print("SAID", subprocess.run([sys.executable, "-c", "import json; print(json.dumps([1]))"], capture_output=True, text=True).stdout.strip())
    os.posix_fadvise(os.open("train.py", os.O_RDONLY), 0, 0, os.POSIX_FADV_SEQUENTIAL)
    print("SAID", os.path.expanduser("~") == os.getcwd())
"""


def test_a_sealed_train_py_can_use_a_database_locks_processes_and_threads(tmp_path):
    code, result, log = supervise(make_run(tmp_path, EVERYDAY, requireSealed=True))
    said = [line.removeprefix("SAID ") for line in log.splitlines() if line.startswith("SAID ")]
    assert said == ["database is locked", "held", "fork 49", "spawn 49", "20", "[1]", "True"], log
    assert result["sealed"] == "landlock"


def test_no_other_process_of_the_run_is_the_childs_to_change(tmp_path):
    """The right to name threads ends at the child's own: neither the reaper's nor the supervisor's files open."""
    source = """
import os
for pid in (os.getpid(), os.getppid()):
    for name in ("comm", "oom_score_adj", f"task/{pid}/comm", f"task/{pid}/oom_score_adj"):
        try:
            os.close(os.open(f"/proc/{pid}/{name}", os.O_WRONLY))
            print("OPEN", "own" if pid == os.getpid() else "other", name.replace(str(pid), "TID"), flush=True)
        except OSError:
            pass
"""
    run = make_run(tmp_path, source, requireSealed=True)
    code, result, log = supervise(run)
    assert result["sealed"] == "landlock", log
    opened = [line for line in log.splitlines() if line.startswith("OPEN ")]
    assert opened == ["OPEN own task/TID/comm", "OPEN own task/TID/oom_score_adj"]


def test_what_the_rules_name_in_proc_is_kept_by_the_kernel():
    """The kernel may forget an unused entry of /proc and makes another in its place, which no rule names."""
    pinned = {os.readlink(f"/proc/self/fd/{descriptor}") for descriptor in visible.pin_proc(os.getpid())}
    ruled = {path for path, _ in visible.rules(visible.Paths("/", (), ())) if path.startswith("/proc/") and os.path.exists(path)}
    assert pinned >= ruled - {f"/proc/{os.getpid()}"} and f"/proc/{os.getpid()}/task" in pinned


DROPPED = """
import os, time
while not os.path.exists("dropped"):
    time.sleep(0.01)
with open("/proc/self/task/%d/comm" % os.getpid(), "w") as file:
    file.write("named")
open("/proc/meminfo").close()
print("ABLE", flush=True)
"""


@pytest.mark.long
@pytest.mark.skipif(not os.access("/proc/sys/vm/drop_caches", os.W_OK), reason="only root may have the kernel drop its caches")
def test_the_rules_outlive_the_kernels_cache_of_names(tmp_path):
    run = make_run(tmp_path, DROPPED, requireSealed=True)
    started = subprocess.Popen(command(run), stdin=subprocess.DEVNULL)
    phase = run / "result" / "phase"
    while not (phase.exists() and phase.read_text() == "training"):
        assert started.poll() is None
    with open("/proc/sys/vm/drop_caches", "w") as file:
        file.write("2")
    (run / "work" / "dropped").touch()
    assert started.wait() == 0
    assert "ABLE" in (run / "result" / "run.log").read_text()
