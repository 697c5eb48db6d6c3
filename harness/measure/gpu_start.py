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
RELAXATIONS = {  # what is opened besides, and whether system calls are filtered
    "all of /proc": ((("/proc", landlock.READ | landlock.WRITE_FILE),), True),
    "all of /sys": ((("/sys", landlock.READ),), True),
    "all of /dev": ((("/dev", ALL),), True),
    "/proc, /sys and /dev": ((("/proc", ALL), ("/sys", ALL), ("/dev", ALL)), True),
    "no filter of system calls": ((), False),
    "/proc, /sys, /dev and no filter": ((("/proc", ALL), ("/sys", ALL), ("/dev", ALL)), False),
}


def abilities(check):
    """How train.py is confined here, and what it can do: move files, name threads, compile. CUDA is a stage of its own."""
    answers = dict(probe.lines(True))
    told = [("confinement", answers["best confinement"])]
    return told + [(what, answer) for what, answer in answers.items() if what.startswith("train.py can ") and what != "train.py can start CUDA"]


def confined(check, attempt, extra=(), filtered=True, seconds=START_SECONDS):
    """The fork.Outcome of `attempt` in a process that is confined like train.py, plus `extra` rules."""
    folder = check.work / "confined"
    folder.mkdir(exist_ok=True)
    paths = visible.Paths(str(folder), (), (), True)

    def run():
        os.environ.update(HOME=paths.work, TMPDIR=paths.work, CUDA_CACHE_PATH=os.path.join(paths.work, "cuda"))
        os.chdir(paths.work)
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        if landlock.abi() >= 6:
            landlock.enter_scope()
        landlock.restrict(visible.rules(paths) + list(extra))
        if filtered:
            seccomp.install()
        return attempt()

    return fork.tried(run, seconds)


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
    for name, (extra, filtered) in RELAXATIONS.items():
        if check.left() > START_SECONDS and not confined(check, attempt, extra, filtered).failure:
            return f"it starts with {name}: report this line"
    return "no relaxation that was tried helps: look at the driver (nvidia-smi, dmesg)"


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
