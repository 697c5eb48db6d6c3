"""One run of a train.py outside the loop, evaluated in-process on the public sample: enough to compare runs by."""
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CPU = Path(__file__).resolve().parent.parent / "cpu"
BASELINE = (CPU / "train.py").read_text()


@dataclass(frozen=True)
class Trial:
    """What came of a run: `val_bpb` is None where it failed, and `sentence` then says how."""
    val_bpb: float | None
    steps: int
    sentence: str = ""


class Laboratory:
    """Public text, made once, and runs on it. Use as a context manager."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self._text = Path(self._folder.name) / "text"

    def __enter__(self):
        make = f"import pathlib, prepare; prepare.make_text(pathlib.Path({str(self._text)!r}))"
        subprocess.run([sys.executable, "-c", make], cwd=CPU, check=True)
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def start(self, source, seed=42, clock="cpu", budget=5.0):
        """Starts a run; hand what it returns to `finish`. Several may run at once."""
        folder = tempfile.mkdtemp(dir=self._folder.name)
        (Path(folder) / "train.py").write_text(source)
        leading_elsewhere = ("AUTORESEARCH_", "PYTHON")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(leading_elsewhere)}
        env = inherited | {
            "PYTHONPATH": str(CPU), "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
            "AUTORESEARCH_TEXT": str(self._text), "AUTORESEARCH_SEED": str(seed),
            "AUTORESEARCH_CLOCK": clock, "AUTORESEARCH_BUDGET": str(budget),
        }
        command = [sys.executable, "train.py"]
        return subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, process):
        """Waits for a run and reads its summary."""
        log = process.communicate()[0]
        found = dict(re.findall(r"^(val_bpb|num_steps): +(\S+)$", log, re.M))
        if process.returncode != 0 or "val_bpb" not in found:
            return Trial(None, 0, log.strip()[-200:].splitlines()[-1] if log.strip() else f"exit {process.returncode}")
        return Trial(float(found["val_bpb"]), int(found["num_steps"]))

    def run(self, source, **conditions):
        """`start` and `finish`."""
        return self.finish(self.start(source, **conditions))
