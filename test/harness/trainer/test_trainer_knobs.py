"""The marked constants of train.py: what a proposer may set them to, and that each of it runs."""
import ast
import random
import re

import numpy as np
import pytest

import gpu_trainer
from cpu_trainer import SOURCE, knobs_of, turn

both = pytest.mark.parametrize(("source", "count"), [(SOURCE, 20), (gpu_trainer.SOURCE, 29)], ids=["cpu", "gpu"])

EXTREMES = [(knob.name, literal) for knob in knobs_of(SOURCE)
            for literal in (knob.options or (f"{knob.low:g}", f"{knob.high:g}"))]


@pytest.mark.parametrize(("name", "literal"), EXTREMES)
def test_every_value_that_a_mark_allows_runs(name, literal):
    scope = {"__name__": "edited"}
    exec(compile(turn(SOURCE, **{name: literal}), "train.py", "exec"), scope)
    np.seterr(all="ignore")
    rng = np.random.Generator(np.random.PCG64(3))
    model = scope["Model"](rng)
    steps = scope["Optimizer"](model.params)
    text = rng.integers(0, 256, (2, 10))
    x, y = text[:, :-1], text[:, 1:]
    for progress in (0.0, 0.5, 1.0):
        loss, grads = model.loss_and_grads(x, y)
        assert loss > 0
        steps.step(grads, scope["LEARNING_RATE"] * scope["get_lr_multiplier"](progress))


@both
def test_every_constant_says_why_and_the_file_stays_short(source, count):
    constants = re.findall(r"^[A-Z][A-Z0-9_]* = .*$", source, re.M)
    assert len(constants) > 20
    assert [line for line in constants if not re.search(r"# (?:(?:range|one of): [^|]+ \| )?[^|]{10,}$", line) and not line.endswith("{")] == []
    assert len(source.splitlines()) < 300


@both
def test_marks_hold_the_value_that_is_there(source, count):
    knobs = knobs_of(source)
    assert len(knobs) == count
    for knob in knobs:
        if knob.options:
            assert knob.literal in knob.options, knob
        else:
            assert knob.low <= float(knob.literal) <= knob.high, knob
            assert knob.low > 0 or not knob.log, knob


@both
def test_a_draw_stays_within_the_mark_and_keeps_its_kind(source, count):
    dice = random.Random(1)
    for knob in knobs_of(source):
        drawn = [knob.draw(dice) for _ in range(200)]
        if knob.options:
            assert set(drawn) == set(knob.options)
            continue
        values = [ast.literal_eval(literal) for literal in drawn]
        assert {type(value) for value in values} <= ({int} if knob.whole else {int, float})
        assert knob.low <= min(values) < max(values) <= knob.high
        middle = (knob.low * knob.high) ** 0.5 if knob.log else (knob.low + knob.high) / 2
        assert 60 < sum(value < middle for value in values) < 140, knob


def test_turning_a_knob_changes_its_value_and_nothing_else():
    turned = turn(SOURCE, ACTIVATION='"silu"', WIDTH="77")
    changed = [(was, now) for was, now in zip(SOURCE.splitlines(), turned.splitlines(), strict=True) if was != now]
    assert [now.split("#")[0].split() for _, now in changed] == [["WIDTH", "=", "77"], ["ACTIVATION", "=", '"silu"']]
    assert all(was.split("#")[1] == now.split("#")[1] for was, now in changed)
    with pytest.raises(KeyError):
        turn(SOURCE, EVAL_BATCH="1")
