"""npm run gpu-check: each stage answers, a fault is a `no` and an exit status, and what needs a GPU is left out without one."""
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gpu_trainer import GPU, HARNESS, make

from seal.confine import landlock, seccomp

sys.path.insert(0, str(HARNESS / "measure"))
import gpu_check  # noqa: E402
import gpu_facts  # noqa: E402
import gpu_runs  # noqa: E402

STUB = Path(__file__).parents[1] / "stub_cuda.c"
NEEDS_SEAL = pytest.mark.skipif(landlock.abi() < 6 or not seccomp.works(), reason="this kernel cannot seal outside of a container")
NEEDS_COMPILER = pytest.mark.skipif(shutil.which("gcc") is None, reason="the stub of libcuda is compiled with gcc")


@pytest.fixture
def check(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "out").mkdir()

    def made(gpu=False, seconds=300.0, text=None):
        return gpu_check.Check(tmp_path / "work", tmp_path / "out", text, gpu, True, time.monotonic() + seconds)
    return made


def broken(check):
    raise ValueError("a reason")


@pytest.mark.parametrize(("stage", "gpu", "seconds", "answer"), [
    (gpu_check.Stage("a", lambda check: [("a", "yes")], 10), False, 300, "yes"),
    (gpu_check.Stage("a", lambda check: [("a", "yes")], 10, needs_gpu=True), True, 300, "yes"),
    (gpu_check.Stage("a", broken, 10, needs_gpu=True), False, 300, "left out: there is no GPU here"),
    (gpu_check.Stage("a", broken, 10), False, -1, "left out: it may take 10 s and 0 are left; run it again"),
    (gpu_check.Stage("a", broken, 10), False, 300, "no: ValueError: a reason"),
])
def test_a_stage_answers_is_left_out_or_says_what_broke(check, stage, gpu, seconds, answer):
    assert gpu_check.carried_out(stage, check(gpu, seconds)) == [("a", answer)]


def test_only_a_no_is_a_fault():
    answers = ("no", "no: it broke", "no answer in 20 s", "none", "not installed", "yes", "left out: there is no GPU here")
    assert [gpu_check.failed(answer) for answer in answers] == [True, True, True, False, False, False, False]


def test_the_report_is_one_table_whatever_an_answer_holds():
    lines = gpu_check.report([("a", "x | y\nz"), ("b", "w" * 900)], 7.2).splitlines()
    assert lines[2:5] == ["| what | answer |", "|---|---|", r"| a | x \| y z |"]
    assert len(lines) == 6 and lines[5].count("w") == 600


def test_all_stages_fit_into_eight_minutes_one_after_the_other():
    assert sum(stage.most for stage in gpu_check.STAGES) <= gpu_check.SECONDS <= 480


NO = ("no: OS call failed or operation not supported on this OS (error 304 of cuInit); "
      "run `npm run gpu-check`: it finds what the confinement must allow; ")
CUDA = ("import sys, time; from pathlib import Path; sys.path[:0] = sys.argv[1:3]; import gpu_check, gpu_start;"
        "print(gpu_start.cuda(gpu_check.Check(Path(sys.argv[3]), None, None, True, True, time.monotonic() + float(sys.argv[4])))[0][1])")


@NEEDS_COMPILER
@NEEDS_SEAL
@pytest.mark.parametrize(("status", "seconds", "answer"), [
    (0, 300, "yes: Stub GPU 0, 70 of 80 GiB free, the driver speaks CUDA 13.2"),
    (802, 300, "no: system not yet initialized (error 802 of cuInit); start nvidia-fabricmanager on this node; "
               "nor does it start unconfined: look at the driver (nvidia-smi, dmesg)"),
    (802, 20, "no: system not yet initialized (error 802 of cuInit); start nvidia-fabricmanager on this node; "
              "no time is left to try what would help: run it again"),
    ("(syscall(SYS_setpriority, 0, 0, 5) ? REFUSED_BY_SYSTEM : 0)", 300, NO + "it starts with no filter of system calls, or with one that allows "
                                                                             "setpriority: report this line"),
    ("(creat(SHM, 0600) < 0 || unlink(SHM) ? REFUSED_BY_SYSTEM : 0)", 300, NO + "it starts with a /dev/shm of its own: report this line"),
    ("(open(\"/etc/passwd\", O_RDONLY) < 0 ? REFUSED_BY_SYSTEM : 0)", 300, NO + "it starts unconfined, and with nothing less that was tried: report this line"),
])
def test_cuda_is_started_confined_and_what_would_help_is_tried(tmp_path, status, seconds, answer):
    folder = tmp_path / "confined"
    folder.mkdir()
    subprocess.run(["gcc", "-shared", "-fPIC", f"-DSTATUS={status}", '-DSHM="/dev/shm/cuda-stub"', "-o", str(folder / "libcuda.so.1"), str(STUB), "-lpthread"], check=True)
    ended = subprocess.run([sys.executable, "-c", CUDA, str(HARNESS), str(HARNESS / "measure"), str(tmp_path), str(seconds)],
                           env={**os.environ, "LD_LIBRARY_PATH": str(folder)}, capture_output=True, text=True)
    assert ended.stdout.strip() == answer, ended.stderr


@NEEDS_SEAL
@pytest.mark.parametrize(("source", "answer"), [
    ("raise RuntimeError('CUDA error: device-side assert triggered')", "crashed, exit. Last error: RuntimeError: CUDA error: device-side assert triggered"),
    ("import os\nos._exit(3)", "no: it ended as crashed, exit: "),
    ("raise ImportError('libcudart.so.13: no such file')", "no: crashed, exit. Last error: ImportError: libcudart.so.13"),
])
def test_a_run_that_breaks_is_told_in_its_own_words(check, tmp_path, source, answer):
    make(tmp_path / "text")
    assert gpu_runs.worded(check(text=tmp_path / "text"), "broken", source, "device-side assert").startswith(answer)
    assert json.loads((tmp_path / "out/broken-result.json").read_text())["status"] == "crashed"


def test_a_smaller_model_keeps_all_of_train_py_but_its_size():
    source = (GPU / "train.py").read_text()
    lines = [(one, other) for one, other in zip(source.splitlines(), gpu_runs.smaller(source).splitlines(), strict=True) if one != other]
    assert {one.split(" = ")[0] for one, _ in lines} >= {"DEPTH", "HEADS", "HEAD_DIM", "ROWS"}
    assert all(other.split("#")[1:] == one.split("#")[1:] for one, other in lines)


@NEEDS_SEAL
@pytest.mark.skipif(bool(gpu_facts.devices()), reason="this machine has a GPU: run npm run gpu-check itself")
@pytest.mark.long
def test_without_a_gpu_all_else_is_answered_and_a_small_model_is_trained(tmp_path):
    ended = subprocess.run([str(GPU / ".venv/bin/python"), str(HARNESS / "measure/gpu_check.py"), "--small", "--out", str(tmp_path), "--seconds", "3000"],
                           capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = dict(line.strip("| ").split(" | ") for line in (tmp_path / "report.md").read_text().splitlines()[4:])
    assert told["sealed run"].startswith("yes: small on cpu")
    assert {told[stage.name] for stage in gpu_check.STAGES if stage.needs_gpu} == {"left out: there is no GPU here"}
    assert [told[what] for what in ("graphs compiled", "asked again", "asked with another ending")] == ["0", *["the same bit for bit"] * 2]
