"""Where a run is to have a GPU and has none, it is refused with the driver's or PyTorch's own words: no number comes of it."""
import shutil
import subprocess
from pathlib import Path

import pytest

from gpu_trainer import GPU, HARNESS
from supervised import HONEST, make_run, supervise

from seal import conditions
from seal.confine import landlock, seccomp

STUB = Path(__file__).parents[1] / "stub_cuda.c"
NEEDS_COMPILER = pytest.mark.skipif(shutil.which("gcc") is None, reason="the stub of libcuda is compiled with gcc")
NEEDS_SEAL = pytest.mark.skipif(landlock.abi() < 6 or not seccomp.works(), reason="this kernel cannot seal outside of a container")


@pytest.fixture
def harness(tmp_path, monkeypatch):
    """A trainer's folder with a libcuda in it that starts with `status`; the loader finds it there."""
    def made(status, trainer=HARNESS / "cpu"):
        folder = tmp_path / "harness"
        folder.mkdir()
        shutil.copy(trainer / "prepare.py", folder)
        if status is not None:
            subprocess.run(["gcc", "-shared", "-fPIC", f"-DSTATUS={status}", "-o", str(folder / "libcuda.so.1"), str(STUB), "-lpthread"], check=True)
        monkeypatch.setenv("LD_LIBRARY_PATH", str(folder))
        return folder
    return made


@NEEDS_COMPILER
@pytest.mark.parametrize(("status", "words", "remedy"), [
    (100, "no CUDA-capable device is detected (error 100 of cuInit)", "give the run a GPU"),
    (304, "OS call failed or operation not supported on this OS (error 304", "npm run gpu-check"),
    (802, "system not yet initialized (error 802", "start nvidia-fabricmanager"),
    (999, "unknown error (error 999", "dmesg"),
    (7, "unknown error (error 7", "nvidia-smi"),
])
def test_a_run_without_cuda_is_refused_in_the_drivers_words(tmp_path, harness, status, words, remedy):
    code, result, log = supervise(make_run(tmp_path, HONEST), "--gpu", harness=harness(status))
    assert (code, result["status"], result["reason"], result["val_bpb"]) == (0, "refused", "no_gpu", None), log
    assert words in result["sentence"] and remedy in result["sentence"]


def test_a_machine_without_a_driver_is_refused_with_what_to_install(tmp_path, harness):
    code, result, log = supervise(make_run(tmp_path, HONEST), "--gpu", harness=harness(None))
    assert (result["status"], result["reason"]) == ("refused", "no_gpu"), log
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
