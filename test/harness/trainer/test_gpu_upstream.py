"""karpathy's own train.py against our prepare.py, behind nothing but the lines of docs/gpu.md; small, with stand-ins for CUDA, sealed.

No registry has the file: UPSTREAM_TRAIN_PY names a copy of it, of github.com/karpathy/autoresearch at commit 228791f.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_trainer import HARNESS
from test_gpu_long import PYTHON

from seal.confine import landlock, seccomp

NAMED = os.environ.get("UPSTREAM_TRAIN_PY", "")
BLOCK = "val_bpb training_seconds total_seconds peak_vram_mb mfu_percent total_tokens_M num_steps num_params_M depth".split()


@pytest.mark.long
@pytest.mark.skipif(not NAMED, reason="set UPSTREAM_TRAIN_PY to a copy of karpathy's train.py at commit 228791f; no registry has it")
@pytest.mark.skipif(landlock.abi() < 6 or not seccomp.works(), reason="this kernel cannot seal outside of a container")
def test_karpathys_train_py_is_measured_sealed_and_unmodified():
    ended = subprocess.run([PYTHON, str(HARNESS / "measure" / "upstream.py"), str(Path(NAMED).resolve())], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"(?m)^finished, sealed by landlock, val_bpb [\d.]+", ended.stdout), ended.stdout
    assert [key for key in BLOCK if not re.search(rf"(?m)^{key}: +[\d.]+$", ended.stdout)] == []


@pytest.fixture
def upstream(monkeypatch):
    """The script, as far as it needs no PyTorch."""
    monkeypatch.syspath_prepend(str(HARNESS / "measure"))
    monkeypatch.setitem(sys.modules, "torch", type(sys)("torch"))
    import upstream
    return upstream


def test_a_train_py_that_is_not_his_is_told_before_anything_runs(upstream):
    with pytest.raises(SystemExit, match=r"DEPTH = 8 stands 0 times in this train.py: SMALL is for karpathy's of March 2026"):
        upstream.small("\n".join(line for line in upstream.SMALL if line != "DEPTH = 8"))


def test_the_lines_of_the_documentation_answer_for_the_package_that_is_not_in_the_image(upstream):
    compile(upstream.front(), "front.py", "exec")
    assert 'sys.modules["kernels"]' in upstream.front()
