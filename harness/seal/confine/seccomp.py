"""The system calls that Landlock leaves open and the child must not have: a filter that answers them with an error.

It denies by name and lets the rest through, because a numerical program under a strict allow list breaks with the next
libc. Every number is (x86-64, aarch64); None where that processor has no such call.
"""
import ctypes
import errno
import os
import struct

from seal.confine import linux

DENIED = {
    # Other processes' memory, descriptors and identity.
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    # Ways to talk to processes outside that have no path: System V and POSIX queues, keys.
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "msgget": (68, 186), "msgsnd": (69, 189),
    "msgrcv": (70, 188), "msgctl": (71, 187), "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191),
    "semtimedop": (220, 192), "mq_open": (240, 180), "mq_unlink": (241, 181), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219),
    # What the machine or the user has a fixed number of, for everybody.
    "io_setup": (206, 0), "inotify_init": (253, None), "inotify_init1": (294, 26),
    # Memory of the kernel's that shows nowhere as the process's: secret pages, rules by the million.
    "memfd_secret": (447, 447), "landlock_create_ruleset": (444, 444),
    # Which pages of a file are in memory: a note to the next run.
    "mincore": (27, 232), "cachestat": (451, 451),
    # Calls that escape a filter of calls.
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    # Namespaces and mounts.
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "open_tree_attr": (467, 467),
    # The kernel's own machinery.
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "fanotify_init": (300, 262), "acct": (163, 89), "swapon": (167, 224),
    "swapoff": (168, 225), "quotactl": (179, 60), "quotactl_fd": (443, 443), "syslog": (103, 116),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "reboot": (169, 142),
    # Slowing others down.
    "setpriority": (141, 140), "ioprio_set": (251, 30), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "vmsplice": (278, 75),
    # Modes, owners, times and attributes of files, which Landlock does not guard: the user's own lie within reach.
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "lchown": (94, None), "fchown": (93, 55), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "setxattrat": (463, 463), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "removexattrat": (466, 466), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "file_setattr": (469, 469),
}
# Allowed on oneself only: the first argument must be 0. RLIMIT_CPU set from outside would kill the supervisor.
ON_ITSELF = {"prlimit64": (302, 261), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
             "sched_setparam": (142, 118), "sched_setattr": (314, 274)}
SOCKETS = {"socket": (41, 198), "socketpair": (53, 199)}
CONNECT, BIND, CLONE, CLONE3 = (42, 203), (49, 200), (56, 220), (435, 435)
FCNTL, SIGACTION, PRCTL, IOCTL = (72, 25), (13, 134), (157, 167), (16, 29)
FLOCK, FADVISE, MADVISE, PREADV2, PWRITEV2 = (73, 32), (221, 223), (28, 233), (327, 286), (328, 287)
# A lease makes whoever opens the file wait; the next two tell who touched a directory, or make its users wait. The
# hints stay in the inode, and who owns the file needs no right to write for them.
DENIED_COMMANDS = {"F_SETLEASE": 1024, "F_NOTIFY": 1026, "F_SETDELEG": 1040, "F_SET_RW_HINT": 1036, "F_SET_FILE_RW_HINT": 1038}
LOCK_COMMANDS = {"F_SETLK": 6, "F_SETLKW": 7, "F_OFD_SETLK": 37, "F_OFD_SETLKW": 38}
# Commands for a file system (ext4 and flags, versions, XFS and projects, btrfs) by the second byte of their number: they
# change inodes, and who owns the file needs no right to write.
FILE_SYSTEM_IOCTLS = (0x66, 0x76, 0x58, 0x94)
DENIED_ADVICE = {"MADV_COLD": 20, "MADV_PAGEOUT": 21}
POSIX_FADV_DONTNEED = 4

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
COLUMN = {"x86_64": 0, "aarch64": 1}
X32 = 0x40000000
ALL_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
AF_UNIX, SOCK_STREAM, SOCK_SEQPACKET, SOCK_TYPE_MASK = 1, 1, 5, 0xF
SIGCHLD = 17

LOAD, AND, RETURN, IF_EQUAL, IF_AT_LEAST, IF_ANY_BIT = 0x20, 0x54, 0x06, 0x15, 0x35, 0x45
ALLOW, KILL_PROCESS, ANSWER = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_AT, ARCHITECTURE_AT = 0, 4
FIRST_ARGUMENT_AT, SECOND_ARGUMENT_AT, THIRD_ARGUMENT_AT, FOURTH_ARGUMENT_AT, _, SIXTH_ARGUMENT_AT = range(16, 64, 8)
MODE_FILTER = 2


def supported():
    """Whether the numbers of this processor are known."""
    return linux.MACHINE in COLUMN


def answer(error):
    return (RETURN, 0, 0, ANSWER | error)


def _if_among(values, answered):
    """Answers so where one of the values is in the accumulator; else the call is allowed."""
    values = list(values)
    return [*((IF_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)), (RETURN, 0, 0, ALLOW), answered]


def program(machine):
    """The filter for one processor as a list of BPF instructions (code, skip if true, skip if false, operand)."""
    column = COLUMN[machine]
    steps = [(LOAD, 0, 0, ARCHITECTURE_AT), (IF_EQUAL, 1, 0, AUDIT_ARCH[machine]), (RETURN, 0, 0, KILL_PROCESS),
             (LOAD, 0, 0, NUMBER_AT)]

    def on(call, *body):
        """Runs `body` for this call, whose number is in the accumulator; other calls skip it."""
        number = call[column]
        if number is not None:
            steps.append((IF_EQUAL, 0, len(body), number))
            steps.extend(body)

    if machine == "x86_64":
        steps += [(IF_AT_LEAST, 0, 1, X32), answer(errno.ENOSYS)]
    for call in DENIED.values():
        on(call, answer(errno.EPERM))
    for call in ON_ITSELF.values():
        on(call, (LOAD, 0, 0, FIRST_ARGUMENT_AT), (IF_EQUAL, 1, 0, 0), answer(errno.EPERM), (RETURN, 0, 0, ALLOW))
    for call in SOCKETS.values():
        # Datagrams could be sent to any path, and every other family leaves the machine.
        on(call, (LOAD, 0, 0, FIRST_ARGUMENT_AT), (IF_EQUAL, 0, 5, AF_UNIX),
           (LOAD, 0, 0, SECOND_ARGUMENT_AT), (AND, 0, 0, SOCK_TYPE_MASK),
           (IF_EQUAL, 1, 0, SOCK_STREAM), (IF_EQUAL, 0, 1, SOCK_SEQPACKET), (RETURN, 0, 0, ALLOW), answer(errno.EACCES))
    # The kernel, too, reads no more than the lower half of a command.
    on(FCNTL, (LOAD, 0, 0, SECOND_ARGUMENT_AT), *_if_among(DENIED_COMMANDS.values(), answer(errno.EPERM)))
    on(IOCTL, (LOAD, 0, 0, SECOND_ARGUMENT_AT), (AND, 0, 0, 0xFF00),
       *_if_among([kind << 8 for kind in FILE_SYSTEM_IOCTLS], answer(errno.EPERM)))
    on(MADVISE, (LOAD, 0, 0, THIRD_ARGUMENT_AT), *_if_among(DENIED_ADVICE.values(), answer(errno.EPERM)))
    on(FADVISE, (LOAD, 0, 0, FOURTH_ARGUMENT_AT), (IF_AT_LEAST, 0, 1, POSIX_FADV_DONTNEED), answer(errno.EPERM), (RETURN, 0, 0, ALLOW))
    for call in (PREADV2, PWRITEV2):
        # One flag reads only what is in memory, one leaves nothing there.
        on(call, (LOAD, 0, 0, SIXTH_ARGUMENT_AT), (IF_EQUAL, 1, 0, 0), answer(errno.EPERM), (RETURN, 0, 0, ALLOW))
    # One would close /proc/PID/fd to the supervisor, who counts there; the other leaves the core's second thread to nobody else.
    on(PRCTL, (LOAD, 0, 0, FIRST_ARGUMENT_AT), *_if_among([linux.PR_SET_DUMPABLE, linux.PR_SCHED_CORE], answer(errno.EPERM)))
    # CUDA asks for an MPS server whenever it starts, and only this answer says that there is none.
    on(CONNECT, answer(errno.ENOENT))
    on(CLONE, (LOAD, 0, 0, FIRST_ARGUMENT_AT), (IF_ANY_BIT, 0, 1, ALL_NAMESPACES), answer(errno.EPERM), (RETURN, 0, 0, ALLOW))
    # Its flags lie in memory, where no filter can look; libc falls back to clone.
    on(CLONE3, answer(errno.ENOSYS))
    steps.append((RETURN, 0, 0, ALLOW))
    return steps


def bookkeeping(machine):
    """A second filter, in the same form: nobody changes what becomes of SIGCHLD; asking for it is allowed.

    Who ignores that signal lets the kernel forget what its children used. How it would be set lies in memory, where no
    filter can look. Calls of other processors are the first filter's to refuse.
    """
    upper_half = SECOND_ARGUMENT_AT + 4
    return [(LOAD, 0, 0, NUMBER_AT), (IF_EQUAL, 0, 6, SIGACTION[COLUMN[machine]]),
            (LOAD, 0, 0, FIRST_ARGUMENT_AT), (IF_EQUAL, 0, 4, SIGCHLD),
            (LOAD, 0, 0, SECOND_ARGUMENT_AT), (IF_EQUAL, 0, 3, 0),
            (LOAD, 0, 0, upper_half), (IF_EQUAL, 0, 1, 0),
            (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ANSWER | errno.EPERM)]


def nameless(machine):
    """A filter for where no driver needs a name: a socket gets none, for all names stand in /proc/PID/net, for every other run.

    Nor does a driver ask for a server there, so that connect is refused like all else. Of two errors that of the later filter counts.
    """
    column = COLUMN[machine]
    return [(LOAD, 0, 0, NUMBER_AT), *_if_among([BIND[column], CONNECT[column]], answer(errno.EACCES))]


def harmless_locks(machine):
    """A filter for where no rules say which files the child can open: every lock is granted and means nothing.

    Who can read a file can lock it, and whoever else wants that lock waits.
    """
    column = COLUMN[machine]
    return [(LOAD, 0, 0, NUMBER_AT), (IF_EQUAL, 0, 1, FLOCK[column]), answer(0), (IF_EQUAL, 1, 0, FCNTL[column]), (RETURN, 0, 0, ALLOW),
            (LOAD, 0, 0, SECOND_ARGUMENT_AT), *_if_among(LOCK_COMMANDS.values(), answer(0))]


def install(filter_of=program):
    """Puts a filter on this process and all it starts, for good. Needs no_new_privs. Raises OSError."""
    packed = b"".join(struct.pack("<HBBI", *step) for step in filter_of(linux.MACHINE))
    instructions = ctypes.create_string_buffer(packed, len(packed))
    header = struct.pack("<HxxxxxxQ", len(packed) // 8, ctypes.addressof(instructions))
    linux.prctl(linux.PR_SET_SECCOMP, MODE_FILTER, ctypes.c_char_p(header))


def works():
    """Whether a filter can be had here: tried in a process of its own."""
    if not supported():
        return False
    pid = os.fork()
    if pid == 0:
        try:
            linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
            install()
            linux.syscall(DENIED["kcmp"][COLUMN[linux.MACHINE]], 0, 0, 0, 0, 0)
        except PermissionError:
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0
