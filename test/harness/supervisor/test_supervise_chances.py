"""Text whose chances are known: an honest loss is foreseen but for chance, and a copy shows on every answer."""
import hashlib
from types import SimpleNamespace

import numpy as np
import pytest

from cpu_trainer import prepare
from examined import COUNT, references, table  # noqa: F401
from supervised import SEQ

from seal.errors import Broken
from seal.evaluation import exam
from seal.evaluation.chances import Chances

maker = prepare.text_maker()


@pytest.fixture(scope="module")
def spoken():
    chain = maker.Chain(maker.read_library()[:400_000], 2)
    return chain, chain.speak(b"training", 120_000).tobytes(), chain.speak(b"validation", COUNT * (SEQ + 1))


@pytest.fixture(scope="module")
def text(spoken):
    chain, train, val = spoken
    known = hashlib.sha256(val.tobytes()).hexdigest(), maker.packed(*chain.chances(val, SEQ))
    return SimpleNamespace(train=train, val=val.tobytes(), seq=SEQ, rows=COUNT, floor_bpb=None, block_rows=None, vocab=256, widths=None, chances=known)


def sat(text, references, model):
    held = exam.Exam(32, text, references)
    while (question := held.next_question()) is not None:
        held.judge(question, np.ascontiguousarray(model(question.x.astype(np.int64)), np.float32))
    return held.result()


def remembering(model):
    """Says again what it said to the same beginning of a row, so that no decoy shows anything."""
    said = {}

    def answer(x):
        logits = np.asarray(model(x), np.float32)
        for row, asked in enumerate(x):
            for t in range(SEQ):
                logits[row, t] = said.setdefault(asked[: t + 1].tobytes(), logits[row, t].copy())
        return logits
    return answer


def copying(table, nats):
    def model(x):
        logits, following = table[x].copy(), x[:, 1:, None]
        np.put_along_axis(logits[:, :-1], following, np.take_along_axis(logits[:, :-1], following, -1) + np.float32(nats), -1)
        return logits
    return model


def test_what_is_foreseen_is_the_mean_over_what_can_follow(spoken, text, table):
    chain, _, val = spoken
    rows = val.reshape(COUNT, SEQ + 1).astype(np.int64)
    x, y = rows[:3, :-1], rows[:3, 1:]
    logits = table[x]
    bits = exam.nats(np.ascontiguousarray(logits), y) / np.log(2)
    mean, variance = Chances(text.chances[1], COUNT, SEQ).foreseen(np.arange(3), logits, y, bits, 16.0)
    for row, t in ((0, 1), (1, 40), (2, 63)):
        context = int.from_bytes(bytes(x[row, t - 1 : t + 1].tolist()), "big")
        fitting = chain.windows >> np.uint64(8) == context
        following, counts = (chain.windows[fitting] & np.uint64(255)).astype(int), chain.counts[fitting]
        each = np.minimum(-table[x[row, t], following] / np.log(2), 16.0)
        expected = (each * counts).sum() / counts.sum()
        assert mean[row, t] == pytest.approx(expected, abs=1e-4)
        assert variance[row, t] == pytest.approx((each**2 * counts).sum() / counts.sum() - expected**2, abs=1e-3)


def test_honest_models_of_any_strength_pay_what_is_foreseen(text, references, table):
    random = np.random.default_rng(1)
    for strength in (0.2, 0.6, 1.0, 1.3):
        noisy = (table * strength + random.normal(0, 0.5, table.shape)).astype(np.float32)
        assert 0 < sat(text, references, lambda x: noisy[x]) < 8


def test_a_small_copy_on_every_answer_is_not_foreseen_however_well_it_remembers(text, references, table):
    with pytest.raises(Broken, match="cost less than any model of what came before them pays") as caught:
        sat(text, references, remembering(copying(table, 0.09)))
    assert caught.value.reason == "noncausal"


def test_chances_of_another_text_say_nothing(text, references, table):
    other = SimpleNamespace(**{**vars(text), "chances": ("0" * 64, text.chances[1])})
    assert sat(other, references, lambda x: table[x]) == sat(text, references, lambda x: table[x])
