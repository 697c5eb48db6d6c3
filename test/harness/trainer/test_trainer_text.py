"""A lane's text: the same for the same secret, whole or not there, and the validation part for nobody else's eyes."""
import hashlib
import json
import os
import shutil
import stat

import pytest

from cpu_trainer import prepare, public_text, run_prepare, run_train

SECRET, OTHER = b"0123456789abcdef0123456789abcdef", b"another secret of thirty-two byte"


@pytest.fixture(scope="module")
def lane(tmp_path_factory):
    """A lane with made text, for all to read, and what prepare.py said of it."""
    folder = tmp_path_factory.mktemp("lane")
    (folder / "secret").write_bytes(SECRET)
    run = run_prepare("--text", folder, "--sealed", folder / "sealed", "--secret-file", folder / "secret")
    assert run.returncode == 0, run.stderr
    (folder / "secret").unlink()
    return folder, json.loads(run.stdout)


@pytest.fixture
def make(tmp_path):
    """prepare.py for a lane in tmp_path, with a secret and further options."""
    def run(secret=SECRET, *options, lane="lane"):
        (tmp_path / "secret").write_bytes(secret)
        return run_prepare("--text", tmp_path / lane, "--sealed", tmp_path / lane / "sealed", "--secret-file", tmp_path / "secret", *options)
    return run


@pytest.fixture
def own(tmp_path):
    """A person's text of 150,000 different lines."""
    path = tmp_path / "book.txt"
    path.write_bytes(b"".join(b"line %d\n" % i for i in range(150_000)))
    return path


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_one_secret_makes_the_same_bytes_anywhere_and_another_no_file_of_them(make, lane, tmp_path):
    folder, said = lane
    assert json.loads(make(lane="b").stdout) == said != json.loads(make(OTHER, lane="c").stdout)
    a, b, c = contents(folder), contents(tmp_path / "b"), contents(tmp_path / "c")
    assert a == b
    assert list(a) == ["sealed/chances.bin", "sealed/meta.json", "sealed/reserve.bin", "sealed/val.bin", "text/meta.json", "text/sample.bin", "text/train.bin"]
    assert all(a[name] != c[name] for name in a)
    assert len(a["text/train.bin"]) == prepare.TRAIN_BYTES
    assert len(a["sealed/val.bin"]) == prepare.EVAL_TOKENS + 1
    assert a["sealed/val.bin"][:64] not in a["text/train.bin"] + a["text/sample.bin"]


def test_what_it_says_of_the_text_is_so(lane):
    folder, said = lane
    files = contents(folder)
    text, sealed = (json.loads(files[f"{part}/meta.json"]) for part in ("text", "sealed"))
    digest = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert text["train_sha256"] == digest["text/train.bin"]
    assert text["sample_sha256"] == digest["text/sample.bin"]
    assert sealed["sha256"] == digest["sealed/val.bin"]
    assert said == {
        "data_sha256": hashlib.sha256((text["train_sha256"] + sealed["sha256"]).encode()).hexdigest(),
        "floor_bpb": sealed["floor_bpb"], "corpus_sha256": hashlib.sha256(prepare.text_maker().read_library()).hexdigest(),
    }
    assert (text["schema"], sealed["schema"], sealed["eval_tokens"], sealed["seq"]) == (1, 1, prepare.EVAL_TOKENS, prepare.MAX_SEQ_LEN)
    assert 0.5 < sealed["floor_bpb"] < 2.0


def test_only_the_owner_may_look_into_the_sealed_folder(lane):
    sealed = lane[0] / "sealed"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [sealed, *sealed.iterdir()]}
    assert modes == {"sealed": 0o700, "val.bin": 0o600, "chances.bin": 0o600, "reserve.bin": 0o600, "meta.json": 0o600}


def test_a_second_call_touches_nothing(make, lane, tmp_path):
    shutil.copytree(lane[0], tmp_path / "lane")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "lane").rglob("*")}
    assert json.loads(make().stdout) == lane[1]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "lane").rglob("*")} == before


def no_corpus():
    raise AssertionError("the library was read again")


def test_a_lanes_text_stays_what_it_was_when_python_is_another(lane, monkeypatch):
    before = contents(lane[0])
    monkeypatch.setattr(prepare, "text_maker", no_corpus)
    assert prepare.make_text(lane[0] / "text", lane[0] / "sealed", SECRET)["data_sha256"] == lane[1]["data_sha256"]
    assert contents(lane[0]) == before


def test_training_text_that_belongs_to_other_validation_text_is_not_taken_for_whole(lane, tmp_path, monkeypatch):
    shutil.copytree(lane[0], tmp_path / "lane")
    text = json.loads((tmp_path / "lane/text/meta.json").read_text())
    (tmp_path / "lane/text/train.bin").write_bytes(b"foreign")
    text["train_sha256"] = hashlib.sha256(b"foreign").hexdigest()
    (tmp_path / "lane/text/meta.json").write_text(json.dumps(text | {"recipe": "another"}))
    prepare.make_text(tmp_path / "lane/text", tmp_path / "lane/sealed", SECRET)
    assert contents(tmp_path / "lane") == contents(lane[0])


def test_ones_own_text_may_go_away_but_not_change_under_a_lane(make, own, tmp_path):
    first = make(SECRET, "--from", own)
    own.rename(tmp_path / "put away")
    assert make(SECRET, "--from", own).stdout == make(SECRET).stdout == first.stdout
    own.write_bytes(b"other text, as long as need be" * 10_000)
    changed = make(SECRET, "--from", own)
    assert changed.returncode == 1
    assert "begin a new lane" in changed.stderr


@pytest.mark.parametrize("name", ["text/train.bin", "text/sample.bin", "text/meta.json", "sealed/val.bin", "sealed/meta.json"])
@pytest.mark.parametrize("harm", ["gone", "cut", "changed"])
def test_what_is_broken_is_made_again(make, own, tmp_path, name, harm):
    assert make(SECRET, "--from", own).returncode == 0
    whole = contents(tmp_path / "lane")
    path = tmp_path / "lane" / name
    damage = {"gone": None, "cut": whole[name][:-5], "changed": b"~" + whole[name][1:]}[harm]
    path.unlink() if damage is None else path.write_bytes(damage)
    assert make(SECRET, "--from", own).returncode == 0
    assert contents(tmp_path / "lane") == whole


def test_an_interruption_at_any_write_leaves_nothing_that_passes_for_whole(tmp_path, monkeypatch, own):
    renamed, rename = 0, os.rename
    prepare.make_text(tmp_path / "whole/text", tmp_path / "whole/sealed", SECRET, own)
    for limit in range(5):
        folder = tmp_path / f"after {limit}"

        def rename_until_the_limit(source, target):
            nonlocal renamed
            if renamed == limit:
                raise KeyboardInterrupt
            renamed += 1
            rename(source, target)

        renamed = 0
        monkeypatch.setattr(prepare.os, "rename", rename_until_the_limit)
        with pytest.raises(KeyboardInterrupt):
            prepare.make_text(folder / "text", folder / "sealed", SECRET, own)
        assert renamed == limit == len(contents(folder)), "no temporary file stays"
        monkeypatch.setattr(prepare.os, "rename", rename)
        prepare.make_text(folder / "text", folder / "sealed", SECRET, own)
        assert contents(folder) == contents(tmp_path / "whole")


@pytest.mark.parametrize(("harm", "sentence"), [
    (lambda folder: (folder / "train.bin").write_bytes(b"x" * 10_000), "train.bin is not what it was when it was made"),
    (lambda folder: (folder / "train.bin").unlink(), "The text cannot be read"),
    (lambda folder: (folder / "meta.json").write_text("{"), "holds no text with a readable meta.json"),
    (shutil.rmtree, "holds no text with a readable meta.json"),
])
def test_a_run_on_a_broken_text_ends_with_what_to_do(tmp_path, harm, sentence):
    folder = tmp_path / "text"
    shutil.copytree(public_text(), folder)
    harm(folder)
    run = run_train(tmp_path, AUTORESEARCH_TEXT=str(folder))
    said = run.stderr.decode()
    assert run.returncode == 1
    assert sentence in said and "make it again with prepare.py" in said and "Traceback" not in said


def test_of_ones_own_text_the_last_tenth_is_held_out(make, own, tmp_path):
    said = json.loads(make(SECRET, "--from", own).stdout)
    text, files = own.read_bytes(), contents(tmp_path / "lane")
    held = len(text) - len(text) // 10
    public = files["text/train.bin"] + files["text/sample.bin"]
    assert public == text[:held]
    meta = json.loads(files["sealed/meta.json"])
    asked, kept = blocks(files["sealed/val.bin"]), blocks(files["sealed/reserve.bin"], meta["reserve_rows"])
    assert len(asked + kept) == len(set(asked + kept)) and all(block in text[held:] for block in asked + kept)
    replayed = json.loads(make(SECRET, "--from", own, "--unseen", lane="replay").stdout)
    unseen = blocks(contents(tmp_path / "replay")["sealed/val.bin"])
    assert len(unseen) * prepare.BLOCK_ROWS == meta["reserve_rows"] and not set(unseen) & set(asked + kept)
    assert all(block in text[held:] for block in unseen) and replayed["data_sha256"] != said["data_sha256"]
    assert contents(tmp_path / "replay")["text/train.bin"] == files["text/train.bin"]
    assert meta["source"] == str(own.resolve())
    assert meta["eval_tokens"] == (len(files["sealed/val.bin"]) - 1) // 64 * 64
    assert said["floor_bpb"] is None
    assert said["corpus_sha256"] == hashlib.sha256(text).hexdigest()


def blocks(content, rows=None):
    """The blocks of a held-out text, each of some rows that lie together; `rows`: it is in parts of so many and a symbol."""
    size, part = prepare.BLOCK_ROWS * 64, (rows * 64 + 1 if rows else len(content))
    parts = [content[start : start + part - 1] for start in range(0, len(content), part)]
    return [one[at : at + size] for one in parts for at in range(0, len(one), size)]


def test_a_text_too_short_for_unseen_parts_has_none_and_says_so_where_one_is_asked_for(make, tmp_path):
    (tmp_path / "short.txt").write_bytes(b"".join(b"line %d\n" % i for i in range(30_000)))
    make(SECRET, "--from", tmp_path / "short.txt")
    assert "sealed/reserve.bin" not in contents(tmp_path / "lane")
    refused = make(SECRET, "--from", tmp_path / "short.txt", "--unseen", lane="replay")
    assert refused.returncode == 1 and "replay without --unseen" in refused.stderr


def test_a_replays_text_is_of_the_same_chain_and_asked_of_no_run(make, lane, tmp_path):
    make(SECRET, "--unseen", lane="replay")
    files, there = contents(tmp_path / "replay"), contents(lane[0])
    assert files["text/train.bin"] == there["text/train.bin"]
    assert files["sealed/val.bin"] != there["sealed/val.bin"]
    assert files["sealed/val.bin"][:64] not in there["sealed/reserve.bin"]


def test_ones_own_text_trains_and_is_evaluated(make, own, tmp_path):
    make(SECRET, "--from", own)
    run = run_train(tmp_path, AUTORESEARCH_TEXT=str(tmp_path / "lane/text"))
    assert run.returncode == 0
    assert b"\nval_bpb:          " in run.stdout


@pytest.mark.parametrize(("prepare_lane", "options", "code", "sentence"), [
    (lambda lane: None, ["--from", "missing.txt"], 1, "missing.txt"),
    (lambda lane: (lane / "short.txt").write_bytes(b"too short"), ["--from", "short.txt"], 1, "bring at least"),
    (lambda lane: (lane / "text").write_bytes(b"a file where the folder belongs"), [], 1, "name a folder that can be written"),
])
def test_what_cannot_be_made_is_said_in_a_sentence(tmp_path, prepare_lane, options, code, sentence):
    (tmp_path / "secret").write_bytes(SECRET)
    prepare_lane(tmp_path)
    options = [tmp_path / option if option.endswith(".txt") else option for option in options]
    run = run_prepare("--text", tmp_path, "--sealed", tmp_path / "sealed", "--secret-file", tmp_path / "secret", *options)
    assert (run.returncode, run.stdout) == (code, "")
    assert sentence in run.stderr and "Traceback" not in run.stderr
    assert not (tmp_path / "sealed/meta.json").exists()


@pytest.mark.parametrize(("secret", "sentence"), [(b"", "has at least 16"), (b"short", "has at least 16")])
def test_a_secret_that_could_be_guessed_is_refused(make, secret, sentence):
    run = make(secret)
    assert run.returncode == 1
    assert sentence in run.stderr


@pytest.mark.parametrize("options", [["--text", "t"], ["--sealed", "s"], ["--text", "t", "--sealed", "s"], ["--from", "f"], ["--nonsense"]])
def test_half_a_command_line_is_a_usage_error(options):
    run = run_prepare(*options)
    assert run.returncode == 2
    assert "usage:" in run.stderr


def test_by_hand_the_text_comes_into_the_cache_and_train_finds_it_there(tmp_path):
    where = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    made = run_prepare(**where)
    assert made.returncode == 0
    assert f"{tmp_path}/cache/autoresearch/cpu" in made.stdout
    before = contents(tmp_path / "cache")
    assert run_train(tmp_path, AUTORESEARCH_TEXT=None, **where).returncode == 0
    assert contents(tmp_path / "cache") == before
