"""The child's output on its way to run.log: bounded, counted whole, and redacted once validation text is about."""
import hashlib
import json
import os
import re
from pathlib import Path

import pytest

import supervised  # noqa: F401  (finds the harness)

from seal.log import HEAD_BYTES, TAIL_BYTES, Log
from seal.redaction import Redaction

TRAILER = re.compile(rb"\n\[supervisor: end bytes=(\d+) sha256=([0-9a-f]{64})\]\n$")


@pytest.fixture
def run_log(tmp_path):
    path = tmp_path / "run.log"
    made = Log(os.open(path, os.O_WRONLY | os.O_CREAT))
    made.read = path.read_bytes
    return made


def test_a_short_log_is_whole_and_ends_with_its_size_and_hash(run_log):
    for piece in (b"step 1\rstep 2\r", b"", b"done\n"):
        run_log.take(piece)
    run_log.close()
    said = b"step 1\rstep 2\rdone\n"
    log = run_log.read()
    assert log.startswith(said) and b"cut" not in log
    count, digest = TRAILER.search(log).groups()
    assert (int(count), digest.decode()) == (len(said), hashlib.sha256(said).hexdigest())


def test_the_head_can_be_watched_while_it_comes(run_log):
    run_log.take(b"step 1\r")
    assert run_log.read() == b"step 1\r"


def test_a_sentence_that_utf_8_cannot_hold_is_said_with_a_mark_in_its_place(run_log):
    run_log.say("half a character: \ud800")
    assert run_log.read() == b"\n[supervisor: half a character: ?]\n"


def test_an_endless_log_keeps_its_head_and_its_tail(run_log):
    digest, piece = hashlib.sha256(), b"".join(b"%015d\n" % i for i in range(16384))
    for _ in range(40):
        run_log.take(piece)
        digest.update(piece)
    run_log.take(b"last words\n")
    digest.update(b"last words\n")
    run_log.close()
    log, total = run_log.read(), 40 * len(piece) + 11
    assert len(log) < HEAD_BYTES + TAIL_BYTES + 300
    assert log[:HEAD_BYTES] == (piece * 5)[:HEAD_BYTES]
    cut = re.search(rb"\n\[supervisor: (\d+) bytes cut\]\n", log)
    assert int(cut[1]) == total - HEAD_BYTES - TAIL_BYTES
    assert log[cut.end():TRAILER.search(log).start()].endswith(b"last words\n")
    assert TRAILER.search(log).groups() == (b"%d" % total, digest.hexdigest().encode())


def test_a_log_that_cannot_be_written_is_said_and_does_not_stop_the_count():
    full = os.open("/dev/full", os.O_WRONLY)
    run_log = Log(full)
    run_log.take(b"a" * 10)
    run_log.take(b"b" * 10)
    run_log.close()
    assert run_log.error.strerror == "No space left on device"
    assert run_log.bytes == 20


def held(run_log, *pieces, sources=("def model(x): pass",)):
    run_log.take(b"before\n")
    run_log.redact(Redaction(sources))
    for piece in pieces:
        run_log.take(piece)
    run_log.close()
    log = run_log.read()
    return log[log.index(b"]\n") + 2:TRAILER.search(log).start()].decode()


SUMMARY = b"---\nval_bpb:          1.234567\ntraining_seconds: 300.1\nnum_steps:        412\n"


def test_the_summary_comes_through_in_any_pieces(run_log):
    shown = held(run_log, *(SUMMARY[i:i + 1] for i in range(len(SUMMARY))))
    assert shown == SUMMARY.decode()
    assert run_log.summary == {"---": None, "val_bpb": "1.234567", "training_seconds": "300.1", "num_steps": "412"}


FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "run-logs"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())
KEYS = ["---", "val_bpb", "training_seconds", "total_seconds", "peak_vram_mb", "mfu_percent", "total_tokens_M", "num_steps", "num_params_M", "depth"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_redaction_reads_the_logs_that_the_controller_reads(run_log, name):
    shown = held(run_log, (FIXTURES / name).read_bytes())
    summary = run_log.summary
    if EXPECTED[name]["printed"] == "summary" and name != "summary/forged-early.log":  # A first, broken block uses its keys up.
        assert float(summary["val_bpb"]) == EXPECTED[name]["val_bpb"]
        assert [line.partition(":")[0] for line in shown.splitlines() if not line.startswith((" ", "Traceback"))][:10] == KEYS
    if EXPECTED[name]["printed"] == "missing":
        assert list(summary) != KEYS


def test_an_unfinished_last_line_counts(run_log):
    assert held(run_log, b"num_steps: 7") == "num_steps: 7\n"


@pytest.mark.parametrize("smuggled", [
    b"validation text\n", b"import os\n", b"val_bpb: text\n", b"val_bpb: 1.5 text\n", b"text val_bpb: 1.5\n", b"val_bpb: 0x1f\n",
    b"val_bpb: 1e5\n", b"depth: 1234567890123\n", b"depth: 1.1234567\n", b"secret: 1\n", b"x" * 100_000 + b"\nval_bpb: text\n",
    b"x" * 5000 + b"\rval_bpb: 1.0 text\n", b"\xff\xfe\n", b'  File "/x/train.py", line 1, in secret_name text\n', b"SecretError: text\n",
])
def test_nothing_else_comes_through(run_log, smuggled):
    assert held(run_log, smuggled) == ""


def test_each_key_comes_through_once(run_log):
    assert held(run_log, b"depth: 1\n", b"depth: 2\n" * 50, b"---\n" * 3) == "depth: 1\n---\n"


def test_a_crash_in_the_evaluation_still_says_where_and_why(run_log):
    shown = held(run_log, b'Traceback (most recent call last):\n  File "/run/work/train.py", line 9, in <module>\n    model(x)\n'
                        b'  File "/run/work/train.py", line 4, in model\n    return weights\nNameError: name \'weights\' is not defined\n',
                 sources=("def model(x):\n    return weights\n",))
    assert shown == ('Traceback (most recent call last):\n  File "train.py", line 9, in <module>\n  File "train.py", line 4, in model\n'
                     "NameError: name 'weights' is not defined\n")


def test_a_crash_says_text_in_no_word_of_it(run_log):
    shown = held(run_log, b"ValueError: the secret cannot 4 be 12345678 read, model\n", b'  File "train.py", line 3, in smuggled\n')
    assert shown == 'ValueError: the ? cannot 4 be ? ?, model\n  File "train.py", line 3, in ?\n'


def test_all_that_a_crash_can_smuggle_is_little(run_log):
    frames = b"".join(b'  File "train.py", line %d, in model\n' % i for i in range(1000))
    errors = b"".join(b"ValueError: " + b"%d " % i * 50 + b"\n" for i in range(1000))
    shown = held(run_log, b"Traceback (most recent call last):\n" * 50, frames, errors)
    assert len(shown) < 2500
    assert len(re.findall(r"line \d+", shown)) == 12 and shown.count("ValueError") == 2


@pytest.mark.parametrize("error", [
    "torch.AcceleratorError: CUDA error: uncorrectable ECC error encountered",
    "RuntimeError: CUDA error: uncorrectable NVLink error detected during the execution",
    "torch.AcceleratorError: CUDA error: unspecified launch failure",
    "torch.AcceleratorError: CUDA error: unknown error",
    "torch.AcceleratorError: CUDA error: CUDA-capable device(s) is/are busy or unavailable",
    "RuntimeError: CUDA error: no CUDA-capable device is detected",
    "torch.AcceleratorError: CUDA error: out of memory",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate",
    "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling",
    "torch.AcceleratorError: CUDA error: an illegal memory access was encountered",
    "torch.AcceleratorError: CUDA error: device-side assert triggered",
])
def test_a_gpu_that_fails_in_the_evaluation_says_so(run_log, error):
    assert held(run_log, b"Traceback (most recent call last):\n", error.encode() + b"\n").endswith(error + "\n")
