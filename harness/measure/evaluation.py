"""What an evaluation costs the supervisor at the full shape: CPU seconds and seconds by the wall, by the number of threads.

  python harness/measure/evaluation.py [--rows 1024] [--seq 2048] [--vocab 8192] [--threads 1,2,4]

The text is drawn token by token. A process of its own answers from a table, honestly and as fast as memory lets it; what
that costs is told apart. The wall is the model's time and the supervisor's, where both have processors of their own.
"""
import argparse
import hashlib
import json
import mmap
import os
import resource
import select
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from seal.evaluation import ngrams, shared_memory, threads
from seal.evaluation.dataset import Dataset
from seal.evaluation.protocol import Protocol
from seal.evaluation.unseen import Sittings

TRAIN_TOKENS = 4 << 20


class Untimed:
    """A Timing that limits nothing."""

    def begin(self, requests):
        self.requests = requests

    def answered(self):
        pass

    check = answered


def text(rows, seq, vocab):
    """A text whose tokens are as rare as words are, and what a model can know of it: the log of each token's chance."""
    chances = 1 / np.arange(3, vocab + 3)
    chances /= chances.sum()
    drawn = np.random.default_rng(1).choice(vocab, TRAIN_TOKENS + rows * seq + 1, p=chances).astype("<u2")
    train, val = drawn[:TRAIN_TOKENS].tobytes(), drawn[TRAIN_TOKENS:].tobytes()
    widths = np.full(vocab, 4, "<u2").tobytes()
    dataset = Dataset(train, val, rows * seq, seq, None, None, hashlib.sha256(val).hexdigest(), "", vocab, widths)
    return dataset, np.log(chances).astype(np.float32)


def answer(memory, questions, answers, known, vocab, seq):
    """The model: it answers until it is told the number."""
    table = known + np.random.default_rng(2).normal(0, 0.01, (vocab, vocab)).astype(np.float32)
    shared = mmap.mmap(memory, 0)
    with os.fdopen(questions) as asked, os.fdopen(answers, "w") as told:
        print(json.dumps({"op": "begin", "batch": 1, "seq": seq, "vocab": vocab}), file=told, flush=True)
        for line in asked:
            question = json.loads(line)
            if question["op"] != "x":
                break
            x = np.frombuffer(shared, "<u2", seq)
            logits = np.frombuffer(shared, np.float32, seq * vocab, shared_memory.LOGITS_OFFSET).reshape(seq, vocab)
            np.take(table, x, axis=0, out=logits, mode="clip")
            print(json.dumps({"op": "logits", "i": question["i"]}), file=told, flush=True)


def used(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def measured(dataset, known, reference, most):
    """(val_bpb, seconds by the wall, CPU seconds of the supervisor, CPU seconds of the model, questions)"""
    threads.MOST = most
    with tempfile.TemporaryDirectory() as folder:
        memory = shared_memory.create(folder)
        questions, answers = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(questions[1])
            answer(memory, questions[0], answers[1], known, dataset.vocab, dataset.seq)
            os._exit(0)
        os.close(questions[0])
        os.close(answers[1])
        timing = Untimed()
        protocol = Protocol(memory, answers[0], questions[1], dataset, Sittings(dataset, reference, None, lambda sentence: None, lambda: None), timing)
        select.select([answers[0]], [], [])  # Its table is made.
        began, own, others = time.monotonic(), used(resource.RUSAGE_SELF), used(resource.RUSAGE_CHILDREN)
        while protocol.val_bpb is None:
            select.select([answers[0]], [], [])
            protocol.hear()
        seconds, own = time.monotonic() - began, used(resource.RUSAGE_SELF) - own
        os.close(questions[1])
        os.waitpid(pid, 0)
        return protocol.val_bpb, seconds, own, used(resource.RUSAGE_CHILDREN) - others, timing.requests


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("rows", 1024), ("seq", 2048), ("vocab", 8192)):
        parser.add_argument(f"--{name}", type=int, default=default, help="(default: %(default)s)")
    parser.add_argument("--threads", default="1,2,4", help="each of these numbers in turn (default: %(default)s)")
    options = parser.parse_args()
    dataset, known = text(options.rows, options.seq, options.vocab)
    with tempfile.TemporaryDirectory() as folder:
        reference = ngrams.load(os.path.join(folder, "reference.npy"), dataset.train, dataset.val, dataset.rows, dataset.seq, dataset.vocab)
    print(f"{len(os.sched_getaffinity(0))} CPUs, load {os.getloadavg()[0]:.1f}; {options.rows:,} rows of {options.seq:,} tokens out of {options.vocab:,}")
    for most in map(int, options.threads.split(",")):
        bpb, seconds, own, model, requests = measured(dataset, known, reference, most)
        tokens = requests * options.seq
        print(f"{most} threads: {own:.1f} CPU s of the supervisor, {1e6 * own / tokens:.1f} us for each of {tokens:,} answers; {model:.1f} of the model, "
              f"its table included; {seconds:.1f} s by the wall; val_bpb {bpb}", flush=True)


if __name__ == "__main__":
    main()
