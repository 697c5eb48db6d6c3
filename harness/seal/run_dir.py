"""Where one run lies on disk, and the few files through which the outside follows it."""
import base64
import json
import os
import stat
import subprocess
import sys
import time
import zlib

from seal.process import workdir
from seal.result import MOST_BYTES

MOST_TRAIN_BYTES = 8 << 20  # What unpacking may give: a small mount must not fill the disk. No train.py comes near it.


class NotPrivate(Exception):
    """The result directory could be read or written by someone else."""


class BadTrain(Exception):
    """train.py came packed and cannot be unpacked."""


class AlreadyStarted(Exception):
    """Another supervisor has taken this run."""


def write_atomically(path, content):
    """Writes bytes so that a reader sees all of them or the file that was there before. Raises OSError."""
    temporary = f"{path}.{os.getpid()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        try:
            os.unlink(temporary)
        except FileNotFoundError:
            pass
        raise


def start_time(pid):
    """When the process began, in the words of its kernel: a pid with the same answer is the same process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except FileNotFoundError:
        # As the controller asks: in no language and no time zone of whoever asks, for a laptop travels.
        plain = {"PATH": "/bin:/usr/bin", "LC_ALL": "C", "TZ": "UTC"}
        shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=True, env=plain)
        return shown.stdout.strip()


class LocalRunDir:
    """RUNDIR: intent.json, work/ for the child, result/ for the supervisor alone."""

    def __init__(self, folder):
        self.folder = os.path.realpath(folder)
        self.intent_path = os.path.join(self.folder, "intent.json")
        self.work = os.path.join(self.folder, "work")
        self.result = os.path.join(self.folder, "result")
        # Held open: whatever happens to names and modes, the result reaches this very directory.
        self.descriptor = os.open(self.result, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def take(self):
        """Claims the run for this process, once for all time. Raises AlreadyStarted."""
        claim = {"pid": os.getpid(), "startTime": start_time(os.getpid()), "startedMs": int(time.time() * 1000)}
        temporary = os.path.join(self.result, f"started.{os.getpid()}.tmp")
        write_atomically(temporary, json.dumps(claim).encode())
        try:
            os.link(temporary, os.path.join(self.result, "started.json"))
        except FileExistsError:
            raise AlreadyStarted from None
        finally:
            os.unlink(temporary)

    def bring_train(self):
        """train.py lies in work/ from the start."""

    def put_back(self, train):
        """train.py lies in work/ again, for a person to look at. Raises OSError."""
        workdir.put_back(self.work, "train.py", train)

    def reserve(self):
        """Opens the log, and takes the result's place on disk, so that one that fills up later cannot keep it untold."""
        self.log = os.open("run.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600,
                           dir_fd=self.descriptor)
        name = f"result.{os.getpid()}.tmp"
        self._reserved = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600,
                                 dir_fd=self.descriptor)
        os.pwrite(self._reserved, b" " * MOST_BYTES, 0)
        os.fsync(self._reserved)

    def check_private(self):
        """Raises NotPrivate, with what to do, unless only this user can enter the result directory."""
        seen = os.fstat(self.descriptor)
        if seen.st_uid != os.geteuid():
            raise NotPrivate(f"result/ belongs to uid {seen.st_uid}, not to uid {os.geteuid()}; let the supervisor's user own it")
        if stat.S_IMODE(seen.st_mode) & 0o077:
            raise NotPrivate(f"result/ has mode {stat.S_IMODE(seen.st_mode):o}; run chmod 700 on it")
        os.chmod(self.intent_path, 0o600)  # The nonce is in there, and the directory above may be opened for passage.

    def hidden(self):
        """Paths that the child must not be able to open."""
        return [self.result, self.intent_path]

    def show_phase(self, word):
        try:
            write_atomically(os.path.join(self.result, "phase"), word.encode())
        except OSError:
            pass  # A full disk: the run goes on, and its end will say so.

    def put_result(self, content):
        os.pwrite(self._reserved, content, 0)
        os.ftruncate(self._reserved, len(content))
        os.fsync(self._reserved)
        # The child may share our uid: it could have changed the mode of our directory, never its content.
        os.fchmod(self.descriptor, 0o700)
        os.rename(f"result.{os.getpid()}.tmp", "result.json", src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
        os.fsync(self.descriptor)


class PodRunDir:
    """A container: the intent is mounted, the log is stdout, the result is one file such as /dev/termination-log."""

    def __init__(self, intent_path, work, result, train_path=None):
        self.intent_path = os.path.realpath(intent_path)
        # A mounted intent is a link into a folder beside it, and all that is mounted there is of the intent.
        self.mounted = os.path.dirname(os.path.abspath(intent_path))
        self.work = os.path.realpath(work)
        self.result = result
        self.train_path = train_path

    def take(self):
        """A container starts its entrypoint once; there is nothing to claim."""

    def bring_train(self):
        """Unpacks train.py into the work directory, where it was named apart. Raises BadTrain, with what to do, or OSError."""
        if self.train_path is None:
            return
        with open(self.train_path, "rb") as file:
            packed = file.read(2 * MOST_TRAIN_BYTES)
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)  # gzip's frame
        try:
            content = unpacker.decompress(base64.b64decode(packed), MOST_TRAIN_BYTES)
        except (ValueError, zlib.error) as error:
            raise BadTrain(f"{self.train_path} is not gzip in base64 ({error}); launch the attempt again") from error
        if not unpacker.eof:
            raise BadTrain(f"{self.train_path} is cut off, or holds more than {MOST_TRAIN_BYTES} bytes; launch a smaller train.py")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(os.path.join(self.work, "train.py"), flags, 0o644), "wb") as file:
            file.write(content)

    def put_back(self, train):
        """The work directory is the cluster's, its owner root, and it goes with its Pod: nothing is put back."""

    def reserve(self):
        """The log is stdout, and the result's file is there already."""
        self.log = os.dup(sys.stdout.fileno())

    def check_private(self):
        """Nothing but this process's own confinement of the child guards the file; hidden() names it."""

    def hidden(self):
        return [self.result, self.intent_path, self.mounted]

    def show_phase(self, word):
        """The cluster's own states serve as phases."""

    def put_result(self, content):
        # The kubelet mounts the file itself, so it cannot be replaced by a rename; one write of at most 1 KiB it is.
        descriptor = os.open(self.result, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            try:
                os.fsync(file.fileno())
            except OSError:
                pass  # A pipe or a device cannot be synced, and need not be.
