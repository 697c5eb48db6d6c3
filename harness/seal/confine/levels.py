"""How the child is kept from the answers: the best that this machine can enforce, tried before it is relied upon.

landlock  files by rules, signals and sockets by domain, system calls by a filter; needs no capability
uid       another user, whose processes are this run's alone; needs root with SETUID, SETGID and KILL
none      nothing
"""
import ctypes
import os
import shutil
import struct
import sys
import tempfile
from dataclasses import dataclass, replace

from seal.confine import abilities, fork, landlock, linux, seccomp, visible

LEVELS = ("landlock", "uid", "none")
# Ranges that no distribution gives to people or daemons. The second fits the small map of a user namespace.
OWN_UIDS = (0x70000000, 60600)
OWN_UIDS_SMALL = 500
CAPABILITY = {"KILL": 5, "SETGID": 6, "SETUID": 7}
CAPSET = {"x86_64": 126, "aarch64": 91}

class Unworkable(Exception):
    """This way of confining does not work here, and why. `seen`: the hidden file that the child could open."""

    def __init__(self, sentence, seen=None):
        super().__init__(sentence)
        self.seen = seen


@dataclass(frozen=True)
class Confinement:
    """One set of means that confine the child.

    `uid`: the child's own, or None to keep ours. `filtered`: with seccomp. `scoped`: the reaper has a Landlock domain.
    `notes`: sentences on why nothing better works. `seen`: hidden files that a child confined in a better way could open.
    """
    level: str
    uid: int | None
    filtered: bool
    scoped: bool
    notes: tuple = ()
    seen: tuple = ()

    def keeps_books(self, clock):
        """Whether the kernel counts all that the tree uses, whoever waits for whom, where the budget counts by `clock`."""
        return self.filtered and clock == "cpu"


def capable(*names):
    """Whether this process holds the capabilities, in effect."""
    try:
        with open("/proc/self/status") as file:
            line = next(line for line in file if line.startswith("CapEff:"))
    except (OSError, StopIteration):
        return False
    return all(int(line.split()[1], 16) >> CAPABILITY[name] & 1 for name in names)


def _drop_privileges(uid):
    """Leaves every capability behind; with a uid, becomes that user and nobody's group."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    elif os.geteuid() == 0:
        # no_new_privs keeps the exec from giving them back.
        header = struct.pack("<Ii", 0x20080522, 0)
        linux.syscall(CAPSET[linux.MACHINE], ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))


def confine(confinement, paths, clock=None):
    """Binds this process, which is about to become the child of a run with this clock, for good. Raises OSError."""
    if confinement.level == "none":
        return
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if confinement.level == "landlock":
        landlock.restrict(visible.rules(paths))
    _drop_privileges(confinement.uid)
    linux.prctl(linux.PR_SET_PDEATHSIG, 9)  # Changing the user has cleared it.
    if confinement.filtered:
        seccomp.install()
        if not paths.gpu:
            seccomp.install(seccomp.nameless)
        if confinement.level == "uid":
            seccomp.install(seccomp.harmless_locks)
    if confinement.keeps_books(clock):
        seccomp.install(seccomp.bookkeeping)


def enter(confinement, paths):
    """Binds a process that is thrown away by all that binds train.py: the domain of its reaper, and its own."""
    if confinement.scoped:
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        landlock.enter_scope()
    confine(confinement, paths)


def own_uid():
    """A uid that is this run's alone, or None where this process may not change to one."""
    if os.geteuid() != 0 or not capable("SETUID", "SETGID", "KILL"):
        return None
    for uid in (OWN_UIDS[0] + os.getpid(), OWN_UIDS[1] + os.getpid() % OWN_UIDS_SMALL):
        if not fork.tried(lambda uid=uid: _drop_privileges(uid)).failure:
            return uid
    return None


def _rehearse(confinement, paths):
    """In a process that is then thrown away: confines it, and tries what the child must and must not be able to do."""
    enter(confinement, paths)
    needed = [os.path.realpath(sys.executable), os.path.join(paths.work, "train.py"), *paths.readable]
    for path in needed:
        try:
            os.close(os.open(path, os.O_RDONLY))
        except OSError as error:
            raise Unworkable(f"train.py could not read {path} ({error.strerror})") from error
    what = "write in its work directory"
    try:
        trial = tempfile.mkdtemp(prefix=".rehearsal", dir=paths.work)
        for what, ability in abilities.QUICK.items():
            ability(trial)
        what = "remove a folder in its work directory"
        shutil.rmtree(trial)
    except OSError as error:
        raise Unworkable(f"train.py could not {what} ({error.strerror})") from error
    for path in paths.hidden:
        try:
            os.close(os.open(path, os.O_RDONLY))
        except (PermissionError, FileNotFoundError):
            continue
        raise Unworkable(f"train.py could open {path}", path)


def _share(paths, uid):
    """Makes the work directory the uid's (None: ours), where this process may; the rehearsal shows if that was enough."""
    if os.geteuid() != 0:
        return
    uid = os.geteuid() if uid is None else uid
    try:
        parent = os.path.dirname(paths.work)
        if uid != os.geteuid() and os.stat(parent).st_uid == os.geteuid():
            os.chmod(parent, 0o711)  # To pass through, not to look around: what lies beside work/ is closed by itself.
        for path in (paths.work, os.path.join(paths.work, "train.py")):
            os.chown(path, uid, uid)
    except PermissionError:
        pass


def candidates(at_most="landlock"):
    """The confinements worth trying on this machine, best first; and sentences on why better ones are not among them."""
    version, filtered, missing = landlock.abi(), sys.platform == "linux" and seccomp.works(), []
    uid = own_uid() if sys.platform == "linux" else None
    found = []
    allowed = LEVELS[LEVELS.index(at_most) :]
    scoped = version >= 6
    if "landlock" in allowed:
        if version == 0:
            missing.append("this kernel has no Landlock")
        elif not filtered:
            missing.append("Landlock alone is not enough and there is no seccomp filter here")
        elif not scoped and not (visible.CONTAINED and version >= 3):
            missing.append(f"Landlock ABI {version} cannot keep signals from the supervisor (ABI 6, Linux 6.12, can)")
        else:
            if uid is not None:
                found.append(Confinement("landlock", uid, True, scoped))
            found.append(Confinement("landlock", None, True, scoped))
    if "uid" in allowed:
        if uid is not None:
            # Where the reaper can have a scope it ends the tree in one stroke, whatever confines the child.
            found.append(Confinement("uid", uid, filtered, scoped and at_most == "landlock"))
        elif os.geteuid() == 0:
            missing.append("root lacks the capabilities SETUID, SETGID and KILL, or cannot change its user here")
        else:
            missing.append("only root can give the child a user of its own")
    return found, missing


def choose(paths, at_most="landlock"):
    """The best confinement that passes its rehearsal here. Its notes tell why better ones did not."""
    found, notes = candidates(at_most)
    seen = []
    for confinement in found:
        _share(paths, confinement.uid)
        outcome = fork.tried(lambda confinement=confinement: _rehearse(confinement, paths))
        if not outcome.failure:
            return replace(confinement, notes=tuple(notes), seen=tuple(seen))
        kind = confinement.level + (" with a uid of its own" if confinement.uid is not None and confinement.level == "landlock" else "")
        notes.append(f"{kind}: {outcome.sentence}" if outcome.failure == "Unworkable" else f"{kind}: {outcome.failure}: {outcome.sentence}")
        seen += [outcome.seen] if outcome.seen is not None else []
    _share(paths, None)
    return Confinement("none", None, False, at_most == "landlock" and landlock.abi() >= 6, tuple(notes), tuple(seen))
