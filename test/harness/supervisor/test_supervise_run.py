"""The supervisor from start to result: what it measures, and what it blames on train.py."""
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from cpu_trainer import CPU, SOURCE, run_prepare
from supervised import BIGRAMS, EVALUATE, HARNESS, HONEST, NONCE, command, lane, living, make_lane, make_run, outcome, supervise

from seal.process.suspension import LATE_SECONDS

def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_an_honest_run_leaves_one_whole_result(tmp_path):
    result, log = outcome(tmp_path, 'print("step 1", flush=True)\n' + HONEST)
    assert (result["status"], result["reason"], result["exit_code"], result["signal"]) == ("finished", "", 0, None)
    assert result["nonce"] == NONCE and result["steps"] == 12
    assert 0 < result["val_bpb"] < 8
    assert 0 < result["training_seconds"] and 0 < result["start_seconds"] <= result["wall_seconds"]
    assert result["memory_mb"] > 5
    assert result["prepare_sha256"] == sha256((CPU / "prepare.py").read_bytes())
    assert result["train_sha256"] == sha256(('print("step 1", flush=True)\n' + HONEST).encode())
    text, sealed = (json.loads((folder / "meta.json").read_text()) for folder in lane())
    assert result["data_sha256"] == sha256((text["train_sha256"] + sealed["sha256"]).encode())
    assert log.startswith("step 1\n")
    assert f"val_bpb:          {result['val_bpb']:.6f}\n" in log
    assert log.endswith(f"\n[supervisor: end bytes={result['log_bytes']} sha256={result['log_sha256']}]\n")
    assert sorted(os.listdir(tmp_path / "run" / "result")) == ["phase", "result.json", "run.log", "started.json"]


def test_the_sealed_number_is_the_in_process_number(tmp_path):
    # The sealed text as the public sample: the same weights on the same bytes, measured on both sides.
    (tmp_path / "secret").write_bytes(b"0123456789abcdef")
    made = run_prepare("--text", tmp_path, "--sealed", tmp_path / "sealed", "--secret-file", tmp_path / "secret")
    assert made.returncode == 0, made.stderr
    public = tmp_path / "public"
    shutil.copytree(tmp_path / "text", public)
    shutil.copy(tmp_path / "sealed" / "val.bin", public / "sample.bin")
    meta = json.loads((public / "meta.json").read_text())
    meta["sample_sha256"] = sha256((public / "sample.bin").read_bytes())
    (public / "meta.json").write_text(json.dumps(meta))
    exact = SOURCE.replace('{val_bpb:.6f}")', '{val_bpb:.6f}")\n    print(f"exactly {val_bpb:.12f}")')
    assert exact != SOURCE
    env = {**os.environ, "PYTHONPATH": str(CPU), "AUTORESEARCH_TEXT": str(public), "AUTORESEARCH_CLOCK": "virtual",
           "AUTORESEARCH_BUDGET": "0.5", "AUTORESEARCH_SEED": "7"}
    alone = subprocess.run([sys.executable, "-c", exact], env=env, capture_output=True, text=True, check=True, timeout=900)
    clocks = {"budgetSeconds": 0.5, "startSeconds": 100, "wallSeconds": 600}
    run = make_run(tmp_path, SOURCE, clock="virtual", clocks=clocks)
    code, result, log = supervise(run, text=tmp_path / "text", sealed=tmp_path / "sealed")
    assert result["status"] == "finished", log
    assert result["val_bpb"] == pytest.approx(float(re.search(r"exactly ([\d.]+)", alone.stdout)[1]), abs=1e-6)
    assert result["training_seconds"] == float(re.search(r"training_seconds: ([\d.]+)", log)[1])
    assert result["data_sha256"] == json.loads(made.stdout)["data_sha256"]


def test_the_virtual_clock_repeats_to_the_bit(tmp_path):
    clocks = {"budgetSeconds": 0.2, "startSeconds": 100, "wallSeconds": 600}
    numbers = []
    for name in "ab":
        (tmp_path / name).mkdir()
        code, result, log = supervise(make_run(tmp_path / name, SOURCE, clock="virtual", clocks=clocks))
        assert result["status"] == "finished", log
        numbers.append((result["val_bpb"], result["steps"], result["training_seconds"]))
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("source, reason, said", [
    ("import sys; sys.exit(3)", "exit", "code 3"),
    ("raise ValueError('no such thing')", "exit", "code 1"),
    ("this is no Python", "exit", "code 1"),
    ("import os; os._exit(0)", "no_metric", "evaluate_bpb"),
    ("print('---\\nval_bpb:          0.100000')", "no_metric", "evaluate_bpb"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal", "signal 11"),
    ("import time\nwhile True: time.sleep(1)", "wall", "4 s is the most"),
    ("while True: pass", "start", "4 is the most"),
    (HONEST + "import sys; sys.exit(5)", "exit", "code 5"),
    (HONEST.replace("return table[x]", "return table[x] * float('nan')"), "invalid_metric", "finite"),
    (HONEST.replace("return table[x]", "raise KeyError('gone')"), "exit", "code 1"),
    ("hold = [bytearray(b'x' * (1 << 22)) for _ in range(200)]\nimport time; time.sleep(300)", "memory", "300 is the most"),
    ("for i in range(100): open(f'{i}', 'wb').write(b'x' * (1 << 22))\nimport time; time.sleep(300)", "disk", "100 is the most"),
    ("import os, time\nfor i in range(600):\n    if os.fork() == 0: time.sleep(300)\ntime.sleep(300)", "pids", "512 and 4096 are the most"),
    # It grows faster than it can be counted, unless it stands still meanwhile.
    ("import os\nos.execv('/bin/sh', ['sh', '-c', 'b() { b | b & }; b; while true; do (while true; do :; done) & sleep 0.01; done'])", "pids",
     "512 and 4096 are the most"),
])
def test_what_train_py_breaks_is_a_crash_with_its_name(tmp_path, source, reason, said):
    # No limit but the one that it breaks is near, however slow the machine is.
    clocks = {"budgetSeconds": 1, "startSeconds": 4 if reason == "start" else 100, "wallSeconds": 4 if reason == "wall" else 600}
    result, log = outcome(tmp_path, source, "--memory-mb", "9000" if reason == "pids" else "300", "--disk-mb", "100", clocks=clocks)
    limited = reason == "pids" and result["reason"] == "exit"  # Where the user's own limit came first, fork failed.
    # A machine that kept the supervisor from looking for so long stood still, as far as it can tell.
    paused = reason == "wall" and result["reason"] == "paused" and result["wall_seconds"] > LATE_SECONDS
    ended = ("refused", "paused") if paused else ("crashed", result["reason"] if limited else reason)
    assert (result["status"], result["reason"]) == ended, log
    assert said in result["sentence"] or limited or paused
    assert f"[supervisor: {result['status']}: {result['reason']}: {result['sentence']}" in log
    assert result["val_bpb"] is None


@pytest.mark.parametrize("said, about", [
    ('{"op":"begin","batch":8,"seq":63,"vocab":256}', "sequences of 64"),
    ('{"op":"begin","batch":0,"seq":64,"vocab":256}', "batch"),
    ('{"op":"begin","batch":true,"seq":64,"vocab":256}', "batch"),
    ('{"op":"begin","batch":8,"seq":64,"vocab":1000000}', "vocabulary"),
    ('{"op":"logits","i":0}', "out of turn"),
    ('{"op":"done","val_bpb":0.1}', "out of turn"),
    ('{"op":"begin","batch":8,"seq":64,"vocab":256}\n{"op":"begin","batch":8,"seq":64,"vocab":256}', "out of turn"),
    ('{"op":"begin","batch":8,"seq":64,"vocab":256}\n{"op":"logits","i":7}', "out of turn"),
    ("not JSON", "not a message"), ("[]", "not a message"), ("null", "not a message"), ("{}", "not a message"), ("[" * 3000, "not a message"),
    ("x" * 5000, "more than 4096"),
    ('{"op":"begin","batch":8,"seq":"' + "A" * 5000 + '","vocab":256}', "sequences of 64, not of 'AAAAAAAAAAAAAAAAAAA"),
    ('{"op":"begin","batch":"' + "A" * 5000 + '","seq":64,"vocab":256}', "batch 'AAAAAAAAAAAAAAAAAAA"),
    ('{"op":"begin","batch":8,"seq":64,"vocab":[1,2]}', "vocabulary is a list"),
    ('{"op":{"begin":1}}', "said a dict out of turn"),
])
def test_messages_out_of_turn_end_the_run(tmp_path, said, about):
    # As narrow a pipe as there is: what the run is ended with must fit.
    source = f"import fcntl, os, time\nfcntl.fcntl(4, 1031, 4096)\nos.write(5, {said!r}.encode() + b'\\n' * ({said!r}[0] != 'x'))\ntime.sleep(300)"
    result, log = outcome(tmp_path, source)
    assert (result["status"], result["reason"]) == ("crashed", "protocol"), log
    assert about in result["sentence"]


def test_logits_that_were_never_written_are_no_answer(tmp_path):
    source = """
import os, time
os.write(5, b'{"op":"begin","batch":8,"seq":64,"vocab":256}\\n')
os.read(4, 4096)
os.write(5, b'{"op":"logits","i":0}\\n')
time.sleep(60)
"""
    result, log = outcome(tmp_path, source)
    assert (result["status"], result["reason"]) == ("crashed", "invalid_metric"), log


def test_a_child_of_a_child_counts_with_its_time_and_memory(tmp_path):
    work = """
import os, time
def burn():
    hold = bytearray(b'x' * (100 << 20))
    end = time.process_time() + 1
    while time.process_time() < end: pass
    time.sleep(0.6)
    os._exit(0)
if os.fork() == 0:
    if os.fork() == 0: burn()
    os.wait()
    os._exit(0)
os.wait()
def used():
    print("used", sum(os.times()[:4]), flush=True)
"""
    evaluate = EVALUATE.replace("val_bpb = ", "used()\nval_bpb = ")
    assert evaluate.count("used()") == 1
    result, log = outcome(tmp_path, work + BIGRAMS + evaluate)
    assert result["status"] == "finished", log
    # By its own account it has used so much just before; counted twice, the child alone would be a second more.
    used = float(re.search(r"^used ([\d.]+)$", log, re.M)[1])
    assert used >= 1.0
    assert used - 0.2 < result["training_seconds"] / result["pace"] < used + 0.8
    assert result["memory_mb"] > 100


def test_nothing_of_a_run_lives_or_lies_about_afterwards(tmp_path):
    marker = f"marker-{os.getpid()}-{time.monotonic_ns()}"
    source = f"""
import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)", {marker!r}], start_new_session=True)
os.makedirs("kept/deep"); open("kept/deep/text", "w").write("validation text"); os.chmod
open("train.py", "w").write("changed")
"""
    result, log = outcome(tmp_path, source + HONEST)
    assert result["status"] == "finished", log
    assert living(marker) == []
    work = tmp_path / "run" / "work"
    assert os.listdir(work) == ["train.py"]
    assert (work / "train.py").read_text() == source + HONEST


def test_a_supervisor_that_is_killed_takes_its_tree_along(tmp_path):
    marker = f"marker-{os.getpid()}-{time.monotonic_ns()}"
    source = f"import os, subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(300)', {marker!r}])"
    process = subprocess.Popen(command(make_run(tmp_path, source)), stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 600
    while not living(marker) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert living(marker)
    process.send_signal(signal.SIGKILL)
    process.wait()
    while living(marker) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert living(marker) == []


def test_a_supervisor_told_to_stop_refuses_and_blames_nobody(tmp_path):
    run = make_run(tmp_path, "import time; time.sleep(300)")
    process = subprocess.Popen(command(run), stdin=subprocess.DEVNULL)
    phase = run / "result" / "phase"
    deadline = time.monotonic() + 600
    while not (phase.exists() and phase.read_text() == "training") and time.monotonic() < deadline:
        time.sleep(0.01)
    process.terminate()
    assert process.wait(300) == 0
    result = json.loads((run / "result" / "result.json").read_text())
    assert (result["status"], result["reason"]) == ("refused", "stopped")


def test_a_run_is_begun_once(tmp_path):
    run = make_run(tmp_path)
    code, result, _ = supervise(run)
    assert (code, result["status"]) == (0, "finished")
    before = (run / "result" / "result.json").read_bytes()
    started = json.loads((run / "result" / "started.json").read_text())
    assert set(started) == {"pid", "startTime", "startedMs"} and isinstance(started["startTime"], str)
    assert subprocess.run(command(run), stdin=subprocess.DEVNULL).returncode == 3
    assert (run / "result" / "result.json").read_bytes() == before


def test_the_same_file_serves_a_container(tmp_path):
    run = make_run(tmp_path)
    termination = tmp_path / "termination-log"
    termination.touch(mode=0o600)
    text, sealed = lane()
    args = [sys.executable, "-I", str(HARNESS / "supervise.py"), "--intent", str(run / "intent.json"), "--work", str(run / "work"),
            "--result", str(termination), "--harness", str(CPU), "--text", str(text), "--sealed", str(sealed)]
    ended = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
    result = json.loads(termination.read_text())
    assert (ended.returncode, result["status"]) == (0, "finished"), ended.stdout + ended.stderr
    assert ended.stdout.endswith(f"[supervisor: end bytes={result['log_bytes']} sha256={result['log_sha256']}]\n")
    assert os.listdir(run / "work") == []  # It is the cluster's, and goes with its Pod.


def test_what_the_exam_wants_to_know_can_be_worked_out_beforehand(tmp_path):
    text, sealed = make_lane(tmp_path)
    ask = [sys.executable, "-I", str(HARNESS / "supervise.py"), "--references", "--text", str(text), "--sealed"]
    assert subprocess.run([*ask, str(sealed)]).returncode == 0
    (made,) = sealed.glob("reference-*.npy")
    before = made.stat().st_mtime_ns
    code, result, log = supervise(make_run(tmp_path), text=text, sealed=sealed)
    assert result["status"] == "finished", log
    assert made.stat().st_mtime_ns == before
    wrong = subprocess.run([*ask, str(tmp_path)], capture_output=True, text=True)
    assert wrong.returncode == 2 and "make the text again" in wrong.stderr


def test_people_are_told_what_it_wants_and_what_the_machine_can():
    def said(*arguments):
        return subprocess.run([sys.executable, "-I", str(HARNESS / "supervise.py"), *arguments], capture_output=True, text=True)
    assert "--sealed DIR" in said("--help").stdout
    probe = said("--probe").stdout.splitlines()
    assert len(probe) >= 11 and all(re.fullmatch(r"[^:]+: .+", line) for line in probe)
    wrong = said("--run", "x")
    assert wrong.returncode == 2 and "--harness" in wrong.stderr


def test_a_child_sees_what_it_is_promised_and_nothing_more(tmp_path):
    source = """
import os, json
print(json.dumps({"env": dict(os.environ), "fds": [fd for fd in range(1024) if os.path.exists(f"/proc/self/fd/{fd}")], "cwd": os.getcwd()}), flush=True)
"""
    os.environ["SECRET_TOKEN"] = "hunter2"
    try:
        result, log = outcome(tmp_path, source + HONEST, seed=11, clocks={"budgetSeconds": 2.5, "startSeconds": 100, "wallSeconds": 600})
    finally:
        del os.environ["SECRET_TOKEN"]
    seen = json.loads(log.splitlines()[0])
    assert seen["env"]["AUTORESEARCH_SEAL"] == "3,4,5"
    assert (seen["env"]["AUTORESEARCH_SEED"], seen["env"]["AUTORESEARCH_BUDGET"], seen["env"]["AUTORESEARCH_CLOCK"]) == ("11", "2.5", "cpu")
    assert seen["env"]["OPENBLAS_NUM_THREADS"] == "1" and "SECRET_TOKEN" not in seen["env"]
    assert seen["cwd"] == seen["env"]["HOME"] == os.path.realpath(tmp_path / "run" / "work")
    assert seen["fds"] == [0, 1, 2, 3, 4, 5]


def test_a_gigabyte_of_output_costs_no_memory(tmp_path):
    source = "import os\nblock = (b'x' * 99 + b'\\n') * 10000\nfor _ in range(1074):\n    at = 0\n    while at < len(block): at += os.write(1, block[at:])\n"
    result, log = outcome(tmp_path, source + HONEST)
    assert result["status"] == "finished", log[-2000:]
    assert result["log_bytes"] > 1_073_000_000
    assert len(log) < 2_000_000
    assert "bytes cut" in log and "val_bpb:" in log
