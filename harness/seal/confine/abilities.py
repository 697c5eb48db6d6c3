"""What train.py must be able to do, beside all that it must not: compilers and CUDA need it.

Needs nothing but Python's library, so that it also runs as the text of a confined program. Each ability takes an empty
folder of the child's own, and raises what stood in its way: OSError, or Missing where a tool is not installed.
"""
import ctypes
import fcntl
import importlib.util
import os
import shutil
import subprocess
import threading


class Missing(Exception):
    """A tool that this ability needs is not installed. The sentence says how to get it."""


def move_a_file(folder):
    """Compilers write into a folder of their own and move the finished file up into their cache."""
    os.mkdir(os.path.join(folder, "below"))
    with open(os.path.join(folder, "below", "file"), "w") as file:
        file.write("moved")
    os.replace(os.path.join(folder, "below", "file"), os.path.join(folder, "file"))


def link_a_file(folder):
    """Caches put one file into two folders."""
    os.mkdir(os.path.join(folder, "other"))
    with open(os.path.join(folder, "original"), "w") as file:
        file.write("linked")
    os.link(os.path.join(folder, "original"), os.path.join(folder, "other", "link"))


def name_a_thread(folder):
    """NVIDIA's driver names its threads when CUDA starts, and gives error 304 where it may not."""
    def work():
        path = f"/proc/self/task/{threading.get_native_id()}/comm"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            os.write(descriptor, b"cuda-thread")
            os.close(descriptor)
            with open(path) as file:
                named.append(file.read())
        except OSError as error:
            failed.append(error)

    named, failed = [], []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    if named != ["cuda-thread\n"]:
        raise OSError(f"the thread is called {named}")


def lock_a_file(folder):
    """Caches of compilers, and databases, lock files of their own."""
    with open(os.path.join(folder, "lock"), "w") as file:
        for lock in (fcntl.flock, fcntl.lockf):
            lock(file, fcntl.LOCK_EX)
            lock(file, fcntl.LOCK_UN)


def _built(folder, compiler, suffix):
    if shutil.which(compiler) is None:
        raise Missing(f"{compiler} is not installed; install it (Debian: apt-get install g++)")
    source, library = os.path.join(folder, f"answer{suffix}"), os.path.join(folder, f"{compiler}.so")
    with open(source, "w") as file:
        file.write(('extern "C" ' if suffix == ".cpp" else "") + "int answer(void) { return 42; }\n")
    ended = subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], capture_output=True, text=True)
    if ended.returncode:
        raise OSError(ended.stderr.strip()[-300:] or f"{compiler} ended with status {ended.returncode}")
    if ctypes.CDLL(library).answer() != 42:
        raise OSError(f"the library that {compiler} made answers otherwise than it should")


def build_with_gcc(folder):
    """Triton compiles its launcher in C, links it and loads it."""
    _built(folder, "gcc", ".c")


def build_with_gxx(folder):
    """torch.compile does the same in C++ for what runs on the processor."""
    _built(folder, "g++", ".cpp")


PTX = """.version 7.0
.target sm_80
.address_size 64
.visible .entry nothing() { ret; }
"""


def assemble_with_ptxas(folder):
    """Triton's assembler, which comes with it, runs as a program of its own."""
    try:
        from triton import backends
    except ImportError:
        raise Missing("Triton is not installed; use the GPU trainer's Python") from None
    assembler = os.path.join(os.path.dirname(backends.__file__), "nvidia", "bin", "ptxas")
    source, made = os.path.join(folder, "nothing.ptx"), os.path.join(folder, "nothing.cubin")
    with open(source, "w") as file:
        file.write(PTX)
    ended = subprocess.run([assembler, "--gpu-name", "sm_80", source, "-o", made], capture_output=True, text=True)
    if ended.returncode or not os.path.getsize(made):
        raise OSError((ended.stderr or ended.stdout).strip()[-300:] or f"ptxas ended with status {ended.returncode}")


KERNEL = """
import triton
import triton.language as tl

@triton.jit
def double(x, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(x + at, 2 * tl.load(x + at, at < count), at < count)
"""
ARCHITECTURES = (80, 90, 100)  # A100, H100 and H200, B200.


def compile_a_kernel(folder):
    """The whole of Triton, its cache included, for each kind of GPU that people train on; no GPU is needed for that."""
    try:
        import triton
        from triton.backends.compiler import GPUTarget
        from triton.compiler import ASTSource
    except ImportError:
        raise Missing("Triton is not installed; use the GPU trainer's Python") from None
    path = os.path.join(folder, "kernel.py")  # Triton reads the source of a function from its file.
    with open(path, "w") as file:
        file.write(KERNEL)
    spec = importlib.util.spec_from_file_location("kernel", path)
    kernel = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kernel)
    os.environ["TRITON_CACHE_DIR"] = os.path.join(folder, "cache")
    for architecture in ARCHITECTURES:
        source = ASTSource(kernel.double, {"x": "*fp32", "count": "i32", "BLOCK": "constexpr"}, {(2,): 128})
        if not triton.compile(source, target=GPUTarget("cuda", architecture, 32)).asm["cubin"]:
            raise OSError(f"Triton made no code for sm_{architecture}")


QUICK = {"move a file between its folders": move_a_file, "link a file into another of its folders": link_a_file}
SLOW = {"name a thread": name_a_thread, "lock a file of its own": lock_a_file, "build and load a library in C": build_with_gcc, "build and load a library in C++": build_with_gxx,
        "assemble a kernel": assemble_with_ptxas, "compile kernels with Triton": compile_a_kernel}
