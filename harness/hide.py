"""Starts a program that can read everything but some folders, and write nothing but its own.

    python3 -I hide.py --own FOLDER [--hide PATH]… -- PROGRAM ARGUMENT…

For a proposer's own command: it needs the network and its tools, and must not find the validation text. It becomes the
program. It also may send no signal to others, nor look into their memory and environment. Needs Landlock (Linux 5.13);
`python3 -I hide.py --check` says what stands in the way, and nothing where all is well.
"""
import ctypes
import os
import signal
import struct
import sys

# The interpreter runs isolated (-I), which leaves out this folder.
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from seal.confine import landlock, linux

SIGNALS_AND_SOCKETS = 3
PR_CAPBSET_DROP, CAPABILITIES = 24, 64
DEVICES = ("/dev/null", "/dev/zero", "/dev/tty", "/dev/full")


def rights(version):
    """All rights to files that this kernel knows of."""
    known = landlock.MAKE_SYM * 2 - 1
    known |= landlock.REFER if version >= 2 else 0
    known |= landlock.TRUNCATE if version >= 3 else 0
    return known | (landlock.IOCTL_DEV if version >= 5 else 0)


def beside(hidden):
    """The largest folders and files of this machine that hold nothing hidden."""
    found, folders = [], ["/"]
    while folders:
        folder = folders.pop()
        for entry in os.scandir(folder):
            if entry.is_symlink() or entry.path in hidden:
                continue
            if any(path.startswith(f"{entry.path}/") for path in hidden):
                folders.append(entry.path)
            else:
                found.append(entry.path)
    return found


def restrict(own, hidden):
    version = landlock.abi()
    every = rights(version)
    attribute = struct.pack("<QQQ", every, 0, SIGNALS_AND_SOCKETS if version >= 6 else 0)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = linux.syscall(landlock.CREATE_RULESET, ctypes.c_char_p(attribute), len(attribute), 0)
    allowed = [(path, landlock.RUN) for path in beside(hidden)]
    allowed += [(path, landlock.DRIVE | landlock.TRUNCATE) for path in DEVICES] + [(own, every)]
    for path, granted in allowed:
        try:
            beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # What is not there, or closed to this user anyway, needs no permission.
        granted &= every if os.path.isdir(path) else every & landlock.ON_A_FILE
        linux.syscall(landlock.ADD_RULE, ruleset, landlock.PATH_BENEATH, ctypes.c_char_p(struct.pack("<Qi", granted, beneath)), 0)
        os.close(beneath)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.syscall(landlock.RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def give_up_privileges():
    """What root may do beside its own files: some of that goes past Landlock, such as reading anybody's environment."""
    for capability in range(CAPABILITIES):
        try:
            linux.prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            return  # There are no more of them, or this user has none.


def main(arguments):
    if arguments == ["--check"]:
        if landlock.abi() == 0:
            print("this kernel has no Landlock")
        return
    split = arguments.index("--")
    options, program = arguments[:split], arguments[split + 1 :]
    named = list(zip(options[::2], options[1::2]))
    own = next(value for option, value in named if option == "--own")
    hidden = {os.path.realpath(value) for option, value in named if option == "--hide"}
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)  # A controller that is killed leaves nobody who spends.
    restrict(os.path.realpath(own), hidden)
    give_up_privileges()
    os.execvp(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
