"""Machines that lack something: the supervisor says what it could not do, seals less or refuses, and invents nothing."""
import json
import os
import shutil
import subprocess
import sys

import pytest

from supervised import HARNESS, command, in_namespace, lane, make_run, supervise

from seal.confine import landlock, levels, seccomp, visible

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


@pytest.mark.parametrize("abi, filtered, uid, root, contained, best, said", [
    (7, True, None, False, False, ["landlock"], "only root can give"),
    (7, True, 70000, True, False, ["landlock", "landlock", "uid"], None),
    (6, True, None, True, False, ["landlock"], "lacks the capabilities"),
    (0, True, None, False, False, [], "no Landlock"),
    (0, True, 70000, True, False, ["uid"], "no Landlock"),
    (0, False, None, True, False, [], "lacks the capabilities"),
    (5, True, None, False, False, [], "ABI 5 cannot keep signals"),
    (5, True, 70000, True, False, ["uid"], "ABI 5 cannot keep signals"),
    (5, True, None, False, True, ["landlock"], None),
    (2, True, None, False, True, [], "ABI 2 cannot keep signals"),
    (7, False, None, False, False, [], "no seccomp"),
    (7, False, 70000, True, False, ["uid"], "no seccomp"),
])
def test_the_ways_to_confine_follow_from_what_there_is(monkeypatch, abi, filtered, uid, root, contained, best, said):
    monkeypatch.setattr(landlock, "abi", lambda: abi)
    monkeypatch.setattr(seccomp, "works", lambda: filtered)
    monkeypatch.setattr(levels, "own_uid", lambda: uid)
    monkeypatch.setattr(visible, "CONTAINED", contained)
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(sys, "platform", "linux")
    found, missing = levels.candidates()
    assert [confinement.level for confinement in found] == best
    assert [confinement.uid for confinement in found] == [uid if confinement.level == "uid" or (i == 0 and uid) else None for i, confinement in enumerate(found)]
    assert all(confinement.filtered for confinement in found if confinement.level == "landlock")
    assert (said is None) or any(said in sentence for sentence in missing)


def test_nothing_but_none_is_left_where_this_is_not_linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    found, missing = levels.candidates()
    assert found == [] and any("no Landlock" in sentence for sentence in missing)


def test_a_weaker_confinement_can_be_asked_for_but_no_stronger_one_is_tried(monkeypatch):
    monkeypatch.setattr(landlock, "abi", lambda: 7)
    monkeypatch.setattr(seccomp, "works", lambda: True)
    monkeypatch.setattr(levels, "own_uid", lambda: 70000)
    assert [confinement.level for confinement in levels.candidates("uid")[0]] == ["uid"]
    assert levels.candidates("none")[0] == []


def test_the_childs_view_holds_neither_our_code_nor_the_root(tmp_path):
    seen = dict(visible.rules(visible.Paths("/w", ("/h", "/t"), ())))
    assert seen["/w"] & landlock.WRITE_FILE and not seen["/h"] & landlock.WRITE_FILE
    assert not {"/", "/home", "/tmp", "/etc", "/dev", str(HARNESS), os.path.expanduser("~")} & set(seen)
    writable = {path for path, rights in seen.items() if rights & (landlock.WRITE_FILE | landlock.MAKE_REG)}
    assert writable <= {"/w", "/dev/null", f"/proc/{os.getpid()}/task"} | {path for path in seen if path.startswith("/dev/nvidia")}


@LINUX
def test_a_nearly_full_disk_is_said_and_not_blamed_on_train_py(tmp_path):
    lane()
    run = make_run(tmp_path, "import time; time.sleep(300)")
    disk = tmp_path / "disk"
    disk.mkdir()
    moved = disk / "run"
    ended = in_namespace('mount -t tmpfs -o size=4m none "$1"; cp -a "$2" "$1"; shift 2; "$@"; cat "$PLACE/result/result.json"'
                         .replace("$PLACE", str(moved)), disk, run, *command(moved))
    result = json.loads(ended.stdout)
    assert (result["status"], result["reason"]) == ("refused", "disk")
    assert "free some" in result["sentence"]


@LINUX
def test_a_full_disk_is_said_before_anything_starts(tmp_path):
    lane()
    run = make_run(tmp_path)
    disk = tmp_path / "disk"
    disk.mkdir()
    ended = in_namespace('mount -t tmpfs -o size=64k none "$1"; cp -a "$2" "$1"; cat /dev/zero > "$1/filler" 2>/dev/null || true; '
                         'shift 2; "$@" || echo "code $?"', disk, run, *command(disk / "run"))
    assert "code 2" in ended.stdout
    assert "No space left on device" in ended.stderr and "some space" in ended.stderr


@LINUX
def test_neither_a_home_nor_shared_memory_is_needed(tmp_path):
    lane()
    run = make_run(tmp_path)
    ended = in_namespace('mount -t tmpfs -o ro none /dev/shm; export HOME=/nonexistent; "$@"', *command(run))
    assert ended.returncode == 0, ended.stderr
    assert json.loads((run / "result" / "result.json").read_text())["status"] == "finished"


def test_a_log_that_cannot_be_written_refuses_the_number(tmp_path):
    run = make_run(tmp_path)
    termination = tmp_path / "termination-log"
    termination.touch(mode=0o600)
    text, sealed = lane()
    args = [sys.executable, "-I", str(HARNESS / "supervise.py"), "--intent", str(run / "intent.json"), "--work", str(run / "work"),
            "--result", str(termination), "--harness", str(HARNESS / "cpu"), "--text", str(text), "--sealed", str(sealed)]
    with open("/dev/full", "wb") as full:
        assert subprocess.run(args, stdin=subprocess.DEVNULL, stdout=full, timeout=900).returncode == 0
    result = json.loads(termination.read_text())
    assert (result["status"], result["reason"], result["val_bpb"]) == ("refused", "log", None)
    assert "No space left on device" in result["sentence"]


def test_a_store_that_cannot_be_written_still_measures(tmp_path):
    text, sealed = lane()
    copy = tmp_path / "sealed"
    copy.mkdir()
    for name in ("val.bin", "meta.json"):
        shutil.copy(sealed / name, copy)
    os.chmod(copy, 0o500)
    code, result, log = supervise(make_run(tmp_path), sealed=copy)
    os.chmod(copy, 0o700)
    assert result["status"] == "finished", log


def test_every_python_that_is_promised_can_read_the_supervisor():
    # The syntax of 3.10 is all that the newest features may need.
    import ast
    for path in [HARNESS / "supervise.py", *sorted((HARNESS / "seal").rglob("*.py"))]:
        ast.parse(path.read_text(), feature_version=(3, 10))
