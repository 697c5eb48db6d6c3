"""The parts of the GPU trainer's recipe, each by what it promises: sizes, windows, steps, schedules. With PyTorch, on the CPU."""
import json
import os
import subprocess

import pytest

from gpu_trainer import GPU, SOURCE
from test_gpu_long import PYTHON, SMALL

pytestmark = pytest.mark.long
UPSTREAMS_FLOPS = 2.39e8  # karpathy's estimate for his model of depth 8 and rows of 2,048


def said(folder, program, source=SOURCE, before=""):
    """What a program prints as JSON that imports train.py, after `before`; without a text, so rows have 2,048 tokens of 8,192."""
    (folder / "train.py").write_text(source)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{GPU}:{folder}", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1",
           "AUTORESEARCH_TEXT": str(folder), "HOME": str(folder)}
    ended = subprocess.run([PYTHON, "-c", f"import json, torch\n{before}\nimport train\n{program}"], cwd=folder, env=env, capture_output=True, text=True,
                           timeout=900)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_at_full_size_parameters_and_operations_are_upstreams(tmp_path):
    # By hand: embedding and output, four value embeddings, eight blocks of twelve squares, gates, shares.
    square, table = 512 * 512, 8192 * 512
    count, flops, seen, names = said(tmp_path, """
with torch.device("meta"):
    model = train.Model()
valued = sorted(model.values.keys())
print(json.dumps([sum(w.numel() for w in model.parameters()), model.flops_per_token(), train.windows(), valued]))""")
    assert names == ["1", "3", "5", "7"]
    assert seen == [1024, 1024, 1024, 2048, 1024, 1024, 1024, 2048]
    assert count == 2 * table + 4 * table + 8 * 12 * square + 4 * 4 * 32 + 16
    assert flops == 6 * (8 * 12 * square + 4 * 4 * 32 + table) + 12 * 512 * sum(seen)
    assert flops == pytest.approx(UPSTREAMS_FLOPS, rel=0.1)


def test_a_short_window_shows_half_of_it_to_all_of_it_and_nothing_later(tmp_path):
    # Values that name their position: what comes out says which of them were seen, for all queries and keys are alike.
    rows = said(tmp_path, """
answers = []
for length, window in ((50, 8), (50, 7), (49, 8), (8, 8), (5, 8), (50, 50), (17, 2), (2048, 1024)):
    alike, marks = torch.zeros(1, 1, length, length), torch.eye(length)[None, None]
    seen = train.attend(alike, alike, marks, window)[0, 0] > 0
    first, last = seen.float().argmax(1), length - 1 - seen.float().flip(1).argmax(1)
    whole = bool((seen.sum(1) == last - first + 1).all())
    answers.append([length, window, whole, first.tolist(), last.tolist()])
print(json.dumps(answers))""")
    for length, window, whole, first, last in rows:
        assert whole and last == list(range(length)), "a token sees itself, nothing later, and no gaps"
        counts = [end - start + 1 for start, end in zip(first, last, strict=True)]
        assert counts[:window] == list(range(1, min(window, length) + 1)), "the start of a row is seen whole"
        assert all(window // 2 < count <= window for count in counts[window:])


def test_an_update_has_singular_values_near_1_whatever_its_shape(tmp_path):
    found = said(tmp_path, """
torch.manual_seed(1)
print(json.dumps([[float(v) for v in torch.linalg.svdvals(train.orthogonal(torch.randn(3, *shape) * scale)).aminmax()]
                  for shape in ((64, 64), (256, 64), (64, 256), (4, 32)) for scale in (1e-4, 1.0)]))""")
    assert all(0.8 < low < high < 1.2 for low, high in found[2:]), found
    assert all(high < 1.2 for low, high in found[:2]), "a square's smallest values may be below what five rounds reach"


def test_muon_brings_neurons_to_one_size_whatever_their_gradients(tmp_path):
    updates, orthogonal_alone = said(tmp_path, """
torch.manual_seed(1)
w, sums = torch.nn.Parameter(torch.zeros(32, 8)), torch.zeros(2, 32)
muon = train.Muon([w])
for _ in range(200):
    before, w.grad = w.detach().clone(), torch.randn(32, 8) * torch.logspace(-2, 2, 32)[:, None]
    muon.step(0.01, 0.9, 0.0)
    for total, change in zip(sums, (before - w.detach(), train.orthogonal(w.grad[None])[0])):
        total += change.square().sum(1)
sizes = sums.sqrt()
print(json.dumps((sizes.amax(1) / sizes.amin(1)).tolist()))""")
    assert updates < 2 < 100 < orthogonal_alone


def test_decay_pulls_at_a_weight_only_where_the_update_pulls_the_same_way(tmp_path):
    largest_fault, pulled = said(tmp_path, """
torch.manual_seed(1)
start, grad = torch.randn(32, 8), torch.randn(32, 8)
def change(decay):
    w = torch.nn.Parameter(start.clone())
    w.grad = grad.clone()
    train.Muon([w]).step(0.01, 0.9, decay)
    return start - w.detach()
plain, decayed = change(0.0), change(0.5)
same_way = plain * start >= 0
expected = 0.01 * 2 * 0.5 * start * same_way  # A matrix four times as tall as wide takes steps twice as long.
print(json.dumps([float((decayed - plain - expected).abs().max()), float(same_way.float().mean())]))""")
    assert largest_fault < 1e-6
    assert 0.2 < pulled < 0.8


SCHEDULE = [(0.0, 1.0), (0.25, 1.0), (0.5, 1.0), (0.75, 0.5), (1.0, 0.0)]


def test_rates_stay_until_half_of_the_budget_and_fall_to_none(tmp_path):
    found = said(tmp_path, f"print(json.dumps([train.get_lr_multiplier(p) for p in {[at for at, _ in SCHEDULE]}]))")
    assert found == pytest.approx([value for _, value in SCHEDULE])


def test_rates_rise_and_keep_a_rest_where_that_is_asked_for(tmp_path):
    source = SOURCE.replace("WARMUP_RATIO = 0.0 ", "WARMUP_RATIO = 0.1 ").replace("FINAL_LR_FRAC = 0.0 ", "FINAL_LR_FRAC = 0.2 ")
    found = said(tmp_path, "print(json.dumps([train.get_lr_multiplier(p) for p in (0.0, 0.05, 0.1, 0.5, 0.75, 1.0)]))", source)
    assert found == pytest.approx([0.0, 0.5, 1.0, 1.0, 0.6, 0.2])


MEMORY = [(14.6, 16), (22.0, 32), (39.5, 64), (44.5, 64), (79.2, 128), (139.8, 128), (0.1, 1)]


def test_rows_of_a_pass_fit_the_memory_and_the_passes_of_a_step_hold_the_whole_batch(tmp_path):
    found = said(tmp_path, f"train.DTYPE = torch.bfloat16\nprint(json.dumps([train.rows_per_pass(gb) for gb in {[gb for gb, _ in MEMORY]}]))")
    assert found == [rows for _, rows in MEMORY]
    assert all(524288 % (2048 * rows) == 0 for rows in found)


def test_a_gpu_without_bfloat16_gets_half_the_rows(tmp_path):
    assert said(tmp_path, "train.DTYPE = torch.float32\nprint(json.dumps([train.rows_per_pass(gb) for gb in (14.6, 22.0)]))") == [8, 16]


@pytest.mark.parametrize(("product", "capability", "own", "kind"), [("T4", (7, 5), False, "float32"), ("A10G", (8, 6), True, "bfloat16")])
def test_a_gpu_that_only_imitates_bfloat16_computes_in_float32(tmp_path, product, capability, own, kind):
    stand_in = f"""
cuda = torch.cuda
cuda.is_available, cuda.get_device_capability, cuda.get_arch_list = lambda: True, lambda *_: {capability}, lambda: ["sm_75", "sm_80", "sm_86"]
cuda.is_bf16_supported = lambda including_emulation=True: {own} or including_emulation"""
    assert said(tmp_path, "print(json.dumps([str(train.DEVICE), str(train.DTYPE)]))", before=stand_in) == ["cuda", f"torch.{kind}"]


def test_in_bfloat16_the_stream_and_embeddings_are_and_the_loss_is_the_same_within_a_twentieth(tmp_path):
    program = """
torch.manual_seed(1)
model = train.Model()
x = torch.randint(0, train.VOCAB_SIZE, (2, 33))
steps, losses = train.Optimizer(model), []
for step in range(4):
    loss = model(x[:, :-1], x[:, 1:])
    loss.backward()
    losses.append(float(loss))
    steps.step(0.0, step)
kinds = sorted({str(w.dtype) for w in (*model.embed.parameters(), *model.values.parameters())})
rest = sorted({str(w.dtype) for w in (*model.blocks.parameters(), *model.output.parameters())})
print(json.dumps([losses, kinds, rest, str(model(x).dtype)]))"""
    halved = SMALL.replace("DTYPE = torch.bfloat16 if BFLOAT16 else torch.float32", "DTYPE = torch.bfloat16")
    assert halved != SMALL
    (low, kinds, rest, logits), (high, *_) = said(tmp_path, program, halved), said(tmp_path, program, SMALL)
    assert (kinds, rest, logits) == (["torch.bfloat16"], ["torch.float32"], "torch.float32")
    assert low == pytest.approx(high, rel=0.05) and high[-1] < high[0]
