"""What a text is made of, as arrays: bytes, or tokens that each stand for some bytes."""
import numpy as np

BYTES = 256  # A vocabulary of so many is the bytes themselves, one each; a larger one is tokens of two bytes each.


def symbols(content, vocab):
    """The text as ids, uint8 or uint16 by the size of the vocabulary; shares the memory of `content`."""
    return np.frombuffer(content, np.uint8 if vocab == BYTES else "<u2")


def rows_of(content, vocab, rows, seq):
    """The text as rows [rows, seq + 1]: of each a model is shown all but the last and asked for all but the first.

    No symbol is in two rows, so a row's last answer stands in no x.
    """
    return symbols(content, vocab)[: rows * (seq + 1)].reshape(rows, seq + 1)


def widths(content, vocab):
    """How many bytes each id stands for, int64 [vocab]; 0 for one that marks something and stands for none."""
    return np.ones(BYTES, np.int64) if content is None else np.frombuffer(content, "<u2", vocab).astype(np.int64)
