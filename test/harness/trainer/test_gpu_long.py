"""The GPU trainer as it runs: train.py under the supervisor with PyTorch, small and on the CPU. No machine here has a GPU."""
import functools
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gpu_trainer import GPU, HARNESS, SECRET, SOURCE, prepare
from supervised import make_run, supervise

sys.path.insert(0, str(HARNESS / "measure"))
from knobs import knobs_of, turn  # noqa: E402

pytestmark = pytest.mark.long
PYTHON = str(GPU / ".venv" / "bin" / "python")
TINY = {"DEPTH": "2", "HEADS": "1", "HEAD_DIM": "64", "BATCH_TOKENS": "256"}
SMALL = turn(SOURCE, **TINY)
SEQ, VOCAB, ROWS = 64, 400, 48
_kept = []


@functools.cache
def lane():
    """A lane's text, made as an image makes it but small."""
    _kept.append(tempfile.TemporaryDirectory())
    folder = Path(_kept[0].name)
    (folder / "secret").write_bytes(SECRET)
    made = subprocess.run([PYTHON, str(GPU / "prepare.py"), "--text", str(folder), "--sealed", str(folder / "sealed"), "--secret-file",
                           str(folder / "secret"), "--seq", str(SEQ), "--vocab", str(VOCAB), "--eval-rows", str(ROWS), "--documents", "16"],
                          capture_output=True, text=True, timeout=900)
    assert made.returncode == 0, made.stderr
    return folder / "text", folder / "sealed", json.loads(made.stdout)


def run(folder, source=SMALL, **changes):
    text, sealed, _ = lane()
    intent = {"clock": "virtual", "clocks": {"budgetSeconds": 0.5, "startSeconds": 1500, "wallSeconds": 3000}, **changes}
    return supervise(make_run(folder, source, **intent), text=text, sealed=sealed, harness=GPU, python=(PYTHON,))


def by_hand(folder, source, text, **changes):
    (folder / "train.py").write_text(source)
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("AUTORESEARCH_", "PYTHON"))}
    given = {"PYTHONPATH": str(GPU), "PYTHONDONTWRITEBYTECODE": "1", "AUTORESEARCH_CLOCK": "virtual", "AUTORESEARCH_BUDGET": "0.5",
             "AUTORESEARCH_TEXT": str(text), "OMP_NUM_THREADS": "1"}
    return subprocess.run([PYTHON, "train.py"], cwd=folder, env=ours | given | changes, capture_output=True, text=True, timeout=900)


SUMMARY = ("---\nval_bpb:          {val_bpb:.6f}\ntraining_seconds: {training_seconds:.1f}\ntotal_seconds:    {total_seconds:.1f}\n"
           "peak_vram_mb:     {peak_vram_mb:.1f}\nmfu_percent:      {mfu_percent:.2f}\ntotal_tokens_M:   {total_tokens_M:.1f}\n"
           "num_steps:        {num_steps:.0f}\nnum_params_M:     {num_params_M:.1f}\ndepth:            {depth:.0f}\n")


def test_a_sealed_run_learns_and_its_summary_is_upstreams(tmp_path):
    code, result, log = run(tmp_path)
    assert (code, result["status"], result["reason"]) == (0, "finished", ""), log
    block = re.search(r"---\n(?:\w+: +\S+\n){9}", log)[0]
    values = {key: float(value) for key, value in re.findall(r"^(\w+): +(\S+)$", block, re.M)}
    assert block == SUMMARY.format(**values)
    assert values["val_bpb"] == result["val_bpb"] and result["steps"] == values["num_steps"] > 40
    floor = lane()[2]["floor_bpb"]
    blind = 8.0  # of a vocabulary that is little more than bytes
    assert floor < result["val_bpb"] < 0.7 * blind


def test_the_virtual_clock_repeats_a_run(tmp_path):
    numbers = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        (tmp_path / name).mkdir()
        numbers.append(run(tmp_path / name, seed=seed)[1]["val_bpb"])
    assert numbers[0] == numbers[1] != numbers[2]


def test_the_sealed_number_is_the_one_in_process(tmp_path):
    # The same weights, asked about the sealed text both ways: by hand it stands where the public sample would.
    text, sealed, _ = lane()
    public = tmp_path / "text"
    public.mkdir()
    for path in text.iterdir():
        (public / path.name).write_bytes(path.read_bytes())
    (public / "sample.bin").write_bytes((sealed / "val.bin").read_bytes())
    meta = json.loads((public / "meta.json").read_text())
    meta["sample_sha256"] = json.loads((sealed / "meta.json").read_text())["sha256"]
    (public / "meta.json").write_text(json.dumps(meta))
    hand = by_hand(tmp_path, SMALL, public, AUTORESEARCH_SEED="7")
    assert hand.returncode == 0, hand.stderr
    in_process = float(re.search(r"val_bpb: +(\S+)", hand.stdout)[1])
    assert run(tmp_path)[1]["val_bpb"] == pytest.approx(in_process, abs=2e-6)


def test_a_mask_that_is_forgotten_is_noncausal(tmp_path):
    code, result, log = run(tmp_path, SMALL.replace("is_causal=True", "is_causal=False"))
    assert (code, result["status"], result["reason"]) == (0, "crashed", "noncausal"), log


def test_an_explosion_ends_in_FAIL(tmp_path):
    code, result, log = run(tmp_path, turn(SMALL, MATRIX_LR='float("nan")'))
    assert (result["status"], result["reason"], result["exit_code"]) == ("crashed", "exit", 1)
    assert "FAIL" in log


def test_the_budget_counts_from_the_step_after_the_uncounted_ones(tmp_path):
    ended = by_hand(tmp_path, SMALL, lane()[0])
    assert ended.returncode == 0, ended.stderr
    flops = float(re.search(r"FLOPs per token: (\S+);", ended.stdout)[1])
    counted = math.ceil(0.5 * prepare.VIRTUAL_RATE / (256 * flops))
    assert int(re.search(r"num_steps: +(\d+)", ended.stdout)[1]) == counted + 11


def test_without_a_known_peak_mfu_is_0_and_the_run_says_why(tmp_path):
    ended = by_hand(tmp_path, SMALL, lane()[0])
    assert "peak: not known for this device, so mfu is shown as 0" in ended.stdout
    assert " on cpu in float32; vocabulary: " in ended.stdout
    assert re.search(r"^mfu_percent: +0.00$", ended.stdout, re.M)


def test_the_start_is_not_counted_and_the_budget_is_kept_by_the_wall(tmp_path):
    code, result, log = run(tmp_path, clock="wall", clocks={"budgetSeconds": 3, "startSeconds": 1500, "wallSeconds": 3000})
    assert result["status"] == "finished", log
    assert 3.0 <= float(re.search(r"training_seconds: (\S+)", log)[1])
    assert result["training_seconds"] > 3.0  # of the supervisor: from the start of the process


def test_logits_of_another_shape_end_the_run_with_what_to_return(tmp_path):
    changed = SMALL.replace("return logits if y is None else", "return logits[..., :-1] if y is None else")
    ended = by_hand(tmp_path, changed, lane()[0])
    assert ended.returncode == 1
    assert f"return the logits of all {VOCAB} tokens at every position" in ended.stderr


EVERY = """
import sys
source = open("train.py").read()
for edit in open("edits").read().splitlines():
    name, literal = edit.split("=", 1)
    import re
    turned = re.sub(rf"(?m)^{name} = [^#]*", f"{name} = {literal} ", source)
    scope = {"__name__": "edited"}
    exec(compile(turned, "train.py", "exec"), scope)
    import torch
    torch.manual_seed(1)
    model = scope["Model"]()
    steps = scope["Optimizer"](model)
    x = torch.randint(0, scope["VOCAB_SIZE"], (2, 17))
    for step, progress in enumerate((0.0, 0.5, 1.0)):
        loss = model(x[:, :-1], x[:, 1:])
        assert loss > 0, edit
        loss.backward()
        steps.step(progress, step)
    assert model(x).shape == (2, 17, scope["VOCAB_SIZE"])
    print(edit)
"""


def test_every_value_that_a_mark_allows_runs(tmp_path):
    edits = [f"{knob.name}={literal}" for knob in knobs_of(SOURCE) for literal in (knob.options or (f"{knob.low:g}", f"{knob.high:g}"))]
    (tmp_path / "train.py").write_text(SMALL)
    (tmp_path / "edits").write_text("\n".join(edits))
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(GPU), "AUTORESEARCH_TEXT": str(lane()[0]), "HOME": str(tmp_path)}
    ended = subprocess.run([PYTHON, "-c", EVERY], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=1800)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == edits


def test_references_for_an_image_are_worked_out_beforehand():
    text, sealed, _ = lane()
    for path in sealed.glob("reference-*.npy"):
        path.unlink()
    ended = subprocess.run([PYTHON, "-I", str(HARNESS / "supervise.py"), "--references", "--text", str(text), "--sealed", str(sealed)],
                           capture_output=True, text=True, timeout=900)
    assert ended.returncode == 0, ended.stderr
    # One of the validation text, and one of what no run is asked.
    assert sorted(path.name[:-len("1aedfd1755e226db.npy")] for path in sealed.glob("reference-*.npy")) == ["reference-", "reference-unseen-"]
