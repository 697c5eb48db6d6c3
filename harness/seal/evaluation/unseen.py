"""Text that no run was asked before. A number that would win is asked for again on a part of it.

The validation text is the same for all runs of a lane, so what one run could carry to the next would win there. On a
part that is asked for the first time it wins nothing. The part's number decides nothing by itself: it may be harder or
easier text. So the gap is told, by which the model did worse there than its validation text lets expect, and how far
chance moves that gap.
"""
import hashlib
import os
import secrets
from dataclasses import dataclass, replace

import numpy as np

from seal.errors import Refused
from seal.evaluation import ngrams
from seal.evaluation.dataset import BadDataset
from seal.evaluation.evidence import MOST_BITS
from seal.evaluation.exam import Exam

PLAIN = 3.0  # Standard errors from which what was copied is told instead, where it is the surer of the two.
CLUSTER_ROWS = 16  # Rows that lie together are hard together: chance draws so many at once.


@dataclass(frozen=True)
class Unseen:
    """What is told of it: which part of how many, bits per byte there, the gap, and the gap's standard error."""
    part: int
    parts: int
    bpb: float | None = None  # None where train.py ended before it had answered.
    gap: float | None = None
    error: float | None = None


class Sittings:
    """The exams of one run: on the validation text, then, where its number is below `wanted.beats`, on an unseen part.

    `wanted`: see intent.py; None asks for no second exam. `note` is told sentences for the log, and
    `begin()` is called before the first.
    """

    def __init__(self, dataset, references, wanted, note, begin):
        self._dataset, self._references, self._wanted, self._note, self._begin = dataset, references, wanted, note, begin
        self._rows = 0
        self._exam = self._fresh = None
        self.unseen = None  # Set as soon as a part is asked: from then on it is spent.

    def first(self, rows):
        """The exam on the validation text, of at most `rows` rows a request."""
        self._begin()
        self._rows = rows
        self._exam = Exam(rows, self._dataset, self._references, self._note)
        return self._exam

    def second(self, val_bpb):
        """The exam on unseen text, or None where nothing depends on it or the lane has none. Raises Refused."""
        wanted, reserve = self._wanted, self._dataset.reserve
        if wanted is None or reserve is None or (wanted.beats is not None and val_bpb >= wanted.beats):
            return None
        try:
            texts = _parts(self._dataset)
        except BadDataset as error:
            raise Refused("setup", str(error)) from error
        number = wanted.part % len(texts)  # Where all were asked, it begins anew: the result tells both numbers.
        self.unseen = Unseen(wanted.part, len(texts))
        self._fresh = Exam(self._rows, texts[number], _references(texts[number], number))
        return self._fresh

    def conclude(self):
        """Tells of the second exam, after its last answer. Raises Broken where those answers are no model's.

        Whoever copies there hides that he knows nothing of it, so what copying gained there is a gap, too.
        """
        self._fresh.result()
        loss, _, sizes = self._fresh.losses
        bpb = float((loss * (sizes > 0)).sum() / sizes.sum())
        gap, error = compare(self._exam.losses, self._fresh.losses)
        for copied, its in (self._fresh.excess, together(self._exam.excess, self._fresh.excess)):
            if copied > PLAIN * its and copied * error > gap * its:
                gap, error = copied, its
        self.unseen = replace(self.unseen, bpb=round(bpb, 6), gap=round(gap, 6), error=round(error, 6))
        self._note(f"on unseen text, part {self.unseen.part + 1} of {self.unseen.parts}: {bpb:.6f}, {gap:+.6f} beside what the "
                   f"validation text lets expect, give or take {error:.6f}")


def _parts(dataset):
    """The datasets whose validation texts are the parts. Raises BadDataset."""
    reserve = dataset.reserve
    try:
        with open(reserve.path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise BadDataset(f"the unseen text cannot be read ({error.strerror}); make the text again") from error
    if hashlib.sha256(content).hexdigest() != reserve.sha256:
        raise BadDataset("the unseen text is not what it was when it was made; make the text again")
    size = (reserve.rows * dataset.seq + 1) * (1 if dataset.widths is None else 2)
    return [replace(dataset, val=content[start : start + size], eval_tokens=reserve.rows * dataset.seq, floor_bpb=None)
            for start in range(0, len(content) - size + 1, size)]


def _references(text, number):
    """Those of that part, as they were kept, or worked out now: in an eighth of the time that a short run takes."""
    shape = (len(ngrams.ORDERS), text.rows, text.seq)
    try:
        kept = np.load(text.reserve.reference_path, mmap_mode="r", allow_pickle=False)
        if kept.shape[1:] == shape and kept.dtype == np.float16 and number < len(kept):
            return kept[number].astype(np.float32)
    except (OSError, ValueError):
        pass  # Not there, or cut short by a full disk.
    return ngrams.losses(text.train, text.val, text.rows, text.seq, text.vocab).astype(np.float32)


def keep_references(dataset):
    """Works out those of all parts and keeps them beside the text. Raises OSError, and BadDataset."""
    if dataset.reserve is None or os.path.exists(dataset.reserve.reference_path):
        return
    texts = _parts(dataset)
    temporary = f"{dataset.reserve.reference_path}.{secrets.token_hex(8)}"
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        kept = np.lib.format.open_memmap(temporary, "w+", np.float16, (len(texts), len(ngrams.ORDERS), texts[0].rows, dataset.seq))
        _take_room(temporary)
        ngrams.write_losses(kept, dataset.train, [text.val for text in texts], dataset.vocab)
        kept.flush()
        os.replace(temporary, dataset.reserve.reference_path)
    except BaseException:
        os.unlink(temporary)
        raise


def _take_room(path):
    """Raises OSError where the disk has no room for all of a file: to write what is mapped there would end this process by SIGBUS."""
    if hasattr(os, "posix_fallocate"):  # macOS has none.
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.path.getsize(path))


def compare(asked, fresh):
    """(gap, error), both bits per byte, from the losses of two exams: bits [count, seq], references, bytes [count, seq].

    The n-gram references say how hard each symbol is; their weights are those of the validation text. The error is at
    most what the references themselves vary by: a model cannot hide a gap behind answers that vary without need.
    """
    weights = _weights(*asked)
    first, second = (_clusters(_rest(*losses, weights), losses[2]) for losses in (asked, fresh))
    plain = [_error(*_clusters(np.where(sizes > 0, reference[-1], 0.0), sizes)) for _, reference, sizes in (asked, fresh)]
    gap = second[0].sum() / second[1].sum() - first[0].sum() / first[1].sum()
    return float(gap), float(min(np.hypot(_error(*first), _error(*second)), np.hypot(*plain)))


def together(one, other):
    """Two measurements of the same, each (value, standard error), as one: who copies a little does so in both exams."""
    weights = [1 / max(error, 1e-9) ** 2 for _, error in (one, other)]
    return (one[0] * weights[0] + other[0] * weights[1]) / sum(weights), sum(weights) ** -0.5


def _columns(reference):
    return np.concatenate([np.ones((1, *reference.shape[1:]), np.float32), reference]).reshape(len(reference) + 1, -1).T


def _weights(loss, reference, sizes):
    counted = (sizes > 0).reshape(-1)
    return np.linalg.lstsq(_columns(reference)[counted], np.minimum(loss, MOST_BITS).reshape(-1)[counted], rcond=None)[0]


def _rest(loss, reference, sizes, weights):
    """Bits of each symbol beyond what its references say; 0 for one that stands for no byte."""
    return np.where(sizes > 0, np.minimum(loss, MOST_BITS) - (_columns(reference) @ weights).reshape(loss.shape), 0.0)


def _clusters(bits, sizes):
    """Sums of bits and of bytes over CLUSTER_ROWS rows each."""
    starts = np.arange(0, len(bits), CLUSTER_ROWS)
    return np.add.reduceat(bits.sum(axis=1), starts), np.add.reduceat(sizes.sum(axis=1), starts)


def _error(bits, sizes):
    """Standard error of the bits per byte of clusters; infinite for a single one."""
    apart, count = bits - bits.sum() / sizes.sum() * sizes, len(bits)
    return np.sqrt((apart**2).sum() * count / (count - 1)) / sizes.sum() if count > 1 else np.inf
