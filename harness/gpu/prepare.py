"""The fixed half of the GPU trainer: text, tokenizer, dataloader, evaluation, clock. Never edited by an experiment.

By hand:        uv run prepare.py                    makes public text under ~/.cache/autoresearch
For a lane:     python prepare.py --text DIR --sealed DIR --secret-file FILE
Own text:       the same with --from PATH            a folder or file of .txt, .jsonl or .parquet

Without a text of your own a byte chain speaks one, all of which hangs on the lane's secret, see chain.py. That shows that
everything works; for research bring real text. Its documents are divided by the same secret.

Text is stored as ids of a byte-level BPE, trained on its public part. Bits are counted per byte of text all the same, so
that the size of the vocabulary makes nothing look better than it is.
"""
import argparse
import functools
import hashlib
import hmac
import importlib.util
import json
import math
import mmap
import os
import re
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

# ---------------------------------------------------------------------------------------------------------------------
# Constants (fixed, do not modify)
# ---------------------------------------------------------------------------------------------------------------------

TIME_BUDGET = float(os.environ.get("AUTORESEARCH_BUDGET", "300"))  # seconds of training
SEED = int(os.environ.get("AUTORESEARCH_SEED", "42"))  # comes from the harness, so that a lucky seed is not a discovery
DEVICE = os.environ.get("AUTORESEARCH_DEVICE", "")  # cuda: a run without a GPU ends instead of training on the CPU
CLOCK = os.environ.get("AUTORESEARCH_CLOCK", "wall")  # wall | cpu | virtual: the last two are for machines without a GPU
VIRTUAL_RATE = 20e9  # operations per virtual second, so that a test takes as many steps on any machine
SHAPE = {"seq": 2048, "vocab": 8192, "eval_rows": 1024, "documents": 4096}  # of a text, unless it is made with others
MADE_UP = ("The text is made up by a byte chain: it is no language, and its val_bpb says nothing about one. "
           "For research bring your own with --from PATH; docs/gpu.md names two data sets.")
DOCUMENT_BYTES = 1 << 14  # of the made text; a longer document of your own is cut where it is four times as long
UNSEEN_PARTS = 16  # of text that no run was asked, each asked once where a number would win; as long as an evaluation, so that nothing is compiled again
MADE_UP_PARTS = 4  # of the made-up text, which is for trials
SAMPLE_ROWS = 256  # of the public sample at most: by hand a quick number will do
TOKENIZER_BYTES = 1 << 25  # public text that the BPE is trained on: more changes hardly a merge
BATCH_BYTES = 1 << 22  # text that is encoded at a time: what the tokenizer says of it takes a hundred times as much memory
BYTES_PER_TOKEN = 8  # more than English or code reaches with 8,192 tokens: so much is held out per token that is evaluated
CHAIN_SHA256 = "9923080f7616e74bb87af69bc2cdca22e0538c46ddefe3dc9fa8c60f8ffbe28c"  # of chain.py, so that the sum of this file stands for both
LOGITS_OFFSET = 4 << 20  # where logits start in the memory shared with the supervisor: the ids before it always fit
# Dense bf16 operations a second, by the words of a name that tell the product: NVIDIA's data sheets, half of what they state with
# sparsity. A T4 has no bf16: its fp16.
PEAK_FLOPS = {
    "T4": 65e12, "A10": 125e12, "A10G": 70e12, "A30": 165e12, "A40": 149.7e12, "A100": 312e12, "A800": 312e12,
    "L4": 121e12, "L40": 181e12, "L40S": 362e12, "RTX 4090": 165.2e12, "RTX 5090": 209.5e12,
    "H100": 989.5e12, "H100 PCIe": 756.5e12, "H100 NVL": 835.5e12, "H200": 989.5e12, "H200 NVL": 835.5e12, "GH200": 989.5e12,
    "H800": 989.5e12, "H800 PCIe": 756.5e12, "H20": 148e12, "B200": 2250e12, "B300": 2250e12, "GB200": 2500e12, "GB300": 2500e12,
}
MULTIPROCESSORS = {"A30": 56, "A100": 108, "H100": 132, "H100 PCIe": 114, "H100 NVL": 132, "H200": 132, "H200 NVL": 132, "B200": 148}

# ---------------------------------------------------------------------------------------------------------------------
# Clock, memory, device
# ---------------------------------------------------------------------------------------------------------------------

_work = 0.0


def tick(operations):
    """Reports floating-point operations done. Only the virtual clock listens."""
    global _work
    _work += operations


def clock():
    """Seconds on the clock that the budget counts, once the GPU has done all it was told; only differences mean something."""
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_initialized():
        torch.cuda.synchronize()
    if CLOCK == "wall":
        return time.perf_counter()
    if CLOCK == "cpu":
        return time.process_time()
    if CLOCK == "virtual":
        return _work / VIRTUAL_RATE
    raise SystemExit(f"AUTORESEARCH_CLOCK is {CLOCK!r}: set it to wall, cpu or virtual.")


def device():
    """The GPU. Without one the CPU, slow and enough to see that a change works, unless the run is to have a GPU."""
    import torch
    if torch.cuda.is_available():
        capability = torch.cuda.get_device_capability()
        if DEVICE == "cuda" and not has_kernels(capability, torch.cuda.get_arch_list()):
            _end_without_gpu("compute capability {}.{}; use another GPU, or an image whose PyTorch has kernels for this one".format(*capability))
        return torch.device("cuda")
    if DEVICE == "cuda":
        try:
            torch.cuda.init()
            why = "torch.cuda.is_available() is False"
        except Exception as error:
            said = str(error).strip().partition("\n")[0]
            why = said[max(0, said.rfind("Error ")):][:100]  # Before a CUDA error stands advice about PyTorch's own use.
        _end_without_gpu(f"{why}; install a driver for PyTorch {torch.__version__}, or use an image for this driver")
    return torch.device("cpu")


def has_kernels(capability, compiled):
    """Whether code for `compiled` (sm_80, …) runs on a GPU: it does on later ones of its generation, and as PTX on all later ones."""
    codes = [(kind, divmod(int(re.match(r"\d+", number)[0]), 10)) for kind, number in (name.split("_") for name in compiled)]
    return any(capability >= least and (kind == "compute" or capability[0] == least[0]) for kind, least in codes)


def _end_without_gpu(sentence):
    """Ends this process, and tells the supervisor why there is no GPU."""
    if channel := os.environ.get("AUTORESEARCH_SEAL"):
        os.write(int(channel.split(",")[2]), (json.dumps({"op": "no_gpu", "sentence": sentence}) + "\n").encode())
    raise SystemExit(f"This run is to have a GPU and has none: {sentence}")


def peak_of(name, multiprocessors):
    """What a GPU of that name could do at best, in operations a second; infinite for one that the tables do not know.

    A MIG slice has a share of the whole GPU's multiprocessors, and so of what it can do.
    """
    words = set(re.split(r"[ -]", name))
    product = max((product for product in PEAK_FLOPS if words.issuperset(product.split())), key=len, default="")
    whole = MULTIPROCESSORS.get(product, 0) if "MIG" in words else multiprocessors
    return PEAK_FLOPS[product] * multiprocessors / whole if product and whole else math.inf


def peak_flops():
    """What the device could do at best, in operations a second; infinite where nobody knows, so that mfu_percent is 0."""
    import torch
    if not torch.cuda.is_available():
        return math.inf
    return peak_of(torch.cuda.get_device_name(), torch.cuda.get_device_properties().multi_processor_count)


def memory_gb():
    """GiB of the GPU's memory; without one, of the machine's."""
    import torch
    if torch.cuda.is_available():
        return torch.cuda.get_device_properties().total_memory / 2**30
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def peak_memory_mb():
    """Most memory of the GPU that tensors have held, in MiB; on a CPU the most that this process has held."""
    import torch
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)

# ---------------------------------------------------------------------------------------------------------------------
# A person's files
# ---------------------------------------------------------------------------------------------------------------------


def own_files(path):
    """The files of a person's text, in the order of their names."""
    kinds = (".txt", ".jsonl", ".parquet")
    files = sorted(f for f in path.rglob("*") if f.is_file() and f.suffix in kinds) if path.is_dir() else [path]
    if not files or any(f.suffix not in kinds for f in files):
        raise SystemExit(f"{path} holds no text: bring a file, or a folder of files, whose names end in {', '.join(kinds)}.")
    return files


def texts_in(file):
    """Each document of a file as str: a .txt is one, a .jsonl and a .parquet hold one per line or row under `text`."""
    with open(file, "rb") as content:
        start = content.read(256).lstrip().lower()
    if not start:
        raise SystemExit(f"{file} is empty: take it away, or download it again.")
    if start.startswith(b"version https://git-lfs"):
        raise SystemExit(f"{file} only says where Git LFS keeps the file: run `git lfs pull` where you cloned it.")
    if file.suffix != ".txt" and start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise SystemExit(f"{file} is a web page, most likely an error page of the server: check the address, and download the file again.")
    if file.suffix == ".txt":
        yield file.read_bytes().decode(errors="replace")
    else:
        found = 0
        for where, text in (lines_in if file.suffix == ".jsonl" else rows_in)(file):
            if not isinstance(text, str):
                raise SystemExit(f"{where} of {file} has no text under `text` but {text!r:.40}: leave out what has none, or write it there.")
            found += 1
            yield text
        if not found:
            raise SystemExit(f"{file} holds no documents: take it away, or download it again.")


def lines_in(file):
    """(where, text) of each line of a .jsonl that is not blank."""
    with open(file, "rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.isspace():
                continue
            try:
                document = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise SystemExit(f"line {number:,} of {file} is not JSON ({error}): write one object a line, or download the file again.") from None
            if not isinstance(document, dict) or "text" not in document:
                raise SystemExit(f'line {number:,} of {file} is no object with a `text`: write each document as {{"text": "..."}}.')
            yield f"line {number:,}", document["text"]


def rows_in(file):
    """(where, text) of each row of a .parquet."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise SystemExit(f"{file} needs pyarrow to be read: `uv sync --group parquet`, or write the text as .jsonl.") from None
    number = 0
    try:
        with parquet.ParquetFile(file) as table:
            if "text" not in table.schema_arrow.names:
                raise SystemExit(f"{file} has no column `text` but {', '.join(table.schema_arrow.names)[:200]}: "
                                 "rename the one that holds the documents, or write them as .jsonl.")
            for batch in table.iter_batches(1024, columns=["text"]):
                for text in batch.column(0).to_pylist():
                    number += 1
                    yield f"row {number:,}", text
    except (pyarrow.ArrowException, OSError) as error:
        raise SystemExit(f"{file} is broken or cut short after row {number:,} ({str(error).splitlines()[0]:.120}): "
                         "download it again, and compare its sha256 with the one you noted.") from None


def documents_in(files):
    """Every document as UTF-8 bytes, in pieces of at most four times DOCUMENT_BYTES letters that end with a line where they can."""
    most = 4 * DOCUMENT_BYTES
    for file in files:
        for text in texts_in(file):
            at = 0
            while at < len(text):
                end = at + most
                if end < len(text):
                    end = text.rfind("\n", at, end) + 1 or end
                yield text[at:end].encode(errors="replace")
                at = end


class Division:
    """A person's documents by what they are for. A keyed hash of a document says it, so that equal ones go together.

    Iterating gives those to train on, read anew each time: they may be many times the memory of a machine.
    """

    def __init__(self, files, secret, rows, seq):
        self.files = files
        total = sum(len(document) for document in documents_in(files))
        wanted = (rows * seq + 1) * BYTES_PER_TOKEN
        if total < 20 * wanted:
            raise SystemExit(f"Your text has {total:,} bytes, and {20 * wanted:,} are needed to hold out {rows} rows of {seq} tokens. "
                             "Bring more, or make a smaller text with --eval-rows and --seq.")
        sample = (min(rows, SAMPLE_ROWS) * seq + 1) * BYTES_PER_TOKEN
        parts = min(UNSEEN_PARTS + 1, total // (25 * wanted))
        self.shares = {b"held out " + secret: 1.25 * wanted / total, b"sample": 1.25 * sample / total, b"unseen " + secret: 1.1 * parts * wanted / total}
        self.held_out, self.sample, self.reserve = ([], [], [])
        for document in documents_in(files):
            if (part := self._part(document)) is not None:
                (self.held_out, self.sample, self.reserve)[part].append(document)

    def _part(self, document):
        """0: held out, 1: sample, 2: reserve, None: to train on."""
        for part, (key, share) in enumerate(self.shares.items()):
            if int.from_bytes(hmac.digest(key, document, "sha256")[:8], "big") < share * 2**64:
                return part
        return None

    def __iter__(self):
        return (document for document in documents_in(self.files) if self._part(document) is None)

# ---------------------------------------------------------------------------------------------------------------------
# Tokens
# ---------------------------------------------------------------------------------------------------------------------


def train_tokenizer(documents, vocab):
    """A byte-level BPE of vocab - 1 tokens; the last id stands before every document and for no byte."""
    from tokenizers import Tokenizer as Bpe, models, pre_tokenizers, trainers
    bpe = Bpe(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocab - 1, initial_alphabet=sorted(alphabet), special_tokens=[], show_progress=False)
    read, taken = 0, []
    for document in documents:
        if read >= TOKENIZER_BYTES:
            break
        taken.append(document.decode())
        read += len(document)
    bpe.train_from_iterator(taken, trainer)
    return bpe


def widths_of(bpe, vocab):
    """Bytes that each id stands for, uint16 [vocab]; 0 for the mark between documents, and for ids that no merge took."""
    widths = np.zeros(vocab, "<u2")
    for token, number in bpe.get_vocab().items():
        widths[number] = len(token)  # This kind of BPE writes each byte as one letter.
    return widths


def encode(bpe, documents, widths):
    """All documents as one array of ids, uint16, each after the mark. Ends where a document would not come back byte for byte."""
    mark, encoded, batch, size = np.array([len(widths) - 1], "<u2").tobytes(), bytearray(), [], 0

    def flush():
        for document, encoding in zip(batch, bpe.encode_batch_fast([d.decode() for d in batch], add_special_tokens=False), strict=True):
            ids = np.array(encoding.ids, "<u2")
            if widths[ids].sum(dtype=np.int64) != len(document):
                raise SystemExit("The tokenizer loses bytes of the text, so bits per byte would be wrong: report this with the text.")
            encoded.extend(mark + ids.tobytes())
        batch.clear()

    for document in documents:
        batch.append(document)
        size += len(document)
        if size >= BATCH_BYTES:
            flush()
            size = 0
    flush()
    return np.frombuffer(encoded, "<u2")


class Tokenizer:
    """Text to ids and back, as the text of this lane was encoded."""

    def __init__(self, bpe, vocab):
        self.bpe, self.vocab, self.letters = bpe, vocab, None

    @classmethod
    def from_directory(cls):
        return cls(None, VOCAB_SIZE)

    def get_vocab_size(self):
        return self.vocab

    def _loaded(self):
        if self.bpe is None:
            from tokenizers import Tokenizer as Bpe, decoders
            self.bpe = Bpe.from_file(str(text_folder() / "tokenizer.json"))
            self.bpe.decoder = decoders.ByteLevel()
        return self.bpe

    def encode(self, text):
        return self._loaded().encode(text, add_special_tokens=False).ids

    def decode(self, ids):
        return self._loaded().decode([i for i in ids if i != self.vocab - 1])

# ---------------------------------------------------------------------------------------------------------------------
# Making text: public in one folder, sealed in another
# ---------------------------------------------------------------------------------------------------------------------


def sha256(content):
    """Hex digest of bytes, or of an array's."""
    return hashlib.sha256(content).hexdigest()


def sha256_of(file):
    """Hex digest of a file of any size."""
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


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
    if sha256_of(path) != CHAIN_SHA256:
        raise SystemExit(f"{path} is not the one that {Path(__file__).name} was written for: take both from the same release.")
    spec = importlib.util.spec_from_file_location("chain", path)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    return maker


def read_meta(folder):
    """The meta.json of a folder, or None where there is none that can be read as one."""
    try:
        meta = json.loads((folder / "meta.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return meta if isinstance(meta, dict) and meta.get("schema") == 1 else None


def intact(folder, **digests):
    """Whether each file NAME.bin has its sha256."""
    try:
        return all(sha256((folder / f"{name}.bin").read_bytes()) == digest for name, digest in digests.items())
    except OSError:
        return False


def store(folder, meta, mode, **files):
    """Writes the files, and meta.json last: it is what says that they are whole."""
    for name, content in files.items():
        write_atomically(folder / f"{name}.bin", content, mode)
    write_atomically(folder / "meta.json", (json.dumps(meta, indent=1) + "\n").encode(), mode)


def made_text(public, sealed, secret):
    """The metas (public, sealed) of texts that are all there and belong together, else None; without `sealed` (public, None)."""
    text = read_meta(public)
    if not text or not intact(public, train=text["train_sha256"], sample=text["sample_sha256"], widths=text["widths_sha256"]):
        return None
    if sealed is None:
        return text, None
    val = read_meta(sealed)
    if not val or val.get("secret_sha256") != sha256(secret) or not intact(sealed, val=val["sha256"], widths=val["widths_sha256"]):
        return None
    if "reserve_sha256" in val and not intact(sealed, reserve=val["reserve_sha256"]):
        return None
    together = val["data_sha256"] == sha256((text["train_sha256"] + val["sha256"] + val["widths_sha256"]).encode())
    return (text, val) if together else None


def make_text(public, shape, sealed=None, secret=b"", own=None, unseen=False):
    """Makes the public text and, for a lane, the sealed one, unless they are there; returns the sealed meta.

    `unseen`: the validation text is of what no run of the lane with this secret is asked, for a replay.
    The same sources, secret and shape give the same bytes. A lane's text stays what it was, also under another Python.
    """
    if made := made_text(public, sealed, secret):
        if made[1] and own and made[1]["source"] != str(own.resolve()):
            raise SystemExit(f"{sealed} holds text of {made[1]['source'] or 'the chain'}, not of {own}: begin a new lane for it.")
        return made[1]
    rows, seq, vocab = shape["eval_rows"], shape["seq"], shape["vocab"]
    if own:
        train = Division(own_files(own), secret, rows, seq)
        sample, held_out, reserve = train.sample, train.held_out, train.reserve
        corpus_sha, floor = sha256(b"".join(sha256_of(f).encode() for f in own_files(own))), None
    else:
        print(MADE_UP, file=sys.stderr, flush=True)
        maker = text_maker()
        corpus = maker.read_library()
        chain = maker.of_secret(corpus, secret, shape["documents"] * DOCUMENT_BYTES)
        enough, few = (-(-(count * seq + 1) * BYTES_PER_TOKEN // DOCUMENT_BYTES) for count in (rows, min(rows, SAMPLE_ROWS)))
        train = chain.documents(b"autoresearch train " + secret, shape["documents"], DOCUMENT_BYTES)
        sample = chain.documents(b"autoresearch sample " + secret, few, DOCUMENT_BYTES)
        held_out = chain.documents(b"autoresearch validation " + secret, enough, DOCUMENT_BYTES) if sealed else []
        reserve = chain.documents(b"autoresearch reserve " + secret, (MADE_UP_PARTS + 1) * enough, DOCUMENT_BYTES) if sealed else []
        corpus_sha, floor = sha256(corpus), round(chain.floor_bpb(held_out), 6) if sealed else None
    bpe = train_tokenizer(train, vocab)
    widths = widths_of(bpe, vocab)
    train, sample, val, reserve = (encode(bpe, documents, widths) for documents in (train, sample, held_out, reserve))
    part = rows * seq + 1
    sample, val, parts = sample[:min(rows, SAMPLE_ROWS) * seq + 1], val[:part], len(reserve) // part
    if unseen and not parts:
        raise SystemExit("The text is too short to keep unseen text back: replay without --unseen.")
    # The last part is asked of no run: a replay measures on it.
    reserve, val = reserve[:max(0, parts - 1) * part], reserve[(parts - 1) * part:parts * part] if unseen else val
    for what, ids, wanted in (("sample", sample, min(rows, SAMPLE_ROWS)), ("validation text", val, rows if sealed else 0)):
        if len(ids) < wanted * seq + 1 and wanted:
            raise SystemExit(f"The {what} came out at {len(ids):,} tokens, fewer than {wanted} rows of {seq}: bring more text, or use a smaller --eval-rows.")
    if len(train) < 4 * seq:
        raise SystemExit(f"The training text came out at {len(train):,} tokens, too few for rows of {seq}: bring more text.")
    public.mkdir(parents=True, exist_ok=True)
    write_atomically(public / "tokenizer.json", bpe.to_str().encode())
    text = {"schema": 1, "train_sha256": sha256(train), "sample_sha256": sha256(sample), "widths_sha256": sha256(widths),
            "seq": seq, "vocab": vocab, "train_tokens": len(train), "made_up": own is None}
    store(public, text, 0o644, train=train, sample=sample, widths=widths)
    if not sealed:
        return None
    meta = {
        "schema": 1, "sha256": sha256(val), "widths_sha256": sha256(widths), "eval_tokens": rows * seq, "seq": seq, "vocab": vocab,
        "floor_bpb": floor, "corpus_sha256": corpus_sha,
        "data_sha256": sha256((text["train_sha256"] + sha256(val) + sha256(widths)).encode()),
        "source": str(own.resolve()) if own else None, "secret_sha256": sha256(secret),
        **({"reserve_sha256": sha256(reserve), "reserve_rows": rows} if len(reserve) else {}),
    }
    sealed.mkdir(parents=True, exist_ok=True)
    sealed.chmod(0o700)
    store(sealed, meta, 0o600, val=val, widths=widths, **({"reserve": reserve} if len(reserve) else {}))
    return meta


def text_folder():
    """Where the public text is. By hand it is made on first use; a lane's was made with the lane."""
    named = os.environ.get("AUTORESEARCH_TEXT")
    if named:
        return Path(named)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autoresearch" / "gpu"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        writable = os.access(cache, os.W_OK)
    except OSError:
        writable = False
    return cache if writable else Path(__file__).resolve().parent / ".text"


def read_ids(name):
    """train.bin or sample.bin as an array, uint16, checked against the sha256 beside it; mapped, for it may be gigabytes."""
    folder = text_folder()
    if not os.environ.get("AUTORESEARCH_TEXT") and read_meta(folder) is None:
        make_text(folder, SHAPE)
    meta, remedy = read_meta(folder), "make it again with prepare.py (a lane: `autoresearch doctor`)"
    if meta is None:
        raise SystemExit(f"{folder} holds no text with a readable meta.json: {remedy}.")
    try:
        ids = np.memmap(folder / f"{name}.bin", "<u2", "r")
    except (OSError, ValueError) as error:
        raise SystemExit(f"The text cannot be read ({error}): {remedy}.")
    if sha256(ids) != meta.get(f"{name}_sha256"):
        raise SystemExit(f"{folder / name}.bin is not what it was when it was made (its sha256 is another): {remedy}.")
    return ids


# A text says how long its rows are and how many tokens it knows, so that a small machine can be given a small one.
_made = read_meta(text_folder()) or {}
MAX_SEQ_LEN = _made.get("seq", SHAPE["seq"])  # tokens per row
VOCAB_SIZE = _made.get("vocab", SHAPE["vocab"])  # tokens, the mark between documents among them

# ---------------------------------------------------------------------------------------------------------------------
# Dataloader (imported by train.py)
# ---------------------------------------------------------------------------------------------------------------------


class Rows:
    """Rows of ids, packed by best fit: each begins at a document, or goes on in one that is longer than a row.

    A row begins with what has waited longest, of WAITING documents. Then it takes the longest that still fits, again and again.
    Where none fits it takes the shortest, and what is over of that one is cut off, unless it would fill a row of its own.
    The order of the documents is drawn anew for each epoch.
    """
    WAITING = 1000

    def __init__(self, ids, mark, draw):
        self.ids, self.draw, self.epoch, self.order, self.drawn = ids, draw, 0, [], 0
        self.begins = np.flatnonzero(ids == mark)
        self.lengths = np.diff(self.begins, append=len(ids))
        self.begin, self.length, self.since = np.zeros((3, min(self.WAITING, len(self.begins))), np.int64)  # of those that wait
        for place in range(len(self.begin)):
            self._draw_into(place)

    def _draw_into(self, place):
        if not self.order:
            self.order = self.draw.permutation(len(self.begins)).tolist()
            self.epoch += 1
        document = self.order.pop()
        self._wait(place, self.begins[document], self.lengths[document])

    def _wait(self, place, begin, length):
        self.drawn += 1
        self.begin[place], self.length[place], self.since[place] = begin, length, self.drawn

    def _take(self, place, into, whole):
        begin, length, taken = self.begin[place], self.length[place], min(self.length[place], len(into))
        into[:taken] = self.ids[begin:begin + taken]
        if length - taken >= whole:
            self._wait(place, begin + taken, length - taken)
        else:
            self._draw_into(place)
        return taken

    def read_into(self, row):
        """Fills `row`, int64 of one dimension."""
        filled = self._take(self.since.argmin(), row, len(row))
        while left := len(row) - filled:
            fitting = np.where(self.length <= left, self.length, 0)
            place = fitting.argmax() if fitting.any() else self.length.argmin()
            filled += self._take(place, row[filled:], len(row))


def make_dataloader(tokenizer, B, T, split):
    """Endless (x, y, epoch): int64 tensors [B, T] on the device, y one token further on; the order of documents comes from SEED."""
    import torch
    assert split == "train", "validation text is only asked through evaluate_bpb"
    target = device()
    rows = Rows(read_ids("train"), VOCAB_SIZE - 1, np.random.Generator(np.random.PCG64([SEED, 1])))
    while True:
        batch = torch.empty((B, T + 1), dtype=torch.int64, pin_memory=target.type == "cuda")
        for row in batch.numpy():
            rows.read_into(row)
        if target.type == "cuda":  # From page-locked memory it travels while the GPU still works on the last one.
            batch = batch.to(target, non_blocking=True)
        # Copies of their own: views of the rows could not be flattened, and would be compiled for once more.
        yield batch[:, :-1].contiguous(), batch[:, 1:].contiguous(), rows.epoch

# ---------------------------------------------------------------------------------------------------------------------
# Evaluation (DO NOT CHANGE: this is the fixed metric)
# ---------------------------------------------------------------------------------------------------------------------


def evaluate_bpb(model, tokenizer, batch_size):
    """Bits per byte of `model` on text it has not seen; `model(x)` returns the logits [B, T, VOCAB_SIZE] of every next token.

    Under the supervisor this process only answers questions: the text, the targets and the loss are the supervisor's.
    By hand the loss is computed here on a public sample, which is quick, and proves nothing to anybody else.
    """
    import torch
    sys.stdout.flush()
    channel = os.environ.get("AUTORESEARCH_SEAL")
    with torch.inference_mode():
        if channel:
            return _answer_supervisor(model, batch_size, *map(int, channel.split(",")))
        print("val_bpb below is measured in this process on a public sample: not sealed, not comparable with a lane's.",
              *[MADE_UP] * _made.get("made_up", False), file=sys.stderr, flush=True)
        return _sample_bpb(model, batch_size)


def _sample_bpb(model, batch_size):
    import torch
    sample = read_ids("sample").astype(np.int64)
    widths = np.fromfile(text_folder() / "widths.bin", "<u2").astype(np.int64)
    rows = len(sample) // (MAX_SEQ_LEN + 1)
    sample = sample[:rows * (MAX_SEQ_LEN + 1)].reshape(rows, MAX_SEQ_LEN + 1)
    x, y = sample[:, :-1], sample[:, 1:]
    nats = 0.0
    for i in range(0, rows, batch_size):
        logits = logits_of(model, x[i:i + batch_size]).double().flatten(0, 1)
        answers = torch.from_numpy(y[i:i + batch_size].copy()).to(logits.device).flatten()
        losses = torch.nn.functional.cross_entropy(logits, answers, reduction="none")
        nats += float((losses * torch.from_numpy(widths > 0).to(logits.device)[answers]).sum())
    return nats / (math.log(2) * int(widths[y].sum()))


def logits_of(model, x):
    """What the model says about x (ids as an array [B, T]), checked for shape and made float32, wherever the model keeps it."""
    import torch
    logits = torch.as_tensor(model(torch.from_numpy(x.astype(np.int64)).to(device())))
    if tuple(logits.shape) != (*x.shape, VOCAB_SIZE):
        raise SystemExit(f"model(x) returned shape {tuple(logits.shape)} for x of shape {x.shape}: "
                         f"return the logits of all {VOCAB_SIZE} tokens at every position.")
    return logits.float()


def _answer_supervisor(model, batch_size, memory_fd, read_fd, write_fd):
    """Answers the supervisor's batches until it names the number; lines of JSON on pipes, arrays in shared memory."""
    import torch
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
            torch.frombuffer(shared, dtype=torch.float32, count=logits.numel(), offset=LOGITS_OFFSET).copy_(logits.flatten())
            say({"op": "logits", "i": message["i"]})
    raise SystemExit("The supervisor ended the evaluation without a number.")


def main():
    parser = argparse.ArgumentParser(
        description="Makes the text that train.py learns from. Without options: public text for work by hand.")
    parser.add_argument("--text", type=Path, metavar="DIR", help="where a lane's public text goes, into DIR/text")
    parser.add_argument("--sealed", type=Path, metavar="DIR", help="where the validation text goes; train.py must not read it")
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help="at least 16 secret bytes that say what is validation text")
    parser.add_argument("--from", dest="own", type=Path, metavar="PATH", help="your own text: a .txt, .jsonl or .parquet, or a folder of them")
    parser.add_argument("--unseen", action="store_true", help="make the sealed text of what no run is asked, for a replay; with the lane's own secret")
    for name, what in (("seq", "tokens per row"), ("vocab", "tokens of the tokenizer"), ("eval-rows", "rows that are evaluated"),
                       ("documents", f"documents of {DOCUMENT_BYTES} bytes of made text to train on")):
        parser.add_argument(f"--{name}", type=int, metavar="N", default=SHAPE[name.replace("-", "_")], help=f"{what} (default: %(default)s)")
    options = parser.parse_args()
    given = [options.text, options.sealed, options.secret_file]
    by_hand = not any(given)
    if not by_hand and not all(given):
        parser.error("a lane's text needs --text, --sealed and --secret-file together")
    shape = {name: getattr(options, name) for name in SHAPE}
    if not 256 < shape["vocab"] <= 65536 or shape["seq"] * shape["vocab"] * 4 > 128 << 20 or min(shape.values()) < 2:
        parser.error("--vocab must be from 257 to 65536, and --seq times --vocab at most 33,554,432, so that a row's logits fit into 128 MiB")
    if by_hand:
        make_text(text_folder(), shape, own=options.own)
        print(f"Text to train on, and a public sample to evaluate on, are in {text_folder()}. Next: uv run train.py")
        return
    secret = options.secret_file.read_bytes()
    if len(secret) < 16:
        raise SystemExit(f"{options.secret_file} holds {len(secret)} bytes: "
                         "a secret has at least 16, for example `head -c 32 /dev/urandom`.")
    meta = make_text(options.text / "text", shape, options.sealed, secret, options.own, options.unseen)
    print(json.dumps({key: meta[key] for key in ("data_sha256", "floor_bpb", "corpus_sha256")}))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        raise SystemExit(f"The text could not be made: {error}. "
                         "Free space, or name a folder that can be written and files that can be read.")
