"""What torch.compile and Triton made in the lane's baseline, given to each later run as a copy of its own.

Only the first attempt of the baseline fills it, whose train.py is a person's, and before its first question: no validation
text can be in there. What any other run compiles goes with that run: through it one experiment could hand its weights,
or what it was asked, to the next.
"""
import io
import os
import re
import shutil
import stat
import tarfile

from seal.intent import BASELINE

FIRST = 1  # The attempt that no automated fix has touched.
# Below the work directory, by the variables that name them to the child.
CACHE = ".cache"
FOLDERS = {"TORCHINDUCTOR_CACHE_DIR": f"{CACHE}/inductor", "TRITON_CACHE_DIR": f"{CACHE}/triton"}
MOST_BYTES, MOST_FILES = 512 << 20, 20_000
SHARED = 0o640  # In a cluster each Pod has a uid of its own, and all have one group.


class TooMuch(Exception):
    """More than a compiler makes of one train.py."""


class Compiled:
    """The lane's, for one GPU product, driver and PyTorch. `folder` must be closed to the child; `say` tells what was done."""

    def __init__(self, folder, gpu, say):
        self.path, self._say = os.path.join(folder, _name(gpu)), say

    def bring(self, work, uid, intent):
        """Puts a copy into the work directory, where nothing runs yet, for the uid (None: this one)."""
        if intent.experiment == BASELINE:
            return  # What its start-up takes is what later runs may take, and an edit of the model has to compile.
        try:
            with tarfile.open(self.path) as archive:
                self._say(f"{_unpack(archive, work, uid)} files that the baseline compiled are in this run's caches")
        except FileNotFoundError:
            return
        except (OSError, tarfile.TarError) as error:
            shutil.rmtree(os.path.join(work, CACHE), ignore_errors=True)
            self._say(f"this run compiles all anew, for what the baseline compiled cannot be used ({error}); remove {self.path}")

    def keep(self, work, intent):
        """Stores what the baseline left in the work directory, once for all time. Its processes may be changing it meanwhile."""
        if (intent.experiment, intent.attempt) != (BASELINE, FIRST) or os.path.exists(self.path):
            return
        temporary = f"{self.path}.{os.getpid()}.tmp"
        try:
            os.makedirs(os.path.dirname(self.path), 0o700, exist_ok=True)
            if count := _pack(work, temporary):
                os.replace(temporary, self.path)
                self._say(f"{count} files that it compiled are kept for the lane's later runs")
        except (OSError, RecursionError, TooMuch) as error:
            self._say(f"what it compiled is not kept for later runs: {error}")
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)


def unkept(folder):
    """Why a baseline could keep nothing there, with what to do; '' where it could."""
    path = os.path.join(folder, f"try.{os.getpid()}.tmp")
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SHARED))
        os.unlink(path)
    except OSError as error:
        return f"{error}; let group {os.getegid()} write to the root of this volume"
    return ""


def _name(gpu):
    from importlib import metadata  # Milliseconds that a run without a GPU need not spend.
    versions = []
    for package in ("torch", "triton"):
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            versions.append(f"no {package}")
    return re.sub(r"[^\w.]+", "-", " ".join((gpu["name"], "CUDA", gpu["cuda"], *versions))) + ".tar"


def _unpack(archive, work, uid):
    count = 0
    for member in archive:
        path = os.path.join(work, member.name)
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        with archive.extractfile(member) as source, open(path, "xb") as target:
            shutil.copyfileobj(source, target)
        count += 1
    if uid is not None:
        for folder, _, names in os.walk(os.path.join(work, CACHE)):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                os.chown(path, uid, uid)
    return count


def _pack(work, path):
    """Writes the plain files of FOLDERS into an archive. How many there were. Raises OSError, RecursionError or TooMuch."""
    count = size = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, SHARED)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for top in FOLDERS.values():
                for name, folder in _entries(os.path.join(work, top), None, top):
                    content = _content(os.path.basename(name), folder, MOST_BYTES - size)
                    if content is None:
                        continue
                    count, size = count + 1, size + len(content)
                    if count > MOST_FILES:
                        raise TooMuch(f"there are more than {MOST_FILES} files")
                    member = tarfile.TarInfo(name)
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
        file.flush()
        os.fsync(descriptor)
    return count


def _entries(path, parent, name):
    """(name, opened folder) of all that is no folder, below one that is a name in `parent` or a path."""
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except (FileNotFoundError, NotADirectoryError):
        return  # Nothing was compiled, or it is gone meanwhile.
    try:
        with os.scandir(folder) as found:
            for entry in found:
                below = os.path.join(name, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    yield from _entries(entry.name, folder, below)
                else:
                    yield below, folder
    finally:
        os.close(folder)


def _content(name, folder, most):
    """What a plain file holds; None for anything else. Raises TooMuch."""
    try:
        opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None  # A link, a socket, or gone meanwhile.
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return None
        content = file.read(most + 1)
    if len(content) > most:
        raise TooMuch(f"there are more than {MOST_BYTES >> 20} MiB")
    return content
