"""What a confined child sees of the file system. All else does not exist for it."""
import importlib.util
import os
import sys
import sysconfig
from dataclasses import dataclass

from seal.confine import gpu_files, landlock

LIBRARIES = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
# What is used of them without a GPU: tools, libraries and a compiler. CUDA and its packages may lie anywhere.
TOOLS = ("/usr/bin", "/usr/sbin", "/usr/lib64", "/usr/libexec", "/usr/include", "/usr/lib/gcc", "/usr/lib/locale", "/usr/share/zoneinfo")
PACKAGES = ("site-packages", "dist-packages")
NOT_NEEDED = (*PACKAGES, "test", "idlelib")  # Of the standard library. Packages of a Python below a virtual environment are none of its own.
SETTINGS = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/nsswitch.conf", "/etc/os-release")
MACHINE_FACTS = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems", "/proc/sys/vm", "/sys/devices/system")
# What the CUDA driver opens, for a run that is to have a GPU.
CUDA_FACTS = ("/proc/devices", "/proc/modules", "/proc/driver/nvidia", "/proc/driver/nvidia-uvm", "/sys/bus/pci", "/sys/devices", "/sys/module/nvidia")
CONTAINED = os.getpid() == 1  # The supervisor is a container's entrypoint. (Known before any fork.)
RANDOM = ("/dev/zero", "/dev/random", "/dev/urandom")


@dataclass(frozen=True)
class Paths:
    """What the child may use and what it must not see, as absolute paths."""
    work: str
    readable: tuple  # folders beside the libraries: the text's, and prepare.py's, less chain.py
    hidden: tuple
    gpu: bool = False  # The run is to have one. Else none exists for the child.


def libraries(gpu):
    """The system's programs and libraries that the child may run."""
    if gpu:
        return [*LIBRARIES, *(path for path in (sys.base_prefix,) if os.path.realpath(path) != "/")]
    # Some systems have a folder for each kind of processor, others put libraries beside everything else.
    beside = [os.path.join(folder, name) for folder in ("/usr/lib", "/usr/local/lib") for name in _names(folder) if ".so" in name or "-linux-" in name]
    return [*TOOLS, *beside, *(path for path in LIBRARIES if path != "/usr" and not os.path.islink(path))]


def interpreter_folders():
    """Where this Python and its packages lie; the child runs the same one. Of sys.path nothing but packages' homes."""
    homes = sysconfig.get_paths()
    # Not a virtual environment's own folder: its lock is there, and who can read a file can keep others from locking it.
    own = {os.path.join(sys.prefix, name) for name in ("bin", "lib", "lib64", "include", "share", "pyvenv.cfg")} if sys.prefix != sys.base_prefix else set()
    standard = {os.path.join(homes[home], name) for home in ("stdlib", "platstdlib") for name in _names(homes[home]) if name not in NOT_NEEDED}
    base = os.path.join(sys.base_prefix, "lib")
    beside = {os.path.join(base, name) for name in _names(base) if ".so" in name or name.startswith(("tcl", "tk"))}
    packages = {path for path in sys.path if os.path.basename(path) in PACKAGES}
    found = {*own, *standard, *beside, *packages, homes["include"], os.path.dirname(os.path.realpath(sys.executable))}
    return sorted(path for path in found if os.path.exists(path) and os.path.realpath(path) != "/")


def _names(folder):
    return os.listdir(folder) if os.path.isdir(folder) else []


def read_by(paths):
    """Files and folders whose content the child may read beside its own: their rules are for all that lies below."""
    return libraries(paths.gpu) + interpreter_folders() + _shown(paths.readable) + list(SETTINGS)


def _shown(folders):
    """What lies in the folders and is the child's to read. Where chain.py, which speaks the text, lies beside it, that is prepare.py alone."""
    shown = []
    for folder in folders:
        if os.path.exists(os.path.join(folder, "chain.py")):
            prepare = os.path.join(folder, "prepare.py")
            shown += [prepare, importlib.util.cache_from_source(prepare)]
        else:
            shown += [os.path.join(folder, name) for name in _names(folder) if not name.startswith(".")]
    return shown


def rules(paths):
    """The child's whole view of the file system, as (path, rights)."""
    view = [(path, landlock.RUN) for path in libraries(paths.gpu) + interpreter_folders()]
    view += [(sysconfig.get_paths()[home], landlock.READ_DIR) for home in ("stdlib", "platstdlib")]
    view += [(path, landlock.READ) for path in SETTINGS + MACHINE_FACTS + (f"/proc/{os.getpid()}",)]
    # Python lists a folder to find modules in it.
    view += [(path, landlock.READ_DIR) for path in paths.readable] + [(path, landlock.READ) for path in _shown(paths.readable)]
    # NVIDIA's driver names its threads when CUDA starts. No rule can say comm alone: a thread to come has no file yet.
    view.append((f"/proc/{os.getpid()}/task", landlock.NAME))
    view += [(path, landlock.READ) for path in RANDOM]
    view += [("/dev/null", landlock.USE), (paths.work, landlock.OWN)]
    if CONTAINED:
        view.append(("/dev/shm", landlock.OWN))  # The container's own, counted in its memory; elsewhere it is everybody's.
    if paths.gpu:
        view += [(path, landlock.DRIVE) for path in gpu_files.device_files(os.environ.get("CUDA_VISIBLE_DEVICES"))]
        view += [(path, landlock.READ) for path in CUDA_FACTS]
    return view


def pin_proc(pid):
    """Descriptors of what the rules of the child with this pid name in /proc, for as long as it lives.

    A rule is about the entry that was there when it was made. One that nobody uses the kernel may drop when memory runs
    short, and it makes another at the next look, to which the rule does not apply.
    """
    pinned = []
    for path in (*MACHINE_FACTS, *CUDA_FACTS, f"/proc/{pid}/task"):
        if path.startswith("/proc/"):
            try:
                pinned.append(os.open(path, os.O_PATH | os.O_CLOEXEC))
            except FileNotFoundError:
                continue  # This machine has none, or the child has ended.
    return pinned
