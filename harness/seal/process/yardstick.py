"""Work of a fixed size and kind: one training step of a small model, as the CPU trainer's are. How long it takes is the machine's speed.

It mixes what a trainer mixes: products of matrices, exponentials, sorting, passes over memory. Its size and its time are part
of what a second of the budget means.
"""
import numpy as np

TOKENS = 128
SYMBOLS, CONTEXT, EMBED, WIDTH = 256, 8, 8, 128
WARM_UP = 3  # Steps before the one that counts. The first finds cold caches and a core at rest, which a trainer alone does not.
REFERENCE_SECONDS = 0.8e-3  # What it takes on a core of the machine that the shipped budget was chosen on, with nothing beside it.


class Yardstick:
    """Call it, and measure how long that takes."""

    def __init__(self):
        random = np.random.Generator(np.random.PCG64(7))

        def matrix(*shape):
            return random.standard_normal(shape).astype(np.float32) / np.float32(np.sqrt(shape[0]))

        self._seen = random.integers(0, SYMBOLS, TOKENS * CONTEXT)
        self._right = np.arange(TOKENS), random.integers(0, SYMBOLS, TOKENS)
        self._embed = matrix(SYMBOLS, EMBED)
        self._weights = matrix(CONTEXT * EMBED, WIDTH), matrix(WIDTH, WIDTH), matrix(WIDTH, SYMBOLS)
        self._averages = [(np.zeros_like(w), np.zeros_like(w)) for w in self._weights]

    def __call__(self):
        first, second, last = self._weights
        gathered = self._embed[self._seen].reshape(TOKENS, CONTEXT * EMBED)
        low = np.tanh(gathered @ first)
        high = np.tanh(low @ second)
        logits = (low + high) @ last
        logits -= logits.max(axis=1, keepdims=True)
        slope = np.exp(logits)
        slope /= slope.sum(axis=1, keepdims=True) * TOKENS
        slope[self._right] -= 1 / TOKENS
        of_last = (low + high).T @ slope
        slope = slope @ last.T
        at_high = slope * (1 - high * high)
        of_second = low.T @ at_high
        at_low = (slope + at_high @ second.T) * (1 - low * low)
        of_first = gathered.T @ at_low
        rows = (at_low @ first.T).reshape(-1, EMBED)
        order = np.argsort(self._seen, kind="stable")
        np.add.reduceat(rows[order], np.arange(0, len(order), CONTEXT), axis=0)
        for weight, gradient, (mean, size) in zip(self._weights, (of_first, of_second, of_last), self._averages):
            mean += np.float32(0.1) * (gradient - mean)
            size += np.float32(0.01) * (gradient * gradient - size)
            weight -= np.float32(1e-6) * mean / (np.sqrt(size) + np.float32(1e-8))  # So small a step that it does the same for hours.
