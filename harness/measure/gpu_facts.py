"""What a machine says of itself: GPU, driver, compilers and versions, each as one row (what, answer)."""
import importlib.metadata
import os
import platform
import shutil
import subprocess

from seal import conditions

PACKAGES = ("torch", "triton", "numpy", "tokenizers")
SMI = ("name", "driver_version", "memory.total", "memory.free", "persistence_mode", "mig.mode.current")


def devices():
    """Names of the GPUs' device files, such as nvidia0."""
    found = os.listdir("/dev") if os.path.isdir("/dev") else []
    return sorted(name for name in found if name.startswith("nvidia") and name[6:].isdigit())


def said(*command, seconds=20):
    """The first line that a command prints; why there is none, where there is none."""
    if shutil.which(command[0]) is None:
        return "not installed"
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"no answer in {seconds} s"
    lines = (ended.stdout or ended.stderr).strip().splitlines()
    return lines[0] if lines else f"nothing, status {ended.returncode}"


def machine(check):
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return [
        ("system", f"{platform.system()} {platform.release()}, {os.cpu_count()} CPUs, {memory:.0f} GiB, Python {platform.python_version()}"),
        ("packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
        ("compilers", ", ".join(f"{name}: {said(name, '--version')}" for name in ("gcc", "g++"))),
        ("GPU", gpu() if check.gpu else "none: what needs CUDA is left out"),
    ]


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def gpu():
    """What nvidia-smi says of the first GPU; of which product there are others; and where the loader finds the driver."""
    first = said("nvidia-smi", f"--query-gpu={','.join(SMI)}", "--format=csv,noheader")
    known = said("sh", "-c", "ldconfig -p | grep -m1 libcuda.so.1")
    return f"{first} ({', '.join(SMI)}); devices: {', '.join(devices())}; driver's facts: {conditions.gpu_name() or 'none in /proc'}; ldconfig: {known}"
