"""The chain that speaks the text: what it says is the corpus' own, and its entropy is a floor that its own model reaches."""
import collections
import math
import random
import sys

import numpy as np
import pytest

from cpu_trainer import HARNESS, prepare, public_text

maker = prepare.text_maker()
ORDER = maker.ORDER

CORPUS = b"".join(random.Random(5).choices([b"def f(x):\n", b"    return x\n", b"import os\n", b"# note\n", b"x = os.x\n"], k=400))


@pytest.fixture(scope="module")
def chain():
    return maker.Chain(CORPUS, ORDER)


def seen(length):
    """How often the corpus, read as a ring, holds each run of `length` bytes."""
    ring = CORPUS + CORPUS[:length - 1] if length else CORPUS
    return collections.Counter(ring[i:i + length] for i in range(len(CORPUS)))


COUNTS = [seen(length) for length in range(ORDER + 2)]


def chance(context, byte):
    """Of `byte` after `context`, of which the chain knows the last ORDER bytes."""
    context = context[-ORDER:]
    return COUNTS[len(context) + 1][context + bytes([byte])] / COUNTS[len(context)][context]


def test_it_says_only_what_the_corpus_holds_and_as_often(chain):
    said = chain.speak(b"key", 40_000).tobytes()
    spoken = collections.Counter(said[i:i + ORDER + 1] for i in range(len(said) - ORDER))
    assert set(spoken) <= set(COUNTS[ORDER + 1])
    for window, count in COUNTS[ORDER + 1].most_common(20):
        assert spoken[window] / len(said) == pytest.approx(count / len(CORPUS), rel=0.2)


def test_the_same_key_says_the_same_and_another_something_else(chain):
    assert chain.speak(b"key", 500).tobytes() == chain.speak(b"key", 500).tobytes() != chain.speak(b"kez", 500).tobytes()


def test_a_chorus_is_its_voices_one_after_the_other(chain):
    assert chain.chorus(b"key", 1, 20_000).tobytes() == chain.speak(b"key", 20_000).tobytes()
    voices = chain.chorus(b"key", 3, 200).tobytes()
    for i in range(0, 600, 200):
        assert all(voices[at:at + 6] in COUNTS[6] for at in range(i, i + 194))


@pytest.mark.parametrize("seq", [3, 5, 6, 64])
def test_the_floor_is_the_cross_entropy_by_hand(chain, seq):
    text = chain.speak(b"another key", 64 * 30 + 1)
    rows = len(text) // (seq + 1)
    raw = [text[k * (seq + 1):(k + 1) * (seq + 1)].tobytes() for k in range(rows)]
    bits = [-math.log2(chance(row[:t + 1], row[t + 1])) for row in raw for t in range(seq)]
    assert chain.floor_bpb(text, seq) == pytest.approx(sum(bits) / len(bits), rel=1e-9)


def test_the_chain_itself_as_a_model_reaches_the_floor_and_nothing_else_does(chain, monkeypatch):
    rows = 32
    text = chain.speak(b"sample", rows * (prepare.MAX_SEQ_LEN + 1))
    monkeypatch.setattr(prepare, "read_text", {"sample": text}.__getitem__)
    monkeypatch.delenv("AUTORESEARCH_SEAL", raising=False)

    def model(x, blur=0.0):
        chances = [[[chance(bytes(row[:t + 1].tolist()), byte) for byte in range(256)] for t in range(len(row))] for row in x]
        return np.log(np.array(chances) * (1 - blur) + blur / 256 + 1e-30)

    floor = chain.floor_bpb(text, prepare.MAX_SEQ_LEN)
    assert prepare.evaluate_bpb(model, prepare.Tokenizer(), 32) == pytest.approx(floor, abs=1e-5)
    assert prepare.evaluate_bpb(lambda x: model(x, 0.01), prepare.Tokenizer(), 32) > floor + 0.01


def test_the_library_leaves_out_what_installers_write(tmp_path, monkeypatch):
    (tmp_path / "b.py").write_bytes(b"b" * (1 << 20))
    (tmp_path / "a.py").write_bytes(b"a")
    for name in ("_sysconfigdata__linux.py", "sitecustomize.py", "notes.txt"):
        (tmp_path / name).write_bytes(b"!")
    monkeypatch.setattr(maker.sysconfig, "get_paths", lambda: {"stdlib": str(tmp_path)})
    assert maker.read_library() == b"a" + b"b" * (1 << 20)


def test_a_library_without_sources_is_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(maker.sysconfig, "get_paths", lambda: {"stdlib": str(tmp_path)})
    with pytest.raises(SystemExit, match="install a full Python, or bring a text with --from FILE"):
        maker.read_library()


def test_who_knows_the_library_learns_the_text_no_better(monkeypatch):
    sys.path.insert(0, str(HARNESS))
    from seal.evaluation import ngrams
    train, asked = ((public_text() / f"{name}.bin").read_bytes() for name in ("train", "sample"))
    rows = len(asked) // (prepare.MAX_SEQ_LEN + 1)
    library = maker.read_library()
    counted, knowing, rebuilt = (
        ngrams.losses(text, asked, rows, prepare.MAX_SEQ_LEN).astype(np.float64).mean((1, 2)) for text in (train, train + library, library)
    )
    assert knowing.min() > counted.min() - 0.003, "counts of the library beside those of the training text"
    assert rebuilt.min() > counted.min() + 0.05, "counts of the library instead"
