"""Runs karpathy's own train.py, sealed, against harness/gpu/prepare.py, with nothing but the lines of docs/gpu.md in front of it.

  harness/gpu/.venv/bin/python harness/measure/upstream.py TRAIN_PY [--budget 300]

Without a GPU it is made small, and what it asks of CUDA is answered by stand-ins. That shows that the two files fit, not how well.
Prints the end of the log and the number that the supervisor measured; ends with 1 where there is none.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

HARNESS = Path(__file__).resolve().parent.parent
DOCUMENT = HARNESS.parent / "docs" / "gpu.md"
SMALL_TEXT = ("--seq", "64", "--vocab", "400", "--eval-rows", "48", "--documents", "16")
STAND_INS = """
import torch
torch.cuda.get_device_capability = lambda: (9, 0)
torch.cuda.synchronize = lambda: None
torch.cuda.max_memory_allocated = lambda: 0
torch.compile = lambda function=None, **_: function or (lambda decorated: decorated)
"""
SMALL = {'torch.device("cuda")': 'torch.device("cpu")', 'device_type="cuda"': 'device_type="cpu"', "TOTAL_BATCH_SIZE = 2**19": "TOTAL_BATCH_SIZE = 256",
         "DEVICE_BATCH_SIZE = 128": "DEVICE_BATCH_SIZE = 4", "DEPTH = 8": "DEPTH = 2", "ASPECT_RATIO = 64": "ASPECT_RATIO = 32", "HEAD_DIM = 128": "HEAD_DIM = 64"}


def front():
    """The lines that docs/gpu.md gives for the front of a train.py that takes its attention from `kernels`."""
    return re.search(r"^```python\n(.*?get_kernel.*?)^```$", DOCUMENT.read_text(), re.M | re.S)[1]


def small(source):
    """The file for a machine without a GPU."""
    for was, now in SMALL.items():
        if source.count(was) != 1:
            raise SystemExit(f"{was} stands {source.count(was)} times in this train.py: SMALL is for karpathy's of March 2026. Adapt it.")
        source = source.replace(was, now)
    return STAND_INS + source


def measured(folder, source, budget):
    """The result and the log of a sealed run of this train.py in `folder`, where the text is."""
    run = folder / "run"
    for name in ("", "work", "result"):
        (run / name).mkdir(mode=0o700)
    (run / "work" / "train.py").write_text(source)
    (run / "intent.json").write_text(json.dumps({
        "schema": 1, "lane": "upstream", "experiment": "000000", "attempt": 1, "nonce": "0" * 32, "intent": "0" * 64, "seed": 42,
        "clocks": {"budgetSeconds": budget, "startSeconds": budget + 1200, "wallSeconds": 2 * budget + 2400},
        "requireSealed": False, "clock": "wall",
    }))
    subprocess.run([sys.executable, "-I", HARNESS / "supervise.py", "--run", run, "--harness", HARNESS / "gpu",
                    "--text", folder / "text", "--sealed", folder / "sealed"], check=True)
    log = (run / "result" / "run.log").read_text(errors="replace")
    return json.loads((run / "result" / "result.json").read_text()), log


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train_py", type=Path)
    parser.add_argument("--budget", type=float, help="seconds; 300 on a GPU, 5 without")
    options = parser.parse_args()
    on_gpu = torch.cuda.is_available()
    source = options.train_py.read_text()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret").write_bytes(os.urandom(32))
        subprocess.run([sys.executable, HARNESS / "gpu" / "prepare.py", "--text", folder, "--sealed", folder / "sealed",
                        "--secret-file", folder / "secret", *(() if on_gpu else SMALL_TEXT)], check=True, stdout=subprocess.DEVNULL)
        result, log = measured(folder, front() + (source if on_gpu else small(source)), options.budget or (300 if on_gpu else 5))
    print("\n".join(line.rpartition("\r")[2] for line in log.splitlines()[-16:]))
    print(f"{result['status']}, sealed by {result['sealed']}, val_bpb {result['val_bpb']} {result['reason']} {result['sentence']}")
    return 0 if result["status"] == "finished" else 1


if __name__ == "__main__":
    sys.exit(main())
