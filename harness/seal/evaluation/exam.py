"""What is asked of the model and what its answers are worth: the metric, and the evidence that it is one.

A row of x shows the next symbol (byte or token) at every position but its last, so a model could copy its answers. That it did not is
tested in two ways:
  decoys    some rows are asked beforehand with another ending, some again with one, cut where the answer was better than a
            reference had led one to expect; the answers before the cut must be the same
  evidence  what x did not show when it was answered must not cost more than the rest, and answers must not get better as more of
            the text has been shown: statistics, see evidence.py
Rows come in an order drawn for each exam, so that nobody knows what is asked next or has been left out.
"""
import hashlib
import secrets
from dataclasses import dataclass

import numpy as np

from seal.errors import Broken
from seal.evaluation import evidence, threads
from seal.evaluation.chances import Chances
from seal.evaluation.order import AFTER, BEFORE, MAIN, REQUESTS_AT_LEAST, drawn, plan
from seal.evaluation.tokens import rows_of, symbols, widths

LN2 = float(np.log(2.0))
SAME = 1e-3  # Largest share by which a symbol's chance may differ between two answers to one question; float32 gives 1e-5.
FLOOR_SLACK = 0.02  # A lucky model can beat the text's true entropy on a sample by far less.
FLOOR_MARGIN = 0.05  # Counts of the whole training text end 0.13 above the entropy. Who comes closer knows what it does not tell.
HELD = 32  # Of a longer beginning an answer is held at so many positions before the cut, and at as many anywhere.
WORTH_ANYWAY = 0.05  # Share of what there is to gain by a copy in the chance to be cut at, however the answer was.
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
            answers = np.arange(self.count)[:, None] * (seq + 1) + np.arange(1, seq + 1)
            self.bytes[answers % (dataset.block_rows * seq) == 0] = 0  # It begins another block: nobody can know it.
        self.train = symbols(dataset.train, dataset.vocab)
        self.reference = reference
        self._usual = -np.log2(np.exp2(-reference[1:]).mean(0))  # Bits under an even mixture: a choice made afterwards would hide a copy.
        self.random = np.random.default_rng(secrets.randbits(128))
        self.rows = min(rows, -(-self.count // REQUESTS_AT_LEAST))
        self._slots = plan(self.count, self.rows, seq, self.random)
        self.requests = len(self._slots) // self.rows
        self._left = sum(kind == AFTER for kind, _, _ in self._slots)
        self._held = {}  # row → positions, and the logits there of its decoy
        self._candidates = []  # for decoys after: (key, row, cut, positions, logits), the best first
        self._later = np.ones(self.count, bool)
        self._unaided = np.zeros((self.count, seq), bool)
        self._unaided[:, -1] = True
        self._asked_in = np.zeros(self.count)
        self._asked = 0
        self._loss = np.full((self.count, seq), np.nan)
        self._constant = True
        of, chances = getattr(dataset, "chances", None) or (None, None)
        self._chances = Chances(chances, self.count, seq) if of == hashlib.sha256(dataset.val).hexdigest() else None
        self._foreseen = np.zeros((2, self.count, seq))  # mean and variance of each loss, where the text's chances are known

    def next_question(self):
        """The next Question, or None after the last."""
        if not self._slots:
            return None
        slots, self._slots = [self._filled(slot) for slot in self._slots[: self.rows]], self._slots[self.rows :]
        x = np.empty((len(slots), self.seq), "<u2")
        for place, (kind, row, cut, *_) in enumerate(slots):
            x[place] = self.x[row]
            if kind == MAIN:
                self._later[row] = False
                self._asked_in[row] = self._asked
        for place, (kind, row, cut, *_) in enumerate(slots):
            if kind != MAIN:
                x[place, cut:] = self._ending(row, cut)
        self._asked += 1
        return Question(x, tuple(slots))

    def _filled(self, slot):
        """A slot with its row; one for a decoy after also with the answer that its own must equal."""
        kind, row, cut = slot
        if kind != AFTER:
            return slot
        self._left -= 1
        if self._candidates:
            return AFTER, *self._candidates.pop(0)[1:]
        return AFTER, int(self.random.integers(self.count)), int(self.random.integers(1, self.seq)), None, None  # None is judged yet.

    def _ending(self, row, cut):
        """x[cut:] of another row, best of one that counts later, which nobody has seen, and that joins on as text does."""
        others = self.x[:, cut] != self.x[row, cut]
        joining = self.x[:, cut - 1] == self.x[row, cut - 1]
        for wanted in (others & self._later & joining, others & self._later, others, np.arange(self.count) != row):
            if wanted.any():
                return self.x[self.random.choice(np.flatnonzero(wanted)), cut:]
        return self.train[: self.seq - cut]

    def judge(self, question, logits):
        """Takes the answers [r, t, V], which nobody changes until this returns. Raises Broken."""
        places = sorted(range(len(question.slots)), key=lambda place: question.slots[place][0] != BEFORE)
        rows = [slot[1] for slot in question.slots]
        loss = nats(logits, self.y[rows]) / LN2
        self._constant = self._constant and bool((logits == logits[:1, :1]).all())
        counting = [place for place in places if question.slots[place][0] == MAIN]
        if self._chances and counting:
            which = [rows[place] for place in counting]
            self._foreseen[:, which] = self._chances.foreseen(which, logits[counting], self.y[which], loss[counting], evidence.MOST_BITS)
        for place in places:
            kind, row, cut, *held = question.slots[place]
            if kind == BEFORE:
                self._held[row] = self._part(logits[place, :cut], HELD)
                self._unaided[row, cut - 1] = True
            elif kind == MAIN:
                self._loss[row] = loss[place]
                if row in self._held:
                    self._compare(self._held.pop(row), logits[place], "the end of a row changed")
                self._consider(row, logits[place])
            elif held[0] is not None:
                self._compare(held, logits[place], "it was asked again with another end")

    def _consider(self, row, logits):
        """Takes a row into the draw of those that get a decoy, cut right after an answer that was better than references had it.

        Each position is drawn by how much better. Who copies gains there what he is drawn by, at places however chosen.
        """
        surplus = np.maximum(self._usual[row, :-1] - self._loss[row, :-1], 0) + WORTH_ANYWAY * self._usual[row, :-1]
        surplus *= self.bytes[row, :-1] > 0
        total = float(surplus.sum())
        key = float(self.random.exponential() / total) if total > 0 else float("inf")
        if self._left <= len(self._candidates) and (not self._candidates or key >= self._candidates[-1][0]):
            return
        cut = 1 + drawn(surplus, self.random)
        self._candidates.append((key, row, cut, *self._part(logits[:cut], HELD // 2)))
        self._candidates.sort(key=lambda candidate: candidate[0])
        del self._candidates[max(self._left, 0) :]

    def _part(self, logits, held):
        """Positions and their logits. Of a long row a part: who looks one symbol ahead shows it right before the cut, who looks anywhere there, too."""
        at = np.arange(len(logits))
        if len(at) > 2 * held:
            at = np.concatenate([self.random.choice(len(at) - held, held, replace=False), at[-held:]])
        return at, logits[at]

    @staticmethod
    def _compare(held, now, change):
        at, before = held
        if (found := _difference(before, now[at])) > SAME:
            raise Broken("noncausal", f"the same beginning was answered differently when {change} (a chance by {100 * found:.2g} %). "
                                      "A model must see earlier symbols only, keep no state and draw no random numbers")

    @property
    def losses(self):
        """After the last answer: bits [count, seq], the references' [orders, count, seq], bytes that each answer stands for."""
        return self._loss, self.reference, self.bytes

    @property
    def excess(self):
        """After the last answer: (bits per byte by which answers that no x showed cost more than the rest, its standard error)."""
        counted = self.bytes > 0
        share = float(counted.sum() / self.bytes.sum())
        found, error = evidence.excess(self._loss, self.reference, self._unaided, counted)
        return share * found, share * error

    def result(self):
        """val_bpb, rounded as it is printed. Raises Broken for a number that no honest model reaches."""
        if self._constant:
            raise Broken("invalid_metric", "the logits are the same at every position; the model ignores its input")
        counted = self.bytes > 0
        total = int(self.bytes.sum())
        bpb, blind = float(self._loss[counted].sum() / total), float(np.log2(self.vocab) * counted.sum() / total)
        if not bpb < blind:
            raise Broken("invalid_metric", f"val_bpb {bpb:.3f} is no better than guessing every symbol at random ({blind:.3g})")
        told = evidence.scores(self._loss, self.reference, self._unaided, self._asked_in, counted)
        if self._chances:
            told |= evidence.foreseen_scores(self._loss, *self._foreseen, self._chances.entropy, self._asked_in)
        if sentence := evidence.verdict(told):
            raise Broken("noncausal", sentence)
        if self.floor is not None and bpb < self.floor - FLOOR_SLACK:
            raise Broken("invalid_metric", f"val_bpb {bpb:.3f} is below the entropy of the text, {self.floor:.3f}")
        if self.floor is not None and bpb < self.floor + FLOOR_MARGIN:
            raise Broken("suspicious", f"val_bpb {bpb:.3f} is closer to the entropy of the text, {self.floor:.3f}, than its training text "
                                       "can bring a model; look whether train.py knows the text from elsewhere")
        error = evidence.standard_error(self._loss, self.bytes)
        self._note(f"val_bpb is measured on {self.count * self.seq:,} symbols in {self.count:,} rows; its standard error is {error:.6f}, "
                   "by which other text of this kind would move it")
        return round(bpb, 6)
