"""What the chain that spoke a text gave each symbol to come next, where somebody knows it, as for generated text.

Whatever an honest model makes of the symbols before, its loss is then foreseen, but for a chance of known size. Who has
seen the answer pays less than foreseen, on every answer that it copies.
"""
import numpy as np


class Chances:
    """From bytes as chain.py packs them: for each answer how many symbols can be one, then those symbols, then their chances."""

    def __init__(self, content, rows, seq):
        answers = rows * seq
        self.seq = seq
        self.sizes = np.frombuffer(content, "<u2", answers).astype(np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)])
        self.symbols = np.frombuffer(content, np.uint8, self.starts[-1], 2 * answers).astype(np.int64)
        self.chances = np.frombuffer(content, "<f4", self.starts[-1], 2 * answers + self.starts[-1]).astype(np.float64)
        # Bits of each answer for one who knows the chain: what is hard for everybody.
        self.entropy = np.bincount(np.repeat(np.arange(answers), self.sizes), -self.chances * np.log2(self.chances), answers).reshape(rows, seq)

    def foreseen(self, rows, logits, answers, bits, most):
        """(mean, variance) [n, seq] of what the answers to `rows` [n] cost before one knew which they are; none counts more than `most` bits.

        `bits` [n, seq] is what they did cost, under `logits` [n, seq, V] and with the symbols `answers` [n, seq].
        """
        asked = (np.asarray(rows)[:, None] * self.seq + np.arange(self.seq)).reshape(-1)
        sizes = self.sizes[asked]
        places = np.repeat(self.starts[asked] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
        at, flat = np.repeat(np.arange(len(asked)), sizes), logits.reshape(len(asked), -1)
        heights = flat[np.arange(len(asked)), answers.reshape(-1)].astype(np.float64)
        each = np.minimum(bits.reshape(-1)[at] + (heights[at] - flat[at, self.symbols[places]]) / np.log(2), most)
        mean, square = (np.bincount(at, self.chances[places] * power, len(asked)).reshape(bits.shape) for power in (each, each * each))
        return mean, np.maximum(square - mean * mean, 0)
