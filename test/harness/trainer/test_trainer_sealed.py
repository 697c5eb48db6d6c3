"""The child's half of the sealed evaluation, held against a supervisor made of two pipes and shared memory."""
import json
import os
import threading

import numpy as np
import pytest

from cpu_trainer import prepare, public_text, train

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memfd_create is Linux's")


class Supervisor:
    """Speaks the protocol on one side while `evaluate_bpb` runs on the other, in a thread."""

    def __init__(self, monkeypatch, model, batch):
        self.memory = os.memfd_create("logits")
        os.ftruncate(self.memory, prepare.LOGITS_OFFSET + (16 << 20))
        theirs, ours = os.pipe(), os.pipe()
        monkeypatch.setenv("AUTORESEARCH_SEAL", f"{self.memory},{theirs[0]},{ours[1]}")
        self.questions, self.answers = os.fdopen(theirs[1], "w"), os.fdopen(ours[0])
        self.outcome = None
        self.thread = threading.Thread(target=self._evaluate, args=(model, batch))
        self.thread.start()

    def _evaluate(self, model, batch):
        try:
            self.outcome = prepare.evaluate_bpb(model, prepare.Tokenizer(), batch)
        except SystemExit as end:
            self.outcome = str(end)

    def hear(self):
        return json.loads(self.answers.readline())

    def say(self, **message):
        self.questions.write(json.dumps(message) + "\n")
        self.questions.flush()

    def ask(self, i, x):
        """The logits for x [r, t]; also checks that the answer names its question."""
        os.pwrite(self.memory, x.astype("<u2").tobytes(), 0)
        self.say(op="x", i=i, rows=x.shape[0], seq=x.shape[1])
        assert self.hear() == {"op": "logits", "i": i}
        raw = os.pread(self.memory, x.size * 256 * 4, prepare.LOGITS_OFFSET)
        return np.frombuffer(raw, "<f4").reshape(*x.shape, 256)

    def end(self, **message):
        if message:
            self.say(**message)
        self.questions.close()
        self.thread.join(300)
        assert not self.thread.is_alive()
        return self.outcome


@pytest.fixture
def model():
    return train.Model(np.random.Generator(np.random.PCG64(3)))


def test_it_begins_with_its_shape_and_returns_the_number_it_is_told(monkeypatch, model):
    supervisor = Supervisor(monkeypatch, model, 24)
    assert supervisor.hear() == {"op": "begin", "batch": 24, "seq": prepare.MAX_SEQ_LEN, "vocab": 256}
    assert supervisor.end(op="done", val_bpb=1.234567) == 1.234567


def test_it_answers_any_rows_and_lengths_with_the_models_logits(monkeypatch, model):
    supervisor = Supervisor(monkeypatch, model, 8)
    supervisor.hear()
    draw = np.random.Generator(np.random.PCG64(4))
    for i, shape in enumerate([(8, 64), (3, 64), (5, 7), (1, 1)]):
        x = draw.integers(0, 256, shape)
        np.testing.assert_array_equal(supervisor.ask(i, x), model(x))
    supervisor.end(op="done", val_bpb=2.0)


def test_the_sealed_loss_equals_the_one_in_process(monkeypatch, model):
    monkeypatch.setenv("AUTORESEARCH_TEXT", str(public_text()))
    sample = prepare.read_text("sample").astype(np.int64)
    seq = prepare.MAX_SEQ_LEN
    rows = len(sample) // (seq + 1)
    sample = sample[:rows * (seq + 1)].reshape(rows, seq + 1)
    in_process = prepare.evaluate_bpb(model, prepare.Tokenizer(), 64)
    supervisor = Supervisor(monkeypatch, model, 64)
    supervisor.hear()
    nats = 0.0
    for i, first in enumerate(range(0, rows, 128)):
        x, y = sample[first:first + 128, :-1], sample[first:first + 128, 1:]
        logits = supervisor.ask(i, x).astype(np.float64)
        nats += (np.log(np.exp(logits).sum(-1)) - np.take_along_axis(logits, y[..., None], -1)[..., 0]).sum()
    supervisor.end(op="done", val_bpb=0.0)
    assert in_process == pytest.approx(nats / np.log(2) / (rows * seq), abs=1e-6)


def test_a_refusal_ends_the_run_with_the_supervisors_sentence(monkeypatch, model):
    supervisor = Supervisor(monkeypatch, model, 8)
    supervisor.hear()
    assert supervisor.end(op="refused", sentence="the model looks ahead; mask it") == "the model looks ahead; mask it"


def test_a_supervisor_that_goes_away_ends_the_run(monkeypatch, model):
    supervisor = Supervisor(monkeypatch, model, 8)
    supervisor.hear()
    assert supervisor.end() == "The supervisor ended the evaluation without a number."


@pytest.mark.parametrize("height", [0.0, 2e8])
def test_a_model_that_knows_nothing_costs_eight_bits_a_byte(monkeypatch, height):
    monkeypatch.setenv("AUTORESEARCH_TEXT", str(public_text()))
    monkeypatch.delenv("AUTORESEARCH_SEAL", raising=False)
    assert prepare.evaluate_bpb(lambda x: np.full((*x.shape, 256), height), prepare.Tokenizer(), 64) == pytest.approx(8.0, abs=1e-6)
