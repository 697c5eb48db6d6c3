"""In a container train.py arrives packed: gzip in base64, as one file of a read-only mount."""
import base64
import gzip
import hashlib
import json
import os
import subprocess
import sys

import pytest

from supervised import HARNESS, HONEST, lane, make_run

CPU = HARNESS / "cpu"


def supervise_packed(tmp_path, packed, work_holds=None):
    """Runs what a mount with `packed` in it describes; returns (exit code, result, log)."""
    run = make_run(tmp_path, "raise SystemExit('the work directory had an older file')\n")
    if work_holds is None:
        (run / "work" / "train.py").unlink()
    mount = tmp_path / "mount"
    (mount / "..2026").mkdir(parents=True)
    (mount / "..2026" / "intent.json").write_bytes((run / "intent.json").read_bytes())
    (mount / "..2026" / "train.py.gz.b64").write_bytes(packed)
    os.symlink("..2026", mount / "..data")
    for name in ("intent.json", "train.py.gz.b64"):
        os.symlink(f"..data/{name}", mount / name)
    termination = tmp_path / "termination-log"
    termination.touch(mode=0o600)
    text, sealed = lane()
    args = [sys.executable, "-I", str(HARNESS / "supervise.py"), "--intent", str(mount / "intent.json"),
            "--train", str(mount / "train.py.gz.b64"), "--work", str(run / "work"), "--result", str(termination),
            "--harness", str(CPU), "--text", str(text), "--sealed", str(sealed)]
    ended = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
    return ended.returncode, json.loads(termination.read_text()), ended.stdout


def pack(source):
    return base64.b64encode(gzip.compress(source.encode()))


@pytest.mark.parametrize("older", [None, "an older train.py"])
def test_a_packed_file_is_what_runs(tmp_path, older):
    code, result, log = supervise_packed(tmp_path, pack(HONEST), older)
    assert (code, result["status"]) == (0, "finished"), log
    assert result["train_sha256"] == hashlib.sha256(HONEST.encode()).hexdigest()


@pytest.mark.parametrize("packed, why", [
    (b"", "cut off"),
    (b"not base64 !", "not gzip in base64"),
    (base64.b64encode(b"plain text"), "not gzip in base64"),
    (pack(HONEST)[:200], "cut off"),
    (pack("#" * (9 << 20)), "more than 8388608 bytes"),
])
def test_what_cannot_be_unpacked_is_refused(tmp_path, packed, why):
    code, result, log = supervise_packed(tmp_path, packed)
    assert (code, result["status"], result["reason"], result["val_bpb"]) == (0, "refused", "setup", None)
    assert why in result["sentence"]


def test_the_mount_is_hidden_from_what_came_in_it(tmp_path):
    source = f"import os\nos.listdir({str(tmp_path / 'mount')!r})\n"
    code, result, log = supervise_packed(tmp_path, pack(source))
    assert (result["status"], result["reason"]) == ("crashed", "exit")
    assert "PermissionError: [Errno 13] Permission denied" in log
