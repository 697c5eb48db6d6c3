"""What is asked of the model and what its answers are worth: the metric, and the evidence that it is one.

A row of x shows the next symbol (byte or token) at every position but its last, so a model could copy its answers. That it did not is
tested in four ways:
  decoys    some rows are asked beforehand with another ending; the answers before the cut must be the same
  repeats   some rows are asked again; the answers must be the same
  ends      a row's last symbol is answered before any x shows it; it must not cost more than the others do
  order     answers must not get better as more of the text has been shown
The last two are statistics over losses from which n-gram references have taken what is hard for everybody.
"""
import secrets
from dataclasses import dataclass

import numpy as np

from seal.errors import Broken
from seal.evaluation import evidence, threads
from seal.evaluation.tokens import rows_of, symbols, widths

LN2 = float(np.log(2.0))
REQUESTS_AT_LEAST = 16  # Few large ones would show a row and the row after it together; also how often the text is gone through.
DECOYS_SHARE, REPEATS_SHARE = 8, 32  # One row in so many is asked with a decoy, and one again.
TRICKS_AT_LEAST = 16
SAME = 1e-3  # Largest share by which a symbol's chance may differ between two answers to one question; float32 gives 1e-5.
SIGMAS = 5.0
FLOOR_SLACK = 0.02  # A lucky model can beat the text's true entropy on a sample by far less.
FLOOR_MARGIN = 0.05  # Counts of the whole training text end 0.13 above the entropy. Who comes closer knows what it does not tell.
MAIN, DECOY, REPEAT = 0, 1, 2
HELD = 32  # Of a longer row an answer is held at so many positions before the cut, and at as many anywhere.
BLOCK_BYTES = 1 << 20  # Logits are taken so many at a time, which stay in the processor's cache.


@dataclass(frozen=True)
class Question:
    """x [r, t] as it is put to the child, and for each row what it is: kind, number of the validation row, cut."""
    x: np.ndarray
    slots: tuple


def nats(logits, y):
    """Negative log-likelihood, in nats, of each symbol of y [r, t] under float32 logits [r, t, V]. Raises Broken if not finite.

    The chances of all symbols at a position add up to 1 within 1e-6, whatever the logits: finite, and never below 0.
    """
    flat, right = logits.reshape(-1, logits.shape[-1]), y.reshape(-1)
    loss = np.empty(len(flat))
    block = max(1, BLOCK_BYTES // flat[:1].nbytes)

    def measure(numbers):
        room = np.empty((block, flat.shape[1]), np.float32)
        for number in numbers:
            rows = slice(number * block, (number + 1) * block)
            loss[rows] = _nats_of_block(flat[rows], right[rows], room)

    threads.each(measure, -(-len(flat) // block), threads.wanted(flat.nbytes))
    return loss.reshape(y.shape)


def _nats_of_block(logits, y, room):
    """The same for logits [n, V] and y [n]; `room` [at least n, V] is written over."""
    top = logits.max(axis=1)
    if not (np.isfinite(top).all() and np.isfinite(logits.min())):
        raise Broken("invalid_metric", "some logits are NaN, infinite or were never written; return finite ones for every position")
    # Distances to the top alone: float32 steps by 16 at 2e8, so a sum that went up to the top again would lose the logarithm.
    with np.errstate(over="ignore"):
        powers = np.subtract(logits, top[:, None], out=room[: len(logits)])
    np.exp(powers, out=powers)
    chosen = logits[np.arange(len(logits)), y].astype(np.float64) - top
    return np.log(powers.sum(axis=1, dtype=np.float64)) - chosen


def _probabilities(logits):
    with np.errstate(over="ignore"):
        shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def _difference(one, other):
    """Largest share, over positions and symbols, by which chances differ between two logits [t, V].

    A share, for a thousandth of the whole would make what is rare many times cheaper. Who stays below SAME gains at most
    twice as many nats by it; chances below SAME / V are let be, since whoever lifts all to that pays no more.
    """
    chances, others = _probabilities(one), _probabilities(other)
    least = np.minimum(chances, others) + np.float32(SAME / one.shape[-1])
    return float((np.abs(chances - others) / least).max())


def _drawn(weights, random):
    """A place of `weights` [n], each as likely as its weight; any, where all are 0."""
    sums = np.cumsum(weights, dtype=np.float64)
    return int(np.searchsorted(sums, random.uniform(0, sums[-1]), "right")) if sums[-1] > 0 else int(random.integers(len(sums)))


def plan(count, rows, seq, random, worth=None):
    """The order of questions: a list of slots (kind, row, cut), each row's decoy before it and its repeat after it.

    A decoy tells only whether its last answer before the cut was copied. So cuts are drawn by `worth` [count, seq], what
    there is to gain by a copy: who gains a share of all there is, at places however chosen, is met by that share of them.
    """
    # Neighbours lie a whole request apart: row k+1 begins with the answer to row k's last symbol. Small requests go
    # through the text several times, so that what is asked late is not what stands late in it.
    stride = min(-(-count // rows), REQUESTS_AT_LEAST)
    order = np.concatenate([np.arange(first, count, stride) for first in range(stride)])
    placed = [(place, (MAIN, int(row), seq)) for place, row in enumerate(order)]
    worth = np.ones((count, seq)) if worth is None else worth
    for kind, share in ((DECOY, DECOYS_SHARE), (REPEAT, REPEATS_SHARE)):
        tricks = min(count, max(TRICKS_AT_LEAST, count // share))
        for place in random.choice(count, tricks, replace=False):
            row = int(order[place])
            early, late = (-0.5, place - 0.5) if kind == DECOY else (place + 0.5, count - 0.5)
            cut = 1 + _drawn(worth[row, : seq - 1], random) if kind == DECOY else seq
            placed.append((random.uniform(early, late), (kind, row, cut)))
    slots = [slot for _, slot in sorted(placed, key=lambda item: item[0])]
    repeatable = [slot[1] for slot in slots if slot[0] == REPEAT]
    while len(slots) % rows:
        slots.append((REPEAT, repeatable[len(slots) % len(repeatable)], seq))  # A last, smaller request might cost a compilation.
    return slots


class Exam:
    """`reference` is bits [orders, count, seq], see ngrams.py; `rows` the most that a request can hold.

    `note` is told how sure the number is, in a sentence and before the child learns it: ahead of the summary that it prints then.
    """

    def __init__(self, rows, dataset, reference, note=lambda sentence: None):
        self.seq, self.count, self.floor, self.vocab = dataset.seq, dataset.rows, dataset.floor_bpb, dataset.vocab
        seq = self.seq
        rows_shown = rows_of(dataset.val, dataset.vocab, self.count, seq)
        self.x, self.y = rows_shown[:, :-1].astype("<u2"), rows_shown[:, 1:].astype(np.int64)
        self._note = note
        self.bytes = widths(dataset.widths, dataset.vocab)[self.y]  # that each answer stands for
        if dataset.block_rows:
            self.bytes[dataset.block_rows - 1 :: dataset.block_rows, -1] = 0  # What follows is of another block: nobody can know it.
        self.train = symbols(dataset.train, dataset.vocab)
        self.reference = reference
        self.random = np.random.default_rng(secrets.randbits(128))
        self.rows = min(rows, -(-self.count // REQUESTS_AT_LEAST))
        self._slots = plan(self.count, self.rows, seq, self.random, reference[-1] * (self.bytes > 0))
        self.requests = len(self._slots) // self.rows
        self._repeated = {row for kind, row, _ in self._slots if kind == REPEAT}
        self._held = {}  # (kind, row) → positions, and the logits there of an earlier answer
        self._shown = np.zeros(self.count + 1, bool)
        self._end_unseen = np.zeros(self.count, bool)
        self._asked_in = np.zeros(self.count)
        self._asked = 0
        self._loss = np.full((self.count, seq), np.nan)
        self._constant = True

    def next_question(self):
        """The next Question, or None after the last."""
        if not self._slots:
            return None
        slots, self._slots = tuple(self._slots[: self.rows]), self._slots[self.rows :]
        x = np.empty((len(slots), self.seq), "<u2")
        for place, (kind, row, cut) in enumerate(slots):
            x[place] = self.x[row]
            if kind == DECOY:
                other = int(self.random.integers(0, len(self.train) - self.seq))
                x[place, cut:] = self.train[other : other + self.seq - cut]
            self._shown[row] = True
        for kind, row, _ in slots:
            if kind == MAIN:
                self._end_unseen[row] = not self._shown[row + 1]
                self._asked_in[row] = self._asked
        self._asked += 1
        return Question(x, slots)

    def judge(self, question, logits):
        """Takes the answers [r, t, V], which nobody changes until this returns. Raises Broken."""
        places = sorted(range(len(question.slots)), key=lambda place: question.slots[place][0] != DECOY)
        rows = [row for _, row, _ in question.slots]
        loss = nats(logits, self.y[rows]) / LN2
        self._constant = self._constant and bool((logits == logits[:1, :1]).all())
        for place in places:
            kind, row, cut = question.slots[place]
            if kind == DECOY:
                self._hold((DECOY, row), logits[place, :cut])
            elif kind == MAIN:
                self._loss[row] = loss[place]
                if (DECOY, row) in self._held:
                    self._compare((DECOY, row), logits[place], "the end of a row changed")
                    del self._held[DECOY, row]
                if row in self._repeated:
                    self._hold((MAIN, row), logits[place])
            else:
                self._compare((MAIN, row), logits[place], "it was asked again")

    def _hold(self, key, logits):
        """Of a long row a part: who looks one symbol ahead shows it right before the cut, who looks anywhere shows it there, too."""
        at = np.arange(len(logits))
        if len(at) > 2 * HELD:
            at = np.concatenate([self.random.choice(len(at) - HELD, HELD, replace=False), at[-HELD:]])
        self._held[key] = at, logits[at]

    def _compare(self, key, now, change):
        at, before = self._held[key]
        if (found := _difference(before, now[at])) > SAME:
            raise Broken("noncausal", f"the same beginning was answered differently when {change} (a chance by {100 * found:.2g} %). "
                                      "A model must see earlier symbols only, keep no state and draw no random numbers")

    @property
    def losses(self):
        """After the last answer: bits [count, seq], the references' [orders, count, seq], bytes that each answer stands for."""
        return self._loss, self.reference, self.bytes

    def result(self):
        """val_bpb, rounded as it is printed. Raises Broken for a number that no honest model reaches."""
        if self._constant:
            raise Broken("invalid_metric", "the logits are the same at every position; the model ignores its input")
        counted = self.bytes > 0
        total = int(self.bytes.sum())
        bpb, blind = float(self._loss[counted].sum() / total), float(np.log2(self.vocab) * counted.sum() / total)
        if not bpb < blind:
            raise Broken("invalid_metric", f"val_bpb {bpb:.3f} is no better than guessing every symbol at random ({blind:.3g})")
        ends, order = evidence.scores(self._loss, self.reference, self._end_unseen, self._asked_in, counted)
        if ends > SIGMAS:
            raise Broken("noncausal", f"symbols that x shows were answered better than those it does not ({ends:.1f} sigma)")
        if order < -SIGMAS:
            raise Broken("noncausal", f"answers got better as validation text was shown ({-order:.1f} sigma)")
        if self.floor is not None and bpb < self.floor - FLOOR_SLACK:
            raise Broken("invalid_metric", f"val_bpb {bpb:.3f} is below the entropy of the text, {self.floor:.3f}")
        if self.floor is not None and bpb < self.floor + FLOOR_MARGIN:
            raise Broken("suspicious", f"val_bpb {bpb:.3f} is closer to the entropy of the text, {self.floor:.3f}, than its training text "
                                       "can bring a model; look whether train.py knows the text from elsewhere")
        error = evidence.standard_error(self._loss, self.bytes)
        self._note(f"val_bpb is measured on {self.count * self.seq:,} symbols in {self.count:,} rows; its standard error is {error:.6f}, "
                   "by which other text of this kind would move it")
        return round(bpb, 6)
