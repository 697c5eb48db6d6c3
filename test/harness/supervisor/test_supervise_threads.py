"""Answers are measured by several threads: no bit of the number depends on how many, and the log tells how sure the number is."""
import json
import os
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from supervised import make_lane, make_run, outcome, supervise

from seal.errors import Broken
from seal.evaluation import evidence, exam, ngrams, protocol, threads, timing

SEQ, COUNT, VOCAB = 40, 48, 8192
THREADS = (1, 2, 3, 4)


@pytest.fixture
def by(monkeypatch):
    """Measures everything with so many threads."""
    return lambda count: monkeypatch.setattr(threads, "wanted", lambda size: count)


@pytest.fixture(scope="module")
def dataset():
    random = np.random.default_rng(1)
    train, val = (random.zipf(1.3, size).clip(1, VOCAB - 1).astype("<u2").tobytes() for size in (50_000, COUNT * (SEQ + 1)))
    widths = random.integers(1, 9, VOCAB).astype("<u2").tobytes()
    return SimpleNamespace(train=train, val=val, seq=SEQ, rows=COUNT, floor_bpb=None, block_rows=None, vocab=VOCAB, widths=widths)


def logits_of(x):
    """The chances of a zipf law, a little otherwise after each symbol, as logits [..., VOCAB]."""
    ids = np.arange(VOCAB, dtype=np.float32)
    return -1.3 * np.log(ids + 1) + (x[..., None] % 13).astype(np.float32) * np.cos(ids) / 20


def exchanged(dataset, references):
    """A whole evaluation over the pipes and the memory, as a child has it: (val_bpb, what is said of its certainty, every loss)."""
    theirs, ours = os.pipe(), os.pipe()
    memory = os.memfd_create("logits")
    os.ftruncate(memory, protocol.LOGITS_OFFSET + protocol.LOGITS_BYTES)
    usual = timing.Timing(lambda: 0.0, SimpleNamespace(clock="wall", budget_seconds=1, start_seconds=1))
    told = []
    held = protocol.Protocol(memory, theirs[0], ours[1], dataset, SimpleNamespace(first=lambda rows: exam.Exam(rows, dataset, references, told.append), second=lambda bpb: None), usual)
    os.write(theirs[1], (json.dumps({"op": "begin", "batch": 4, "seq": SEQ, "vocab": VOCAB}) + "\n").encode())
    while held.val_bpb is None:
        held.hear()
        message = json.loads(os.read(ours[0], 4096))
        if message["op"] == "x":
            x = np.frombuffer(os.pread(memory, 2 * message["rows"] * SEQ, 0), "<u2").reshape(-1, SEQ)
            os.pwrite(memory, logits_of(x).astype(np.float32).tobytes(), protocol.LOGITS_OFFSET)
            os.write(theirs[1], (json.dumps({"op": "logits", "i": message["i"]}) + "\n").encode())
    for descriptor in (*theirs, *ours, memory):
        os.close(descriptor)
    return held.val_bpb, told, held.exam._loss.tobytes()


def test_the_number_and_every_loss_are_the_same_bit_for_bit_with_any_number_of_threads(by, dataset):
    references = ngrams.losses(dataset.train, dataset.val, COUNT, SEQ, VOCAB).astype(np.float32)
    found = []
    for count in THREADS:
        by(count)
        found.append(exchanged(dataset, references))
    assert found == [found[0]] * len(THREADS)
    assert [sentence[:51] for sentence in found[0][1]] == ["val_bpb is measured on 1,920 symbols in 48 rows; it"]


@pytest.mark.parametrize("shape", [(1, 64, 8192), (64, 256, 256), (3, 100, 600), (1, 1, 70_000), (2, 7, 10_001)])
def test_losses_are_those_of_one_block_after_the_other(by, shape):
    random = np.random.default_rng(2)
    logits, y = random.standard_normal(shape, dtype=np.float32) * 9, random.integers(0, shape[2], shape[:2])
    flat, size = logits.reshape(-1, shape[2]), max(1, exam.BLOCK_BYTES // (4 * shape[2]))
    alone = [exam._nats_of_block(flat[i : i + size], y.reshape(-1)[i : i + size], np.empty((size, shape[2]), np.float32))
             for i in range(0, len(flat), size)]
    for count in THREADS:
        by(count)
        assert exam.nats(logits, y).tobytes() == np.concatenate(alone).tobytes()


def test_a_fault_in_any_block_is_found_by_whichever_thread(by):
    by(4)
    for at in (0, 40, 1023):
        logits = np.zeros((1, 1024, 2048), np.float32)
        logits[0, at, 5] = np.nan
        with pytest.raises(Broken, match="NaN"):
            exam.nats(logits, np.zeros((1, 1024), np.int64))


def test_threads_work_at_the_same_time_and_each_number_is_given_once():
    together, done = threading.Barrier(3, timeout=60), []

    def work(numbers):
        together.wait()  # Breaks unless three are here at once.
        done.extend(numbers)
    threads.each(work, 50, 3)
    assert sorted(done) == list(range(50))


def test_where_no_thread_can_be_started_the_work_is_done_all_the_same(monkeypatch):
    def refused(self):
        raise RuntimeError("can't start new thread")
    monkeypatch.setattr(threading.Thread, "start", refused)
    done = []
    threads.each(done.extend, 9, 4)
    assert done == list(range(9))


@pytest.mark.parametrize(("cpus", "size", "count"), [(64, 64 << 20, 4), (2, 64 << 20, 2), (1, 64 << 20, 1), (64, 16 << 20, 1)])
def test_threads_are_as_many_as_cpus_up_to_four_and_only_for_what_is_large(monkeypatch, cpus, size, count):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cpus)))
    assert threads.wanted(size) == count


def test_the_standard_error_is_what_leaving_out_each_row_gives():
    random = np.random.default_rng(3)
    widths = random.integers(0, 9, (200, 30))
    loss = random.gamma(2, 2, (200, 1)) + random.gamma(2, 1, (200, 30))
    bits, sizes = (loss * (widths > 0)).sum(axis=1), widths.sum(axis=1)
    without = (bits.sum() - bits) / (sizes.sum() - sizes)
    jackknife = np.sqrt(199 / 200 * ((without - without.mean()) ** 2).sum())
    assert evidence.standard_error(loss, widths) == pytest.approx(jackknife, rel=0.02)
    assert evidence.standard_error(loss[:1], widths[:1]) == float("inf")


def test_the_log_says_of_made_up_text_alone_that_it_is_no_language(tmp_path):
    told = {}
    for floor in (None, 0.5):
        folder = tmp_path / str(floor)
        folder.mkdir()
        text, sealed = make_lane(folder, floor=floor)
        told[floor] = supervise(make_run(folder), text=text, sealed=sealed)[2].count("it is no language")
    assert told == {None: 0, 0.5: 1}


def test_the_log_tells_how_sure_the_number_is_ahead_of_the_summary(tmp_path):
    result, log = outcome(tmp_path)
    said, summary = log.index("[supervisor: val_bpb is measured on 32,256 symbols in 504 rows; its standard error is 0."), log.index("\n---\n")
    assert said < summary and result["status"] == "finished"
