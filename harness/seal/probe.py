"""What this machine can enforce, and what a train.py that is confined here can do: one line each, as (what, answer).

An answer that begins with `no` says what is missing and ends with what to do.
"""
import os
import sys
import tempfile
import warnings

from seal import compiled, gpu
from seal.confine import abilities, fork, landlock, levels, linux, seccomp, visible

TRY_SECONDS = 300  # Compiling takes a few; a machine that does nothing else may need longer.
BASIC = {**abilities.QUICK, "name a thread": abilities.name_a_thread, "lock a file of its own": abilities.lock_a_file}
COMPILING = {name: ability for name, ability in abilities.SLOW.items() if name not in BASIC}
FIX = "use Linux 6.12 or later, or 6.2 in a container, and report this line if it already is"


def lines(wanted, readable=(), kept=None):
    """All answers. `wanted`: a GPU is to be here, so that none is a `no`; one that is here is tried in any case.

    `readable`: the folders that a run here would let train.py read. `kept`: the one for what a baseline compiles.
    """
    answers = enforceable() + _network()
    if kept:
        why = compiled.unkept(kept)
        answers.append(("train.py can begin with what the baseline compiled", f"no: {why}" if why else "yes"))
    with_gpu = wanted or any(name[6:].isdigit() for name in os.listdir("/dev") if name.startswith("nvidia"))
    try:
        with tempfile.TemporaryDirectory() as folder:
            return answers + _able(os.path.realpath(folder), readable, with_gpu)
    except OSError as error:
        return answers + [("train.py can start confined", f"no: {error}; name a folder that can be written in TMPDIR")]


def enforceable():
    """How train.py would be confined here, and by what."""
    version = landlock.abi()
    found, missing = levels.candidates()
    best = found[0].level if found else "none"
    filtered = sys.platform == "linux" and seccomp.works()
    uid = levels.own_uid() if sys.platform == "linux" else None
    return [
        ("files by rules (Landlock)", f"yes, ABI {version}" if version else "no: this kernel has no Landlock"),
        ("signals by domain (Landlock ABI 6)", "yes" if version >= 6 else "no" + (", but PID 1 is immune" if visible.CONTAINED else "")),
        ("TCP by rules (Landlock ABI 4)", "yes" if version >= 4 else "no"),
        ("system calls by a filter (seccomp)", "yes" if filtered else f"no on {linux.MACHINE} here"),
        ("a user of its own for the child", "yes" if uid is not None else "no: needs root with SETUID, SETGID and KILL"),
        ("memory of fixed size (memfd seals)", "yes" if hasattr(os, "memfd_create") else "no: an unlinked file instead"),
        ("the process tree ended at once", "yes, by scope" if version >= 6 else "yes, by uid" if uid is not None else "no: process by process"),
        ("best confinement", best + "".join(f"; {sentence}" for sentence in missing)),
    ]


def rehearsed(runs, at_most, readable, hidden):
    """The confinement of a run whose directory lies in `runs`. OSError where none can be made there."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=os.path.realpath(runs)) as folder:
        return levels.choose(visible.Paths(_work_in(folder), *(tuple(map(os.path.realpath, paths)) for paths in (readable, hidden))), at_most)


def _work_in(folder):
    work = os.path.join(folder, "work")
    os.mkdir(work)
    with open(os.path.join(work, "train.py"), "w"):
        pass  # The rehearsal reads it.
    return work


def _able(folder, readable, with_gpu):
    work = _work_in(folder)
    paths = visible.Paths(work, readable, (), with_gpu)
    confinement = levels.choose(paths)
    outcome = fork.tried(lambda: _tried(confinement, paths, BASIC | (COMPILING if with_gpu else {})), TRY_SECONDS)
    told = outcome.value or {"start confined": f"no: {outcome.sentence}; {FIX}"}
    if with_gpu:
        told["start CUDA"] = _cuda(gpu.confined_start(confinement, paths))
    return [(f"train.py can {what}", answer) for what, answer in told.items()]


def _tried(confinement, paths, wanted):
    """Tries each ability confined, in folders of its own below the work directory. {name: answer}"""
    os.chdir(paths.work)
    os.environ.update(HOME=paths.work, TMPDIR=paths.work)
    tempfile.tempdir = None  # It has looked before.
    warnings.simplefilter("ignore")  # A line of theirs would be read as an answer.
    levels.enter(confinement, paths)
    answers = {}
    for number, (name, ability) in enumerate(wanted.items()):
        folder = os.path.join(paths.work, str(number))
        os.mkdir(folder)
        try:
            ability(folder)
            answers[name] = "yes"
        except abilities.Missing as error:
            answers[name] = f"no: {error}"
        except Exception as error:
            answers[name] = f"no: {' '.join(str(error).split()) or type(error).__name__}; {FIX}"
    return answers


def _cuda(outcome):
    if outcome.failure:
        return f"no: {outcome.sentence}"
    facts = outcome.value
    return (f"yes, on {facts['name']}, the first of {facts['count']}, with {facts['free_mb'] / 1024:.0f} of {facts['total_mb'] / 1024:.0f} GiB free; "
            f"the driver speaks CUDA {facts['cuda']}")


def _network():
    """In a Pod: whether the cluster's own API server can be reached, which a NetworkPolicy should forbid."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        return []
    import socket  # Milliseconds that a run need not spend.
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
    except OSError as error:
        return [("network", f"closed: the API server cannot be reached from here ({error})")]
    return [("network", "open: the API server can be reached from here, so no NetworkPolicy is enforced")]
