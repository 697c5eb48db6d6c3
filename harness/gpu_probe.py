"""Answers, on a machine with an NVIDIA GPU, what the harness has to know about CUDA before it can seal there.

  python harness/gpu_probe.py        (the trainer's Python; torch with CUDA for the last four questions)

Each answer is one line `question: answer`, for docs/measurements.md. Without a GPU it says so and ends with status 0.
  start      does CUDA start in a child under the same Landlock rules and system call filter as train.py?
  missing    if not: which single relaxation lets it start (a socket, all of /proc, all of /sys, all of /dev, no filter)?
  ipc        can a confined child hand logits to an undumpable parent by CUDA IPC? The parent only imports.
  expandable the same with PyTorch's expandable segments, whose export goes through pidfd_getfd
  pinned     can the child write logits into page-locked memory that the parent shares (a registered memfd)?
  equal      do both ways carry the same bytes, and how long does a batch of 256 MiB take?
"""
import contextlib
import json
import mmap
import os
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from seal import gpu, probe
from seal.confine import landlock, linux, seccomp, visible
from seal.evaluation import shared_memory

SECONDS = 120.0  # A first start of CUDA compiles and may take long; more is a hang.
LOGITS = 64 << 20  # float32 numbers, 256 MiB


def say(question, answer):
    print(f"{question}: {answer}", flush=True)


def gpus():
    return sorted(name for name in os.listdir("/dev") if name.startswith("nvidia") and name[6:].isdigit())


def driver_only():
    """Starts CUDA without torch, through the driver itself; what it says of the first device."""
    return gpu.start()["name"]


def with_torch():
    """Starts CUDA through torch and multiplies; raises ImportError where there is no torch with CUDA."""
    import torch
    if not torch.backends.cuda.is_built():
        raise ImportError("torch without CUDA")
    x = torch.randn(1024, 1024, device="cuda", dtype=torch.bfloat16)
    return f"torch {torch.__version__}, {float((x @ x).float().abs().mean()):.1f}"


@contextlib.contextmanager
def forked(work):
    """A process of its own that does `work(to_parent, from_parent)`; gives (pid, from_child, to_child)."""
    from_child, to_parent = os.pipe()
    from_parent, to_child = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(from_child)
            os.close(to_child)
            os.setsid()
            work(to_parent, from_parent)
        except BaseException as error:
            told = {"error": f"{type(error).__name__}: {error}"[:300], "trace": traceback.format_exc()[-2000:]}
            os.write(to_parent, (json.dumps(told) + "\n").encode())
        finally:
            os._exit(0)
    os.close(to_parent)
    os.close(from_parent)
    try:
        yield pid, from_child, to_child
    finally:
        os.close(from_child)
        os.close(to_child)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)
        os.waitpid(pid, 0)


def hear(pipe):
    """One JSON line from the child, or what was wrong instead."""
    import select
    said, deadline = b"", time.monotonic() + SECONDS
    while b"\n" not in said:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return {"error": f"no answer in {SECONDS:g} s"}
        chunk = os.read(pipe, 65536)
        if not chunk:
            return {"error": "the child ended without an answer"}
        said += chunk
    return json.loads(said)


def confine(folder, extra=(), filtered=True):
    """What train.py gets, plus `extra` rules; must be called before CUDA is touched in this process."""
    os.environ.update(HOME=folder, TMPDIR=folder, CUDA_CACHE_PATH=os.path.join(folder, "cuda"))
    os.chdir(folder)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if landlock.abi() >= 6:
        landlock.enter_scope()
    landlock.restrict(visible.rules(visible.Paths(folder, (), ())) + list(extra))
    if filtered:
        seccomp.install()


RELAXATIONS = {
    "nothing relaxed": ((), True),
    "all of /proc": ((("/proc", landlock.READ | landlock.WRITE_FILE),), True),
    "all of /sys": ((("/sys", landlock.READ),), True),
    "all of /dev": ((("/dev", landlock.READ | landlock.WRITE_FILE | landlock.IOCTL_DEV),), True),
    "/proc, /sys and /dev": (tuple((path, landlock.READ | landlock.WRITE_FILE | landlock.IOCTL_DEV) for path in ("/proc", "/sys", "/dev")), True),
    "no system call filter": ((), False),
    "/proc, /sys, /dev and no filter": (tuple((path, landlock.READ | landlock.WRITE_FILE | landlock.IOCTL_DEV) for path in ("/proc", "/sys", "/dev")), False),
}


def starts(begin, folder, extra=(), filtered=True):
    """(True, what it said and how long it took) or (False, why not)."""
    def work(to_parent, _):
        confine(folder, extra, filtered)
        began = time.monotonic()
        os.write(to_parent, (json.dumps({"said": begin(), "seconds": time.monotonic() - began}) + "\n").encode())

    with forked(work) as (_, from_child, _):
        told = hear(from_child)
    return ("error" not in told, told.get("error") or f"{told['said']} ({told['seconds']:.1f} s)")


def which_relaxation(begin, folder):
    for name, (extra, filtered) in RELAXATIONS.items():
        if starts(begin, folder, extra, filtered)[0]:
            return name
    return "more than /proc, /sys, /dev and the filter"


def handed_over_by_ipc(folder, expandable):
    """The child exports, this process imports and copies; (True, seconds and sums) or (False, why not)."""
    def work(to_parent, from_parent):
        if expandable:
            os.environ["PYTORCH_CUDA_ALLOC_CONF"] = os.environ["PYTORCH_ALLOC_CONF"] = "expandable_segments:True"
        confine(folder)
        import base64
        import pickle
        import torch
        logits = torch.arange(LOGITS, device="cuda", dtype=torch.float32) % 1000
        torch.cuda.synchronize()
        handle = pickle.dumps(logits.untyped_storage()._share_cuda_())
        told = {"handle": base64.b64encode(handle).decode(), "sum": float(logits.double().sum())}
        os.write(to_parent, (json.dumps(told) + "\n").encode())
        os.read(from_parent, 1)

    with forked(work) as (_, from_child, to_child):
        told = hear(from_child)
        if "error" in told:
            return False, told["error"]
        import base64
        import pickle
        import torch
        try:
            # A pickle of the child's would be a hole in the real thing; there the handle's fields are sent as JSON.
            shared = torch.UntypedStorage._new_shared_cuda(*pickle.loads(base64.b64decode(told["handle"])))
            view = torch.empty(0, device="cuda", dtype=torch.float32).set_(shared)
            torch.cuda.synchronize()
            began = time.monotonic()
            copied = view.clone()
            torch.cuda.synchronize()
            seconds = time.monotonic() - began
        except Exception as error:
            return False, f"import: {type(error).__name__}: {error}"[:300]
        finally:
            os.write(to_child, b".")
        same = float(copied.double().sum()) == told["sum"]
        return same, f"{'same bytes' if same else 'OTHER BYTES'}, copied in {1000 * seconds:.1f} ms"


def handed_over_by_pinned_memory(folder):
    """The child registers the shared memfd with CUDA and copies into it; this process reads the file, never the GPU."""
    memory = os.memfd_create("logits", os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, 4 * LOGITS)
    import fcntl
    fcntl.fcntl(memory, shared_memory.F_ADD_SEALS, shared_memory.F_SEAL_SHRINK | shared_memory.F_SEAL_GROW | shared_memory.F_SEAL_SEAL)

    def work(to_parent, from_parent):
        confine(folder)
        import numpy
        import torch
        host = torch.from_numpy(numpy.frombuffer(mmap.mmap(memory, 0), numpy.float32))
        code = int(torch.cuda.cudart().cudaHostRegister(host.data_ptr(), 4 * LOGITS, 0))
        logits = torch.arange(LOGITS, device="cuda", dtype=torch.float32) % 1000
        torch.cuda.synchronize()
        began = time.monotonic()
        host.copy_(logits, non_blocking=True)
        torch.cuda.synchronize()
        told = {"registered": code, "seconds": time.monotonic() - began, "sum": float(logits.double().sum())}
        os.write(to_parent, (json.dumps(told) + "\n").encode())
        os.read(from_parent, 1)

    with forked(work) as (_, from_child, to_child):
        told = hear(from_child)
        if "error" in told:
            return False, told["error"]
        import numpy
        began = time.monotonic()
        mine = numpy.empty(LOGITS, numpy.float32)
        os.preadv(memory, [memoryview(mine).cast("B")], 0)
        copying = time.monotonic() - began
        os.write(to_child, b".")
    os.close(memory)
    same = float(mine.astype(numpy.float64).sum()) == told["sum"]
    pinned = "page-locked" if told["registered"] == 0 else f"not page-locked (cudaHostRegister answered {told['registered']})"
    return same, f"{'same bytes' if same else 'OTHER BYTES'}, {pinned}, to the host in {1000 * told['seconds']:.1f} ms, read in {1000 * copying:.1f} ms"


def main():
    if not (found := gpus() if os.path.isdir("/dev") else []):
        print("There is no NVIDIA GPU here (/dev/nvidia0 is missing), so there is nothing to answer. Run it where there is one.")
        return 0
    if landlock.abi() == 0 or not seccomp.works():
        print("This machine has no Landlock or no seccomp filter, so nothing can be confined. Run it on Linux 6.12 or later.")
        return 0
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    for one, answer in probe.enforceable():
        say(one, answer)
    say("devices", ", ".join(found))
    with tempfile.TemporaryDirectory() as folder:
        worked, answer = starts(driver_only, folder)
        say("start, by the driver alone", f"{'yes' if worked else 'no'}: {answer}")
        if not worked:
            say("missing", which_relaxation(driver_only, folder))
        worked, answer = starts(with_torch, folder)
        say("start, by torch", f"{'yes' if worked else 'no'}: {answer}")
        if not worked and answer.startswith(("ImportError", "ModuleNotFoundError")):
            print("The other questions need torch with CUDA in this Python: uv run --project harness/gpu python harness/gpu_probe.py")
            return 0
        if not worked:
            say("missing", which_relaxation(with_torch, folder))
        for question, attempt in (("pinned", lambda: handed_over_by_pinned_memory(folder)), ("ipc", lambda: handed_over_by_ipc(folder, False)),
                                  ("expandable", lambda: handed_over_by_ipc(folder, True))):
            worked, answer = attempt()
            say(question, f"{'yes' if worked else 'no'}: {answer}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
