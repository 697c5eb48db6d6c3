"""supervise.py --probe: what a confined train.py can do on this machine, and what CUDA says to it, before a run depends on it."""
import os
import subprocess
import sys

import pytest

from gpu_trainer import GPU, HARNESS
from test_no_gpu import NEEDS_COMPILER, NEEDS_SEAL, harness  # noqa: F401  (a fixture)

from seal import probe

ALWAYS = ("move a file between its folders", "link a file into another of its folders", "name a thread")


def asked(*options, python=sys.executable):
    """The answers by what they are about; every line is one."""
    ended = subprocess.run([python, "-I", str(HARNESS / "supervise.py"), "--probe", *options], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return dict(line.split(": ", 1) for line in ended.stdout.splitlines())


@NEEDS_SEAL
def test_it_tells_what_a_confined_train_py_can_do():
    answers = asked()
    assert [answers[f"train.py can {ability}"] for ability in ALWAYS] == ["yes"] * 3


@NEEDS_COMPILER
@pytest.mark.parametrize(("status", "answer"), [
    (0, "yes, on Stub GPU 0, the first of 1, with 70 of 80 GiB free; the driver speaks CUDA 13.2"),
    (802, "no: system not yet initialized (error 802 of cuInit); start nvidia-fabricmanager on this node"),
    (304, "no: OS call failed or operation not supported on this OS (error 304 of cuInit); run `npm run gpu-check`: it finds what the "
          "confinement must allow"),
])
def test_it_starts_cuda_as_a_run_would_and_says_what_to_do(harness, status, answer):  # noqa: F811
    assert asked("--gpu", "--harness", str(harness(status)))["train.py can start CUDA"] == answer


@pytest.mark.parametrize(("folder", "answer"), [
    ("compiled/of the lane", "yes"), ("file/compiled", "no: [Errno 20] Not a directory: '{0}/file/compiled'; let group {1} write to the root of this volume"),
])
def test_it_tells_whether_what_a_baseline_compiles_can_be_kept(tmp_path, folder, answer):
    (tmp_path / "file").touch()
    told = asked("--gpu", "--compiled", str(tmp_path / folder))["train.py can begin with what the baseline compiled"]
    assert told == answer.format(tmp_path, os.getegid())
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "file"]


def test_a_gpu_is_told_of_where_one_is_asked_for_or_plugged_in(monkeypatch):
    monkeypatch.setattr(probe, "enforceable", list)
    monkeypatch.setattr(probe, "_able", lambda folder, readable, with_gpu: [("with_gpu", with_gpu)])
    for devices, wanted, told in ((["null"], False, False), (["null"], True, True), (["nvidia0", "nvidiactl"], False, True), (["nvidiactl"], False, False)):
        monkeypatch.setattr(probe.os, "listdir", lambda path, devices=devices: devices)
        assert dict(probe.lines(wanted))["with_gpu"] is told


def test_a_tool_that_is_missing_is_a_no_that_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert asked("--gpu")["train.py can build and load a library in C"] == "no: gcc is not installed; install it (Debian: apt-get install g++)"


@NEEDS_SEAL
@pytest.mark.long
def test_the_gpu_trainers_python_can_do_all_that_needs_no_gpu():
    answers = asked("--gpu", python=str(GPU / ".venv" / "bin" / "python"))
    told = {what: answer for what, answer in answers.items() if what.startswith("train.py can ") and what != "train.py can start CUDA"}
    assert len(told) == 7 and set(told.values()) == {"yes"}
