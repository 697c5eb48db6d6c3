"""A validation text with all that an exam knows of it, and what can be told of answers to it."""
import hashlib
from types import SimpleNamespace


def bits(logits, y):
    """Loss of each byte of y under the logits."""
    import numpy as np
    from seal.evaluation import exam
    return exam.nats(np.ascontiguousarray(logits, np.float32), y) / np.log(2)


class Sitting:
    """A validation text with its references and chances, and what can be told of answers to it."""

    def __init__(self, chain, train, number):
        import numpy as np
        import prepare
        from seal.evaluation import chances, ngrams
        self.seq = prepare.MAX_SEQ_LEN
        said = chain.speak(b"power of the exam %d" % number, prepare.EVAL_TOKENS + 1)
        self.rows = len(said) // (self.seq + 1)
        packed = prepare.text_maker().packed(*chain.chances(said, self.seq))
        self.known = hashlib.sha256(said.tobytes()).hexdigest(), packed
        self.chances = chances.Chances(packed, self.rows, self.seq)
        content = said[: self.rows * (self.seq + 1)].reshape(self.rows, -1).astype(np.int64)
        self.x, self.y = content[:, :-1], content[:, 1:]
        self.references = ngrams.losses(train, said.tobytes(), self.rows, self.seq).astype(np.float32)
        self.text = SimpleNamespace(train=train, val=said.tobytes(), seq=self.seq, rows=self.rows, floor_bpb=None, block_rows=None, vocab=256, widths=None)

    def order(self, random):
        """(when each row is asked, which answers are unaided) of one exam."""
        import numpy as np
        unaided = np.zeros((self.rows, self.seq), bool)
        unaided[:, -1] = True
        decoys = random.choice(self.rows, self.rows // 16, replace=False)
        unaided[decoys, random.integers(0, self.seq - 1, len(decoys))] = True
        return random.permutation(self.rows) // 51, unaided

    def weighed(self, logits):
        """(loss, its foreseen mean, its foreseen variance) of answers to the first rows."""
        import numpy as np
        from seal.evaluation import evidence
        loss = bits(logits, self.y[: len(logits)])
        mean, variance = self.chances.foreseen(np.arange(len(logits)), logits, self.y[: len(logits)], loss, evidence.MOST_BITS)
        return loss, mean, variance

    def told(self, weighed, when, unaided):
        """(scores on one's own text, scores where the chances are known) of answers."""
        from seal.evaluation import evidence
        rows = len(when)
        plain = evidence.scores(weighed[0], self.references[:, :rows], unaided, when)
        return plain, plain | evidence.foreseen_scores(*weighed, self.chances.entropy[:rows], when)

    def know(self, honest):
        """Keeps the honest bpb, and as `truth` the chances [rows, seq, 256] of one who knows the chain."""
        import numpy as np
        self.honest = honest
        known = np.zeros((self.rows * self.seq, 256), np.float32)
        known[np.repeat(np.arange(self.rows * self.seq), self.chances.sizes), self.chances.symbols] = self.chances.chances
        self.truth = known.reshape(self.rows, self.seq, 256)
