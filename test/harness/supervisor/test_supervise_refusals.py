"""What the supervisor refuses to measure, and that it says what to do about it."""
import os
import shutil
import sys

import pytest

from supervised import HONEST, NONCE, make_lane, make_run, outcome, supervise

LANDLOCK = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Landlock is Linux's")


@pytest.mark.parametrize("changes, said", [
    ({"schema": 2}, "schema 1"), ({"nonce": "short"}, "32 hex"), ({"nonce": None}, "32 hex"), ({"seed": "7"}, "seed"),
    ({"seed": None}, "seed"), ({"clock": "sundial"}, "cpu, wall, virtual"), ({"requireSealed": "yes"}, "requireSealed"),
    ({"clocks": None}, "clocks"), ({"clocks": {"budgetSeconds": 0, "startSeconds": 1, "wallSeconds": 1}}, "budgetSeconds"),
    ({"clocks": {"budgetSeconds": 1, "startSeconds": 1, "wallSeconds": True}}, "wallSeconds"),
])
def test_an_intent_it_does_not_understand_is_refused(tmp_path, changes, said):
    result, log = outcome(tmp_path, HONEST, **changes)
    assert (result["status"], result["reason"]) == ("refused", "setup"), log
    assert said in result["sentence"]
    assert result["nonce"] == (NONCE if changes.get("nonce", NONCE) == NONCE and changes.get("schema", 1) == 1 else "0" * 32)


def spoil(path, change):
    def apply(text, sealed, run):
        place = {"text": text, "sealed": sealed, "run": run}[path.split("/")[0]] / path.split("/", 1)[1]
        change(place)
    return apply


def flip(place):
    content = bytearray(place.read_bytes())
    content[1000] ^= 1
    place.write_bytes(content)


@pytest.mark.parametrize("harm, said", [
    (spoil("text/train.bin", flip), "train.bin is not what it was"),
    (spoil("sealed/val.bin", flip), "val.bin is not what it was"),
    (spoil("text/train.bin", os.unlink), "train.bin cannot be read"),
    (spoil("sealed/val.bin", os.unlink), "val.bin cannot be read"),
    (spoil("sealed/meta.json", os.unlink), "meta.json of the sealed text"),
    (spoil("text/meta.json", lambda place: place.write_text("{")), "meta.json of the text text"),
    (spoil("sealed/meta.json", lambda place: place.write_text('{"schema": 1}')), "val.bin is not what it was"),
    (spoil("run/work/train.py", os.unlink), "train.py cannot be read"),
    (spoil("run/result", lambda place: os.chmod(place, 0o755)), "chmod 700"),
])
def test_what_is_broken_before_the_start_is_refused_with_what_to_do(tmp_path, harm, said):
    text, sealed = make_lane(tmp_path)
    run = make_run(tmp_path)
    harm(text, sealed, run)
    code, result, log = supervise(run, text=text, sealed=sealed)
    assert (code, result["status"], result["reason"]) == (0, "refused", "setup"), log
    assert said in log and "[supervisor: refused: setup: " in log
    assert said[:30] in result["sentence"]


def test_a_missing_harness_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    code, result, log = supervise(make_run(tmp_path), harness=tmp_path / "empty")
    assert (result["status"], result["reason"]) == ("refused", "setup")
    assert "prepare.py cannot be read" in result["sentence"]


def test_a_run_directory_without_result_is_said_on_stderr(tmp_path):
    run = make_run(tmp_path)
    os.rmdir(run / "result")
    code, result, said = supervise(run)
    assert (code, result) == (2, None)
    assert "result/ directory of mode 700" in said


def test_a_run_that_must_be_sealed_is_refused_without_confinement(tmp_path):
    result, log = outcome(tmp_path, HONEST, "--confine", "none", requireSealed=True)
    assert (result["status"], result["reason"], result["sealed"]) == ("refused", "unsealed", "none")
    (tmp_path / "b").mkdir()
    result, log = outcome(tmp_path / "b", HONEST, "--confine", "none")
    assert (result["status"], result["sealed"]) == ("finished", "none")


@LANDLOCK
def test_validation_text_where_the_child_may_read_is_refused(tmp_path):
    text, sealed = make_lane(tmp_path)
    inside = text / "sealed"
    shutil.move(sealed, inside)
    code, result, log = supervise(make_run(tmp_path, requireSealed=True), "--confine", "landlock", text=text, sealed=inside)
    if os.geteuid() == 0 and result["status"] == "finished":
        assert result["sealed"] == "landlock"  # A uid of its own is kept out by the file's mode as well.
        return
    assert (result["status"], result["reason"]) == ("refused", "unsealed"), log
    assert "train.py could open" in log


@LANDLOCK
def test_a_text_whose_original_the_child_could_read_is_refused(tmp_path):
    for name, folder in (("hidden", tmp_path), ("open", tmp_path / "lane" / "text")):
        base = tmp_path / "lane"
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir()
        book = folder / f"{name}.txt"
        text, sealed = make_lane(base, source=str(book))
        book.write_text("the whole text")
        (tmp_path / name).mkdir()
        code, result, log = supervise(make_run(tmp_path / name), text=text, sealed=sealed)
        assert (result["status"], result["reason"]) == (("finished", "") if name == "hidden" else ("refused", "unsealed")), log
    assert "move it elsewhere" in log
