"""What speaks the text that nobody has to download. No part of train.py's world: it may not read this file.

Two chains over bytes do it. A short one is fitted to Python's own library and speaks a corpus of its own, drawn from a
secret. A long one is fitted to that corpus and speaks the text. So whoever knows the library knows what the short chain
knows, and a few seconds with the training text tell that as well; what the long chain knows hangs on the secret.
"""
import hashlib
import sysconfig
from pathlib import Path

import numpy as np

LIBRARY_ORDER = 3  # bytes of the library that shine through: what any small model learns of the training text at once
VOICES = 256  # that speak the corpus, one after the other
SHOWN = 2  # times that the training text shows each window of the corpus on average: more would bring counting close to the floor
ORDER = 5  # bytes the long chain remembers: deep enough that a better model of context keeps gaining


def read_library():
    """The modules at the top of the standard library, in the order of their names, as bytes."""
    library = Path(sysconfig.get_paths()["stdlib"])
    written_by_installers = ("_sysconfigdata", "_sysconfig_vars", "sitecustomize", "usercustomize")
    files = sorted(f for f in library.glob("*.py") if not f.name.startswith(written_by_installers))
    found = b"".join(f.read_bytes() for f in files)
    if len(found) < 1 << 20:
        raise SystemExit(f"{library} holds {len(found)} bytes of Python sources, too few to fit the text to: "
                         "install a full Python, or bring a text with --from FILE.")
    return found


def of_secret(library, secret, train_bytes):
    """The long chain of a secret, for a training text of so many bytes; the same library and secret give the same one."""
    short, length = Chain(library, LIBRARY_ORDER), train_bytes // SHOWN // VOICES
    return Chain(short.chorus(b"autoresearch corpus " + secret, VOICES, length).tobytes(), ORDER)


class Chain:
    """A Markov chain over bytes that remembers `order` of them, as often as the corpus (read as a ring) shows them."""

    def __init__(self, corpus, order):
        self.order = order
        ring = np.frombuffer(corpus + corpus[:order], dtype=np.uint8).astype(np.uint64)
        windows = np.zeros(len(corpus), dtype=np.uint64)
        for i in range(order + 1):
            windows = windows << np.uint64(8) | ring[i:i + len(corpus)]
        self.windows, self.counts = np.unique(windows, return_counts=True)
        contexts = self.windows >> np.uint64(8)
        self.states, first = np.unique(contexts, return_index=True)
        follows = np.searchsorted(self.states, self.windows & np.uint64(256 ** order - 1))
        self.edges = np.repeat(follows.astype(np.int32), self.counts)
        self.start = np.append((np.cumsum(self.counts) - self.counts)[first], len(corpus)).astype(np.int32)

    def speak(self, key, length):
        """`length` bytes; the same key gives the same ones. SHAKE-256 draws them, so seeing some foretells no others."""
        draws = memoryview(np.frombuffer(hashlib.shake_256(key).digest(4 * length), dtype="<u4").astype(np.uint32))
        start, edges = memoryview(self.start), memoryview(self.edges)
        path = np.empty(length, dtype=np.int32)
        out = memoryview(path)
        state = edges[draws[0] * len(edges) >> 32]
        for i, draw in enumerate(draws):
            low = start[state]
            state = edges[low + (draw * (start[state + 1] - low) >> 32)]
            out[i] = state
        return self.states[path].astype(np.uint8)

    def chorus(self, key, voices, length):
        """`voices` times `length` bytes, one voice after the other: `speak` for much text, in a tenth of the time."""
        draws = np.frombuffer(hashlib.shake_256(key).digest(4 * voices * length), dtype="<u4").reshape(length, voices)
        path = np.empty((length, voices), dtype=np.int32)
        state = self.edges[draws[0].astype(np.uint64) * np.uint64(len(self.edges)) >> np.uint64(32)]
        for i in range(length):
            low, high = self.start[state], self.start[state + 1]
            state = self.edges[low + (draws[i] * (high - low).astype(np.uint64) >> np.uint64(32)).astype(np.int32)]
            path[i] = state
        return self.states[path.T.reshape(-1)].astype(np.uint8)

    def chances(self, text, seq):
        """What can follow each shown byte of `text`, when a model sees `seq` bytes of each row and no other row, as arrays.

        (how many bytes can [answers], those bytes, their chances). Near a row's start fewer bytes are known; the ring makes that exact too.
        """
        rows = len(text) // (seq + 1)  # A row's last byte is answered and never shown.
        shown = text[:rows * (seq + 1)].reshape(rows, seq + 1).astype(np.uint64)
        parts = []
        for known in range(1, min(seq, self.order) + 1):
            windows, counts = self._windows(known + 1)
            columns = np.arange(known - 1, known if known < self.order else seq)
            asked = np.zeros((rows, len(columns)), dtype=np.uint64)
            for back in range(known - 1, -1, -1):
                asked = asked << np.uint64(8) | shown[:, columns - back]
            low, high = (np.searchsorted(windows >> np.uint64(8), asked.reshape(-1), side) for side in ("left", "right"))
            sizes, sums = high - low, np.concatenate([[0], np.cumsum(counts)])
            places = np.arange(sizes.sum()) + np.repeat(low - np.cumsum(sizes) + sizes, sizes)
            answers = (np.arange(rows)[:, None] * seq + columns).reshape(-1)
            parts.append((np.repeat(answers, sizes), windows[places] & np.uint64(255), counts[places] / np.repeat(sums[high] - sums[low], sizes)))
        answers, following, chances = (np.concatenate(part) for part in zip(*parts))
        order = np.argsort(answers, kind="stable")
        return np.bincount(answers, minlength=rows * seq), following[order].astype(np.uint8), chances[order]

    def _windows(self, length):
        """The runs of `length` bytes that the corpus holds, as numbers in their order, and how often."""
        if length == self.order + 1:
            return self.windows, self.counts
        windows, which = np.unique(self.windows & np.uint64(256 ** length - 1), return_inverse=True)
        return windows, np.bincount(which, self.counts, len(windows))

    def floor_bpb(self, text, seq):
        """Entropy of `text` under the chain, in bits per byte, when a model sees `seq` bytes of each row and no other row."""
        sizes, following, chances = self.chances(text, seq)
        answers = text[:len(text) // (seq + 1) * (seq + 1)].reshape(-1, seq + 1)[:, 1:].reshape(-1)
        return float(-np.log2(chances[following == np.repeat(answers, sizes)]).mean())


def packed(sizes, following, chances):
    """As the supervisor reads it."""
    return sizes.astype("<u2").tobytes() + following.tobytes() + chances.astype("<f4").tobytes()
