"""A run of a train.py under the supervisor, and processes that keep a machine busy meanwhile."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HARNESS = Path(__file__).resolve().parent.parent
NEIGHBOURS = ("import os, zlib\nwhile True: zlib.crc32(os.urandom(1 << 20))", "while True: sum(i * i for i in range(100_000))")


class Neighbours:
    """`count` processes that use whatever they get: half of them memory, half of them the interpreter. A context manager."""

    def __init__(self, count):
        self._count = count

    def __enter__(self):
        self._running = [subprocess.Popen([sys.executable, "-c", NEIGHBOURS[i % 2]]) for i in range(self._count)]

    def __exit__(self, *_):
        for process in self._running:
            process.kill()
            process.wait()


class Text:
    """A lane's text, made once for all runs. A context manager."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name)
        (self.path / "secret").write_bytes(os.urandom(32))
        subprocess.run([sys.executable, HARNESS / "cpu" / "prepare.py", "--text", self.path, "--sealed", self.path / "sealed",
                        "--secret-file", self.path / "secret"], check=True, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def run(self, source, budget=5.0, seed=42, part=None):
        """The sealed result of one run; `part` of the unseen text is asked, too."""
        place = Path(tempfile.mkdtemp(dir=self.path)) / "run"
        for name in ("", "work", "result"):
            (place / name).mkdir(mode=0o700)
        (place / "work" / "train.py").write_text(source)
        (place / "intent.json").write_text(json.dumps({
            "schema": 1, "lane": "noise", "experiment": "000000", "attempt": 1, "nonce": "0" * 32, "intent": "0" * 64, "seed": seed,
            "clocks": {"budgetSeconds": budget, "startSeconds": 2 * budget + 30, "wallSeconds": 60 * budget + 60},
            "requireSealed": False, "clock": "cpu", **({} if part is None else {"unseen": {"part": part, "beats": None}}),
        }))
        subprocess.run([sys.executable, "-I", HARNESS / "supervise.py", "--run", place, "--harness", HARNESS / "cpu",
                        "--text", self.path / "text", "--sealed", self.path / "sealed"], check=True)
        return json.loads((place / "result" / "result.json").read_text())
