"""The fixed half of the CPU trainer: constants, text, tokenizer, dataloader, evaluation, clock. Never edited by an experiment.

By hand:        uv run prepare.py                    makes public text under ~/.cache/autoresearch
For a lane:     python prepare.py --text DIR --sealed DIR --secret-file FILE
Own text:       python prepare.py --text DIR --sealed DIR --secret-file FILE --from BOOK.txt

The text is spoken by a byte chain that hangs on the lane's secret, see chain.py. So nobody has to download anything, the
validation text lies in no file that train.py may read, and the entropy of the chain is an exact floor that no honest
model can pass.
"""
import os

# One BLAS thread, before numpy loads: the budget counts CPU seconds, so more threads would only burn it faster.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import functools
import hashlib
import importlib.util
import json
import math
import mmap
import random
import resource
import struct
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

# ---------------------------------------------------------------------------------------------------------------------
# Constants (fixed, do not modify)
# ---------------------------------------------------------------------------------------------------------------------

TIME_BUDGET = float(os.environ.get("AUTORESEARCH_BUDGET", "5"))  # seconds of training: enough to learn, and to try hundreds
SEED = int(os.environ.get("AUTORESEARCH_SEED", "42"))  # comes from the harness, so that a lucky seed is not a discovery
MAX_SEQ_LEN = 64  # bytes per row: ten times the chain's memory, and rows stay cheap
VOCAB_SIZE = 256  # a token is a byte: no tokenizer to train, and bits per token are bits per byte
EVAL_TOKENS = 1024 * MAX_SEQ_LEN  # 65,536 predictions: under half a second to ask, differences of 0.005 bpb stand out
UNSEEN_ROWS = 512  # of text that no run was asked, asked once where a number would win: half of an evaluation
UNSEEN_PARTS = 64  # of it at most: more wins than most lanes have
LEAST_UNSEEN_ROWS = 256  # fewer say nothing: a text too short for them has no unseen part
BLOCK_ROWS = 16  # a person's held-out text is dealt in blocks of so many rows, so that no purpose gets all of one chapter
TRAIN_BYTES = 1 << 22  # 4 MiB: several times what the baseline reads in its budget, so that it is never short of text
CLOCK = os.environ.get("AUTORESEARCH_CLOCK", "cpu")  # cpu | wall | virtual: CPU seconds do not see a busy neighbour
VIRTUAL_RATE = 12e9  # operations per virtual second: about a seventh of a real core, so that tests are quick
LOGITS_OFFSET = 4 << 20  # where logits start in the memory shared with the supervisor: the tokens before it always fit
CHAIN_SHA256 = "2bfd824a888c0d6f8da5b8818867d44e55a14714122a62a7e43c8b99558d23ec"  # of chain.py, so that the sum of this file stands for both
PACE_OFFSET = LOGITS_OFFSET - 8  # where the supervisor writes there how fast this machine works just now
START = 256  # id that stands for "nothing yet" left of a row, beyond every byte

# ---------------------------------------------------------------------------------------------------------------------
# Clock
# ---------------------------------------------------------------------------------------------------------------------

_work = 0.0
_spent = _counted = 0.0


def tick(operations):
    """Reports floating-point operations done. Only the virtual clock listens."""
    global _work
    _work += operations


def clock():
    """Seconds on the clock that the budget counts; only differences mean something."""
    if CLOCK == "cpu":
        return _reference_seconds()
    if CLOCK == "wall":
        return time.perf_counter()
    if CLOCK == "virtual":
        return _work / VIRTUAL_RATE
    raise SystemExit(f"AUTORESEARCH_CLOCK is {CLOCK!r}: set it to cpu, wall or virtual.")


def _reference_seconds():
    """CPU seconds, each counted by what the machine does in it: beside others it does less, and then counts less.

    By hand a CPU second counts as one. In a lane the supervisor measures the pace, and counts likewise.
    """
    global _spent, _counted
    now = time.process_time()
    channel = os.environ.get("AUTORESEARCH_SEAL")
    pace = struct.unpack("<d", os.pread(int(channel.split(",")[0]), 8, PACE_OFFSET))[0] if channel else 0.0
    _counted += (now - _spent) * (pace or 1.0)  # 0 where the supervisor's system cannot tell
    _spent = now
    return _counted


def peak_memory_mb():
    """Most memory this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)

# ---------------------------------------------------------------------------------------------------------------------
# Making text: public in one folder, sealed in another
# ---------------------------------------------------------------------------------------------------------------------


def sha256(content):
    """Hex digest of bytes."""
    return hashlib.sha256(content).hexdigest()


def write_atomically(path, content, mode=0o644):
    """Replaces `path` by `content` so that a reader, or a power cut, finds the old bytes or the new ones."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@functools.cache
def text_maker():
    """chain.py, which lies beside this file. In a run it cannot be read, and nothing there needs it."""
    path = Path(__file__).with_name("chain.py")
    if sha256(path.read_bytes()) != CHAIN_SHA256:
        raise SystemExit(f"{path} is not the one that {Path(__file__).name} was written for: take both from the same release.")
    spec = importlib.util.spec_from_file_location("chain", path)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    return maker


def read_meta(folder):
    """The meta.json of a folder, or None where there is none that can be read as one."""
    try:
        meta = json.loads((folder / "meta.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return meta if isinstance(meta, dict) and meta.get("schema") == 1 else None


def intact(folder, meta, *names):
    """Whether each file NAME.bin still has the sha256 that `meta` keeps for it."""
    return all((folder / f"{name}.bin").is_file() and sha256((folder / f"{name}.bin").read_bytes()) == meta.get(f"{name}_sha256")
               for name in names)


def store(folder, meta, mode, **files):
    """Writes the files, and meta.json last: it is what says that they are whole."""
    for name, content in files.items():
        write_atomically(folder / f"{name}.bin", content, mode)
    write_atomically(folder / "meta.json", (json.dumps(meta, indent=1) + "\n").encode(), mode)


def divide_own_text(path, text, secret, unseen):
    """A person's text as (train, sample, val, reserve, rows of a part): the last tenth is held out, the sample comes from just before it.

    Blocks of the held-out text are dealt by the secret: to the validation text, then to parts that runs are asked once
    (the reserve), then to one more part, which is the validation text where `unseen` is wanted, and decided nothing.
    """
    smallest = 20 * (BLOCK_ROWS * MAX_SEQ_LEN + 1)
    if len(text) < smallest:
        raise SystemExit(f"{path} has {len(text)} bytes, too few to train and hold a tenth out: bring at least {smallest}.")
    held = len(text) - len(text) // 10
    sample = held - min(len(text) // 20, EVAL_TOKENS + 1)
    size = BLOCK_ROWS * MAX_SEQ_LEN
    blocks = [text[at:at + size] for at in range(held, len(text) - size, size)]
    random.Random(hashlib.sha256(b"autoresearch blocks " + secret).digest()).shuffle(blocks)
    asked = min(EVAL_TOKENS // size, max(1, len(blocks) // 2))
    each = min(UNSEEN_ROWS // BLOCK_ROWS, asked // 2)
    rows = each * BLOCK_ROWS
    parts = min(UNSEEN_PARTS + 1, (len(blocks) - asked) // each) if rows >= LEAST_UNSEEN_ROWS else 0
    spoken = [b"".join(blocks[at:at + each]) + b"\n" for at in range(asked, asked + parts * each, each)]
    if unseen and not parts:
        raise SystemExit(f"{path} has {len(text)} bytes, too few to keep unseen text back: replay without --unseen.")
    last = spoken.pop() if parts else b""
    val = last if unseen else b"".join(blocks[:asked]) + b"\n"
    return text[:sample], text[sample:held], val, b"".join(spoken), rows


def make_public_text(folder, train, sample, recipe):
    """Writes the two public files; returns their meta."""
    folder.mkdir(parents=True, exist_ok=True)
    meta = {"schema": 1, "train_sha256": sha256(train), "sample_sha256": sha256(sample), "recipe": recipe}
    store(folder, meta, 0o644, train=train, sample=sample)
    return meta


def made_text(public, sealed, secret):
    """The sealed meta of a lane whose texts are all there and belong together, else None."""
    text, val = read_meta(public), read_meta(sealed)
    if not (text and val) or val.get("secret_sha256") != sha256(secret):
        return None
    together = val.get("data_sha256") == sha256((text["train_sha256"] + val["sha256"]).encode())
    kept = ["val", *(name for name in ("reserve", "chances") if f"{name}_sha256" in val)]
    whole = intact(public, text, "train", "sample") and intact(sealed, {**val, "val_sha256": val["sha256"]}, *kept)
    return val if together and whole else None


def make_text(public, sealed=None, secret=b"", own=None, unseen=False):
    """Makes what is missing or broken of the public text and, for a lane, of the sealed one; returns the sealed meta.

    `unseen`: the validation text is of what no run of the lane with this secret is asked, for a replay.
    The same library or own text and secret give the same bytes; by hand there is no secret. A lane's text stays what it was, also under another Python.
    """
    val = made_text(public, sealed, secret) if sealed else None
    if val and own and own.exists() and sha256(own.read_bytes()) != val["corpus_sha256"]:
        raise SystemExit(f"{sealed} holds text of {val['source'] or 'the chain'}, not of {own} as it is now: begin a new lane for it.")
    if val:
        return val
    maker = None if own else text_maker()
    corpus = own.read_bytes() if own else maker.read_library()
    # All that the bytes follow from: by it a second call knows that they are there, without making them again.
    recipe = sha256(Path(__file__).read_bytes() + sha256(corpus).encode() + (b"own" if own else b"chain" + sha256(secret).encode()))
    text = read_meta(public)
    text_done = text and text.get("recipe") == recipe and intact(public, text, "train", "sample")
    if text_done and not sealed:
        return None
    chain = None if own else maker.of_secret(corpus, secret, TRAIN_BYTES)
    if own:
        train, sample, held_out, reserve, rows = divide_own_text(own, corpus, secret, unseen)
    if not text_done:
        if chain:
            train = chain.chorus(b"autoresearch train " + secret, 1024, TRAIN_BYTES // 1024).tobytes()
            sample = chain.speak(b"autoresearch sample " + secret, EVAL_TOKENS + 1).tobytes()
        text = make_public_text(public, train, sample, recipe)
    if not sealed:
        return None
    if chain:
        held_out = chain.speak((b"autoresearch unseen " if unseen else b"autoresearch validation ") + secret, EVAL_TOKENS + 1).tobytes()
        reserve, rows = chain.chorus(b"autoresearch reserve " + secret, 1024, UNSEEN_PARTS * UNSEEN_ROWS * MAX_SEQ_LEN // 1024 + 1).tobytes(), UNSEEN_ROWS
    said = chain and np.frombuffer(held_out, dtype=np.uint8)
    floor = chain and round(chain.floor_bpb(said, MAX_SEQ_LEN), 6)
    chances = {"chances": maker.packed(*chain.chances(said, MAX_SEQ_LEN))} if chain else {}
    val = {
        "schema": 1, "sha256": sha256(held_out), "eval_tokens": (len(held_out) - 1) // MAX_SEQ_LEN * MAX_SEQ_LEN,
        "seq": MAX_SEQ_LEN, "floor_bpb": floor, "corpus_sha256": sha256(corpus),
        "data_sha256": sha256((text["train_sha256"] + sha256(held_out)).encode()),
        "source": str(own.resolve()) if own else None, "secret_sha256": sha256(secret),
        **({"block_rows": BLOCK_ROWS} if own else {}), **({"reserve_sha256": sha256(reserve), "reserve_rows": rows} if reserve else {}),
        **{f"{name}_sha256": sha256(content) for name, content in chances.items()},
    }
    sealed.mkdir(parents=True, exist_ok=True)
    sealed.chmod(0o700)
    store(sealed, val, 0o600, val=held_out, **({"reserve": reserve} if reserve else {}), **chances)
    return val


def text_folder():
    """Where the public text is. By hand it is made on first use; a lane's was made with the lane."""
    named = os.environ.get("AUTORESEARCH_TEXT")
    if named:
        return Path(named)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autoresearch" / "cpu"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        writable = os.access(cache, os.W_OK)
    except OSError:
        writable = False
    return cache if writable else Path(__file__).resolve().parent / ".text"


def read_text(name):
    """The bytes of train.bin or sample.bin, checked against the sha256 beside them, as an array."""
    folder = text_folder()
    if not os.environ.get("AUTORESEARCH_TEXT"):
        try:
            make_text(folder)
        except OSError as error:
            raise SystemExit(f"{folder} cannot be written ({error}): set XDG_CACHE_HOME to a folder that can.")
    meta = read_meta(folder)
    remedy = "make it again with prepare.py (a lane: `autoresearch doctor`)"
    if meta is None:
        raise SystemExit(f"{folder} holds no text with a readable meta.json: {remedy}.")
    try:
        content = (folder / f"{name}.bin").read_bytes()
    except OSError as error:
        raise SystemExit(f"The text cannot be read ({error}): {remedy}.")
    if sha256(content) != meta.get(f"{name}_sha256"):
        raise SystemExit(f"{folder / name}.bin is not what it was when it was made (its sha256 is another): {remedy}.")
    return np.frombuffer(content, dtype=np.uint8)

# ---------------------------------------------------------------------------------------------------------------------
# Tokenizer and dataloader (imported by train.py)
# ---------------------------------------------------------------------------------------------------------------------


class Tokenizer:
    """Bytes are the tokens."""

    @classmethod
    def from_directory(cls):
        return cls()

    def get_vocab_size(self):
        return VOCAB_SIZE

    def encode(self, text):
        return list(text.encode() if isinstance(text, str) else text)

    def decode(self, ids):
        return bytes(ids).decode(errors="replace")


def make_dataloader(tokenizer, B, T, split):
    """Endless (x, y, epoch): int64 [B, T] each, y one byte further on; rows begin at places drawn from SEED."""
    assert split == "train", "validation text is only asked through evaluate_bpb"
    text = read_text("train")
    windows = np.lib.stride_tricks.sliding_window_view(text, T + 1)
    draw = np.random.Generator(np.random.PCG64([SEED, 1]))
    read = 0
    while True:
        rows = windows[draw.integers(len(windows), size=B)].astype(np.int64)
        yield rows[:, :-1], rows[:, 1:], 1 + read // len(text)
        read += B * T

# ---------------------------------------------------------------------------------------------------------------------
# Evaluation (DO NOT CHANGE: this is the fixed metric)
# ---------------------------------------------------------------------------------------------------------------------


def evaluate_bpb(model, tokenizer, batch_size):
    """Bits per byte of `model` on text it has not seen; `model(x)` returns the logits [B, T, 256] of every next byte.

    Under the supervisor this process only answers questions: the text, the targets and the loss are the supervisor's.
    By hand the loss is computed here on a public sample, which is quick, and proves nothing to anybody else.
    """
    sys.stdout.flush()
    channel = os.environ.get("AUTORESEARCH_SEAL")
    if channel:
        return _answer_supervisor(model, batch_size, *map(int, channel.split(",")))
    print("val_bpb below is measured in this process on a public sample: not sealed, not comparable with a lane's.",
          file=sys.stderr, flush=True)
    sample = read_text("sample")
    rows = len(sample) // (MAX_SEQ_LEN + 1)
    sample = sample[:rows * (MAX_SEQ_LEN + 1)].reshape(rows, MAX_SEQ_LEN + 1)
    x, y = sample[:, :-1], sample[:, 1:]
    nats = sum(nll(logits_of(model, x[i:i + batch_size]), y[i:i + batch_size]) for i in range(0, rows, batch_size))
    return nats / (math.log(2) * rows * MAX_SEQ_LEN)


def logits_of(model, x):
    """What the model says about x (int64 [B, T], as in training), checked for shape and made float32."""
    logits = np.asarray(model(x.astype(np.int64)), dtype=np.float32)
    if logits.shape != (*x.shape, VOCAB_SIZE):
        raise SystemExit(f"model(x) returned shape {logits.shape} for x of shape {x.shape}: "
                         f"return the logits of all {VOCAB_SIZE} bytes at every position.")
    return logits


def nll(logits, y):
    """Summed negative log-likelihood of the bytes y, in nats."""
    logits = logits.reshape(-1, VOCAB_SIZE)
    top = logits.max(axis=1)
    log_total = np.log(np.exp(logits - top[:, None]).sum(axis=1, dtype=np.float64))
    chosen = logits[np.arange(len(logits)), y.reshape(-1)].astype(np.float64) - top
    return float((log_total - chosen).sum())


def _answer_supervisor(model, batch_size, memory_fd, read_fd, write_fd):
    """Answers the supervisor's batches until it names the number; lines of JSON on pipes, arrays in shared memory."""
    shared = mmap.mmap(memory_fd, 0)
    with os.fdopen(read_fd, "r", closefd=False) as questions, os.fdopen(write_fd, "w", closefd=False) as answers:
        def say(message):
            answers.write(json.dumps(message) + "\n")
            answers.flush()

        say({"op": "begin", "batch": batch_size, "seq": MAX_SEQ_LEN, "vocab": VOCAB_SIZE})
        for line in questions:
            message = json.loads(line)
            if message["op"] == "done":
                return message["val_bpb"]
            if message["op"] == "refused":
                raise SystemExit(message["sentence"])
            shape = message["rows"], message["seq"]
            x = np.frombuffer(shared, dtype="<u2", count=shape[0] * shape[1]).reshape(shape)
            logits = logits_of(model, x)
            np.frombuffer(shared, dtype="<f4", count=logits.size, offset=LOGITS_OFFSET)[:] = logits.reshape(-1)
            say({"op": "logits", "i": message["i"]})
    raise SystemExit("The supervisor ended the evaluation without a number.")


def main():
    parser = argparse.ArgumentParser(
        description="Makes the text that train.py learns from. Without options: public text for work by hand.")
    parser.add_argument("--text", type=Path, metavar="DIR", help="where a lane's public text goes, into DIR/text")
    parser.add_argument("--sealed", type=Path, metavar="DIR", help="where the validation text goes; train.py must not read it")
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help="at least 16 secret bytes to draw the validation text from")
    parser.add_argument("--from", dest="own", type=Path, metavar="FILE", help="your own text, its last tenth to be held out")
    parser.add_argument("--unseen", action="store_true", help="make the sealed text of what no run is asked, for a replay; with the lane's own secret")
    options = parser.parse_args()
    given = [options.text, options.sealed, options.secret_file]
    by_hand = not any(given) and not options.own
    if not by_hand and not all(given):
        parser.error("a lane's text needs --text, --sealed and --secret-file together")
    if by_hand:
        folder = text_folder()
        make_text(folder)
        print(f"Text to train on, and a public sample to evaluate on, are in {folder}. Next: uv run train.py")
        return
    secret = options.secret_file.read_bytes()
    if len(secret) < 16:
        raise SystemExit(f"{options.secret_file} holds {len(secret)} bytes: "
                         "a secret has at least 16, for example `head -c 32 /dev/urandom`.")
    meta = make_text(options.text / "text", options.sealed, secret, options.own, options.unseen)
    print(json.dumps({key: meta[key] for key in ("data_sha256", "floor_bpb", "corpus_sha256")}))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        raise SystemExit(f"The text could not be made: {error}. "
                         "Free space, or name a folder that can be written and files that can be read.")
