"""What train.py is given: descriptors, environment, limits; and the way from a fork to its first line."""
import fcntl
import os
import resource
import signal
import sys

from seal import compiled
from seal.confine import levels, linux
from seal.confine.visible import CONTAINED
from seal.process import processes

F_SETPIPE_SZ, PIPE_BYTES = 1031, 1 << 20
CONFINED = b"confined\n"
LARGEST_FILE = 1 << 30
MOST_DESCRIPTORS = 1024
MOST_SIGNALS = 4096  # Queued, timers included. The user's other programs share their number.
MOST_TASKS = 1024  # What fork() lets a child have where nothing but a user's limit counts.
MEMORY, QUESTIONS, ANSWERS = 3, 4, 5  # The child's descriptors beside 0, 1, 2.


class SetupFailed(Exception):
    """The child could not be started as it should be."""


def widen(pipe):
    """Lets more output wait in the pipe, where the system allows it: a narrow one is slower, that is all."""
    try:
        fcntl.fcntl(pipe, F_SETPIPE_SZ, PIPE_BYTES)
    except OSError:
        pass


def environment(intent, harness, text, work, gpu=False):
    """The child's whole environment: nothing is inherited but the path and what CUDA and the loader need."""
    kept = {name: value for name, value in os.environ.items()
            if name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ") or name.startswith(("CUDA_", "NVIDIA_"))}
    return {
        **kept,
        "PATH": kept.get("PATH", "/usr/bin:/bin"),
        "HOME": work, "USER": "trainer", "TMPDIR": work, "XDG_CACHE_HOME": os.path.join(work, compiled.CACHE),
        # Where torch.compile keeps what it made; else it would name a folder by the user, who may have no name.
        **{name: os.path.join(work, folder) for name, folder in compiled.FOLDERS.items()},
        # It compiles in the one process: a worker for each core of a large node would not fit into a Pod's memory.
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
        "PYTHONPATH": harness, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
        "AUTORESEARCH_SEAL": f"{MEMORY},{QUESTIONS},{ANSWERS}",
        "AUTORESEARCH_SEED": str(intent.seed),
        "AUTORESEARCH_BUDGET": f"{intent.budget_seconds:g}",
        "AUTORESEARCH_CLOCK": intent.clock,
        "AUTORESEARCH_TEXT": text,
        **({"AUTORESEARCH_DEVICE": "cuda"} if gpu else {"CUDA_VISIBLE_DEVICES": ""}),
    }


def most_processes(uid):
    """The limit that fork() obeys: a user's, so all else that runs as that user counts, in other containers too.

    `uid`: the one that is this run's alone, None where there is none.
    """
    if uid is not None or (CONTAINED and os.geteuid() >= levels.OWN_UIDS[0]):
        return MOST_TASKS
    if sys.platform != "linux" or CONTAINED or os.geteuid() == 0:
        return None
    return processes.tasks_of(os.geteuid()) + MOST_TASKS


def _limit(which, value):
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _place_descriptors(output, passed):
    null = os.open(os.devnull, os.O_RDONLY)
    # First out of the way of the low numbers, then into their places.
    above = [fcntl.fcntl(d, fcntl.F_DUPFD_CLOEXEC, 64) for d in (null, output, output, *passed)]
    for number, descriptor in enumerate(above):
        os.dup2(descriptor, number, inheritable=True)


class Ready:
    """A pipe on which the child tells how its setup went; the exec closes it."""

    def __init__(self):
        self.reader, self.writer = os.pipe()

    def wait(self):
        """Returns once train.py runs confined. Raises SetupFailed."""
        os.close(self.writer)
        with os.fdopen(self.reader, "rb") as pipe:
            said = pipe.read(65536)
        if said != CONFINED:
            raise SetupFailed(said.removeprefix(CONFINED).decode() or "the child ended before it was set up")


def become(command, env, work, output, passed, ready, most_processes, most_bytes, confine):
    """Turns this process into the confined child; returns never. `confine()` drops what the child may not have.

    `most_processes`: of its user, None for no limit; `most_bytes`: of any one file.
    """
    writer = ready.writer
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # An exec would keep it ignored, and the dead uncounted.
        if sys.platform == "linux":
            linux.prctl(linux.PR_SET_PDEATHSIG, 9)
        writer = fcntl.fcntl(writer, fcntl.F_DUPFD_CLOEXEC, 100)
        _place_descriptors(output, passed)
        _close_all_but(writer)
        _limit(resource.RLIMIT_CORE, 1)  # Too little for any; a 0 would not keep one from a program that collects them.
        _limit(resource.RLIMIT_NOFILE, MOST_DESCRIPTORS)
        _limit(resource.RLIMIT_FSIZE, min(LARGEST_FILE, most_bytes))
        if hasattr(resource, "RLIMIT_MSGQUEUE"):
            _limit(resource.RLIMIT_MSGQUEUE, 0)
        if hasattr(resource, "RLIMIT_SIGPENDING"):
            _limit(resource.RLIMIT_SIGPENDING, MOST_SIGNALS)
        if most_processes is not None:
            _limit(resource.RLIMIT_NPROC, most_processes)
        _volunteer_for_the_oom_killer()
        if CONTAINED:
            # A container's share of the processor is shared with the supervisor, which must get its turn beside thousands.
            os.nice(19)
        os.umask(0o077)
        os.chdir(work)
        confine()
        os.write(writer, CONFINED)
        os.execve(command[0], command, env)
    except BaseException as error:
        os.write(writer, f"{type(error).__name__}: {error}"[:300].encode())


def _close_all_but(writer):
    top = os.sysconf("SC_OPEN_MAX")
    os.closerange(ANSWERS + 1, writer)
    try:
        linux.syscall(linux.CLOSE_RANGE, writer + 1, 0xFFFFFFFF, 0)
    except OSError:
        os.closerange(writer + 1, min(top, 1 << 20))


def _volunteer_for_the_oom_killer():
    """When memory runs out the kernel should end this process rather than its supervisor."""
    try:
        linux.prctl(linux.PR_SET_DUMPABLE, 1)  # An undumpable process may not open its own /proc files.
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("900")
    except OSError:
        pass  # Then the kernel chooses by size, which is the child in all but odd cases.
