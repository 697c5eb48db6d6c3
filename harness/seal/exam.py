"""What is asked of the model and what its answers are worth: the metric."""
from dataclasses import dataclass

import numpy as np

from seal.ending import Broken

LN2 = float(np.log(2.0))


@dataclass(frozen=True)
class Question:
    """x as it is put to the child; `rows` are the numbers of the validation rows it stands for."""
    x: np.ndarray
    rows: np.ndarray


def nats(logits, y):
    """Negative log-likelihood, in nats, of each byte of y [r, t] under logits [r, t, V]; raises Broken if not finite."""
    flat = logits.reshape(-1, logits.shape[-1])
    top = flat.max(axis=1)
    if not (np.isfinite(top).all() and np.isfinite(flat.min(axis=1)).all()):
        raise Broken("invalid_metric", "some logits are NaN, infinite or were never written; return finite logits for every position")
    total = np.log(np.exp(flat - top[:, None]).sum(axis=1)) + top
    loss = (total - flat[np.arange(len(flat)), y.reshape(-1)]).astype(np.float64)
    return loss.reshape(y.shape)


class Exam:
    """The validation text as rows of `seq` bytes side by side, each asked once."""

    def __init__(self, rows, seq, text):
        val = np.frombuffer(text.val, np.uint8)
        self.count = text.eval_tokens // seq
        if self.count == 0:
            raise Broken("protocol", f"sequences of {seq} are longer than the validation text")
        self.x = val[: self.count * seq].reshape(self.count, seq).astype("<u2")
        self.y = val[1 : self.count * seq + 1].reshape(self.count, seq).astype(np.int64)
        self.text = text
        batches = -(-self.count // rows)
        # Row k+1 begins with the answer to row k's last byte: strides keep it unasked until row k has been answered.
        self._waiting = [np.arange(first, self.count, batches) for first in range(batches)]
        self._bits = 0.0
        self._constant = True

    def next_question(self):
        if not self._waiting:
            return None
        rows = self._waiting.pop(0)
        return Question(self.x[rows], rows)

    def note(self, question, logits):
        """Called with the private copy of the answers before the next question goes out."""

    def judge(self, question, logits):
        loss = nats(logits, self.y[question.rows])
        self._bits += float(loss.sum()) / LN2
        self._constant &= bool((logits == logits[:1, :1]).all())

    def result(self):
        """val_bpb, rounded as it is printed. Raises Broken for a number that no model can honestly reach."""
        if self._constant:
            raise Broken("invalid_metric", "the logits are the same at every position; the model ignores its input")
        bpb = self._bits / self.y.size
        if not bpb < 8.0:
            raise Broken("invalid_metric", f"val_bpb {bpb:.3f} is no better than guessing every byte at random (8)")
        return round(bpb, 6)
