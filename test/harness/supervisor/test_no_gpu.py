"""Where a run is to have a GPU and has none, it is refused with the driver's or PyTorch's own words: no number comes of it."""
import os
import shutil
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpu_trainer import GPU, HARNESS
from supervised import HONEST, make_run, supervise

from seal import conditions, gpu
from seal.confine import fork, gpu_files, landlock, levels, seccomp, visible
from seal.errors import Refused
from seal.inputs import Inputs

STUB = Path(__file__).parents[1] / "stub_cuda.c"
NEEDS_COMPILER = pytest.mark.skipif(shutil.which("gcc") is None, reason="the stub of libcuda is compiled with gcc")
NEEDS_SEAL = pytest.mark.skipif(landlock.abi() < 6 or not seccomp.works(), reason="this kernel cannot seal outside of a container")


@pytest.fixture
def harness(tmp_path, monkeypatch):
    """A trainer's folder with a libcuda in it that starts with `status`, and is else as `facts` say; the loader finds it there."""
    def made(status, trainer=HARNESS / "cpu", **facts):
        folder = tmp_path / "harness"
        folder.mkdir()
        shutil.copy(trainer / "prepare.py", folder)
        if status is not None:
            defined = [f"-D{name}={value}" for name, value in {"STATUS": status, **facts}.items()]
            subprocess.run(["gcc", "-shared", "-fPIC", *defined, "-o", str(folder / "libcuda.so.1"), str(STUB), "-lpthread"], check=True)
        monkeypatch.setenv("LD_LIBRARY_PATH", str(folder))
        return folder
    return made


@NEEDS_COMPILER
@pytest.mark.parametrize(("status", "words", "remedy"), [
    (100, "no CUDA-capable device is detected (error 100 of cuInit)", "give the run a GPU"),
    (304, "OS call failed or operation not supported on this OS (error 304", "npm run gpu-check"),
    (802, "system not yet initialized (error 802", "start nvidia-fabricmanager"),
    (806, "unknown error (error 806", "turn MPS off"),
    (999, "unknown error (error 999", "dmesg"),
    (7, "unknown error (error 7", "nvidia-smi"),
])
def test_a_run_without_cuda_is_refused_in_the_drivers_words(tmp_path, harness, status, words, remedy):
    code, result, log = supervise(make_run(tmp_path, HONEST), "--gpu", harness=harness(status))
    assert (code, result["status"], result["reason"], result["val_bpb"]) == (0, "refused", "no_cuda", None), log
    assert words in result["sentence"] and remedy in result["sentence"]


ONLY_OWN = '(strcmp(getenv("CUDA_VISIBLE_DEVICES"), "GPU-own") ? NO_DEVICE : 0)'


@NEEDS_COMPILER
@pytest.mark.parametrize(("visible", "status"), [("GPU-own", "finished"), ("garbage", "refused"), ("GPU-of-another-run", "refused"), ("", "refused")])
def test_a_gpu_that_is_named_wrongly_is_told_and_none_is_taken_in_its_place(tmp_path, monkeypatch, harness, visible, status):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    code, result, log = supervise(make_run(tmp_path, HONEST), "--gpu", harness=harness(ONLY_OWN))
    assert result["status"] == status, log
    if status == "refused":
        assert result["reason"] == "no_cuda" and "give the run a GPU, and look at CUDA_VISIBLE_DEVICES" in result["sentence"]


@NEEDS_COMPILER
@pytest.mark.parametrize(("package", "version", "refused"), [
    ("nvidia-cuda-runtime", "13.2.86", True), ("nvidia-cuda-runtime-cu12", "12.8.90", False), ("nvidia-cuda-runtime", "odd", False), ("none", "13.2", False),
])
def test_a_driver_that_is_too_old_for_pytorch_is_told_before_train_py_starts(monkeypatch, harness, package, version, refused):
    monkeypatch.setattr(gpu, "LIBRARY", str(harness(0, VERSION=12040) / "libcuda.so.1"))

    def installed(asked):
        if asked == package:
            return version
        raise gpu.metadata.PackageNotFoundError(asked)
    monkeypatch.setattr(gpu.metadata, "version", installed)
    outcome = fork.tried(gpu.start)
    if refused:
        assert outcome.sentence == "the driver speaks CUDA 12.4, and PyTorch here needs CUDA 13; install a later driver, or PyTorch for this one"
    else:
        assert outcome.value["cuda"] == "12.4"


@NEEDS_COMPILER
@pytest.mark.long
def test_the_gpu_trainers_pytorch_refuses_a_driver_of_cuda_12(tmp_path, harness):
    code, result, log = supervise(make_run(tmp_path, HONEST), "--gpu", harness=harness(0, VERSION=12080), python=(str(GPU / ".venv/bin/python"),))
    assert (code, result["status"], result["reason"]) == (0, "refused", "no_cuda"), log
    assert "the driver speaks CUDA 12.8, and PyTorch here needs CUDA 13; install a later driver" in result["sentence"]


@NEEDS_COMPILER
@pytest.mark.parametrize(("facts", "free"), [
    ({"FREE_GB": 30}, None),
    ({"FREE_GB": "(looks++ ? 70 : 30)"}, 70),  # What a run that has just ended held comes back a little later.
    ({"FREE_GB": 30, "INTEGRATED": 1}, 30),  # Memory that is the machine's may hold the machine's files.
])
def test_a_gpu_whose_memory_another_process_holds_is_no_gpu_for_a_run(monkeypatch, harness, facts, free):
    monkeypatch.setattr(gpu, "LIBRARY", str(harness(0, **facts) / "libcuda.so.1"))
    if free is None:
        monkeypatch.setattr(gpu, "RELEASE_SECONDS", 0)
    outcome = fork.tried(gpu.start)
    if free is None:
        assert outcome.sentence == ("only 30 of 80 GiB are free, for another process holds the rest; end it (nvidia-smi lists it), "
                                    "or give the run another GPU")
    else:
        assert outcome.value["free_mb"] == free << 10


@NEEDS_COMPILER
@pytest.mark.parametrize(("devices", "told"), [
    (["nvidia0", "nvidiactl"], "run `nvidia-modprobe -u -c=0` on this node"), (["nvidia0", "nvidiactl", "nvidia-uvm"], "look for Xid"), ([], "look for Xid"),
])
def test_a_driver_whose_second_module_nobody_has_loaded_yet_is_told_how(tmp_path, monkeypatch, harness, devices, told):
    for name in devices:
        (tmp_path / name).touch()
    monkeypatch.setattr(gpu_files, "DEVICES", str(tmp_path))
    monkeypatch.setattr(gpu, "LIBRARY", str(harness(999) / "libcuda.so.1"))
    assert told in fork.tried(gpu.start).sentence


TWO_TRAINERS = "from prepare import (Tokenizer, evaluate_bpb as measure,  # the exam\n                     memory_gb)\n"


@pytest.mark.parametrize(("experiment", "status", "reason"), [("000000", "refused", "setup"), ("000001", "crashed", "exit")])
def test_a_baseline_of_another_trainer_than_the_image_is_refused_and_an_edit_that_asks_for_too_much_is_not(tmp_path, experiment, status, reason):
    code, result, log = supervise(make_run(tmp_path, TWO_TRAINERS, experiment=experiment))
    assert (code, result["status"], result["reason"]) == (0, status, reason), log
    if status == "refused":
        assert result["sentence"].startswith("prepare.py has no memory_gb, which") and "give the pool the image of the lane's trainer" in result["sentence"]


@pytest.mark.parametrize(("of", "image"), [("cpu", "gpu"), ("gpu", "cpu")])
def test_each_trainers_baseline_is_refused_in_the_image_of_the_other_and_not_in_its_own(tmp_path, of, image):
    source = (HARNESS / of / "train.py").read_text()
    inputs = Inputs()
    inputs.intent = SimpleNamespace(experiment="000000")
    inputs.sources = [source, (HARNESS / of / "prepare.py").read_text()]
    inputs._check_trainer()
    inputs.sources = [source, (HARNESS / image / "prepare.py").read_text()]
    with pytest.raises(Refused, match="they are of two trainers"):
        inputs._check_trainer()


@pytest.mark.parametrize("heard", [True, False])
def test_a_driver_that_lets_nobody_go_is_the_machines_fault_and_holds_up_no_run(tmp_path, monkeypatch, heard):
    """The child stands still, so that no alarm ends it. Not heard: as one that waits for a broken device does not hear SIGKILL."""
    monkeypatch.setattr(gpu, "START_SECONDS", 0.1)
    monkeypatch.setattr(fork, "GRACE_SECONDS", 0)
    monkeypatch.setattr(gpu, "start", lambda: signal.raise_signal(signal.SIGSTOP))
    kill, asked = os.kill, []
    monkeypatch.setattr(os, "kill", lambda *given: (asked.append(given), heard and kill(*given)))
    try:
        with pytest.raises(Refused, match=r"^CUDA does not start: it did not end within 0.1 s; look for Xid in dmesg, and restart") as refused:
            gpu.first(levels.Confinement("none", None, False, False), visible.Paths(str(tmp_path), (), (), True))
        assert refused.value.reason == "no_cuda" and [sent for _, sent in asked] == [signal.SIGKILL]
    finally:
        for pid, _ in asked:
            kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


@pytest.mark.parametrize(("attempt", "outcome"), [
    (lambda: "x" * 100_000, fork.Outcome("x" * 100_000)),
    (lambda: signal.raise_signal(signal.SIGALRM), fork.Outcome(failure="TooSlow", sentence="it did not end within 60 s")),
    (lambda: signal.raise_signal(signal.SIGSEGV), fork.Outcome(failure="Killed", sentence=f"wait status {signal.SIGSEGV.value}")),
])
def test_what_is_tried_in_a_process_of_its_own_with_a_limit_is_told_whole(attempt, outcome):
    assert fork.tried(attempt, 60) == outcome


def test_a_machine_without_a_driver_is_refused_with_what_to_install(tmp_path, harness):
    code, result, log = supervise(make_run(tmp_path, HONEST), "--gpu", harness=harness(None))
    assert (result["status"], result["reason"]) == ("refused", "no_cuda"), log
    assert "libcuda.so.1" in result["sentence"] and "install NVIDIA's driver" in result["sentence"]


PEAK = HONEST + 'print("---\\npeak_vram_mb:     2048.5")\n'


@NEEDS_COMPILER
@pytest.mark.parametrize(("source", "peak"), [(PEAK, 2048.5), (HONEST, None)])
def test_the_result_tells_the_memory_of_the_gpu_and_train_pys_word_on_its_use(tmp_path, harness, source, peak):
    code, result, log = supervise(make_run(tmp_path, source), "--gpu", harness=harness(0))
    assert (result["gpu_total_mb"], result["gpu_peak_mb"]) == (80 << 10, peak), log
    assert result["memory_mb"] > 1


def test_a_run_without_a_gpu_has_no_word_on_the_memory_of_one(tmp_path, harness):
    code, result, log = supervise(make_run(tmp_path, PEAK), harness=harness(None))
    assert "gpu_total_mb" not in result and "gpu_peak_mb" not in result, log


@NEEDS_COMPILER
@NEEDS_SEAL
def test_cuda_starts_under_the_seal_and_the_result_names_the_gpu_in_use(tmp_path, harness):
    code, result, log = supervise(make_run(tmp_path, HONEST, requireSealed=True), "--gpu", harness=harness(0))
    assert (result["status"], result["sealed"], result["gpu"]) == ("finished", "landlock", "Stub GPU 0"), log


def test_a_run_that_is_to_have_no_gpu_asks_for_none(tmp_path, harness):
    code, result, log = supervise(make_run(tmp_path, HONEST), harness=harness(None))
    assert result["status"] == "finished", log


FORGED = 'import os\nos.write(5, br\'{"op": "no_gpu", "sentence": "forged"}\' + b"\\n")\nos.read(4, 1)\n'


def test_a_train_py_that_only_says_so_breaks_the_protocol_where_no_gpu_was_asked_for(tmp_path):
    code, result, log = supervise(make_run(tmp_path, FORGED))
    assert (result["status"], result["reason"]) == ("crashed", "protocol"), log


@NEEDS_COMPILER
@pytest.mark.parametrize(("sentence", "told"), [("forged", "forged"), (r"half \ud800", "half ?")])
def test_a_train_py_that_says_so_with_a_gpu_gets_no_number(tmp_path, harness, sentence, told):
    code, result, log = supervise(make_run(tmp_path, FORGED.replace("forged", sentence)), "--gpu", harness=harness(0))
    assert (code, result["status"], result["reason"], result["val_bpb"]) == (0, "refused", "no_gpu", None), log
    assert result["sentence"] == f"PyTorch finds no GPU: {told}"
    assert f"[supervisor: refused: no_gpu: PyTorch finds no GPU: {told}]\n" in log


@NEEDS_COMPILER
@pytest.mark.long
def test_a_pytorch_that_finds_no_gpu_says_so_instead_of_training_on_the_processor(tmp_path, harness):
    source = "from prepare import device\nprint(device())\n"
    code, result, log = supervise(make_run(tmp_path, source), "--gpu", harness=harness(0, GPU), python=(str(GPU / ".venv/bin/python"),))
    assert (result["status"], result["reason"]) == ("refused", "no_gpu"), log
    assert "PyTorch finds no GPU" in result["sentence"] and "install a driver for PyTorch" in result["sentence"]


@pytest.mark.parametrize(("models", "name"), [
    ([], ""),
    (["NVIDIA H200"] * 8, "NVIDIA H200"),
    (["NVIDIA L4", "NVIDIA A10G", "NVIDIA L4"], "NVIDIA A10G, NVIDIA L4"),
])
def test_conditions_name_each_product_once(tmp_path, monkeypatch, models, name):
    for number, model in enumerate(models):
        (tmp_path / f"0000:0{number}").mkdir()
        (tmp_path / f"0000:0{number}" / "information").write_text(f"Model: \t\t {model}\nIRQ: 5\n")
    monkeypatch.setattr(conditions, "GPUS", str(tmp_path))
    assert conditions.gpu_name() == name
