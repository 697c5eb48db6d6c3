"""The GPU trainer's text: the same for the same secret, counted in true bytes, and divided so that nothing is on both sides."""
import collections
import hashlib
import json
import math
import shutil
import stat
import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from gpu_trainer import LIBRARY, OTHER, SECRET, SMALL, contents, make, prepare
from seal.evaluation.dataset import BadDataset, read_dataset


@pytest.fixture(scope="module")
def library():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare.text_maker(), "read_library", lambda: LIBRARY)
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


def test_one_secret_makes_the_same_bytes_and_another_no_file_of_them(lane, library, tmp_path):
    make(tmp_path / "b")
    make(tmp_path / "c", OTHER)
    a, b, c = contents(lane[0]), contents(tmp_path / "b"), contents(tmp_path / "c")
    assert a == b
    assert sorted(a) == sorted([*(f"text/{name}" for name in ("meta.json", "sample.bin", "tokenizer.json", "train.bin", "widths.bin")),
                                *(f"sealed/{name}" for name in ("meta.json", "reserve.bin", "val.bin", "widths.bin"))])
    assert all(a[name] != c[name] for name in a)


def test_what_it_says_of_the_text_is_so_and_the_supervisor_reads_it(lane):
    folder, meta = lane
    files = contents(folder)
    digest = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert meta["data_sha256"] == hashlib.sha256("".join(
        digest[name] for name in ("text/train.bin", "sealed/val.bin", "sealed/widths.bin")).encode()).hexdigest()
    read = read_dataset(str(folder / "text"), str(folder / "sealed"))
    assert (read.vocab, read.seq, read.rows, read.data_sha256) == (SMALL["vocab"], SMALL["seq"], SMALL["eval_rows"] - 1, meta["data_sha256"])
    assert len(files["sealed/val.bin"]) == len(files["text/sample.bin"]) == 2 * (SMALL["eval_rows"] * SMALL["seq"] + 1)
    assert read.widths == files["text/widths.bin"]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder / "sealed", *(folder / "sealed").iterdir()]}
    assert modes == {"sealed": 0o700, "val.bin": 0o600, "meta.json": 0o600, "reserve.bin": 0o600, "widths.bin": 0o600}


def test_ids_stand_for_the_documents_byte_for_byte(lane, monkeypatch):
    monkeypatch.setenv("AUTORESEARCH_TEXT", str(lane[0] / "text"))
    length = prepare.DOCUMENT_BYTES
    chain = prepare.text_maker().of_secret(LIBRARY, SECRET, SMALL["documents"] * length)
    said = chain.documents(b"autoresearch train " + SECRET, SMALL["documents"], length)
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
    maker = prepare.text_maker()
    order = maker.ORDER
    chain = maker.Chain(LIBRARY, order)
    documents = chain.documents(b"another key", 2, 1 << 14)
    ring = LIBRARY + LIBRARY[:order]
    seen = collections.Counter(ring[i:i + order + 1] for i in range(len(LIBRARY)))
    before = collections.Counter(ring[i:i + order] for i in range(len(LIBRARY)))
    bits = [-math.log2(seen[d[i:i + order + 1]] / before[d[i:i + order]]) for d in documents for i in range(len(d) - order)]
    assert chain.floor_bpb(documents) == pytest.approx(sum(bits) / len(bits), rel=1e-9)


def test_documents_of_ones_own_are_divided_and_none_is_on_both_sides(own, tmp_path):
    folder, stories = own
    meta = make(tmp_path / "lane", own=folder, shape=SMALL | {"eval_rows": 16})
    division = prepare.Division(prepare.own_files(folder), SECRET, 16, SMALL["seq"])
    train, sample, held, kept = list(division), division.sample, division.held_out, division.reserve
    assert list(division) == train, "it is gone through once for the tokenizer and once for the ids"
    parts = [{document.decode() for document in part} for part in (train, sample, held, kept)]
    assert sum(map(len, parts)) == len(set().union(*parts))
    assert stories <= set().union(*parts) and kept
    assert sum(map(len, train)) > 0.8 * sum(map(len, train + sample + held))
    assert max(map(len, train + sample + held + kept)) <= 4 * prepare.DOCUMENT_BYTES
    assert b"".join(d for d in train + sample + held + kept if d.startswith(b"line")).count(b"\n") == 9000
    assert meta["source"] == str(folder.resolve()) and meta["floor_bpb"] is None
    another = prepare.Division(prepare.own_files(folder), OTHER, 16, SMALL["seq"]).held_out
    assert set(another) != set(held), "which documents are held out is as secret as the secret"


def test_ones_own_text_is_not_changed_under_a_lane(own, tmp_path):
    shape = SMALL | {"eval_rows": 16}
    first = make(tmp_path / "lane", own=own[0], shape=shape)
    (own[0] / "a.jsonl").unlink()
    assert make(tmp_path / "lane", own=own[0], shape=shape) == make(tmp_path / "lane", shape=shape) == first
    with pytest.raises(SystemExit, match="begin a new lane"):
        make(tmp_path / "lane", own=own[0] / "b.txt", shape=shape)


def shard(**columns):
    """A .parquet of these columns, as bytes."""
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), sink, row_group_size=100)
    return sink.getvalue().to_pybytes()


WHOLE = shard(text=[f"{i} " * 50 for i in range(1000)])
ERROR_PAGE = b"\n<!DOCTYPE html><html><body>429 Too Many Requests</body></html>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 90000000\n"


@pytest.mark.parametrize(("name", "content", "sentence"), [
    ("short.txt", b"too short", r"has 9 bytes, .* Bring more, or make a smaller text"),
    ("x.pdf", b"%PDF", r"holds no text: bring a file, or a folder of files, whose names end in \.txt, \.jsonl, \.parquet"),
    ("empty.txt", b"", r"empty\.txt is empty: take it away, or download it again"),
    ("empty.parquet", b"", r"empty\.parquet is empty: take it away, or download it again"),
    ("page.parquet", ERROR_PAGE, r"page\.parquet is a web page.*: check the address, and download the file again"),
    ("page.jsonl", ERROR_PAGE, r"page\.jsonl is a web page.*: check the address, and download the file again"),
    ("pointer.parquet", POINTER, r"only says where Git LFS keeps the file: run `git lfs pull`"),
    ("noise.parquet", b"PAR1" + bytes(90) + b"PAR1", r"is broken or cut short after row 0 .*: download it again, and compare its sha256"),
    ("cut.parquet", WHOLE[:-300], r"is broken or cut short after row 0 .*: download it again, and compare its sha256"),
    ("torn.parquet", WHOLE[:200] + b"\xff" * 400 + WHOLE[600:], r"is broken or cut short after row \d+ .*: download it again, and compare its sha256"),
    ("none.parquet", shard(text=pa.array([], pa.string())), r"holds no documents: take it away, or download it again"),
    ("other.parquet", shard(content=["a"], url=["b"]), r"has no column `text` but content, url: rename the one that holds the documents"),
    ("null.parquet", shard(text=["a"] * 1500 + [None]), r"row 1,501 of .*null\.parquet has no text under `text` but None: leave out what has none"),
    ("number.parquet", shard(text=[7, 8]), r"row 1 of .*number\.parquet has no text under `text` but 7: leave out what has none"),
    ("null.jsonl", b'{"text": "a"}\n\n{"text": null}\n', r"line 3 of .*null\.jsonl has no text under `text` but None: leave out what has none"),
    ("other.jsonl", b'{"content": "a"}\n', r'line 1 of .*other\.jsonl is no object with a `text`: write each document as \{"text": "\.\.\."\}'),
    ("list.jsonl", b'["a"]\n', r"line 1 of .*list\.jsonl is no object with a `text`: write each document as"),
    ("cut.jsonl", b'{"text": "a"}\n{"text": "b', r"line 2 of .*cut\.jsonl is not JSON .*: write one object a line, or download the file again"),
    ("bytes.jsonl", b'{"text": "\xff"}\n', r"line 1 of .*bytes\.jsonl is not JSON .*: write one object a line"),
    ("blank.jsonl", b"\n \n", r"is empty: take it away|holds no documents: take it away"),
])
def test_a_text_that_cannot_be_taken_is_refused_with_what_to_do(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit, match=sentence) as refused:
        make(tmp_path / "lane", own=tmp_path / name)
    assert str(refused.value).endswith(".") and not (tmp_path / "lane").exists()


def test_parquet_without_what_reads_it_is_refused_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "t.parquet").write_bytes(WHOLE)
    with pytest.raises(SystemExit, match="uv sync --group parquet"):
        make(tmp_path / "lane", own=tmp_path / "t.parquet")


def test_shards_of_parquet_give_the_text_that_the_same_lines_give(own, tmp_path):
    lines = [json.loads(line)["text"] for line in (own[0] / "a.jsonl").read_text().splitlines()]
    (tmp_path / "shards").mkdir()
    for number, first in enumerate(range(0, 2000, 1000)):
        (tmp_path / "shards" / f"shard_0000{number}.parquet").write_bytes(shard(text=lines[first : first + 1000]))
    (own[0] / "b.txt").unlink()
    shape = SMALL | {"eval_rows": 8}
    metas = [make(tmp_path / str(number), own=folder, shape=shape) for number, folder in enumerate((own[0], tmp_path / "shards"))]
    assert metas[0]["data_sha256"] == metas[1]["data_sha256"]


def test_the_public_sample_stays_small_where_much_is_evaluated(own, tmp_path, monkeypatch):
    monkeypatch.setattr(prepare, "SAMPLE_ROWS", 4)
    meta = make(tmp_path, own=own[0], shape=SMALL | {"eval_rows": 16})
    assert (meta["eval_tokens"], len(ids(tmp_path / "text", "sample"))) == (16 * SMALL["seq"], 4 * SMALL["seq"] + 1)


def test_what_is_made_up_is_said_to_be_no_language_and_ones_own_is_not(library, own, tmp_path, capsys):
    make(tmp_path / "made")
    assert "it is no language" in capsys.readouterr().err
    make(tmp_path / "own", own=own[0], shape=SMALL | {"eval_rows": 16})
    assert capsys.readouterr().err == ""
    assert [json.loads((tmp_path / name / "text/meta.json").read_text())["made_up"] for name in ("made", "own")] == [True, False]


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
