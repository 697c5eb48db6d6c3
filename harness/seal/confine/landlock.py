"""Landlock: which files the child may open, and that its signals and connections end at its own domain.

Rules only ever allow, so what must stay hidden has to lie outside every allowed folder. The rules bind the calling
thread and what it starts; they can never be taken off again.
"""
import ctypes
import os
import stat
import struct

from seal.confine import linux

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # The same numbers on every processor.
VERSION, PATH_BENEATH = 1, 1

(EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO,
 MAKE_BLOCK, MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV) = (1 << bit for bit in range(16))
ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

READ = READ_FILE | READ_DIR
RUN = READ | EXECUTE
USE = READ_FILE | WRITE_FILE
DRIVE = USE | IOCTL_DEV
NAME = WRITE_FILE | TRUNCATE
OWN = (RUN | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_FIFO | MAKE_SYM | REFER | TRUNCATE)

BOTH_TCP = 3  # bind, connect
BOTH_SCOPES = 3  # abstract unix sockets, signals


def abi():
    """The version this kernel speaks; 0 where there is no Landlock."""
    try:
        return linux.syscall(CREATE_RULESET, 0, 0, VERSION)
    except OSError:
        return 0


def _ruleset(files, network, scopes):
    version = abi()
    attribute = struct.pack("<QQQ", files, network, scopes)[: 8 if version < 4 else 16 if version < 6 else 24]
    return linux.syscall(CREATE_RULESET, ctypes.c_char_p(attribute), len(attribute), 0)


def _allow(ruleset, beneath, rights):
    """Adds a rule for what the descriptor `beneath` names, and closes it."""
    if not stat.S_ISDIR(os.fstat(beneath).st_mode):
        rights &= ON_A_FILE
    linux.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.c_char_p(struct.pack("<Qi", rights, beneath)), 0)
    os.close(beneath)


def enter_scope():
    """Puts this process into a domain that limits nothing but whom its descendants, and it, can signal. ABI 6 or later."""
    # Every domain forbids moves and links from folder to folder unless it allows them, whatever else it handles.
    ruleset = _ruleset(REFER, 0, BOTH_SCOPES)
    _allow(ruleset, os.open("/", os.O_PATH | os.O_CLOEXEC), REFER)
    # Needs no_new_privs or CAP_SYS_ADMIN; the supervisor has the former.
    linux.syscall(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def restrict(rules):
    """Allows this process the (path, rights) in `rules` and nothing else. Paths that do not exist are passed over."""
    version = abi()
    handled = MAKE_SYM * 2 - 1
    if version >= 2:
        handled |= REFER
    if version >= 3:
        handled |= TRUNCATE
    if version >= 5:
        handled |= IOCTL_DEV
    ruleset = _ruleset(handled, BOTH_TCP if version >= 4 else 0, BOTH_SCOPES if version >= 6 else 0)
    for path, rights in rules:
        try:
            beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue  # What is not there, or closed to this user anyway, needs no permission.
        _allow(ruleset, beneath, rights & handled)
    linux.syscall(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
