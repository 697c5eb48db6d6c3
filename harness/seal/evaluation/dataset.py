"""The texts of a lane: public to train on, sealed to be measured on; both checked against their recorded hashes."""
import hashlib
import json
import mmap
import os
from dataclasses import dataclass

from seal.evaluation.shared_memory import LOGITS_BYTES

MOST_SEQ = 8192
MOST_VOCAB = 1 << 16
BYTES = 256  # The vocabulary of a text whose meta names none.


class BadDataset(Exception):
    """A text is missing or is not what it was when it was made."""


@dataclass(frozen=True)
class Reserve:
    """Text that no run was asked, in parts of `rows` rows and a symbol each; read only where a part is asked, see unseen.py."""
    path: str
    sha256: str
    rows: int
    reference_path: str  # Where what the exam knows about all parts is kept.


@dataclass(frozen=True)
class Dataset:
    train: mmap.mmap  # Mapped, for it may be gigabytes.
    val: bytes
    eval_tokens: int  # How many symbols follow the first,
    seq: int  # and how many predictions a row is made of, see rows_of.
    floor_bpb: float | None  # Below this no honest model comes; None where nobody knows it.
    source: str | None  # The file or folder that a person's own text was taken from.
    data_sha256: str  # sha256 of the hex digests of training text, validation text and, where there is one, widths, written side by side.
    reference_path: str  # Where the exam keeps what it works out about the text once, see ngrams.py.
    vocab: int = BYTES  # 256: a symbol is a byte. More: it is a token of two bytes, little-endian,
    widths: bytes | None = None  # and this says how many bytes each stands for, uint16 little-endian.
    reserve: Reserve | None = None
    block_rows: int | None = None  # Where the rows are blocks of so many from a longer text: the last symbol of each is followed by another block.
    chances: tuple[str, bytes] | None = None  # What chances.py reads, and the sha256 of the validation text that it tells of.

    @property
    def rows(self):
        return (self.eval_tokens + 1) // (self.seq + 1)


def _meta(folder):
    try:
        with open(os.path.join(folder, "meta.json"), "rb") as file:
            meta = json.load(file)
    except (OSError, ValueError) as error:
        raise BadDataset(f"meta.json of the {os.path.basename(folder)} text cannot be read ({error}); make the text again") from error
    if not isinstance(meta, dict) or meta.get("schema") != 1:
        raise BadDataset(f"meta.json of the {os.path.basename(folder)} text is not of schema 1; make the text again")
    return meta


def _content(folder, name, digest):
    path = os.path.join(folder, name)
    try:
        with open(path, "rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: it is empty.
        raise BadDataset(f"{name} cannot be read ({error}); make the text again") from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise BadDataset(f"{name} is not what it was when it was made (its sha256 differs from meta.json's); make the text again")
    return content


def _vocabulary(sealed, meta):
    """(vocab, widths) of a text; widths is None where the symbols are bytes."""
    vocab = meta.get("vocab", BYTES)
    if vocab == BYTES and "widths_sha256" not in meta:
        return vocab, None
    if not isinstance(vocab, int) or isinstance(vocab, bool) or not BYTES < vocab <= MOST_VOCAB:
        raise BadDataset(f"vocab is {vocab!r}, not a number from {BYTES + 1} to {MOST_VOCAB}; make the text again")
    widths = bytes(_content(sealed, "widths.bin", meta.get("widths_sha256")))
    if len(widths) != 2 * vocab:
        raise BadDataset(f"widths.bin has {len(widths)} bytes for {vocab} tokens; make the text again")
    return vocab, widths


def _reserve(sealed, meta, train_sha256):
    """The unseen text that the meta names, None where it names none."""
    kept, rows = meta.get("reserve_sha256"), meta.get("reserve_rows")
    if kept is None:
        return None
    if not isinstance(kept, str) or isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise BadDataset(f"reserve_rows is {rows!r}, not a number above 0; make the text again")
    folder, digest = os.path.realpath(sealed), hashlib.sha256((train_sha256 + kept).encode()).hexdigest()
    return Reserve(os.path.join(folder, "reserve.bin"), kept, rows, os.path.join(folder, f"reference-unseen-{digest[:16]}.npy"))


def read_dataset(public, sealed):
    """Reads and checks both texts. Raises BadDataset, with what to do."""
    public_meta, sealed_meta = _meta(public), _meta(sealed)
    train = _content(public, "train.bin", public_meta.get("train_sha256"))
    val = bytes(_content(sealed, "val.bin", sealed_meta.get("sha256")))
    vocab, widths = _vocabulary(sealed, sealed_meta)
    size = 1 if widths is None else 2
    tokens, floor, source = sealed_meta.get("eval_tokens"), sealed_meta.get("floor_bpb"), sealed_meta.get("source")
    if not isinstance(tokens, int) or isinstance(tokens, bool) or not 0 < tokens < len(val) // size or len(train) % size:
        raise BadDataset(f"eval_tokens is {tokens!r} for {len(val)} bytes of validation text, {size} to a symbol; make the text again")
    seq = sealed_meta.get("seq")
    if not isinstance(seq, int) or isinstance(seq, bool) or not 2 <= seq <= min(tokens, MOST_SEQ):
        raise BadDataset(f"seq is {seq!r} for {tokens} predictions; make the text again")
    if seq * vocab * 4 > LOGITS_BYTES:
        raise BadDataset(f"the logits of {seq} positions times {vocab} symbols are more than {LOGITS_BYTES >> 20} MiB; make a text with a smaller one of both")
    foreseen = sealed_meta.get("chances_sha256")
    chances = None if foreseen is None else (sealed_meta["sha256"], bytes(_content(sealed, "chances.bin", foreseen)))
    parts = public_meta["train_sha256"] + sealed_meta["sha256"] + (sealed_meta["widths_sha256"] if widths is not None else "")
    digest = hashlib.sha256(parts.encode()).hexdigest()
    return Dataset(train, val, tokens, seq, float(floor) if floor is not None else None, source if isinstance(source, str) else None,
                digest, os.path.join(os.path.realpath(sealed), f"reference-{digest[:16]}.npy"), vocab, widths, _reserve(sealed, sealed_meta, public_meta["train_sha256"]),
                sealed_meta.get("block_rows"), chances)
