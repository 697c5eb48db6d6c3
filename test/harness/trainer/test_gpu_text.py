"""The GPU trainer's text: the same for the same secret, counted in true bytes, and divided so that nothing is on both sides."""
import collections
import hashlib
import json
import math
import shutil
import stat

import numpy as np
import pytest

from gpu_trainer import LIBRARY, OTHER, SECRET, SMALL, contents, make, prepare
from seal.evaluation.dataset import BadDataset, read_dataset


@pytest.fixture(scope="module")
def library():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "read_library", lambda: LIBRARY)
        yield


@pytest.fixture(scope="module")
def lane(tmp_path_factory, library):
    """A lane with made text, for all to read, and the sealed meta."""
    folder = tmp_path_factory.mktemp("lane")
    return folder, make(folder)


@pytest.fixture
def own(tmp_path):
    """A person's text: 2,000 stories of a line each, some of them twice, and a book."""
    folder = tmp_path / "own"
    folder.mkdir()
    stories = [f"Story {i % 1900}: the {'fox' * (i % 5)} saw {i % 1900 * 7919} häuser – and left.\n" * 3 for i in range(2000)]
    (folder / "a.jsonl").write_text("".join(json.dumps({"text": story}) + "\n" for story in stories))
    (folder / "b.txt").write_text("".join(f"line {i} of the book\n" for i in range(9000)))
    return folder, set(stories)


def ids(folder, name):
    return np.fromfile(folder / f"{name}.bin", "<u2").astype(np.int64)


def test_one_secret_makes_the_same_bytes_and_another_only_other_validation(lane, library, tmp_path):
    make(tmp_path / "b")
    make(tmp_path / "c", OTHER)
    a, b, c = contents(lane[0]), contents(tmp_path / "b"), contents(tmp_path / "c")
    assert a == b
    assert sorted(a) == sorted([*(f"text/{name}" for name in ("meta.json", "sample.bin", "tokenizer.json", "train.bin", "widths.bin")),
                                *(f"sealed/{name}" for name in ("meta.json", "val.bin", "widths.bin"))])
    assert {name for name in a if a[name] != c[name]} == {"sealed/meta.json", "sealed/val.bin"}


def test_what_it_says_of_the_text_is_so_and_the_supervisor_reads_it(lane):
    folder, meta = lane
    files = contents(folder)
    digest = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert meta["data_sha256"] == hashlib.sha256("".join(
        digest[name] for name in ("text/train.bin", "sealed/val.bin", "sealed/widths.bin")).encode()).hexdigest()
    read = read_dataset(str(folder / "text"), str(folder / "sealed"))
    assert (read.vocab, read.seq, read.rows, read.data_sha256) == (SMALL["vocab"], SMALL["seq"], SMALL["eval_rows"], meta["data_sha256"])
    assert len(files["sealed/val.bin"]) == len(files["text/sample.bin"]) == 2 * (SMALL["eval_rows"] * SMALL["seq"] + 1)
    assert read.widths == files["text/widths.bin"]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder / "sealed", *(folder / "sealed").iterdir()]}
    assert modes == {"sealed": 0o700, "val.bin": 0o600, "meta.json": 0o600, "widths.bin": 0o600}


def test_ids_stand_for_the_documents_byte_for_byte(lane, monkeypatch):
    monkeypatch.setenv("AUTORESEARCH_TEXT", str(lane[0] / "text"))
    said = prepare.Chain(LIBRARY).documents(b"autoresearch train", SMALL["documents"])
    train, widths = ids(lane[0] / "text", "train"), ids(lane[0] / "text", "widths")
    mark = SMALL["vocab"] - 1
    starts = [*np.flatnonzero(train == mark), len(train)]
    tokenizer = prepare.Tokenizer(None, SMALL["vocab"])
    assert len(starts) - 1 == len(said)
    for first, end, document in zip(starts, starts[1:], said, strict=False):
        assert tokenizer.decode(train[first:end].tolist()).encode() == document
        assert widths[train[first:end]].sum() == len(document)


@pytest.mark.parametrize("text", ["plain words", "häuser – 😀\n\tx", "\x00\x7f", "<|document|>", "日本語のテキスト", " leading and trailing  "])
def test_every_text_comes_back_and_its_bytes_are_counted_truly(lane, monkeypatch, text):
    monkeypatch.setenv("AUTORESEARCH_TEXT", str(lane[0] / "text"))
    tokenizer = prepare.Tokenizer(None, SMALL["vocab"])
    numbers = tokenizer.encode(text)
    assert tokenizer.decode(numbers) == text
    assert ids(lane[0] / "text", "widths")[numbers].sum() == len(text.encode())


def test_the_floor_is_the_cross_entropy_by_hand(lane):
    chain, order = prepare.Chain(LIBRARY), prepare.ORDER
    documents = chain.documents(b"another key", 2)
    ring = LIBRARY + LIBRARY[:order]
    seen = collections.Counter(ring[i:i + order + 1] for i in range(len(LIBRARY)))
    before = collections.Counter(ring[i:i + order] for i in range(len(LIBRARY)))
    bits = [-math.log2(seen[d[i:i + order + 1]] / before[d[i:i + order]]) for d in documents for i in range(len(d) - order)]
    assert chain.floor_bpb(documents) == pytest.approx(sum(bits) / len(bits), rel=1e-9)


def test_documents_of_ones_own_are_divided_and_none_is_on_both_sides(own, tmp_path):
    folder, stories = own
    meta = make(tmp_path / "lane", own=folder, shape=SMALL | {"eval_rows": 16})
    train, sample, held = prepare.divided(prepare.own_files(folder), SECRET, 16, SMALL["seq"])
    parts = [{document.decode() for document in part} for part in (train, sample, held)]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    assert stories <= parts[0] | parts[1] | parts[2]
    assert sum(map(len, train)) > 0.8 * sum(map(len, train + sample + held))
    assert max(map(len, train + sample + held)) <= 4 * prepare.DOCUMENT_BYTES
    assert b"".join(d for d in train + sample + held if d.startswith(b"line")).count(b"\n") == 9000
    assert meta["source"] == str(folder.resolve()) and meta["floor_bpb"] is None
    another = prepare.divided(prepare.own_files(folder), OTHER, 16, SMALL["seq"])[2]
    assert set(another) != set(held), "which documents are held out is as secret as the secret"


def test_ones_own_text_is_not_changed_under_a_lane(own, tmp_path):
    shape = SMALL | {"eval_rows": 16}
    first = make(tmp_path / "lane", own=own[0], shape=shape)
    (own[0] / "a.jsonl").unlink()
    assert make(tmp_path / "lane", own=own[0], shape=shape) == make(tmp_path / "lane", shape=shape) == first
    with pytest.raises(SystemExit, match="begin a new lane"):
        make(tmp_path / "lane", own=own[0] / "b.txt", shape=shape)


@pytest.mark.parametrize(("name", "content", "sentence"), [
    ("short.txt", b"too short", "bring more, or make a smaller text"), ("x.pdf", b"%PDF", "whose names end in .txt, .jsonl, .parquet"),
    ("t.parquet", b"PAR1", "uv sync --group parquet"),
])
def test_a_text_that_cannot_be_taken_is_refused_with_what_to_do(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit, match=sentence):
        make(tmp_path / "lane", own=tmp_path / name)
    assert not (tmp_path / "lane").exists()


BROKEN = ["text/train.bin", "text/sample.bin", "text/widths.bin", "text/meta.json", "sealed/val.bin", "sealed/widths.bin", "sealed/meta.json"]


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("harm", ["gone", "cut", "changed"])
def test_what_is_broken_is_refused_and_made_again(lane, tmp_path, name, harm):
    shutil.copytree(lane[0], tmp_path / "lane")
    whole, path = contents(lane[0]), tmp_path / "lane" / name
    damage = {"gone": None, "cut": whole[name][:-5], "changed": b"~" + whole[name][1:]}[harm]
    path.unlink() if damage is None else path.write_bytes(damage)
    if name not in ("text/sample.bin", "text/widths.bin"):  # The supervisor measures with neither of them.
        with pytest.raises(BadDataset, match="make the text again"):
            read_dataset(str(tmp_path / "lane/text"), str(tmp_path / "lane/sealed"))
    make(tmp_path / "lane")
    assert contents(tmp_path / "lane") == whole


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"vocab": 256}, "vocab is 256"), ({"vocab": True}, "vocab is True"), ({"vocab": 70_000}, "vocab is 70000"), ({"vocab": 301}, "for 301 tokens"),
    ({"eval_tokens": 32 * 32 + 1}, "eval_tokens is 1025"), ({"seq": 8192, "vocab": 300}, "seq is 8192"),
])
def test_a_meta_that_does_not_fit_its_text_is_refused(lane, tmp_path, changes, sentence):
    shutil.copytree(lane[0], tmp_path / "lane")
    path = tmp_path / "lane/sealed/meta.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(BadDataset, match=sentence):
        read_dataset(str(tmp_path / "lane/text"), str(tmp_path / "lane/sealed"))
