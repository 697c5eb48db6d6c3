"""The exam over tokens: bits are counted per byte of text, long rows are held in part, and cheats show as they do over bytes."""
import json
import os
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

import supervised
from supervised import NONCE, make_run, supervise

from seal.errors import Broken
from seal.evaluation import evidence, exam, ngrams, order, protocol, timing

VOCAB, SEQ, COUNT = 600, 160, 64
MARK = VOCAB - 1
UNHURRIED = timing.Timing(lambda: 0.0, SimpleNamespace(clock="wall", budget_seconds=1, start_seconds=1))


@pytest.fixture(scope="module")
def text():
    """Tokens of which each tends to be followed by a few others, a mark now and then, and widths from 0 to 9."""
    random = np.random.default_rng(4)
    followers = random.integers(0, MARK, (VOCAB, 6))
    spoken = np.empty(120_000 + COUNT * (SEQ + 1), "<u2")
    state = 1
    for i in range(len(spoken)):
        state = MARK if random.random() < 0.005 else int(followers[state, int(6 * random.random() ** 2)])
        spoken[i] = state
    widths = random.integers(1, 10, VOCAB).astype("<u2")
    widths[MARK] = 0
    return SimpleNamespace(train=spoken[:120_000].tobytes(), val=spoken[120_000:].tobytes(), seq=SEQ, rows=COUNT, floor_bpb=None, block_rows=None,
                           vocab=VOCAB, widths=widths.tobytes())


@pytest.fixture(scope="module")
def references(text):
    return ngrams.losses(text.train, text.val, COUNT, SEQ, VOCAB).astype(np.float32)


@pytest.fixture(scope="module")
def table(text):
    train = np.frombuffer(text.train, "<u2").astype(np.int64)
    counts = np.bincount(train[:-1] * VOCAB + train[1:], minlength=VOCAB * VOCAB).reshape(VOCAB, VOCAB) + 0.01
    return np.log(counts / counts.sum(1, keepdims=True)).astype(np.float32)


@pytest.fixture
def sit(text, references):
    def run(model, rows=1, **changes):
        held = exam.Exam(rows, SimpleNamespace(**{**vars(text), **changes}), references)
        while (question := held.next_question()) is not None:
            held.judge(question, np.ascontiguousarray(model(question.x.astype(np.int64)), np.float32))
        return held.result()
    return run


def rows_of(text):
    val = np.frombuffer(text.val, "<u2").astype(np.int64).reshape(COUNT, SEQ + 1)
    return [val[:, :-1], val[:, 1:]]


@pytest.mark.parametrize("rows", [1, 3, 4])
def test_bits_are_counted_per_byte_that_the_tokens_stand_for(sit, text, table, rows):
    x, y = rows_of(text)
    widths = np.frombuffer(text.widths, "<u2")[y].astype(np.int64)
    nats = -np.take_along_axis(table.astype(np.float64)[x], y[..., None], -1)[..., 0]
    assert (widths == 0).sum() > 10
    by_hand = nats[widths > 0].sum() / np.log(2) / widths.sum()
    assert sit(lambda x: table[x], rows) == pytest.approx(by_hand, abs=2e-6)


def test_no_better_than_guessing_is_measured_in_the_same_coin(sit, table):
    with pytest.raises(Broken, match="no better than guessing every symbol"):
        sit(lambda x: -0.1 * table[x])


def test_a_loss_by_blocks_is_the_loss(monkeypatch):
    random = np.random.default_rng(3)
    logits, y = random.normal(0, 5, (2, 50, VOCAB)).astype(np.float32), random.integers(0, VOCAB, (2, 50))
    precise = logits.astype(np.float64)
    expected = np.log(np.exp(precise).sum(-1)) - np.take_along_axis(precise, y[..., None], -1)[..., 0]
    for block in (1, 7 * VOCAB * 4, 1 << 20):
        monkeypatch.setattr(exam, "BLOCK_BYTES", block)
        np.testing.assert_allclose(exam.nats(logits, y), expected, atol=1e-5)
        for place in ((0, 0, 0), (1, 49, VOCAB - 1), (0, 20, 5)):
            for bad in (np.nan, np.inf, -np.inf):
                broken = logits.copy()
                broken[place] = bad
                with pytest.raises(Broken, match="NaN, infinite"):
                    exam.nats(broken, y)


def ahead(table, by, share=1.0):
    """Reads the token `by` places on out of x, and believes that it comes next."""
    def model(x):
        logits = table[x].copy()
        seen = np.roll(x, -by, axis=1)[:, : -by]
        place = np.take_along_axis(logits[:, : -by], seen[..., None], -1)
        np.put_along_axis(logits[:, : -by], seen[..., None], place + 12 * share, -1)
        return logits
    return model


@pytest.mark.parametrize(("by", "share"), [(1, 1.0), (1, 0.01), (2, 1.0), (30, 1.0), (100, 1.0)])
def test_a_look_ahead_shows_in_the_part_of_a_long_row_that_is_held(sit, table, by, share):
    with pytest.raises(Broken, match="the end of a row changed|it was asked again"):
        sit(ahead(table, by, share))


def test_a_change_of_heart_shows_when_a_row_is_asked_again(sit, table):
    calls = []

    def model(x):
        calls.append(1)
        return table[x] * (1 + 0.001 * len(calls))
    with pytest.raises(Broken, match="noncausal|asked again|changed"):
        sit(model)


@pytest.mark.parametrize("free", [0.0, -3000.0, -3.4e38])
def test_symbols_that_cost_nothing_are_no_evidence(text, references, table, free):
    x, y = rows_of(text)
    nothing = y % 20 == 0  # So many that some stand at the ends of rows.

    def scores(model):
        loss = exam.nats(np.ascontiguousarray(model(x), np.float32), y) / np.log(2)
        unaided = np.zeros((COUNT, SEQ), bool)
        unaided[:, -1] = True
        return evidence.scores(loss, references, unaided, np.arange(COUNT), ~nothing)

    def copying(x):
        logits = table[x].copy()
        following = x[:, 1:, None]
        np.put_along_axis(logits[:, :-1], following, np.take_along_axis(logits[:, :-1], following, -1) + 9, -1)
        logits[..., ::20] += np.float32(free)
        return logits
    assert nothing[:, -1].any()
    assert scores(copying)["ends"] > evidence.SIGMAS
    assert evidence.verdict(scores(lambda x: table[x])) is None


def test_a_mark_that_is_never_expected_costs_and_changes_nothing(sit, table):
    def model(x):
        logits = table[x].copy()
        logits[..., MARK] = -3.4e38
        return logits
    assert sit(model) == pytest.approx(sit(lambda x: table[x]), abs=0.05)


def test_what_is_held_of_long_rows_stays_small(text, references, table):
    held = exam.Exam(1, text, references)
    tracemalloc.start()
    while (question := held.next_question()) is not None:
        held.judge(question, table[question.x.astype(np.int64)])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    held.result()
    whole = 2 * order.TRICKS_AT_LEAST * SEQ * VOCAB * 4
    assert most < 0.7 * whole + 4 * exam.BLOCK_BYTES
    assert all(len(at) <= exam.HELD for *_, at, _ in held._candidates)


@pytest.mark.parametrize(("vocab", "ok"), [(VOCAB, True), (256, False), (VOCAB + 1, False), (None, False)])
def test_only_the_texts_own_vocabulary_may_be_answered_in(text, references, vocab, ok):
    theirs, ours = os.pipe(), os.pipe()
    memory = os.memfd_create("logits")
    os.ftruncate(memory, protocol.LOGITS_OFFSET + protocol.LOGITS_BYTES)
    held = protocol.Protocol(memory, theirs[0], ours[1], text, SimpleNamespace(first=lambda rows: exam.Exam(rows, text, references), second=lambda bpb: None), UNHURRIED)
    os.write(theirs[1], (json.dumps({"op": "begin", "batch": 1 << 16, "seq": SEQ, "vocab": vocab}) + "\n").encode())
    if not ok:
        with pytest.raises(Broken, match="this text has 600 tokens"):
            held.hear()
        return
    held.hear()
    question = json.loads(os.read(ours[0], 4096))
    assert question["rows"] == min(-(-COUNT // order.REQUESTS_AT_LEAST), protocol.LOGITS_BYTES // (SEQ * VOCAB * 4))
    size = question["rows"] * SEQ * VOCAB
    written = np.frombuffer(os.pread(memory, 4 * size, protocol.LOGITS_OFFSET), np.float32)
    assert np.isnan(written[::VOCAB]).all(), "a position that is not answered must not pass for one"


TRAIN = """
import json, mmap, os
import numpy as np
text = os.environ["AUTORESEARCH_TEXT"]
meta = json.load(open(text + "/meta.json"))
V, T = meta["vocab"], meta["seq"]
train = np.fromfile(text + "/train.bin", "<u2").astype(np.int64)
counts = np.bincount(train[:-1] * V + train[1:], minlength=V * V).reshape(V, V) + 0.01
table = np.log(counts / counts.sum(1, keepdims=True)).astype(np.float32)
memory, questions, answers = map(int, os.environ["AUTORESEARCH_SEAL"].split(","))
shared = mmap.mmap(memory, 0)
def say(**message):
    os.write(answers, (json.dumps(message) + "\\n").encode())
say(op="begin", batch=2, seq=T, vocab=V)
for line in os.fdopen(questions):
    message = json.loads(line)
    if message["op"] != "x":
        break
    x = np.frombuffer(shared, "<u2", message["rows"] * T).reshape(-1, T)
    np.frombuffer(shared, "<f4", x.size * V, 4 << 20)[:] = table[x].reshape(-1)
    say(op="logits", i=message["i"])
print("---")
print(f"val_bpb:          {message['val_bpb']:.6f}")
"""


def test_a_whole_run_over_tokens_ends_with_the_number_by_hand(tmp_path, text, table):
    import hashlib
    lane = {"text": {"train": text.train}, "sealed": {"val": text.val, "widths": text.widths}}
    digest = {}
    for folder, files in lane.items():
        (tmp_path / folder).mkdir(mode=0o700)
        for name, content in files.items():
            (tmp_path / folder / f"{name}.bin").write_bytes(content)
            digest[name] = hashlib.sha256(content).hexdigest()
    (tmp_path / "text/meta.json").write_text(json.dumps({"schema": 1, "train_sha256": digest["train"], "seq": SEQ, "vocab": VOCAB}))
    (tmp_path / "sealed/meta.json").write_text(json.dumps({"schema": 1, "sha256": digest["val"], "widths_sha256": digest["widths"], "seq": SEQ,
                                                          "vocab": VOCAB, "eval_tokens": COUNT * (SEQ + 1) - 1, "floor_bpb": None, "source": None}))
    code, result, log = supervise(make_run(tmp_path, TRAIN), text=tmp_path / "text", sealed=tmp_path / "sealed", harness=supervised.HARNESS / "gpu")
    assert (code, result["status"], result["reason"], result["nonce"]) == (0, "finished", "", NONCE), log
    assert result["data_sha256"] == hashlib.sha256((digest["train"] + digest["val"] + digest["widths"]).encode()).hexdigest()
    x, y = rows_of(text)
    widths = np.frombuffer(text.widths, "<u2")[y].astype(np.int64)
    nats = -np.take_along_axis(table.astype(np.float64)[x], y[..., None], -1)[..., 0]
    assert result["val_bpb"] == pytest.approx(nats[widths > 0].sum() / np.log(2) / widths.sum(), abs=2e-6)
