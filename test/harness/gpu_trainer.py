"""The GPU trainer as its tests meet it: what of prepare.py needs no PyTorch, and small texts made from a small library."""
import importlib.util
import sys
from pathlib import Path

HARNESS = Path(__file__).resolve().parents[2] / "harness"
GPU = HARNESS / "gpu"
SOURCE = (GPU / "train.py").read_text()
sys.dont_write_bytecode = True
if str(HARNESS) not in sys.path:
    sys.path.insert(0, str(HARNESS))

# Under a name of its own: the CPU trainer's tests run in the same process and call theirs `prepare`, too.
_spec = importlib.util.spec_from_file_location("gpu_prepare", GPU / "prepare.py")
prepare = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(prepare)

SECRET, OTHER = b"0123456789abcdef0123456789abcdef", b"another secret of thirty-two byte"
SMALL = {"seq": 32, "vocab": 300, "eval_rows": 32, "documents": 6}
LIBRARY = b"".join(b"def f%d(x, y):\n    return g%d(x) + %d * y\n\n" % (i % 7, i % 11, i * i % 97) for i in range(3000))


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def make(folder, secret=SECRET, own=None, shape=SMALL):
    """A lane's text in `folder`; returns the sealed meta."""
    return prepare.make_text(Path(folder) / "text", shape, Path(folder) / "sealed", secret, own)
