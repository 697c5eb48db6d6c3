"""What a child leaves on disk is measured and removed, whatever its shape."""
import errno
import os

import pytest

import supervised  # noqa: F401  (finds the harness)

from seal.errors import Refused
from seal.process import workdir
from seal.process.limits import Limits


def test_files_count_by_what_they_take_on_disk(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(os.urandom(3 << 20))
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 30)
    os.symlink("/usr", tmp_path / "link")
    assert 3 <= workdir.used_mb(str(tmp_path)) < 3.2


def deep(top, levels):
    """A chain of directories longer than any path can be."""
    folder = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("deeper-" + "x" * 100, dir_fd=folder)
        inner = os.open("deeper-" + "x" * 100, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=folder))
    os.close(folder)


def test_a_tree_too_deep_or_too_full_or_closed_is_said(tmp_path, monkeypatch):
    deep(tmp_path, 150)
    with pytest.raises(workdir.Unseen, match="deep"):
        workdir.used_mb(str(tmp_path))
    assert workdir.empty(str(tmp_path)) == 0
    monkeypatch.setattr(workdir, "MOST_ENTRIES", 10)
    for i in range(11):
        (tmp_path / str(i)).touch()
    with pytest.raises(workdir.Unseen, match="more than 10 files"):
        workdir.used_mb(str(tmp_path))


@pytest.mark.parametrize("instead", ["link", "file", "nothing"])
def test_a_directory_that_is_replaced_while_it_is_looked_at_is_passed_over(tmp_path, monkeypatch, instead):
    (tmp_path / "d").mkdir()
    (tmp_path / "kept").write_bytes(os.urandom(1 << 20))
    open_folder = workdir._open_folder

    def late(name, parent):
        """Between the listing and the opening the child has its turn."""
        if name == "d":
            (tmp_path / "d").rmdir()
            if instead == "link":
                (tmp_path / "d").symlink_to("/dev/null")
            elif instead == "file":
                (tmp_path / "d").touch()
        return open_folder(name, parent)
    monkeypatch.setattr(workdir, "_open_folder", late)
    assert 1 <= workdir.used_mb(str(tmp_path)) < 1.1


@pytest.mark.parametrize("error, said", [(errno.ENAMETOOLONG, "name too long"), (errno.EACCES, "closed"), (errno.EPERM, "closed")])
def test_a_directory_that_cannot_be_opened_is_the_childs_doing(tmp_path, monkeypatch, error, said):
    (tmp_path / "d").mkdir()
    open_folder = workdir._open_folder

    def fails(name, parent):
        if name == "d":
            raise OSError(error, os.strerror(error))
        return open_folder(name, parent)
    monkeypatch.setattr(workdir, "_open_folder", fails)
    with pytest.raises(workdir.Unseen, match=said):
        workdir.used_mb(str(tmp_path))


@pytest.mark.parametrize("error", [errno.EIO, errno.ESTALE, errno.ENOMEM, errno.ENFILE])
def test_what_only_the_machine_can_bring_about_is_refused_and_no_crash(tmp_path, monkeypatch, error):
    work = tmp_path / "work"
    work.mkdir()

    def fails(_):
        raise OSError(error, os.strerror(error))
    monkeypatch.setattr(os, "statvfs", fails)
    limits = Limits(None, str(work), None, None, 1024, None)
    with pytest.raises(Refused, match=os.strerror(error)):
        limits._check_disk(0)


def test_everything_goes_and_nothing_outside_does(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    (outside / "precious").write_text("kept")
    inside.mkdir()
    deep(inside, 100)
    (inside / "closed" / "within").mkdir(parents=True)
    (inside / "closed" / "within" / "file").touch()
    os.chmod(inside / "closed" / "within", 0)
    os.chmod(inside / "closed", 0)
    os.symlink(outside, inside / "link")
    os.symlink(outside / "precious", inside / "link-to-file")
    os.mkfifo(inside / "pipe")
    (inside / "name\nwith \x01 bytes").touch()
    os.link(outside / "precious", inside / "hard")
    assert workdir.empty(str(inside)) == 0
    assert os.listdir(inside) == []
    assert (outside / "precious").read_text() == "kept"
    workdir.put_back(str(inside), "train.py", b"print(1)")
    assert (inside / "train.py").read_bytes() == b"print(1)"


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """A machine's shared folder; what this user puts there is the child's."""
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.setattr(workdir, "SHARED", (str(folder),))
    return folder


class Listing(list):
    """Entries as os.scandir gives them, all read at once."""
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def as_if_others(monkeypatch, *paths):
    """These belong to somebody else, for whoever looks without following links."""
    inodes = {os.lstat(path).st_ino for path in paths}

    class Entry:
        def __init__(self, entry):
            self.path, self._entry = entry.path, entry

        def stat(self, follow_symlinks):
            seen = self._entry.stat(follow_symlinks=follow_symlinks)
            return os.stat_result((*seen[:4], seen.st_uid + (seen.st_ino in inodes), *seen[5:]))

    listed = os.scandir
    monkeypatch.setattr(workdir.os, "scandir", lambda folder: Listing(map(Entry, listed(folder))))


def test_what_the_uid_left_in_shared_folders_goes_and_nothing_else(shared, monkeypatch):
    for name in ("theirs", "open/file", "open/open/deep/file", "closed/file", "ours/deep/file", "ours-alone"):
        (shared / name).parent.mkdir(parents=True, exist_ok=True)
        (shared / name).write_bytes(os.urandom(1 << 20))
    for name in ("open", "open/open"):
        (shared / name).chmod(0o777)
    as_if_others(monkeypatch, *(shared / name for name in ("theirs", "open", "open/open", "closed")))
    left = workdir.left_in_shared(os.getuid())
    assert sorted(left) == sorted(str(shared / name) for name in ("open/file", "open/open/deep", "ours", "ours-alone"))
    assert workdir.clear_shared(os.getuid()) == 0
    monkeypatch.undo()
    there = sorted(str(path.relative_to(shared)) for path in shared.rglob("*"))
    assert there == ["closed", "closed/file", "open", "open/open", "theirs"]


def test_what_vanishes_while_a_shared_folder_is_listed_hides_nothing(shared, monkeypatch):
    for name in "abc":
        (shared / name).touch()
    listed = os.scandir

    def late(folder):
        entries = Listing(listed(folder))
        (shared / "b").unlink()
        return entries
    monkeypatch.setattr(workdir.os, "scandir", late)
    assert sorted(workdir.left_in_shared(os.getuid())) == [str(shared / "a"), str(shared / "c")]


def test_no_link_on_the_way_leads_the_removal_elsewhere(shared, tmp_path, monkeypatch):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("kept")
    (shared / "open").symlink_to(outside)
    monkeypatch.setattr(workdir, "left_in_shared", lambda uid: [str(shared / "open" / "file")])
    assert workdir.clear_shared(os.getuid()) == 1
    assert (outside / "file").read_text() == "kept"
