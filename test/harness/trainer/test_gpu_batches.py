"""The loader's batches as a train.py meets them: plain tensors, for which torch.compile makes one graph and no second."""
import json
import os
import subprocess

import pytest

from gpu_trainer import GPU
from test_gpu_long import PYTHON, SMALL as SMALL_TRAIN, lane

pytestmark = pytest.mark.long
LOOK = """
import json
import torch
import prepare
loader = prepare.make_dataloader(prepare.Tokenizer.from_directory(), 4, prepare.MAX_SEQ_LEN, "train")
x, y, _ = next(loader)
print(json.dumps({"contiguous": [x.is_contiguous(), y.is_contiguous()], "next": bool((x[:, 1:] == y[:, :-1]).all()),
                  "viewed": list(y.view(-1).shape), "dtype": str(x.dtype)}))
"""
GRAPHS = """
import torch
from torch._dynamo.utils import counters
import prepare, train
loader = prepare.make_dataloader(prepare.Tokenizer.from_directory(), 4, prepare.MAX_SEQ_LEN, "train")
loss_of = torch.compile(train.Model().to(train.DEVICE), dynamic=False, backend="aot_eager")
made_up = (torch.zeros(4, prepare.MAX_SEQ_LEN, dtype=torch.int64, device=train.DEVICE) for _ in range(2))
loss_of(*made_up).backward()
for _ in range(3):
    x, y, _ = next(loader)
    loss_of(x, y).backward()
print(counters["stats"]["unique_graphs"])
"""
TOLD = """
def told(when):
    from torch._dynamo.utils import counters
    print("\\nGRAPHS", when, counters["stats"]["unique_graphs"], sum(counters["recompiles"].values()), flush=True)


def main():
"""


def ran(folder, program, source=SMALL_TRAIN):
    """What a program prints that imports the trainer's files, with the text of a small lane."""
    (folder / "train.py").write_text(source)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{GPU}:{folder}", "AUTORESEARCH_TEXT": str(lane()[0]), "HOME": str(folder),
           "AUTORESEARCH_CLOCK": "virtual", "AUTORESEARCH_BUDGET": "0.2", "OMP_NUM_THREADS": "1"}
    ended = subprocess.run([PYTHON, "-c", program], cwd=folder, env=env, capture_output=True, text=True, timeout=900)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_batches_are_plain_tensors_that_any_train_py_can_view(tmp_path):
    assert json.loads(ran(tmp_path, LOOK)) == {"contiguous": [True, True], "next": True, "viewed": [4 * 64], "dtype": "torch.int64"}


def test_a_model_compiled_for_tensors_of_ones_own_is_not_compiled_again_for_the_batches(tmp_path):
    assert int(ran(tmp_path, GRAPHS)) == 1


def test_train_py_is_compiled_once_and_neither_training_nor_evaluation_compiles_again(tmp_path):
    source = SMALL_TRAIN
    for was, now in (
        ("\ndef main():\n", TOLD),
        ('torch.compile(model, dynamic=False) if COMPILE and DEVICE.type == "cuda" else model', 'torch.compile(model, dynamic=False, backend="aot_eager")'),
        ("        if step == 0:\n", '        if step == 0:\n            told("first step")\n'),
        ("    mfu = 100", '    told("evaluated")\n    mfu = 100'),
    ):
        assert source.count(was) == 1, was
        source = source.replace(was, now)
    printed = ran(tmp_path, "import runpy; runpy.run_path('train.py', run_name='__main__')", source)
    assert [line for line in printed.splitlines() if line.startswith("GRAPHS")] == ["GRAPHS first step 1 0", "GRAPHS evaluated 1 0"]
