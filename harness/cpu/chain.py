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

    def floor_bpb(self, text, seq):
        """Entropy of `text` under the chain, in bits per byte, when a model sees `seq` bytes of each row and no other row."""
        rows = len(text) // (seq + 1)  # A row's last byte is answered and never shown.
        every = np.arange(rows * (seq + 1))
        columns, bits = every % (seq + 1), 0.0
        for column in range(min(seq, self.order)):  # near a row's start fewer bytes are known; the ring makes that exact too
            at = every[columns == column] if column < self.order - 1 else every[(columns >= column) & (columns < seq)]
            known, spoken = (self._seen(text, at + shift, column + 1 + shift) for shift in (0, 1))
            bits += np.log2(known / spoken).sum()
        return float(bits / (rows * seq))

    def _seen(self, text, ends, length):
        """How often the corpus holds each of the `length` bytes that end at `ends`."""
        wanted = np.zeros(len(ends), dtype=np.uint64)
        for back in range(length - 1, -1, -1):
            wanted = wanted << np.uint64(8) | text[ends - back].astype(np.uint64)
        queries, back_to = np.unique(wanted, return_inverse=True)
        tails = self.windows & np.uint64(256 ** length - 1)
        found = np.minimum(np.searchsorted(queries, tails), len(queries) - 1)
        hit = queries[found] == tails
        return np.bincount(found[hit], self.counts[hit], len(queries))[back_to]
