"""The CPU trainer as its tests meet it: the modules, public text made once, and train.py run as a process."""
import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HARNESS = Path(__file__).resolve().parents[2] / "harness"
CPU = HARNESS / "cpu"
SOURCE = (CPU / "train.py").read_text()
sys.dont_write_bytecode = True
for folder in (CPU, HARNESS / "measure"):
    sys.path.insert(0, str(folder))

import prepare  # noqa: E402
import train  # noqa: E402, F401
from knobs import knobs_of, turn  # noqa: E402, F401

_kept = []


@functools.cache
def public_text():
    """A folder with the public text, made once for all tests."""
    _kept.append(tempfile.TemporaryDirectory())
    folder = Path(_kept[0].name) / "text"
    prepare.make_text(folder)
    return folder


def environment(**changes):
    """Ours without what would lead the trainer elsewhere; a change to None takes a name out."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("AUTORESEARCH_", "PYTHON"))}
    given = {"PYTHONPATH": str(CPU), "PYTHONDONTWRITEBYTECODE": "1", "AUTORESEARCH_CLOCK": "virtual", "AUTORESEARCH_BUDGET": "0.5"}
    return {name: value for name, value in (ours | given | changes).items() if value is not None}


def run_train(folder, source=SOURCE, **changes):
    """Runs a train.py in `folder` on the virtual clock for half a second, unless told otherwise; stdout and stderr as bytes."""
    (folder / "train.py").write_text(source)
    changes.setdefault("AUTORESEARCH_TEXT", str(public_text()))
    return subprocess.run([sys.executable, "train.py"], cwd=folder, env=environment(**changes), capture_output=True, timeout=900)


def run_prepare(*arguments, **changes):
    """Runs prepare.py's command line; stdout and stderr as text."""
    command = [sys.executable, str(CPU / "prepare.py"), *map(str, arguments)]
    return subprocess.run(command, env=environment(**changes), capture_output=True, text=True, timeout=900)
