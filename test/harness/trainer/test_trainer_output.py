"""What a run prints is what karpathy's prints, to the byte, and what it cannot do it says."""
import re

import pytest

from cpu_trainer import SOURCE, run_train, turn

# Upstream's own formats, against which the printed values are set again.
SUMMARY = (
    "---\n"
    "val_bpb:          {val_bpb:.6f}\n"
    "training_seconds: {training_seconds:.1f}\n"
    "total_seconds:    {total_seconds:.1f}\n"
    "peak_vram_mb:     {peak_vram_mb:.1f}\n"
    "mfu_percent:      {mfu_percent:.2f}\n"
    "total_tokens_M:   {total_tokens_M:.1f}\n"
    "num_steps:        {num_steps:.0f}\n"
    "num_params_M:     {num_params_M:.1f}\n"
    "depth:            {depth:.0f}\n"
)
PROGRESS = re.compile(
    r"step (\d{5}) \((\d+\.\d)%\) \| loss: \d+\.\d{6} \| lrm: \d\.\d\d \| dt: \d+ms \| tok/sec: [\d,]+ "
    r"\| mfu: \d+\.\d% \| epoch: 1 \| remaining: \d+s    "
)


def test_the_summary_has_upstreams_keys_order_and_widths(tmp_path):
    out = run_train(tmp_path).stdout.decode()
    block = out[out.index("---\n"):]
    values = {key: float(value) for key, value in re.findall(r"^(\w+): +(\S+)$", block, re.M)}
    assert block == SUMMARY.format(**values)


def test_every_step_draws_over_one_line(tmp_path):
    out = run_train(tmp_path).stdout.decode()
    head, *steps = out[:out.index("\n---\n")].split("\r")
    assert head == "Vocab size: 256\nParameters: 59,912\nTime budget: 0.5s\n"
    assert [int(PROGRESS.fullmatch(step)[1]) for step in steps] == list(range(len(steps)))
    assert len(steps) == int(re.search(r"num_steps: +(\d+)", out)[1])


def test_a_run_by_hand_says_that_its_number_is_not_sealed(tmp_path):
    run = run_train(tmp_path)
    assert run.returncode == 0
    assert run.stderr.decode() == "val_bpb below is measured in this process on a public sample: not sealed, not comparable with a lane's.\n"


@pytest.mark.parametrize("change", [{"LEARNING_RATE": 'float("nan")'}, {"OUTPUT_INIT": "1e4"}, {"OUTPUT_INIT": "1e30"}])
def test_a_loss_that_is_nan_or_above_100_ends_in_FAIL(tmp_path, change):
    run = run_train(tmp_path, turn(SOURCE, **change))
    assert run.returncode == 1
    assert run.stdout.endswith(b"FAIL\n")
    assert b"---" not in run.stdout


def test_the_virtual_clock_repeats_a_run_to_the_bit(tmp_path):
    def shown(seed):
        out = run_train(tmp_path, AUTORESEARCH_SEED=seed).stdout
        return re.sub(rb"peak_vram_mb: .*", b"", out)  # the memory is the real one

    assert shown("7") == shown("7") != shown("8")


@pytest.mark.parametrize(("budget", "clock"), [("0.3", "cpu"), ("0.3", "wall")])
def test_training_takes_its_budget_on_the_clock_that_is_asked_for(tmp_path, budget, clock):
    out = run_train(tmp_path, AUTORESEARCH_BUDGET=budget, AUTORESEARCH_CLOCK=clock).stdout.decode()
    assert float(re.search(r"training_seconds: (\S+)", out)[1]) >= float(budget)


def test_an_unknown_clock_is_refused_with_the_ones_there_are(tmp_path):
    run = run_train(tmp_path, AUTORESEARCH_CLOCK="sun")
    assert run.returncode == 1
    assert run.stderr.decode() == "AUTORESEARCH_CLOCK is 'sun': set it to cpu, wall or virtual.\n"


def test_logits_of_another_shape_end_the_run_with_what_to_return(tmp_path):
    run = run_train(tmp_path, SOURCE.replace("return self.forward(x)[0].reshape(*x.shape, 256)", "return self.forward(x)[0]"))
    assert run.returncode == 1
    assert b"return the logits of all 256 bytes at every position" in run.stderr
    assert b"val_bpb: " not in run.stdout
