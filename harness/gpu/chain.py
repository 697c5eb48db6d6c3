"""What speaks the text that nobody has to bring. No part of train.py's world: it may not read this file.

Two chains over bytes do it. A short one is fitted to Python's own library and speaks a corpus of its own, drawn from a
secret. A long one is fitted to that corpus and speaks the text. So whoever knows the library knows what the short chain
knows, and the training text tells that as well; what the long chain knows hangs on the secret.
"""
import hashlib
import sysconfig
from pathlib import Path

import numpy as np

LIBRARY_ORDER = 3  # bytes of the library that shine through: what any small model learns of the training text at once
VOICES = 256  # that speak the corpus, one after the other
SHOWN = 2  # times that the training text shows each window of the corpus on average: more would bring counting close to the floor
ORDER = 7  # bytes the long chain remembers: its windows just fit into 64 bits


def read_library():
    """Python's own modules in the order of their names, ASCII only, as bytes."""
    library = Path(sysconfig.get_paths()["stdlib"])
    left_out = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__", "lib2to3"}
    written_by_installers = ("_sysconfigdata", "_sysconfig_vars", "sitecustomize", "usercustomize")
    files = sorted(f for f in library.rglob("*.py")
                   if not left_out & set(f.relative_to(library).parts) and not f.name.startswith(written_by_installers))
    found = b"".join(f.read_bytes() for f in files).translate(None, bytes(range(128, 256)))
    if len(found) < 1 << 20:
        raise SystemExit(f"{library} holds {len(found)} bytes of Python sources, too few to fit the text to: "
                         "install a full Python, or bring a text with --from PATH.")
    return found


def of_secret(library, secret, train_bytes):
    """The long chain of a secret, for a training text of so many bytes; the same library and secret give the same one."""
    short, length = Chain(library, LIBRARY_ORDER), train_bytes // SHOWN // VOICES
    return Chain(b"".join(short.documents(b"autoresearch corpus " + secret, VOICES, length)), ORDER)


class Chain:
    """A Markov chain over bytes that remembers `order` of them, as often as the corpus (read as a ring) shows them."""

    def __init__(self, corpus, order):
        self.order = order
        ring = np.frombuffer(corpus + corpus[:order], dtype=np.uint8).astype(np.uint64)
        windows = np.zeros(len(corpus), dtype=np.uint64)
        for i in range(order + 1):
            windows = windows << np.uint64(8) | ring[i:i + len(corpus)]
        self.windows, self.counts = np.unique(windows, return_counts=True)
        self.states, first = np.unique(self.windows >> np.uint64(8), return_index=True)
        follows = np.searchsorted(self.states, self.windows & np.uint64(256**order - 1))
        self.edges = np.repeat(follows.astype(np.int32), self.counts)
        self.start = np.append((np.cumsum(self.counts) - self.counts)[first], len(corpus)).astype(np.int32)

    def documents(self, key, count, length):
        """`count` documents of `length` bytes each; the same key gives the same ones, and seeing some foretells no others."""
        draws = np.frombuffer(hashlib.shake_256(key).digest(4 * count * length), dtype="<u4").reshape(length, count)
        said = np.empty((length, count), dtype=np.uint8)
        last = self.states.astype(np.uint8)
        state = self.edges[draws[0].astype(np.uint64) * np.uint64(len(self.edges)) >> np.uint64(32)]
        for i in range(length):
            low, high = self.start[state], self.start[state + 1]
            state = self.edges[low + (draws[i] * (high - low).astype(np.uint64) >> np.uint64(32)).astype(np.int32)]
            said[i] = last[state]
        return [document.tobytes() for document in said.T]

    def floor_bpb(self, documents):
        """Entropy of what it said, in bits per byte, for one who has seen `order` bytes before each. A row's start is harder still."""
        bits = count = 0
        for document in documents:
            content = np.frombuffer(document, np.uint8).astype(np.uint64)
            windows = np.zeros(len(content) - self.order, dtype=np.uint64)
            for i in range(self.order + 1):
                windows = windows << np.uint64(8) | content[i:i + len(windows)]
            spoken = self.counts[np.searchsorted(self.windows, windows)]
            state = np.searchsorted(self.states, windows >> np.uint64(8))
            bits += float(np.log2((self.start[state + 1] - self.start[state]) / spoken).sum())
            count += len(windows)
        return bits / count
