"""The texts of a lane: public to train on, sealed to be measured on; both checked against their recorded hashes."""
import hashlib
import json
import os
from dataclasses import dataclass


MOST_SEQ = 8192


class BadText(Exception):
    """A text is missing or is not what it was when it was made."""


@dataclass(frozen=True)
class Text:
    train: bytes
    val: bytes
    eval_tokens: int  # How many predictions the metric is made of,
    seq: int  # in rows of so many.
    floor_bpb: float | None  # Below this no honest model comes; None where nobody knows it.
    source: str | None  # The file that a person's own text was taken from.
    data_sha256: str  # sha256 of the two texts' hex digests, training text first, written side by side.
    reference_path: str  # Where the exam keeps what it works out about the text once, see reference.py.

    @property
    def rows(self):
        return self.eval_tokens // self.seq


def _meta(folder):
    try:
        with open(os.path.join(folder, "meta.json"), "rb") as file:
            meta = json.load(file)
    except (OSError, ValueError) as error:
        raise BadText(f"meta.json of the {os.path.basename(folder)} text cannot be read ({error}); make the text again") from error
    if not isinstance(meta, dict) or meta.get("schema") != 1:
        raise BadText(f"meta.json of the {os.path.basename(folder)} text is not of schema 1; make the text again")
    return meta


def _content(folder, name, digest):
    path = os.path.join(folder, name)
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise BadText(f"{name} cannot be read ({error.strerror}); make the text again") from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise BadText(f"{name} is not what it was when it was made (its sha256 differs from meta.json's); make the text again")
    return content


def read_text(public, sealed):
    """Reads and checks both texts. Raises BadText, with what to do."""
    public_meta, sealed_meta = _meta(public), _meta(sealed)
    train = _content(public, "train.bin", public_meta.get("train_sha256"))
    val = _content(sealed, "val.bin", sealed_meta.get("sha256"))
    tokens, floor, source = sealed_meta.get("eval_tokens"), sealed_meta.get("floor_bpb"), sealed_meta.get("source")
    if not isinstance(tokens, int) or isinstance(tokens, bool) or not 0 < tokens < len(val):
        raise BadText(f"eval_tokens is {tokens!r} for {len(val)} bytes of validation text; make the text again")
    seq = sealed_meta.get("seq")
    if not isinstance(seq, int) or isinstance(seq, bool) or not 2 <= seq <= min(tokens, MOST_SEQ):
        raise BadText(f"seq is {seq!r} for {tokens} predictions; make the text again")
    both = public_meta["train_sha256"] + sealed_meta["sha256"]
    digest = hashlib.sha256(both.encode()).hexdigest()
    return Text(train, val, tokens, seq, float(floor) if floor is not None else None, source if isinstance(source, str) else None,
                digest, os.path.join(os.path.realpath(sealed), f"reference-{digest[:16]}.npy"))
