"""The supervisor as its tests meet it: the modules, a small lane made once, and runs of small train.py files."""
import functools
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

HARNESS = Path(__file__).resolve().parents[2] / "harness"
sys.path.insert(0, str(HARNESS))

SCHEMA = json.loads((HARNESS / "result.schema.json").read_text())
VALID = Draft202012Validator(SCHEMA)
NONCE = "0123456789abcdef" * 2
SEQ = 64

# A train.py that learns how often each byte follows another: cheap, honest, and about 4 bits per byte on this text.
BIGRAMS = """
import os
import numpy as np
from prepare import Tokenizer, evaluate_bpb
text = np.fromfile(os.environ["AUTORESEARCH_TEXT"] + "/train.bin", np.uint8).astype(np.int64)
counts = np.bincount(text[:-1] * 256 + text[1:], minlength=65536).reshape(256, 256) + 0.02
table = np.log(counts / counts.sum(1, keepdims=True)).astype(np.float32)
def model(x):
    return table[x]
"""
EVALUATE = """
val_bpb = evaluate_bpb(model, Tokenizer(), 64)
print("---")
print(f"val_bpb:          {val_bpb:.6f}")
print("training_seconds: 1.5")
print("num_steps:        12")
"""
HONEST = BIGRAMS + EVALUATE


def words(random, count):
    """Bytes with structure: words of a small vocabulary, some frequent, most rare."""
    vocabulary = [bytes(random.integers(97, 123, random.integers(2, 9))) for _ in range(400)]
    chosen = (random.zipf(1.4, count // 3) - 1) % len(vocabulary)
    return b" ".join(vocabulary[i] for i in chosen)[:count]


def make_lane(folder, count=32768, floor=None, source=None):
    """A text to train on and one to be measured on, of the same words; returns (text, sealed) folders."""
    spoken = words(np.random.default_rng(5), 300_000 + count + 1)
    train, val = spoken[: -count - 1], spoken[-count - 1 :]
    text, sealed = Path(folder) / "text", Path(folder) / "sealed"
    text.mkdir()
    sealed.mkdir(mode=0o700)
    (text / "train.bin").write_bytes(train)
    (sealed / "val.bin").write_bytes(val)
    digest = [hashlib.sha256(content).hexdigest() for content in (train, val)]
    (text / "meta.json").write_text(json.dumps({"schema": 1, "train_sha256": digest[0]}))
    (sealed / "meta.json").write_text(json.dumps({"schema": 1, "sha256": digest[1], "eval_tokens": len(val) // SEQ * SEQ, "seq": SEQ,
                                                  "floor_bpb": floor, "source": source}))
    return text, sealed


_kept = []


@functools.cache
def lane():
    """One lane for all tests that do not change it."""
    _kept.append(tempfile.TemporaryDirectory())
    return make_lane(_kept[0].name)


def make_run(folder, source=HONEST, **changes):
    """A run directory in `folder`; `changes` replace fields of its intent, a change to None takes one out."""
    folder = Path(folder) / "run"
    folder.mkdir(mode=0o700)
    (folder / "result").mkdir(mode=0o700)
    (folder / "work").mkdir()
    (folder / "work" / "train.py").write_text(source)
    intent = {
        "schema": 1, "lane": "test", "experiment": "000001", "attempt": 1, "nonce": NONCE, "intent": "0" * 64, "seed": 7,
        "clocks": {"budgetSeconds": 4, "startSeconds": 100, "wallSeconds": 600}, "requireSealed": False, "clock": "cpu", **changes,
    }
    (folder / "intent.json").write_text(json.dumps({key: value for key, value in intent.items() if value is not None}))
    return folder


def command(run, *options, text=None, sealed=None, harness=HARNESS / "cpu", python=(sys.executable,)):
    text, sealed = text or lane()[0], sealed or lane()[1]
    return [*python, "-I", str(HARNESS / "supervise.py"), "--run", str(run), "--harness", str(harness), "--text", str(text),
            "--sealed", str(sealed), *options]


def supervise(run, *options, **where):
    """Runs the supervisor to its end: (exit status, result, log as text). Every result there is is valid and small."""
    ended = subprocess.run(command(run, *options, **where), stdin=subprocess.DEVNULL, capture_output=True, timeout=900)
    path = Path(run) / "result" / "result.json"
    if not path.exists():
        return ended.returncode, None, ended.stderr.decode()
    content = path.read_bytes()
    assert len(content) <= 1024
    result = json.loads(content)
    VALID.validate(result)
    assert (result["status"] == "finished") == (result["reason"] == "") == (result["val_bpb"] is not None)
    return ended.returncode, result, (Path(run) / "result" / "run.log").read_bytes().decode(errors="replace")


def outcome(folder, source=HONEST, *options, **changes):
    """The result and the log of a train.py."""
    code, result, log = supervise(make_run(folder, source, **changes), *options)
    assert code == 0, log
    return result, log


def living(marker):
    """pids of processes whose command line holds the marker."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if marker.encode() in Path("/proc", name, "cmdline").read_bytes():
                    found.append(int(name))
            except OSError:
                continue
    return found


def in_namespace(script, *arguments):
    """Runs a shell script as root of a mount namespace of its own; skips where none can be had."""
    wrapper = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*wrapper, "true"], capture_output=True).returncode != 0:
        pytest.skip("this user cannot have a mount namespace")
    return subprocess.run([*wrapper, "sh", "-ec", script, "sh", *map(str, arguments)], capture_output=True, text=True, timeout=900,
                          stdin=subprocess.DEVNULL)
