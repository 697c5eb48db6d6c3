"""What a confined child may do here, whether CUDA starts in it, and how fast it hands logits over. It is confined as train.py is."""
import fcntl
import mmap
import os
import time

from seal import gpu, probe
from seal.confine import fork, landlock, linux, seccomp, visible
from seal.evaluation import shared_memory

START_SECONDS = 45
LOGITS = 64 << 20  # float32 numbers, 256 MiB
ALL = landlock.READ | landlock.WRITE_FILE | landlock.IOCTL_DEV
RELAXATIONS = {  # what is opened besides, and the filter of system calls
    "all of /proc": ((("/proc", landlock.READ | landlock.WRITE_FILE),), seccomp.program),
    "all of /sys": ((("/sys", landlock.READ),), seccomp.program),
    "all of /dev": ((("/dev", ALL),), seccomp.program),
    "a /dev/shm of its own": ((("/dev/shm", landlock.OWN),), seccomp.program),
    "/proc, /sys and /dev": ((("/proc", ALL), ("/sys", ALL), ("/dev", ALL)), seccomp.program),
    "no filter of system calls": ((), None),
    "/proc, /sys, /dev and no filter": ((("/proc", ALL), ("/sys", ALL), ("/dev", ALL)), None),
}
# All that the filter answers, by name.
CALLS = {**seccomp.DENIED, **seccomp.ON_ITSELF, **seccomp.SOCKETS, "connect": seccomp.CONNECT, "clone": seccomp.CLONE, "clone3": seccomp.CLONE3,
         "fcntl": seccomp.FCNTL, "ioctl": seccomp.IOCTL, "prctl": seccomp.PRCTL, "madvise": seccomp.MADVISE, "fadvise64": seccomp.FADVISE,
         "preadv2": seccomp.PREADV2, "pwritev2": seccomp.PWRITEV2}


def abilities(check):
    """How train.py is confined here, and what it can do: move files, name threads, compile. CUDA is a stage of its own."""
    answers = dict(probe.lines(True))
    told = [("confinement", answers["best confinement"])]
    return told + [(what, answer) for what, answer in answers.items() if what.startswith("train.py can ") and what != "train.py can start CUDA"]


def confined(check, attempt, extra=(), filter_of=seccomp.program):
    """The fork.Outcome of `attempt` in a process that is confined like train.py, plus `extra` rules; None for either: without that part."""
    folder = check.work / "confined"
    folder.mkdir(exist_ok=True)
    paths = visible.Paths(str(folder), (), (), True)

    def run():
        os.environ.update(HOME=paths.work, TMPDIR=paths.work, CUDA_CACHE_PATH=os.path.join(paths.work, "cuda"))
        os.chdir(paths.work)
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        if extra is not None:
            if landlock.abi() >= 6:
                landlock.enter_scope()
            landlock.restrict(visible.rules(paths) + list(extra))
        if filter_of:
            seccomp.install(filter_of)
        return attempt()

    return fork.tried(run, START_SECONDS)


def by_driver():
    """Starts CUDA through the driver alone."""
    facts = gpu.start()
    return f"{facts['name']}, {facts['free_mb'] / 1024:.0f} of {facts['total_mb'] / 1024:.0f} GiB free, the driver speaks CUDA {facts['cuda']}"


def multiplied():
    """Starts CUDA through PyTorch and multiplies."""
    import torch
    began = time.monotonic()
    x = torch.randn(1024, 1024, device="cuda", dtype=torch.bfloat16)
    mean = float((x @ x).float().abs().mean())
    return f"torch {torch.__version__} on {torch.cuda.get_device_name()}, mean {mean:.1f}, in {time.monotonic() - began:.1f} s"


def cuda(check):
    """Whether CUDA starts, by the driver alone and through PyTorch; where it does not, what would have to be opened for it."""
    if landlock.abi() == 0 or not seccomp.works():
        return [("CUDA under the seal", "no: this machine has no Landlock or no filter of system calls; run it on Linux 6.12 or later")]
    rows = []
    for name, attempt in (("CUDA by the driver", by_driver), ("CUDA by PyTorch", multiplied)):
        outcome = confined(check, attempt)
        rows.append((name, f"yes: {outcome.value}" if not outcome.failure else f"no: {outcome.sentence}; {missing(check, attempt)}"))
    return rows


def missing(check, attempt):
    """The first relaxation with which it starts."""
    def starts(extra, filter_of):
        return check.left() > START_SECONDS and not confined(check, attempt, extra, filter_of).failure

    if check.left() <= START_SECONDS:
        return "no time is left to try what would help: run it again"
    if not starts(None, None):
        return "nor does it start unconfined: look at the driver (nvidia-smi, dmesg)"
    for name, (extra, filter_of) in RELAXATIONS.items():
        if starts(extra, filter_of):
            calls = CALLS if extra or filter_of else needed(starts)
            which = f", or with one that allows {', '.join(calls)}" if len(calls) < len(CALLS) else ""
            return f"it starts with {name}{which}: report this line"
    return "it starts unconfined, and with nothing less that was tried: report this line"


def needed(starts):
    """Names of the calls that it needs and the filter denies: found by halves, so more than one where they lie in both."""
    names = list(CALLS)
    while True:
        half = len(names) // 2
        helps = [part for part in (names[:half], names[half:]) if part and starts((), allowing(part))]
        if not helps or len(names) == 1:
            return names
        names = helps[0]


def allowing(names):
    """The filter, but that these calls are let through whatever their arguments."""
    def program(machine):
        steps = seccomp.program(machine)
        at = steps.index((seccomp.LOAD, 0, 0, seccomp.NUMBER_AT)) + 1
        numbers = [number for number in (CALLS[name][seccomp.COLUMN[machine]] for name in names) if number is not None]
        through = [step for number in numbers for step in ((seccomp.IF_EQUAL, 0, 1, number), (seccomp.RETURN, 0, 0, seccomp.ALLOW))]
        return steps[:at] + through + steps[at:]
    return program


def page_locked(check):
    """The child copies logits into shared memory that it has locked for CUDA; this process reads them, and no GPU."""
    memory = os.memfd_create("logits", os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(memory, 4 * LOGITS)
        fcntl.fcntl(memory, shared_memory.F_ADD_SEALS, shared_memory.F_SEAL_SHRINK | shared_memory.F_SEAL_GROW | shared_memory.F_SEAL_SEAL)
        outcome = confined(check, lambda: copied(memory))
        if outcome.failure:
            return [("page-locked hand-over", f"no: {outcome.failure}: {outcome.sentence}")]
        return [("page-locked hand-over", compared(memory, outcome.value))]
    finally:
        os.close(memory)


def copied(memory):
    import numpy
    import torch
    host = torch.from_numpy(numpy.frombuffer(mmap.mmap(memory, 0), numpy.float32))
    logits = torch.arange(LOGITS, device="cuda", dtype=torch.float32) % 1000
    seconds = [timed(host, logits)]
    code = int(torch.cuda.cudart().cudaHostRegister(host.data_ptr(), 4 * LOGITS, 0))
    seconds.append(timed(host, logits))
    return {"code": code, "seconds": seconds, "sum": float(logits.double().sum())}


def timed(host, logits):
    import torch
    host.copy_(logits)  # Once for the pages, which are fresh.
    torch.cuda.synchronize()
    began = time.monotonic()
    host.copy_(logits, non_blocking=True)
    torch.cuda.synchronize()
    return time.monotonic() - began


def compared(memory, told):
    import numpy
    mine = numpy.empty(LOGITS, numpy.float32)
    view, got = memoryview(mine).cast("B"), 0
    while got < len(view):
        got += os.preadv(memory, [view[got:]], got)
    before, after = (f"{1000 * seconds:.0f} ms" for seconds in told["seconds"])
    if float(mine.astype(numpy.float64).sum()) != told["sum"]:
        return "no: the bytes that arrived are others; report this line"
    if told["code"] != 0:
        return f"no: cudaHostRegister answered {told['code']}; 256 MiB take {before} as they are"
    return f"yes: 256 MiB take {before} as they are and {after} page-locked, the same bytes"
