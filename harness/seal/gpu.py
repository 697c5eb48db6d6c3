"""Whether CUDA starts for a child that is confined as train.py will be, in the words of NVIDIA's driver.

A run that was to have a GPU and has none must never become a number: on the processor it would train a thousandth as much.
"""
import ctypes
import os
import time
from importlib import metadata

from seal.confine import fork, gpu_files, levels
from seal.errors import Refused

START_SECONDS = 120  # A driver that nobody has used since the boot takes seconds for each GPU of the machine.
LIBRARY = "libcuda.so.1"
REMEDIES = {2: "free memory of the GPU: another process holds it", 35: "install NVIDIA driver 580 or later",
           46: "free the GPU: another process holds it alone", 100: "give the run a GPU, and look at CUDA_VISIBLE_DEVICES",
           101: "name a GPU that exists in CUDA_VISIBLE_DEVICES", 214: "replace the GPU or reset it: its memory has an error",
           304: "run `npm run gpu-check`: it finds what the confinement must allow", 802: "start nvidia-fabricmanager on this node",
           803: "restart this node: its driver was changed while in use", 804: "install NVIDIA driver 580 or later",
           **dict.fromkeys(range(805, 811), "turn MPS off for this GPU: a run has it to itself, and cannot reach the MPS server"),
           999: "look for Xid in dmesg, and restart this node"}
RUNTIMES = ("nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12")  # Packages of CUDA that PyTorch's wheels bring.
INTEGRATED = 18  # The attribute of a GPU that shares the machine's memory, whose page cache then counts as used.
FREE_SHARE, RELEASE_SECONDS = 0.5, 20  # The driver takes seconds to give back what a run that was ended held.


class NoGpu(Exception):
    """CUDA does not start. The sentence says in the driver's words why, and what to do."""


def product():
    """What the driver calls the first GPU, which is not taken hold of. Raises NoGpu."""
    ask = _driver()
    device, name = ctypes.c_int(), ctypes.create_string_buffer(100)
    ask("cuInit", 0)
    ask("cuDeviceGet", ctypes.byref(device), 0)
    ask("cuDeviceGetName", name, 100, device)
    return name.value.decode(errors="replace")


def _driver():
    """A function that calls one of the driver's. Raises NoGpu, as that does."""
    try:
        cuda = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise NoGpu(f"{error}; install NVIDIA's driver, or give the container a GPU") from error

    def ask(function, *arguments):
        if code := getattr(cuda, function)(*arguments):
            words = ctypes.c_char_p()
            cuda.cuGetErrorString(code, ctypes.byref(words))
            said = (words.value or b"no description").decode(errors="replace")
            raise NoGpu(f"{said} (error {code} of {function}); {_remedy(code)}")

    return ask


def start():
    """Starts CUDA in this process and takes hold of the first GPU. Gives its facts as a dict. Raises NoGpu."""
    ask = _driver()
    device, count, version = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    context, name = ctypes.c_void_p(), ctypes.create_string_buffer(100)
    free, total, integrated = ctypes.c_size_t(), ctypes.c_size_t(), ctypes.c_int()
    ask("cuInit", 0)
    ask("cuDriverGetVersion", ctypes.byref(version))
    spoken = f"{version.value // 1000}.{version.value % 1000 // 10}"
    if version.value // 1000 < (needed := _needed_cuda()):
        raise NoGpu(f"the driver speaks CUDA {spoken}, and PyTorch here needs CUDA {needed}; install a later driver, or PyTorch for this one")
    ask("cuDeviceGetCount", ctypes.byref(count))
    ask("cuDeviceGet", ctypes.byref(device), 0)
    ask("cuDeviceGetName", name, 100, device)
    ask("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    ask("cuCtxSetCurrent", context)
    ask("cuDeviceGetAttribute", ctypes.byref(integrated), INTEGRATED, device)
    give_up = time.monotonic() + RELEASE_SECONDS
    while True:
        ask("cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
        if integrated.value or free.value >= FREE_SHARE * total.value:
            break
        if time.monotonic() > give_up:
            raise NoGpu(f"only {free.value >> 30} of {total.value >> 30} GiB are free, for another process holds the rest; "
                        "end it (nvidia-smi lists it), or give the run another GPU")
        time.sleep(0.5)
    return {"name": name.value.decode(errors="replace"), "count": count.value, "cuda": spoken,
            "free_mb": free.value >> 20, "total_mb": total.value >> 20}


def _remedy(code):
    there = [os.path.exists(os.path.join(gpu_files.DEVICES, name)) for name in ("nvidiactl", "nvidia-uvm")]
    if there == [True, False]:  # Its driver would load it by a setuid program, which nothing here may run.
        return "run `nvidia-modprobe -u -c=0` on this node: it has no /dev/nvidia-uvm yet"
    return REMEDIES.get(code, "look at nvidia-smi on this node")


def _needed_cuda():
    """The major version of CUDA that PyTorch's packages bring, which alone decides whether a driver is too old; 0 where nobody knows."""
    for package in RUNTIMES:
        try:
            return int(metadata.version(package).partition(".")[0])
        except (metadata.PackageNotFoundError, ValueError):
            continue
    return 0


def confined_start(confinement, paths):
    """`start` in a process of its own, confined like train.py. Gives its fork.Outcome."""
    def attempt():
        levels.enter(confinement, paths)
        return start()

    return fork.tried(attempt, START_SECONDS)


def first(confinement, paths):
    """The facts of the GPU that train.py will have, as the driver tells them. Raises Refused where it will have none."""
    outcome = confined_start(confinement, paths)
    if outcome.failure:
        remedy = f"; {REMEDIES[999]}" if outcome.failure == "TooSlow" else ""
        raise Refused("no_cuda", f"CUDA does not start: {outcome.sentence}{remedy}")
    return outcome.value
