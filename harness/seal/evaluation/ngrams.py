"""What each symbol of the validation text costs under plain n-gram models of the training text.

A model's losses follow these closely, because hard symbols are hard for everybody. Taken as control variates they leave
half of the noise, so the exam sees a cheat of half the size in the same number of bytes. Nobody's metric is made of them.
"""
import os
import secrets

import numpy as np

from seal.evaluation.tokens import BYTES, rows_of, symbols

ORDERS = (0, 1, 2, 3, 4)  # Symbols of context. A fifth took longer and explained no more of a small model's losses.
SMOOTHING = 8.0  # Symbols that the next lower order counts for.
BUCKETS_LOG2 = 22  # Contexts share counts where their hashes collide, which costs a control variate little.
MOST_TRAIN = 1 << 24  # Symbols of the training text that are counted; more would take gigabytes and explain little more.


def _hashes(content, length):
    """A bucket for each run of `length` bytes, by where it starts."""
    mixed = np.zeros(len(content) - length + 1, np.uint64)
    for offset in range(length):
        mixed *= np.uint64(0x9E3779B97F4A7C15)
        mixed += content[offset : offset + len(mixed)]
        mixed += np.uint64(1)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(64 - BUCKETS_LOG2)).astype(np.int32)


def losses(train, val, rows, seq, vocab=BYTES):
    """Bits [orders, rows, seq], float16, of each next symbol, when every row of `seq` of them is seen by itself."""
    found = np.empty((1, len(ORDERS), rows, seq), np.float16)
    write_losses(found, train, [val], vocab)
    return found[0]


def write_losses(found, train, texts, vocab=BYTES):
    """The same for several texts, into `found` [texts, orders, rows, seq]: the training text is counted once for all."""
    rows, seq = found.shape[2:]
    train, texts = symbols(train, vocab)[:MOST_TRAIN], [rows_of(text, vocab, rows, seq).reshape(-1) for text in texts]
    depth = np.arange(rows * seq) % seq
    position = np.arange(rows * seq) + np.arange(rows * seq) // seq  # A row's last symbol is an answer only.
    chances = [np.full(rows * seq, 1 / vocab) for _ in texts]
    seen = None
    for order in range(max(ORDERS) + 1):
        known = depth + 1 >= order  # Symbols of this row that a model has seen.
        start = np.where(known, position + 1 - order, 0)
        spoken = np.bincount(_hashes(train, order + 1), minlength=1 << BUCKETS_LOG2)
        if order:
            seen = np.bincount(_hashes(train[:-1], order), minlength=1 << BUCKETS_LOG2)
        for number, text in enumerate(texts):
            times = spoken[_hashes(text, order + 1)[start]]
            context = seen[_hashes(text, order)[start]] if order else len(train)
            chances[number] = np.where(known, np.minimum((times + SMOOTHING * chances[number]) / (context + SMOOTHING), 1), chances[number])
            if order in ORDERS:
                found[number, ORDERS.index(order)] = -np.log2(chances[number]).reshape(rows, seq)


def load(path, train, val, rows, seq, vocab=BYTES):
    """The losses, kept at `path` between runs where that can be written; float32."""
    shape = (len(ORDERS), rows, seq)
    try:
        kept = np.load(path, allow_pickle=False)
        if kept.shape == shape and kept.dtype == np.float16:
            return kept.astype(np.float32)
    except (OSError, ValueError):
        pass  # Not there, or cut short by a full disk.
    made = losses(train, val, rows, seq, vocab)
    temporary = f"{path}.{secrets.token_hex(8)}"
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            np.save(file, made, allow_pickle=False)
        os.replace(temporary, path)
    except OSError:
        pass  # A read-only or full store: the next run makes them again.
    return made.astype(np.float32)
